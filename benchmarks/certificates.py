"""Issuing 1,000 certificates: PDF, DCC, two signatures, own check and leaf of each; then checking them offline.

    python benchmarks/certificates.py [--certificates 1000] [--processes 2] [--peers 20]

Claims: 1,000 in at most 60 s on 2 cores with flat memory; a check in at most 100 ms.  What is timed begins with
a concluded verification (its number, content, files, signatures, own check, store, leaf) and ends with the leaf
staged; judging readings is timed in procedures.py.  SQLite, two processes, a fresh home folder.  CPU seconds are
printed beside wall seconds: on a machine that does other work they are the ones to compare.

Peers in the same run, one process: WeasyPrint sets the same words as HTML without signature or attachment;
dcclib's Schematron (PTB's, offline) against our validator on the same XML.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from html import escape
from pathlib import Path
from typing import Any

CHUNK = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certificates", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--peers", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "QUANHENG_HOME": home,
            "QUANHENG_INSECURE_HTTP": "1",
            "DJANGO_SETTINGS_MODULE": "quanheng.config.settings",
        }
        _start()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        _issue(_concluded(arguments.certificates), arguments.processes)
        _check()
        _peers(arguments.peers)


def _start() -> None:
    import django

    django.setup()
    logging.disable(logging.WARNING)  # one line for each use of the demonstration key
    from tests.certificates.making import NOW, TODAY

    from quanheng.base import clock

    # People and standards of the tests are fit on that day.
    clock.today, clock.now = (lambda: TODAY), (lambda: NOW)


def _concluded(count: int) -> list[int]:
    """Make one verification by the services, and as many copies of it; return their ids."""
    from tests.certificates.making import make_checked, make_world

    from quanheng.instruments.models import Instrument
    from quanheng.instruments.services.registry import new_label_code
    from quanheng.verification.models import Verification
    from quanheng.verification.services.work import conclude_verification

    world = make_world()
    (checked,) = make_checked(world)
    one = conclude_verification(
        actor=world.people["signatory"], public_id=checked.public_id, revision=checked.revision
    )
    made = []
    for number in range(count):
        scale = Instrument.objects.get(pk=one.instrument_id)
        serial_no = f"{number:08}"
        scale.pk, scale.label_code, scale.serial_no, scale.serial_key = (
            None,
            new_label_code(),
            serial_no,
            serial_no,
        )
        scale.public_id = Instrument._meta.get_field("public_id").get_default()
        scale.save()
        copy = Verification.objects.get(pk=one.pk)
        copy.pk, copy.instrument = None, scale
        copy.public_id = Verification._meta.get_field("public_id").get_default()
        copy.save()
        made.append(copy.pk)
    return made


def _issue(verifications: list[int], processes: int) -> None:
    from django.db import connections

    connections.close_all()
    chunks = [verifications[at : at + CHUNK] for at in range(0, len(verifications), CHUNK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start) as pool:
        list(pool.map(_work, [chunk[:1] for chunk in chunks[:processes]]))  # fonts and modules are read once
        chunks = [chunk[1:] if at < processes else chunk for at, chunk in enumerate(chunks)]
        begin = time.perf_counter()
        told = list(pool.map(_work, chunks))
        seconds = time.perf_counter() - begin
    count, cpu = sum(map(len, chunks)), sum(used for used, _peak, _pid in told)
    print(
        f"issued {count} in {seconds:.1f} s by {processes} processes: {1000 * seconds / count:.0f} s a 1,000"
    )
    print(
        f"  CPU {cpu:.1f} s, that is {1000 * cpu / count / processes:.0f} s a 1,000 on {processes} free cores"
    )
    for pid in sorted({pid for _used, _peak, pid in told}):
        peaks = [peak for _used, peak, one in told if one == pid]
        marks = "  ".join(f"{peaks[at * (len(peaks) - 1) // 4]:.0f}" for at in range(5))
        print(f"  process: peak MiB at 0, 25, 50, 75 and 100 %: {marks}")


def _work(verifications: list[int]) -> tuple[float, float, int]:
    """Issue; return CPU seconds, peak memory [MiB] and the process."""
    from django.db import transaction

    from quanheng.base import clock
    from quanheng.certificates.content_of import content_for
    from quanheng.certificates.services.issuing import finish, prepare
    from quanheng.certificates.services.numbering import take_number
    from quanheng.verification.models import Verification

    begin = time.process_time()
    for pk in verifications:
        with transaction.atomic():
            work = Verification.objects.select_related(
                "work_order__institute", "instrument__owner", "signatory"
            ).get(pk=pk)
            taken = take_number(work.work_order.institute, clock.today())
            content = content_for(work, number=taken.text, issued_on=clock.today())
            assert work.signatory is not None
            certificate = prepare(work, taken, content, actor=work.signatory)
        finish(certificate)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.process_time() - begin, peak, os.getpid()


def _check() -> None:
    from tests.certificates.making import TODAY

    from quanheng.certificates.checking import PublishedLog, check_file
    from quanheng.certificates.models import Certificate
    from quanheng.certificates.selectors import pdf_of, xml_of
    from quanheng.transparency.selectors import log_folder, reader
    from quanheng.transparency.sequencer import sequence

    sequence()
    log = PublishedLog(reader(log_folder()))
    some = list(Certificate.objects.order_by("pk")[:100])
    for name, read in (("PDF", pdf_of), ("XML", xml_of)):
        files = [read(one) for one in some]
        seconds, verdicts = _timed(lambda data: check_file(data, log=log, at=TODAY).verdict, files)
        print(
            f"checked {len(files)} {name} against the log: {1000 * seconds:.1f} ms CPU each, {set(verdicts)}"
        )


def _peers(count: int) -> None:
    from dcclib.validation import SchematronValidator
    from weasyprint import HTML

    from quanheng.certificates.models import Certificate
    from quanheng.certificates.paper.typesetting import typeset
    from quanheng.certificates.paper.wording import words
    from quanheng.certificates.schema_files import schema_files
    from quanheng.certificates.selectors import content_of, xml_of
    from quanheng.kernels.dcc.validate import Validator

    some = list(Certificate.objects.order_by("pk")[:count])
    pairs = [(content_of(one), xml_of(one)) for one in some]
    ours, _pdf = _timed(lambda pair: typeset(*pair), pairs)
    theirs, _pdf = _timed(lambda pair: HTML(string=_html(words(pair[0]))).write_pdf(), pairs)
    print(
        f"PDF/A-3 with attachment {1000 * ours:.0f} ms; WeasyPrint {1000 * theirs:.0f} ms: {theirs / ours:.1f} ×"
    )
    validator, peer = Validator(schema_files()), SchematronValidator.for_dcc()
    ours, _found = _timed(lambda pair: validator.validate(pair[1]), pairs)
    theirs, _found = _timed(lambda pair: peer.validate_str(pair[1].decode()), pairs)
    print(
        f"XSD, Schematron and signature {1000 * ours:.1f} ms; dcclib's Schematron alone {1000 * theirs:.1f} ms: "
        f"{theirs / ours:.1f} ×"
    )


def _timed(work: Callable[[Any], Any], things: list[Any]) -> tuple[float, list[Any]]:
    """Return CPU seconds for one, and what came out; the first is done beforehand and not counted."""
    work(things[0])
    begin = time.process_time()
    found = [work(one) for one in things]
    return (time.process_time() - begin) / len(things), found


def _html(told: Any) -> str:
    """Return the words of a paper as plain HTML: headings, paragraphs, tables."""
    if isinstance(told, dict):
        return "".join(f"<h3>{escape(str(name))}</h3>{_html(part)}" for name, part in told.items())
    if isinstance(told, list) and told and all(isinstance(row, list) for row in told):
        rows = ("".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in told)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    if isinstance(told, list):
        return "".join(map(_html, told))
    return f"<p>{escape(str(told))}</p>"


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
