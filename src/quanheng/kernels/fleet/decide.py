"""From a posterior to a verdict of each meter: out of tolerance, conforming, or undetermined.

P(out of tolerance) is that of JCGM 106 for the mixture that the posterior is.  A meter is called out of tolerance at
P ≥ 0.95 and conforming at P ≤ 0.05, so among the meters named in an area, a county or a province at most one in
twenty is expected to be good: the mean of 1 − P over those named is the expected false discovery rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.results import CONFORMING, OUT_OF_TOLERANCE, UNDETERMINED

Floats = NDArray[np.floating]

SURE = 0.95
_CLEARED = 0.05
_TELLING = 0.8  # standard uncertainty from the data alone, in tolerances, up to which a meter can be judged


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """What is said of each meter, (n,)."""

    status: tuple[str, ...]
    error: Floats  # ε, ratio
    uncertainty: Floats  # standard uncertainty of ε, ratio
    probability: Floats  # of being out of tolerance
    judged: NDArray[np.bool_]  # the data alone say enough


def decide(posterior: Posterior, tolerance: Floats) -> Verdicts:
    """Return the verdicts; ``tolerance`` (n,) is the maximum permissible error, a ratio."""
    error = 1 / (1 + posterior.mean) - 1
    uncertainty = np.sqrt(posterior.variance) * (1 + error) ** 2
    low, high = 1 / (1 + tolerance) - 1, 1 / (1 - tolerance) - 1
    kinds = posterior.kinds
    good = _beyond(kinds.good_mean, kinds.good_variance, low, high)
    wrong = _beyond(kinds.bad_mean, kinds.bad_variance, low, high)
    probability = (1 - kinds.bad) * good + kinds.bad * wrong
    judged = np.sqrt(posterior.data_variance) <= _TELLING * tolerance
    judged |= probability >= SURE
    status = np.where(
        probability >= SURE,
        OUT_OF_TOLERANCE,
        np.where(judged & (probability <= _CLEARED), CONFORMING, UNDETERMINED),
    )
    return Verdicts(tuple(status.tolist()), error, uncertainty, probability, judged)


def _beyond(mean: Floats, variance: Floats, low: Floats, high: Floats) -> Floats:
    """Return the probability (n,) that a N(mean, variance) lies outside low … high."""
    deviation = np.sqrt(variance)
    beyond: Floats = ndtr((low - mean) / deviation) + ndtr((mean - high) / deviation)
    return beyond


def false_discovery_rate(probability: Floats) -> float:
    """Return the expected share of good meters among those named, given their probabilities (k,); 0 for none."""
    return float(1 - probability.mean()) if probability.size else 0.0


def unfair_energy(registered_kwh: float, error: float, uncertainty: float) -> tuple[float, float, float]:
    """Return what was billed too much [kWh] (< 0: too little), and the ends of its 95 % interval.

    ``registered_kwh`` is what the meter showed, ``error`` and ``uncertainty`` are ratios: registered = true·(1 + ε).
    """
    middle, low, high = (
        registered_kwh * e / (1 + e) for e in (error, error - 1.96 * uncertainty, error + 1.96 * uncertainty)
    )
    return middle, low, high
