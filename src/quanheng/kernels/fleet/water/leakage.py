"""The balance of a district: inflow less what the consumers' meters saw is leakage, by pressure.

    inflow_t = (1 + c)·Σ_i (1 + a_i)·reading_it + leakage_t + noise_t,    1 + a_i = θ_i = 1 / (1 + ε_i)

c is the district meter's own error and whatever all consumers' meters share; the data tell only the sum of both.

FAVAD (May 1994; Lambert 2002): leakage goes as pressure^N1, N1 from 0.5 (a hole in iron) to 2.5 (a crack in plastic).
A row p^N1 and its derivative p^N1·ln p correct N1 until the derivative has nothing left to say.  Without pressure: it
falls with the square of the demand, and differs from hour to hour in some way that nobody knows.  At night hardly anybody draws water; that is what
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
Floats = NDArray[np.floating]

COMMON_ROW, LEAKAGE_ROW, PRESSURE_ROW = 0, 1, 2  # places among the nuisance
_LEAKAGE = 0.5  # mean leakage, as a share of the mean inflow: standard deviation of the prior
_EXPONENTS = (0.5, 2.5)  # N1 lies within
_EXPONENT_SPREAD = 0.6  # of N1
_LEAST = 0.02  # mean leakage by which its variations are scaled at least, as a share of the mean inflow
_UNMEASURED = 0.1  # how leakage varies where pressure is not measured, as a share of it: sd of each row
_MOST_MISSING = 0.2  # share of the pressure that may be missing


@dataclass(frozen=True, slots=True, eq=False)
class Pressure:
    """How leakage goes with pressure, as far as it is known."""

    ratio: Floats | None  # (T,) pressure over mean pressure, None where too little was measured
    exponent: float = 1.0  # N1
    leakage: float = 0.0  # mean [m³ per interval], by which its variations are scaled

    def corrected(self, leakage: float, derivative: float) -> Pressure:
        """Return it with leakage and N1 as the coefficients of their rows say."""
        moved = derivative / leakage if leakage > 0 else 0.0
        exponent = float(np.clip(self.exponent + moved, *_EXPONENTS))
        return Pressure(self.ratio, exponent, max(leakage, 0.0))

    def orifice(self, intervals: int) -> Floats:
        """Return how a hole of fixed size flows (T,), 1 on average: as the root of the pressure."""
        if self.ratio is None:
            return np.ones(intervals)
        root = np.sqrt(self.ratio)
        flow: Floats = root / root.mean()
        return flow


def read_pressure(pressure: Singles | None, intervals: int, per_day: int) -> Pressure:
    """Return what ``pressure`` (T,) [kPa] says, its gaps filled by the time of day; zero and less count as gaps."""
    if pressure is None:
        return Pressure(None)
    measured = np.where(pressure > 0, pressure, np.nan)[:intervals].astype(np.float64)
    by_day = measured.reshape(-1, per_day)
    known = np.isfinite(by_day)
    if known.mean() < 1 - _MOST_MISSING or not known.any(axis=0).all():
        return Pressure(None)
    filled = np.where(known, by_day, np.nanmean(by_day, axis=0)).reshape(-1)
    return Pressure(filled / filled.mean())


def district_balance(
    volume: Singles, inflow: Singles, pressure: Pressure, spread: float, bursts: Sequence[int], per_day: int
) -> Balance:
    """Return the rows of ``volume`` (n, T) and ``inflow`` (T,) [m³].

    ``spread`` is the prior of c.  The nuisance: c, the mean leakage, how it varies, and at the end one row for each
    interval in which a burst begins.
    """
    total = volume.sum(axis=0, dtype=np.float64)
    mean = max(float(np.abs(inflow).mean()), 1e-9)
    level = max(pressure.leakage, _LEAST * mean)
    power = np.ones_like(total) if pressure.ratio is None else pressure.ratio**pressure.exponent
    rows = [total, power / power.mean()]
    prior = [spread, _LEAKAGE * mean]
    if pressure.ratio is None:
        varying = _unmeasured(total, per_day)
        prior += [_UNMEASURED * level] * len(varying)
    else:
        varying = [power * np.log(pressure.ratio) / power.mean()]
        prior.append(_EXPONENT_SPREAD * level)
    flow = pressure.orifice(total.size)
    varying += [np.where(np.arange(total.size) >= first, flow, 0) for first in bursts]
    prior += [_LEAKAGE * mean] * len(bursts)
    centred = [row - row.mean() for row in varying]
    stacked = np.concatenate([(inflow - total)[None], volume, np.stack(rows + centred)])
    return Balance(stacked.astype(np.float32), len(volume), np.array(prior), ())


def _unmeasured(total: Floats, per_day: int) -> list[Floats]:
    """Return rows (T,) of how leakage may vary where nobody measured: with the demand, and with the hour of the day."""
    hour = np.arange(total.size) % per_day * 24 // per_day
    by_hour = [(hour == k).astype(np.float64) for k in range(24)]
    return [(total / max(float(total.mean()), 1e-9)) ** 2, *by_hour]
