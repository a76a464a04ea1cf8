"""The homes, cables and meters that simulated areas are made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from quanheng.kernels.fleet.simulate.cables import BUSBAR, radial
from quanheng.kernels.fleet.simulate.households import given, households
from quanheng.kernels.fleet.simulate.metering import gaps, late, registered, sampled


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_homes_differ_between_two_and_fifteen_kwh_a_day():
    daily = households(rng(), 300, 14, 0, 6.5).sum(axis=1) / 14
    lived_in = daily[daily > 1]
    assert np.median(lived_in) == pytest.approx(6.5, rel=0.15)
    assert np.percentile(lived_in, 5) < 3.5
    assert 12 < np.percentile(lived_in, 97) < 25


def test_some_homes_are_empty_and_none_gives():
    energy = households(rng(), 300, 14, 0, 6.5)
    assert energy.min() >= 0
    assert 1 <= (energy.sum(axis=1) < 2).sum() <= 20


def test_evenings_draw_more_than_nights():
    by_hour = households(rng(), 200, 14, 0, 6.5).reshape(200, 14, 24, 4).sum(axis=(0, 1, 3))
    assert by_hour[19] > 1.5 * by_hour[3]


def test_homes_are_not_proportional_to_each_other():
    energy = households(rng(), 60, 28, 0, 6.5)
    likeness = np.corrcoef(energy[energy.std(axis=1) > 0.005])
    np.fill_diagonal(likeness, 0)
    assert likeness.max() < 0.9


def test_given_profiles_are_used_once_each_and_then_from_another_day():
    profiles = rng().uniform(0, 1, (3, 5 * 96))
    used = given(rng(), profiles, 5, 5 * 96)
    assert sorted(map(tuple, used[:3])) == sorted(map(tuple, profiles))
    for home in used[3:]:
        assert any(np.array_equal(np.sort(home), np.sort(profile)) for profile in profiles)


def test_faults_of_given_profiles_are_mended():
    profiles = np.full((1, 96), 0.2)
    profiles[0, :3] = -1.0, np.nan, 500.0
    assert given(rng(), profiles, 1, 96)[0, :4] == pytest.approx([0, 0, 2.5, 0.2])


@pytest.mark.parametrize("shape", [(96,), (0, 96), (3, 95)])
def test_profiles_of_another_shape_are_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match="负荷曲线"):
        given(rng(), np.zeros(shape), 2, 96)


@settings(max_examples=40, deadline=None)
@for_all(st.integers(2, 150), st.none() | st.integers(1, 6), st.integers(0, 999))
def test_a_network_has_every_consumer_at_a_bus_of_its_own(consumers: int, feeders: int | None, seed: int):
    cabling = radial(rng(seed), consumers, feeders, 0.3)
    parent = cabling.network.parent
    assert len(set(cabling.consumer_bus.tolist())) == consumers
    assert not set(parent.tolist()) & set(cabling.consumer_bus.tolist())
    assert set(parent[cabling.consumer_bus].tolist()) <= set(cabling.pole_bus.tolist())
    assert (
        (parent == BUSBAR).sum() == min(feeders, consumers) if feeders else 1 <= (parent == BUSBAR).sum() <= 6
    )


@pytest.mark.parametrize(("factor", "of_drops"), [(3.0, 1.0), (0.5, 0.5)])
def test_longer_cables_leave_transformer_and_service_drops(factor: float, of_drops: float):
    cabling = radial(rng(), 20, 2, 0.0)
    before, after = cabling.network.impedance, cabling.scaled(factor).network.impedance
    assert np.array_equal(after[BUSBAR], before[BUSBAR])
    assert np.array_equal(after[cabling.consumer_bus], of_drops * before[cabling.consumer_bus])
    assert np.array_equal(after[cabling.pole_bus], factor * before[cabling.pole_bus])


@for_all(st.lists(st.floats(-1, 3), min_size=4, max_size=40), st.floats(-0.1, 0.1), st.integers(0, 99))
def test_a_register_loses_nothing_but_its_last_step(energy: list[float], error: float, seed: int):
    true = np.array([energy[: len(energy) // 2 * 2]])
    shown = registered(rng(seed), true, np.array([[error, error]]), 0.01).astype(float)
    behind = np.cumsum(shown) - np.cumsum(true * (1 + error))
    assert np.abs(behind).max() <= 0.01 + 1e-5


def test_a_voltage_channel_is_off_by_its_gain_on_its_days():
    volts = np.full((1, 192), 230.0)
    shown = sampled(rng(), volts, np.array([[0.0, 0.01]]), 0.0, (15, "mean"))
    assert shown[0, [0, 95, 96, 191]] == pytest.approx([230.0, 230.0, 232.3, 232.3])


@pytest.mark.parametrize(("by", "expected"), [(1, [np.nan, 1, 2]), (-1, [2, 3, np.nan]), (0, [1, 2, 3])])
def test_a_late_clock_has_nothing_at_the_beginning(by: int, expected: list[float]):
    assert np.array_equal(late(np.array([1, 2, 3], np.float32), by), expected, equal_nan=True)


def test_gaps_are_single_readings_and_outages():
    missing = gaps(rng(), (50, 2000), 0.05)
    edges = np.diff(missing.astype(int), axis=1)
    assert missing.mean() == pytest.approx(0.05, rel=0.1)
    assert (missing[:, 1:-1] & (edges[:, :-1] == 1) & (edges[:, 1:] == -1)).sum() > 1000
    text = "\n".join("".join("01"[int(x)] for x in row) for row in missing)
    assert "1" * 25 in text
