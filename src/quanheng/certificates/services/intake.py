"""Readings that come as files: a work order file of the intake folder becomes drafts, judged.

A file is nobody's signature.  Its readings become the drafts of verifications that are open; whether they can be
handed in is said at once, and the verifier, the checker and the signatory whom the work order names do the rest.
Only in a demonstration county do the demonstration accounts, whose password is public, act by themselves: there the
file goes all the way to its certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.certificates.errors import BadWorkOrderFile
from quanheng.certificates.models import Certificate
from quanheng.certificates.services.batch import document_of, instruments_of, open_jobs, run_jobs
from quanheng.certificates.work_order_file import BadFile, Fault, ReadFile, read_work_order
from quanheng.core.models import County, User
from quanheng.instruments.models import Instrument
from quanheng.kernels.certificate.results import conclusion_of
from quanheng.verification.enums import VerificationState, WorkKind
from quanheng.verification.fitness import examined
from quanheng.verification.models import Verification
from quanheng.verification.services.work import save_draft

_UNDER_WORK = (VerificationState.SUBMITTED, VerificationState.CHECKED, VerificationState.CONCLUDED)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of the readings of one instrument; ``number`` is that of its certificate, where there is one."""

    line: int
    text: str
    is_kept: bool
    number: str = ""

    def __str__(self) -> str:
        return f"第 {self.line} 行：{self.text}"


def receive_readings(data: bytes) -> list[Received]:
    """Take in a work order file and return what became of each instrument, in the order of its lines.

    To take the same file in again does no harm.

    Raises
    ------
    BadWorkOrderFile
        Not such a file, or institute, people or standards that are not known.
    """
    try:
        file = read_work_order(data)
        found = _all_the_way(file) if _is_demonstration(file) else _as_drafts(file)
    except BadFile as error:
        raise BadWorkOrderFile(reason="\n".join(map(str, error.faults))) from error
    return sorted(found, key=lambda one: one.line)


def _is_demonstration(file: ReadFile) -> bool:
    """Whether everyone whom a file names is an account of a demonstration county."""
    names = {file.order.verifier, file.order.checker, file.order.signatory}
    known = User.objects.filter(username__in=names, is_demo=True, is_active=True).count()
    return known == len(names) and County.objects.filter(is_demo=True).exists()


def _all_the_way(file: ReadFile) -> list[Received]:
    jobs, faults = open_jobs(file)
    issued: dict[str, Certificate] = {}
    done = list(
        run_jobs(
            file.order, jobs, issued=lambda certificate: issued.update({certificate.number: certificate})
        )
    )
    return [
        *map(_refused, faults),
        *(_told(file, one.position, one.number, one.reason, issued) for one in done),
    ]


def _told(
    file: ReadFile, position: int, number: str, reason: str, issued: dict[str, Certificate]
) -> Received:
    line = file.line_of(position)
    if not number:
        return Received(line, reason, is_kept=False)
    certificate = issued[number]
    text = _("{instrument}：{kind} {number}")
    words = {
        "instrument": certificate.instrument,
        "kind": certificate.get_kind_display(),
        "number": number,
    }
    return Received(line, text.format(**words), is_kept=True, number=number)


def _as_drafts(file: ReadFile) -> list[Received]:
    found, faults = instruments_of(file)
    rows = [_draft(file, position, instrument) for position, instrument in found.items()]
    return [*map(_refused, faults), *rows]


def _refused(fault: Fault) -> Received:
    return Received(fault.line, fault.text, is_kept=False)


def _draft(file: ReadFile, position: int, instrument: Instrument) -> Received:
    """Keep the readings of one instrument as a draft, and say what it would become."""
    line, entry, order = file.line_of(position), file.order.instruments[position], file.order
    institute = Q(work_order__institute__name=order.institute)
    institute |= Q(work_order__institute__aliases__name=order.institute)
    rows = Verification.objects.filter(institute, instrument=instrument)
    row = rows.filter(state=VerificationState.RECORDING).select_related("work_order__verifier").first()
    if row is None:
        is_known = rows.filter(state__in=_UNDER_WORK, performed_on=order.performed_on).exists()
        text = (
            _("{instrument}：读数已提交，没有改动。")
            if is_known
            else _("{instrument}：没有待检定的任务单，读数未收下。请先下达任务单。")
        )
        return Received(line, text.format(instrument=instrument), is_kept=is_known)
    left = document_of(entry.left, order) if entry.left else {}
    wanted: dict[str, dict[str, Any]] = {"as_found": document_of(entry.found, order), "as_left": left}
    if (row.as_found or row.as_left) and wanted != {"as_found": row.as_found, "as_left": row.as_left}:
        text = _("{instrument}：已有另外的读数，没有覆盖。请在检定页核对。")
        return Received(line, text.format(instrument=instrument), is_kept=False)
    try:
        save_draft(
            actor=row.work_order.verifier,
            public_id=row.public_id,
            revision=row.revision,
            performed_on=order.performed_on,
            **wanted,
        )
    except BureauError as error:
        return Received(line, f"{instrument}：{error.text}", is_kept=False)
    row.refresh_from_db()
    return Received(line, f"{instrument}：{_judged(row)}", is_kept=True)


def _judged(row: Verification) -> str:
    """Return what a draft would become, or what stands in its way."""
    found = examined(row)
    if found.gaps or found.judged is None:
        return _("读数已存为草稿，还不能提交：{reasons}").format(
            reasons="".join(gap.text for gap in found.gaps)
        )
    verifier = row.work_order.verifier
    if row.kind == WorkKind.CALIBRATION:
        return _("读数已存为草稿；由{verifier}核对后提交。").format(verifier=verifier)
    text = _("读数已存为草稿，判为{verdict}；由{verifier}核对后提交。")
    return text.format(verdict=conclusion_of(found.judged.judgement), verifier=verifier)
