"""Reads: what is followed, what was tested, what waits to be replaced, and the score over all that was tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import AreaResult, MeterResult, SupplyArea
from quanheng.followups.enums import FollowUpState
from quanheng.followups.errors import (
    CompensationNotFound,
    ControlsNotFound,
    FollowUpNotFound,
    ReplacementNotFound,
)
from quanheng.followups.models import Compensation, ControlDraw, FollowUp, ReplacementOrder, TestResult
from quanheng.kernels.scoring import Comparison, Outcome, compare
from quanheng.kernels.visits import Candidate, expected_unfair_kwh
from quanheng.lots.models import LotMeter
from quanheng.verification.enums import VerificationState
from quanheng.verification.models import Verification

_VIEW = "followups.view"
_DAYS_A_YEAR = 365.25
_COVERAGE_FACTOR = 2


@dataclass(frozen=True)
class Suspect:
    """A meter that could be visited; ``annual_kwh`` and ``unfair_kwh`` are None where its energy is not known."""

    result: MeterResult
    area: SupplyArea
    annual_kwh: float | None
    unfair_kwh: float | None


def follow_ups_visible(user: User) -> QuerySet[FollowUp]:
    """Return the follow-ups that this person may see: all of them, or none."""
    rows = FollowUp.objects.select_related("area__town", "instrument", "application", "test")
    return rows if scope_of(user, _VIEW) else rows.none()


def follow_up_for(user: User, public_id: UUID) -> FollowUp:
    """Return one.  FollowUpNotFound where there is none for this person."""
    found = follow_ups_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise FollowUpNotFound(public_id=str(public_id))
    return found


def control_draws_visible(user: User) -> QuerySet[ControlDraw]:
    """Return the closed lists of random controls that this person may see, the latest first: all of them, or none."""
    rows = ControlDraw.objects.all()
    return rows if scope_of(user, _VIEW) else rows.none()


def control_draw_for(user: User, public_id: UUID) -> ControlDraw:
    """Return one.  ControlsNotFound where there is none for this person."""
    found = control_draws_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise ControlsNotFound(public_id=str(public_id))
    return found


def replacements_visible(user: User) -> QuerySet[ReplacementOrder]:
    """Return the replacement orders that this person may see: all of them, or none."""
    rows = ReplacementOrder.objects.select_related(
        "follow_up__area__town", "lot_meter__lot", "lot_meter__town", "instrument", "new_instrument"
    )
    return rows if scope_of(user, _VIEW) else rows.none()


def replacement_for(user: User, public_id: UUID) -> ReplacementOrder:
    """Return one.  ReplacementNotFound where there is none for this person."""
    found = replacements_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise ReplacementNotFound(public_id=str(public_id))
    return found


def compensation_for(user: User, public_id: UUID) -> Compensation:
    """Return one.  CompensationNotFound where there is none for this person."""
    rows = Compensation.objects.select_related("follow_up") if scope_of(user, _VIEW) else None
    found = rows.filter(public_id=public_id).first() if rows is not None else None
    if found is None:
        raise CompensationNotFound(public_id=str(public_id))
    return found


def concluded_of(follow_up: FollowUp) -> Verification | None:
    """Return the concluded verification that was asked for, None while there is none."""
    if follow_up.application_id is None or follow_up.instrument_id is None:
        return None
    return (
        Verification.objects.filter(
            work_order__application=follow_up.application_id,
            instrument=follow_up.instrument_id,
            state=VerificationState.CONCLUDED,
        )
        .order_by("-pk")
        .first()
    )


def concluded_waiting() -> int:
    """Return how many ordered tests are concluded and not taken in yet."""
    concluded = Verification.objects.filter(
        work_order__application=OuterRef("application"),
        instrument=OuterRef("instrument"),
        state=VerificationState.CONCLUDED,
    )
    return FollowUp.objects.filter(Exists(concluded), state=FollowUpState.ORDERED).count()


def comparison_of(follow_up: FollowUp) -> Comparison | None:
    """Return the estimate beside the test, None before there is one."""
    test = result_of(follow_up)
    if test is None:
        return None
    return compare(
        follow_up.error_percent,
        follow_up.standard_uncertainty_percent,
        test.error_percent,
        test.expanded_uncertainty_percent / _COVERAGE_FACTOR,
    )


def result_of(follow_up: FollowUp) -> TestResult | None:
    """Return what the test of a follow-up found, None before there is a result."""
    return getattr(follow_up, "test", None)


def outcomes() -> list[Outcome]:
    """Return what was said and found of every tested meter, for the score; without any number of a meter."""
    rows = TestResult.objects.select_related("follow_up").order_by("pk")
    return [
        Outcome(
            selection=row.follow_up.selection,
            probability=row.follow_up.probability,
            error_percent=row.follow_up.error_percent,
            standard_uncertainty_percent=row.follow_up.standard_uncertainty_percent,
            tested_error_percent=row.error_percent,
            tested_standard_uncertainty_percent=row.expanded_uncertainty_percent / _COVERAGE_FACTOR,
            mpe_percent=row.follow_up.mpe_percent,
        )
        for row in rows
    ]


def lot_meter_of(area_id: str, meter_id: str) -> LotMeter | None:
    """Return the meter of a lot that these readings are of, None where no lot knows it."""
    rows = LotMeter.objects.select_related("lot__utility", "lot")
    return rows.filter(area_id=area_id, meter_id=meter_id).order_by("-pk").first()


def suspects() -> list[Suspect]:
    """Return the meters that the latest results suspect and nobody has tested since, with what is at stake."""
    rows = MeterResult.objects.filter(
        status=MeterStatus.OUT_OF_TOLERANCE,
        area_result__in=SupplyArea.objects.exclude(latest=None).values("latest"),
    ).select_related("area_result__area__town", "area_result__run")
    done = set(FollowUp.objects.exclude(state=FollowUpState.PROPOSED).values_list("result", flat=True))
    under_way = {
        (one.area_id, one.meter_id)
        for one in FollowUp.objects.filter(state__in=(FollowUpState.ORDERED, FollowUpState.TESTED))
    }
    return [
        _suspect(row)
        for row in rows.order_by("area_result__area__area_id", "meter_id")
        if row.pk not in done and (row.area_result.area_id, row.meter_id) not in under_way
    ]


def candidates(found: Sequence[Suspect]) -> list[Candidate]:
    """Return those of which it is known what is at stake, as the planner of visits takes them."""
    return [
        Candidate(str(one.result.pk), one.area.area_id, one.unfair_kwh)
        for one in found
        if one.unfair_kwh is not None
    ]


def _suspect(row: MeterResult) -> Suspect:
    annual = annual_kwh(row)
    unfair = None
    figures = (row.error_percent, row.standard_uncertainty_percent, row.probability_out_of_tolerance)
    if annual is not None and None not in figures:
        unfair = expected_unfair_kwh(annual, *(float(one) for one in figures if one is not None))
    return Suspect(row, row.area_result.area, annual, unfair)


def annual_kwh(row: MeterResult) -> float | None:
    """Return the energy of a meter in a year [kWh]: its share of the area's, over the days that were read."""
    consumed, days = _consumed_kwh(row.area_result), _days(row.area_result)
    if row.energy_share is None or consumed is None or days is None:
        return None
    return row.energy_share * consumed * _DAYS_A_YEAR / days


def _consumed_kwh(result: AreaResult) -> float | None:
    """Return what all consumers of an area used: the master's energy, as the loss says it, less the loss."""
    if not result.loss_kwh or not result.loss_percent:
        return None
    master = 100 * result.loss_kwh / result.loss_percent
    return master - result.loss_kwh if master > 0 else None


def _days(result: AreaResult) -> int | None:
    run = result.run
    if run.since is None or run.until is None:
        return None
    return (run.until - run.since + timedelta(days=1)).days
