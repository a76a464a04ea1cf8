"""`quanheng log add-witness`: keep a neighbour's signature on one of our checkpoints, and publish it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quanheng.cli.django import with_database


@with_database
def add_witness(
    file: Annotated[Path, typer.Argument(metavar="NOTE", help="对方签署后的检查点文件")],
    witness: Annotated[str, typer.Option("--witness", help="见证者的公钥（vkey 一行），从可信的渠道取得")],
) -> None:
    """核验并保存见证者对本日志检查点的签名，随检查点一起公布。"""
    from quanheng.kernels.tlog.checkpoint import parse_checkpoint
    from quanheng.kernels.tlog.notes import parse_note
    from quanheng.transparency.witnesses import accept_cosignature

    try:
        note = file.read_bytes()
        size = parse_checkpoint(parse_note(note).text).size
    except (OSError, ValueError) as error:
        typer.echo(f"{file} 不是检查点文件：{error}", err=True)
        raise typer.Exit(2) from error
    stored = accept_cosignature(tree_size=size, cosignature=note.decode(), witness_vkey=witness)
    typer.echo(
        f"已保存：{stored.witness.split('+')[0]} 对 {size} 条检查点的签名（{stored.cosigned_at:%Y-%m-%d %H:%M:%S} UTC）。"
    )
