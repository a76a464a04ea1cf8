"""The Brier score and what it is made of.

Sources: G. W. Brier, Monthly Weather Review 78 (1950) 1 (half of his sum over two classes, as is usual today);
A. H. Murphy, Journal of Applied Meteorology 12 (1973) 595 (decomposition); D. B. Stephenson, C. A. S. Coelho,
I. T. Jolliffe, Weather and Forecasting 23 (2008) 752 (the two terms within bins).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quanheng.kernels.scoring.refusals import Bools, Floats, checked


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A Brier score as reliability - resolution + uncertainty + variance - covariance, all [1].

    The last two are those within bins: zero where the forecasts of a bin are equal, and then Murphy's three remain.
    """

    score: float
    reliability: float  # ≥ 0; small is good: what was said came true as often as it was said
    resolution: float  # ≥ 0; large is good: forecasts tell meters apart
    uncertainty: float  # of the outcomes alone; not in the hands of who forecasts
    within_variance: float
    within_covariance: float


def brier_score(probability: ArrayLike, happened: ArrayLike) -> float:
    """Return the mean squared difference of forecasts (n,) [1] and outcomes (n,); 0 is perfect, always ½ gives ¼.

    Raises
    ------
    BadForecasts
        None at all, different shapes, a probability outside 0 … 1.
    """
    p, o = checked(probability, happened)
    return float(np.mean((p - o) ** 2))


def skill_score(probability: ArrayLike, happened: ArrayLike) -> float | None:
    """Return 1 - score / uncertainty: against always saying the share that came out; None where all came out alike."""
    p, o = checked(probability, happened)
    uncertainty = float(o.mean() * (1 - o.mean()))
    return None if uncertainty == 0 else 1 - brier_score(p, o) / uncertainty


def decomposition(
    probability: ArrayLike, happened: ArrayLike, *, edges: ArrayLike | None = None
) -> Decomposition:
    """Return the parts of the score of forecasts (n,) [1] and outcomes (n,).

    ``edges`` are the limits of bins, increasing from 0 to 1, each bin with its lower limit, the last with both; without
    them equal forecasts make a bin.  The parts add up to the score exactly, whatever the bins.

    Raises
    ------
    BadForecasts
        As `brier_score`.
    """
    p, o = checked(probability, happened)
    base, n = float(o.mean()), p.size
    reliability = resolution = variance = covariance = 0.0
    for inside in _bins(p, edges):
        said, came, share = p[inside], o[inside].astype(np.float64), inside.sum() / n
        reliability += share * (said.mean() - came.mean()) ** 2
        resolution += share * (came.mean() - base) ** 2
        variance += share * said.var()
        covariance += share * 2 * float(np.mean((said - said.mean()) * (came - came.mean())))
    return Decomposition(
        brier_score(p, o),
        float(reliability),
        float(resolution),
        base * (1 - base),
        float(variance),
        float(covariance),
    )


def _bins(p: Floats, edges: ArrayLike | None) -> list[Bools]:
    if edges is None:
        return [p == value for value in np.unique(p)]
    at = bin_of(p, edges)
    return [at == number for number in np.unique(at)]


def bin_of(p: Floats, edges: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the number of the bin of each forecast (n,), from 0."""
    limits = np.asarray(edges, dtype=np.float64)
    found: np.ndarray[tuple[int], np.dtype[np.intp]] = np.clip(
        np.searchsorted(limits, p, side="right") - 1, 0, limits.size - 2
    )
    return found
