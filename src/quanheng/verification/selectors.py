"""Reads: whose work is where, what stands in the way, what is late, what must not be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.gaps import Gap
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope, scope_of
from quanheng.instruments.enums import Condition, Verdict
from quanheng.instruments.models import Instrument, VerificationRecord
from quanheng.instruments.services.standing import facts_of
from quanheng.kernels.dates import add_months
from quanheng.kernels.procedures import NoEditionInForce, UnknownKind, packaged_procedures
from quanheng.kernels.rules import due
from quanheng.regulations.packaged import working_calendar
from quanheng.regulations.selectors import rule_set
from quanheng.standards.models import MeasurementStandard
from quanheng.standards.selectors import standard_gaps
from quanheng.verification.enums import ApplicationState, Conclusion, VerificationState, WorkKind
from quanheng.verification.errors import (
    ApplicationNotFound,
    RecallNotFound,
    VerificationNotFound,
    WorkOrderNotFound,
)
from quanheng.verification.fitness import refusals
from quanheng.verification.marks import mark_findings
from quanheng.verification.models import Application, ApplicationItem, Recall, Verification, WorkOrder
from quanheng.verification.rules import rule_on
from quanheng.workforce.selectors import authorisation_gaps, person_gaps

__all__ = ["mark_findings", "refusals"]  # the rest is defined here

_VIEW = "verification.view"
_UNDER_WORK = (VerificationState.RECORDING, VerificationState.SUBMITTED, VerificationState.CHECKED)


def applications_for(user: User) -> QuerySet[Application]:
    """Return the applications that this person may read, each with ``count`` of its instruments.

    All, those to their institute, of their town, or their own.
    """
    scope = scope_of(user, _VIEW)
    rows = Application.objects.select_related("institute", "applicant", "place", "submitted_by").annotate(
        count=Count("items")
    )
    units = scope.unit_ids
    reach = (
        Q(institute__in=units)
        | Q(applicant__unit__in=units)
        | Q(applicant__town__in=units)
        | Q(applicant__parent__unit__in=units)
    )
    return rows if scope.is_all else rows.filter(reach)


def application_for(user: User, public_id: UUID) -> Application:
    """Return one application of this person's scope.  ApplicationNotFound where there is none."""
    found = applications_for(user).filter(public_id=public_id).first()
    if found is None:
        raise ApplicationNotFound(public_id=str(public_id))
    return found


def items_for(user: User, application: Application) -> QuerySet[ApplicationItem]:
    """Return the instruments of an application that this person may read: of a market, an applicant their own."""
    scope = scope_of(user, _VIEW)
    rows = application.items.select_related("instrument__owner", "instrument__place")
    sees_all = scope.covers(application.institute_id)
    return rows if sees_all else rows.filter(_of_instrument(scope))


def work_orders_for(user: User) -> QuerySet[WorkOrder]:
    """Return the work orders that this person may read, each with ``count`` and ``open`` verifications."""
    scope = scope_of(user, _VIEW)
    rows = WorkOrder.objects.select_related(
        "institute", "application", "place", "verifier", "checker", "signatory"
    ).annotate(
        count=Count("verifications"),
        open=Count("verifications", filter=Q(verifications__state__in=_UNDER_WORK)),
    )
    if scope.is_all:
        return rows
    mine = Verification.objects.filter(_reach(scope), work_order=OuterRef("pk"))
    return rows.filter(Q(institute__in=scope.unit_ids) | Exists(mine))


def work_order_for(user: User, public_id: UUID) -> WorkOrder:
    """Return one work order of this person's scope.  WorkOrderNotFound where there is none."""
    found = work_orders_for(user).filter(public_id=public_id).first()
    if found is None:
        raise WorkOrderNotFound(public_id=str(public_id))
    return found


def verifications_for(user: User, state: VerificationState | None = None) -> QuerySet[Verification]:
    """Return the verifications that this person may read, those in one state or all."""
    scope = scope_of(user, _VIEW)
    rows = Verification.objects.select_related(
        "instrument__owner",
        "instrument__place",
        "work_order__institute",
        "work_order__application",
        "work_order__verifier",
        "work_order__checker",
        "work_order__signatory",
        "verifier",
        "checker",
        "signatory",
    )
    if state is not None:
        rows = rows.filter(state=state)
    return rows if scope.is_all else rows.filter(_reach(scope))


def verification_for(user: User, public_id: UUID) -> Verification:
    """Return one verification of this person's scope.  VerificationNotFound where there is none."""
    found = verifications_for(user).filter(public_id=public_id).first()
    if found is None:
        raise VerificationNotFound(public_id=str(public_id))
    return found


def next_for(user: User) -> QuerySet[Verification]:
    """Return the verifications whose next step is this person's, by the work orders that name them."""
    step = (
        Q(state=VerificationState.RECORDING, work_order__verifier=user)
        | Q(state=VerificationState.SUBMITTED, work_order__checker=user)
        | Q(state=VerificationState.CHECKED, work_order__signatory=user)
    )
    return verifications_for(user).filter(step).order_by("work_order__planned_on", "pk")


def recalls_for(user: User) -> QuerySet[Recall]:
    """Return the recalls that this person may read: of the standards of their institute, or all."""
    scope = scope_of(user, "verification.recall")
    rows = Recall.objects.select_related("standard__unit", "found", "made_by")
    return rows if scope.is_all else rows.filter(standard__unit__in=scope.unit_ids)


def recall_for(user: User, public_id: UUID) -> Recall:
    """Return one recall of this person's scope.  RecallNotFound where there is none."""
    found = recalls_for(user).filter(public_id=public_id).first()
    if found is None:
        raise RecallNotFound(public_id=str(public_id))
    return found


def busy_among(ids: Sequence[int]) -> set[int]:
    """Return which of these instruments are applied for already, or are being verified."""
    opened = Verification.objects.filter(
        work_order__application=OuterRef("application"), instrument=OuterRef("instrument")
    )
    unplanned = Q(application__state=ApplicationState.ACCEPTED) & ~Exists(opened)
    waiting = ApplicationItem.objects.filter(
        Q(application__state=ApplicationState.SUBMITTED) | unplanned, instrument__in=ids
    )
    working = Verification.objects.filter(instrument__in=ids, state__in=_UNDER_WORK)
    return set(waiting.values_list("instrument", flat=True)) | set(
        working.values_list("instrument", flat=True)
    )


def institutes_to_ask() -> QuerySet[OrgUnit]:
    """Return the institutes that applications may go to."""
    return OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True)


def planning_gaps(
    *,
    unit: OrgUnit,
    verifier: User,
    checker: User,
    standards: Iterable[MeasurementStandard],
    kinds: Iterable[str],
    on: date,
) -> list[Gap]:
    """Return what would stand in the way if the work were done on the planned day; a work order may still be made."""
    gaps: list[Gap] = []
    needing = rule_on("needs_qualification", on).value
    people = {"verifier": verifier, "checker": checker}
    for kind in sorted(set(kinds)):
        try:
            regulation = packaged_procedures().find(kind, on).regulation.number
        except (UnknownKind, NoEditionInForce) as error:
            gaps.append(Gap("no_edition", str(error)))
            continue
        gaps += authorisation_gaps(unit=unit, regulation=regulation, on=on)
        for role, user in people.items():
            if role in needing:
                gaps += person_gaps(user=user, unit=unit, regulation=regulation, on=on)
        for standard in standards:
            gaps += standard_gaps(standard=standard, unit=unit, regulation=regulation, on=on)
    return list(dict.fromkeys(gaps))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day to answer an application or to finish its work.

    ``what`` is answer or finish; ``is_certain`` is False where the holidays of that year are not announced yet.
    """

    application: Application
    what: str
    due_on: date
    is_overdue: bool
    is_certain: bool


def deadlines(user: User, on: date | None = None, *, overdue_only: bool = False) -> list[Deadline]:
    """Return the deadlines that still run, or have passed, of applications this person may read; the first first."""
    day = on or clock.today()
    done = Verification.objects.filter(
        work_order__application=OuterRef("pk"), state=VerificationState.CONCLUDED
    ).order_by()
    concluded = done.values("work_order__application").annotate(n=Count("instrument", distinct=True))
    rows = applications_for(user).annotate(concluded=Subquery(concluded.values("n")))
    waiting = Q(state=ApplicationState.SUBMITTED, answer_by__isnull=False)
    unfinished = Q(concluded=None) | Q(concluded__lt=F("count"))
    working = Q(state=ApplicationState.ACCEPTED, finish_by__isnull=False) & unfinished
    found = []
    for row in rows.filter(waiting | working):
        is_answer = row.state == ApplicationState.SUBMITTED
        due_on = row.answer_by if is_answer else row.finish_by
        if due_on is None or (overdue_only and due_on >= day):
            continue
        is_certain = working_calendar().covers(due_on)
        found.append(Deadline(row, "answer" if is_answer else "finish", due_on, due_on < day, is_certain))
    return sorted(found, key=lambda one: (one.due_on, one.application.pk))


def kept_until(verification: Verification) -> date | None:
    """Return until when its record must be kept at least; None while there is no conclusion."""
    if verification.performed_on is None or verification.state != VerificationState.CONCLUDED:
        return None
    on = verification.performed_on
    return add_months(on, int(rule_on("keep_records_months", on).value))


def open_rejections(scope: Sequence[int] | None = None) -> QuerySet[Verification]:
    """Return the rejections that nothing has resolved: no passing verification since, and still in use.

    Of the last verification of each instrument; scrapping, stopping or sealing it resolves, too, and withdrawing the
    notice.  ``scope`` are the institutes asked about; None: all.
    """
    concluded = Verification.objects.filter(state=VerificationState.CONCLUDED).exclude(
        conclusion=Conclusion.CALIBRATED
    )
    last = concluded.filter(instrument=OuterRef("instrument")).order_by(
        "-performed_on", "-concluded_at", "-pk"
    )
    records = VerificationRecord.objects.filter(instrument=OuterRef("instrument"))
    passed_elsewhere = records.filter(
        verdict=Verdict.PASSED, withdrawn_on=None, verified_on__gt=OuterRef("performed_on")
    )
    notice = records.filter(verdict=Verdict.REJECTED, verified_on=OuterRef("performed_on"))
    withdrawn = Exists(notice.exclude(withdrawn_on=None)) & ~Exists(notice.filter(withdrawn_on=None))
    rows = concluded.filter(
        ~Exists(passed_elsewhere),
        ~withdrawn,
        pk=Subquery(last.values("pk")[:1]),
        conclusion=Conclusion.REJECTED,
        instrument__condition=Condition.IN_USE,
    ).select_related("instrument__owner", "instrument__place", "instrument__town", "work_order__institute")
    rows = rows if scope is None else rows.filter(work_order__institute__in=scope)
    return rows.order_by("performed_on", "pk")


def use_gaps(instrument: Instrument, on: date) -> list[Gap]:
    """Return why an instrument may not be used on a day; empty where it may.

    Not without a verification that is due, not after a rejection (Metrology Law art. 9; 实施细则, 合格的方可使用),
    not while it is stopped, sealed, scrapped or merged.
    """
    gaps = []
    if instrument.condition != Condition.IN_USE:
        text = _("{instrument}现为“{condition}”，不能使用。")
        words = {"instrument": instrument, "condition": instrument.get_condition_display()}
        gaps.append(Gap("not_in_use", text.format(**words)))
    facts = facts_of(instrument)
    if facts.verdict == Verdict.REJECTED:
        text = _("{instrument}在 {on} 检定不合格，不得使用。修理后重新申请检定，或者报废。")
        gaps.append(Gap("rejected", text.format(instrument=instrument, on=facts.last_verified_on)))
        return gaps
    found = due(rule_set(), facts, on)
    if found.due_on is None:
        return gaps
    if facts.last_verified_on is None:
        text = _("{instrument}没有检定记录，属于强制检定，检定合格后方可使用。")
        gaps.append(Gap("never_verified", text.format(instrument=instrument)))
    elif found.due_on < on:
        text = _("{instrument}的检定有效期到 {due} 为止，{on} 已超期。请申请检定，合格后方可使用。")
        gaps.append(Gap("overdue", text.format(instrument=instrument, due=found.due_on, on=on)))
    return gaps


def may_be_used(instrument: Instrument, on: date) -> bool:
    """Whether an instrument may be used on a day; `use_gaps` says why not."""
    return not use_gaps(instrument, on)


def verifications_of(instrument: Instrument) -> QuerySet[Verification]:
    """Return what was concluded about an instrument, the newest first."""
    rows = Verification.objects.filter(instrument=instrument, state=VerificationState.CONCLUDED)
    return rows.select_related("work_order__institute").order_by("-performed_on", "-pk")


def found_values(instrument: Instrument) -> list[tuple[date, str, dict[str, object]]]:
    """Return the points as found before any adjustment, verification by verification: for decisions on intervals.

    Day, regulation, and the point as the report of the engine has it.  The oldest first.
    """
    found = []
    rows = verifications_of(instrument).exclude(kind=WorkKind.INITIAL).order_by("performed_on", "pk")
    for row in rows:
        told = row.judgement["found"] or row.judgement["decides"]
        found += [(row.performed_on, row.judgement["document"], point) for point in told["points"]]
    return [(on, document, point) for on, document, point in found if on is not None]


def _reach(scope: Scope) -> Q:
    return Q(work_order__institute__in=scope.unit_ids) | _of_instrument(scope)


def _of_instrument(scope: Scope) -> Q:
    """Return what is of an instrument of theirs, of a branch, or of their town."""
    units = scope.unit_ids
    return (
        Q(instrument__owner__unit__in=units)
        | Q(instrument__town__in=units)
        | Q(instrument__owner__parent__unit__in=units)
    )
