"""`quanheng lots …`: the public figures of lots of meters, recomputed from open data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import typer

from quanheng.cli.django import start_without_database

app = typer.Typer(help="在用表批：到期的表，由公开数据重新统计。", no_args_is_help=True)


@app.callback()
def lots() -> None:
    """在用表批：到期的表，由公开数据重新统计。"""


@app.command("expiring")
def expiring(
    file: Path = typer.Argument(help="公开数据 expiring.csv"),
    town: str = typer.Option("", "--town", help="只计这个乡镇、街道"),
    lot: str = typer.Option("", "--lot", help="只计这个批号"),
    month: str = typer.Option("", "--month", help="只计这个月，如 2026-09"),
    as_json: bool = typer.Option(False, "--json", help="输出 JSON"),
) -> None:
    """统计到期的表：每月台数和合计；不需要数据库。"""
    start_without_database()
    from quanheng.lots.open_expiring import read_expiring

    counts: Counter[str] = Counter()
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for row in read_expiring(stream):
                if (
                    (not town or row.town == town)
                    and (not lot or row.lot == lot)
                    and month in {"", row.month}
                ):
                    counts[row.month] += row.meters
    except (OSError, ValueError) as error:
        typer.echo(f"无法读取 {file.name}：{error}", err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps({"months": dict(sorted(counts.items())), "meters": counts.total()}))
        return
    for at, meters in sorted(counts.items()):
        typer.echo(f"{at}\t{meters}")
    typer.echo(f"合计\t{counts.total()}")
