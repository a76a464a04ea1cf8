"""`quanheng dcc …`: validate and show digital calibration certificates of anyone; without a database."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from quanheng.kernels.dcc import Dcc, Validation

app = typer.Typer(help="数字校准证书（DCC）：校验和查看。", no_args_is_help=True)

_REFUSED, _FOUND = 2, 1
_File = Annotated[Path, typer.Argument(metavar="FILE", help="DCC 文件（XML）。")]
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]
_Largest = Annotated[int, typer.Option("--max-mib", min=1, max=1024, help="超过这么大的文件不读取 [MiB]。")]


@app.callback()
def dcc() -> None:
    """数字校准证书（DCC）：校验和查看。"""


@app.command("validate")
def validate(file: _File, as_json: _Json = False, max_mib: _Largest = 64) -> None:
    """校验一个 DCC：XSD、Schematron 和签名；有问题时退出码为 1，没有读取时为 2。"""
    from quanheng.certificates.schema_files import FOLDER_VARIABLE, schema_files, schema_folder
    from quanheng.cli.dcc_text import verdict_lines
    from quanheng.kernels.dcc import BadXml, Validator, expiry_notes, refused, validation_json

    try:
        data = _read(file, max_mib)
        found = Validator(schema_files()).validate(data, max_bytes=max_mib * 2**20)
    except BadXml as error:
        found = refused(error)
    notes = [*found.notes, *expiry_notes(found, datetime.now(UTC))]
    if schema_folder() is None and (named := os.environ.get(FOLDER_VARIABLE)):
        notes.append(f"{FOLDER_VARIABLE} 所指的文件夹不存在：{named}。")
    found = dataclasses.replace(found, notes=tuple(notes))
    if as_json:
        typer.echo(json.dumps(validation_json(found), ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join(verdict_lines(found)))
    if found.has_problems:
        raise typer.Exit(_exit_code(found))


@app.command("show")
def show(file: _File, as_json: _Json = False, max_mib: _Largest = 64) -> None:
    """列出一个 DCC 的内容；不校验。"""
    from quanheng.cli.dcc_text import certificate_lines
    from quanheng.kernels.dcc import BadXml, NotADcc, read_dcc

    try:
        found = read_dcc(_read(file, max_mib), max_bytes=max_mib * 2**20)
    except BadXml as error:
        raise _refuse(f"dcc.{error.code}", str(error), as_json=as_json) from None
    except NotADcc as error:
        raise _refuse("dcc.not_a_dcc", str(error), as_json=as_json) from None
    if as_json:
        typer.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=1))
        return
    typer.echo("\n".join(certificate_lines(found)))


@app.command("fetch-schemas")
def fetch_schemas() -> None:
    """从 PTB 下载有固定 SHA-256 的 schema；其余的须自备。"""
    from quanheng.certificates.schema_files import PINS, NotFetched, cache_folder, fetch_schema

    failed = 0
    for pin in PINS:
        try:
            typer.echo(f"已有 {fetch_schema(pin, cache_folder())}")
        except NotFetched as error:
            failed += 1
            typer.echo(str(error), err=True)
    typer.echo(
        "D-SI、签名的 schema，以及其余版本的 DCC schema 和 Schematron 规则，没有可核对的固定值，不下载。"
        "请从 PTB 取得后放在一个文件夹中，用 QUANHENG_DCC_SCHEMAS 指明。"
    )
    if failed:
        raise typer.Exit(_FOUND)


def _exit_code(found: Validation) -> int:
    return _REFUSED if found.refusal not in {"", "not_well_formed"} else _FOUND


def _read(file: Path, max_mib: int) -> bytes:
    """Return the bytes of a file; BadXml for none, and for one that is too large by its size, before it is read."""
    from quanheng.kernels.dcc import BadXml, too_large

    most = max_mib * 2**20
    try:
        if file.stat().st_size > most:
            raise too_large(most)
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise BadXml("not_found", f"无法读取 {file}：{error.strerror}。") from None


def _as_json(found: Dcc) -> dict[str, Any]:
    """Return the content as JSON: the fields of `Dcc`, and units as they are printed beside each amount."""
    row: dict[str, Any] = _with_units(dataclasses.asdict(found))
    return row


def _with_units(value: Any) -> Any:
    from quanheng.kernels.dcc import readable_unit

    if isinstance(value, dict):
        row = {name: _with_units(child) for name, child in value.items()}
        if "units" in row:
            row["readable_units"] = [readable_unit(unit) for unit in value["units"]]
        return row
    if isinstance(value, list | tuple):
        return [_with_units(child) for child in value]
    return value


def _refuse(code: str, message: str, *, as_json: bool) -> typer.Exit:
    typer.echo(message, err=True)
    if as_json:
        typer.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    return typer.Exit(_REFUSED)
