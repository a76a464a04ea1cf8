"""The resolution at which errors were written down."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

_STEPS = tuple(factor * 10.0**-power for power in range(7) for factor in (5, 2, 1))
_SHARE = 0.98  # of the values: a few that were written finer do not change what the file's resolution is
_NEAR = 1e-6


def step_of(values: Numbers) -> float:
    """Return the coarsest of 5, 2, 1, 0.5 … on which nearly all values (n,) lie [unit of the values]."""
    for step in _STEPS:
        scaled = values / step
        if np.mean(np.abs(scaled - np.round(scaled)) < _NEAR * np.maximum(1.0, np.abs(scaled))) >= _SHARE:
            return step
    return _STEPS[-1]


def on_grid(values: Numbers, step: float) -> Whole:
    """Return values as whole multiples of a step, of the same shape."""
    return np.round(values / step).astype(np.int64)


def spread(values: Numbers | Whole) -> float:
    """Return the standard deviation by the median absolute deviation, which a few strange rows do not move."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
