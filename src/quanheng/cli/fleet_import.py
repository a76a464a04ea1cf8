"""`quanheng fleet import`: files of readings into the store; without a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.fleet.readings_import import Summary
    from quanheng.fleet.readings_import.area_import import AreaOutcome

_REJECTED, _REFUSED = 1, 2
_SHOWN = 20
_KINDS = {"registers": "示值", "intervals": "区间电量"}
_STATUSES = {"stored": "已存入", "unchanged": "没有变化", "refused": "没有存入"}


def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES…", help="读数文件：CSV（可为 .gz）或 Parquet，一行一个时刻。"),
    ],
    directory: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="读数库，一个台区一个文件夹。")
    ],
    meters: Annotated[
        Path | None,
        typer.Option("--meters", metavar="FILE", help="电表清单：台区、表号、角色、相别、最大允许误差。"),
    ] = None,
    registers: Annotated[
        bool | None,
        typer.Option("--registers/--intervals", help="数是表的示值，还是区间电量；不写则由数判断，并说明。"),
    ] = None,
    step: Annotated[
        int | None, typer.Option("--step", metavar="MIN", help="间隔，15、30 或 60 分钟；不写则由时间判断。")
    ] = None,
    stamp: Annotated[
        str, typer.Option("--stamp", metavar="end|start", help="区间电量的时间是区间的终点还是起点。")
    ] = "end",
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="台区所在的时区；没有写时区的时间按它。")
    ] = "Asia/Shanghai",
    replace: Annotated[
        bool, typer.Option("--replace", help="已存的数与文件中的不同时，换成文件中的。")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """导入读数；有不能采用的行时退出码为 1，逐条写入 DIR/rejected.csv。"""
    from quanheng.fleet.readings_import import BadImport, Options, import_readings
    from quanheng.fleet.readings_import.area_import import Reading
    from quanheng.fleet.store_format import STEPS

    if stamp not in {"end", "start"}:
        raise typer.BadParameter("应为 end（终点）或 start（起点）。", param_hint="--stamp")
    if step is not None and step not in STEPS:
        raise typer.BadParameter("应为 15、30 或 60。", param_hint="--step")
    kind = None if registers is None else "registers" if registers else "intervals"
    options = Options(Reading(kind, step, stamp == "start", replace), timezone, meters)
    try:
        summary = import_readings(files, directory, options, _tell)
    except (BadImport, OSError) as error:
        refused = error if isinstance(error, BadImport) else BadImport("disk", f"无法写入：{error}")
        _end_progress()
        typer.echo(refused.text, err=True)
        if as_json:
            typer.echo(
                json.dumps({"error": {"code": refused.code, "message": refused.text}}, ensure_ascii=False)
            )
        raise typer.Exit(_REFUSED) from None
    _end_progress()
    if as_json:
        typer.echo(json.dumps(_answer(summary), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(_lines(summary, directory)))
    if summary.rejections.total:
        raise typer.Exit(_REJECTED)


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
    else:
        sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _end_progress() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _answer(summary: Summary) -> dict[str, Any]:
    rejections = summary.rejections
    return {
        "rows": summary.rows,
        "areas": [_area(outcome) for outcome in summary.areas],
        "rejected": {
            "count": rejections.total,
            "reasons": dict(rejections.counts.most_common()),
            "rows": [
                {
                    "file": row.file,
                    "line": row.line,
                    "column": row.column,
                    "reason": row.reason,
                    "text": row.text,
                }
                for row in rejections.rows
            ],
        },
        "ignored_columns": summary.ignored_columns,
        "unreadable_areas": summary.unreadable_areas,
        "differing_meters": [
            {"area_id": meter.area, "meter_id": meter.meter, "said": said}
            for meter, said in summary.differing
        ],
    }


def _area(outcome: AreaOutcome) -> dict[str, Any]:
    falls = [
        {
            "code": "register_rollover" if fall.is_rollover else "register_reset",
            "meter_id": meter,
            "time": fall.moment,
            "before": fall.before,
            "after": fall.after,
        }
        for meter, fall in outcome.falls
    ]
    return {
        "area_id": outcome.area_id,
        "folder": outcome.folder,
        "status": outcome.status,
        "refusal": outcome.refusal,
        "kind": outcome.kind,
        "step_minutes": outcome.step_minutes,
        "meters": outcome.meters,
        "values": outcome.values,
        "identical_rows": outcome.identical,
        "missing_values": outcome.missing_values,
        "has_master": outcome.has_master,
        "findings": falls,
    }


def _lines(summary: Summary, directory: Path) -> Iterator[str]:
    rejections = summary.rejections
    yield f"读了 {summary.rows} 行，{len(summary.areas)} 个台区。"
    for outcome in summary.areas[:_SHOWN]:
        yield from _area_lines(outcome)
    if len(summary.areas) > _SHOWN:
        yield f"… 另有 {len(summary.areas) - _SHOWN} 个台区，见 --json。"
    if summary.ignored_columns:
        yield f"没有用到的列：{'、'.join(summary.ignored_columns)}。"
    for name in summary.unreadable_areas:
        yield f"已有的文件夹 {name} 无法读出，没有改动。"
    if summary.differing:
        yield f"有 {len(summary.differing)} 处角色或相别前后不同，按先写的。"
    if not rejections.total:
        return
    from quanheng.fleet.readings_import.rejections import REASONS

    yield f"有 {rejections.total} 行没有采用："
    for reason, count in rejections.counts.most_common():
        yield f"  {count} 行：{REASONS[reason]}"
    for row in rejections.rows[:_SHOWN]:
        column = f"，{row.column}" if row.column else ""
        yield f"  {row.file} 第 {row.line} 行{column}：{row.text}"
    yield f"前 {len(rejections.rows)} 行写在 {directory / 'rejected.csv'}。"


def _area_lines(outcome: AreaOutcome) -> Iterator[str]:
    said = f"{outcome.area_id}　{_STATUSES[outcome.status]}"
    if outcome.refusal:
        yield f"{said}：{outcome.refusal}"
        return
    yield (
        f"{said}　{outcome.meters} 只表，{outcome.step_minutes} 分钟，按{_KINDS[outcome.kind]}，"
        f"{outcome.values} 个电量，缺 {outcome.missing_values} 个，重复 {outcome.identical} 行"
    )
    if not outcome.has_master:
        yield f"  {outcome.area_id} 应有一只总表，还没有；不能估计。"
    for meter, fall in outcome.falls[:_SHOWN]:
        what = "示值翻转，已接上" if fall.is_rollover else "示值变小，这一区间的电量未知"
        yield f"  {meter}　{fall.moment}　{what}：{fall.before:.10g} → {fall.after:.10g}"
