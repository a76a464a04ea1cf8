"""Drift of a standard from its calibrations: rate, random walk, prediction, and the interval that it allows.

The change from one calibration (as left) to the next (as found) is rate · time, plus a random walk, plus the
errors of both calibrations; neighbouring changes share the calibration between them.  The rate is the
generalised least-squares estimate, the walk's diffusion that of restricted maximum likelihood (Patterson and
Thompson 1971).  The interval ends when the predicted probability of being within the limits has fallen to a
target: the variables-data method of NCSLI RP-1 (from memory, not compared with the text).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, log, sqrt
from typing import NamedTuple

import numpy as np
from scipy import optimize
from scipy.special import ndtr, ndtri, stdtrit

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import DAYS_OF_YEAR, Calibration, Course, FloatArray

_MONTHS_OF_YEAR = 12
_LEAST = 2
_LEAST_CHANGES_FOR_BOTH = 3


class Drift(NamedTuple):
    """What the calibrations say: ``rate`` [unit/year] with ``rate_interval``, ``diffusion`` [unit/√year].

    ``level`` [unit] is the deviation left on ``last_day`` with ``level_uncertainty``; ``covariance`` is that of
    level and rate.
    """

    rate: float
    rate_uncertainty: float
    rate_interval: tuple[float, float]
    diffusion: float
    level: float
    level_uncertainty: float
    covariance: float
    last_day: int


class _Changes(NamedTuple):
    """Changes that are no jump: ``has_last`` where the change before the last calibration is among them."""

    change: FloatArray
    has_last: bool
    years: FloatArray
    noise: FloatArray


def estimate_drift(
    calibrations: Sequence[Calibration], *, course: Course = Course.RANDOM, coverage: float = 0.95
) -> Drift:
    """Return the drift of a standard.

    Parameters
    ----------
    calibrations
        Two or more, in the order of time; all but the first with ``found``.  A change that was a jump
        (`Course.STEP`) is no drift and left out.
    course
        `Course.LINEAR` for a rate alone, `Course.RANDOM` for a rate and a random walk.  With two calibrations
        the walk cannot be told from the rate, and is 0.
    coverage
        Of ``rate_interval``: normal without a walk, else t with one degree of freedom less than changes.

    Raises
    ------
    BadTraceability
        Fewer than two calibrations; all uncertainties are 0 where nothing else spreads the changes.
    """
    changes = _changes(calibrations)
    free = len(changes.change) - 1
    variance = _walk(changes, with_rate=True) if course is Course.RANDOM and free else 0.0
    inverse = _inverse(changes, variance)
    weights = inverse @ changes.years / (changes.years @ inverse @ changes.years)
    rate = float(weights @ changes.change)
    u = 1 / sqrt(changes.years @ inverse @ changes.years)
    tail = (1 - coverage) / 2
    k = -float(stdtrit(free, tail) if variance > 0 else ndtri(tail))
    last = calibrations[-1]
    return Drift(
        rate,
        u,
        (rate - k * u, rate + k * u),
        sqrt(variance),
        last.left,
        last.standard_uncertainty,
        float(weights[-1]) * last.standard_uncertainty**2 * changes.has_last,
        last.day,
    )


def estimate_diffusion(calibrations: Sequence[Calibration]) -> float:
    """Return the diffusion [unit/√year].

    From three changes on beside a rate (restricted maximum likelihood); with fewer they cannot be told apart, and
    every change counts as walk (maximum likelihood), which as a rule is too much.

    Raises
    ------
    BadTraceability
        Fewer than two calibrations.
    """
    changes = _changes(calibrations)
    return sqrt(_walk(changes, with_rate=len(changes.change) >= _LEAST_CHANGES_FOR_BOTH))


def predict(drift: Drift, day: int) -> tuple[float, float]:
    """Return the deviation on a day and its standard uncertainty [unit].

    Raises
    ------
    BadTraceability
        The day is before the last calibration.
    """
    years = (day - drift.last_day) / DAYS_OF_YEAR
    if years < 0:
        raise BadTraceability("只能推算最后一次校准以后的日期。")
    return _after(drift, years)


def recommended_months(drift: Drift, limit: float, reliability: float, longest: int) -> int:
    """Return the whole months after which the standard is within ±``limit`` [unit] at least with ``reliability``.

    At most ``longest``; 0 where it is not even so on the first day.

    Raises
    ------
    BadTraceability
        The limit is not positive, or the reliability is not between 0 and 1.
    """
    if not 0 < limit < inf:
        raise BadTraceability(f"限值应当大于零，这里是 {limit:g}。")
    if not 0 < reliability < 1:
        raise BadTraceability(f"可靠性目标应当在 0 和 1 之间，这里是 {reliability:g}。")
    for months in range(longest + 1):
        if within_limit(drift, limit, months / _MONTHS_OF_YEAR) < reliability:
            return max(0, months - 1)
    return longest


def within_limit(drift: Drift, limit: float, years: float) -> float:
    """Return the probability that the deviation is within ±``limit`` so many years after the last calibration."""
    mean, u = _after(drift, years)
    if u == 0:
        return float(abs(mean) <= limit)
    return float(ndtr((limit - mean) / u) - ndtr((-limit - mean) / u))


def _after(drift: Drift, years: float) -> tuple[float, float]:
    variance = drift.level_uncertainty**2 + drift.diffusion**2 * years
    variance += (drift.rate_uncertainty * years) ** 2 + 2 * drift.covariance * years
    return drift.level + drift.rate * years, sqrt(variance)


def _changes(calibrations: Sequence[Calibration]) -> _Changes:
    if len(calibrations) < _LEAST:
        raise BadTraceability("至少要有两次校准。")
    days = np.array([each.day for each in calibrations], dtype=np.float64)
    found = [each.found for each in calibrations[1:]]
    if np.any(np.diff(days) <= 0) or any(value is None for value in found):
        raise BadTraceability("校准应当按日期排列，一天一次；第一次以后每次都应给出送到时的偏差。")
    left = np.array([each.left for each in calibrations[:-1]])
    u2 = np.array([each.standard_uncertainty for each in calibrations]) ** 2
    noise = np.diag(u2[:-1] + u2[1:]) - np.diag(u2[1:-1], 1) - np.diag(u2[1:-1], -1)
    kept = np.flatnonzero([each.course is not Course.STEP for each in calibrations[1:]])
    if not len(kept):
        raise BadTraceability("除突变以外，至少要有两次校准之间的一次变化。")
    change = (np.array(found, dtype=np.float64) - left)[kept]
    years = np.diff(days)[kept] / DAYS_OF_YEAR
    return _Changes(change, bool(kept[-1] == len(left) - 1), years, noise[np.ix_(kept, kept)])


def _inverse(changes: _Changes, variance: float) -> FloatArray:
    try:
        return np.asarray(np.linalg.inv(changes.noise + variance * np.diag(changes.years)), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise BadTraceability("校准的不确定度都是零，漂移的不确定度无从得出。") from None


def _walk(changes: _Changes, *, with_rate: bool) -> float:
    """Return the walk's variance a year that makes the changes most likely; 0 where none is needed."""
    largest = float(np.max(changes.change**2 / changes.years))
    if largest == 0:
        return 0.0

    def cost(log_variance: float) -> float:
        return _cost(changes, exp(log_variance), with_rate=with_rate)

    top = log(largest) + log(100.0)
    best = optimize.minimize_scalar(cost, bounds=(top - 35, top), method="bounded", options={"xatol": 1e-8})
    variance = exp(float(best.x))
    has_noise = float(np.linalg.det(changes.noise)) > 0
    return 0.0 if has_noise and _cost(changes, 0.0, with_rate=with_rate) <= best.fun else variance


def _cost(changes: _Changes, variance: float, *, with_rate: bool) -> float:
    """Return minus twice the logarithm of the likelihood, restricted where there is a rate."""
    inverse = _inverse(changes, variance)
    rest = changes.change
    cost = -float(np.linalg.slogdet(inverse)[1])
    if with_rate:
        information = float(changes.years @ inverse @ changes.years)
        rest = rest - changes.years * float(changes.years @ inverse @ rest) / information
        cost += log(information)
    return cost + float(rest @ inverse @ rest)
