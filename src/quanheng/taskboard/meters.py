"""Meters in use, counted over estimates, follow-ups, lots and makers; the open file of the counts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from quanheng.base import clock
from quanheng.base.open_data import keep_counts, kept_counts, open_table, pack_table, write_table
from quanheng.base.rows import word
from quanheng.core.selectors import county
from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.fleet.selectors import totals
from quanheng.followups.enums import Finding, FollowUpState, ReplacementState, Selection
from quanheng.followups.models import FollowUp, ReplacementOrder, TestResult
from quanheng.followups.selectors import outcomes
from quanheng.kernels.dates import add_months
from quanheng.kernels.scoring import score
from quanheng.lots.enums import Decision, Origin
from quanheng.lots.models import Lot, Sample
from quanheng.lots.rotation import in_rotation, overdue
from quanheng.lots.selectors import states, with_last_sample
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.models import Authorisation
from quanheng.taskboard.meters_tally import (
    RECENT_DAYS,
    SOON_MONTHS,
    TEST_DAYS,
    CountRow,
    FleetCounts,
    FleetTally,
    count_rows,
)

FILE_NAME = "meters.csv"
_TALLY_NAME = "meters.json"
_MONTHS_A_YEAR = 12


def publish_meters() -> FleetTally:
    """Write the open file, its gzip form and its tally anew; all or nothing of each survives a crash."""
    tally = present_meters()
    _write(open_table(FILE_NAME), tally)
    pack_table(FILE_NAME)
    keep_counts(_TALLY_NAME, tally.to_dict())
    return tally


def write_meters(path: Path, on: date) -> None:
    """Write meters.csv as of ``on``."""
    _write(path, FleetTally(on, _counted(on)))


def kept_meters() -> FleetTally:
    """Return the tally of the last county day; an empty one where none ran yet."""
    try:
        return FleetTally.from_dict(kept_counts(_TALLY_NAME))
    except (OSError, ValueError, KeyError, TypeError):
        return FleetTally()


def present_meters() -> FleetTally:
    """Count the meters as they are now."""
    on = clock.today()
    return FleetTally(on, _counted(on))


def suspects_waiting() -> QuerySet[MeterResult]:
    """Return the meters that the latest results suspect and for which nobody has asked a test yet."""
    known = FollowUp.objects.exclude(state=FollowUpState.PROPOSED)
    under_way = FollowUp.objects.filter(
        state__in=(FollowUpState.ORDERED, FollowUpState.TESTED),
        area=OuterRef("area_result__area"),
        meter_id=OuterRef("meter_id"),
    )
    return MeterResult.objects.filter(
        ~Exists(known.filter(result=OuterRef("pk"))),
        ~Exists(under_way),
        status=MeterStatus.OUT_OF_TOLERANCE,
        area_result__suspects__gt=0,
        area_result__area__latest=F("area_result"),
    )


def lots_to_sample(on: date) -> QuerySet[Lot]:
    """Return the lots in service that end within the year before which they are sampled, and have no sample for it."""
    rows = with_last_sample(Lot.objects.filter(origin=Origin.IN_SERVICE))
    return rows.filter(states(on)["due"]).order_by("due_on", "pk")


def _write(path: Path, tally: FleetTally) -> None:
    home, on = county(), tally.on or clock.today()
    write_table(path, CountRow._fields, count_rows(tally, on, demo=word(bool(home and home.is_demo))))


def _counted(on: date) -> FleetCounts:
    found = {**_fleet(), **_follow_ups(on), **_lots(on), **_makers(on)}
    return FleetCounts(**found)


def _fleet() -> dict[str, int]:
    found = totals(SupplyArea.objects.exclude(latest=None))
    return {
        "areas": found.areas,
        "areas_judged": found.states["suspects"] + found.states["clear"],
        "meters": found.meters,
        "meters_judged": found.meters - found.undetermined,
        "suspects": found.suspects,
        "suspects_waiting": suspects_waiting().count(),
    }


def _follow_ups(on: date) -> dict[str, int]:
    """Counts of the last year, but for what the score says, which is over all that was ever tested."""
    cover = score(outcomes()).everything.coverage
    raised = FollowUp.objects.filter(selection=Selection.SUSPECT, created_at__gte=_start(_a_year_ago(on)))
    days = [
        (timezone.localdate(created_at) + timedelta(days=TEST_DAYS), tested_on)
        for created_at, tested_on in raised.order_by().values_list("created_at", "test__tested_on")
    ]
    in_time = sum(tested_on is not None and tested_on <= end for end, tested_on in days)
    wrong = TestResult.objects.filter(finding=Finding.NONCONFORMING, tested_on__gt=_a_year_ago(on))
    done = ReplacementOrder.objects.filter(state=ReplacementState.DONE)
    replaced = wrong.filter(Exists(done.filter(follow_up=OuterRef("follow_up"))))
    return {
        "raised": sum(end < on or tested_on is not None for end, tested_on in days),
        "raised_tested_in_time": in_time,
        "tested": cover.count,
        "tested_inside": cover.hits,
        "found_wrong": wrong.count(),
        "wrong_replaced": replaced.count(),
    }


def _lots(on: date) -> dict[str, int]:
    decided = Sample.objects.filter(
        lot__origin=Origin.IN_SERVICE,
        decision__in=(Decision.EXTENDED, Decision.REPLACE),
        decided_at__gte=_start(_a_year_ago(on)),
    ).select_related("lot")
    in_time = [_is_in_time(sample) for sample in decided]
    rows = with_last_sample(Lot.objects.filter(origin=Origin.IN_SERVICE, is_complete=True, due_on__lt=on))
    late = rows.filter(Q(drawn=None) | Q(decision__in=("", Decision.EXTENDED, Decision.RESAMPLE)))
    soon = in_rotation().filter(valid_until__gte=on, valid_until__lte=add_months(on, SOON_MONTHS))
    return {
        "lots_to_decide": len(in_time) + late.count(),
        "lots_decided_in_time": sum(in_time),
        "lots_to_sample": lots_to_sample(on).count(),
        "lot_meters": in_rotation().count(),
        "lot_meters_overdue": overdue(on),
        "lot_meters_expiring": soon.count(),
    }


def _is_in_time(sample: Sample) -> bool:
    """Whether a lot was decided before its end; an extension has moved the end that it had then."""
    due_on = sample.lot.due_on
    if sample.extended_until is not None:
        due_on = add_months(sample.extended_until, -_MONTHS_A_YEAR * int(sample.plan["extension_years"]))
    decided_at = sample.decided_at
    return due_on is None or decided_at is None or timezone.localdate(decided_at) <= due_on


def _makers(on: date) -> dict[str, int]:
    in_force = Authorisation.objects.filter(
        state=AuthorisationState.ACTIVE, valid_from__lte=on, valid_until__gte=on
    )
    lots = with_last_sample(
        Lot.objects.filter(
            origin=Origin.FACTORY, maker_unit__isnull=False, created_at__gte=_start(_a_year_ago(on))
        )
    )
    sampled = Q(decision__in=(Decision.ACCEPTED, Decision.REJECTED))
    found: dict[str, int] = lots.aggregate(
        factory_lots=Count("pk"),
        factory_lots_sampled=Count("pk", filter=sampled),
        factory_lots_accepted=Count("pk", filter=Q(decision=Decision.ACCEPTED)),
    )
    authorised = in_force.values("unit").distinct().count()
    return found | {"makers_authorised": authorised}


def _a_year_ago(on: date) -> date:
    return on - timedelta(days=RECENT_DAYS)


def _start(on: date) -> datetime:
    """Return the first moment of a day at home."""
    return timezone.make_aware(datetime.combine(on, time.min))
