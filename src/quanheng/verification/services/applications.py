"""Applications: by an owner for their own instruments, or by staff at the door for those who stand there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.gaps import Gap
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope, scope_of
from quanheng.instruments.models import Instrument, Place
from quanheng.instruments.selectors import group_of
from quanheng.parties.models import Party
from quanheng.regulations.packaged import working_calendar
from quanheng.verification.enums import ApplicationState, VerificationState, WorkKind, WorkPlace
from quanheng.verification.errors import (
    ApplicationNotFound,
    BadApplication,
    InstrumentsRefused,
    OutsideScope,
    WrongState,
)
from quanheng.verification.fitness import instrument_gaps
from quanheng.verification.models import Application, ApplicationItem, Verification
from quanheng.verification.rules import working_days
from quanheng.verification.selectors import busy_among
from quanheng.verification.services.shared import (
    MOST_INSTRUMENTS,
    limited,
    log,
    needed,
    refuse_outside,
    save_next,
)

_APPLY, _ACCEPT = "verification.apply", "verification.accept"


@transaction.atomic
def submit_application(
    *,
    actor: User,
    institute: int,
    applicant: int,
    kind: WorkKind,
    work_place: WorkPlace,
    place: int | None = None,
    wished_on: date | None = None,
    note: str = "",
    instruments: Sequence[UUID],
    is_demo: bool = False,
) -> Application:
    """Ask an institute to verify some instruments, one or a whole market; in few queries however many.

    An owner asks for their own, branches included; a town for those in its places; staff of the bureau, or of the
    institute itself, for any.

    Raises
    ------
    OutsideScope
        Not a person who may ask for this applicant and for all these instruments.
    BadApplication, BadReason
        No such institute, applicant or place; no instruments or too many; a day in the past; too long a note.
    InstrumentsRefused
        Some cannot be verified now; each is named with its reason, and none is applied for.
    """
    unit, party, where = _named(institute, applicant, place)
    if wished_on is not None and wished_on < clock.today():
        raise BadApplication(reason=_("希望的日期不能早于今天。"))
    found = _found(instruments)
    _refuse_strangers(scope_of(actor, _APPLY), unit, party, found)
    if gaps := [*_gaps(found), *_busy(found)]:
        raise InstrumentsRefused(gaps)
    now = clock.now()
    application = Application.objects.create(
        institute=unit,
        applicant=party,
        kind=WorkKind(kind),
        work_place=WorkPlace(work_place),
        place=where,
        wished_on=wished_on,
        note=limited(note),
        submitted_by=actor,
        submitted_at=now,
        answer_by=_deadline("answer_application", now),
        is_demo=is_demo,
    )
    ApplicationItem.objects.bulk_create(
        ApplicationItem(application=application, instrument=instrument) for instrument in found
    )
    log(
        "applied",
        application,
        actor,
        institute=unit.name,
        kind=str(application.kind),
        applicant=party.person,
        instruments=[f"instrument:{instrument.public_id}" for instrument in found],
    )
    return application


def _named(institute: int, applicant: int, place: int | None) -> tuple[OrgUnit, Party, Place | None]:
    unit = OrgUnit.objects.filter(pk=institute, kind=UnitKind.INSTITUTE, is_active=True).first()
    party = Party.objects.select_related("unit").filter(pk=applicant).first()
    where = Place.objects.filter(pk=place).first() if place is not None else None
    if unit is None or party is None or (place is not None and where is None):
        raise BadApplication(reason=_("没有找到检定机构、申请人或场所。"))
    return unit, party, where


@transaction.atomic
def accept_application(*, actor: User, public_id: UUID, revision: int) -> Application:
    """Accept an application; the deadline to finish runs from now.

    Raises
    ------
    ApplicationNotFound, OutsideScope, StaleRevision, WrongState
        Not there; of another institute; saved by another meanwhile; answered already.
    """
    application = _locked(public_id, revision, {ApplicationState.SUBMITTED})
    refuse_outside(actor, _ACCEPT, application.institute_id)
    now = clock.now()
    application.state, application.decided_by, application.decided_at = ApplicationState.ACCEPTED, actor, now
    application.finish_by = _deadline("finish_work", now)
    save_next(application)
    log("accepted", application, actor, finish_by=application.finish_by.isoformat())
    return application


@transaction.atomic
def return_application(*, actor: User, public_id: UUID, revision: int, reason: str) -> Application:
    """Return an application as a whole, with the reason; raises as `accept_application`, and BadReason."""
    application = _locked(public_id, revision, {ApplicationState.SUBMITTED})
    refuse_outside(actor, _ACCEPT, application.institute_id)
    return _ended(application, actor, ApplicationState.RETURNED, needed(reason))


@transaction.atomic
def cancel_application(*, actor: User, public_id: UUID, revision: int, reason: str = "") -> Application:
    """Take an application back, as whoever made it or may make it for the applicant, unless there is work on it.

    What was planned and cancelled is none: the instruments were not there, and nobody will finish it.

    Raises
    ------
    ApplicationNotFound, OutsideScope, StaleRevision, WrongState, BadReason
        As `accept_application`; work is planned or done; too long a reason.
    """
    states = {ApplicationState.SUBMITTED, ApplicationState.ACCEPTED}
    application = _locked(public_id, revision, states)
    scope, applicant = scope_of(actor, _APPLY), application.applicant
    is_theirs = bool({applicant.unit_id, applicant.town_id} & scope.unit_ids)
    if not (scope.is_all or is_theirs or application.submitted_by_id == actor.pk):
        raise OutsideScope()
    work = Verification.objects.filter(work_order__application=application)
    if work.exclude(state=VerificationState.CANCELLED).exists():
        raise WrongState(present=_("已安排检定"))
    return _ended(application, actor, ApplicationState.CANCELLED, limited(reason))


def _ended(application: Application, actor: User, state: ApplicationState, reason: str) -> Application:
    application.state, application.decided_by, application.decided_at = state, actor, clock.now()
    application.decision_reason, application.finish_by = reason, None
    save_next(application)
    log(str(state), application, actor, reason=reason)
    return application


def _locked(public_id: UUID, revision: int, states: set[ApplicationState]) -> Application:
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("institute", "applicant")
        .filter(public_id=public_id)
        .first()
    )
    if application is None:
        raise ApplicationNotFound(public_id=str(public_id))
    if application.revision != revision:
        raise StaleRevision(yours=revision, present=application.revision)
    if application.state not in states:
        raise WrongState(present=application.get_state_display())
    return application


def _found(wanted: Sequence[UUID]) -> list[Instrument]:
    if not wanted or len(wanted) > MOST_INSTRUMENTS:
        raise BadApplication(reason=_("一次申请 1 到 %(most)s 台。") % {"most": MOST_INSTRUMENTS})
    rows = Instrument.objects.select_related("owner").filter(public_id__in=wanted).order_by("pk")
    # Locked, so that no other application takes one of them meanwhile.
    found = list(rows.select_for_update(of=("self",)))
    if len(found) != len(set(wanted)):
        raise BadApplication(reason=_("有的计量器具没有找到。"))
    return found


def _may_ask_for(scope: Scope, institute: OrgUnit, applicant: Party) -> bool:
    units = {institute.pk, applicant.unit_id, applicant.town_id} - {None}
    return scope.is_all or bool(units & scope.unit_ids)


def _refuse_strangers(
    scope: Scope, institute: OrgUnit, applicant: Party, found: Sequence[Instrument]
) -> None:
    if not _may_ask_for(scope, institute, applicant):
        raise OutsideScope()
    if scope.is_all or scope.covers(institute.pk):
        return
    own = set(group_of(applicant.pk)) if applicant.unit_id in scope.unit_ids else set()
    if any(one.owner_id not in own and one.town_id not in scope.unit_ids for one in found):
        raise OutsideScope()


def _gaps(found: Sequence[Instrument]) -> list[Gap]:
    return [gap for instrument in found for gap in instrument_gaps(instrument)]


def _busy(found: Sequence[Instrument]) -> list[Gap]:
    """Return which are applied for, or being verified, already."""
    busy = busy_among([instrument.pk for instrument in found])
    text = _("{instrument}已经申请检定或正在检定，不必重复申请。")
    return [
        Gap("instrument_busy", text.format(instrument=instrument))
        for instrument in found
        if instrument.pk in busy
    ]


def _deadline(key: str, at: datetime) -> date:
    on = timezone.localdate(at)
    return working_calendar().due_day(on, working_days(key, on)).on
