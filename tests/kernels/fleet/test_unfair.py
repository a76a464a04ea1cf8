"""Energy expected to be billed wrong: the formula, its interval, what it refuses to count."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.decide import unfair_energy
from quanheng.kernels.fleet.unfair import Moments, consumers_kwh, moments, unfair

NAN = float("nan")


def of(*meters: tuple[float, float, float, float]) -> Moments:
    return moments(*(np.array(column, dtype=np.float64) for column in zip(*meters, strict=True)))


def test_a_meter_that_is_surely_wrong_bills_what_its_error_says():
    found = unfair([(1000.0, of((5.0, 0.0, 1.0, 0.3)))])
    assert found.over_kwh == pytest.approx(unfair_energy(300.0, 0.05, 0.0)[0])
    assert (found.under_kwh, found.low_kwh) == (0.0, pytest.approx(found.high_kwh))


def test_the_interval_is_that_of_many_draws():
    error, u, p, share, energy = -4.0, 0.5, 0.7, 0.2, 5000.0
    rng = np.random.default_rng(3)
    g = rng.normal(0.04 / 0.96, 0.005 / 0.96**2, 400_000) * (rng.random(400_000) < p)
    found = unfair([(energy, of((error, u, p, share)))])
    assert found.kwh == pytest.approx(energy * share * g.mean(), rel=0.01)
    assert (found.high_kwh - found.kwh) / 1.959964 == pytest.approx(energy * share * g.std(), rel=0.01)
    assert found.low_kwh == 0.0


def test_too_much_and_too_little_do_not_cancel():
    found = unfair([(1000.0, of((5.0, 0.1, 1.0, 0.5), (-5.0, 0.1, 1.0, 0.5)))])
    assert found.over_kwh > 20
    assert found.under_kwh > 20


def test_what_is_not_known_adds_nothing():
    nothing = of((NAN, NAN, NAN, 0.5), (-100.0, 1.0, 1.0, 0.1))
    assert (nothing.over, nothing.under, nothing.variance) == (0.0, 0.0, 0.0)
    assert unfair([(NAN, of((5.0, 0.1, 1.0, 0.5)))]).kwh == 0.0
    for loss in ((None, 1.0), (1.0, None), (0.0, 0.0), (NAN, 1.0)):
        assert np.isnan(consumers_kwh(*loss))
