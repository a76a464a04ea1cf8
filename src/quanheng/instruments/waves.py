"""The wave plan: due work of the coming weeks against what can be done, and who is asked to come when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from quanheng.instruments.due import WEEK, monday
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.models import Appointment, Place, Standing
from quanheng.kernels.dates import WorkingCalendar
from quanheng.kernels.waves import Visit, least_capacity, smooth
from quanheng.parties.models import Party

_WORKDAYS = 5
_SUNDAY = timedelta(days=6)
_DAY = timedelta(days=1)
# place or owner, and its key
Who = tuple[str, int]


@dataclass(frozen=True)
class Due:
    """One instrument that is due."""

    instrument: int
    on: date


@dataclass(frozen=True)
class Ask:
    """One place or owner asked to come in the week of ``week_on`` with these instruments.

    ``due_on`` to ``last_due_on`` are their due dates, ``lost_days`` the validity given up
    [instrument × day]; ``week_on`` is None where no week has room in time.
    """

    who: Who
    name: str
    town: str
    week_on: date | None
    due_on: date
    last_due_on: date
    instruments: tuple[int, ...]
    lost_days: int

    @property
    def token(self) -> str:
        """What a form sends back: it fits no other plan."""
        week = self.week_on.isoformat() if self.week_on else ""
        return f"{self.who[0]}:{self.who[1]}:{week}:{len(self.instruments)}"

    @property
    def is_late(self) -> bool:
        """Whether it ends before the week begins, whatever is planned."""
        return self.week_on is None or self.due_on < self.week_on


@dataclass(frozen=True)
class Week:
    """One week: what ends in it, and what is planned for it [instruments].

    ``due`` counts what ends in it; ``booked`` stands in appointments, ``planned`` is proposed beside them.
    """

    on: date
    workdays: int
    is_certain: bool
    capacity: int
    due: int
    booked: int
    planned: int

    @property
    def load(self) -> int:
        """All that comes in this week."""
        return self.booked + self.planned


@dataclass(frozen=True)
class WavePlan:
    """A plan for the weeks after this one.

    ``capacity`` of a week of five working days, ``least`` the lowest with which all could be in time
    (a bound, see `least_capacity`).  ``behind`` is due before the first week, ``unreachable`` has
    neither a place nor an owner.
    """

    on: date
    capacity: int
    least: int
    weeks: tuple[Week, ...]
    asks: tuple[Ask, ...]
    unplaced: tuple[Ask, ...]
    behind: int
    unreachable: int
    lost_days: int

    @property
    def peak(self) -> Week | None:
        """The week in which most ends; None where nothing does."""
        top = max(self.weeks, key=lambda week: week.due, default=None)
        return top if top and top.due else None

    @property
    def top_load(self) -> int:
        """What the fullest week holds."""
        return max((week.load for week in self.weeks), default=0)


def wave_plan(
    rows: QuerySet[Standing],
    on: date,
    *,
    calendar: WorkingCalendar,
    weeks: int | None = None,
    capacity: int | None = None,
) -> WavePlan:
    """Plan what of ``rows`` (see `due_rows`) is overdue or ends within ``weeks`` weeks after this one.

    Without a ``capacity`` [instruments per week] one with which all are in time is looked for, such that
    no visit up to `whole_visit` comes in parts.
    What one place has due within `gather_days` of its first comes in one visit.  Instruments that are
    asked to come already are not asked again; they take room.
    """
    begin = monday(on) + WEEK
    mondays = [begin + n * WEEK for n in range(weeks or due_choices().plan_weeks)]
    end = mondays[-1] + _SUNDAY
    booked = _booked(begin)
    found = rows.filter(due_on__lte=end).exclude(instrument__in=_asked(on)).order_by("due_on", "pk")
    by_who, unreachable = _by_who(found)
    visits = _visits(by_who, on)
    ends = {week: _last_workday(week, calendar) for week in mondays}
    shares = {n: _share(week, calendar) for n, week in enumerate(mondays)}
    by_key = {n: dues for n, (_who, dues) in enumerate(visits)}
    asked = [Visit(n, _due_week(dues[0].on, begin, ends), len(dues)) for n, dues in by_key.items()]
    taken = {n: booked.get(week, 0) for n, week in enumerate(mondays)}
    least = max(least_capacity(asked, shares), 1)
    most = _enough(asked, shares, taken, least) if capacity is None else capacity
    room = _room(most, shares)
    plan = smooth(asked, {n: max(0, room[n] - taken[n]) for n in room})
    placed = [(one.key, mondays[one.week], one.size) for one in plan.assignments]
    left = [(visit.key, None, visit.size) for visit in plan.unplaced]
    asks = _asks([*placed, *left], visits, ends)
    due_in = Counter(monday(due.on) for _who, dues in visits for due in dues)
    return WavePlan(
        on=on,
        capacity=most,
        least=least,
        weeks=tuple(
            Week(
                on=week,
                workdays=sum(calendar.is_workday(week + n * _DAY) for n in range(7)),
                is_certain=calendar.covers(week) and calendar.covers(week + _SUNDAY),
                capacity=room[n],
                due=due_in[week],
                booked=booked.get(week, 0),
                planned=plan.loads[n],
            )
            for n, week in enumerate(mondays)
        ),
        asks=tuple(ask for ask in asks if ask.week_on),
        unplaced=tuple(ask for ask in asks if not ask.week_on),
        behind=sum(count for week, count in due_in.items() if week < begin),
        unreachable=unreachable,
        lost_days=sum(ask.lost_days for ask in asks),
    )


def _room(capacity: int, shares: Mapping[int, float]) -> dict[int, int]:
    # A share such as 0.6 is a little below what it should be.
    return {n: int(capacity * share + 1e-9) for n, share in shares.items()}


def _enough(asked: Sequence[Visit], shares: Mapping[int, float], taken: Mapping[int, int], least: int) -> int:
    """Return the first capacity, in steps of a twentieth from ``least``, with which all find room.

    Not less than the largest visit, as far as `whole_visit`.  Visits that are not split, and weeks that
    are booked, need more than the bound; where even three times as much is not enough, the bound itself.
    """
    largest = max((visit.size for visit in asked), default=0)
    least = max(least, min(largest, due_choices().whole_visit))
    step = max(1, least // 20)
    for capacity in range(least, 3 * least + 1, step):
        room = _room(capacity, shares)
        if not smooth(asked, {n: max(0, room[n] - taken[n]) for n in room}).unplaced:
            return capacity
    return least


def _asked(on: date) -> QuerySet[Appointment, Any]:
    """Return the instruments that an appointment of this week or later names."""
    rows = Appointment.objects.filter(cancelled_at=None, week_on__gte=monday(on))
    return rows.filter(instruments__isnull=False).values("instruments")


def _booked(begin: date) -> dict[date, int]:
    rows = Appointment.objects.filter(cancelled_at=None, week_on__gte=begin).order_by()
    return dict(rows.values_list("week_on").annotate(Count("instruments")))


def _by_who(rows: QuerySet[Standing]) -> tuple[dict[Who, list[Due]], int]:
    """Return what is due by place, else by owner, in the order of the days; and how much is with neither."""
    found: dict[Who, list[Due]] = defaultdict(list)
    unreachable = 0
    for pk, place, owner, due_on in rows.values_list("pk", "place_id", "owner_id", "due_on").iterator():
        if place is None and owner is None:
            unreachable += 1
        elif due_on is not None:  # as all of these rows
            who = ("place", place) if place is not None else ("owner", owner)
            found[who].append(Due(pk, due_on))
    return found, unreachable


def _visits(by_who: Mapping[Who, Sequence[Due]], on: date) -> list[tuple[Who, list[Due]]]:
    """Gather what is due close together into one visit."""
    span = timedelta(days=due_choices().gather_days)
    visits: list[tuple[Who, list[Due]]] = []
    for who, dues in by_who.items():
        until = date.min
        for due in dues:
            if due.on > until:
                visits.append((who, []))
                until = max(due.on, on) + span
            visits[-1][1].append(due)
    return visits


def _last_workday(week: date, calendar: WorkingCalendar) -> date:
    """Return the last day worked in the week of this Monday; its Sunday where none is."""
    days = [week + n * _DAY for n in range(7)]
    return max((day for day in days if calendar.is_workday(day)), default=days[-1])


def _share(week: date, calendar: WorkingCalendar) -> float:
    """Return what part of a full week is worked; a make-up workday at the weekend does not exceed it."""
    worked = sum(calendar.is_workday(week + n * _DAY) for n in range(7))
    return min(worked, _WORKDAYS) / _WORKDAYS


def _due_week(due_on: date, begin: date, ends: Mapping[date, date]) -> int:
    """Return the number of the last week of which every working day is in time."""
    week = monday(due_on)
    n = (week - begin).days // WEEK.days
    return n if ends.get(week, week + _SUNDAY) <= due_on else n - 1


def _asks(
    placed: Iterable[tuple[object, date | None, int]],
    visits: Sequence[tuple[Who, Sequence[Due]]],
    ends: Mapping[date, date],
) -> list[Ask]:
    """Name who comes; of a visit in parts, what ends first comes first."""
    whos = {who for who, _dues in visits}
    names = _names(whos)
    taken: dict[object, int] = defaultdict(int)
    asks = []
    for key, week, size in sorted(placed, key=lambda one: (one[1] or date.max, str(one[0]))):
        who, dues = visits[int(str(key))]
        part = dues[taken[key] : taken[key] + size]
        taken[key] += size
        lost = sum(max(0, (due.on - ends[week]).days) for due in part) if week else 0
        ids = tuple(due.instrument for due in part)
        asks.append(Ask(who, *names[who], week, part[0].on, part[-1].on, ids, lost))
    return sorted(asks, key=lambda ask: (ask.week_on or date.max, ask.due_on, ask.name))


def _names(whos: Iterable[Who]) -> dict[Who, tuple[str, str]]:
    """Return name and town of each."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for what, key in whos:
        wanted[what].append(key)
    found: dict[Who, tuple[str, str]] = {}
    for what, model in (("place", Place), ("owner", Party)):
        rows = model.objects.values_list("pk", "name", "town__name")
        # A list of a hundred thousand keys is no query for a database; all names are.
        keys = wanted[what]
        chosen = rows.filter(pk__in=keys) if len(keys) <= 1000 else rows  # noqa: PLR2004
        found |= {(what, pk): (name, town or "") for pk, name, town in chosen}
    return found
