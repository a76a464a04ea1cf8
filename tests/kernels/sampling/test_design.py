"""Computed plans hold their risks, and no smaller plan does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from quanheng.kernels.sampling.characteristic import (
    acceptance_of_lots,
    acceptance_probability,
    at_least,
    at_most,
    average_sample_number,
)
from quanheng.kernels.sampling.design import design_double, design_sequential, design_single
from quanheng.kernels.sampling.plans import BadSampling, single

RISKS = {"limiting_quality": 0.08, "consumer_risk": 0.1, "producer_quality": 0.02, "producer_risk": 0.05}


@pytest.mark.parametrize("size", [10, 300, 1200, 5000])
def test_no_smaller_single_plan_holds_both_risks(size: int) -> None:
    plan = design_single(size, **RISKS)
    n, c = np.meshgrid(np.arange(1, plan.total + 1), np.arange(12))
    worst = stats.hypergeom.cdf(c, size, at_least(0.08, size), n)
    best = stats.hypergeom.cdf(c, size, at_most(0.02, size), n)
    holds = (worst <= 0.1 + 1e-12) & (best >= 0.95 - 1e-12)
    assert holds[plan.stages[0].accept, -1]
    assert not holds[:, :-1].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 10**6), st.integers(0, 6))
def test_the_sample_of_an_acceptance_number_is_the_smallest(size: int, c: int) -> None:
    bad = at_least(0.3, size)
    if c >= bad:
        return
    n = design_single(size, limiting_quality=0.3, consumer_risk=0.1, accept=c).total
    assert acceptance_of_lots(single(n, c), [bad], size)[0] <= 0.1 + 1e-12
    if n > c + 1:
        assert acceptance_of_lots(single(n - 1, c), [bad], size)[0] > 0.1 + 1e-12


def test_a_double_plan_holds_both_risks_with_fewer_items() -> None:
    plan = design_double(None, **RISKS)
    assert acceptance_probability(plan, 0.08) <= 0.1
    assert acceptance_probability(plan, 0.02) >= 0.95
    assert average_sample_number(plan, 0.02) < design_single(None, **RISKS).total


def test_a_sequential_plan_nearly_holds_them_with_fewer_still() -> None:
    plan = design_sequential(**RISKS)
    assert acceptance_probability(plan, 0.08) == pytest.approx(0.1, abs=0.01)
    assert acceptance_probability(plan, 0.02) == pytest.approx(0.95, abs=0.015)
    assert average_sample_number(plan, 0.02) < 0.7 * design_single(None, **RISKS).total
    assert design_sequential(**RISKS, truncated_at=60).total <= 60


@pytest.mark.parametrize(
    ("size", "changed", "words"),
    [
        (None, {"producer_quality": 0.08}, "应小于极限质量"),
        (None, {"consumer_risk": 0.0}, "0 到 1"),
        (None, {"producer_risk": None}, "要么都给"),
        (None, {"producer_quality": 0.0799}, "不能同时满足"),
        (100, {"accept": 8}, "全检也会接收"),
        (1200, {"accept": 0}, "只有"),
    ],
)
def test_what_cannot_be_held_is_refused(size: int | None, changed: dict[str, float], words: str) -> None:
    with pytest.raises(BadSampling, match=words):
        design_single(size, **(RISKS | changed))  # type: ignore[arg-type]
