"""Comparisons between laboratories: E_n number, zeta score, robust mean.

ISO 13528:2022, 9.7 and 9.6 (scores), annex C.3 (algorithm A); ISO/IEC 17043.  Clause numbers from memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import FloatArray

_CUT = 1.5  # of algorithm A: beyond so many robust standard deviations a value is drawn in
_MOST_ROUNDS = 1000
_LEAST = 3


def en_number(
    value: FloatArray | float,
    expanded: FloatArray | float,
    reference: FloatArray | float,
    reference_expanded: FloatArray | float,
) -> FloatArray:
    """Return (x - X) / √(U² + U_ref²), both expanded uncertainties with the same coverage factor, 2.

    The reference is independent of the value.  Satisfactory: `is_satisfactory`.

    Raises
    ------
    BadTraceability
        An uncertainty is negative, or both are zero.

    >>> float(en_number(10.3, 0.3, 10.0, 0.4).round(2))
    0.6
    """
    return _score(value, expanded, reference, reference_expanded)


def zeta_score(
    value: FloatArray | float,
    standard: FloatArray | float,
    reference: FloatArray | float,
    reference_standard: FloatArray | float,
) -> FloatArray:
    """Return (x - X) / √(u² + u_ref²) of standard uncertainties; |ζ| ≤ 2 satisfactory, ≥ 3 not.

    Raises
    ------
    BadTraceability
        As `en_number`.
    """
    return _score(value, standard, reference, reference_standard)


def is_satisfactory(en: float) -> bool:
    """Whether |E_n| ≤ 1 (ISO 13528:2022, 9.7)."""
    return abs(en) <= 1


class Robust(NamedTuple):
    """Robust mean and standard deviation of results, and the standard uncertainty of the mean, 1.25 s*/√p."""

    mean: float
    sd: float
    standard_uncertainty: float


def robust_mean(values: Sequence[float]) -> Robust:
    """Return the robust mean x* and standard deviation s* of algorithm A, for a comparison without a reference.

    Factors are those of the normal distribution, computed: 1.483 = 1/Φ⁻¹(3/4), and the one (1.134) by which
    drawing in beyond 1.5 s* shortens the standard deviation.

    Raises
    ------
    BadTraceability
        Fewer than three values, or one that is not finite.

    Source: ISO 13528:2022, annex C.3; uncertainty of the mean 7.7.3 (from memory).
    """
    x = np.asarray(values, dtype=np.float64)
    if len(x) < _LEAST or not np.all(np.isfinite(x)):
        raise BadTraceability("稳健平均值至少要三个数值。")
    mean = float(np.median(x))
    sd = float(np.median(np.abs(x - mean)) / ndtri(0.75))
    for _ in range(_MOST_ROUNDS):
        drawn = np.clip(x, mean - _CUT * sd, mean + _CUT * sd)
        after = float(drawn.mean()), float(drawn.std(ddof=1)) / _shortening()
        is_settled = abs(after[0] - mean) + abs(after[1] - sd) <= 1e-12 * max(after[1], abs(after[0]))
        mean, sd = after
        if is_settled:
            break
    return Robust(mean, sd, 1.25 * sd / float(np.sqrt(len(x))))


def _shortening() -> float:
    """Return the standard deviation of a standard normal value drawn in at ± the cut."""
    tail = float(ndtr(-_CUT))
    density = float(np.exp(-(_CUT**2) / 2) / np.sqrt(2 * np.pi))
    return float(np.sqrt(1 - 2 * tail - 2 * _CUT * density + 2 * _CUT**2 * tail))


def _score(
    value: FloatArray | float,
    own: FloatArray | float,
    reference: FloatArray | float,
    other: FloatArray | float,
) -> FloatArray:
    x, u, r, v = (np.asarray(each, dtype=np.float64) for each in (value, own, reference, other))
    spread = np.hypot(u, v)
    if not (np.all(u >= 0) and np.all(v >= 0) and np.all(spread > 0) and np.all(np.isfinite(x - r + spread))):
        raise BadTraceability("不确定度应当不小于零，且不都为零；各值应为有限的数。")
    found: FloatArray = (x - r) / spread
    return found
