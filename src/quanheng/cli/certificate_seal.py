"""`quanheng certificate seal`: a detached SM2 signature beside a certificate, for demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quanheng.cli.django import with_database

_REFUSED = 2


@with_database
def seal_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="证书文件（PDF 或 XML）。")],
    key: Annotated[
        Path, typer.Option("--key", metavar="KEY", help="SM2 私钥文件：64 位十六进制，权限 0600。")
    ],
    is_new: Annotated[bool, typer.Option("--new", help="先造一把演示密钥，存为 KEY。")] = False,
) -> None:
    """用 SM2（GB/T 32918）给证书另加一个签名，写在文件旁的“文件名.sm2.json”。

    文件里的签名照旧，两样一起核验。密钥存在文件里，只供演示：县区不是演示的，拒绝。
    """
    from django.utils.translation import gettext

    from quanheng.certificates.services.sealing import seal_certificate
    from quanheng.certificates.signing.keys import DEMONSTRATION_WARNING

    target = file.with_name(f"{file.name}.sm2.json")
    try:
        sealed = seal_certificate(file.read_bytes(), key_path=key, is_new=is_new)
        target.write_bytes(sealed)
    except OSError as error:
        typer.echo(f"{error.filename}：{error.strerror}。", err=True)
        raise typer.Exit(_REFUSED) from None
    typer.echo(gettext(DEMONSTRATION_WARNING), err=True)
    typer.echo(f"已写入 {target}。")
