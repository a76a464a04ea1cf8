"""Rounding by GB/T 8170-2008: 四舍六入五成双, to a digit or to any rounding interval (修约间隔).

A tie goes to the even multiple of the interval, whatever the interval is: rounding to 0.5 or 0.2 of a
digit's unit (GB/T 8170-2008, clause 3.4) is rounding to the interval 0.5 or 0.2 of it.  One rounding
only, of the number as it is: numbers that were rounded before must not come in again (clause 3.3).

Decimals are rounded exactly.  Floats are read as the decimals that people wrote: see `round_array`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quanheng.kernels.decimals import decimal_of

FloatArray = NDArray[np.float64]

NOISE = 3 * float(np.finfo(np.float64).eps)
"""Relative size of what arithmetic on doubles leaves behind: 3 to 6 units in the last place, one of which
the arithmetic here may need itself.

Two different decimals of 15 significant digits are further apart, so nothing that was written is lost.
"""

_LARGEST_EXPONENT = 400  # beyond every double; keeps "1E+999999999" from filling the memory
_EXACT_INTEGERS = 2.0**53
_EXACT_TENS = 22  # 10**22 is the largest power of ten that a double holds exactly
_FAR = 1e12  # multiples; beyond, the noise is no longer small against an interval
_BLIND = 0.25  # halves of an interval; noise above it says nothing about ties


class BadRounding(ValueError):
    """What cannot be rounded; the reason is Chinese, for the reader."""


def round_to_interval(value: Decimal, interval: Decimal) -> Decimal:
    """Return the multiple of ``interval`` nearest to ``value``; of two, the even multiple.

    The result shows the digits of the interval.  There is no negative zero.

    Raises
    ------
    BadRounding
        No finite numbers, an interval that is not positive, exponents beyond ±400.

    Examples
    --------
    GB/T 8170-2008, clause 3.4: half and fifth of a unit.

    >>> print(round_to_interval(Decimal("60.25"), Decimal("0.5")))
    60.0
    >>> print(round_to_interval(Decimal(830), Decimal(20)))
    840
    """
    if not (value.is_finite() and interval.is_finite()):
        raise BadRounding(f"不是有限的数，不能修约：{value}，间隔 {interval}。")
    if interval <= 0:
        raise BadRounding(f"修约间隔应当大于零，这里是 {interval}。")
    number, number_exponent = _whole(value)
    step, step_exponent = _whole(interval)
    if max(abs(number_exponent), abs(step_exponent), abs(value.adjusted())) > _LARGEST_EXPONENT:
        raise BadRounding(f"数的位数超出范围，不能修约：{value}，间隔 {interval}。")
    lowest = min(number_exponent, step_exponent)
    count = _half_even(abs(number) * 10 ** (number_exponent - lowest), step * 10 ** (step_exponent - lowest))
    digits = tuple(int(digit) for digit in str(count * step))
    return Decimal((int(number < 0 and count > 0), digits, step_exponent))


def round_to_digits(value: Decimal, places: int) -> Decimal:
    """Return ``value`` rounded to ``places`` decimal places; -2 rounds to hundreds (GB/T 8170-2008, 3.2).

    Raises
    ------
    BadRounding
        As `round_to_interval`.

    Examples
    --------
    >>> print(round_to_digits(Decimal("1.050"), 1), round_to_digits(Decimal("0.35"), 1))
    1.0 0.4
    >>> print(round_to_digits(Decimal("15.4546"), 0))
    15
    """
    return round_to_interval(value, Decimal((0, (1,), -places)))


def slack(values: ArrayLike, magnitude: ArrayLike = 0.0) -> FloatArray:
    """Return how far two results of arithmetic on doubles may lie apart and still be the same number.

    ``magnitude`` is the largest number that entered the arithmetic: 1000.15 - 1000 carries the noise
    of 1000, not that of 0.15.  Same unit as ``values``; nan where ``values`` are not finite.
    """
    values = np.asarray(values, dtype=np.float64)
    size = np.where(np.isfinite(values), np.maximum(np.abs(values), np.abs(magnitude)), np.nan)
    return np.asarray(NOISE * size)


def round_array(values: ArrayLike, interval: float, magnitude: ArrayLike = 0.0) -> FloatArray:
    """Return each value rounded to ``interval`` as the decimal that it stands for (GB/T 8170-2008).

    Parameters
    ----------
    values
        Any shape; nan and infinities come back as they are.
    interval
        Rounding interval, read as its shortest decimal. [unit of the values]
    magnitude
        Largest number that entered the arithmetic that made the values, broadcast to them; see `slack`.

    Returns
    -------
    ndarray
        Shape of the values: the doubles nearest to the decimal multiples, 0.3 and never 0.30000000000000004.

    Notes
    -----
    A value that is a decimal of at most 15 significant digits is rounded exactly as that decimal.  A
    value within `slack` of a tie is the tie: 0.25 and 0.25000000000000006, which is what arithmetic makes
    of it, both become 0.2 at the interval 0.1.

    Raises
    ------
    BadRounding
        An interval that is not positive and finite; a magnitude so large that the noise hides the ties.

    Examples
    --------
    >>> round_array([0.25, 0.35, 1.15, 0.15000000000000002, -0.04], 0.1)
    array([0.2, 0.4, 1.2, 0.2, 0. ])
    >>> round_array(1000.25 - 1000, 0.1), round_array(1000.15 - 1000, 0.1, magnitude=1000)
    (array(0.2), array(0.2))
    """
    values = np.asarray(values, dtype=np.float64)
    if not (np.isfinite(interval) and interval > 0):
        raise BadRounding(f"修约间隔应当大于零，这里是 {interval}。")
    finite = np.isfinite(values)
    with np.errstate(over="ignore", invalid="ignore"):
        halves = np.where(finite, values, 0.0) / interval * 2  # off by little more than its last place
        steps = np.rint(halves)
        noise = slack(halves, np.abs(magnitude) / interval * 2)
        if np.any(noise[np.abs(halves) < _FAR] >= _BLIND):
            raise BadRounding(f"参与计算的数太大，分辨不出修约间隔 {interval}。")
        ties = (steps % 2 != 0) & (np.abs(halves - steps) <= noise)
        counts = np.where(ties, 2 * np.rint(steps / 4), np.rint(halves / 2))
        step, exponent = _whole(decimal_of(interval).normalize())
        rounded = _multiples(counts, step, exponent)
        inexact = (np.abs(halves) >= _FAR) | (np.abs(counts) * step > _EXACT_INTEGERS)
    inexact = finite & (inexact | (abs(exponent) > _EXACT_TENS))
    exact = [round_to_interval(decimal_of(value), decimal_of(interval)) for value in values[inexact]]
    rounded[inexact] = [float(one) for one in exact]
    return np.where(finite, rounded, values)


class Reported(NamedTuple):
    """A value and its uncertainty as they are printed, to the same place: ``f"{value:f}"``."""

    value: Decimal
    uncertainty: Decimal


def round_uncertainty(value: Decimal | float, uncertainty: Decimal | float, digits: int = 2) -> Reported:
    """Return both as printed: the uncertainty to ``digits`` significant digits, the value to that place.

    GUM 7.2.6 (JCGM 100:2008): one or two significant digits; rounding is that of GB/T 8170-2008.

    Raises
    ------
    BadRounding
        Digits other than 1 and 2, an uncertainty that is not positive, no finite numbers.

    Examples
    --------
    >>> value, uncertainty = round_uncertainty(50.0008383, 0.0000926)
    >>> print(f"{value:f} ± {uncertainty:f}")
    50.000838 ± 0.000093
    >>> print("{:f} ± {:f}".format(*round_uncertainty(12345.6, 996.0)))
    12300 ± 1000
    """
    value = value if isinstance(value, Decimal) else decimal_of(value)
    uncertainty = uncertainty if isinstance(uncertainty, Decimal) else decimal_of(uncertainty)
    if digits not in {1, 2}:
        raise BadRounding(f"不确定度取一位或者两位有效数字，这里是 {digits}。")
    if not uncertainty.is_finite() or uncertainty <= 0:
        raise BadRounding(f"不确定度应当大于零，这里是 {uncertainty}。")
    places = digits - 1 - uncertainty.adjusted()
    if round_to_digits(uncertainty, places).adjusted() > uncertainty.adjusted():  # 0.0996 becomes 0.10
        places -= 1
    return Reported(round_to_digits(value, places), round_to_digits(uncertainty, places))


def _whole(number: Decimal) -> tuple[int, int]:
    """Return the whole number and the exponent of ten that a finite decimal consists of."""
    sign, digits, exponent = number.as_tuple()
    whole = int("".join(map(str, digits)))
    return (-whole if sign else whole), int(exponent)


def _half_even(number: int, step: int) -> int:
    count, rest = divmod(number, step)
    return count + (2 * rest > step or (2 * rest == step and count % 2 == 1))


def _multiples(counts: FloatArray, step: int, exponent: int) -> FloatArray:
    """Return ``counts`` × ``step`` × 10^``exponent``, each rounded once, without negative zeros."""
    tens = 10.0 ** min(abs(exponent), _EXACT_TENS)
    whole = counts * step
    return np.array((whole / tens if exponent < 0 else whole * tens) + 0.0)
