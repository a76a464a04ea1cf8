"""Limits of an interval of values, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Array of the common shape of the arguments; a numpy number where all of them are numbers."""


Numbers = float | Sequence[float] | FloatArray
"""What may be given: numbers, lists and arrays broadcast with each other."""


class BadConformity(ValueError):
    """What cannot be decided on; the reason is Chinese, for the reader."""


class Limits(NamedTuple):
    """An interval of permissible or accepted values; an infinite limit is none (JCGM 106:2012, 3.3.4, 3.3.8).

    Limits may be arrays that broadcast with the other arguments.  Unit: that of the measured value.
    """

    lower: Numbers = -np.inf
    upper: Numbers = np.inf

    @classmethod
    def symmetric(cls, mpe: Numbers) -> Limits:
        """Return ±``mpe``, the maximum permissible error (VIM 4.26).

        Raises
        ------
        BadConformity
            It is not positive.
        """
        half = as_floats(mpe)
        if not np.all(half > 0):
            raise BadConformity(f"最大允许误差应当大于零，这里是 {first_of(half, ~(half > 0))}。")
        return cls(-half, half)

    def guarded(self, guard_band: Numbers) -> Limits:
        """Return the limits of acceptance: inside by ``guard_band`` = T_U - A_U, outside where it is negative.

        JCGM 106:2012, 8.3.2 (guarded acceptance) and 8.3.3 (guarded rejection).  A guard band that is
        wider than half the interval leaves nothing to accept: the lower limit is then above the upper.
        """
        lower, upper = self.checked()
        band = as_floats(guard_band)
        return Limits(lower + band, upper - band)

    def checked(self) -> tuple[FloatArray, FloatArray]:
        """Return both as arrays.

        Raises
        ------
        BadConformity
            A limit is nan, or the lower is above the upper.
        """
        lower, upper = as_floats(self.lower), as_floats(self.upper)
        if not np.all(lower <= upper):
            low, high = np.broadcast_arrays(lower, upper)
            bad = ~(low <= high)
            raise BadConformity(f"下限应当不大于上限，这里是 {first_of(low, bad)} 和 {first_of(high, bad)}。")
        return lower, upper


def as_floats(values: Numbers) -> FloatArray:
    """Return ``values`` as an array of doubles."""
    return np.asarray(values, dtype=np.float64)


def first_of(values: FloatArray, chosen: NDArray[np.bool_]) -> str:
    """Return the first of the chosen values, for a message."""
    return f"{values[chosen].flat[0]:g}"


def positive_uncertainty(standard_uncertainty: Numbers) -> FloatArray:
    """Return the uncertainty as an array.

    Raises
    ------
    BadConformity
        It is not positive and finite.  Nobody measures without uncertainty: a zero is a budget that is
        missing, and would turn a probability into a certainty that nobody has.
    """
    u = as_floats(standard_uncertainty)
    good = (u > 0) & np.isfinite(u)
    if not np.all(good):
        raise BadConformity(f"标准不确定度应当大于零，这里是 {first_of(u, ~good)}。")
    return u
