from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import optimize, special, stats

from quanheng.kernels.conformity import (
    ILAC_G8_RULES,
    STATEMENT_NAMES,
    BadConformity,
    GuardRule,
    Limits,
    NormalPrior,
    Statement,
    TabulatedPrior,
    acceptance_when_rounded,
    conforms,
    global_guard_band,
    global_risks,
    guard,
    judging,
    optimal_guard_band,
    posterior_probability,
    probability_outside,
    probability_within,
    rejection_guard_band,
    specific_consumer_risk,
    specific_guard_band,
    statements,
)
from quanheng.kernels.rounding import BadRounding, round_array

risks = st.floats(1e-6, 0.5)
uncertainties = st.floats(0.001, 10)
sides = st.sampled_from([Limits(upper=1.0), Limits(lower=-1.0), Limits(-1, 1), Limits(0, 1e4)])


def test_the_examples_of_the_docstrings_hold() -> None:
    assert [doctest.testmod(module).failed for module in (guard, judging)] == [0, 0]


# ILAC-G8:09/2019, table of guard bands: the stated risk is that of one limit at the acceptance limit, k = 2.
@pytest.mark.parametrize(
    ("code", "risk"),
    [
        ("six_sigma", 1e-6),
        ("three_sigma", 0.0016),
        ("ilac_g8_2009", 0.025),
        ("iso_14253_1", 0.05),
        ("simple", 0.5),
    ],
)
def test_the_rules_of_ilac_keep_the_risk_that_they_state(code, risk) -> None:
    tolerance, u = Limits(upper=10.0), 0.5
    rule = ILAC_G8_RULES[code]
    accepted = tolerance.guarded(rule.guard_band(2 * u))
    assert specific_consumer_risk(accepted.upper, tolerance, u) <= risk


def test_the_uncritical_rule_rejects_with_its_risk_only() -> None:
    accepted = Limits(upper=10.0).guarded(ILAC_G8_RULES["uncritical"].guard_band(1.0))
    assert accepted.upper == 11
    assert probability_within(accepted.upper, None, 10.0, 0.5) < 0.025


def test_a_customer_may_ask_for_another_multiple() -> None:
    assert GuardRule("约定", 0.5, "约定").guard_band([1.0, 2.0]).tolist() == [0.5, 1.0]
    with pytest.raises(BadConformity, match="不确定度应当大于零"):
        ILAC_G8_RULES["ilac_g8_2009"].guard_band(0.0)


def test_four_statements_where_two_are_not_enough() -> None:
    values = [-1.3, -1.2, -1.1, -1.0, -0.9, -0.8, 0.0, 0.8, 0.81, 1.0, 1.01, 1.2, 1.21, np.nan]
    found = statements(values, Limits(-1, 1), 0.2)
    assert found.tolist() == [0, 1, 1, 2, 2, 3, 3, 3, 2, 2, 1, 1, 0, 0]
    assert {STATEMENT_NAMES[Statement(one)] for one in found} == {
        "通过",
        "有条件通过",
        "有条件不通过",
        "不通过",
    }
    assert Statement(statements(0.9, Limits(upper=1), 0.2)) is Statement.CONDITIONAL_PASS


def test_without_a_guard_band_nothing_is_conditional() -> None:
    assert statements([0.9, 1.0, 1.1], Limits(-1, 1), 0.0).tolist() == [3, 3, 0]


def test_a_guard_band_wider_than_the_limits_lets_nothing_pass() -> None:
    assert statements([0.0, 0.9, 1.5, 4], Limits(-1, 1), 2.0).tolist() == [2, 2, 1, 0]


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 2), st.floats(0, 1))
def test_more_error_and_more_uncertainty_never_improve_a_statement(first, second, band, more) -> None:
    small, large = sorted([abs(first), abs(second)])
    tolerance = Limits(-1, 1)
    assert statements(large, tolerance, band) <= statements(small, tolerance, band)
    if abs(first) <= 1:
        assert statements(first, tolerance, band + more) <= statements(first, tolerance, band)


@pytest.mark.parametrize("band", [-0.1, np.nan])
def test_conditional_statements_need_a_guard_band(band) -> None:
    with pytest.raises(BadConformity, match="多级判定的保护带应当不小于零"):
        statements(0.0, Limits(-1, 1), band)


@given(risks, uncertainties, st.one_of(st.just(np.inf), st.floats(1.5, 200)))
def test_for_one_limit_the_guard_band_is_the_quantile(risk, u, nu) -> None:
    quantile = special.ndtri(1 - risk) if np.isinf(nu) else stats.t(nu).isf(risk)
    for tolerance in (Limits(upper=3.0), Limits(lower=3.0)):
        assert specific_guard_band(risk, tolerance, u, nu) == pytest.approx(quantile * u, rel=1e-6, abs=1e-9)
        assert rejection_guard_band(risk, tolerance, u, nu) == pytest.approx(
            -quantile * u, rel=1e-6, abs=1e-9
        )


@given(risks, st.floats(0.001, 0.4), sides, st.floats(0, 0.5))
def test_at_the_acceptance_limit_the_risk_is_what_was_asked_for(risk, u, tolerance, resolution) -> None:
    try:
        band = specific_guard_band(risk, tolerance, u, resolution=resolution)
    except BadConformity:
        middle = probability_outside(0.0, *tolerance, u, resolution=resolution)
        assert middle > risk
        return
    for edge in tolerance.guarded(band):
        if np.isfinite(edge):
            found = probability_outside(edge, *tolerance, u, resolution=resolution)
            assert found == pytest.approx(risk, rel=1e-6)


@given(risks, st.floats(0.001, 2), sides)
def test_at_the_rejection_limit_the_producer_bears_what_was_asked_for(risk, u, tolerance) -> None:
    band = rejection_guard_band(risk, tolerance, u)
    assert band <= 0
    for edge in tolerance.guarded(band):
        if np.isfinite(edge):
            found = probability_within(edge, *tolerance, u)
            assert found == pytest.approx(risk, rel=1e-6) or (band == 0 and found < risk)


def test_with_two_limits_both_tails_count() -> None:
    one, two = (specific_guard_band(0.05, limits, 0.6) for limits in (Limits(upper=1), Limits(-1.2, 1.2)))
    assert two > one
    with pytest.raises(BadConformity, match="测量不确定度太大，测得值在正中间也达不到要求的风险。"):
        specific_guard_band(0.05, Limits(-1, 1), 0.7)


@given(st.floats(1e-6, 0.4), st.floats(0.1, 3), st.floats(0.01, 1), sides)
def test_the_guard_band_of_a_population_keeps_its_risk(risk, sd, u, tolerance) -> None:
    prior = NormalPrior(0.2, sd)
    band = global_guard_band(risk, prior, tolerance, u)
    assert band >= 0
    found = global_risks(prior, tolerance, u, tolerance.guarded(band)).consumer
    if band == 0:
        assert found <= risk
    else:
        assert found == pytest.approx(risk, abs=1e-11)


def test_the_guard_band_of_the_ball_bearings_of_jcgm_106() -> None:
    # JCGM 106:2012, 9.5.4: r ≈ 0.65 and A ≈ 1.7 µm keep R_C at 0.1 %; read from a graph there.
    prior = TabulatedPrior.sampled(lambda y: y**3 * np.exp(-4 * y), 0.0, 12.0)
    band = global_guard_band(0.001, prior, Limits(upper=2), 0.25)
    assert band / (2 * 0.25) == pytest.approx(0.65, abs=0.02)
    assert round(2 - band, 1) == 1.7


@pytest.mark.parametrize("tolerance", [Limits(-1, 1), Limits(upper=1), Limits(lower=-1)])
@pytest.mark.parametrize("costs", [(1.0, 1.0), (10.0, 1.0), (1.0, 10.0), (500.0, 2.0)])
def test_at_the_best_guard_band_both_wrong_decisions_cost_the_same(tolerance, costs) -> None:
    # Bayes: accept while the posterior probability of conformity exceeds c_A / (c_A + c_R).
    prior, u = NormalPrior(0.0, 0.6), 0.2
    band = optimal_guard_band(prior, tolerance, u, *costs)
    edge = 1 - band if np.isfinite(tolerance.upper) else -1 + band
    assert posterior_probability(prior, edge, tolerance, u) == pytest.approx(costs[0] / sum(costs), abs=1e-5)


@example(464.0, 0.484375, 0.375, 0.37109375)  # the best band lies close to the one that accepts nothing
@given(st.floats(0.1, 1000), st.floats(-0.5, 0.5), st.floats(0.2, 2), st.floats(0.02, 0.5))
def test_no_other_guard_band_costs_less(ratio, mean, sd, u) -> None:
    prior, tolerance = NormalPrior(mean, sd), Limits(-1, 1)

    def cost(band: float) -> float:
        found = global_risks(prior, tolerance, u, tolerance.guarded(band))
        return float(ratio * found.consumer + found.producer)

    best = optimal_guard_band(prior, tolerance, u, ratio, 1.0)
    least = cost(np.clip(best, -1e6, 2.0))
    assert all(least <= cost(other) + 1e-9 for other in np.linspace(-8 * u, 1, 101))
    in_another_currency = optimal_guard_band(prior, tolerance, u, 7 * ratio, 7.0)
    assert cost(np.clip(in_another_currency, -1e6, 2.0)) == pytest.approx(least, abs=1e-9)


def test_where_testing_is_not_worth_it_the_band_is_infinite() -> None:
    good, coarse = NormalPrior(0, 0.1), 5.0
    assert optimal_guard_band(good, Limits(-1, 1), coarse, 1, 1) == -np.inf
    assert optimal_guard_band(NormalPrior(0, 10), Limits(-1, 1), coarse, 1e6, 1) == np.inf


def test_a_population_far_outside_the_limits_is_never_accepted() -> None:
    assert optimal_guard_band(NormalPrior(9, 0.1), Limits(-1, 1), 0.1, 1, 1) == np.inf
    assert optimal_guard_band(NormalPrior(0, 0.1), Limits(-9, 9), 0.1, 1, 1) == -np.inf


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (
            lambda: specific_guard_band(0.0, Limits(-1, 1), 0.1),
            "要求的风险应当大于 0，不大于 0.5，这里是 0.0。",
        ),
        (lambda: specific_guard_band(0.6, Limits(-1, 1), 0.1), "要求的风险"),
        (lambda: rejection_guard_band(np.nan, Limits(-1, 1), 0.1), "要求的风险"),
        (lambda: global_guard_band(-1, NormalPrior(0, 1), Limits(-1, 1), 0.1), "要求的风险"),
        (lambda: specific_guard_band(0.1, Limits(), 0.1), "没有上限也没有下限"),
        (lambda: optimal_guard_band(NormalPrior(0, 1), Limits(), 0.1, 1, 1), "没有上限也没有下限"),
        (lambda: optimal_guard_band(NormalPrior(0, 1), Limits(-1, 1), 0.1, 0, 1), "代价都应当大于零"),
        (lambda: optimal_guard_band(NormalPrior(0, 1), Limits(-1, 1), 0.0, 1, 1), "不确定度应当大于零"),
        (lambda: specific_guard_band(0.1, Limits(-1, 1), 0.0), "不确定度应当大于零"),
    ],
)
def test_a_guard_band_that_cannot_be_is_refused(make, reason) -> None:
    with pytest.raises(BadConformity, match=reason):
        make()


def test_an_accepted_item_conforms_as_often_as_the_guard_band_promises() -> None:
    chance = np.random.default_rng(8)
    u, tolerance = 0.3, Limits(-1, 1)
    true = chance.uniform(-3, 3, 4_000_000)  # no prior knowledge
    measured = true + u * chance.standard_normal(true.size)
    band = specific_guard_band(0.05, tolerance, u)
    edge = np.abs(measured - (1 - band)) < 0.01
    assert np.mean(np.abs(true[edge]) > 1) == pytest.approx(0.05, abs=5 * np.sqrt(0.05 / edge.sum()))


# Judging.


def test_an_error_on_the_limit_conforms_unless_the_regulation_says_less() -> None:
    errors = [-1.0, 1.0, 1.001, -1.001, 0.1 + 0.2 + 0.7, np.nan]
    assert conforms(errors, Limits(-1, 1)).tolist() == [True, True, False, False, True, False]
    assert conforms(errors, Limits(-1, 1), inclusive=False).tolist() == [False] * 6
    assert conforms(0.999, Limits(-1, 1), inclusive=False)


def test_the_noise_of_a_difference_decides_nothing() -> None:
    error = 1000.3 - 1000  # 0.2999999999999545
    assert not conforms(-error, Limits(lower=-0.2999999999999))
    assert conforms(1000.7 - 1000, Limits.symmetric(0.7), magnitude=1001)  # 0.7000000000000455
    assert not conforms(1000.7 - 1000, Limits.symmetric(0.7))


def test_it_is_judged_on_the_rounded_error_where_the_regulation_says_so() -> None:
    # Class 2 electricity meter, ±2.0 %, rounded to 0.2 %: 2.1 is the tie between 2.0 and 2.2, 10 is even.
    errors = [2.09, 2.1, 2.11, -2.1, -2.100001]
    rounded = {"rounding_interval": 0.2}
    assert conforms(errors, Limits.symmetric(2.0), **rounded).tolist() == [True, True, False, True, False]
    assert not conforms(errors, Limits.symmetric(2.0)).any()
    # ±0.5 % rounded to 0.05 %: 0.525 is the tie between 0.50 and 0.55, 10 is even.
    assert conforms([0.525, 0.526], Limits.symmetric(0.5), rounding_interval=0.05).tolist() == [True, False]


def test_limits_of_one_side_and_for_each_error() -> None:
    # Taximeter: -4 % to +1 %.
    assert conforms([-4, -4.1, 1, 1.1], Limits(-4, 1)).tolist() == [True, False, True, False]
    assert conforms([5.0, -5.0], Limits(upper=0)).tolist() == [False, True]
    assert conforms([0.7, 0.7], Limits.symmetric(np.array([0.5, 1.0]))).tolist() == [False, True]
    assert conforms(np.zeros((2, 3)), Limits(-1, 1)).shape == (2, 3)


@given(st.floats(-5, 5), st.floats(-5, 5), st.sampled_from([None, 0.1, 0.2, 0.5]), st.booleans())
def test_more_error_never_improves_a_verdict(first, second, interval, inclusive) -> None:
    small, large = sorted([abs(first), abs(second)])
    how = {"rounding_interval": interval, "inclusive": inclusive}
    assert conforms(large, Limits.symmetric(1.5), **how) <= conforms(small, Limits.symmetric(1.5), **how)
    assert conforms(-large, Limits.symmetric(1.5), **how) == conforms(large, Limits.symmetric(1.5), **how)


@given(st.integers(-300, 300), st.sampled_from([1, 10, 1000, 0.001]))
def test_the_unit_of_an_error_changes_no_verdict(hundredths, factor) -> None:
    error = hundredths / 100
    one = conforms(error, Limits.symmetric(1.0), rounding_interval=0.1)
    assert conforms(error * factor, Limits.symmetric(1.0 * factor), rounding_interval=0.1 * factor) == one


def test_an_interval_finer_than_the_noise_is_refused() -> None:
    with pytest.raises(BadRounding, match="分辨不出修约间隔"):
        conforms(0.1, Limits.symmetric(1.0), rounding_interval=1e-6, magnitude=1e10)
    with pytest.raises(BadConformity, match="下限应当不大于上限"):
        conforms(0.1, Limits(1, -1))


@given(st.integers(1, 50), st.sampled_from([0.1, 0.2, 0.05]), st.floats(-3, 3))
def test_judging_on_the_rounded_value_is_wider_by_half_an_interval(tenths, interval, error) -> None:
    tolerance = Limits.symmetric(tenths / 10)
    accepted = acceptance_when_rounded(tolerance, interval)
    judged = conforms(error, tolerance, rounding_interval=interval)
    on_a_tie = np.isclose(abs(error), accepted.upper, rtol=1e-12)
    assert on_a_tie or judged == (accepted.lower <= error <= accepted.upper)
    assert round_array(accepted.upper - interval / 10, interval) <= tolerance.upper + 1e-12


def test_what_judging_on_the_rounded_value_costs() -> None:
    prior, tolerance = NormalPrior(0.0, 0.5), Limits.symmetric(1.0)
    plain = global_risks(prior, tolerance, 0.1)
    rounded = global_risks(prior, tolerance, 0.1, acceptance_when_rounded(tolerance, 0.1))
    assert rounded.consumer > plain.consumer
    assert rounded.producer < plain.producer
    assert acceptance_when_rounded(Limits(upper=1.0), 0.1).lower == -np.inf
    assert optimize.root_scalar(
        lambda at: global_risks(prior, tolerance, 0.1, Limits(-at, at)).consumer - rounded.consumer,
        bracket=(1, 1.2),
    ).root == pytest.approx(1.05, abs=1e-9)
