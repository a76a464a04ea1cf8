"""``quanheng log``: check a published log and prove its entries, without database or network."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from quanheng.base.disk import write_atomic
from quanheng.kernels.findings import Finding
from quanheng.kernels.tlog.check import Report, check_log, parse_key_file
from quanheng.kernels.tlog.checkpoint import parse_checkpoint
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH
from quanheng.kernels.tlog.notes import NoteError, SignatureError, VerifierKey, parse_note
from quanheng.kernels.tlog.proof_file import make_proof, verify_proof
from quanheng.kernels.tlog.tiles import MAX_ENTRY_BYTES, Read, TileError

# No lawful file is larger: a full bundle of the longest entries.
MAX_FILE_BYTES = 256 * (2 + MAX_ENTRY_BYTES)

app = typer.Typer(no_args_is_help=True, help="核查透明日志：只凭公开的文件，不需要数据库。")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="日志目录（含 checkpoint 与 tile/）")]
Key = Annotated[str | None, typer.Option("--key", help="公钥（vkey 一行）或公钥文件；请从可信的渠道取得")]


@app.command()
def check(
    directory: Directory,
    key: Key = None,
    seen: Annotated[
        Path | None, typer.Option("--seen", help="上次所见检查点的文件；核对一致后更新，首次则新建")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """从公开的文件重新推导整个日志，与签署的检查点核对。"""
    trusted = load_key(key)
    read = _reader(directory)
    try:
        last = _load_seen(seen)
        report = check_log(read=read, paths=_list_files(directory), key=trusted, seen=last)
    except OSError as error:
        _fail(f"读取失败：{error}")
    if report.note is None and not (directory / "tile").exists():
        _fail(f"{directory} 不是日志目录：没有 checkpoint，也没有 tile。")
    if seen and report.note and not report.findings:
        _remember(seen, report.note)
    typer.echo(_as_json(report, last) if as_json else _as_text(report, seen, last))
    raise typer.Exit(1 if report.findings else 0)


@app.command()
def prove(
    directory: Directory,
    index: Annotated[int, typer.Option("--index", min=0, help="条目序号，从 0 起")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="证明文件；省略则写到标准输出")
    ] = None,
    key: Key = None,
) -> None:
    """为一条记录出具证明文件，任何人可离线验证。"""
    trusted = load_key(key)
    read = _reader(directory)
    try:
        note = read(CHECKPOINT_PATH)
        if note is None:
            _fail(f"{directory} 中没有 checkpoint。")
        size = parse_checkpoint(parse_note(note).text).size
        if index >= size:
            _fail(f"没有序号 {index}：日志共 {size} 条，序号从 0 起。")
        proof = make_proof(read=read, index=index, note=note, key=trusted or _key_of_log(read))
        if output is None:
            typer.echo(proof.decode(), nl=False)
        else:
            output.write_bytes(proof)
            typer.echo(f"已写入 {output}。")
    except TileError as error:
        _report_false(f"{error.path}：文件缺失或已损坏（{error.reason}）。")
    except NoteError as error:
        _report_false(f"checkpoint：检查点不可信（{error}）。")
    except OSError as error:
        _fail(f"读写失败：{error}")


@app.command("verify-proof")
def verify_proof_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="证明文件")], key: Key = None
) -> None:
    """验证证明文件：条目在日志中，检查点由日志签署。"""
    trusted = load_key(key)
    try:
        proof = verify_proof(_read_limited(file), key=trusted)
    except SignatureError as error:
        _report_false(f"{file}：检查点的签名无效（{error}）。")
    except ValueError as error:
        _report_false(f"{file}：证明不成立（{error}）。")
    except OSError as error:
        _fail(f"读取失败：{error}")
    typer.echo(
        f"证明成立：日志 {proof.checkpoint.origin} 共 {proof.checkpoint.size} 条，本条序号 {proof.index}。"
    )
    leaf = proof.leaf
    typer.echo(f"{leaf.at:%Y-%m-%d %H:%M:%S} UTC  {leaf.kind}  {leaf.subject}")
    typer.echo(proof.entry.decode())
    if trusted is None:
        typer.echo(f"注意：公钥取自证明文件本身，请另行核实：{proof.key.vkey}")


def load_key(text: str | None) -> VerifierKey | None:
    if text is None:
        return None
    try:
        return VerifierKey.parse(text)
    except ValueError as not_a_key:
        path = Path(text)
        if not path.is_file():
            _fail(f"--key 既不是公钥也不是文件：{not_a_key}")
    try:
        return parse_key_file(_read_limited(path))
    except (ValueError, OSError) as error:
        _fail(f"公钥文件 {path} 不可读：{error}")


def _key_of_log(read: Read) -> VerifierKey:
    data = read(KEY_PATH)
    if data is None:
        _fail(f"日志中没有 {KEY_PATH}，请用 --key 给出公钥。")
    try:
        return parse_key_file(data)
    except ValueError as error:
        _report_false(f"{KEY_PATH}：公钥文件已损坏（{error}）。")


def _load_seen(seen: Path | None) -> bytes | None:
    if seen is None or not seen.exists():
        return None
    note = _read_limited(seen)
    try:
        parse_checkpoint(parse_note(note).text)
    except NoteError as error:
        _fail(f"{seen} 不是检查点文件：{error}")
    return note


def _reader(directory: Path) -> Read:
    if not directory.is_dir():
        _fail(f"没有目录 {directory}。")

    def read(path: str) -> bytes | None:
        try:
            return _read_limited(directory / path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    return read


def _read_limited(path: Path) -> bytes:
    """Read at most one byte more than is lawful: the excess makes the file malformed, not memory full."""
    with path.open("rb") as stream:
        return stream.read(MAX_FILE_BYTES + 1)


def _list_files(directory: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # an empty log has no tiles yet
            raise error

    for folder, _, names in os.walk(directory / "tile", onerror=refuse):
        for name in names:
            yield (Path(folder) / name).relative_to(directory).as_posix()


def _remember(seen: Path, note: bytes) -> None:
    """Replace the remembered checkpoint in one step: a crash leaves the old or the new one."""
    try:
        write_atomic(seen, note)
    except OSError as error:
        _fail(f"写入 {seen} 失败：{error}")


def _as_text(report: Report, seen: Path | None, last: bytes | None) -> str:
    lines = []
    if report.checkpoint:
        head = report.checkpoint
        lines.append(
            f"日志 {head.origin}，检查点 {head.size} 条，根 {head.root.hex()}，已读条目 {report.entries} 条。"
        )
    if report.is_key_from_log and report.key:
        lines.append(f"注意：公钥取自日志本身（{KEY_PATH}），请另行核实：{report.key.vkey}")
    if seen is None:
        lines.append("注意：没有 --seen，无法发现日志被回退或对不同的人出示不同内容。")
    elif last is None and not report.findings:
        lines.append(f"首次核查：已记下检查点 {seen}，下次起可发现回退。")
    lines += [f"说明 [{notice.code}] {notice.text}" for notice in report.notices]
    lines += [f"问题 [{finding.code}] {finding.text}" for finding in report.findings]
    lines.append(f"发现 {len(report.findings)} 个问题。" if report.findings else "核查通过。")
    return "\n".join(lines)


def _as_json(report: Report, last: bytes | None) -> str:
    head = report.checkpoint
    return json.dumps(
        {
            "ok": not report.findings,
            "origin": head and head.origin,
            "size": head and head.size,
            "root": head and head.root.hex(),
            "entries": report.entries,
            "vkey": report.key and report.key.vkey,
            "is_key_from_log": report.is_key_from_log,
            "is_rollback_checked": last is not None,
            "findings": [_finding_fields(finding) for finding in report.findings],
            "notices": [_finding_fields(notice) for notice in report.notices],
        },
        ensure_ascii=False,
        indent=2,
    )


def _finding_fields(finding: Finding) -> dict[str, object]:
    return {"code": finding.code, "text": finding.text, "data": dict(finding.data)}


def _report_false(text: str) -> NoReturn:
    typer.echo(text)
    raise typer.Exit(1)


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(2)
