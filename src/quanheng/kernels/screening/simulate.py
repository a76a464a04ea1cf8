"""Invented factory data, honest and manipulated: for measuring how often the screening errs.  Always marked as such.

An honest meter: an error of its own that all points share, one for each point, the repeatability of the bench, a
drift of the line and the places of the bench; written down at a resolution.  A line is capable: its middle lies four
standard deviations inside the limit, as Cpk ≥ 1.33 asks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quanheng.kernels.screening.grid import Numbers

_CAPABLE = 4.0
_LAZY = 0.4


def honest(rng: np.random.Generator, meters: int, limits: Numbers, *, is_capable: bool = True) -> Numbers:
    """Return errors (meters, points) [%] of an honest file; ``limits`` (points,) [%].

    Without ``is_capable`` the spread is so wide that meters fail; they are in the file.
    """
    points, limit = len(limits), float(np.min(limits))
    repeatability = limit * rng.uniform(0.005, 0.05)
    spread = limit * (rng.uniform(0.08, 0.2) if is_capable else rng.uniform(0.3, 0.5))
    shared = rng.uniform(0.2, 0.8)
    room = max(limit - _CAPABLE * spread, 0.0) if is_capable else 0.3 * limit
    middle = rng.uniform(-0.8, 0.8) * room + 0.2 * room * rng.uniform(-1, 1, points)
    own = rng.normal(size=(meters, 1)) * np.sqrt(shared)
    drift = _drift(rng, meters) * rng.uniform(0, 0.5)
    place = rng.normal(size=24)[np.arange(meters) % 24][:, None] * 0.2
    each = rng.normal(size=(meters, points)) * np.sqrt(1 - shared)
    total = (own + drift[:, None] + place + each) / np.sqrt(1 + 0.04 + 0.08)
    scaled = limits / limit * (middle + spread * total) + rng.normal(size=(meters, points)) * repeatability
    return rounded(rng, scaled, limit)


def rounded(rng: np.random.Generator, errors: Numbers, limit: float) -> Numbers:
    """Return errors as a bench writes them: hundredths, thousandths, or the mean of two readings in hundredths."""
    step = float(rng.choice([0.01, 0.005, 0.001])) if limit >= 1 else float(rng.choice([0.001, 0.0005]))
    return np.round(np.round(errors / step) * step, 6)


def _drift(rng: np.random.Generator, meters: int) -> Numbers:
    knots = rng.normal(size=max(3, meters // 200 + 2))
    return np.interp(np.linspace(0, len(knots) - 1, meters), np.arange(len(knots)), knots)


def clipped(rng: np.random.Generator, errors: Numbers, limits: Numbers) -> Numbers:
    """Write what is beyond the limit just inside it."""
    inside = limits * (1 - rng.uniform(0, 0.08, errors.shape))
    bad = np.abs(errors) > limits
    return np.where(bad, np.round(np.sign(errors) * inside, 2), errors)


def dropped(_rng: np.random.Generator, errors: Numbers, limits: Numbers) -> Numbers:
    """Leave out the meters that fail."""
    kept: Numbers = errors[(np.abs(errors) <= limits).all(axis=1)]
    return kept


def block_copied(rng: np.random.Generator, errors: Numbers, _limits: Numbers, share: float = 0.1) -> Numbers:
    """Fill the end of the file with a run of its beginning."""
    n = max(3, int(share * len(errors)))
    start = int(rng.integers(0, len(errors) - 2 * n + 1))
    made = errors.copy()
    made[-n:] = errors[start : start + n]
    return made


def rows_repeated(rng: np.random.Generator, errors: Numbers, _limits: Numbers, share: float = 0.1) -> Numbers:
    """Fill rows here and there with other rows."""
    n = max(3, int(share * len(errors)))
    made = errors.copy()
    to = rng.choice(len(errors), size=n, replace=False)
    made[to] = errors[rng.integers(0, len(errors), size=n)]
    return made


def digits_invented(rng: np.random.Generator, errors: Numbers, limits: Numbers) -> Numbers:
    """Write last digits as people invent them: fives and noughts too often."""
    step = 0.01 if float(np.min(limits)) >= 1 else 0.001
    rough = np.round(errors / (5 * step)) * 5 * step
    fine = np.round(errors / step) * step
    is_lazy = rng.uniform(size=errors.shape) < _LAZY
    made: Numbers = np.asarray(np.round(np.where(is_lazy, rough, fine), 6), dtype=np.float64)
    return made


def points_derived(rng: np.random.Generator, errors: Numbers, _limits: Numbers) -> Numbers:
    """Measure one point and write the others with a fixed difference."""
    step = 0.01
    first = np.round(errors[:, :1] / step) * step
    made: Numbers = np.round(first + np.round(rng.uniform(-0.2, 0.2, errors.shape[1]) / step) * step, 6)
    return made


def ordered(_rng: np.random.Generator, errors: Numbers, _limits: Numbers) -> Numbers:
    """Invent a smooth course: the values of each point in order."""
    return np.sort(errors, axis=0)


def narrowed(_rng: np.random.Generator, errors: Numbers, limits: Numbers) -> Numbers:
    """Write nearly the same for every meter."""
    step = 0.01 if float(np.min(limits)) >= 1 else 0.001
    made: Numbers = np.round(np.round(0.03 * errors / step) * step, 6)
    return made


MANIPULATIONS: dict[str, Callable[[np.random.Generator, Numbers, Numbers], Numbers]] = {
    "clipped": clipped,
    "dropped": dropped,
    "block_copied": block_copied,
    "rows_repeated": rows_repeated,
    "digits_invented": digits_invented,
    "points_derived": points_derived,
    "ordered": ordered,
    "narrowed": narrowed,
}
WIDE = frozenset({"clipped", "dropped"})
"""Manipulations that only a line with failing meters needs."""
