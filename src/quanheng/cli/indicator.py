"""`quanheng indicator …`: every figure, recomputed from the database or from open data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    data: Path | None = typer.Option(None, "--data", help="公开数据文件；不给则读数据库"),
    as_json: bool = _JSON,
) -> None:
    """重新计算一个指标；用公开数据文件时不需要数据库。"""
    start_without_database() if data else start()
    with refusals():
        from quanheng.taskboard.indicators import find

        _show(find(name), find_records(plan, data), task, lead, as_json=as_json)


def _show(item: Indicator, records: PlanRecords, task: str, lead: str, *, as_json: bool) -> None:
    from quanheng.taskboard.errors import TaskNotFound

    if lead and item.of_document:
        raise typer.BadParameter(f"{item.name} 是整份文件的，不能用 --lead")
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
