"""What is due: counts over `Standing`, each by one grouped query, whatever the number of instruments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, QuerySet

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import Appointment, Standing
from quanheng.instruments.selectors import ListQuery, due_conditions, narrowed, standings_visible
from quanheng.kernels.dates import DueDay, add_months
from quanheng.regulations.packaged import kind_name, working_calendar

WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DueCounts:
    """Instruments with a due date: overdue (red), due soon (amber), later (green)."""

    overdue: int = 0
    soon: int = 0
    later: int = 0

    def __add__(self, other: DueCounts) -> DueCounts:
        return DueCounts(self.overdue + other.overdue, self.soon + other.soon, self.later + other.later)

    @property
    def total(self) -> int:
        """All with a due date."""
        return self.overdue + self.soon + self.later


@dataclass(frozen=True)
class Reminder:
    """Instruments whose last day lies ``first`` to ``last``: at most ``days`` ahead, and not in a shorter band."""

    days: int
    first: date
    last: date
    count: int


@dataclass(frozen=True)
class Overview:
    """What is due in all, by town, by kind, and where the overdue stand.

    ``month_to`` is the end of this month, ``this_month`` what is due from today to it; ``to_apply`` what
    must be applied for by today, which is due by ``apply_by``.
    """

    on: date
    counts: DueCounts
    by_town: Mapping[int | None, DueCounts]
    by_kind: Mapping[str, DueCounts]
    overdue_by_setting: Mapping[str, int]
    month_to: date
    this_month: int
    reminders: tuple[Reminder, ...]
    apply_by: DueDay
    to_apply: int


def due_rows(user: User | None, query: ListQuery, on: date) -> QuerySet[Standing]:
    """Return what has a due date, of this person's scope (``user`` None: of the whole county)."""
    rows = Standing.objects.all() if user is None else standings_visible(user, "instruments.view_due")
    return narrowed(rows, query, on).filter(due_on__isnull=False)


def overview(rows: QuerySet[Standing], on: date) -> Overview:
    """Count ``rows`` (see `due_rows`) as of ``on``."""
    by_town: dict[int | None, DueCounts] = defaultdict(DueCounts)
    by_kind: dict[str, DueCounts] = defaultdict(DueCounts)
    for (town, kind), counts in _counted(rows, ("town", "kind"), on):
        by_town[town] += counts
        by_kind[kind] += counts
    choices, calendar = due_choices(), working_calendar()
    apply_by = calendar.due_day(on, choices.application_workdays)
    month_to = month_end(on)
    last = max(on + timedelta(days=choices.reminder_days[0]), apply_by.on, month_to)
    by_day = due_by_day(rows, on, last)
    return Overview(
        on=on,
        counts=sum(by_kind.values(), DueCounts()),
        by_town=dict(by_town),
        by_kind=dict(by_kind),
        overdue_by_setting=_overdue_by_setting(rows, on),
        month_to=month_to,
        this_month=_between(by_day, on, month_to),
        reminders=tuple(_reminders(by_day, on, choices.reminder_days)),
        apply_by=apply_by,
        to_apply=_between(by_day, on, apply_by.on),
    )


def counts_by_place(rows: QuerySet[Standing], on: date) -> dict[int, DueCounts]:
    """Count by place; what stands in no place is left out."""
    found = _counted(rows.filter(place__isnull=False), ("place",), on)
    return {place: counts for (place,), counts in found}


def due_by_day(rows: QuerySet[Standing], first: date, last: date) -> dict[date, int]:
    """Count what is due on each day from ``first`` to ``last``; days with nothing are left out."""
    found = rows.filter(due_on__gte=first, due_on__lte=last).order_by()
    return dict(found.values_list("due_on").annotate(Count("pk")))


@dataclass(frozen=True)
class Expiry:
    """One kind in one month: what ends first, and what ends again if it is verified in time until then."""

    first: int = 0
    again: int = 0

    @property
    def total(self) -> int:
        """All that is to be verified in the month."""
        return self.first + self.again


def forecast(rows: QuerySet[Standing], on: date, months: int) -> dict[tuple[str, date], Expiry]:
    """Return by kind and first day of a month what ends in it, for ``months`` months from that of ``on``.

    Each instrument counts with its due date and then again after every period of its rule, as if it
    were verified on its last day.  The overdue count as verified ``on``, and not as ending.
    """
    begin = on.replace(day=1)
    end = add_months(begin, months)
    grouped = rows.filter(due_on__lt=end).order_by().values_list("kind", "due_on", "period_months")
    counts: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0])
    for kind, due_on, period, count in grouped.annotate(Count("pk")):
        if due_on >= on:
            counts[kind, due_on.replace(day=1)][0] += count
        for again in _repeats(max(due_on, on), period, end):
            counts[kind, again.replace(day=1)][1] += count
    return {key: Expiry(*value) for key, value in counts.items()}


def _repeats(base: date, period: int | None, end: date) -> Iterator[date]:
    n = 1
    while period and (again := add_months(base, n * period)) < end:
        yield again
        n += 1


@dataclass(frozen=True)
class DueToday:
    """What waits for one person; each is 0 where the person has nothing to do with it."""

    submitted: int
    returned: int
    overdue: int
    overdue_since: date | None
    within_days: int
    soon: int
    appointments: int
    week_on: date


def due_today(user: User) -> DueToday | None:
    """Return what of due work and filing needs this person today; None without a permission for it."""
    if not scope_of(user, "instruments.view_due"):
        return None
    on = clock.today()
    days = due_choices().reminder_days[-1]
    rows = due_rows(user, ListQuery(), on)
    found = due_by_day(rows, date.min, on + timedelta(days=days))
    late = [day for day in found if day < on]
    return DueToday(
        submitted=_filings(user, "instruments.review", Filing.SUBMITTED),
        returned=_filings(user, "instruments.register", Filing.RETURNED),
        overdue=sum(found[day] for day in late),
        overdue_since=min(late, default=None),
        within_days=days,
        soon=sum(count for day, count in found.items() if day >= on),
        appointments=appointments_visible(user).filter(week_on=monday(on)).count(),
        week_on=monday(on),
    )


def _filings(user: User, permission: str, filing: Filing) -> int:
    if not scope_of(user, permission):
        return 0
    return narrowed(standings_visible(user, permission), ListQuery(filing=filing), clock.today()).count()


def appointments_visible(user: User) -> QuerySet[Appointment]:
    """Return the appointments that stand, of this person's scope, by week.

    With their ``size`` [instruments] and ``last_due_on``, the latest due date among them.
    """
    rows = Appointment.objects.filter(cancelled_at=None).select_related("place", "place__town", "owner")
    rows = rows.annotate(size=Count("instruments"), last_due_on=Max("instruments__standing__due_on"))
    if scope_of(user, "instruments.view_due").is_all:
        return rows
    seen = standings_visible(user, "instruments.view_due").values("pk")
    # Not a second filter on the joined table: the size is that of the whole appointment.
    return rows.filter(pk__in=Appointment.objects.filter(instruments__in=seen).values("pk"))


def monday(day: date) -> date:
    """Return the Monday of the week of ``day``."""
    return day - timedelta(days=day.weekday())


def month_end(day: date) -> date:
    """Return the last day of the month of ``day``."""
    return add_months(day.replace(day=1), 1) - _DAY


def due_kinds() -> list[str]:
    """Return the codes of the kinds of which something is due, by name."""
    found = Standing.objects.filter(due_on__isnull=False).order_by().values_list("kind", flat=True).distinct()
    return sorted((code for code in found if kind_name(code)), key=kind_name)


def _counted(
    rows: QuerySet[Standing], by: tuple[str, ...], on: date
) -> Iterator[tuple[tuple[Any, ...], DueCounts]]:
    conditions = due_conditions(on)
    wanted = {f"n_{word}": Count("pk", filter=conditions[word]) for word in ("overdue", "soon", "later")}
    for row in rows.order_by().values_list(*by).annotate(**wanted):
        yield row[: len(by)], DueCounts(*row[len(by) :])


def _overdue_by_setting(rows: QuerySet[Standing], on: date) -> dict[str, int]:
    """Return where the overdue stand, most first; the empty setting is that of no place."""
    found = rows.filter(due_on__lt=on).order_by().values_list("place__setting").annotate(Count("pk"))
    by_setting = {setting or "": count for setting, count in found}
    return dict(sorted(by_setting.items(), key=lambda item: -item[1]))


def _reminders(by_day: Mapping[date, int], on: date, days: Iterable[int]) -> Iterator[Reminder]:
    begin = on
    for limit in sorted(days):
        last = on + timedelta(days=limit)
        yield Reminder(limit, begin, last, _between(by_day, begin, last))
        begin = last + _DAY


def _between(by_day: Mapping[date, int], first: date, last: date) -> int:
    return sum(count for day, count in by_day.items() if first <= day <= last)
