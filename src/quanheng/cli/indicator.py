"""`quanheng indicator …`: every figure, recomputed from the database or from open data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from quanheng.cli.django import refusals, start, start_without_database

if TYPE_CHECKING:
    from quanheng.taskboard.records import PlanRecords

app = typer.Typer(help="指标：名称、公式、来源和数值。", no_args_is_help=True)
_JSON = typer.Option(False, "--json", help="输出 JSON")


@app.command("list")
def list_indicators(as_json: bool = _JSON) -> None:
    """列出全部指标及其公式、来源。"""
    start_without_database()
    from quanheng.taskboard.indicators import REGISTRY

    if as_json:
        rows = [_described(item.name) for item in REGISTRY.values()]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for item in REGISTRY.values():
        typer.echo(f"{item.name}\n  {item.label}［{item.unit}］{item.formula}；来源：{item.source}")


@app.command("show")
def show(
    name: str,
    task: str = typer.Option("", "--task", help="任务编号，如 （三）1"),
    lead: str = typer.Option("", "--lead", help="只计这个单位牵头的任务"),
    data: Path | None = typer.Option(None, "--data", help="公开数据文件；不给则读数据库"),
    as_json: bool = _JSON,
) -> None:
    """重新计算一个指标；用公开数据文件时不需要数据库。"""
    start_without_database() if data else start()
    with refusals():
        _show(name, task, lead, data, as_json=as_json)


def _show(name: str, task: str, lead: str, data: Path | None, *, as_json: bool) -> None:
    from quanheng.taskboard.errors import TaskNotFound
    from quanheng.taskboard.indicators import find

    item = find(name)
    records = _records(data)
    if lead and item.of_document:
        raise typer.BadParameter(f"{name} 是整份文件的，不能用 --lead")
    if lead:
        records = records.led_by(lead)
        if not records.tasks:
            raise TaskNotFound(lead=lead)
    if item.per_task != bool(task):
        raise typer.BadParameter(f"{name} {'需要' if item.per_task else '不需要'} --task")
    chosen = next((record for record in records.tasks if record.label == task), None)
    if task and chosen is None:
        raise TaskNotFound(label=task)
    value = item.value(records, chosen)
    if as_json:
        typer.echo(
            json.dumps(
                _described(name) | {"value": str(value), "on": records.on.isoformat()}, ensure_ascii=False
            )
        )
        return
    typer.echo(f"{item.label}：{value.normalize():f} {item.unit}（{records.on.isoformat()}）")
    typer.echo(f"公式：{item.formula}\n来源：{item.source}")


def _described(name: str) -> dict[str, Any]:
    from quanheng.taskboard.indicators import find

    item = find(name)
    return {key: getattr(item, key) for key in ("name", "label", "unit", "formula", "source", "per_task")}


def _records(data: Path | None) -> PlanRecords:
    if data is not None:
        return _open_data(data)
    from quanheng.taskboard.errors import PlanNotFound
    from quanheng.taskboard.selectors import current_plan, plan_records

    plan = current_plan()
    if plan is None:
        raise PlanNotFound()
    return plan_records(plan)


def _open_data(path: Path) -> PlanRecords:
    from quanheng.taskboard.errors import BadOpenData
    from quanheng.taskboard.records import PlanRecords

    try:
        return PlanRecords.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadOpenData(reason=f"{path} 不存在或无法读取。") from error
    except ValueError as error:
        raise BadOpenData(reason=f"{path} 不是从公示页下载的数据（{error}）。") from error
