"""The balance: Kirchhoff through the voltages, energy fed back, and the rows that stand for the loss without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quanheng.kernels.fleet.assemble import assemble, months
from quanheng.kernels.fleet.balance import Split, balance
from quanheng.kernels.fleet.prepare import prepare
from quanheng.kernels.fleet.simulate.sweep import Loads, Network, solve
from quanheng.kernels.fleet.voltage import Referral, Wiring, wire
from tests.kernels.fleet.areas import made

PER_DAY = 96


def feeder(seed: int, *, fed_back: bool = False) -> tuple[np.ndarray, Referral, Wiring, np.ndarray]:
    """Energies of 24 resistive consumers on a four-wire feeder, their voltages, and the master's energy; no noise."""
    rng = np.random.default_rng(seed)
    n, intervals = 24, 2 * PER_DAY
    parent = np.array([-1, *(max(0, i - int(rng.integers(1, 4))) for i in range(1, n + 1))])
    impedance = rng.uniform(0.02, 0.05, (n + 1, 4))[:, :, None] * np.eye(4)
    phase = rng.integers(0, 3, n).astype(np.int8)
    watts = 1000 * rng.gamma(0.6, 1.0, (n, intervals))
    if fed_back:
        watts[::4] -= 2500 * np.maximum(np.sin(np.arange(intervals) * 2 * np.pi / PER_DAY), 0)
    turn = np.exp(-2j * np.pi / 3 * np.arange(3))
    source = 230 * np.repeat(turn[:, None], intervals, axis=1)
    flow = solve(
        Network(parent, impedance.astype(complex)),
        source,
        Loads(np.arange(1, n + 1), phase.astype(np.int64), watts.astype(complex)),
    )
    ratio = 230 / np.abs(flow.voltage)
    wiring = Wiring(np.ones(n, bool), phase, np.eye(3)[phase], ())
    kwh = (watts / 4000).astype(np.float32)
    return kwh, Referral(ratio.astype(np.float32), np.zeros(n)), wiring, flow.head_power.real / 4000


@pytest.mark.parametrize("fed_back", [False, True])
def test_what_the_master_sees_is_what_the_consumers_use_referred_to_its_voltage(fed_back: bool):
    energy, referral, wiring, master = feeder(1, fed_back=fed_back)
    rows = balance(energy, master.astype(np.float32), referral, wiring, 0.5)
    loss = master.sum() - energy.sum()
    assert (energy.min() < 0) == fed_back
    assert loss > 0.01 * master.sum()
    assert np.abs(rows.target).max() < 1e-3 * np.abs(master).max()
    assert abs(rows.target.sum()) < 0.02 * loss


def test_the_simulated_area_keeps_it_up_to_power_factors_and_registers():
    area, truth = made(good_sd_percent=0.0, wrong=0, master_sd_percent=0.0)
    ready = prepare(area)
    rows = assemble(area, ready, wire(area, area.intervals), ready.energy).balance
    left = rows.target.sum(dtype=float) / area.master.sum(dtype=float)
    assert abs(left) < 0.25 * truth.loss_ratio


def test_the_rows_are_target_consumers_and_nuisance():
    energy, referral, wiring, master = feeder(2)
    rows = balance(energy, master.astype(np.float32), referral, wiring, 0.5)
    referred = energy * referral.ratio
    assert rows.rows.shape == (1 + 24 + 3, 2 * PER_DAY)
    assert np.array_equal(rows.rows[1:25], referred)
    total, fixed, loss = rows.rows[25:]
    assert total == pytest.approx(referred.sum(axis=0))
    assert np.all(fixed == 1)
    assert loss == pytest.approx((referred - energy).sum(axis=0), abs=1e-5)
    assert rows.prior_sd[0] == pytest.approx(0.005 / np.sqrt(3))
    assert rows.learned == ()


def test_without_voltages_the_loss_goes_with_the_squares_of_the_loads():
    energy, _, wiring, master = feeder(3)
    blind = replace(wiring, known=np.zeros(24, bool))
    rows = balance(
        energy, master.astype(np.float32), Referral(np.ones_like(energy), np.zeros(24)), blind, 0.5
    )
    nuisance = rows.rows[25:]
    assert len(nuisance) == 2 + 6 + 24 + 24
    own = slice(8, 32)
    assert rows.learned == (own, slice(32, 56))
    phases = wiring.membership.T @ energy
    for i in (0, 7):
        assert nuisance[8 + i] == pytest.approx(energy[i] * phases[wiring.phase[i]], rel=1e-4)
        assert nuisance[32 + i] == pytest.approx(energy[i] ** 2, rel=1e-4)
    rest = rows.target - nuisance.T @ np.linalg.lstsq(nuisance.T, rows.target, rcond=None)[0]
    assert np.std(rest) < 0.1 * np.std(rows.target)


def test_a_split_is_the_later_part_of_its_consumer():
    energy, referral, wiring, master = feeder(4)
    rows = balance(energy, master.astype(np.float32), referral, wiring, 0.5, (Split(5, 1),), PER_DAY)
    assert np.all(rows.rows[-1, :PER_DAY] == 0)
    assert np.array_equal(rows.rows[-1, PER_DAY:], rows.rows[1 + 5, PER_DAY:])


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-01-05", 20, [(0, 20)]),
        ("2026-01-01", 59, [(0, 31), (31, 59)]),
        ("2026-01-05", 42, [(0, 27), (27, 42)]),
        ("2026-01-25", 30, [(0, 30)]),
        ("2026-01-01", 36, [(0, 36)]),
    ],
)
def test_months_are_those_of_the_calendar_and_short_ones_join(start: str, days: int, expected):
    assert months(np.datetime64(start, "m"), days) == expected


def test_the_statistics_of_months_add():
    area, _ = made(days=42)
    ready = prepare(area)
    wiring = wire(area, area.intervals)
    whole = assemble(area, ready, wiring, ready.energy)
    assert whole.balance.rows.shape[1] == area.intervals
    assert whole.gram.counts.sum() == pytest.approx(area.intervals)
    assert whole.sums.intervals == area.intervals
    assert whole.sums.master == pytest.approx(area.master.sum(dtype=float))
    assert np.all(whole.sums.drop[area.energy.sum(axis=1) > 1] > 0)
