"""Years left from measured errors: their mean and their spread move with age, and so does the fraction beyond the MPE.

error = a + b · age + (own offset) + (own drift) · age + noise, all normal.  The fraction is that of the true errors: the
noise is left out where meters were measured more than once, or where its standard deviation is given.  The variances
are weighed on a grid by their restricted likelihood (Patterson and Thompson, Biometrika 58 (1971) 545), uniformly in
the standard deviations (Gelman, Bayesian Analysis 1 (2006) 515); a and b are then normal exactly.
`kernels/traceability/drift.py` follows one standard through time; here many meters are seen a few times each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from scipy.special import ndtr
from scipy.stats import shapiro

from quanheng.kernels.findings import Finding
from quanheng.kernels.lifetime.data import OLDEST, FloatArray
from quanheng.kernels.lifetime.errors import BadLifetime
from quanheng.kernels.lifetime.model import check_age, check_confidence
from quanheng.kernels.lifetime.read import Measured

_LEAST = 10
_GRID, _GRID_REPEATED = 31, 15
_DRAWS = 4000
_HORIZON = 60.0  # [year]
_STEP = 0.05
_SIGNIFICANCE = 0.01
_MOST_TESTED = 5000
_DROP = 25.0


@dataclass(frozen=True, slots=True)
class DriftYears:
    """``years`` until the fraction beyond ±MPE reaches ``max_fraction``; limits as in `YearsLeft`.

    ``mean_now``, ``spread_now`` [unit of the error] and ``rate`` [unit/year] with its interval describe the lot.
    ``is_withheld``: the errors are not normal, the years must not be used.
    """

    years: float
    low: float
    high: float
    at_least: float
    fraction_now: float
    mean_now: float
    spread_now: float
    rate: float
    rate_interval: tuple[float, float]
    is_withheld: bool
    sentence: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Sums:
    """Of each meter: measurements, sums of age, age², error, age · error; and the total of error²."""

    n: FloatArray
    t: FloatArray
    tt: FloatArray
    y: FloatArray
    ty: FloatArray
    yy: float
    total: int
    is_repeated: bool


def drift_years_left(
    measured: Sequence[Measured],
    mpe: float,
    max_fraction: float,
    now_age: float,
    *,
    noise: float = 0.0,
    confidence: float = 0.95,
    seed: int = 1,
) -> DriftYears:
    """Return the years until more than ``max_fraction`` of a lot have errors beyond ±``mpe``.

    Parameters
    ----------
    measured
        Errors of at least 10 meters at two ages or more.
    mpe, noise
        Limit of the error and standard deviation of one measurement, unit of the errors; ``noise`` counts only where
        no meter was measured twice.
    seed
        Of the draws from which the interval is read.

    Raises
    ------
    BadLifetime
        Too few errors or ages, errors without spread, a parameter beyond reason.
    """
    check_confidence(confidence)
    check_age(now_age)
    if not (0 < mpe < inf and 0 < max_fraction < 1 and 0 <= noise < inf):
        raise BadLifetime("最大允许误差应大于零，允许的不合格率应在 0 和 1 之间，测量的标准差不得为负。")
    sums = _sums(measured)
    nodes, weights, centre, covariance = _grid(sums)
    rng = np.random.default_rng(seed)
    at = rng.choice(len(weights), _DRAWS, p=weights)
    root = np.linalg.cholesky(covariance[at])
    line = centre[at] + np.einsum("mij,mj->mi", root, rng.standard_normal((_DRAWS, 2)))
    spread = _true_spread(nodes, sums, noise)
    drawn = _years(line, spread[at], mpe, max_fraction, now_age)
    best = int(weights.argmax())
    years = float(_years(centre[best : best + 1], spread[best : best + 1], mpe, max_fraction, now_age)[0])
    tail = (1 - confidence) / 2
    low, high, at_least = (
        float(np.quantile(drawn, level, method="inverted_cdf")) for level in (tail, 1 - tail, 2 * tail)
    )
    high = high if high < _HORIZON else inf
    mean = float(centre[best] @ (1.0, now_age))
    sd = float(np.sqrt(spread[best, 0] + spread[best, 1] * now_age**2))
    beyond = float(_beyond(np.array([mean]), np.array([sd]), mpe)[0])
    p = _normal_p(measured, centre[best], nodes[best])
    oldest = max(each.age for each in measured)
    findings = []
    if p < _SIGNIFICANCE:
        findings.append(
            Finding("not_normal", f"误差不是正态分布（夏皮罗—威尔克 p = {p:.2g}），由漂移推算的年数不用。")
        )
    if now_age + years > oldest:
        findings.append(
            Finding("extrapolated", f"误差只测到 {oldest:.1f} 年，以后是外推：假定漂移的速度不变。")
        )
    if not sums.is_repeated and noise == 0:
        findings.append(Finding("noise_included", "每只表只测过一次，误差的散布中含有测量的散布，年数偏短。"))
    interval = tuple(float(value) for value in np.quantile(line[:, 1], (tail, 1 - tail)))
    return DriftYears(
        years,
        low,
        high,
        at_least,
        beyond,
        mean,
        sd,
        float(centre[best, 1]),
        (interval[0], interval[1]),
        p < _SIGNIFICANCE,
        _sentence(years, low, high, at_least, mpe, max_fraction, confidence),
        tuple(findings),
    )


def _sentence(
    years: float, low: float, high: float, at_least: float, mpe: float, fraction: float, confidence: float
) -> str:
    top = f"{high:.1f} 年" if isfinite(high) else "没有上限"
    level = f"{100 * confidence:g}%"
    if years == 0:
        return f"由误差的漂移：超出 ±{mpe:g} 的估计已经多于 {100 * fraction:g}%（还可留的年数：{level} 区间 0.0 年～{top}）。"
    most = f"{years:.1f}" if years < _HORIZON else f"{_HORIZON:g} 以上"
    return (
        f"由误差的漂移：超出 ±{mpe:g} 的估计在今后 {most} 年之内不多于 {100 * fraction:g}%"
        f"（{level} 区间 {low:.1f} 年～{top}）；有 {level} 的把握至少 {at_least:.1f} 年。"
    )


def _sums(measured: Sequence[Measured]) -> _Sums:
    for at, each in enumerate(measured, 1):
        if not (isfinite(each.error) and 0 <= each.age <= OLDEST):
            raise BadLifetime(f"第 {at} 个误差或年龄不是合理的数值。")
    place = {name: at for at, name in enumerate(dict.fromkeys(each.meter for each in measured))}
    index = np.array([place[each.meter] for each in measured], dtype=np.int64)
    age = np.array([each.age for each in measured])
    error = np.array([each.error for each in measured])
    if len(place) < _LEAST or len(np.unique(age)) < 2:  # noqa: PLR2004
        raise BadLifetime(f"推算漂移至少要 {_LEAST} 只表、两个年龄的误差。")
    slope, offset = np.polyfit(age, error, 1)
    if float(np.std(error - offset - slope * age)) < 1e-9 * max(1.0, float(np.abs(error).max())):
        raise BadLifetime("各表的误差没有散布，数据可能是复制的。")
    n, t, tt, y, ty = (
        np.bincount(index, weights=weight, minlength=len(place)).astype(np.float64)
        for weight in (np.ones(len(age)), age, age**2, error, age * error)
    )
    return _Sums(n, t, tt, y, ty, float(error @ error), len(age), bool((n > 1).any()))


def _grid(sums: _Sums) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return variances (noise, offset, drift) of the nodes, weights, and centre and covariance of the line."""
    scale = np.sqrt(max(sums.yy - float(sums.y.sum()) ** 2 / sums.total, 0.0) / sums.total)
    reach = max(1.0, float(np.sqrt(sums.tt.sum() / sums.total)))
    least = np.zeros(3)
    most = np.array([1.5, 1.5, 1.5 / reach]) * scale
    size = _GRID_REPEATED if sums.is_repeated else _GRID
    for _round in range(3):
        axes = [
            np.linspace(low, high, size + 1)[1:] - (high - low) / size / 2
            for low, high in zip(least, most, strict=True)
        ]
        if not sums.is_repeated:
            axes[1] = np.zeros(1)
        sd = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
        logs, centre, covariance = _restricted(sums, sd**2)
        kept = logs > logs.max() - _DROP / 2
        step = (most - least) / size
        least = np.maximum(sd[kept].min(axis=0) - step, 0.0)
        most = sd[kept].max(axis=0) + step
    weights = np.exp(logs - logs.max())
    return sd**2, weights / weights.sum(), centre, covariance


def _restricted(sums: _Sums, variances: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the restricted log-likelihood of variances (m, 3), and the line's estimate with its covariance."""
    noise, offset, drift = (column[:, None] for column in variances.T)
    patterns, place = np.unique(np.column_stack((sums.n, sums.t, sums.tt)), axis=0, return_inverse=True)
    place = place.ravel()
    count = np.bincount(place).astype(np.float64)
    s_y, s_ty, s_yy, s_yty, s_tyty = (
        np.bincount(place, weights=weight)
        for weight in (sums.y, sums.ty, sums.y**2, sums.y * sums.ty, sums.ty**2)
    )
    n, t, tt = (patterns[:, at][None, :] / noise for at in range(3))
    a, b, c, d = 1 + offset * n, offset * t, drift * t, 1 + drift * tt  # I + G A, with G the random variances
    determinant = a * d - b * c
    # (A⁻¹ + G)⁻¹ = A (I + G A)⁻¹
    w11, w12, w22 = (
        (n * d - t * c) / determinant,
        (t * a - n * b) / determinant,
        (tt * a - t * b) / determinant,
    )
    information = np.stack([(w * count).sum(axis=1) for w in (w11, w12, w22)], axis=1)
    # Z'V⁻¹y = (I + A G)⁻¹ Z'y / noise, and (I + A G) is the transpose of (I + G A)
    r1 = ((d * s_y - c * s_ty) / determinant / noise).sum(axis=1)
    r2 = ((a * s_ty - b * s_y) / determinant / noise).sum(axis=1)
    # y'V⁻¹y = y'y / noise − c' G (I + A G)⁻¹ c, c = Z'y / noise
    g = offset * (d * s_yy - c * s_yty) + drift * (a * s_tyty - b * s_yty)
    square = sums.yy / noise[:, 0] - (g / determinant / noise**2).sum(axis=1)
    whole = information[:, 0] * information[:, 2] - information[:, 1] ** 2
    covariance = np.empty((len(variances), 2, 2))
    covariance[:, 0, 0], covariance[:, 1, 1] = information[:, 2] / whole, information[:, 0] / whole
    covariance[:, 0, 1] = covariance[:, 1, 0] = -information[:, 1] / whole
    centre = np.einsum("mij,mj->mi", covariance, np.stack((r1, r2), axis=1))
    logs = -0.5 * (
        sums.total * np.log(noise[:, 0])
        + (np.log(determinant) * count).sum(axis=1)
        + np.log(whole)
        + square
        - centre[:, 0] * r1
        - centre[:, 1] * r2
    )
    return logs, centre, covariance


def _true_spread(nodes: FloatArray, sums: _Sums, noise: float) -> FloatArray:
    """Return the variances of the true error at age 0 and by age², shape (m, 2)."""
    own = nodes[:, 1] if sums.is_repeated else np.maximum(nodes[:, 0] - noise**2, 0.0)
    return np.column_stack((own, nodes[:, 2]))


def _beyond(mean: FloatArray, sd: FloatArray, mpe: float) -> FloatArray:
    sd = np.maximum(sd, 1e-12)
    return np.asarray(ndtr((-mpe - mean) / sd) + ndtr((mean - mpe) / sd), dtype=np.float64)


def _years(line: FloatArray, spread: FloatArray, mpe: float, fraction: float, now: float) -> FloatArray:
    """Return, of each draw, the years until the fraction is first reached; 60 where it is not."""
    found = np.full(len(line), _HORIZON)
    waiting = np.ones(len(line), dtype=bool)
    for years in np.arange(0.0, _HORIZON, _STEP):
        age = now + years
        sd = np.sqrt(spread[waiting, 0] + spread[waiting, 1] * age**2)
        is_over = _beyond(line[waiting, 0] + line[waiting, 1] * age, sd, mpe) > fraction
        at = np.flatnonzero(waiting)[is_over]
        found[at] = years
        waiting[at] = False
        if not waiting.any():
            break
    return np.maximum(found - _STEP / 2, 0.0) * (found > 0)


def _normal_p(measured: Sequence[Measured], line: FloatArray, variances: FloatArray) -> float:
    """Return the p-value of Shapiro–Wilk of the last error of each meter, in its standard deviations."""
    last: dict[str, Measured] = {}
    for each in measured:
        if each.meter not in last or each.age > last[each.meter].age:
            last[each.meter] = each
    rest = [
        (each.error - line[0] - line[1] * each.age)
        / np.sqrt(variances[0] + variances[1] + variances[2] * each.age**2)
        for each in list(last.values())[:_MOST_TESTED]
    ]
    return float(shapiro(rest).pvalue)
