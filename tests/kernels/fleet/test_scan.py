"""Changes within one consumer: a clock that is off, an error that is another from a day on."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.balance import Balance
from quanheng.kernels.fleet.gram import gram
from quanheng.kernels.fleet.mixture import Mixture
from quanheng.kernels.fleet.posterior import infer
from quanheng.kernels.fleet.scan import Change, residual_of, scan
from quanheng.kernels.fleet.whitening import Whitening
from tests.kernels.fleet.areas import loads

PER_DAY, DAYS, N = 48, 40, 10


def scanned(energy: np.ndarray, true: np.ndarray, seed: int = 1) -> tuple[list[Change], np.ndarray]:
    """What is found where the meters show ``energy`` and the master saw ``true``; and the residual."""
    rng = np.random.default_rng(seed)
    register = np.diff(rng.uniform(0, 0.05, DAYS * PER_DAY + 1))
    target = (true - energy).sum(axis=0) + register
    rows = np.concatenate([target[None], energy, np.ones((1, DAYS * PER_DAY))]).astype(np.float32)
    weight = np.ones(DAYS * PER_DAY, np.float32)
    statistics = gram(rows, weight, PER_DAY)
    found = infer(statistics, N, np.array([0.1]), (), Mixture(0.02, np.zeros(N), np.zeros(N)))
    balance = Balance(rows, N, np.array([0.1]), ())
    return scan(balance, statistics, found, Whitening(weight, None), PER_DAY), residual_of(balance, found)


@pytest.fixture
def energy() -> np.ndarray:
    return loads(N, DAYS, per_day=PER_DAY)


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_changes_nothing_is_found(energy: np.ndarray, seed: int):
    changes, residual = scanned(energy, energy, seed)
    assert changes == []
    assert np.std(residual) < 0.03


@pytest.mark.parametrize("day", [8, 20, 33])
@pytest.mark.parametrize("step", [-0.06, 0.06])
def test_a_step_of_the_error_is_found_on_its_day(energy: np.ndarray, day: int, step: float):
    shown = energy.copy()
    shown[4, day * PER_DAY :] *= 1 + step
    changes, _ = scanned(shown, energy)
    first = next(change for change in changes if not change.lag)
    assert first.meter == 4
    assert abs(first.first - day) <= 1


@pytest.mark.parametrize("late", [-2, -1, 1, 2])
def test_a_clock_that_is_off_is_found_with_its_lag(energy: np.ndarray, late: int):
    shown = energy.copy()
    shown[7] = np.roll(energy[7], late)
    changes, _ = scanned(shown, energy)
    assert (changes[0].meter, changes[0].lag) == (7, late)
    assert (changes[0].first, changes[0].last) == (0, DAYS)


def test_a_clock_that_was_put_right_is_found_with_its_days(energy: np.ndarray):
    shown = energy.copy()
    part = slice(10 * PER_DAY, 25 * PER_DAY)
    shown[2, part] = np.roll(energy[2], 1)[part]
    changes, _ = scanned(shown, energy)
    assert (changes[0].meter, changes[0].lag) == (2, 1)
    assert abs(changes[0].first - 10) <= 1
    assert abs(changes[0].last - 25) <= 1


def test_a_meter_has_at_most_one_change_and_the_clearest_stands_first(energy: np.ndarray):
    shown = energy.copy()
    shown[7] = np.roll(energy[7], 1)
    shown[4, 20 * PER_DAY :] *= 1.06
    changes, _ = scanned(shown, energy)
    meters = [change.meter for change in changes]
    assert len(meters) == len(set(meters))
    assert [change.gain for change in changes] == sorted((c.gain for c in changes), reverse=True)
