"""Days with gaps get the noise of complete days."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.gram import FLOOR
from quanheng.kernels.fleet.prepare import prepare
from quanheng.kernels.fleet.whitening import whitening
from tests.kernels.fleet.areas import changed, days_of, made

N = 24


@pytest.fixture(scope="module")
def area() -> Area:
    return days_of(made(step_minutes=60)[0], 8)


def with_gaps(area: Area) -> Area:
    energy = area.energy.copy()
    energy[np.random.default_rng(3).random(energy.shape) < 0.1] = np.nan
    return changed(area, energy=energy)


def test_complete_days_are_left_as_they_are(area: Area):
    white = whitening(prepare(area))
    assert white.mixing is None
    assert white.rows(area.energy) is area.energy


def test_the_noise_of_a_day_with_gaps_comes_out_as_that_of_a_complete_one(area: Area):
    ready = prepare(with_gaps(area))
    mixing = whitening(ready).mixing
    assert mixing is not None
    assert ready.variance is not None
    load = abs(float(ready.master.mean()))
    complete = (0.0004 * load) ** 2 * (np.eye(N) + (2 * np.eye(N) - np.eye(N, k=1) - np.eye(N, k=-1)) / FLOOR)
    for day, matrix in enumerate(mixing.astype(float)):
        found = complete + np.diag(ready.variance[day * N : (day + 1) * N].astype(float))
        assert matrix @ found @ matrix.T == pytest.approx(complete, rel=1e-3, abs=1e-3 * complete.max())


def test_back_is_the_transpose_of_rows(area: Area):
    white = whitening(prepare(with_gaps(area)))
    dice = np.random.default_rng(5)
    left, right = dice.normal(size=(2, 8 * N)).astype(np.float32)
    assert float(white.rows(left[None])[0] @ right) == pytest.approx(
        float(left @ white.back(right)), rel=1e-3
    )


def test_an_interval_without_the_master_tells_nothing(area: Area):
    gappy = with_gaps(area)
    master = gappy.master.copy()
    master[30] = np.nan
    white = whitening(prepare(changed(gappy, master=master)))
    row = np.zeros(8 * N, np.float32)
    row[30] = 1
    assert np.abs(white.rows(row[None])).max() < 1e-3
