"""Work orders: who goes where with which standards on which day; one verification for each instrument."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.gaps import Gap
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.instruments.models import Instrument, Place
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import ApplicationState, VerificationState, WorkKind, WorkPlace
from quanheng.verification.errors import ApplicationNotFound, BadWorkOrder, InstrumentsRefused, WrongState
from quanheng.verification.fitness import instrument_gaps
from quanheng.verification.models import Application, Verification, WorkOrder
from quanheng.verification.rules import barred_to_signatory
from quanheng.verification.services.shared import (
    MOST_INSTRUMENTS,
    limited,
    locked_verification,
    log,
    needed,
    refuse_outside,
    save_next,
)

_STEPS = {
    "verifier": "verification.verify",
    "checker": "verification.check",
    "signatory": "verification.sign",
}
_OPEN = {VerificationState.RECORDING, VerificationState.SUBMITTED, VerificationState.CHECKED}


@transaction.atomic
def create_work_order(
    *,
    actor: User,
    application: UUID | None,
    institute: int,
    kind: WorkKind,
    work_place: WorkPlace,
    place: int | None = None,
    planned_on: date,
    verifier: int,
    checker: int,
    signatory: int,
    standards: Sequence[UUID],
    instruments: Sequence[UUID],
    note: str = "",
    is_demo: bool = False,
) -> WorkOrder:
    """Plan the work on some instruments of an accepted application, or of none; a verification is opened for each.

    Whether people and standards are fit for it is asked on the day of the work (`selectors.planning_gaps` tells
    before); here only who could never do it is refused.

    Raises
    ------
    OutsideScope, ApplicationNotFound, WrongState
        Not this person's institute; no such application there; it is not accepted.
    BadWorkOrder
        A person without the role, the same person in two roles that the rules keep apart, standards of others, no
        instruments or some that were not applied for.
    InstrumentsRefused
        Some are out of use, of unknown kind or being verified already.
    """
    refuse_outside(actor, "verification.accept", institute)
    unit = OrgUnit.objects.filter(pk=institute, kind=UnitKind.INSTITUTE, is_active=True).first()
    where = Place.objects.filter(pk=place).first() if place is not None else None
    if unit is None or (place is not None and where is None):
        raise BadWorkOrder(reason=_("没有找到检定机构或场所。"))
    asked = _application(application, unit)
    people = _people(unit, {"verifier": verifier, "checker": checker, "signatory": signatory})
    _refuse_barred(people, kind, planned_on)
    wanted = _standards(unit, standards)
    found = _instruments(asked, instruments)
    order = WorkOrder.objects.create(
        institute=unit,
        application=asked,
        kind=WorkKind(kind),
        work_place=WorkPlace(work_place),
        place=where,
        planned_on=planned_on,
        note=limited(note),
        created_by=actor,
        created_at=clock.now(),
        is_demo=is_demo,
        **people,
    )
    order.standards.set(wanted)
    _open(order, found)
    log(
        "planned",
        order,
        actor,
        institute=unit.name,
        kind=str(order.kind),
        on=planned_on.isoformat(),
        standards=[f"standard:{standard.public_id}" for standard in wanted],
        instruments=[f"instrument:{instrument.public_id}" for instrument in found],
    )
    return order


@transaction.atomic
def cancel_verification(*, actor: User, public_id: UUID, revision: int, reason: str) -> Verification:
    """End a verification without a conclusion: the instrument was not there, or another standard is needed.

    Raises
    ------
    VerificationNotFound, OutsideScope, StaleRevision, WrongState, BadReason
        As `locked_verification`; concluded already; no reason.
    """
    verification = locked_verification(actor, "verification.accept", public_id, revision, _OPEN)
    verification.state = VerificationState.CANCELLED
    verification.return_reason, verification.returned_by = needed(reason), actor
    save_next(verification)
    log("cancelled", verification, actor, reason=verification.return_reason)
    return verification


def _application(public_id: UUID | None, unit: OrgUnit) -> Application | None:
    if public_id is None:
        return None
    found = Application.objects.select_for_update().filter(public_id=public_id, institute=unit).first()
    if found is None:
        raise ApplicationNotFound(public_id=str(public_id))
    if found.state != ApplicationState.ACCEPTED:
        raise WrongState(present=found.get_state_display())
    return found


def _people(unit: OrgUnit, wanted: dict[str, int]) -> dict[str, User]:
    users = User.objects.filter(is_active=True).in_bulk(list(wanted.values()))
    if wanted["verifier"] == wanted["checker"]:
        raise BadWorkOrder(reason=_("检定员和核验员不能是同一人。"))
    for role, pk in wanted.items():
        if pk not in users or not scope_of(users[pk], _STEPS[role]).covers(unit.pk):
            words = {"verifier": _("检定员"), "checker": _("核验员"), "signatory": _("批准人")}
            raise BadWorkOrder(reason=_("所选的%(role)s不是本机构的%(role)s。") % {"role": words[role]})
    return {role: users[pk] for role, pk in wanted.items()}


def _refuse_barred(people: dict[str, User], kind: WorkKind, on: date) -> None:
    for role in barred_to_signatory(kind, on):
        if people["signatory"] == people[role]:
            words = {"verifier": _("检定员不能同时作批准人。"), "checker": _("核验员不能同时作批准人。")}
            raise BadWorkOrder(reason=words[role])


def _standards(unit: OrgUnit, wanted: Sequence[UUID]) -> list[MeasurementStandard]:
    found = list(MeasurementStandard.objects.filter(public_id__in=wanted, unit=unit))
    if not found or len(found) != len(set(wanted)):
        raise BadWorkOrder(reason=_("请选择本机构的计量标准。"))
    return found


def _instruments(asked: Application | None, wanted: Sequence[UUID]) -> list[Instrument]:
    if not wanted or len(wanted) > MOST_INSTRUMENTS:
        raise BadWorkOrder(reason=_("一份任务单 1 到 %(most)s 台。") % {"most": MOST_INSTRUMENTS})
    rows = Instrument.objects.filter(public_id__in=wanted)
    if asked is not None:
        rows = rows.filter(pk__in=asked.items.values("instrument"))
    found = list(rows.order_by("pk"))
    if len(found) != len(set(wanted)):
        raise BadWorkOrder(reason=_("有的计量器具没有找到，或不在这份申请之内。"))
    gaps = [gap for instrument in found for gap in instrument_gaps(instrument)]
    busy = Verification.objects.filter(instrument__in=found, state__in=_OPEN)
    gaps += [_busy(row.instrument) for row in busy.select_related("instrument")]
    if gaps:
        raise InstrumentsRefused(gaps)
    return found


def _open(order: WorkOrder, found: Sequence[Instrument]) -> None:
    rows = [
        Verification(work_order=order, instrument=instrument, kind=order.kind, is_demo=order.is_demo)
        for instrument in found
    ]
    try:
        with transaction.atomic():
            Verification.objects.bulk_create(rows)
    except IntegrityError as error:
        taken = Verification.objects.filter(instrument__in=found, state__in=_OPEN)
        gaps = [_busy(row.instrument) for row in taken.select_related("instrument")]
        raise InstrumentsRefused(gaps) from error


def _busy(instrument: Instrument) -> Gap:
    text = _("{instrument}正在检定，尚未出结论。").format(instrument=instrument)
    return Gap("instrument_busy", text)
