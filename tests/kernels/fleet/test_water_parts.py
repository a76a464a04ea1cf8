"""The simulated district keeps its balance; rows of leakage and steps mean what they say."""

from __future__ import annotations

import doctest
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.fleet.gram import bands, gram
from quanheng.kernels.fleet.water import DistrictScenario, simulate_district
from quanheng.kernels.fleet.water import estimate as estimating
from quanheng.kernels.fleet.water.bursts import step_gains
from quanheng.kernels.fleet.water.leakage import LEAKAGE_ROW, Pressure, district_balance, read_pressure

EXACT = DistrictScenario(
    homes=12,
    shops=2,
    days=10,
    wrong=0,
    good_sd_percent=0.0,
    inflow_mpe_percent=0.0,
    clock_sd_seconds=0.0,
    register_m3=1e-6,
    inflow_register_m3=1e-6,
)


def test_the_same_seed_gives_the_same_district_and_another_not():
    one, same, other = (simulate_district(replace(EXACT, seed=seed))[0] for seed in (1, 1, 2))
    assert np.array_equal(one.volume, same.volume)
    assert np.array_equal(one.inflow, same.inflow)
    assert not np.array_equal(one.volume, other.volume)


@pytest.mark.parametrize("step", [15, 60])
def test_inflow_is_use_and_leakage(step):
    district, truth = simulate_district(replace(EXACT, step_minutes=step))
    missing = float(district.inflow.sum(dtype=float) - district.volume.sum(dtype=float))
    assert missing == pytest.approx(truth.leakage_m3, rel=0.01)
    assert truth.unregistered_m3 == 0


def test_meters_that_do_not_start_miss_what_drips():
    district, truth = simulate_district(replace(EXACT, starting_flow=20.0))
    missing = float(district.inflow.sum(dtype=float) - district.volume.sum(dtype=float))
    assert truth.unregistered_m3 > 0
    assert (truth.in_use_percent <= truth.error_percent + 1e-9).all()
    assert (truth.error_percent < 0).all()
    assert missing > truth.leakage_m3 + truth.unregistered_m3


def test_a_burst_adds_what_it_is_said_to():
    plain, burst = (simulate_district(replace(EXACT, burst_day=day))[1] for day in (None, 4.0))
    assert burst.burst_interval == 4 * 24
    assert burst.leakage_m3 - plain.leakage_m3 == pytest.approx(6 * 6.0, rel=0.05)


def test_a_step_that_does_not_divide_an_hour_is_refused():
    with pytest.raises(ValueError, match="45"):
        simulate_district(replace(EXACT, step_minutes=45))


@pytest.mark.parametrize("has_pressure", [True, False])
def test_the_coefficient_of_the_first_row_of_leakage_is_its_mean(has_pressure):
    district, _ = simulate_district(EXACT)
    pressure = read_pressure(district.pressure if has_pressure else None, district.inflow.size, 24)
    rows = district_balance(district.volume, district.inflow, pressure, 0.01, (100,), 24)
    leakage = rows.rows[1 + rows.n + LEAKAGE_ROW :]
    assert leakage[0].mean() == pytest.approx(1, abs=1e-5)
    assert leakage[1:].mean(axis=1) == pytest.approx(np.zeros(len(leakage) - 1), abs=1e-4)
    assert rows.prior_sd.size == len(rows.rows) - 1 - rows.n


def test_the_exponent_is_corrected_by_its_derivative_and_stays_within_bounds():
    pressure = Pressure(np.ones(24), 1.0)
    assert pressure.corrected(2.0, 0.6).exponent == pytest.approx(1.3)
    assert pressure.corrected(2.0, 9.0).exponent == 2.5
    nothing = pressure.corrected(-1.0, 9.0)
    assert (nothing.exponent, nothing.leakage) == (1.0, 0.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 95))
def test_the_gain_of_a_step_is_that_of_its_row(seed, start):
    dice, per_day, days = np.random.default_rng(seed), 24, 4
    size = per_day * days
    residual = dice.normal(size=size).astype(np.float32)
    flow, weight = dice.uniform(0.8, 1.2, size), dice.uniform(0.5, 1.0, size).astype(np.float32)
    noise = dice.uniform(0.5, 2.0, len(bands(per_day)))
    step = np.where(np.arange(size) >= start, flow, 0)
    products = np.tensordot(1 / noise, gram(np.stack([residual, flow, step]), weight, per_day).products, 1)
    score = products[0, 2] - products[0, 1] * products[1, 2] / products[1, 1]
    own = products[2, 2] - products[1, 2] ** 2 / products[1, 1]
    assert step_gains(residual, flow, noise, weight, per_day)[start] == pytest.approx(
        score**2 / own, rel=1e-4
    )


def test_the_example_runs():
    found = doctest.testmod(estimating)
    assert (found.failed, found.attempted > 0) == (0, True)
