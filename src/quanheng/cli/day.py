"""`quanheng day`: run the county day and print its summary on one screen."""

from __future__ import annotations

import typer

from quanheng.cli.django import with_database


@with_database
def day() -> None:
    """县区日：刷新规划、收件、计算指标、日志排序，打印一屏小结。"""
    from django.utils import timezone

    from quanheng.core.selectors import county
    from quanheng.taskboard.day import run_day
    from quanheng.taskboard.enums import DayState

    done = run_day()
    home = county()
    typer.echo(f"县区日 {timezone.localdate(done.started_at)}　{home.full_name if home else '尚未载入县区'}")
    for step in done.steps:
        typer.echo(f"\n{step['name']}")
        for line in step["lines"]:
            typer.echo(f"  {'' if line['is_ok'] else '✗ '}{line['text']}")
            typer.echo(f"      ↳ {line['command']}")
    if done.state == DayState.FAILED:
        raise typer.Exit(1)
