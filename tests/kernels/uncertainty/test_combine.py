"""The law of propagation: what is exact is exact, what does not hold is said."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from quanheng.kernels.uncertainty import coverage_factors, evaluate, load_model
from quanheng.kernels.uncertainty.distributions import Normal, Rectangular, StudentT
from quanheng.kernels.uncertainty.implicit import NotDefined
from tests.kernels.uncertainty.building import known, model

SIZES = st.floats(-100, 100).filter(lambda value: abs(value) > 1e-3)
SPREADS = st.floats(1e-3, 10)


@given(st.lists(st.tuples(SIZES, SPREADS), min_size=1, max_size=5), st.data())
@settings(max_examples=50, deadline=None)
def test_a_linear_model_has_the_variance_of_its_matrix(terms, data):
    n = len(terms)
    root = np.array([[data.draw(st.floats(-1, 1)) for _ in range(n)] for _ in range(n)]) + 2 * np.eye(n)
    covariance = root @ root.T
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(spread, spread)
    inputs = [known(f"x{at}", 1.0, Normal(u)) for at, (_, u) in enumerate(terms)]
    formula = "+".join(f"({c!r})*x{at}" for at, (c, _) in enumerate(terms))
    result = evaluate(model(inputs, {"y": formula}, correlation=correlation))["y"]
    scaled = np.array([c * u for c, u in terms])
    assert result.standard_uncertainty**2 == pytest.approx([scaled @ correlation @ scaled], rel=1e-9)
    assert sum(row.share for row in result.budget) == pytest.approx([1.0])


def test_points_are_evaluated_as_if_each_stood_alone():
    at = np.array([1.0, 2.0, 5.0])
    spread = np.array([0.1, 0.2, 0.3])
    formulas = {"y": "a^2*b", "z": "a/b"}
    together = evaluate(
        model([known("a", at, Normal(spread)), known("b", at + 1, Normal(0.2 + 0 * at))], formulas)
    )
    for point in range(3):
        alone = evaluate(
            model(
                [known("a", at[point], Normal(spread[point])), known("b", at[point] + 1, Normal(0.2))],
                formulas,
            )
        )
        for one, other in zip(together.outputs, alone.outputs, strict=True):
            assert one.standard_uncertainty[point] == pytest.approx(other.standard_uncertainty[0], rel=1e-14)
            assert one.interval[:, point] == pytest.approx(other.interval[:, 0], rel=1e-14)
        assert together.correlation[point] == pytest.approx(alone.correlation[0])


@pytest.mark.parametrize(
    ("degrees", "probability", "k"),
    [
        (16.7, 0.99, 2.92),  # JCGM 100:2008, H.1.6: truncated, not rounded
        (16.0, 0.99, 2.92),
        (17 - 1e-12, 0.99, 2.90),
        (5, 0.95, 2.57),
        (19, 0.95, 2.09),
        (1.9, 0.95, 12.71),
        (inf, 0.95, 1.96),
        (inf, 0.9545, 2.00),
        (50, 0.9545, 2.05),
    ],
)
def test_coverage_factors_are_those_of_table_g2(degrees, probability, k):
    assert coverage_factors(np.array([degrees]), probability)[0] == pytest.approx(k, abs=0.005)


def test_a_single_component_keeps_its_degrees_of_freedom():
    result = evaluate(model([known("a", 1, StudentT(0.1, 7.0))], {"y": "3*a"}))["y"]
    assert result.degrees_of_freedom == pytest.approx([7])
    assert result.coverage_factor == pytest.approx([stats.t(7).ppf(0.975)])


def test_two_equal_components_add_their_degrees_of_freedom():
    inputs = [known("a", 1, StudentT(0.1, 7.0)), known("b", 1, StudentT(0.1, 7.0))]
    assert evaluate(model(inputs, {"y": "a + b"}))["y"].degrees_of_freedom == pytest.approx([14])


def test_correlated_inputs_of_finite_freedom_count_with_the_least_of_them_and_it_is_said():
    inputs = [
        known("a", 1, StudentT(0.1, 7.0)),
        known("b", 1, StudentT(0.1, 3.0)),
        known("c", 1, Normal(0.001)),
    ]
    result = evaluate(model(inputs, {"y": "a + b + c"}, correlation=[[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]))
    assert result["y"].degrees_of_freedom == pytest.approx([3], rel=1e-3)
    assert [found.code for found in result.findings] == ["correlated_degrees_of_freedom"]
    assert result.findings[0].data == {"inputs": ["a", "b"]}


def test_correlated_inputs_of_infinite_freedom_are_no_trouble():
    inputs = [known("a", 1, Normal(0.1)), known("b", 1, Normal(0.1))]
    result = evaluate(model(inputs, {"y": "a + b"}, correlation=[[1, 0.5], [0.5, 1]]))
    assert (result["y"].degrees_of_freedom[0], result.findings) == (inf, ())


def test_groups_follow_correlations_from_one_to_the_next():
    inputs = [known(name, 1, Normal(0.1)) for name in "abcd"]
    correlation = np.eye(4)
    correlation[0, 2] = correlation[2, 0] = correlation[2, 3] = correlation[3, 2] = 0.5
    groups = model(inputs, {"y": "a+b+c+d"}, correlation=correlation).dependent_groups
    assert groups == ((0, 2, 3), (1,))


def test_what_was_observed_jointly_is_one_component_also_where_it_is_not_correlated():
    inputs = [known(name, 1, StudentT(0.1, 6.0), ensemble="e") for name in "ab"]
    result = evaluate(model(inputs, {"y": "a + b"}))
    assert result["y"].degrees_of_freedom == pytest.approx([6])
    assert result.findings == ()


def test_full_correlation_adds_uncertainties_and_opposite_cancels_them():
    inputs = [known("a", 1, Normal(0.1)), known("b", 1, Normal(0.2))]
    for r, expected in ((1, 0.3), (-1, 0.1)):
        found = evaluate(model(inputs, {"y": "a + b"}, correlation=[[1, r], [r, 1]]))
        assert found["y"].standard_uncertainty == pytest.approx([expected], rel=1e-12)


def test_an_output_without_first_order_uncertainty_is_not_passed_over():
    inputs = [known("a", 0, Normal(0.1))]
    first = evaluate(model(inputs, {"y": "a^2"}))
    assert first["y"].standard_uncertainty == [0]
    assert [found.code for found in first.findings] == ["first_order_vanishes"]
    assert np.isnan(first.correlation[0, 0, 0])
    second = evaluate(model(inputs, {"y": "a^2"}), second_order=True)
    assert second["y"].standard_uncertainty == pytest.approx([sqrt(2) * 0.01])
    assert second["y"].second_order.shift == pytest.approx([0.01])
    assert second.findings == ()


def test_second_order_of_a_product_of_normal_quantities_is_exact():
    inputs = [known("a", 2, Normal(0.3)), known("b", 3, Normal(0.4))]
    exact = 4 * 0.16 + 9 * 0.09 + 0.09 * 0.16
    found = evaluate(model(inputs, {"y": "a*b"}), second_order=True)["y"]
    assert found.standard_uncertainty**2 == pytest.approx([exact], rel=1e-12)
    assert [(term.names, float(term.variance[0])) for term in found.second_order.terms] == [
        (("a", "b"), pytest.approx(0.09 * 0.16))
    ]


@pytest.mark.parametrize("r", [-0.8, 0.0, 0.5, 1.0])
def test_second_order_of_correlated_normal_quantities_is_exact(r):
    """Of quadratics: Var = cᵀ Σ c + ½ tr(H Σ H Σ)."""
    inputs = [known("a", 2, Normal(0.3)), known("b", 3, Normal(0.4))]
    sigma = np.array([[0.09, 0.12 * r], [0.12 * r, 0.16]])
    slope, curvature = np.array([2 * 2 + 3, 2]), np.array([[2, 1], [1, 0]])
    exact = slope @ sigma @ slope + np.trace(curvature @ sigma @ curvature @ sigma) / 2
    asked = model(inputs, {"y": "a^2 + a*b"}, correlation=[[1, r], [r, 1]])
    found = evaluate(asked, second_order=True)["y"]
    assert found.standard_uncertainty**2 == pytest.approx([exact], rel=1e-12)
    assert found.second_order.shift == pytest.approx([np.trace(curvature @ sigma) / 2])


def test_third_derivatives_enter_the_second_order():
    """E[x⁶] of a standard normal is 15: Var(x + x³) around 0 is u² + 6u⁴ + 15u⁶; the formula has the first two."""
    found = evaluate(model([known("x", 0, Normal(0.1))], {"y": "x + x^3"}), second_order=True)["y"]
    assert found.standard_uncertainty**2 == pytest.approx([0.01 + 6e-4])


def test_a_variance_that_the_second_order_makes_negative_is_not_passed_over():
    """Around 0 the formula gives sin x the variance u² - u⁴."""
    for u, codes in ((0.9, []), (1.5, ["second_order_negative"])):
        found = evaluate(model([known("x", 0, Normal(u))], {"y": "sin(x)"}), second_order=True)
        assert found["y"].standard_uncertainty ** 2 == pytest.approx([max(u**2 - u**4, 0)])
        assert [finding.code for finding in found.findings] == codes


def test_second_order_says_where_its_formula_is_approximate():
    result = evaluate(model([known("a", 0, Rectangular(1.0))], {"y": "a^2"}), second_order=True)
    assert [found.code for found in result.findings] == ["second_order_assumes_normal"]
    linear = evaluate(model([known("a", 0, Rectangular(1.0))], {"y": "2*a"}), second_order=True)
    assert linear.findings == ()


def test_a_kink_of_higher_order_is_refused_only_with_the_second_order():
    smooth = model([known("a", 0, Normal(0.1)), known("b", 1, Normal(0.1))], {"y": "b + a^2.5"})
    assert evaluate(smooth)["y"].standard_uncertainty == [0.1]
    with pytest.raises(NotDefined, match="高阶导数"):
        evaluate(smooth, second_order=True)


def test_a_given_k_is_used_and_its_probability_stated():
    text = (
        "coverage_factor: 2\ninputs: {a: {value: 1, std: 1}, b: {value: 1, std: S, dof: 4}}\nmodel: y = a + b"
    )
    normal = evaluate(load_model(text.replace("S", "1e-6")))["y"]
    assert (normal.coverage_factor[0], normal.coverage_probability[0]) == (2, pytest.approx(0.9545, abs=1e-4))
    few = evaluate(load_model(text.replace("S", "1000")))["y"]
    assert few.coverage_probability[0] == pytest.approx(2 * stats.t(4).cdf(2) - 1, abs=1e-4)


@pytest.mark.parametrize(
    ("m", "k_p", "k_q"),
    [(1, 1.96, 1.96), (2, 2.45, 2.24), (3, 2.80, 2.39), (10, 4.28, 2.81), (50, 8.22, 3.29)],
)
def test_coverage_regions_have_the_factors_of_jcgm_102(m, k_p, k_q):
    """JCGM 102:2011, 6.5.3, Tables 1 and 2."""
    inputs = [known(f"x{at}", 0, Normal(1.0)) for at in range(m)]
    result = evaluate(model(inputs, {f"y{at}": f"2*x{at}" for at in range(m)}))
    assert result.ellipsoid_factor == pytest.approx(k_p, abs=0.005)
    assert result.rectangle_factor == pytest.approx(k_q, abs=0.005)


def test_an_unused_input_has_no_part_in_the_budget():
    result = evaluate(model([known("a", 1, Normal(0.1)), known("b", 1, Normal(0.1))], {"y": "2*a"}))["y"]
    assert [(row.name, float(row.contribution[0])) for row in result.budget] == [("a", 0.2), ("b", 0.0)]


@pytest.mark.parametrize(
    ("formula", "reason"), [("1/(a - 1)", "没有数值"), ("sqrt(a - 1)", "没有有限的导数")]
)
def test_a_model_without_value_or_slope_is_refused(formula, reason):
    with pytest.raises(NotDefined, match=f"y：在最佳估计值处{reason}"):
        evaluate(model([known("a", 1, Normal(0.1))], {"y": formula}))


def test_an_output_may_be_constant():
    result = evaluate(model([known("a", 1, Normal(0.1))], {"y": "2*a", "c": "2"}))
    assert (result["c"].value[0], result["c"].standard_uncertainty[0]) == (2, 0)


@pytest.mark.parametrize("size", [1e-140, 1e-40, 1e40, 1e140])
def test_the_size_of_the_unit_does_not_matter(size):
    result = evaluate(
        load_model(f"""
inputs:
  a: {{value: 1, components: [{{std: {3 * size}, dof: 5}}, {{std: {4 * size}}}]}}
  b: {{value: 1, std: {5 * size}}}
model: y = a + b
""")
    )["y"]
    assert result.standard_uncertainty == pytest.approx([sqrt(50) * size])
    assert result.degrees_of_freedom == pytest.approx([5 * (50 / 9) ** 2])
    assert [float(row.share[0]) for row in result.budget] == pytest.approx([0.5, 0.5])
    assert result.budget[0].sensitivity == pytest.approx([1])
