"""How much energy is expected to be billed wrong: of a meter, an area, a county.

A meter with share s of the consumers' energy E, error ε and standard uncertainty u (ratios), which is out of tolerance
with probability p, is expected to have billed p·s·E·|g| too much or too little, g = ε / (1 + ε): registered = true·(1 + ε),
as in ``decide.unfair_energy``.  Being out of tolerance is taken as an event of probability p, and g given it as
N(ε / (1 + ε), u / (1 + ε)²), so the variance is (s·E)²·(p·(g² + u_g²) − p²·g²).  Meters are taken as independent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.words import HALF_WIDTH

Floats = NDArray[np.floating]

STOPPED_PERCENT = -99.0  # a meter that shows next to nothing: its readings do not say what was used


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the meters of an area, of the consumers' energy: p·s·g where g > 0, p·s·|g| where g < 0, the variance."""

    over: float
    under: float
    variance: float


@dataclass(frozen=True, slots=True)
class Unfair:
    """Expected energy billed too much and too little [kWh], and the ends of the 95 % interval of their sum."""

    over_kwh: float
    under_kwh: float
    low_kwh: float
    high_kwh: float

    @property
    def kwh(self) -> float:
        """Return what is expected to be billed wrong, either way [kWh]."""
        return self.over_kwh + self.under_kwh


def moments(
    error_percent: Floats, uncertainty_percent: Floats, probability: Floats, share: Floats
) -> Moments:
    """Return the sums over meters, all (n,); one with NaN, or below ``STOPPED_PERCENT``, adds nothing.

    >>> found = moments(np.array([25.0]), np.array([0.0]), np.array([1.0]), np.array([0.5]))
    >>> found.over, found.under, found.variance
    (0.1, 0.0, 0.0)
    """
    told = np.isfinite(error_percent + uncertainty_percent + probability + share)
    told &= np.where(told, error_percent, 0) > STOPPED_PERCENT
    error, p, s = error_percent[told] / 100, probability[told], share[told]
    g = error / (1 + error)
    spread = uncertainty_percent[told] / 100 / (1 + error) ** 2
    part = p * s * g
    return Moments(
        float(part[g > 0].sum()),
        float(-part[g < 0].sum()),
        float((s**2 * (p * (g**2 + spread**2) - (p * g) ** 2)).sum()),
    )


def consumers_kwh(loss_kwh: float | None, loss_percent: float | None) -> float:
    """Return what all consumers of an area registered [kWh], from its loss and the loss in [%] of the master's energy.

    NaN where either is not known, or zero: then nothing tells how much went through the area.

    >>> consumers_kwh(50.0, 5.0)
    950.0
    """
    if not loss_kwh or not loss_percent or not isfinite(loss_kwh + loss_percent):
        return nan
    return loss_kwh * (100 / loss_percent - 1)


def unfair(areas: Iterable[tuple[float, Moments]]) -> Unfair:
    """Return the sum over areas of (consumers' energy [kWh], moments); an area whose energy is NaN adds nothing."""
    over = under = variance = 0.0
    for energy, found in areas:
        if isfinite(energy):
            over += energy * found.over
            under += energy * found.under
            variance += energy**2 * found.variance
    half = HALF_WIDTH * sqrt(max(variance, 0.0))
    return Unfair(over, under, max(over + under - half, 0.0), over + under + half)
