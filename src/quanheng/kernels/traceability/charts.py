"""Control charts for intermediate checks: individuals with moving range, EWMA, run rules.

Limits come from a baseline, the first values of the series, when the standard was known to be good.
Shewhart charts: ISO 7870-2 (individuals and moving range); EWMA: ISO 7870-6; run rules: Western Electric,
Statistical Quality Control Handbook (1956).  Constants are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import isfinite, pi, sqrt

import numpy as np
from scipy import optimize
from scipy.special import ndtr

from quanheng.kernels.findings import Finding
from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import BoolArray, FloatArray

_WIDTH = 3.0
"""Of Shewhart's limits in standard deviations: his own choice."""

_LEAST_BASELINE = 2

_RULES = (
    ("two_of_three", 2.0, 2, 3, "连续 3 点中有 2 点在同一侧超出 2σ"),
    ("four_of_five", 1.0, 4, 5, "连续 5 点中有 4 点在同一侧超出 1σ"),
    ("eight_on_one_side", 0.0, 8, 8, "连续 8 点在中心线同一侧"),
)


@dataclass(frozen=True)
class Chart:
    """The charts of a series; ``findings`` name points counted from 1.

    ``center``, ``sigma`` [unit] of the baseline, ``limits`` of the values, ``range_limit`` of the ranges of
    neighbours, ``ewma`` with ``ewma_limits``.
    """

    center: float
    sigma: float
    limits: tuple[float, float]
    ranges: FloatArray
    range_limit: float
    ewma: FloatArray
    ewma_limits: tuple[float, float]
    findings: tuple[Finding, ...]


def control_chart(values: Sequence[float], baseline: int, *, weight: float = 0.2) -> Chart:
    """Return the charts of a series of check values in the order of time.

    Parameters
    ----------
    values
        Check values [unit], finite.
    baseline
        How many of the first values give centre and standard deviation (mean moving range / d₂).
    weight
        Of the newest value in the EWMA; its limits have the same run length between false alarms as
        Shewhart's.

    Raises
    ------
    BadTraceability
        A baseline of fewer than two values or more than there are, a value that is not finite, baseline values that
        are all equal, a weight not in (0, 1].
    """
    series = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(series)):
        raise BadTraceability(f"第 {int(np.argmin(np.isfinite(series))) + 1} 个核查值不是数值。")
    if not _LEAST_BASELINE <= baseline <= len(series):
        raise BadTraceability(
            f"定控制限的点数应当在 {_LEAST_BASELINE} 和 {len(series)} 之间，这里是 {baseline}。"
        )
    if not 0 < weight <= 1:
        raise BadTraceability(f"EWMA 的权应当大于 0、不大于 1，这里是 {weight:g}。")
    center = float(series[:baseline].mean())
    ranges = np.abs(np.diff(series))
    sigma = float(ranges[: baseline - 1].mean()) / range_mean_of_two()
    if not sigma > 0:
        raise BadTraceability("定控制限的核查值全都相同，无从得出标准偏差。")
    range_limit = sigma * (range_mean_of_two() + _WIDTH * range_deviation_of_two())
    ewma = _smoothed(series, center, weight)
    band = ewma_width(weight, shewhart_run_length(_WIDTH)) * sigma * sqrt(weight / (2 - weight))
    findings = [
        *_beyond(np.abs(series - center) > _WIDTH * sigma, "beyond_limits", f"超出 {_WIDTH:g}σ 控制限"),
        *run_findings((series - center) / sigma),
        *_beyond(np.append(False, ranges > range_limit), "range_beyond", "与前一点之差超出移动极差的控制限"),
        *_beyond(np.abs(ewma - center) > band, "ewma_beyond", "EWMA 超出控制限"),
    ]
    return Chart(
        center,
        sigma,
        (center - _WIDTH * sigma, center + _WIDTH * sigma),
        ranges,
        range_limit,
        ewma,
        (center - band, center + band),
        tuple(sorted(findings, key=_point)),
    )


def run_findings(z: FloatArray) -> Iterator[Finding]:
    """Yield what the run rules find in standardised values: one finding for each rule and point where it is met."""
    for code, beyond, needed, window, text in _RULES:
        met = np.zeros(len(z), dtype=bool)
        for side in (1, -1):
            hits = side * z > beyond
            count = np.convolve(hits, np.ones(window, dtype=int))[: len(z)]
            # The point itself is beyond, so that a rule is reported where it becomes true.
            met |= hits & (count >= needed)
        yield from _beyond(met, code, text)


def _point(finding: Finding) -> int:
    return int(str(finding.data["point"]))


def _beyond(met: BoolArray, code: str, text: str) -> Iterator[Finding]:
    for at in np.flatnonzero(met):
        yield Finding(code, f"第 {at + 1} 点：{text}。", {"point": int(at) + 1})


def _smoothed(series: FloatArray, center: float, weight: float) -> FloatArray:
    found = np.empty_like(series)
    before = center
    for at, value in enumerate(series):
        before = weight * float(value) + (1 - weight) * before
        found[at] = before
    return found


def range_mean_of_two() -> float:
    """Return d₂ for two values: the mean of |N(0, √2)| = 2/√π.

    >>> round(range_mean_of_two(), 4)
    1.1284
    """
    return 2 / sqrt(pi)


def range_deviation_of_two() -> float:
    """Return d₃ for two values: their range is |N(0, √2)|, with variance 2 - 4/π.

    >>> round(range_deviation_of_two(), 4)
    0.8525
    """
    return sqrt(2 - 4 / pi)


def shewhart_run_length(width: float) -> float:
    """Return the mean number of points until a false alarm: 1 / P(|z| > width), the limits being known.

    >>> round(shewhart_run_length(3.0), 1)
    370.4
    """
    return float(1 / (2 * ndtr(-width)))


def ewma_run_length(weight: float, width: float) -> float:
    """Return the mean number of points until a false alarm of an EWMA with constant limits.

    ``width`` in standard deviations of the EWMA.  The integral equation of Crowder, Technometrics 29 (1987)
    401, with 80 Gauss-Legendre nodes; starting at the centre.
    """
    if not isfinite(width) or not 0 < weight <= 1:
        raise BadTraceability("EWMA 的权应当大于 0、不大于 1。")
    if weight == 1:
        return shewhart_run_length(width)
    nodes, weights = np.polynomial.legendre.leggauss(80)
    half = width * sqrt(weight / (2 - weight))
    y, w = half * nodes, half * weights

    def kernel(start: FloatArray) -> FloatArray:
        apart = (y[None, :] - (1 - weight) * start[:, None]) / weight
        found: FloatArray = w * np.exp(-(apart**2) / 2) / (sqrt(2 * pi) * weight)
        return found

    length = np.linalg.solve(np.eye(len(y)) - kernel(y), np.ones(len(y)))
    return 1.0 + float((kernel(np.zeros(1)) @ length)[0])


@cache
def ewma_width(weight: float, run_length: float) -> float:
    """Return the width whose false alarms are ``run_length`` points apart on average."""
    return float(optimize.brentq(lambda width: ewma_run_length(weight, width) - run_length, 0.5, 6.0))
