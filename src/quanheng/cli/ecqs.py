"""`quanheng registry ecqs-export` and `ecqs-compare`: the exchange with the national system."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from quanheng.cli.django import with_database


@with_database
def export(output: Path = typer.Option(..., "-o", "--output", help="写到哪个 .xlsx 文件")) -> None:
    """把已备案的计量器具写成 e-CQS 导入表；列布局见 QUANHENG_ECQS_LAYOUT。"""
    from quanheng.base.disk import write_atomic
    from quanheng.instruments.ecqs import import_sheet, layout
    from quanheng.instruments.services.comparisons import filed_instruments

    write_atomic(output, import_sheet(filed_instruments().iterator(chunk_size=2000)))
    typer.echo(f"已写入 {filed_instruments().count()} 台：{output}")
    if not layout().is_confirmed:
        typer.echo("列布局尚未与官方模板核对（is_confirmed: false）。")


@with_database
def compare(
    file: Path = typer.Argument(..., help="从 e-CQS 导出的台账"),
    username: str = typer.Option(..., "--as", help="经办人的用户名"),
    as_json: bool = typer.Option(False, "--json", help="输出 JSON"),
) -> None:
    """与已备案的计量器具逐台比对：只在这里、只在那里、字段不同。"""
    from quanheng.core.errors import NotPermitted, UserNotFound
    from quanheng.core.models import User
    from quanheng.core.permissions import scope_of
    from quanheng.instruments.errors import UnreadableFile
    from quanheng.instruments.services.comparisons import compare_ledger

    actor = User.objects.filter(username=username, is_active=True).first()
    if actor is None:
        raise UserNotFound(username=username)
    if not scope_of(actor, "instruments.import"):
        raise NotPermitted(permission="instruments.import")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(reason=error.strerror, reader_code="ledger.unreadable") from error
    comparison = compare_ledger(actor=actor, data=data, filename=file.name)
    found = list(comparison.differences.select_related("instrument"))
    if as_json:
        rows = [
            {
                "what": item.what,
                "row": item.row,
                "serial_no": item.instrument.serial_no if item.instrument else item.record["serial_no"],
                "field": item.field,
                "ours": item.ours,
                "theirs": item.theirs,
            }
            for item in found
        ]
        typer.echo(
            json.dumps({"differences": rows, "rejected": comparison.rejected}, ensure_ascii=False, indent=1)
        )
        return
    counts = {what: sum(item.what == what for item in found) for what in ("only_here", "only_there", "field")}
    typer.echo(
        f"对方 {comparison.rows_total} 行（{len(comparison.rejected)} 行无法读取）：只在本局 {counts['only_here']} 台，"
        f"只在对方 {counts['only_there']} 台，字段不同 {counts['field']} 处。"
    )
