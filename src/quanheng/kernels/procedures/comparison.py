"""Comparing numbers that arithmetic has passed through: 0.30000000000000004 is not above 0.3.

A number counts as equal to a bound from which it differs by less than 1e-9 of the bound: no instrument reads so fine,
and no chain of a few operations on doubles errs so much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quanheng.kernels.procedures.model import Ranged
from quanheng.kernels.rounding import NOISE, round_array

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOLERANCE = 1e-9
_DIGITS = 12


def at_most(x: ArrayLike, bound: ArrayLike, scale: ArrayLike = 0.0) -> Mask:
    """Return where ``x`` does not exceed ``bound``; ``scale`` is the size of the numbers about, where above it."""
    return np.asarray(np.subtract(x, bound) <= TOLERANCE * np.maximum(np.abs(bound), scale))


def at_least(x: ArrayLike, bound: ArrayLike, scale: ArrayLike = 0.0) -> Mask:
    """Return where ``x`` is not below ``bound``; see `at_most`."""
    return np.asarray(np.subtract(bound, x) <= TOLERANCE * np.maximum(np.abs(bound), scale))


def above(x: ArrayLike, bound: ArrayLike) -> Mask:
    """Return where ``x`` exceeds ``bound``: where `at_most` does not hold and both are numbers."""
    return np.asarray(np.subtract(x, bound) > TOLERANCE * np.abs(bound))


def below(x: ArrayLike, bound: ArrayLike) -> Mask:
    """Return where ``x`` is less than ``bound``."""
    return np.asarray(np.subtract(bound, x) > TOLERANCE * np.abs(bound))


COMPARISONS: Mapping[str, Callable[..., Mask]] = {"<=": at_most, ">=": at_least, ">": above, "<": below}


def within(x: Numbers, range_: Ranged, value: Callable[[Any], Numbers]) -> Mask:
    """Return where ``x`` lies in a range, whose bounds ``value`` evaluates; NaN does not."""
    result = ~np.isnan(x)
    for bound, holds in (
        (range_.from_, at_least),
        (range_.above, above),
        (range_.to, at_most),
        (range_.below, below),
    ):
        if bound is not None:
            result &= holds(x, value(bound))
    return result


def rounded(values: Numbers, interval: Numbers) -> Numbers:
    """Return ``values`` rounded by GB/T 8170, each to its own interval; NaN where an interval is not positive."""
    result = np.full(values.shape, np.nan)
    for step in np.unique(interval[interval > 0]):
        here = interval == step
        result[here] = round_array(values[here], float(step), magnitude=TOLERANCE / NOISE * float(step))
    return result


def significant(values: Numbers) -> Numbers:
    """Return ``values`` to 12 significant digits, so that what is equal on paper is equal."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        places = _DIGITS - 1 - np.floor(np.log10(np.abs(values)))
        shifted = np.round(values * 10.0**places) / 10.0**places
    return np.asarray(np.where(np.isfinite(shifted), shifted, values))
