"""Is an error within its limits?  Judged on the rounded value where the regulation says so."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.conformity.limits import FloatArray, Limits, Numbers, as_floats
from quanheng.kernels.decimals import decimal_of
from quanheng.kernels.rounding import round_array, slack


def conforms(
    error: Numbers,
    tolerance: Limits,
    *,
    rounding_interval: float | None = None,
    inclusive: bool = True,
    magnitude: Numbers = 0.0,
) -> NDArray[np.bool_]:
    """Return whether each error lies within the limits: simple acceptance (JCGM 106:2012, 8.2).

    Parameters
    ----------
    error
        Measured errors, any shape; nan conforms to nothing. [unit of the limits]
    tolerance
        Permissible errors, broadcast to the errors.
    rounding_interval
        Where the regulation judges the rounded error, its interval: rounded by GB/T 8170-2008 first.
    inclusive
        Whether an error on a limit conforms.  An error within the noise of arithmetic is on it.
    magnitude
        Largest number that entered the arithmetic of the error; see `quanheng.kernels.rounding.slack`.

    Raises
    ------
    BadConformity
        Limits in the wrong order.
    BadRounding
        An interval that is not positive, or finer than the noise.

    Examples
    --------
    A class 1 electricity meter, ±1.0 %, judged on the error rounded to 0.1 %:

    >>> conforms([1.04, 1.05, 1.06], Limits.symmetric(1.0), rounding_interval=0.1)
    array([ True,  True, False])
    >>> conforms([1.04, 1.05, 1.06], Limits.symmetric(1.0))
    array([False, False, False])
    """
    lower, upper = tolerance.checked()
    errors = as_floats(error)
    if rounding_interval is not None:
        errors, magnitude = round_array(errors, rounding_interval, magnitude), 0.0
    return within(errors, lower, upper, magnitude=magnitude, inclusive=inclusive)


def acceptance_when_rounded(tolerance: Limits, rounding_interval: float) -> Limits:
    """Return the limits of the error before rounding within which the rounded error is accepted.

    Half an interval wider than the last multiples inside the tolerance: what `global_risks` needs to tell
    what judging on the rounded value costs.  Limits are single numbers.

    >>> acceptance_when_rounded(Limits.symmetric(1.0), 0.1)
    Limits(lower=-1.05, upper=1.05)
    """
    lower, upper = tolerance.checked()
    step = decimal_of(rounding_interval)

    def last_tie(limit: float) -> float:
        if np.isinf(limit):
            return limit
        multiples = (decimal_of(limit) / step).to_integral_value(ROUND_FLOOR)
        return float((multiples + Decimal("0.5")) * step)

    return Limits(-last_tie(-float(lower)), last_tie(float(upper)))


def within(
    values: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    *,
    magnitude: Numbers = 0.0,
    inclusive: bool = True,
) -> NDArray[np.bool_]:
    """Return whether ``values`` lie between limits of any order, up to the noise of arithmetic."""
    size = np.maximum(*(np.where(np.isfinite(at), np.abs(at), 0.0) for at in (lower, upper)))
    noise = slack(values, np.maximum(size, np.abs(magnitude)))
    noise = noise if inclusive else -noise
    return np.asarray((lower - noise <= values) & (values <= upper + noise))
