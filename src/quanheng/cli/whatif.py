"""`quanheng rules what-if`: what new rules would change for the instruments of this county."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import typer

from quanheng.cli.django import with_database

MOST_LINES = 20


@with_database
def what_if(
    file: Path | None = typer.Argument(None, help="规则文件（YAML）；不给则看已登记的后续版本"),
    on: datetime = typer.Option(..., "--on", formats=["%Y-%m-%d"], help="比较哪一天，如 2027-01-08"),
    as_json: bool = typer.Option(False, "--json", help="输出 JSON，列出每一台"),
) -> None:
    """列出规则变化后，检定义务、周期或到期日会变的每一台计量器具。"""
    from quanheng.instruments.errors import BadRuleFile
    from quanheng.instruments.whatif import WHATS, described, effect_of

    try:
        data = file.read_bytes() if file else b""
    except OSError as error:
        raise BadRuleFile(where=str(file), reason=error.strerror or "") from error
    effect = effect_of(data, on=on.date(), most=None if as_json else MOST_LINES)
    rows = described(effect.changes)
    if as_json:
        shown = {
            "on": effect.on.isoformat(),
            "examined": effect.examined,
            "counts": effect.counts,
            "by_kind": effect.by_kind,
            "changes": rows,
        }
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{effect.on}：共核对 {effect.examined} 台，有变化 {sum(effect.counts.values())} 台。")
    for what, count in effect.counts.items():
        typer.echo(f"  {WHATS[what]}：{count} 台")
    for row in rows:
        before, after = row["before"], row["after"]
        typer.echo(
            f"  {row['name']} {row['serial_no']}　{row['owner']}　{WHATS[row['what']]}　"
            f"{before['due_on'] or '–'} → {after['due_on'] or '–'}　{before['rule']} → {after['rule']}"
        )
    if effect.is_cut:
        typer.echo("  ……（用 --json 列出全部）")
