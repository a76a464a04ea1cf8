"""The characteristics are exact: against published points, whole numbers and scipy."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from quanheng.kernels.sampling.characteristic import (
    acceptance_curve,
    acceptance_of_lots,
    acceptance_probability,
    average_sample_number,
    nearest,
    outgoing_of_lots,
)
from quanheng.kernels.sampling.plans import BadSampling, Plan, Stage, double, single

EU_76_211 = double(50, 2, 5, 50, 6, 7)


def walked(plan: Plan, p: Fraction, stage: int = 0, found: int = 0) -> tuple[Fraction, Fraction]:
    """P(accept) and the mean number from here on, by walking every result of every stage."""
    now = plan.stages[stage]
    accept, mean = Fraction(0), Fraction(now.n)
    for new in range(now.n + 1):
        q = comb(now.n, new) * p**new * (1 - p) ** (now.n - new)
        if found + new <= now.accept:
            accept += q
        elif found + new < now.reject:
            more = walked(plan, p, stage + 1, found + new)
            accept, mean = accept + q * more[0], mean + q * more[1]
    return accept, mean


def test_the_published_binomial_points_are_met(shared: Path) -> None:
    points = json.loads((shared / "sampling/oc_points.json").read_text(encoding="utf-8"))["points"]
    for point in points:
        found = acceptance_probability(single(point["n"], point["ac"]), point["p"])
        assert found == pytest.approx(point["pa_binomial"], rel=1e-12)


def test_the_published_lots_are_met_to_every_printed_digit(shared: Path) -> None:
    with (shared.parent / "domain/oc_check.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    for row in rows:
        plan, p = single(int(row["n"]), int(row["c"])), float(row["p_bad"])
        assert f"{acceptance_probability(plan, p):.4f}" == row["P_accept_binomial"]
        assert f"{acceptance_probability(plan, p, int(row['N'])):.4f}" == row["P_accept_hypergeom"]


@pytest.mark.parametrize(
    ("size", "bad", "n", "c"),
    [(1_000_000, 30_000, 500, 10), (35_000, 2000, 200, 10), (1000, 900, 80, 3), (2000, 200, 1000, 90)],
)
def test_a_lot_agrees_with_whole_numbers(size: int, bad: int, n: int, c: int) -> None:
    ways = sum(comb(bad, d) * comb(size - bad, n - d) for d in range(c + 1))
    exact = float(Fraction(ways, comb(size, n)))
    assert acceptance_of_lots(single(n, c), [bad], size)[0] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    "plan", [double(5, 0, 2, 6, 2), Plan((Stage(3, -1, 2), Stage(2, 0, 3), Stage(4, 3, 4)))]
)
def test_stages_agree_with_a_walk_over_every_result(plan: Plan) -> None:
    for p in (Fraction(1, 50), Fraction(1, 5), Fraction(1, 2)):
        accept, mean = walked(plan, p)
        assert acceptance_probability(plan, float(p)) == pytest.approx(float(accept), rel=1e-12)
        assert average_sample_number(plan, float(p)) == pytest.approx(float(mean), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), st.integers(0, 12), st.integers(0, 400))
def test_better_lots_are_accepted_more_often(n: int, c: int, seed: int) -> None:
    size = 200 + seed
    plan = single(n, min(c, n - 1))
    curve = acceptance_of_lots(plan, np.arange(0, size + 1, 7), size)
    assert curve[0] == pytest.approx(1.0, abs=1e-12)
    assert (np.diff(curve) <= 1e-12).all()
    assert (np.diff(acceptance_curve(plan, np.linspace(0, 1, 50))) <= 1e-12).all()


def test_a_large_lot_is_nearly_a_process() -> None:
    p = np.linspace(0, 0.2, 21)
    for plan in (single(50, 2), EU_76_211):
        assert acceptance_curve(plan, p, 10**7) == pytest.approx(acceptance_curve(plan, p), abs=2e-5)


def test_nonconformities_follow_the_poisson_distribution() -> None:
    plan = single(20, 21, counts_nonconformities=True)
    assert acceptance_probability(plan, 0.65) == pytest.approx(stats.poisson.cdf(21, 13), rel=1e-12)
    with pytest.raises(BadSampling, match="泊松"):
        acceptance_probability(plan, 0.65, 500)


def test_what_rectifying_leaves_is_what_was_not_found() -> None:
    left, inspected = outgoing_of_lots(single(50, 1), [0, 60, 1200], 1200)
    accept = stats.hypergeom.pmf([0, 1], 1200, 60, 50)
    assert left == pytest.approx([0, (60 * accept[0] + 59 * accept[1]) / 1200, 0])
    assert inspected == pytest.approx([50, 50 * accept.sum() + 1200 * (1 - accept.sum()), 1200])


def test_a_whole_lot_is_known_after_it_was_inspected() -> None:
    assert acceptance_of_lots(single(30, 2), [2, 3], 30).tolist() == [1.0, 0.0]


def test_a_fraction_of_a_lot_is_the_nearest_whole_number() -> None:
    assert nearest([0.07, 0.0149], 100).tolist() == [7, 1]


@pytest.mark.parametrize(("fraction", "size"), [(-0.1, None), (1.1, None), (float("nan"), None), (0.1, 20)])
def test_nonsense_is_refused(fraction: float, size: int | None) -> None:
    with pytest.raises(BadSampling):
        acceptance_probability(single(50, 1), fraction, size)
