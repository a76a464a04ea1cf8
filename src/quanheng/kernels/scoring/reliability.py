"""How often it came out as it was said: the reliability curve, and a share with its interval.

Intervals are those of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404: exact, never too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from quanheng.kernels.scoring.brier import bin_of
from quanheng.kernels.scoring.refusals import checked

EDGES = (
    0.0,
    0.05,
    0.25,
    0.5,
    0.75,
    0.95,
    1.0,
)  # 0.05 and 0.95 are where verdicts begin (kernels/fleet/decide.py)


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``count`` with the ends of the interval [1]; None where there were none."""

    hits: int
    count: int
    share: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts between two limits: what was said on average [1], and how often it came out."""

    low: float
    high: float
    mean_probability: float
    observed: Share


def share_of(hits: int, count: int, *, confidence: float = 0.95) -> Share:
    """Return a share with its exact binomial interval; of nothing nothing is known: 0 … 1.

    Raises
    ------
    ValueError
        ``hits`` beyond 0 … ``count``, or a confidence beyond 0 … 1.
    """
    if not 0 <= hits <= count or not 0 < confidence < 1:
        raise ValueError(f"no share: {hits} of {count} at {confidence}")
    tail = (1 - confidence) / 2
    low = float(betaincinv(hits, count - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, count - hits, 1 - tail)) if hits < count else 1.0
    return Share(hits, count, hits / count if count else None, low, high)


def reliability(
    probability: ArrayLike, happened: ArrayLike, *, edges: ArrayLike = EDGES, confidence: float = 0.95
) -> tuple[Bin, ...]:
    """Return the bins that hold forecasts (n,) [1], in their order.  BadForecasts as `brier.brier_score`."""
    p, o = checked(probability, happened)
    limits, at = np.asarray(edges, dtype=np.float64), bin_of(p, edges)
    found = []
    for number in np.unique(at):
        inside = at == number
        observed = share_of(int(o[inside].sum()), int(inside.sum()), confidence=confidence)
        found.append(Bin(float(limits[number]), float(limits[number + 1]), float(p[inside].mean()), observed))
    return tuple(found)
