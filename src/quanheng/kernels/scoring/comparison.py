"""One estimate beside what a test found: does the difference fit the two uncertainties?"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite

HALF_WIDTH = 1.959964  # of a 95 % interval, in standard uncertainties


@dataclass(frozen=True, slots=True)
class Comparison:
    """``ratio`` is the difference in combined standard uncertainties, None where both are zero."""

    difference_percent: float  # estimate - test
    combined_percent: float  # standard uncertainty of the difference
    ratio: float | None
    inside: bool  # the test lies in the estimate's 95 % interval, widened by the uncertainty of the test
    fits: bool  # |E_n| ≤ 1 (ISO 13528, with k = 2 of both)


def compare(
    estimate_percent: float,
    standard_uncertainty_percent: float,
    tested_percent: float,
    tested_standard_uncertainty_percent: float,
) -> Comparison:
    """Compare an estimated error with a tested one, all [%].

    Raises
    ------
    ValueError
        A figure that is none, or a negative uncertainty.
    """
    given = (
        estimate_percent,
        standard_uncertainty_percent,
        tested_percent,
        tested_standard_uncertainty_percent,
    )
    if not all(map(isfinite, given)) or given[1] < 0 or given[3] < 0:
        raise ValueError(f"no comparison of {given}")
    difference, combined = estimate_percent - tested_percent, hypot(given[1], given[3])
    ratio = difference / combined if combined else None
    return Comparison(
        difference, combined, ratio, abs(difference) <= HALF_WIDTH * combined, abs(difference) <= 2 * combined
    )
