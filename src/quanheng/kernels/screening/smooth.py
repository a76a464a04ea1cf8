"""Errors that are smoother than measuring allows: spread, relation of points, last digits, order.

Spread and relation: the variance is compared by chi-squared with the least that a test bench can leave, a share of
the limit and the rounding to the resolution (step²/12).

Last digits: where the scatter is several times ten steps they are uniform (Benford, Newcomb; Mosimann et al.,
Accountability in Research 4 (1995) 31); chi-squared with nine degrees of freedom.

Order: meters in the order of testing may drift together; a lag-1 correlation above 0.8 is more than a drift.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import stats

from quanheng.kernels.screening.grid import Numbers, Whole
from quanheng.kernels.screening.leads import Tested, Untested

NARROW, RELATED, DIGITS, ORDER = "too_narrow", "points_related", "last_digits", "too_smooth_order"
LEAST_SPREAD = 0.02
"""Of the limit: meters of a lot differ at least by so much (standard deviation)."""
LEAST_REPEATABILITY = 0.002
"""Of the limit: two tests of a meter differ at least by so much (standard deviation)."""
_MOST_CORRELATION = 0.8
_TENS, _WIDE = 10, 5.0
_MOST_DIGITS = 2000


def smooth_tests(
    values: Whole, residuals: Numbers, step: float, limit: float, point: int, points: int
) -> Iterator[Tested | Untested]:
    """Yield the tests of a point; ``values`` (n,) and ``residuals`` by the other points (n,) in steps."""
    n = len(values)
    floor = (LEAST_SPREAD * limit / step) ** 2 + 1 / 12
    variance = float(np.var(values, ddof=1))
    deviation = float(np.sqrt(variance)) * step
    yield Tested(
        NARROW,
        float(stats.chi2.cdf((n - 1) * variance / floor, n - 1)),
        f"各台误差的标准差只有 {deviation:.4g} %，不到误差限 {limit:g} % 的 {LEAST_SPREAD:.0%}：不同的表不会这样一致。",
        point,
        {"standard_deviation": round(deviation, 6)},
    )
    if points > 1:
        yield _related(residuals, step, limit, point, points)
    yield _digits(values, point)
    yield _order(values, point)


def _related(residuals: Numbers, step: float, limit: float, point: int, points: int) -> Tested:
    freedom = len(residuals) - points
    variance = float(np.sum(residuals**2)) / freedom
    floor = (LEAST_REPEATABILITY * limit / step) ** 2 + 1 / 12
    deviation = float(np.sqrt(variance)) * step
    text = f"这一点的误差几乎可由其他点算出，剩余的标准差只有 {deviation:.4g} %，小于测量的重复性和分辨力所能有的。"
    p_value = float(stats.chi2.cdf(freedom * variance / floor, freedom))
    return Tested(RELATED, p_value, text, point, {"residual": round(deviation, 6)})


def _digits(values: Whole, point: int) -> Tested | Untested:
    if float(np.std(values)) < _WIDE:
        return Untested(DIGITS, "分散与分辨力相比太小，末位数字本来就不均匀。", point)
    some = values[:: max(1, len(values) // _MOST_DIGITS)]
    expected = len(some) / _TENS
    # Not of the magnitude, which has nought only once.
    statistic = float(np.sum((np.bincount(some % _TENS, minlength=_TENS) - expected) ** 2) / expected)
    counts = np.bincount(np.abs(some) % _TENS, minlength=_TENS)
    most = int(np.argmax(counts))
    text = f"末位数字不均匀（χ² = {statistic:.0f}）：{len(some)} 个误差中以 {most} 结尾的有 {counts[most]} 个，应约 {expected:.0f} 个。"
    figures = {"chi_squared": round(statistic, 1), "digit": most, "count": int(counts[most])}
    return Tested(DIGITS, float(stats.chi2.sf(statistic, _TENS - 1)), text, point, figures)


def _order(values: Whole, point: int) -> Tested | Untested:
    centred = values - values.mean()
    power = float(np.sum(centred**2))
    if power <= 0:
        return Untested(ORDER, "各台误差全都相同。", point)
    correlation = float(np.sum(centred[1:] * centred[:-1])) / power
    error = np.sqrt((1 - _MOST_CORRELATION**2) / len(values))
    text = f"相邻两台的误差相关系数为 {correlation:.3f}：按先后次序变化得太平滑，像是排过序或插值得来。"
    p_value = float(stats.norm.sf((correlation - _MOST_CORRELATION) / error))
    return Tested(ORDER, p_value, text, point, {"correlation": round(correlation, 4)})
