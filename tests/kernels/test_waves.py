from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.waves import Plan, Visit, least_capacity, smooth

FIRST, LAST = 10, 17
capacities = st.dictionaries(st.integers(FIRST, LAST), st.integers(0, 12), min_size=1)
sizes = st.lists(st.tuples(st.integers(FIRST - 3, LAST + 3), st.integers(1, 30)), max_size=40)


def visits_of(rows: list[tuple[int, int]]) -> list[Visit]:
    return [Visit(at, due_week, size) for at, (due_week, size) in enumerate(rows)]


def sizes_by_key(plan: Plan) -> Counter[object]:
    found: Counter[object] = Counter()
    for one in (*plan.assignments, *plan.unplaced):
        found[one.key] += one.size
    return found


@given(sizes, capacities)
def test_nobody_is_lost_nobody_later_than_due_and_no_week_above_its_capacity(rows, weeks) -> None:
    visits = visits_of(rows)
    plan = smooth(visits, weeks)
    assert sizes_by_key(plan) == Counter({visit.key: visit.size for visit in visits})
    for one in plan.assignments:
        assert one.week <= one.due_week or one.due_week < min(weeks)
        assert one.week in weeks
    loads = Counter(dict.fromkeys(weeks, 0))
    for one in plan.assignments:
        loads[one.week] += one.size
    assert dict(loads) == dict(plan.loads)
    assert all(plan.loads[week] <= weeks[week] for week in weeks)


@given(sizes, capacities)
def test_only_a_visit_larger_than_every_week_is_split(rows, weeks) -> None:
    visits = visits_of(rows)
    plan = smooth(visits, weeks)
    parts = Counter(one.key for one in (*plan.assignments, *plan.unplaced))
    most = max(weeks.values())
    for visit in visits:
        assert parts[visit.key] == 1 or visit.size > most > 0


@given(sizes, capacities)
def test_what_is_unplaced_would_fit_in_no_week_in_time(rows, weeks) -> None:
    plan = smooth(visits_of(rows), weeks)
    for visit in plan.unplaced:
        for week, capacity in weeks.items():
            if week <= visit.due_week or visit.due_week < min(weeks):
                assert capacity - plan.loads[week] < visit.size


@given(
    st.lists(st.integers(FIRST, FIRST + 4), max_size=5),
    st.dictionaries(st.integers(FIRST, FIRST + 3), st.integers(0, 3), min_size=1),
)
def test_visits_of_one_instrument_are_planned_as_well_as_any_plan_could(due_weeks, weeks) -> None:
    """Most placed, and among those the least validity lost: against every possible plan."""
    visits = visits_of([(due_week, 1) for due_week in due_weeks if due_week >= min(weeks)])
    plan = smooth(visits, weeks)
    assert (-len(plan.assignments), plan.lost_weeks) == brute_force(visits, weeks)


def brute_force(visits: list[Visit], weeks: dict[int, int]) -> tuple[int, int]:
    """Return minus the number placed and the weeks lost of the best plan."""
    best = (0, 0)
    choices = [[week for week in weeks if week <= visit.due_week] + [None] for visit in visits]
    for chosen in product(*choices):
        loads = Counter(week for week in chosen if week is not None)
        if all(loads[week] <= weeks[week] for week in loads):
            lost = sum(v.due_week - w for v, w in zip(visits, chosen, strict=True) if w is not None)
            best = min(best, (-sum(loads.values()), lost))
    return best


def test_a_peak_flows_into_the_weeks_before_it_and_no_further() -> None:
    visits = visits_of([(4, 1)] * 5)
    plan = smooth(visits, {1: 2, 2: 2, 3: 2, 4: 2})
    assert plan.loads == {1: 0, 2: 1, 3: 2, 4: 2}
    assert plan.lost_weeks == 2 * 1 + 1 * 2
    assert plan.unplaced == ()


def test_a_week_of_holidays_takes_nobody() -> None:
    assert smooth(visits_of([(3, 2)]), {2: 5, 3: 0}).loads == {2: 2, 3: 0}


def test_the_overdue_come_first_where_that_makes_nobody_else_late() -> None:
    visits = [Visit("late", 0, 1), Visit("later", -3, 1), Visit("in time", 1, 1), Visit("next", 2, 1)]
    plan = smooth(visits, {1: 2, 2: 2})
    weeks = {one.key: one.week for one in plan.assignments}
    assert weeks == {"later": 1, "in time": 1, "late": 2, "next": 2}
    assert plan.lost_weeks == 0


def test_the_overdue_push_others_forward_but_not_over_their_end() -> None:
    visits = [Visit("overdue", 0, 2), Visit("a", 2, 1), Visit("b", 2, 1), Visit("c", 2, 1)]
    plan = smooth(visits, {1: 3, 2: 2})
    assert [(one.key, one.week) for one in plan.assignments] == [("overdue", 1), ("c", 1), ("a", 2), ("b", 2)]


@given(
    st.lists(st.integers(FIRST - 3, LAST), max_size=30),
    st.dictionaries(st.integers(FIRST, LAST), st.integers(0, 5), min_size=1),
)
def test_the_overdue_take_no_week_from_those_in_time(due_weeks, weeks) -> None:
    visits = visits_of([(due_week, 1) for due_week in due_weeks])
    in_time = [visit for visit in visits if visit.due_week >= min(weeks)]
    alone, together = smooth(in_time, weeks), smooth(visits, weeks)
    late = {visit.key for visit in together.unplaced if visit.due_week >= min(weeks)}
    assert len(late) == len(alone.unplaced)


def test_a_market_larger_than_a_week_comes_in_consecutive_parts() -> None:
    plan = smooth([Visit("market", 3, 25)], {1: 10, 2: 10, 3: 10})
    assert [(one.week, one.size) for one in plan.assignments] == [(1, 5), (2, 10), (3, 10)]


def test_who_cannot_come_in_time_is_named_and_not_planned_late() -> None:
    plan = smooth([Visit("a", 1, 2), Visit("b", 1, 2)], {1: 3, 2: 3})
    assert [one.key for one in plan.assignments] == ["a"]
    assert [visit.key for visit in plan.unplaced] == ["b"]


def test_without_weeks_all_are_unplaced() -> None:
    visits = visits_of([(1, 2)])
    assert smooth(visits, {}) == Plan((), tuple(visits), {}, 0)


@pytest.mark.parametrize(
    ("visits", "weeks", "says"),
    [
        ([Visit("a", 1, 1), Visit("a", 2, 1)], {1: 1}, "same key"),
        ([Visit("a", 1, 0)], {1: 1}, "without a size"),
        ([Visit("a", 1, 1)], {1: -1}, "below 0"),
    ],
)
def test_what_makes_no_sense_is_refused(visits, weeks, says) -> None:
    with pytest.raises(ValueError, match=says):
        smooth(visits, weeks)


@given(st.lists(st.integers(FIRST - 2, LAST), max_size=30))
def test_with_the_least_capacity_nobody_is_unplaced_and_with_one_less_somebody_is(due_weeks) -> None:
    visits = visits_of([(due_week, 1) for due_week in due_weeks])
    weeks = range(FIRST, LAST + 1)
    least = least_capacity(visits, dict.fromkeys(weeks, 1.0))
    assert not smooth(visits, dict.fromkeys(weeks, least)).unplaced
    if least:
        assert smooth(visits, dict.fromkeys(weeks, least - 1)).unplaced


def test_a_short_week_counts_by_its_share() -> None:
    visits = visits_of([(2, 1)] * 16)
    assert least_capacity(visits, {1: 1.0, 2: 0.6}) == 10
    assert least_capacity(visits, {1: 0.0, 2: 0.0}) == 0
    assert least_capacity([], {}) == 0
