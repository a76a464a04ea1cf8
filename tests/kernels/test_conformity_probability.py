from __future__ import annotations

import doctest
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import integrate, stats

from quanheng.kernels.conformity import (
    BadConformity,
    Limits,
    capability_index,
    conformity_probability,
    probability,
    probability_outside,
    probability_within,
    specific_consumer_risk,
)

finite = st.floats(-50, 50)
positive = st.floats(0.01, 50)
freedom = st.one_of(st.just(np.inf), st.floats(1.5, 1000))


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(probability).failed == 0


# JCGM 106:2012, 7.3.3 (table 1 and examples) and 7.4, printed to two digits there.
@pytest.mark.parametrize(
    ("value", "lower", "upper", "u", "published"),
    [
        (-5.47, None, -5.40, 0.05, 0.92),
        (509.7, 490, None, 8.6, 0.99),
        (13.6, 12.5, 16.3, 1.8, 0.66),
    ],
)
def test_the_examples_of_jcgm_106(value, lower, upper, u, published) -> None:
    assert round(probability_within(value, lower, upper, u), 2) == published


def test_the_table_of_jcgm_106_for_one_limit() -> None:
    z = np.array([0.84, 1.28, 1.64, 2.33, 3.09])
    assert probability_within(z, 0, None, 1).round(3).tolist() == [0.8, 0.9, 0.949, 0.99, 0.999]
    assert probability_within(-z, None, 0, 1).round(3).tolist() == [0.8, 0.9, 0.949, 0.99, 0.999]


def test_a_measured_speed_is_above_the_limit_with_999_in_1000() -> None:
    # JCGM 106:2012, 8.3.3: limit 100 km/h, relative standard uncertainty 2 %, threshold 107 km/h.
    threshold = 100 / (1 - 0.02 * 3.09)
    assert round(threshold) == 107
    assert probability_within(threshold, 100, None, 0.02 * threshold) == pytest.approx(0.999, abs=1e-5)


@given(finite, positive, positive, freedom)
def test_it_is_the_integral_of_the_density(error, mpe, u, nu) -> None:
    within = conformity_probability(error, mpe, u, nu)
    scaled = stats.norm if np.isinf(nu) else stats.t(nu)
    assert within == pytest.approx(scaled.cdf((mpe - error) / u) - scaled.cdf((-mpe - error) / u), abs=1e-12)
    assert within + probability_outside(error, -mpe, mpe, u, nu) == pytest.approx(1, abs=1e-14)


@given(finite, finite, positive, positive, freedom)
def test_a_larger_error_is_never_more_probably_within(first, second, mpe, u, nu) -> None:
    small, large = sorted([abs(first), abs(second)])
    assert conformity_probability(large, mpe, u, nu) <= conformity_probability(small, mpe, u, nu) + 1e-15
    assert conformity_probability(-large, mpe, u, nu) == conformity_probability(large, mpe, u, nu)


@given(finite, positive, positive, freedom, st.floats(0, 20), st.floats(0.001, 1000))
def test_the_unit_changes_nothing(error, mpe, u, nu, resolution, factor) -> None:
    one = probability_within(error, -mpe, mpe, u, nu, resolution)
    other = probability_within(
        error * factor, -mpe * factor, mpe * factor, u * factor, nu, resolution * factor
    )
    assert other == pytest.approx(one, abs=1e-12)


@given(finite, positive, positive, positive, freedom)
def test_the_step_of_the_indication_is_convolved_exactly(error, mpe, u, resolution, nu) -> None:
    assume(0.001 < resolution / u < 1000)
    base = stats.norm if np.isinf(nu) else stats.t(nu)
    kinks = [at for at in (-mpe - error, mpe - error) if abs(at) < resolution / 2]

    def given_step(step: float) -> float:
        return base.cdf((mpe - error - step) / u) - base.cdf((-mpe - error - step) / u)

    edges = sorted([-resolution / 2, *(k + m * u for k in kinks for m in (-8, 0, 8)), resolution / 2])
    edges = [float(np.clip(at, -resolution / 2, resolution / 2)) for at in edges]
    pieces = (
        integrate.quad(given_step, low, high, epsabs=1e-13, epsrel=1e-12)[0] for low, high in pairwise(edges)
    )
    expected = sum(pieces) / resolution
    assert probability_within(error, -mpe, mpe, u, nu, resolution) == pytest.approx(expected, abs=1e-10)


def test_a_step_is_not_the_gaussian_of_its_variance() -> None:
    exact = probability_outside(0.0, -1.0, 1.0, 0.1, resolution=1.8)
    widened = probability_outside(0.0, -1.0, 1.0, np.hypot(0.1, 1.8 / np.sqrt(12)))
    assert exact == pytest.approx(0.0093, abs=1e-4)
    assert widened == pytest.approx(0.0588, abs=1e-4)


@pytest.mark.parametrize("nu", [np.inf, 5.0, 1e8])
@pytest.mark.parametrize("resolution", [1e-9, 0.999999999, 1.0, 1.000000001, 1e3])
def test_narrow_and_wide_steps_meet(nu, resolution) -> None:
    z = np.array([-700.0, -30, -2, 0, 0.3, 2, 30, 700, np.inf, -np.inf])
    low = probability_within(0.0, None, z, 1.0, nu, resolution)
    assert np.all((low >= 0) & (low <= 1) & np.isfinite(low))
    assert np.all(np.diff(low[:8]) >= 0)
    assert low + low[[7, 6, 5, 3, 4, 2, 1, 0, 9, 8]] == pytest.approx(
        [1, 1, 1, 1, low[4] * 2, 1, 1, 1, 1, 1], abs=1e-12
    )


def test_a_tiny_probability_keeps_its_digits_on_both_sides() -> None:
    for side in (-1, 1):
        far = side * 20.0
        expected = stats.norm.sf(19) - stats.norm.sf(21)
        assert probability_within(far, -1, 1, 1.0) == pytest.approx(expected, rel=1e-12)
        assert probability_within(far, -1, 1, 1.0, resolution=2.0) > 0
    assert probability_outside(0.0, -6, 6, 1.0) == pytest.approx(2 * stats.norm.sf(6), rel=1e-12)


def test_many_instruments_at_once() -> None:
    errors = np.array([[0.0, 0.8], [1.2, np.nan]])
    together = conformity_probability(errors, [1.0, 0.5], 0.1, [np.inf, 4])
    alone = [
        [conformity_probability(0.0, 1.0, 0.1), conformity_probability(0.8, 0.5, 0.1, 4)],
        [conformity_probability(1.2, 1.0, 0.1), np.nan],
    ]
    assert together.shape == (2, 2)
    assert together == pytest.approx(np.array(alone), nan_ok=True)


def test_the_probability_is_the_frequency_with_which_the_truth_conforms() -> None:
    # Without prior knowledge: true values spread evenly, those are kept that could have given this reading.
    chance = np.random.default_rng(20260104)
    true = chance.uniform(-4, 4, 4_000_000)
    shown = np.round((true + 0.3 * chance.standard_normal(true.size)) / 0.5) * 0.5
    for reading in (0.5, 1.0, 1.5):
        kept = true[shown == reading]
        stated = probability_within(reading, -1, 1, 0.3, resolution=0.5)
        assert np.mean(np.abs(kept) <= 1) == pytest.approx(stated, abs=5 * np.sqrt(0.25 / kept.size))
    assert probability_within(1.5, -1, 1, 0.3, resolution=0.5) > probability_within(1.5, -1, 1, 0.3) + 0.01


def test_the_risk_of_an_accepted_item_is_what_is_left() -> None:
    risk = specific_consumer_risk(0.9, Limits.symmetric(1.0), 0.05)
    assert risk == pytest.approx(1 - conformity_probability(0.9, 1.0, 0.05))
    assert specific_consumer_risk(0.9, Limits(upper=1.0), 0.05) <= risk


def test_a_third_of_the_mpe_is_a_capability_of_three() -> None:
    # JCGM 106:2012, 8.2.3: U ≤ MPE / 3 with k = 2.
    assert capability_index(Limits.symmetric(1.5), 0.5 / 2) == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"mpe": 0.0}, "最大允许误差应当大于零，这里是 0。"),
        ({"mpe": -1.0}, "最大允许误差应当大于零，这里是 -1。"),
        ({"mpe": np.nan}, "最大允许误差应当大于零"),
        ({"standard_uncertainty": 0.0}, "标准不确定度应当大于零，这里是 0。"),
        ({"standard_uncertainty": [0.1, -0.1]}, "标准不确定度应当大于零，这里是 -0.1。"),
        ({"standard_uncertainty": np.nan}, "标准不确定度应当大于零"),
        ({"standard_uncertainty": np.inf}, "标准不确定度应当大于零"),
        ({"degrees_of_freedom": 0.0}, "自由度应当大于零，这里是 0。"),
    ],
)
def test_what_cannot_be_decided_on_is_refused(arguments, reason) -> None:
    with pytest.raises(BadConformity, match=reason):
        conformity_probability(**{"error": 0.5, "mpe": 1.0, "standard_uncertainty": 0.1} | arguments)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"lower": 2, "upper": 1}, "下限应当不大于上限，这里是 2 和 1。"),
        ({"lower": np.nan, "upper": 1}, "下限应当不大于上限"),
        ({"lower": 0, "upper": 1, "resolution": -1}, "分辨力应当不小于零，这里是 -1。"),
        ({"lower": 0, "upper": 1, "resolution": 2, "degrees_of_freedom": 1}, "自由度应当大于 1"),
    ],
)
def test_limits_and_resolutions_that_are_none_are_refused(arguments, reason) -> None:
    with pytest.raises(BadConformity, match=reason):
        probability_within(0.5, standard_uncertainty=0.1, **arguments)
