"""`quanheng open-data`: the snapshot that every public figure is computed from, without a web server."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from quanheng.base.disk import write_atomic
from quanheng.cli.django import with_database


@with_database
def open_data(
    output: Path | None = typer.Option(None, "-o", "--output", help="写入的文件；省略则写到标准输出"),
) -> None:
    """公开数据：与门户上的 /open/plan.json 相同的文件。"""
    from quanheng.taskboard.errors import PlanNotFound
    from quanheng.taskboard.selectors import current_plan, plan_records

    plan = current_plan()
    if plan is None:
        raise PlanNotFound()
    text = json.dumps(plan_records(plan).to_dict(), ensure_ascii=False, indent=1)
    if output is None:
        typer.echo(text)
        return
    try:
        write_atomic(output, text.encode())
    except OSError as error:
        typer.echo(f"无法写入 {output}：{error.strerror}。", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"已写入 {output}。")
