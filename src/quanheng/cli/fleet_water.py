"""`quanheng fleet water`: one district of water meters from a table, estimated at once; without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.fleet.readings_import.rejections import Rejections
    from quanheng.kernels.fleet.results import AreaEstimate

_REJECTED, _REFUSED = 1, 2
_SHOWN = 20
_HEADINGS = ("水表", "状态", "误差（95 % 区间）", "超差的概率", "占用水量", "原因")
_LEFT = (0, 1, 5)


def water_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="一个小区的读数，一行一个时刻：meter、timestamp、m3、role（考核表或户表），可有 pressure_kpa。",
        ),
    ],
    registers: Annotated[
        bool | None,
        typer.Option("--registers/--intervals", help="数是表的示值，还是区间水量；不写则由数判断。"),
    ] = None,
    mpe: Annotated[
        float, typer.Option("--mpe", min=0.01, max=50.0, metavar="P", help="户表的最大允许误差，±P %。")
    ] = 2.0,
    inflow_mpe: Annotated[
        float, typer.Option("--inflow-mpe", min=0.01, max=50.0, metavar="P", help="考核表的，±P %。")
    ] = 2.0,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="没有写时区的时间按它。")
    ] = "Asia/Shanghai",
    is_all: Annotated[bool, typer.Option("--all", help="未见超差的也全部列出。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """由考核表和户表的读数估计水表的误差、漏损和爆管；有不能采用的行时退出码为 1。"""
    from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS
    from quanheng.fleet.readings_import.refusals import BadImport
    from quanheng.fleet.water_file import WaterReading, read_district
    from quanheng.kernels.fleet.water import estimate_district

    kind = None if registers is None else REGISTERS if registers else INTERVALS
    try:
        district, rejections = read_district(file, WaterReading(kind, timezone, mpe, inflow_mpe))
    except BadImport as error:
        typer.echo(error.text, err=True)
        raise typer.Exit(_REFUSED) from None
    found = estimate_district(district)
    if as_json:
        typer.echo(json.dumps(_answer(found, rejections), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(_printable(line) for line in _text(found, rejections, is_all=is_all)))
    if rejections.total:
        raise typer.Exit(_REJECTED)


def _answer(found: AreaEstimate, rejections: Rejections) -> dict[str, Any]:
    return {
        "district_id": found.area_id,
        "status": found.status,
        "unaccounted_m3": _plain(found.loss_kwh),
        "unaccounted_percent": _plain(found.loss_percent),
        "residual_sd_m3": _plain(found.residual_sd_kwh),
        "findings": [
            {"code": f.code, "meter_id": f.meter_id, "text": f.text, "data": dict(f.data)}
            for f in found.findings
        ],
        "meters": [
            {
                "meter_id": meter,
                "status": found.meter_status[at],
                "error_percent": _plain(found.error_percent[at]),
                "standard_uncertainty_percent": _plain(found.standard_uncertainty_percent[at]),
                "probability_out_of_tolerance": _plain(found.probability_out_of_tolerance[at]),
                "volume_share": _plain(found.energy_share[at]),
                "reason": found.reason[at],
            }
            for at, meter in enumerate(found.meter_ids)
        ],
        "rejected": {
            "count": rejections.total,
            "rows": [
                {"line": row.line, "column": row.column, "reason": row.reason, "text": row.text}
                for row in rejections.rows
            ],
        },
    }


def _plain(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _text(found: AreaEstimate, rejections: Rejections, *, is_all: bool) -> Iterator[str]:
    from quanheng.cli.columns import columns
    from quanheng.kernels.fleet.results import CONFORMING
    from quanheng.kernels.fleet.words import AREA_STATUS, METER_STATUS, PRELIMINARY

    counts = [(found.meter_status.count(status), word) for status, word in METER_STATUS.items()]
    said = "，".join(f"{count} 块{word}" for count, word in counts if count)
    yield f"小区 {found.area_id}（{AREA_STATUS[found.status]}）：{len(found.meter_ids)} 块水表中，{said or '没有水表'}。"
    if isfinite(found.loss_kwh):
        yield f"考核表与各表之差：{found.loss_kwh:.1f} m³，占供水量的 {found.loss_percent:.2f} %。"
    for finding in found.findings:
        name = f"{finding.meter_id}：" if finding.meter_id else ""
        yield f"发现：{name}{finding.text}［{finding.code}］"
    shown = [at for at, status in enumerate(found.meter_status) if is_all or status != CONFORMING]
    if shown:
        yield ""
        yield from columns([_HEADINGS, *(_cells(found, at) for at in _ordered(found, shown))], _LEFT)
    if left := len(found.meter_ids) - len(shown):
        yield f"另有 {left} 块未见超差，加 --all 全部列出。"
    if rejections.total:
        yield ""
        yield f"有 {rejections.total} 行没有采用："
        for row in rejections.rows[:_SHOWN]:
            yield f"  第 {row.line} 行{f'，{row.column}' if row.column else ''}：{row.text}"
    yield ""
    yield PRELIMINARY


def _ordered(found: AreaEstimate, shown: list[int]) -> list[int]:
    """Return the meters with the most probable suspect first."""

    def place(at: int) -> tuple[float, str]:
        probability = float(found.probability_out_of_tolerance[at])
        return (-probability if isfinite(probability) else 0.0, found.meter_ids[at])

    return sorted(shown, key=place)


def _cells(found: AreaEstimate, at: int) -> tuple[str, ...]:
    from quanheng.kernels.fleet.words import METER_STATUS, error_text, probability_text, share_text

    return (
        found.meter_ids[at],
        METER_STATUS[found.meter_status[at]],
        error_text(float(found.error_percent[at]), float(found.standard_uncertainty_percent[at])),
        probability_text(float(found.probability_out_of_tolerance[at])),
        share_text(float(found.energy_share[at])),
        found.reason[at],
    )


def _printable(line: str) -> str:
    """Return a line without characters that would steer the terminal."""
    return "".join(character if character.isprintable() or character == "　" else "?" for character in line)
