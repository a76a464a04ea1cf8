"""What has to be replaced when: meters in service by month, lot and town; what must be in stock; what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth

from quanheng.kernels.dates import add_months
from quanheng.kernels.waves import Visit, smooth
from quanheng.lots.enums import MeterCondition, Origin
from quanheng.lots.models import Lot, LotMeter

MONTHS = 36
"""How far ahead is looked."""
_MOST_CAPACITY = 1_000_000


@dataclass(frozen=True, slots=True)
class Expiring:
    """Meters of a lot in a town whose last valid day is in a month; ``month`` is its first day."""

    lot: Lot
    town: str
    month: date
    meters: int


@dataclass(frozen=True, slots=True)
class StockMonth:
    """A month of the plan.

    ``expiring`` meters end in it, ``replaced`` are planned for it and must be in stock at its beginning, ``order`` is
    to be ordered in it for later months, ``cost`` is that of the replaced.
    """

    month: date
    expiring: int
    replaced: int
    order: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class StockPlan:
    """``too_late`` meters find no month in time; ``at_once`` must be in stock already, for the lead time is too long."""

    months: tuple[StockMonth, ...]
    overdue: int
    too_late: int
    at_once: int
    cost: Decimal


def in_rotation() -> QuerySet[LotMeter]:
    """Return the meters in use of closed lists in service that have a last valid day."""
    return LotMeter.objects.filter(
        origin=Origin.IN_SERVICE,
        condition=MeterCondition.PRESENT,
        valid_until__isnull=False,
        lot__is_complete=True,
    )


def month_of(on: date) -> date:
    """Return the first day of a month."""
    return on.replace(day=1)


def months_from(on: date, count: int = MONTHS) -> list[date]:
    """Return the first days of so many months, that of ``on`` first."""
    return [add_months(month_of(on), at) for at in range(count)]


def expiring(on: date, *, months: int = MONTHS) -> list[Expiring]:
    """Return what ends before so many months are over, the overdue first; by month, lot and town."""
    end = add_months(month_of(on), months)
    rows = (
        in_rotation()
        .filter(valid_until__lt=end)
        .order_by()
        .annotate(month=TruncMonth("valid_until"))
        .values("lot", "town__name", "month")
        .annotate(meters=Count("pk"))
    )
    found = list(rows)
    lots = Lot.objects.in_bulk({row["lot"] for row in found})
    lines = [
        Expiring(lots[row["lot"]], row["town__name"] or "", row["month"], row["meters"]) for row in found
    ]
    return sorted(lines, key=lambda line: (line.month, line.lot.number, line.lot.pk, line.town))


def overdue(on: date) -> int:
    """Return how many meters in use have passed their last valid day."""
    return in_rotation().filter(valid_until__lt=on).count()


def by_month(lines: Sequence[Expiring], on: date, *, months: int = MONTHS) -> dict[date, int]:
    """Return how many end in each month, months without any included; the months before today's are left out."""
    counts: Counter[date] = Counter()
    for line in lines:
        counts[line.month] += line.meters
    return {month: counts[month] for month in months_from(on, months)}


def stock_plan(
    lines: Sequence[Expiring], on: date, *, capacity: int, lead_months: int, price: Decimal
) -> StockPlan:
    """Spread replacements over the months so that none has more than can be done; as late as in time.

    Parameters
    ----------
    capacity
        Meters that can be replaced in a month.
    lead_months
        From order to delivery [month].
    price
        Of a meter with its replacement [CNY].

    Raises
    ------
    ValueError
        A capacity below 1 or beyond reason, a negative lead time or price.
    """
    if not 1 <= capacity <= _MOST_CAPACITY or not 0 <= lead_months <= MONTHS or price < 0:
        raise ValueError(f"{capacity}, {lead_months}, {price}")
    months = months_from(on)
    at = {month: number for number, month in enumerate(months)}
    visits = [
        Visit((line.lot.pk, line.town, line.month), at.get(line.month, -1), line.meters) for line in lines
    ]
    plan = smooth(visits, dict.fromkeys(at.values(), capacity))
    loads = [plan.loads.get(number, 0) for number in range(MONTHS)]
    counts = by_month(lines, on)
    rows = tuple(
        StockMonth(
            month,
            counts[month],
            loads[number],
            loads[number + lead_months] if number + lead_months < MONTHS else 0,
            price * loads[number],
        )
        for number, month in enumerate(months)
    )
    return StockPlan(
        months=rows,
        overdue=sum(line.meters for line in lines if line.month < months[0]),
        too_late=sum(visit.size for visit in plan.unplaced),
        at_once=sum(loads[:lead_months]),
        cost=sum((row.cost for row in rows), Decimal(0)),
    )
