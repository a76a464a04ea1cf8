"""Sampling plans by variables: n items are measured, and the lot is judged by their mean and standard deviation.

The forms are those of ISO 3951-1 (GB/T 6378.1): accept where the distance of the mean from the limit is at least k
standard deviations, or, which is the same for one limit, where the estimated fraction nonconforming is at most p*.
With two limits the fractions beyond both are added (combined control).  The clauses are from memory; the operating
characteristics do not rest on them: they are integrals over the distribution of mean and standard deviation.  All of
it assumes that the values are normal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import isfinite, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize
from scipy.special import betainc, gammainccinv, gammaincinv, gammaln, ndtr, ndtri

from quanheng.kernels.sampling.plans import BadPlan, BadSampling

Array = NDArray[np.float64]

MOST_MEASURED = 5000
_LEAST = 3
_NODES = 160
_FAR = 1e-13
_SPLITS = 41
_STEP_OF_K = 0.05


@dataclass(frozen=True, slots=True)
class VariablesPlan:
    """``n`` items, acceptability constant ``k``; ``sigma`` where the standard deviation of the process is known.

    Without ``sigma`` it is the s-method, with it the sigma-method.

    Raises
    ------
    BadPlan
        Fewer than 3 items (one for the sigma-method), or numbers that are none.
    """

    n: int
    k: float
    sigma: float | None = None

    def __post_init__(self) -> None:
        least = _LEAST if self.sigma is None else 1
        if isinstance(self.n, bool) or not isinstance(self.n, int) or not least <= self.n <= MOST_MEASURED:
            raise BadPlan(f"计量抽样的样本量应为 {least}～{MOST_MEASURED} 的整数，这里是 {self.n}。")
        if not isfinite(self.k):
            raise BadPlan("接收常数 k 应为数值。")
        if self.sigma is not None and not 0 < self.sigma < np.inf:
            raise BadPlan(f"已知的标准差应大于零，这里是 {self.sigma:g}。")

    @property
    def most_fraction(self) -> float:
        """The estimated fraction nonconforming [1] up to which a lot is accepted (p*, or M)."""
        return float(estimated_fraction(self.k, self.n, is_known=self.sigma is not None))


def estimated_fraction(quality: ArrayLike, n: int, *, is_known: bool) -> Array:
    """Return the minimum-variance unbiased estimate of the fraction beyond a limit.

    ``quality`` is the distance of the mean from the limit in standard deviations (s with n − 1, or the known one).
    Lieberman and Resnikoff, J. Amer. Statist. Assoc. 50 (1955) 457.
    """
    q = np.asarray(quality, dtype=np.float64)
    if is_known:
        if n == 1:
            return np.asarray(np.where(q >= 0, 0.0, 1.0))
        return np.asarray(ndtr(-q * sqrt(n / (n - 1))), dtype=np.float64)
    x = np.clip(0.5 - 0.5 * q * sqrt(n) / (n - 1), 0.0, 1.0)
    return np.asarray(betainc(n / 2 - 1, n / 2 - 1, x), dtype=np.float64)


def acceptance_by_variables(plan: VariablesPlan, fraction: float) -> float:
    """Return P(accept) of a process with this fraction [1] beyond one limit.

    The s-method is the noncentral t of n − 1 degrees of freedom with the noncentrality √n z(p).

    Raises
    ------
    BadSampling
        A fraction outside 0 … 1.
    """
    _check_fraction(fraction)
    if fraction in {0.0, 1.0}:
        return 1.0 - fraction
    return _accepted(plan.n, plan.k, -float(ndtri(fraction)), is_known=plan.sigma is not None)


def _accepted(n: int, k: float, z: float, *, is_known: bool) -> float:
    if is_known:
        return float(ndtr(sqrt(n) * (z - k)))
    ratio, weight = _spread(n)
    return float(weight @ ndtr(sqrt(n) * (z - k * ratio)))


def acceptance_between(
    plan: VariablesPlan, fraction: float, *, half_width: float | None = None
) -> tuple[float, float]:
    """Return the least and the most P(accept) of a process with this fraction [1] beyond two limits together.

    It depends on how the fraction is split between the limits: from all beyond one to half beyond each.

    ``half_width`` of the limits is needed for the sigma-method alone, in the unit of ``plan.sigma``: then the split
    follows from the fraction.

    Raises
    ------
    BadSampling
        A fraction outside 0 … 1; the sigma-method without the width, or with limits so close that the fraction
        cannot be so small.
    """
    _check_fraction(fraction)
    if fraction in {0.0, 1.0}:
        return 1.0 - fraction, 1.0 - fraction
    if plan.sigma is not None:
        return _between_known(plan, fraction, half_width)
    shares = (
        np.linspace(0.0, 0.5, _SPLITS)[1:] ** 2 * 2
    )  # near 0 the deviation grows fast, near 0.5 it does not
    found = [acceptance_by_variables(plan, fraction)]
    found += [_between_unknown(plan, fraction * (1 - share), fraction * share) for share in shares]
    return min(found), max(found)


def _between_unknown(plan: VariablesPlan, upper: float, lower: float) -> float:
    """Return P(accept) with these fractions beyond each limit: over s, the mean is between two values."""
    zu, zl = -float(ndtri(upper)), -float(ndtri(lower))
    if zu + zl <= 0:
        return 0.0
    half, middle = (zu + zl) / 2, (zl - zu) / 2  # of the limits from their middle, and of the mean, in sigma
    ratio, weight = _spread(plan.n)
    reach = _reach(plan, half / ratio) * ratio
    root = sqrt(plan.n)
    inside = ndtr(root * (reach + middle)) - ndtr(root * (-reach + middle))
    return float(weight @ np.where(reach >= 0, inside, 0.0))


def _between_known(plan: VariablesPlan, fraction: float, half_width: float | None) -> tuple[float, float]:
    if half_width is None or plan.sigma is None:
        raise BadSampling("标准差已知时，两侧限值的接收概率取决于限值的宽度，请给出限值的半宽。")
    half = half_width / plan.sigma
    if 2 * float(ndtr(-half)) >= fraction:
        raise BadSampling(
            f"限值太窄：标准差 {plan.sigma:g} 时不合格率不会低于 {2 * float(ndtr(-half)):.3g}。"
        )

    def missing(at: float) -> float:
        return float(ndtr(at - half) + ndtr(-at - half)) - fraction

    mean = float(optimize.brentq(missing, 0.0, half + 40, xtol=1e-13))
    reach = float(_reach(plan, np.array([half]))[0])
    root = sqrt(plan.n)
    found = float(ndtr(root * (reach - mean)) - ndtr(root * (-reach - mean))) if reach >= 0 else 0.0
    return found, found


def _reach(plan: VariablesPlan, half: Array) -> Array:
    """Return how far the mean may be from the middle of the limits, in standard deviations; −1 where nowhere."""
    most, is_known = plan.most_fraction, plan.sigma is not None

    def total(at: Array) -> Array:
        return estimated_fraction(half - at, plan.n, is_known=is_known) + estimated_fraction(
            half + at, plan.n, is_known=is_known
        )

    low = np.zeros(half.shape)
    high = np.maximum(half - plan.k, 0.0) + 1e-9  # beyond, one limit alone has more than is permitted
    for _halving in range(60):
        middle = (low + high) / 2
        is_accepted = total(middle) <= most
        low, high = np.where(is_accepted, middle, low), np.where(is_accepted, high, middle)
    return np.asarray(np.where(total(np.zeros(half.shape)) <= most, low, -1.0), dtype=np.float64)


@cache
def _spread(n: int) -> tuple[Array, Array]:
    """Return nodes of s/sigma and their probabilities, for an integral over the chi distribution."""
    nu = n - 1
    low = sqrt(2 * float(gammaincinv(nu / 2, _FAR)) / nu)
    high = sqrt(2 * float(gammainccinv(nu / 2, _FAR)) / nu)
    unit, weight = np.polynomial.legendre.leggauss(_NODES)
    ratio = low + (high - low) * (unit + 1) / 2
    log_density = (nu - 1) * np.log(ratio) - nu * ratio**2 / 2
    log_density += nu / 2 * np.log(nu / 2) + np.log(2) - gammaln(nu / 2)
    found = weight * (high - low) / 2 * np.exp(log_density)
    return ratio, found / found.sum()


def k_of_consumer(n: int, fraction: float, risk: float, *, is_known: bool = False) -> float:
    """Return the k with which ``n`` items accept a process with this fraction [1] beyond one limit at ``risk``.

    Raises
    ------
    BadSampling
        The fraction or the risk is not between 0 and 1.
    """
    return _k(n, _point("不合格率", fraction), _point("风险", risk), is_known=is_known)


def k_between(n: int, fraction: float, risk: float) -> float:
    """Return the k of the s-method with which no split between two limits is accepted more often than at ``risk``.

    Raises
    ------
    BadSampling
        The fraction or the risk is not between 0 and 1.
    """
    k = k_of_consumer(n, fraction, risk)

    def excess(more: float) -> float:
        return acceptance_between(VariablesPlan(n, k + more), fraction)[1] - risk

    high = _STEP_OF_K
    while excess(high) > 0:
        high *= 2
    return k + float(optimize.bisect(excess, 0.0, high, xtol=_STEP_OF_K / 100)) + _STEP_OF_K / 100


def design_by_variables(
    good: float, producer_risk: float, bad: float, consumer_risk: float, *, sigma: float | None = None
) -> VariablesPlan:
    """Return the smallest plan that rejects ``good`` [1] at most at one risk and accepts ``bad`` [1] at the other.

    The consumer's point is met exactly, the producer's at least.

    Raises
    ------
    BadSampling
        The points are in the wrong order or outside 0 … 1; more than 5000 items would be needed.
    """
    for name, value in (
        ("好批的不合格率", good),
        ("差批的不合格率", bad),
        ("生产方风险", producer_risk),
        ("使用方风险", consumer_risk),
    ):
        _point(name, value)
    if good >= bad:
        raise BadSampling(f"好批的不合格率 {good:g} 应小于差批的 {bad:g}。")
    if producer_risk + consumer_risk >= 1:
        raise BadSampling("两个风险之和应小于 1。")
    is_known = sigma is not None
    z_good = -float(ndtri(good))

    def is_enough(n: int) -> bool:
        k = _k(n, bad, consumer_risk, is_known=is_known)
        return _accepted(n, k, z_good, is_known=is_known) >= 1 - producer_risk

    n = _smallest(is_enough, 1 if is_known else _LEAST)
    return VariablesPlan(n, _k(n, bad, consumer_risk, is_known=is_known), sigma)


def _smallest(is_enough: Callable[[int], bool], least: int) -> int:
    high = least
    while not is_enough(high):
        if high >= MOST_MEASURED:
            raise BadSampling(f"需要的样本量超过 {MOST_MEASURED}：两个不合格率太接近，或风险太小。")
        high = min(2 * high, MOST_MEASURED)
    low = least - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _k(n: int, fraction: float, risk: float, *, is_known: bool) -> float:
    z = -float(ndtri(fraction))
    if is_known:
        return z - float(ndtri(risk)) / sqrt(n)
    wide = abs(z) + 1.0
    while _accepted(n, wide, z, is_known=False) > risk:
        wide *= 2
    lowest = -1.0
    while _accepted(n, lowest, z, is_known=False) < risk:
        lowest *= 2
    return float(
        optimize.brentq(
            lambda k: _accepted(n, k, z, is_known=False) - risk, lowest, wide, xtol=1e-12, rtol=1e-13
        )
    )


def _check_fraction(fraction: float) -> None:
    if not 0 <= fraction <= 1:
        raise BadSampling(f"不合格率应在 0～1 之间，这里是 {fraction:g}。")


def _point(name: str, value: float) -> float:
    if not 0 < value < 1:
        raise BadSampling(f"{name}应在 0 和 1 之间，这里是 {value:g}。")
    return value
