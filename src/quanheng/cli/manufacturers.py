"""`quanheng manufacturers …`: the public list of authorised makers, counted here or from its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from quanheng.cli.django import with_database

app = typer.Typer(help="两检合一的制造企业。", no_args_is_help=True)


@app.command("list")
@with_database
def list_manufacturers(
    file: Path | None = typer.Argument(None, help="门户上下载的 manufacturers.csv；省略则读本机的数据库"),
    as_json: bool = typer.Option(False, "--json", help="输出 JSON"),
) -> None:
    """授权的制造企业、出厂批和验收结果，与公开名单页上的数字相同。"""
    from quanheng.base import clock
    from quanheng.manufacturers.public_list import listed_lots, read_csv, tally_of

    try:
        rows = list(listed_lots(clock.today())) if file is None else read_csv(file.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        typer.echo(f"无法读取 {file}：{reason}", err=True)
        raise typer.Exit(2) from error
    tally = tally_of(rows)
    if as_json:
        answer: dict[str, Any] = {"tally": tally.to_dict(), "lots": [row._asdict() for row in rows]}
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1))
        return
    typer.echo(
        f"制造企业 {tally.manufacturers} 家，有效 {tally.active}，暂停 {tally.suspended}；"
        f"出厂批 {tally.lots}（接收 {tally.accepted}，拒收 {tally.rejected}），{tally.meters} 台。"
    )
    for row in rows:
        typer.echo(
            f"  {row.manufacturer}　{row.authorisation}　{row.state}　{row.lot}　{row.meters}　{row.decision}"
        )
