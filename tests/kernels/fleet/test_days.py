"""The balance by day: it adds up, on every day, to the loss as it was indicated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quanheng.kernels.fleet.days import day_balance
from quanheng.kernels.fleet.prepare import CannotEstimate
from quanheng.kernels.fleet.simulate import Scenario, simulate

AREA, _TRUTH = simulate(Scenario(meters=20, days=10, step_minutes=60, seed=1, wrong=1))


def test_the_parts_of_a_day_are_its_loss():
    found = day_balance(AREA)
    assert len(found.days) == 10
    np.testing.assert_allclose(found.lines + found.errors + found.residual, found.loss, atol=1e-9)
    np.testing.assert_allclose(found.master.sum(), AREA.master.sum(), rtol=1e-6)
    assert np.abs(found.residual).max() < 0.02 * found.master.max()
    assert (found.complete == 1).all()


def test_hours_without_the_master_are_left_out_of_both_sides():
    master = AREA.master.copy()
    master[24:30] = np.nan
    found = day_balance(replace(AREA, master=master))
    assert found.complete[1] == pytest.approx(0.75)
    assert found.master[1] == pytest.approx(float(np.nansum(master[24:48])), rel=1e-6)
    assert abs(found.loss[1]) < 0.1 * found.master[1]


def test_too_few_days_have_no_balance():
    short = replace(AREA, **{name: getattr(AREA, name)[..., :48] for name in ("master", "energy")})
    with pytest.raises(CannotEstimate):
        day_balance(short)
