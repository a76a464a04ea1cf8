"""The nonparametric curve of Turnbull for interval-censored, left-truncated stories: what the data say by themselves.

Turnbull, J. R. Statist. Soc. B 38 (1976) 290; the intervals that can hold mass as corrected by Frydman, J. R. Statist.
Soc. B 56 (1994) 71.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from quanheng.kernels.lifetime.data import FloatArray, Lifetimes

_ROUNDS = 20_000
_TOLERANCE = 1e-6
_MOST_STORIES = 1500


@dataclass(frozen=True, slots=True)
class Steps:
    """Mass (sums to 1) in the intervals (``left``, ``right``] [year], shape (j,); where in them, nobody can say.

    ``from_age`` is the earliest entry: the curve is that of meters which conformed then.  ``is_converged`` is False
    where the iteration was stopped.
    """

    left: FloatArray
    right: FloatArray
    mass: FloatArray
    from_age: float
    is_converged: bool

    def fraction(self, ages: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the least and the largest fraction that has failed at each age [year], shape (m,)."""
        least = (self.right[None, :] <= ages[:, None]) @ self.mass
        most = (self.left[None, :] < ages[:, None]) @ self.mass
        return np.minimum(least, 1.0), np.minimum(most, 1.0)


def turnbull(data: Lifetimes) -> Steps:
    """Return the nonparametric maximum-likelihood curve; of more than 1500 stories with ages rounded to 0.1 year."""
    entry, left, right, count = _stories(data)
    low, high = _innermost(entry, left, right)
    inside = (low[None, :] >= left[:, None]) & (high[None, :] <= right[:, None])
    seen = low[None, :] >= entry[:, None]
    mass = np.full(len(low), 1.0 / len(low))
    is_converged = False
    for _round in range(_ROUNDS):
        found = count / (inside @ mass)
        under = count / (seen @ mass)
        gain = found @ inside - under @ seen
        scale = float(under.sum())
        if np.all(gain <= _TOLERANCE * count.sum()):
            is_converged = True
            break
        mass = mass * (gain + scale) / scale
        mass /= mass.sum()
    kept = mass > 1e-7  # noqa: PLR2004
    return Steps(low[kept], high[kept], mass[kept], float(entry.min()), is_converged)


def _stories(data: Lifetimes) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    if len(data.count) <= _MOST_STORIES:
        return data.entry, data.left, data.right, data.count
    rounded = np.asarray(np.column_stack((data.entry, data.left, data.right)), dtype=np.float64).round(1)
    kept = rounded[:, 1] < rounded[:, 2]
    stories, place = np.unique(rounded[kept], axis=0, return_inverse=True)
    count = np.bincount(place.ravel(), weights=data.count[kept])
    return stories[:, 0], stories[:, 1], stories[:, 2], count.astype(np.float64)


def _innermost(entry: FloatArray, left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the intervals (a, b] with a left end at a, and at b a right end or an entry, and nothing between."""
    ends = np.concatenate((np.unique(right), np.unique(entry[entry > 0])))
    points = [(float(value), 0) for value in np.unique(ends)] + [
        (float(value), 1) for value in np.unique(left)
    ]
    points.sort()  # at one age the right end comes first: (a, b] and (b, c] do not overlap
    found = [
        (one, two) for (one, is_left), (two, is_next_left) in pairwise(points) if is_left and not is_next_left
    ]
    return np.array([one for one, _two in found]), np.array([two for _one, two in found])
