"""`quanheng work`: what waits at the institutes today."""

from __future__ import annotations

import typer

from quanheng.cli.django import with_database


@with_database
def work() -> None:
    """检定工作：今天的任务单、待核验和待批准、期限、到期的人员和标准、不合格未处置、封印核对。"""
    from quanheng.taskboard.work import work_lines

    for line in work_lines():
        typer.echo(f"{line.text}\n    ↳ {line.command}")
