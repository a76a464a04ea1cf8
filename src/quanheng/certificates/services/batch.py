"""Batches: a work order file becomes certificates, through the services by which people work, refusals included.

What was done before is not done again: the work orders of a file are known by its reference, so that a batch
that broke off goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.certificates.enums import CertificateState
from quanheng.certificates.errors import WorkCancelled
from quanheng.certificates.models import Certificate
from quanheng.certificates.services.issuing import finish, issue_certificate
from quanheng.certificates.work_order_file import BadFile, Entry, Fault, ReadFile, WorkOrderFile
from quanheng.core.enums import UnitKind
from quanheng.core.models import County, OrgUnit, User
from quanheng.instruments.models import Instrument
from quanheng.kernels.procedures.readings.fields import SCOPE_LABELS, Scope
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import VerificationState
from quanheng.verification.fitness import instrument_gaps
from quanheng.verification.models import Verification, WorkOrder
from quanheng.verification.services.orders import create_work_order
from quanheng.verification.services.shared import MOST_INSTRUMENTS
from quanheng.verification.services.work import check_verification, save_draft, submit_readings

_OPEN = (VerificationState.RECORDING, VerificationState.SUBMITTED, VerificationState.CHECKED)
_ENVIRONMENT = (Scope.ENVIRONMENT.value, SCOPE_LABELS[Scope.ENVIRONMENT])


@dataclass(frozen=True, slots=True)
class Job:
    """One instrument of a file with its verification; ``position`` counts from 0 in the file."""

    position: int
    verification: UUID


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one instrument: the number of its certificate, or why there is none."""

    position: int
    number: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Names:
    institute: OrgUnit
    people: dict[str, User]
    standards: list[MeasurementStandard]


def open_jobs(file: ReadFile) -> tuple[list[Job], list[Fault]]:
    """Open a verification for each instrument of a file that has none under its reference yet.

    Returns the jobs in the order of the file, and the faults of instruments that cannot be verified.

    Raises
    ------
    BadFile
        Institute, people or standards are not known.
    verification.BadWorkOrder, OutsideScope, InstrumentsRefused
        See `create_work_order`.
    """
    names = _names(file)
    orders = WorkOrder.objects.filter(institute=names.institute, note=file.order.reference)
    known = dict(Verification.objects.filter(work_order__in=orders).values_list("instrument", "public_id"))
    found, faults = instruments_of(file)
    wanted = {}
    for position, instrument in found.items():
        if instrument.pk not in known:
            if gaps := _gaps(instrument):
                faults.append(Fault(file.line_of(position), gaps))
            else:
                wanted[position] = instrument
    known |= _opened(file.order, names, list(wanted.values()))
    jobs = [Job(position, known[one.pk]) for position, one in found.items() if one.pk in known]
    return jobs, sorted(faults, key=lambda fault: fault.line)


def run_jobs(
    order: WorkOrderFile, jobs: Sequence[Job], *, issued: Callable[[Certificate], None]
) -> Iterator[Done]:
    """Take each verification as far as it goes; ``issued`` is told every certificate that is there."""
    for job in jobs:
        try:
            certificate = _run(order.instruments[job.position], order, job.verification)
            issued(certificate)
            yield Done(job.position, number=certificate.number)
        except BureauError as error:
            yield Done(job.position, reason=error.text)


def _run(entry: Entry, order: WorkOrderFile, public_id: UUID) -> Certificate:
    row = Verification.objects.select_related(
        "work_order__verifier", "work_order__checker", "work_order__signatory"
    ).get(public_id=public_id)
    people, revision = row.work_order, row.revision
    if row.state == VerificationState.RECORDING:
        revision = save_draft(
            actor=people.verifier,
            public_id=public_id,
            revision=revision,
            performed_on=order.performed_on,
            as_found=document_of(entry.found, order),
            as_left=document_of(entry.left, order) if entry.left else {},
        ).revision
        row = submit_readings(actor=people.verifier, public_id=public_id, revision=revision)
    if row.state == VerificationState.SUBMITTED:
        row = check_verification(actor=people.checker, public_id=public_id, revision=row.revision)
    if row.state in _OPEN:
        return issue_certificate(actor=people.signatory, public_id=public_id, revision=row.revision)
    certificate = row.certificates.order_by("-pk").first()
    if certificate is None:
        raise WorkCancelled
    return finish(certificate) if certificate.state == CertificateState.PREPARED else certificate


def document_of(document: dict[str, object], order: WorkOrderFile) -> dict[str, object]:
    """Return readings with the conditions that the file states for all of them."""
    if not order.environment or any(key in document for key in _ENVIRONMENT):
        return document
    return document | {Scope.ENVIRONMENT.value: order.environment}


def _names(file: ReadFile) -> _Names:
    order, faults = file.order, list[Fault]()

    def missing(name: str, text: str) -> None:
        faults.append(Fault(file.marked.line((name,)), text))

    institute = OrgUnit.objects.filter(
        Q(name=order.institute) | Q(aliases__name=order.institute), kind=UnitKind.INSTITUTE
    ).first()
    if institute is None:
        missing("institute", _("没有技术机构“{name}”。").format(name=order.institute))
    people = {}
    for role in ("verifier", "checker", "signatory"):
        username = getattr(order, role)
        user = User.objects.filter(username__iexact=username, is_active=True).first()
        if user is None:
            missing(role, _("没有用户“{name}”。").format(name=username))
        else:
            people[role] = user
    standards = []
    for at, text in enumerate(order.standards):
        mine = MeasurementStandard.objects.filter(unit=institute)
        rows = mine.filter(serial_no=text) or (mine.filter(public_id=text) if _is_uuid(text) else mine.none())
        if len(rows) == 1:
            standards.append(rows[0])
        else:
            line = file.marked.line(("standards", at))
            faults.append(Fault(line, _("本机构没有（或不止一件）计量标准“{name}”。").format(name=text)))
    if faults or institute is None:
        raise BadFile(faults)
    return _Names(institute, people, standards)


def instruments_of(file: ReadFile) -> tuple[dict[int, Instrument], list[Fault]]:
    """Return the instruments by their position in the file, and the faults of those that are not clear."""
    found: dict[int, Instrument] = {}
    faults, seen = list[Fault](), dict[int, int]()
    for position, entry in enumerate(file.order.instruments):
        rows = list(_matching(entry)[:2])
        name, line = entry.label or entry.serial or entry.id, file.line_of(position)
        if not rows:
            faults.append(Fault(line, _("登记中没有器具“{name}”。").format(name=name)))
        elif len(rows) > 1:
            faults.append(Fault(line, _("“{name}”不止一台，请改用标签码。").format(name=name)))
        elif rows[0].pk in seen:
            text = _("与第 {line} 行是同一台器具。").format(line=seen[rows[0].pk])
            faults.append(Fault(line, text))
        else:
            found[position], seen[rows[0].pk] = rows[0], line
    return found, faults


def _matching(entry: Entry) -> QuerySet[Instrument]:
    rows = Instrument.objects.select_related("owner").order_by("pk")
    if entry.label is not None:
        return rows.filter(label_code__iexact=entry.label)
    if entry.serial is not None:
        return rows.filter(serial_no=entry.serial)
    return rows.filter(public_id=entry.id) if entry.id and _is_uuid(entry.id) else rows.none()


def _gaps(instrument: Instrument) -> str:
    gaps = [gap.text for gap in instrument_gaps(instrument)]
    if Verification.objects.filter(instrument=instrument, state__in=_OPEN).exists():
        gaps.append(_("{instrument}正在检定，尚未出结论。").format(instrument=instrument))
    return "".join(gaps)


def _opened(order: WorkOrderFile, names: _Names, wanted: list[Instrument]) -> dict[int, UUID]:
    opened: dict[int, UUID] = {}
    for start in range(0, len(wanted), MOST_INSTRUMENTS):
        made = create_work_order(
            actor=names.people["verifier"],
            application=None,
            institute=names.institute.pk,
            kind=order.kind,
            work_place=order.place,
            planned_on=order.performed_on,
            verifier=names.people["verifier"].pk,
            checker=names.people["checker"].pk,
            signatory=names.people["signatory"].pk,
            standards=[standard.public_id for standard in names.standards],
            instruments=[one.public_id for one in wanted[start : start + MOST_INSTRUMENTS]],
            note=order.reference,
            is_demo=County.objects.filter(is_demo=True).exists(),
        )
        opened |= dict(made.verifications.values_list("instrument", "public_id"))
    return opened


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
