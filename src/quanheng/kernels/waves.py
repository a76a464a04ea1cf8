"""Peaks of due work smoothed: who is asked to come in which week.

Weeks are whole numbers in the order of time; what a number stands for is the caller's.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Visit(NamedTuple):
    """One place or owner that comes, or is visited, as one: ``size`` [instruments], due in ``due_week``."""

    key: Hashable
    due_week: int
    size: int


class Assignment(NamedTuple):
    """``size`` instruments of a visit in ``week``; only a visit larger than any week has several."""

    key: Hashable
    week: int
    size: int
    due_week: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Who comes when.

    ``unplaced`` names what no week had room for in time; ``loads`` are the instruments of each week;
    ``lost_weeks`` is the validity that is given up [instrument × week].
    """

    assignments: tuple[Assignment, ...]
    unplaced: tuple[Visit, ...]
    loads: Mapping[int, int]
    lost_weeks: int


def smooth(visits: Sequence[Visit], capacities: Mapping[int, int]) -> Plan:
    """Spread visits over weeks so that no week has more than it can do, as little early as possible.

    Parameters
    ----------
    visits
        Keys that differ, sizes above 0.  A visit is not split unless no week could hold it whole; then
        it comes in parts of the largest capacity, and the rest.
    capacities
        Week → what can be done in it [instruments]; 0 where nobody works.  Other weeks are not used.

    Returns
    -------
    Plan
        No visit later than its due week, except those that were overdue before the first week.

    Notes
    -----
    1. Admission, in the order of due weeks: as much as fits into the weeks up to each due week.  What
       does not fit is left out where it is due, and not where it would push another over its end.
    2. The overdue, longest overdue first, each into the earliest week with room, as long as the weeks up
       to every later due week still hold what was admitted: they are first, but make nobody late.
    3. Weeks backward from the last, each filled with what is due in it or later, the longest waiting
       first: earliest due date first, mirrored in time.
    4. What remains is tried once more wherever there is room, the latest week first (overdue: the
       earliest).

    For visits of equal size 1 and 3 place as many as can be in time, with the least validity lost, and
    4 changes nothing for them.  Visits of different sizes are a bin packing problem, where all of this
    is a heuristic: a smaller visit takes room that a larger one ahead of it cannot use, and where 2 before
    3 leaves more in-time visits without room than 3 before 2, the overdue come after all.

    Raises
    ------
    ValueError
        Equal keys, sizes or capacities that are none.
    """
    _refuse_bad(visits, capacities)
    if not capacities:
        return Plan((), tuple(visits), {}, 0)
    first, most = min(capacities), max(capacities.values())
    parts = [part for visit in visits for part in _parts(visit, most)]
    in_time = sorted((part for part in parts if part.due_week >= first), key=_urgency)
    overdue = sorted((part for part in parts if part.due_week < first), key=_urgency)
    plans = [
        _planned(in_time, overdue, capacities, overdue_first=overdue_first) for overdue_first in (True, False)
    ]
    return min(plans, key=lambda plan: _left_out(plan, first))


def _planned(
    in_time: Sequence[Visit],
    overdue: Sequence[Visit],
    capacities: Mapping[int, int],
    *,
    overdue_first: bool,
) -> Plan:
    room = dict(capacities)
    admitted, left = _admitted(in_time, capacities)
    first_come, behind = _overdue_first(overdue, admitted, room) if overdue_first else ([], overdue)
    placed, waiting = _backward(admitted, room)
    left = sorted([*left, *waiting], key=_urgency)
    late, unplaced = _wherever_room(left, room, latest_first=True)
    then, never = _wherever_room(behind, room, latest_first=False)
    every = [*first_come, *placed, *late, *then]
    assignments = tuple(sorted(every, key=lambda one: (one.week, one.due_week)))
    loads = {week: capacities[week] - room[week] for week in sorted(capacities)}
    lost = sum(max(0, one.due_week - one.week) * one.size for one in assignments)
    return Plan(assignments, (*unplaced, *never), loads, lost)


def _left_out(plan: Plan, first: int) -> tuple[int, int]:
    """Return how much in time, and how much in all, finds no room."""
    in_time = sum(visit.size for visit in plan.unplaced if visit.due_week >= first)
    return in_time, sum(visit.size for visit in plan.unplaced)


def least_capacity(visits: Sequence[Visit], shares: Mapping[int, float]) -> int:
    """Return the capacity of a full week below which somebody must be too late [instruments].

    ``shares`` says what part of a full week each week is, 0 to 1.  The overdue need room within the
    weeks as a whole.  It is a lower bound: visits that are not split may need somewhat more.
    """
    first = min(shares, default=0)
    due: dict[int, int] = {}
    for visit in visits:
        week = min(visit.due_week, max(shares, default=0)) if visit.due_week >= first else first - 1
        due[week] = due.get(week, 0) + visit.size
    overdue, needed, size, share = due.pop(first - 1, 0), 0, 0, 0.0
    for week in sorted(shares):
        size, share = size + due.get(week, 0), share + shares[week]
        if share:
            needed = max(needed, _ceiling(size / share))
    return max(needed, _ceiling((size + overdue) / share)) if share else 0


def _ceiling(value: float) -> int:
    # A sum of shares such as 0.6 is a little above or below what it should be.
    return -int(-(value - 1e-9) // 1)


def _refuse_bad(visits: Sequence[Visit], capacities: Mapping[int, int]) -> None:
    if len({visit.key for visit in visits}) != len(visits):
        raise ValueError("two visits bear the same key")
    if bad := [visit for visit in visits if visit.size <= 0]:
        raise ValueError(f"visits without a size: {bad[:3]}")
    if below := {week: size for week, size in capacities.items() if size < 0}:
        raise ValueError(f"capacities below 0: {below}")


def _urgency(visit: Visit) -> tuple[int, int]:
    return visit.due_week, -visit.size


def _parts(visit: Visit, most: int) -> list[Visit]:
    """Return the visit; in parts where no week could hold it whole."""
    if most == 0 or visit.size <= most:
        return [visit]
    whole, rest = divmod(visit.size, most)
    return [visit._replace(size=most)] * whole + ([visit._replace(size=rest)] if rest else [])


def _admitted(in_time: Sequence[Visit], capacities: Mapping[int, int]) -> tuple[list[Visit], list[Visit]]:
    """Return what the weeks up to each due week can hold together, and the rest; both by urgency."""
    weeks = sorted(capacities)
    admitted: list[Visit] = []
    left: list[Visit] = []
    at, held, size = 0, 0, 0
    for visit in in_time:
        while at < len(weeks) and weeks[at] <= visit.due_week:
            held, at = held + capacities[weeks[at]], at + 1
        fits = size + visit.size <= held
        (admitted if fits else left).append(visit)
        size += visit.size * fits
    return admitted, left


def _overdue_first(
    overdue: Sequence[Visit], admitted: Sequence[Visit], room: dict[int, int]
) -> tuple[list[Assignment], list[Visit]]:
    """Place each in the earliest week that the admitted can spare; ``room`` is used up."""
    weeks = sorted(room)
    # What is free up to each week once all that cannot wait for the next one has come.
    spare, held, at = [], 0, 0
    for week, following in zip(weeks, [*weeks[1:], None], strict=True):
        held += room[week]
        while at < len(admitted) and (following is None or admitted[at].due_week < following):
            held, at = held - admitted[at].size, at + 1
        spare.append(held)
    placed: list[Assignment] = []
    kept: list[Visit] = []
    for visit in overdue:
        found = None
        for n in reversed(range(len(weeks))):
            if spare[n] < visit.size:
                break
            if room[weeks[n]] >= visit.size:
                found = n
        if found is None:
            kept.append(visit)
            continue
        room[weeks[found]] -= visit.size
        spare[found:] = [size - visit.size for size in spare[found:]]
        placed.append(Assignment(visit.key, weeks[found], visit.size, visit.due_week))
    return placed, kept


def _backward(admitted: Sequence[Visit], room: dict[int, int]) -> tuple[list[Assignment], list[Visit]]:
    """Fill the weeks from the last to the first; ``room`` is used up."""
    placed: list[Assignment] = []
    coming = list(admitted)
    waiting: list[Visit] = []
    for week in sorted(room, reverse=True):
        begun = len(coming)
        while begun and coming[begun - 1].due_week >= week:
            begun -= 1
        # Within a due week the larger come first: they find room less easily.
        waiting += sorted(coming[begun:], key=lambda visit: (-visit.due_week, -visit.size))
        del coming[begun:]
        kept = []
        for visit in waiting:
            if visit.size <= room[week]:
                room[week] -= visit.size
                placed.append(Assignment(visit.key, week, visit.size, visit.due_week))
            else:
                kept.append(visit)
        waiting = kept
    return placed, waiting


def _wherever_room(
    visits: Sequence[Visit], room: dict[int, int], *, latest_first: bool
) -> tuple[list[Assignment], list[Visit]]:
    """Place each in the latest week in time, or in the earliest of all; ``room`` is used up."""
    placed: list[Assignment] = []
    unplaced: list[Visit] = []
    weeks = sorted(room, reverse=latest_first)
    for visit in visits:
        week = next(
            (
                week
                for week in weeks
                if room[week] >= visit.size and (week <= visit.due_week or not latest_first)
            ),
            None,
        )
        if week is None:
            unplaced.append(visit)
        else:
            room[week] -= visit.size
            placed.append(Assignment(visit.key, week, visit.size, visit.due_week))
    return placed, unplaced
