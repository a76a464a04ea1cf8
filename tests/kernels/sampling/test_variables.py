"""Plans by variables: exact characteristics, designs, both verdicts side by side, and what is withheld."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nct, norm

from quanheng.kernels.sampling.plans import BadSampling, Plan, Stage
from quanheng.kernels.sampling.variables import (
    VariablesPlan,
    acceptance_between,
    acceptance_by_variables,
    design_by_variables,
    estimated_fraction,
    k_between,
    k_of_consumer,
)
from quanheng.kernels.sampling.variables_judge import judge_by_variables, normality


@pytest.mark.parametrize(
    ("n", "k", "p"), [(3, 0.5, 0.3), (5, 1.2, 0.1), (42, 1.905285, 0.01), (1000, 1.9, 0.03)]
)
def test_the_s_method_is_the_noncentral_t(n: int, k: float, p: float) -> None:
    expected = nct.sf(k * n**0.5, n - 1, n**0.5 * norm.isf(p))
    assert acceptance_by_variables(VariablesPlan(n, k), p) == pytest.approx(expected, abs=1e-9)


def test_the_sigma_method_is_the_normal_distribution() -> None:
    expected = norm.cdf(10**0.5 * (norm.isf(0.02) - 1.6))
    assert acceptance_by_variables(VariablesPlan(10, 1.6, 2.0), 0.02) == pytest.approx(expected)
    assert acceptance_by_variables(VariablesPlan(10, 1.6), 0.0) == 1
    assert acceptance_by_variables(VariablesPlan(10, 1.6), 1.0) == 0


def test_the_plan_of_the_r_package_meets_its_points() -> None:
    """AQLSchemes, MPn: n = 42, k = 1.905285 for (1 %, 5 %) and (6 %, 10 %) of AcceptanceSampling."""
    plan = VariablesPlan(42, 1.905285)
    assert acceptance_by_variables(plan, 0.01) == pytest.approx(0.95, abs=1e-6)
    assert acceptance_by_variables(plan, 0.06) < 0.10
    assert design_by_variables(0.01, 0.05, 0.06, 0.10).n == 42


@given(st.floats(0.002, 0.05), st.floats(2.0, 8.0), st.floats(0.02, 0.2), st.floats(0.02, 0.2), st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_design_meets_both_points_and_one_item_less_does_not(
    good: float, ratio: float, producer: float, consumer: float, is_known: bool
) -> None:
    bad = min(good * ratio, 0.5)
    sigma = 1.0 if is_known else None
    plan = design_by_variables(good, producer, bad, consumer, sigma=sigma)
    assert acceptance_by_variables(plan, bad) == pytest.approx(consumer, abs=1e-8)
    assert acceptance_by_variables(plan, good) >= 1 - producer - 1e-9
    if plan.n > (1 if is_known else 3):
        less = VariablesPlan(plan.n - 1, k_of_consumer(plan.n - 1, bad, consumer, is_known=is_known), sigma)
        assert acceptance_by_variables(less, good) < 1 - producer


def test_two_limits_are_judged_by_the_sum_of_both_fractions() -> None:
    rng = np.random.default_rng(1)
    plan = VariablesPlan(20, 1.7)
    sample = rng.normal(size=(20_000, 20))
    mean, s = sample.mean(axis=1), sample.std(axis=1, ddof=1)
    z = norm.isf(0.015)
    beyond = estimated_fraction((z - mean) / s, 20, is_known=False) + estimated_fraction(
        (z + mean) / s, 20, is_known=False
    )
    low, high = acceptance_between(plan, 0.03)
    share = float(np.mean(beyond <= plan.most_fraction))
    assert low - 0.01 < share < high + 0.01
    assert low <= acceptance_by_variables(plan, 0.03) <= high


def test_with_two_limits_no_split_exceeds_the_risk() -> None:
    k = k_between(50, 0.08, 0.10)
    assert 0.098 < acceptance_between(VariablesPlan(50, k), 0.08)[1] <= 0.10


def test_a_known_spread_wider_than_the_limits_is_refused() -> None:
    plan = VariablesPlan(20, 1.7, 1.0)
    low, high = acceptance_between(plan, 0.03, half_width=3.0)
    assert low == high == pytest.approx(acceptance_by_variables(plan, 0.03), abs=0.01)
    with pytest.raises(BadSampling, match="限值太窄"):
        acceptance_between(plan, 0.03, half_width=1.5)
    with pytest.raises(BadSampling, match="半宽"):
        acceptance_between(plan, 0.03)


@pytest.mark.parametrize(
    ("n", "k", "sigma"),
    [(2, 1.0, None), (0, 1.0, 1.0), (10, float("nan"), None), (10, 1.0, 0.0), (True, 1.0, 1.0)],
)
def test_numbers_that_are_no_plan_are_refused(n: int, k: float, sigma: float | None) -> None:
    with pytest.raises(BadSampling):
        VariablesPlan(n, k, sigma)


@pytest.mark.parametrize(
    "points", [(0.05, 0.05, 0.05, 0.1), (0.05, 0.05, 0.01, 0.1), (0.0, 0.05, 0.1, 0.1), (0.01, 0.6, 0.1, 0.5)]
)
def test_points_that_no_plan_meets_are_refused(points: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadSampling):
        design_by_variables(*points)
    with pytest.raises(BadSampling, match="5000"):
        design_by_variables(0.0300, 0.05, 0.0301, 0.05)


COUNTING = Plan((Stage(40, 1, 2),))
PLAN = VariablesPlan(40, 1.6)


def _errors(seed: int = 2) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).normal(0.1, 0.6, 40)]


def test_both_verdicts_stand_side_by_side() -> None:
    found = judge_by_variables(PLAN, COUNTING, _errors(), lower=-2, upper=2)
    assert (found.outcome, found.by_variables, found.by_attributes.outcome) == ("accept", "accept", "accept")
    assert found.fraction is not None
    assert found.fraction <= found.most_fraction
    assert "计量" in found.sentence
    assert "计数" in found.sentence
    tight = judge_by_variables(PLAN, COUNTING, _errors(), lower=-0.8, upper=0.8)
    assert (tight.by_variables, tight.outcome) == ("reject", "reject")


def test_variables_may_reject_what_counting_accepts() -> None:
    errors = _errors()
    limit = max(abs(error) for error in errors)  # nothing is outside
    plan = VariablesPlan(40, 2.5)
    found = judge_by_variables(plan, COUNTING, errors, lower=-limit, upper=limit)
    assert (found.outside, found.by_attributes.outcome, found.by_variables) == (0, "accept", "reject")
    assert "两个结论不同" in found.sentence


def test_errors_that_are_not_normal_leave_the_verdict_to_counting() -> None:
    errors = [float(value) for value in np.random.default_rng(3).exponential(0.5, 40)]
    found = judge_by_variables(PLAN, COUNTING, errors, upper=1.2)
    assert found.normality.is_rejected
    assert found.by_variables == "withheld"
    assert found.outcome == found.by_attributes.outcome
    assert "以计数的结论为准" in found.sentence


def test_equal_errors_are_not_normal() -> None:
    found = judge_by_variables(PLAN, COUNTING, [0.5] * 40, lower=-2, upper=2)
    assert (found.by_variables, found.outcome, found.fraction) == ("withheld", "accept", None)


def test_a_value_at_the_limit_conforms() -> None:
    errors = [*_errors()[:39], 2.0]
    assert judge_by_variables(PLAN, COUNTING, errors, lower=-2, upper=2).outside == 0
    assert judge_by_variables(PLAN, COUNTING, errors, lower=-2, upper=1.999).outside == 1


@pytest.mark.parametrize("upper", [0.9, 1.1, 1.4])
def test_one_limit_gives_the_same_verdict_by_k_and_by_fraction(upper: float) -> None:
    found = judge_by_variables(PLAN, COUNTING, _errors(), upper=upper)
    assert found.quality_upper is not None
    assert found.fraction is not None
    assert (found.quality_upper >= PLAN.k) == (found.fraction <= found.most_fraction)


@pytest.mark.parametrize(
    ("errors", "limits", "reason"),
    [
        (_errors()[:39], (-2, 2), "39 个"),
        ([*_errors(), 0.1], (-2, 2), "41 个"),
        ([*_errors()[:39], float("nan")], (-2, 2), "第 40 个值不是数值"),
        (_errors(), (None, None), "至少要给出一个限值"),
        (_errors(), (2, -2), "应小于上限"),
        ([0.1, 0.2], (-2, 2), "至少要有 3 个值"),
    ],
)
def test_bad_samples_are_refused(
    errors: list[float], limits: tuple[float | None, float | None], reason: str
) -> None:
    with pytest.raises(BadSampling, match=reason):
        judge_by_variables(PLAN, COUNTING, errors, lower=limits[0], upper=limits[1])


def test_the_test_of_normality_rejects_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    found = [normality(list(rng.normal(size=30))) for _sample in range(400)]
    for p in ("shapiro_wilk_p", "anderson_darling_p"):
        share = np.mean([getattr(each, p) < 0.05 for each in found])
        assert 0.02 < share < 0.09
    assert not normality(list(norm.ppf((np.arange(1, 31) - 0.5) / 30))).is_rejected
