"""The balance of a district: inflow less what the consumers' meters saw is leakage, by pressure.

    inflow_t = (1 + c)·Σ_i (1 + a_i)·reading_it + leakage_t + noise_t,    1 + a_i = θ_i = 1 / (1 + ε_i)

c is the district meter's own error and whatever all consumers' meters share; the data tell only the sum of both.

FAVAD (May 1994; Lambert 2001): leakage goes as pressure^N1, N1 from 0.5 (a hole in iron) to 2.5 (a crack in plastic).
A row p^N1 and its derivative p^N1·ln p correct N1 until the derivative has nothing left to say.  Without pressure: it
falls with the square of the demand, so leakage is highest at night.  At night hardly anybody draws water; that is what
tells leakage from a common error (minimum night flow).

The first row of leakage has mean one and all others mean zero, so its coefficient is the mean leakage itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.balance import Balance

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]

COMMON_ROW, LEAKAGE_ROW, PRESSURE_ROW = 0, 1, 2  # places among the nuisance
COMMON = 0.25  # spread of the error that the meters of a district share, in tolerances
_LEAKAGE = 0.5  # mean leakage, as a share of the mean inflow: standard deviation of the prior
_EXPONENTS = (0.5, 2.5)  # N1 lies within
_EXPONENT_SPREAD = 0.6  # of N1
_LEAST = 0.02  # mean leakage that is believed at least, as a share of the mean inflow
_FALL = 0.1  # by how much leakage falls at the mean demand, as a share of the mean inflow
_MOST_MISSING = 0.2  # share of the pressure that may be missing


def inflow_spread(mpe_percent: float) -> float:
    """Return the standard uncertainty, a ratio, of a district meter within its maximum permissible error."""
    return mpe_percent / 100 / float(np.sqrt(3))


@dataclass(frozen=True, slots=True, eq=False)
class Pressure:
    """Pressure over mean pressure (T,), and what is believed of the leakage that follows it."""

    ratio: Floats
    exponent: float = 1.0  # N1
    leakage: float = 0.0  # [m³ per interval], to scale what is believed of N1

    def corrected(self, leakage: float, derivative: float) -> Pressure:
        """Return it with N1 as the coefficients of both rows say."""
        moved = derivative / leakage if leakage > 0 else 0.0
        exponent = float(np.clip(self.exponent + moved, *_EXPONENTS))
        return Pressure(self.ratio, exponent, leakage)


def usable_pressure(pressure: Singles | None, intervals: int, per_day: int) -> Pressure | None:
    """Return the pressure, gaps filled by the time of day; None where too little was measured."""
    if pressure is None:
        return None
    measured = np.where(pressure > 0, pressure, np.nan)[:intervals].astype(np.float64)
    by_day = measured.reshape(-1, per_day)
    known = np.isfinite(by_day)
    if known.mean() < 1 - _MOST_MISSING or not known.any(axis=0).all():
        return None
    filled = np.where(known, by_day, np.nanmean(by_day, axis=0)).reshape(-1)
    return Pressure(filled / filled.mean())


def orifice(pressure: Pressure | None, intervals: int) -> Floats:
    """Return how a burst flows (T,), 1 on average: as the root of the pressure, which is all that a hole of fixed size does."""
    if pressure is None:
        return np.ones(intervals)
    root = np.sqrt(pressure.ratio)
    flow: Floats = root / root.mean()
    return flow


def district_balance(
    volume: Singles,
    inflow: Singles,
    pressure: Pressure | None,
    spread: float,
    bursts: Sequence[int] = (),
) -> Balance:
    """Return the rows of ``volume`` (n, T) and ``inflow`` (T,) [m³].

    ``spread`` is the prior of c.  The nuisance: c, the mean leakage, how
    it goes with pressure or demand, and at the end one row for each interval in which a burst begins.
    """
    total = volume.sum(axis=0, dtype=np.float64)
    mean = max(float(np.abs(inflow).mean()), 1e-9)
    prior = [spread, _LEAKAGE * mean]
    if pressure is None:
        rows = [total, np.ones_like(total), (total / max(float(total.mean()), 1e-9)) ** 2]
        prior.append(_FALL * mean)
    else:
        power = pressure.ratio**pressure.exponent
        power /= power.mean()
        rows = [total, power, power * np.log(pressure.ratio)]
        prior.append(_EXPONENT_SPREAD * max(pressure.leakage, _LEAST * mean))
    flow = orifice(pressure, total.size)
    for first in bursts:
        rows.append(np.where(np.arange(total.size) >= first, flow, 0))
        prior.append(_LEAKAGE * mean)
    centred = [row - row.mean() for row in rows[PRESSURE_ROW:]]
    stacked = np.concatenate([(inflow - total)[None], volume, np.stack(rows[:PRESSURE_ROW] + centred)])
    return Balance(stacked.astype(np.float32), len(volume), np.array(prior), ())
