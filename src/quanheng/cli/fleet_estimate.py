"""`quanheng fleet estimate`: every area of a store, on the processes of this machine or on a Spark cluster."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.fleet.pool import Engine
    from quanheng.fleet.run_errors import CannotRun
    from quanheng.fleet.runs import Progress
    from quanheng.kernels.fleet.results import AreaEstimate

_REFUSED = 2
_NOTICE_SECONDS = 2.0
_SHOWN = 20
_REASONS = {
    FileNotFoundError: "不存在",
    NotADirectoryError: "不是文件夹",
    PermissionError: "没有权限",
}


class EngineName(StrEnum):
    """What does the work."""

    LOCAL = "local"
    SPARK = "spark"


def estimate_command(
    directory: Annotated[
        str,
        typer.Argument(
            metavar="DIR", help="一个台区的文件夹，或含有许多台区的文件夹；也可以是 s3:// 等网址。"
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="OUT.parquet", help="结果；旁边另有 OUT.areas.parquet。")
    ],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="从这天起（含）；默认从头。")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="到这天止（含）；默认到最后。")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, metavar="N", help="进程数；0 是处理器的个数。")] = 0,
    engine: Annotated[
        EngineName, typer.Option("--engine", help="local 是本机；spark 是 Apache Spark 集群。")
    ] = EngineName.LOCAL,
    master: Annotated[
        str | None,
        typer.Option(
            "--master", metavar="URL", help="Spark 的主节点，如 spark://主机:7077、yarn、local[4]。"
        ),
    ] = None,
    conf: Annotated[
        list[str] | None, typer.Option("--conf", metavar="KEY=VALUE", help="Spark 的设置，可多次。")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """估计每个台区每块表的误差：超差、未见超差或不能判断；中断后再运行会接着做。"""
    from quanheng.fleet.places import place_of
    from quanheng.fleet.run_errors import CannotRun
    from quanheng.fleet.runs import run

    started = time.monotonic()
    try:
        progress = run(
            place_of(directory),
            out,
            since=since.date() if since else None,
            until=until.date() if until else None,
            jobs=jobs or os.cpu_count() or 1,
            engine=_engine(engine, master, conf or []),
            tell=Teller(started),
        )
    except (CannotRun, OSError) as error:
        raise refused(error, as_json=as_json) from None
    tell_summary(out, progress, as_json=as_json)


def _engine(name: EngineName, master: str | None, conf: list[str]) -> Engine | None:
    """Return the engine that was asked for, None for that of this machine.  Raises CannotRun (engine)."""
    from quanheng.fleet.run_errors import CannotRun
    from quanheng.fleet.spark import spark

    if name == EngineName.SPARK:
        settings = dict(each.partition("=")[::2] for each in conf)
        if not all(key and value for key, value in settings.items()):
            raise CannotRun("engine", "--conf 的写法是 KEY=VALUE，例如 --conf spark.cores.max=8。")
        return spark(master, settings)
    if master or conf:
        raise CannotRun("engine", "--master 和 --conf 要与 --engine spark 一起用。")
    return None


def refused(error: CannotRun | OSError, *, as_json: bool) -> typer.Exit:
    """Say why nothing was written, on standard error and for programs; return how to leave."""
    if isinstance(error, OSError):
        reason = next((text for kind, text in _REASONS.items() if isinstance(error, kind)), error.strerror)
        code, text = "disk", f"无法读写 {error.filename or ''}：{reason or error}。"
    else:
        code, text = error.code, error.text
    typer.echo(text, err=True)
    if as_json:
        typer.echo(json.dumps({"error": {"code": code, "message": text}}, ensure_ascii=False))
    return typer.Exit(_REFUSED)


def tell_summary(out: Path, progress: Progress, *, as_json: bool) -> None:
    """Print what a run wrote."""
    answer = _summary(out) | {"areas_resumed": progress.resumed}
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else "\n".join(_summary_text(answer, out)))


def _summary(out: Path) -> dict[str, Any]:
    from quanheng.fleet.results_file import read_results
    from quanheng.kernels.fleet.decide import false_discovery_rate

    areas = {"judged": 0, "withheld": 0, "unusable": 0}
    meters = {"out_of_tolerance": 0, "conforming": 0, "undetermined": 0}
    probabilities: list[float] = []
    unusable: list[dict[str, str]] = []
    for area in read_results(out):
        areas[area.status] += 1
        for status in area.meter_status:
            meters[status] += 1
        probabilities += _named(area)
        if area.status == "unusable":
            unusable.append({"area_id": area.area_id, **_why(area)})
    import numpy as np

    rate = false_discovery_rate(np.array(probabilities))
    return {
        "areas": areas,
        "meters": meters,
        "expected_false_discovery_rate": round(rate, 6),
        "unusable": unusable,
    }


def _named(area: AreaEstimate) -> list[float]:
    return [
        float(p)
        for p, status in zip(area.probability_out_of_tolerance, area.meter_status, strict=True)
        if status == "out_of_tolerance"
    ]


def _why(area: AreaEstimate) -> dict[str, str]:
    last = area.findings[-1]
    return {"code": last.code, "reason": last.sentence}


def _summary_text(answer: dict[str, Any], out: Path) -> list[str]:
    from quanheng.fleet.results_file import areas_path

    areas, meters = answer["areas"], answer["meters"]
    lines = [
        f"{sum(areas.values())} 个台区：{areas['judged']} 个已判断，{areas['withheld']} 个要先查清，"
        f"{areas['unusable']} 个不能用。",
        f"{sum(meters.values())} 块表：疑似超差 {meters['out_of_tolerance']}，未见超差 {meters['conforming']}，"
        f"不能判断 {meters['undetermined']}。",
    ]
    shown = answer["unusable"][:_SHOWN]
    lines += [f"不能用：{area['area_id']}，{area['reason']}" for area in shown]
    if more := len(answer["unusable"]) - len(shown):
        lines.append(f"不能用的还有 {more} 个，见 {areas_path(out).name}。")
    if answer["areas_resumed"]:
        lines.append(f"其中 {answer['areas_resumed']} 个台区是上次中断前做好的。")
    if meters["out_of_tolerance"]:
        lines.append(f"疑似超差的表中，预期误判的比例是 {answer['expected_false_discovery_rate']:.1%}。")
    lines.append(
        f"结果在 {out}；用 quanheng fleet show 台区 --results {out} 查看。远程估计只是线索，要现场检定。"
    )
    return lines


class Teller:
    """Progress on standard error, every few seconds."""

    def __init__(self, started: float) -> None:
        self._started = self._told = started

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told < _NOTICE_SECONDS or progress.done == progress.areas:
            return
        self._told = now
        spent = now - self._started
        new = progress.done - progress.resumed
        rest = spent / new * (progress.areas - progress.done) if new else 0
        bad = f"，{progress.unusable} 个不能用" if progress.unusable else ""
        typer.echo(f"{progress.done}/{progress.areas} 个台区{bad}，还要约 {rest:.0f} 秒", err=True)
