"""Maximum likelihood of a life distribution from interval-censored, left-truncated stories.

A story adds log[S(last good) − S(first bad)] − log S(entry) to the log-likelihood (Turnbull 1976; Lawless,
Statistical Models and Methods for Lifetime Data, 2nd ed., 2003, chapter 2.4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log

import numpy as np
from scipy import optimize

from quanheng.kernels.lifetime.data import FloatArray, Lifetimes
from quanheng.kernels.lifetime.errors import BadLifetime
from quanheng.kernels.lifetime.families import WEIBULL, Family, ShapePrior

_MOST_CELLS = 2_000_000  # of one array, so that memory stays small
_STEP = 1e-4
_LOWEST = -1e300
_LEAST_LOG, _MOST_LOG = -7.0, 5.0  # of sigma: beyond, the fit has run away


@dataclass(frozen=True)
class Fit:
    """``log_likelihood`` is without the prior; ``covariance`` of (mu, log sigma) from the observed information.

    Where the information is not positive definite the covariance is NaN.
    """

    family: Family
    mu: float
    sigma: float
    log_likelihood: float
    covariance: FloatArray

    @property
    def shape(self) -> float:
        """The Weibull shape 1/sigma; of another family the shape of the same spread of log(age)."""
        return WEIBULL.spread / self.family.spread / self.sigma

    @property
    def scale(self) -> float:
        """exp(mu) [year]: where 63.2 % of a Weibull, half of a lognormal have failed."""
        return exp(self.mu)

    def fraction(self, ages: FloatArray | float) -> FloatArray:
        """Return the fraction that has failed at each age [year], any shape."""
        with np.errstate(divide="ignore"):
            z = (np.log(np.asarray(ages, dtype=np.float64)) - self.mu) / self.sigma
        return np.asarray(-np.expm1(self.family.log_survival(z)), dtype=np.float64)


def log_likelihood(data: Lifetimes, family: Family, mu: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return the log-likelihood at parameters of one shape; −1e300 where it is impossible."""
    mu, sigma = np.broadcast_arrays(np.asarray(mu, dtype=np.float64), np.asarray(sigma, dtype=np.float64))
    total = np.zeros(mu.shape)
    step = max(1, _MOST_CELLS // max(1, mu.size))
    for first in range(0, len(data.count), step):
        part = slice(first, first + step)
        left, right, entry = (
            family.log_survival(_z(ages[part], mu, sigma)) for ages in (data.left, data.right, data.entry)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            each = left + np.log(-np.expm1(np.minimum(right - left, 0.0))) - entry
            total += np.nan_to_num(each, nan=_LOWEST, neginf=_LOWEST, posinf=_LOWEST) @ data.count[part]
    return np.maximum(total, _LOWEST)


def exposure(
    data: Lifetimes, family: Family, mu: FloatArray, sigma: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the cumulative hazard under which all meters were seen, and the logarithm of its |derivative by mu|."""
    total, slope = np.zeros(mu.shape), np.zeros(mu.shape)
    until = data.seen_until
    step = max(1, _MOST_CELLS // max(1, mu.size))
    for first in range(0, len(data.count), step):
        part = slice(first, first + step)
        for ages, sign in ((until, 1.0), (data.entry, -1.0)):
            z = _z(ages[part], mu, sigma)
            total -= sign * (family.log_survival(z) @ data.count[part])
            slope += sign * (family.hazard(z) @ data.count[part])
    with np.errstate(divide="ignore"):
        return total, np.log(np.maximum(slope / sigma, 0.0))


def _z(ages: FloatArray, mu: FloatArray, sigma: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        logs = np.log(ages)
    return (logs - mu[..., None]) / sigma[..., None]


def fit(data: Lifetimes, family: Family = WEIBULL, prior: ShapePrior | None = None) -> Fit:
    """Return the distribution that makes the stories most likely, under the prior of the shape where there is one.

    Raises
    ------
    BadLifetime
        No meter failed, or every meter failed before its first look: no distribution is the most likely.  Without a
        prior also where all were looked at at one age, since any shape fits.
    """
    if not data.failed:
        raise BadLifetime("没有一只表不合格，寿命分布无法由数据得出，只能得出界限。")
    if data.failed == data.meters and not data.left.any():
        raise BadLifetime("所有的表第一次检查就已不合格，寿命分布无法由数据得出。")
    if prior is None and len(data.inspection_ages) == 1:
        raise BadLifetime("只在一个年龄检查过，形状参数无法由数据得出，要给出它的先验分布。")

    def cost(at: FloatArray) -> float:
        found = float(log_likelihood(data, family, at[0], np.exp(at[1])))
        return -found - (float(prior.log_density(at[1], family)) if prior is not None else 0.0)

    start = min(_starts(data, family, prior), key=cost)
    found = optimize.minimize(
        cost, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 4000}
    )
    mu, log_sigma = (float(value) for value in found.x)
    if not found.success or not _LEAST_LOG < log_sigma < _MOST_LOG:
        raise BadLifetime("寿命分布的拟合不收敛：数据不足以定出形状参数。")
    likelihood = float(log_likelihood(data, family, np.array(mu), np.array(exp(log_sigma))))
    return Fit(family, mu, exp(log_sigma), likelihood, _covariance(cost, found.x))


def _starts(data: Lifetimes, family: Family, prior: ShapePrior | None) -> list[FloatArray]:
    middle = (prior or ShapePrior()).centre(family)
    share = min(max(data.failed / data.meters, 0.5 / data.meters), 1 - 0.5 / data.meters)
    age = float(np.average(data.seen_until, weights=data.count)) or data.oldest
    starts = []
    for log_sigma in np.arange(-2.0, 2.1, 0.5) + middle:
        z = float(family.z_of(np.array(np.log1p(-share))))
        starts += [np.array([log(age) - exp(log_sigma) * z + off, log_sigma]) for off in (-0.7, 0.0, 0.7)]
    return starts


def _covariance(call: Callable[[FloatArray], float], at: FloatArray) -> FloatArray:
    steps = _STEP * np.eye(2)
    information = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            a, b = steps[i], steps[j]
            information[i, j] = (
                call(at + a + b) - call(at + a - b) - call(at - a + b) + call(at - a - b)
            ) / (4 * _STEP**2)
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return np.full((2, 2), np.nan)
    return np.asarray(np.linalg.inv(information), dtype=np.float64)
