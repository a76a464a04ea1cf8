"""What the meters make of the truth: registers with a step, voltage channels with gain and noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.simulate.households import PER_DAY

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

VOLTAGE_STEP = 0.1  # [V]
_QUARTER_MINUTES = 15


def summed(energy: Floats, step_minutes: int) -> Floats:
    """Return the energy (n, T) of quarters of an hour summed over steps (n, T·15/step)."""
    by_step: Floats = _by_step(energy, step_minutes).sum(axis=2)
    return by_step


def registered(rng: np.random.Generator, energy: Floats, error: Floats, register_kwh: float) -> Singles:
    """Return the interval energies (n, T) [kWh] of meters with the errors (n, days), a ratio each day.

    A register shows whole steps only; what an interval is said to have used is the difference of two
    such readings.  Registers start anywhere within a step.
    """
    per_day = energy.shape[1] // error.shape[1]
    indicated = energy * (1 + np.repeat(error, per_day, axis=1))
    start = rng.uniform(0, 1, (energy.shape[0], 1))
    register = np.floor(np.cumsum(indicated / register_kwh, axis=1) + start)
    counts = np.diff(register, axis=1, prepend=0.0)
    return (counts * register_kwh).astype(np.float32)


def sampled(
    rng: np.random.Generator, volts: Floats, gain: Floats, noise: float, reading: tuple[int, str]
) -> Singles:
    """Return what voltage channels record (c, T·15/step) [V] of the true voltages (c, T).

    ``gain`` (c, days) is the relative error of each channel on each day, ``noise`` the relative standard
    deviation of sampling instead of averaging a quarter of an hour, ``reading`` the step [min] and whether
    the mean of the step or its last quarter is recorded.
    """
    step_minutes, kind = reading
    noisy = volts * (1 + np.repeat(gain, PER_DAY, axis=1)) * (1 + rng.normal(0, noise, volts.shape))
    by_step = _by_step(noisy, step_minutes)
    taken = by_step.mean(axis=2) if kind == "mean" else by_step[:, :, -1]
    return (np.round(taken / VOLTAGE_STEP) * VOLTAGE_STEP).astype(np.float32)


def late(values: Singles, intervals: int) -> Singles:
    """Return one meter's row (T,) as a clock that is ``intervals`` late labels it; NaN where it has none."""
    moved = np.roll(values, intervals)
    if intervals > 0:
        moved[:intervals] = np.nan
    elif intervals < 0:
        moved[intervals:] = np.nan
    return moved


def gaps(rng: np.random.Generator, shape: tuple[int, int], share: float) -> NDArray[np.bool_]:
    """Return which readings (n, T) are missing: half of them alone, half in outages of up to half a day."""
    missing = rng.random(shape) < share / 2
    longest = min(48, shape[1])
    outages = round(share / 2 * shape[0] * shape[1] / ((1 + longest) / 2))
    for row, first, length in zip(
        rng.integers(0, shape[0], outages).tolist(),
        rng.integers(0, shape[1], outages).tolist(),
        rng.integers(1, longest + 1, outages).tolist(),
        strict=True,
    ):
        missing[row, first : first + length] = True
    return missing


def _by_step(values: Floats, step_minutes: int) -> Floats:
    """Return quarters of an hour (n, T) by steps (n, T·15/step, step/15)."""
    width = step_minutes // _QUARTER_MINUTES
    return values.reshape(values.shape[0], values.shape[1] // width, width)
