"""`quanheng certificate …`: check certificate files offline; issue, list and show them on the installation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanheng.cli.certificate_batch import issue
from quanheng.cli.certificate_seal import seal_file
from quanheng.cli.django import start_without_database, with_database

if TYPE_CHECKING:
    from quanheng.certificates.checking import CheckReport, PublishedLog
    from quanheng.certificates.models import Certificate
    from quanheng.kernels.tlog.notes import VerifierKey

app = typer.Typer(help="证书：离线核验、出证、查询。", no_args_is_help=True)

_NOT_AUTHENTIC, _REFUSED, _CANNOT_TELL = 1, 2, 3
_Json = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


@app.callback()
def certificate() -> None:
    """证书：离线核验、出证、查询。"""


@app.command("verify")
def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="证书文件（PDF 或 XML）。")],
    log: Annotated[
        Path | None, typer.Option("--log", metavar="DIR", help="公开日志的目录或副本；或放有证明文件的目录。")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="日志公钥（vkey 一行）或公钥文件；请从可信的渠道取得。")
    ] = None,
    seal: Annotated[
        Path | None,
        typer.Option("--seal", metavar="FILE", help="SM2 签名文件；不给则用文件旁的“文件名.sm2.json”。"),
    ] = None,
    on: Annotated[
        datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="问哪一天是否有效；不给则今天。")
    ] = None,
    as_json: _Json = False,
) -> None:
    """离线核验证书：签名、附件、日志、签名密钥、日期、是否撤回。

    文件旁的“文件名.proof.json”“文件名.sm2.json”自动使用。退出码：0 真实，1 不真实，2 没有核验，3 不能断定。
    """
    start_without_database()  # before the imports: they translate
    from quanheng.certificates.checking import LogUnreadable, Verdict
    from quanheng.certificates.checking.in_log import CHINA
    from quanheng.cli.certificate_text import report_lines
    from quanheng.cli.log import load_key

    trusted, day = load_key(key), on.date() if on else datetime.now(CHINA).date()
    if seal is not None and len(files) > 1:
        raise _refuse("--seal 只能用于一个文件。")
    try:
        given = _given(log, trusted, seal)
    except LogUnreadable as error:
        raise _refuse(f"{log}：{error}") from None
    reports = [(file, _check(file, given, day)) for file in files]
    if as_json:
        told = [{"file": str(file)} | report.to_dict() for file, report in reports]
        typer.echo(json.dumps(told[0] if len(told) == 1 else told, ensure_ascii=False, indent=1))
    else:
        for file, report in reports:
            typer.echo("\n".join(report_lines(str(file), report, day)))
    verdicts = {report.verdict for _file, report in reports}
    if Verdict.NOT_AUTHENTIC in verdicts:
        raise typer.Exit(_NOT_AUTHENTIC)
    if Verdict.CANNOT_TELL in verdicts:
        raise typer.Exit(_CANNOT_TELL)


app.command("issue")(issue)
app.command("seal")(seal_file)


@app.command("list")
@with_database
def list_certificates(
    institute: Annotated[str, typer.Option("--institute", help="只列这个机构的。")] = "",
    year: Annotated[int | None, typer.Option("--year", help="只列这一年编号的。")] = None,
    as_json: _Json = False,
) -> None:
    """列出本系统的证书，新的在前；出证中的也列出。"""
    from quanheng.base import clock
    from quanheng.certificates.models import Certificate
    from quanheng.certificates.selectors import status_label, status_of
    from quanheng.cli.certificate_text import certificate_line

    rows = Certificate.objects.select_related("institute", "instrument")
    if institute:
        rows = rows.filter(institute__name=institute)
    if year is not None:
        rows = rows.filter(year=year)
    if as_json:
        typer.echo(json.dumps([_row(one) for one in rows.iterator()], ensure_ascii=False, indent=1))
        return
    count = 0
    for count, one in enumerate(rows.iterator(), start=1):  # noqa: B007  the number of rows is told below
        typer.echo(certificate_line(one, status_label(status_of(one, clock.today()))))
    typer.echo(f"共 {count} 份。")


@app.command("show")
@with_database
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="证书编号。")], as_json: _Json = False
) -> None:
    """列出一份证书：状态、散列值、签名密钥、全部内容。"""
    from quanheng.certificates.selectors import certificate as find
    from quanheng.certificates.selectors import content_of

    found = find(number)
    row = _row(found)
    if as_json:
        told = row | {"content": content_of(found).model_dump(mode="json")}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for name, label in _LABELS.items():
        typer.echo(f"{label}：{row[name] or '—'}")


@app.command("resume")
@with_database
def resume() -> None:
    """完成中断的出证：已编号、未签发的证书，逐份签名、登记。"""
    from quanheng.certificates.enums import CertificateState
    from quanheng.certificates.models import Certificate
    from quanheng.certificates.services import resume_prepared

    done = resume_prepared()
    left = Certificate.objects.filter(state=CertificateState.PREPARED).count()
    for one in done:
        typer.echo(f"{one.number} 已签发。")
    typer.echo(f"完成 {len(done)} 份，仍在出证中 {left} 份。")
    if left:
        raise typer.Exit(1)


_LABELS = {
    "number": "编号",
    "status_text": "状态",
    "kind": "种类",
    "institute": "机构",
    "instrument": "器具",
    "issued_on": "签发日期",
    "valid_until": "有效期至",
    "supersedes": "取代",
    "superseded_by": "被取代",
    "withdrawal_reason": "撤回理由",
    "pdf_sha256": "PDF SHA-256",
    "xml_sha256": "XML SHA-256",
    "content_sha256": "内容 SHA-256",
    "signer": "签名证书 SHA-256",
}


def _row(one: Certificate) -> dict[str, Any]:
    from quanheng.base import clock
    from quanheng.certificates.selectors import status_label, status_of, successor_of

    status, successor = status_of(one, clock.today()), successor_of(one)
    return {
        "number": one.number,
        "status": str(status),
        "status_text": status_label(status),
        "kind": one.kind,
        "institute": one.institute.name,
        "instrument": str(one.instrument),
        "issued_on": one.issued_on.isoformat(),
        "valid_until": one.valid_until and one.valid_until.isoformat(),
        "supersedes": one.supersedes and one.supersedes.number,
        "superseded_by": successor and successor.number,
        "withdrawal_reason": one.withdrawal_reason,
        "pdf_sha256": one.pdf_sha256,
        "xml_sha256": one.xml_sha256,
        "content_sha256": one.content_sha256,
        "signer": one.signing_certificate and one.signing_certificate.fingerprint,
    }


@dataclass(frozen=True, slots=True)
class _Given:
    """What speaks for the files: a whole log, or where their proofs may lie; whose key; a seal."""

    log: PublishedLog | None
    folder: Path | None
    key: VerifierKey | None
    is_key_own: bool
    seal: Path | None


def _check(file: Path, given: _Given, day: date) -> CheckReport:
    from quanheng.certificates.checking import MAX_BYTES, check_file

    folders = [] if given.log else [*filter(None, [given.folder]), file.parent]
    # The paper has the proof; the XML of the same number shares it.
    names = (f"{file.name}.proof.json", f"{file.stem}.pdf.proof.json")
    proofs = [folder / name for folder in folders for name in names]
    seals = [given.seal] if given.seal else [file.with_name(f"{file.name}.sm2.json")]
    try:
        data = _read_limited(file, MAX_BYTES)
        proof = next((_read_limited(path, MAX_BYTES) for path in proofs if path.is_file()), None)
        seal = next((_read_limited(path, MAX_BYTES) for path in seals if given.seal or path.is_file()), None)
    except OSError as error:
        raise _refuse(f"无法读取 {error.filename or file}：{error.strerror}。") from None
    return check_file(
        data, log=given.log, at=day, proof=proof, key=given.key, is_key_own=given.is_key_own, seal=seal
    )


def _given(folder: Path | None, key: VerifierKey | None, seal: Path | None) -> _Given:
    """Look at what a folder holds: a published log, or proofs, perhaps with the log's key.

    Whoever names a folder vouches for the key in it, and is told so; a key inside a proof file is never taken.
    """
    from quanheng.certificates.checking import LogUnreadable, PublishedLog
    from quanheng.cli.log import MAX_FILE_BYTES
    from quanheng.kernels.tlog.check import parse_key_file
    from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH

    if folder is None:
        return _Given(None, None, key, is_key_own=False, seal=seal)
    if not folder.is_dir():
        raise _refuse(f"没有目录 {folder}。")

    def read(path: str) -> bytes | None:
        try:
            # A pipe in a folder of a stranger would never end.
            return _read_limited(folder / path, MAX_FILE_BYTES) if (folder / path).is_file() else None
        except OSError:
            return None

    if read(CHECKPOINT_PATH) is not None:
        return _Given(PublishedLog(read, key=key), folder, key, is_key_own=False, seal=seal)
    if not any(folder.glob("*.proof.json")):
        raise _refuse(f"{folder} 中既没有日志的检查点，也没有证明文件。")
    own = read(KEY_PATH) if key is None else None
    if own is None:
        return _Given(None, folder, key, is_key_own=False, seal=seal)
    try:
        return _Given(None, folder, parse_key_file(own), is_key_own=True, seal=seal)
    except ValueError as error:
        raise LogUnreadable(f"公钥文件 {KEY_PATH} 已损坏（{error}）。") from error


def _read_limited(path: Path, most: int) -> bytes:
    """Read at most one byte more than is lawful: the excess is refused, not kept."""
    with path.open("rb") as stream:
        return stream.read(most + 1)


def _refuse(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(_REFUSED)
