"""`quanheng fleet simulate`: made-up supply areas with known truth; without a database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zipfile import BadZipFile

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quanheng.kernels.fleet.simulate import Scenario

TRUTH = "truth.json"
_REFUSED = 2
_MOST_AREAS = 100_000
_WH_PER_KWH = 1000
_KINDS = (
    "unmetered_load 未计量负荷、missing_meter 漏表、wrong_phase 相别错、clock_shift 时钟偏差、"
    "meter_exchanged 换表、step_change 误差突变、missing_readings 缺数、wrong_topology 他区户列入本区、"
    "listed_elsewhere 本区户列入他区、reverse_flow 光伏反送、no_voltage 无电压"
)


class _NotUsable(Exception):
    """A file or folder that cannot be used; in Chinese."""


def simulate_command(
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="写到这个文件夹，每个台区一个子文件夹。")
    ],
    areas: Annotated[int, typer.Option("--areas", min=1, max=_MOST_AREAS, help="台区数。")] = 1,
    meters: Annotated[int, typer.Option("--meters", help="每个台区的户表数。")] = 120,
    days: Annotated[int, typer.Option("--days", help="天数。")] = 42,
    step: Annotated[int, typer.Option("--step", help="采集间隔：15、30 或 60 分钟。")] = 15,
    seed: Annotated[int, typer.Option("--seed", min=0, help="随机数种子；同一种子结果相同。")] = 1,
    loss: Annotated[float, typer.Option("--loss", help="技术线损率，%。")] = 1.5,
    faults: Annotated[
        list[str] | None, typer.Option("--fault", metavar="KIND", help=f"故障，可多次给出：{_KINDS}。")
    ] = None,
    no_voltage: Annotated[bool, typer.Option("--no-voltage", help="没有电压曲线。")] = False,
    wrong: Annotated[int, typer.Option("--wrong", help="每个台区超差的表数。")] = 3,
    profiles: Annotated[
        Path | None,
        typer.Option(
            "--profiles",
            metavar="FILE.npz",
            help="用这些负荷曲线代替自带的：数组 kwh 或 wh，每户一行，15 分钟一列。",
        ),
    ] = None,
    start: Annotated[
        datetime, typer.Option("--start", formats=["%Y-%m-%d"], help="第一天，如 2026-01-05。")
    ] = datetime(2026, 1, 5),  # noqa: DTZ001
) -> None:
    """模拟台区的读数，真值写在 truth.json。"""
    from quanheng.kernels.fleet.simulate import NO_VOLTAGE, NotSimulable, Scenario

    kinds = tuple(faults or ())
    if no_voltage and NO_VOLTAGE not in kinds:
        kinds += (NO_VOLTAGE,)
    try:
        scenario = Scenario(
            seed=seed,
            meters=meters,
            days=days,
            step_minutes=step,
            start=start.date(),
            loss_percent=loss,
            profiles=_profiles(profiles) if profiles else None,
            wrong=wrong,
            faults=kinds,
        )
        for number in range(1, areas + 1):
            _write(out, _numbered(scenario, number, areas))
    except (NotSimulable, _NotUsable) as error:
        raise _refuse(str(error)) from None
    except OSError as error:
        raise _refuse(f"无法写到 {out}：{error.strerror}") from None


def _numbered(scenario: Scenario, number: int, areas: int) -> Scenario:
    """Return the scenario of one area of many, with a seed of its own."""
    import numpy as np

    own = np.random.SeedSequence([scenario.seed, number]).generate_state(1)[0]
    width = max(3, len(str(areas)))
    return replace(scenario, area_id=f"A{number:0{width}d}", seed=int(own))


def _write(out: Path, scenario: Scenario) -> None:
    from quanheng.fleet.store import write_area
    from quanheng.kernels.fleet.simulate import simulate

    folder = out / scenario.area_id
    if folder.exists() and any(folder.iterdir()):
        raise _NotUsable(f"{folder} 已有文件，不覆盖；请换一个文件夹")
    area, truth = simulate(scenario)
    write_area(folder, area)
    (folder / TRUTH).write_text(json.dumps(truth.to_json(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    typer.echo(
        f"{scenario.area_id}：{area.n} 台户表，{scenario.days} 天，线损 {100 * truth.loss_ratio:.2f} %，"
        f"最低电压 {truth.v_min:.0f} V，超差 {len(truth.wrong)} 台，故障 {len(truth.notes)} 项。"
    )


def _profiles(file: Path) -> NDArray[np.float64]:
    """Return the profiles of a file (homes, intervals) [kWh].

    Raises
    ------
    _NotUsable
        No such file, another kind of file, or no array of that name.
    """
    import numpy as np

    try:
        with np.load(file, allow_pickle=False) as found:
            if "kwh" in found:
                return np.asarray(found["kwh"], dtype=np.float64)
            if "wh" in found:
                return np.asarray(found["wh"], dtype=np.float64) / _WH_PER_KWH
    except OSError as error:
        raise _NotUsable(f"无法读取 {file}：{error.strerror or '不是 npz 文件'}") from None
    except (ValueError, TypeError, BadZipFile, AttributeError):
        raise _NotUsable(f"{file} 不是含数字数组的 npz 文件") from None
    raise _NotUsable(f"{file} 里没有数组 kwh 或 wh")


def _refuse(message: str) -> typer.Exit:
    typer.echo(f"{message}。", err=True)
    return typer.Exit(_REFUSED)
