"""`quanheng certificate issue`: a work order file becomes certificates, by one process or several."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanheng.cli.django import start, with_database

if TYPE_CHECKING:
    from quanheng.certificates.models import Certificate
    from quanheng.certificates.services.batch import Done, Job
    from quanheng.certificates.work_order_file import ReadFile

_INCOMPLETE, _REFUSED = 1, 2
_CHUNK = 20  # instruments that a process takes at a time


@with_database
def issue(
    file: Annotated[Path, typer.Argument(metavar="WORKORDER", help="任务单文件（YAML）。")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="证书写到哪个目录。")],
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="几个进程同时出证。")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON。")] = False,
) -> None:
    """按任务单文件检定、核验、批准、出证，写出 PDF、XML 和日志证明。

    经过与页面相同的各项检查，不符的逐行说明，其余照办。再次运行从中断处继续，已出的证书不会重出。
    退出码：0 全部出证，1 有的没有，2 文件不能用，一份也没有办。
    """
    from quanheng.certificates.services.batch import open_jobs
    from quanheng.certificates.work_order_file import BadFile, read_work_order

    try:
        read = read_work_order(file.read_bytes())
        output.mkdir(parents=True, exist_ok=True)
        todo, faults = open_jobs(read)
    except OSError as error:
        raise _refuse(f"{error.filename}：{error.strerror}。") from None
    except BadFile as error:
        raise _refuse("\n".join(f"{file} {fault}" for fault in error.faults)) from None
    try:
        done = [*_done(read, todo, file, output, jobs)]
        issued = {one.position: one.number for one in done if one.number}
        unproven = _write_proofs(issued.values(), output)
    except OSError as error:
        typer.echo(
            f"{error.filename or output}：{error.strerror}。已签发的证书都在系统中，再次运行会写出。",
            err=True,
        )
        raise typer.Exit(_INCOMPLETE) from None
    problems = [(fault.line, fault.text) for fault in faults]
    problems += [(read.line_of(one.position), one.reason) for one in done if one.reason]
    _tell(file, issued, sorted(problems), unproven, as_json=as_json)
    if problems or unproven:
        raise typer.Exit(_INCOMPLETE)


def _done(read: ReadFile, todo: list[Job], file: Path, output: Path, jobs: int) -> Iterator[Done]:
    """Yield what became of each instrument, in the order in which they are finished."""
    from django.db import connections

    if jobs == 1 or len(todo) <= _CHUNK:
        yield from _work(read, todo, output)
        return
    connections.close_all()
    chunks = [todo[at : at + _CHUNK] for at in range(0, len(todo), _CHUNK)]
    # Processes that begin anew: a copy of this one would share its connections and its typesetter's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=start) as pool:
        for done in pool.map(_work_on_file, [file] * len(chunks), chunks, [output] * len(chunks)):
            yield from done


def _work_on_file(file: Path, jobs: list[Job], output: Path) -> list[Done]:
    from quanheng.certificates.work_order_file import read_work_order

    return _work(read_work_order(file.read_bytes()), jobs, output)


def _work(read: ReadFile, jobs: list[Job], output: Path) -> list[Done]:
    from quanheng.base.disk import write_atomic
    from quanheng.certificates.selectors import pdf_of, xml_of
    from quanheng.certificates.services.batch import run_jobs

    def write(certificate: Certificate) -> None:
        write_atomic(output / f"{certificate.number}.pdf", pdf_of(certificate))
        write_atomic(output / f"{certificate.number}.xml", xml_of(certificate))

    return list(run_jobs(read.order, jobs, issued=write))


def _write_proofs(numbers: Iterable[str], output: Path) -> list[str]:
    """Publish the log and write each certificate's proof; return those that the log does not show yet."""
    from quanheng.base.disk import write_atomic
    from quanheng.base.errors import BureauError
    from quanheng.certificates.selectors import certificate, proof_of
    from quanheng.transparency.sequencer import sequence

    sequence()
    unproven = []
    for number in numbers:
        try:
            proof = proof_of(certificate(number))
        except BureauError:
            unproven.append(number)
            continue
        text = json.dumps(proof, ensure_ascii=False, indent=2) + "\n"
        write_atomic(output / f"{number}.pdf.proof.json", text.encode())
    return unproven


def _tell(
    file: Path,
    issued: dict[int, str],
    problems: list[tuple[int, str]],
    unproven: list[str],
    *,
    as_json: bool,
) -> None:
    if as_json:
        told: dict[str, Any] = {
            "issued": [{"position": at + 1, "number": issued[at]} for at in sorted(issued)],
            "refused": [{"line": line, "reason": reason} for line, reason in problems],
            "unproven": sorted(unproven),
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    for at in sorted(issued):
        typer.echo(f"{issued[at]} 已签发。")
    for line, reason in problems:
        typer.echo(f"{file} 第 {line} 行：{reason}", err=True)
    if unproven:
        typer.echo(f"{len(unproven)} 份的日志证明尚未写出，请稍后再运行一次。", err=True)
    typer.echo(f"已出证 {len(issued)} 份，未出证 {len(problems)} 台。")


def _refuse(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(_REFUSED)
