"""How exactly a figure has to be known, from the digits that mean something in it."""

from __future__ import annotations

from math import isnan


def numerical_tolerance(value: float, digits: int = 2) -> float:
    """Return δ, half a unit of the last of ``digits`` meaningful digits of a figure; itself for 0 and NaN.  [unit of the figure]

    >>> numerical_tolerance(0.00035), numerical_tolerance(0.00035, digits=1), numerical_tolerance(10.1)
    (5e-06, 5e-05, 0.5)

    Source: JCGM 101:2008, 7.9.2.
    """
    if value == 0 or isnan(value):
        return value
    exponent = int(f"{abs(value):.{digits - 1}e}".split("e")[1])
    return 0.5 * 10.0 ** (exponent - digits + 1)
