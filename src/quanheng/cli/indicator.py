"""`quanheng indicator …`: every figure, recomputed from the database or from open data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from quanheng.cli.django import refusals, start, start_without_database

if TYPE_CHECKING:
    from quanheng.taskboard.records import PlanRecords, TaskRecord
    from quanheng.taskboard.registry import Indicator

app = typer.Typer(help="指标：名称、公式、来源和数值。", no_args_is_help=True)
_JSON = typer.Option(False, "--json", help="输出 JSON")


@app.command("list")
def list_indicators(as_json: bool = _JSON) -> None:
    """列出全部指标及其公式、来源。"""
    start_without_database()
    from quanheng.taskboard.indicators import REGISTRY

    if as_json:
        rows = [_described(item) for item in REGISTRY.values()]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for item in REGISTRY.values():
        typer.echo(f"{item.name}\n  {item.label}［{item.unit}］{item.formula}；来源：{item.source}")


@app.command("show")
def show(
    name: str,
    plan: str = typer.Option("", "--plan", help="规划的文号或标题；不给则取最新的一份"),
    task: str = typer.Option("", "--task", help="任务编号，如 （三）1"),
    lead: str = typer.Option("", "--lead", help="只计这个单位牵头的任务"),
    town: str = typer.Option("", "--town", help="只计这个乡镇、街道（registry.*、verification.* 指标）"),
    kind: str = typer.Option(
        "", "--kind", help="只计这个种类，如 price_scale（registry.*、verification.* 指标）"
    ),
    data: Path | None = typer.Option(
        None,
        "--data",
        help="公开数据文件：plan.json，或 instruments、certificates、standards、meters.csv；不给则读数据库",
    ),
    as_json: bool = _JSON,
) -> None:
    """重新计算一个指标；用公开数据文件时不需要数据库。"""
    start_without_database() if data else start()
    with refusals():
        from quanheng.taskboard.indicators import find
        from quanheng.taskboard.registry import PARTED

        item = find(name)
        if (town or kind) and item.over not in PARTED:
            raise typer.BadParameter(f"{name} 不分乡镇街道和种类，不能用 --town 和 --kind")
        records = county_records(item, data) if item.of_county else find_records(plan, data)
        if town or kind:
            records = _narrowed(records, town, kind)
        _show(item, records, task, lead, as_json=as_json)


def _narrowed(records: PlanRecords, town: str, kind: str) -> PlanRecords:
    """A name that nothing bears is a slip of the pen, not a zero."""
    registry, work = records.registry, records.work
    known = {
        "--town": sorted({*registry.by_town(), *work.certificates.towns}),
        "--kind": sorted({*registry.by_kind(), *work.certificates.kinds}),
    }
    for option, name in (("--town", town), ("--kind", kind)):
        if name and name not in known[option]:
            raise typer.BadParameter(
                f"没有“{name}”；有：{'、'.join(known[option]) or '（无）'}", param_hint=option
            )
    certificates = work.certificates.narrowed(town=town, kind=kind)
    return replace(
        records,
        registry=registry.narrowed(town=town, kind=kind),
        work=replace(work, certificates=certificates),
    )


def _show(item: Indicator, records: PlanRecords, task: str, lead: str, *, as_json: bool) -> None:
    from quanheng.taskboard.errors import TaskNotFound

    if lead and (item.of_document or item.of_county):
        raise typer.BadParameter(f"{item.name} 不分牵头单位，不能用 --lead")
    if lead:
        records = records.led_by(lead)
        if not records.tasks:
            raise TaskNotFound(lead=lead)
    if item.per_task != bool(task):
        raise typer.BadParameter(f"{item.name} {'需要' if item.per_task else '不需要'} --task")
    chosen = _chosen(records, task) if task else None
    value = item.value(records, chosen)
    if as_json:
        typer.echo(
            json.dumps(
                _described(item) | {"value": str(value), "on": records.on.isoformat()}, ensure_ascii=False
            )
        )
        return
    typer.echo(f"{item.label}：{value.normalize():f} {item.unit}（{records.on.isoformat()}）")
    typer.echo(f"公式：{item.formula}\n来源：{item.source}")


def _described(item: Indicator) -> dict[str, Any]:
    return {key: getattr(item, key) for key in ("name", "label", "unit", "formula", "source", "per_task")}


def _chosen(records: PlanRecords, name: str) -> TaskRecord:
    from quanheng.taskboard.errors import TaskNotFound

    try:
        return records.task(name)
    except LookupError as error:
        keys = str(error)
        raise (
            typer.BadParameter(f"有几项任务编号都是 {name}，请用：{keys}")
            if keys
            else TaskNotFound(label=name)
        ) from error


def county_records(item: Indicator, data: Path | None) -> PlanRecords:
    """Return what an indicator of the county counts: an open table or the open plan where given, else the database."""
    from quanheng.taskboard.errors import BadOpenData
    from quanheng.taskboard.records import PlanRecords
    from quanheng.taskboard.registry import TABLES

    if data is None:
        return _present(item)
    if data.suffix.lower() != ".csv":
        found = _open_data(data)
        return PlanRecords.of_county(found.on, registry=found.registry, work=found.work, meters=found.meters)
    try:
        with data.open(encoding="utf-8-sig", newline="") as stream:
            return _counted(item, stream)
    except OSError as error:
        raise BadOpenData(reason=f"{data} 不存在或无法读取。") from error
    except ValueError as error:
        wanted = TABLES[item.over]
        raise BadOpenData(reason=f"{data} 不是从公示页下载的 {wanted}（{error}）。") from error


def _counted(item: Indicator, stream: TextIO) -> PlanRecords:
    """Count the open table of an indicator."""
    from quanheng.certificates import tally as work
    from quanheng.instruments.tally import read_rows, tally_of
    from quanheng.taskboard.meters_tally import read_counts
    from quanheng.taskboard.records import PlanRecords
    from quanheng.taskboard.registry import Over

    if item.over is Over.METERS:
        return PlanRecords.of_county(date.min, meters=read_counts(stream))
    if item.over is Over.REGISTRY:
        return PlanRecords.of_registry(tally_of(read_rows(stream)), date.min)
    if item.over is Over.CERTIFICATES:
        certificates = work.certificate_tally(work.read_certificates(stream))
        return PlanRecords.of_county(date.min, work=work.WorkTally(certificates=certificates))
    standards = work.standard_tally(work.read_standards(stream))
    return PlanRecords.of_county(date.min, work=work.WorkTally(standards=standards))


def _present(item: Indicator) -> PlanRecords:
    """Count the database as it is now."""
    from quanheng.base import clock
    from quanheng.taskboard.records import PlanRecords
    from quanheng.taskboard.registry import Over

    if item.over is Over.REGISTRY:
        from quanheng.instruments.services.opendata import present_tally

        return PlanRecords.of_registry(present_tally(), clock.today())
    if item.over is Over.METERS:
        from quanheng.taskboard.meters import present_meters

        return PlanRecords.of_county(clock.today(), meters=present_meters())
    from quanheng.certificates.services.opendata import present_work

    return PlanRecords.of_county(clock.today(), work=present_work())


def find_records(plan: str, data: Path | None) -> PlanRecords:
    """Return the snapshot to compute from: open data where given, else the database."""
    if data is not None:
        return _open_data(data)
    from quanheng.taskboard.selectors import plan_named, plan_records

    return plan_records(plan_named(plan))


def _open_data(path: Path) -> PlanRecords:
    from quanheng.taskboard.errors import BadOpenData
    from quanheng.taskboard.records import PlanRecords

    try:
        return PlanRecords.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadOpenData(reason=f"{path} 不存在或无法读取。") from error
    except ValueError as error:
        raise BadOpenData(reason=f"{path} 不是从公示页下载的数据（{error}）。") from error
