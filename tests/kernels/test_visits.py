"""Visits under a budget: the best set by brute force, and what is refused."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.visits import BadVisits, Candidate, expected_unfair_kwh, plan_visits


def best_by_brute_force(candidates: list[Candidate], budget: float, trip: float, meter: float) -> float:
    return max(
        sum(one.value for one in chosen)
        for size in range(len(candidates) + 1)
        for chosen in combinations(candidates, size)
        if len({one.area for one in chosen}) * trip + size * meter <= budget
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 40)), max_size=8),
    st.integers(0, 600),
    st.integers(0, 200),
    st.integers(1, 60),
)
def test_no_other_set_of_visits_avoids_more(
    meters: list[tuple[str, int]], budget: int, trip: int, meter: int
) -> None:
    candidates = [Candidate(f"m{at}", area, value) for at, (area, value) in enumerate(meters)]
    plan = plan_visits(candidates, budget=budget, cost_of_trip=trip, cost_of_meter=meter)
    assert plan.value == pytest.approx(best_by_brute_force(candidates, budget, trip, meter))
    assert plan.cost <= budget + 1e-9
    assert plan.gap == 0
    taken = {key for one in plan.trips for key in one.keys}
    assert taken | set(plan.left_out) == {one.key for one in candidates}
    assert not taken & set(plan.left_out)


def test_two_small_meters_of_one_trip_beat_a_larger_one_alone() -> None:
    candidates = [Candidate("a1", "A", 6), Candidate("a2", "A", 5), Candidate("b1", "B", 8)]
    plan = plan_visits(candidates, budget=140, cost_of_trip=100, cost_of_meter=20)
    assert [(trip.area, trip.keys, trip.value, trip.cost) for trip in plan.trips] == [
        ("A", ("a1", "a2"), 11, 140)
    ]
    assert plan.left_out == ("b1",)
    assert plan.trips[0].rate == pytest.approx(11 / 140)


def test_what_is_avoided_is_energy_times_probability_times_the_mean_size_of_the_error() -> None:
    assert expected_unfair_kwh(1000, -5, 0, 1) == pytest.approx(50)
    assert expected_unfair_kwh(1000, 0, 2, 0.5) == pytest.approx(1000 * 0.5 * 0.02 * 0.7978845608)
    assert expected_unfair_kwh(1000, 5, 1, 0.5) == pytest.approx(25, rel=1e-4)


@pytest.mark.parametrize(
    "given", [(-1, 0, 1, 0.5), (1, 0, -1, 0.5), (1, float("nan"), 1, 0.5), (1, 0, 1, 1.5)]
)
def test_figures_that_are_none_are_refused(given: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadVisits):
        expected_unfair_kwh(*given)


def test_free_visits_a_meter_twice_and_negative_money_are_refused() -> None:
    one = Candidate("a", "A", 1)
    with pytest.raises(BadVisits, match="不能都是 0"):
        plan_visits([one], budget=1, cost_of_trip=0, cost_of_meter=0)
    with pytest.raises(BadVisits, match="两次"):
        plan_visits([one, one], budget=1, cost_of_trip=1, cost_of_meter=1)
    with pytest.raises(BadVisits, match="不小于 0"):
        plan_visits([one], budget=-1, cost_of_trip=1, cost_of_meter=1)
    with pytest.raises(BadVisits, match="没有算出"):
        plan_visits([Candidate("a", "A", float("nan"))], budget=1, cost_of_trip=1, cost_of_meter=1)
