"""From a posterior to a verdict."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from quanheng.kernels.fleet.decide import decide, false_discovery_rate, unfair_energy
from quanheng.kernels.fleet.mixture import Kinds, Mixture
from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.results import CONFORMING, OUT_OF_TOLERANCE, UNDETERMINED


def posterior(bad: list[float], mean: list[float], sd: list[float], data_sd: list[float]) -> Posterior:
    """A posterior of which the good kind is at zero with 0.4 % and the bad one at ``mean`` with ``sd``."""
    n = len(bad)
    kinds = Kinds(np.array(bad), np.zeros(n), np.full(n, 0.004**2), np.array(mean), np.array(sd) ** 2)
    centre, variance = kinds.moments()
    nothing = np.zeros(0)
    return Posterior(
        centre,
        variance,
        centre,
        kinds,
        centre,
        np.array(data_sd) ** 2,
        np.eye(n),
        nothing,
        nothing,
        np.ones(6),
        Mixture(0.02, np.zeros(n), np.zeros(n)),
        1,
    )


TOLERANCE = np.array([0.02])


@pytest.mark.parametrize("eps", [-0.06, -0.021, 0.0, 0.019, 0.03])
def test_the_probability_is_that_of_the_error_beyond_its_limits(eps: float):
    mean, sd = 1 / (1 + eps) - 1, 0.005
    verdict = decide(posterior([1.0], [mean], [sd], [0.001]), TOLERANCE)
    low, high = 1 / 1.02 - 1, 1 / 0.98 - 1
    expected = norm.cdf(low, mean, sd) + norm.sf(high, mean, sd)
    assert verdict.probability[0] == pytest.approx(expected, rel=1e-9)


def test_the_probability_of_a_mixture_is_that_of_its_kinds():
    verdict = decide(posterior([0.3], [0.05], [0.004], [0.001]), TOLERANCE)
    good = norm.cdf(1 / 1.02 - 1, 0, 0.004) + norm.sf(1 / 0.98 - 1, 0, 0.004)
    bad = norm.cdf(1 / 1.02 - 1, 0.05, 0.004) + norm.sf(1 / 0.98 - 1, 0.05, 0.004)
    assert verdict.probability[0] == pytest.approx(0.7 * good + 0.3 * bad)


def test_error_and_uncertainty_are_those_of_the_meter_not_of_its_correction():
    verdict = decide(posterior([1.0], [1 / 1.08 - 1], [0.002], [0.001]), TOLERANCE)
    assert verdict.error[0] == pytest.approx(0.08)
    assert verdict.uncertainty[0] == pytest.approx(0.002 * 1.08**2)


@pytest.mark.parametrize(
    ("bad", "data_sd", "expected"),
    [
        (0.96, 0.001, OUT_OF_TOLERANCE),
        (0.94, 0.001, UNDETERMINED),
        (0.06, 0.001, UNDETERMINED),
        (0.04, 0.001, CONFORMING),
        (0.04, 0.0159, CONFORMING),
        (0.04, 0.0161, UNDETERMINED),
        (0.96, 0.05, OUT_OF_TOLERANCE),
    ],
)
def test_a_verdict_needs_19_to_1_and_a_good_one_data_of_its_own(bad: float, data_sd: float, expected: str):
    verdict = decide(posterior([bad], [0.2], [0.001], [data_sd]), TOLERANCE)
    assert verdict.status == (expected,)


def test_each_meter_has_its_own_tolerance():
    verdict = decide(posterior([1.0, 1.0], [0.015, 0.015], [0.001] * 2, [0.001] * 2), np.array([0.02, 0.01]))
    assert verdict.status == (CONFORMING, OUT_OF_TOLERANCE)


def test_the_false_discovery_rate_is_the_mean_of_what_is_left_to_doubt():
    assert false_discovery_rate(np.array([0.95, 0.99, 1.0])) == pytest.approx(0.02)
    assert false_discovery_rate(np.array([])) == 0.0


def test_of_the_meters_that_are_named_fewer_than_one_in_twenty_are_expected_to_be_good():
    rng = np.random.default_rng(1)
    n = 2000
    made = posterior(rng.uniform(0, 1, n).tolist(), [0.1] * n, [0.001] * n, [0.001] * n)
    verdict = decide(made, np.full(n, 0.02))
    named = np.array(verdict.status) == OUT_OF_TOLERANCE
    assert 0 < false_discovery_rate(verdict.probability[named]) <= 0.05


def test_unfair_energy_is_what_the_meter_showed_beyond_the_truth():
    middle, low, high = unfair_energy(1050.0, 0.05, 0.01)
    assert middle == pytest.approx(50.0)
    assert (low, high) == pytest.approx((1050 * 0.0304 / 1.0304, 1050 * 0.0696 / 1.0696))
    assert unfair_energy(900.0, -0.1, 0.0) == pytest.approx((-100.0, -100.0, -100.0))
