"""Inputs that depend on one another keep their own distributions and get the dependence that is stated."""

import numpy as np
import pytest
from scipy import stats

from quanheng.kernels.uncertainty.distributions import (
    Arcsine,
    Exponential,
    Gamma,
    Normal,
    Rectangular,
    StudentT,
    Triangular,
)
from quanheng.kernels.uncertainty.sampling import Sampler
from tests.kernels.uncertainty.building import known, model

SIZE = 100_000


def drawn(inputs, correlation, blocks=1):
    asked = model(inputs, {"y": "+".join(each.name for each in inputs)}, correlation=correlation)
    sampler = Sampler(asked, 0, seed=5)
    return np.concatenate([sampler.draw(block, SIZE) for block in range(blocks)], axis=1), sampler.findings


def pair(r):
    return [[1, r], [r, 1]]


@pytest.mark.parametrize("r", [-0.99, -0.3, 0.7, 0.999])
def test_gaussian_inputs_have_their_covariance_matrix(r):
    values, findings = drawn([known("a", 1, Normal(2.0)), known("b", -1, Normal(3.0), Normal(4.0))], pair(r))
    assert values.mean(axis=1) == pytest.approx([1, -1], abs=0.07)
    assert np.cov(values) == pytest.approx(np.array([[4, 10 * r], [10 * r, 25]]), rel=0.02, abs=0.15)
    assert findings == []


def test_inputs_observed_jointly_have_a_multivariate_t():
    r = np.array([[1, -0.36, 0.86], [-0.36, 1, -0.65], [0.86, -0.65, 1]])
    scale = np.array([0.0032, 0.0095, 0.00075])
    inputs = [known(name, 0, StudentT(s, 3.0), ensemble="e") for name, s in zip("VIp", scale, strict=True)]
    values, findings = drawn(inputs, r)
    apart = values / scale[:, None]
    distance = np.einsum("ik,ij,jk->k", apart, np.linalg.inv(r), apart) / 3
    assert stats.kstest(distance, stats.f(3, 3).cdf).pvalue > 0.001
    for row in apart:
        assert stats.kstest(row, stats.t(3).cdf).pvalue > 0.001
    assert findings == []


def test_jointly_observed_inputs_depend_also_where_their_correlation_is_0():
    inputs = [known(name, 0, StudentT(1.0, 3.0), ensemble="e") for name in "ab"]
    values, _ = drawn(inputs, np.eye(2))
    distance = np.sum(values**2, axis=0) / 2
    assert stats.kstest(distance, stats.f(2, 3).cdf).pvalue > 0.001
    apart, _ = drawn([known(name, 0, StudentT(1.0, 3.0)) for name in "ab"], np.eye(2))
    assert stats.kstest(np.sum(apart**2, axis=0) / 2, stats.f(2, 3).cdf).pvalue < 1e-6


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Rectangular(1.0), Rectangular(5.0)),
        (Rectangular(1.0), Normal(2.0)),
        (Triangular(1.0), Arcsine(1.0)),
        (Exponential(1.0), Gamma(3.0, 2.0)),
        (StudentT(1.0, 6.0), Normal(1.0)),
    ],
)
@pytest.mark.parametrize("r", [-0.6, 0.3, 0.9])
def test_through_a_copula_the_correlation_is_the_stated_one(one, other, r):
    values, findings = drawn([known("a", 1, one), known("b", 2, other)], pair(r), blocks=4)
    assert np.corrcoef(values)[0, 1] == pytest.approx(r, abs=0.01)
    assert [each.code for each in findings] == ["gaussian_copula"]
    assert findings[0].data["is_reached"]


def test_through_a_copula_each_distribution_stays_what_it_is():
    inputs = [known("a", 0, Rectangular(2.0)), known("b", 0, Triangular(1.0)), known("c", 0, Normal(1.0))]
    values, _ = drawn(inputs, [[1, 0.8, 0.3], [0.8, 1, -0.2], [0.3, -0.2, 1]])
    assert stats.kstest(values[0], stats.uniform(-2, 4).cdf).pvalue > 0.001
    assert stats.kstest(values[1], stats.triang(0.5, -1, 2).cdf).pvalue > 0.001
    assert stats.kstest(values[2], stats.norm.cdf).pvalue > 0.001


def test_a_correlated_input_may_have_parts():
    values, _ = drawn(
        [known("a", 0, Rectangular(2.0), Normal(1.0)), known("b", 0, Rectangular(1.0))], pair(0.7)
    )
    assert values[0].var() == pytest.approx(4 / 3 + 1, rel=0.02)
    assert np.corrcoef(values)[0, 1] == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("make", [Rectangular, Triangular, Arcsine, Exponential])
def test_equal_distributions_can_be_correlated_completely(make):
    values, findings = drawn([known("a", 0, make(1.0)), known("b", 0, make(2.0))], pair(1))
    assert np.corrcoef(values)[0, 1] > 0.9999
    assert np.std(values[1] - 2 * values[0]) < 0.02
    assert findings[0].data["is_reached"]


@pytest.mark.parametrize("make", [Rectangular, Triangular, Arcsine, Exponential])
def test_the_difference_of_strongly_correlated_inputs_has_the_uncertainty_that_the_gum_gives(make):
    r, inputs = 0.995, [known("a", 0, make(1.0)), known("b", 0, make(1.0))]
    values, _ = drawn(inputs, pair(r), blocks=3)
    u = inputs[0].standard_uncertainty[0]
    assert np.std(values[1] - values[0]) == pytest.approx(u * np.sqrt(2 * (1 - r)), rel=0.03)


def test_a_correlation_that_two_distributions_cannot_have_is_said():
    values, findings = drawn([known("a", 1, Exponential(1.0)), known("b", 1, Exponential(1.0))], pair(-0.9))
    assert np.corrcoef(values)[0, 1] == pytest.approx(1 - np.pi**2 / 6, abs=0.01)  # the least there is
    assert not findings[0].data["is_reached"]
    assert findings[0].text.endswith("所给的相关系数这些分布达不到，取最接近的。")


def test_without_variance_the_stated_correlation_is_that_of_the_scores():
    values, _ = drawn([known("a", 0, StudentT(1.0, 1.5)), known("b", 0, Normal(1.0))], pair(0.5))
    assert stats.kstest(values[0], stats.t(1.5).cdf).pvalue > 0.001
    scores = stats.norm.ppf(stats.t(1.5).cdf(values[0]))
    assert np.corrcoef(scores, values[1])[0, 1] == pytest.approx(0.5, abs=0.01)


def test_three_correlations_that_fit_normal_inputs_but_not_others_are_approximated():
    r = -0.499
    names = "abc"
    values, findings = drawn(
        [known(name, 1, Exponential(1.0)) for name in names], [[1, r, r], [r, 1, r], [r, r, 1]]
    )
    assert not findings[0].data["is_reached"]
    for row in values:
        assert stats.kstest(row, stats.expon.cdf).pvalue > 0.001


def test_others_are_not_touched_by_a_group():
    inputs = [known("a", 0, Normal(1.0)), known("c", 3, Rectangular(1.0)), known("b", 0, Normal(1.0))]
    values, _ = drawn(inputs, [[1, 0, 0.9], [0, 1, 0], [0.9, 0, 1]])
    found = np.corrcoef(values)
    assert found[0, 2] == pytest.approx(0.9, abs=0.01)
    assert found[0, 1] == pytest.approx(0, abs=0.015)
    assert stats.kstest(values[1], stats.uniform(2, 2).cdf).pvalue > 0.001
