"""Exact characteristics of a plan: acceptance, sample number, outgoing quality.

A result of n items with d nonconforming is reached with all stages before it undecided by a share R of the C(n, d)
orders; R is counted in whole numbers.  The probability is then R times the hypergeometric (a lot), binomial
(a process) or Poisson (nonconformities of items) probability of d; nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from quanheng.kernels.sampling.paths import accepting, walked
from quanheng.kernels.sampling.plans import BadSampling, Plan

Array = NDArray[np.float64]
_Probability = Callable[[int, int], Array]  # of n items, d nonconforming
_NEARLY = 1e-9  # a product such as 0.07 × 100 is taken for the whole number that it means
MOST_LOT = 10**9


def acceptance_probability(plan: Plan, fraction: float, lot_size: int | None = None) -> float:
    """Return P(accept) at a nonconforming fraction [1]: of a process, or of a lot with the nearest whole number.

    Where the plan counts nonconformities, ``fraction`` is their mean number an item.

    Raises
    ------
    BadSampling
        A fraction outside 0 … 1, a lot smaller than the plan.
    """
    return float(acceptance_curve(plan, [fraction], lot_size)[0])


def acceptance_curve(plan: Plan, fractions: ArrayLike, lot_size: int | None = None) -> Array:
    """Return P(accept) at each of the fractions [1], shape (m,)."""
    p = _fractions(plan, fractions)
    if lot_size is None:
        return _accepted(plan, lambda n, d: _of_process(plan, n, d, p), p.shape)
    return acceptance_of_lots(plan, nearest(p, lot_size), lot_size)


def acceptance_of_lots(plan: Plan, nonconforming: ArrayLike, lot_size: int) -> Array:
    """Return P(accept) of lots with so many nonconforming items, shape (m,); hypergeometric."""
    bad = _bad(plan, nonconforming, lot_size)
    return _accepted(plan, lambda n, d: _hypergeometric(d, lot_size, bad, n), bad.shape)


def average_sample_number(plan: Plan, fraction: float, lot_size: int | None = None) -> float:
    """Return the mean number of items inspected where each stage is finished; raises as `acceptance_probability`."""
    return float(sample_number_curve(plan, [fraction], lot_size)[0])


def sample_number_curve(plan: Plan, fractions: ArrayLike, lot_size: int | None = None) -> Array:
    """Return the average sample number at each of the fractions [1], shape (m,)."""
    p = _fractions(plan, fractions)
    if lot_size is None:
        return _inspected(plan, lambda n, d: _of_process(plan, n, d, p), p.shape)
    bad = _bad(plan, nearest(p, lot_size), lot_size)
    return _inspected(plan, lambda n, d: _hypergeometric(d, lot_size, bad, n), bad.shape)


def outgoing_of_lots(plan: Plan, nonconforming: ArrayLike, lot_size: int) -> tuple[Array, Array]:
    """Return the average outgoing quality [1] and the average total inspection [item] of lots, each shape (m,).

    Rejected lots are inspected whole; each nonconforming item found is replaced by a conforming one.
    """
    bad = _bad(plan, nonconforming, lot_size)
    left = np.zeros(bad.shape)
    inspected = np.zeros(bad.shape)
    accepted = np.zeros(bad.shape)
    for end in accepting(plan):
        p = end.share * _hypergeometric(end.found, lot_size, bad, end.n)
        left += p * (bad - end.found) / lot_size
        inspected += p * end.n
        accepted += p
    return left, inspected + (1 - accepted) * lot_size


def nearest(fractions: ArrayLike, lot_size: int) -> NDArray[np.int64]:
    """Return the whole number of items nearest to each fraction of a lot, a half upwards."""
    return np.floor(np.asarray(fractions, np.float64) * lot_size + 0.5 + _NEARLY).astype(np.int64)


def at_least(fraction: float, lot_size: int) -> int:
    """Return the smallest number of items that is this fraction of the lot or more."""
    return ceil(fraction * lot_size - _NEARLY)


def at_most(fraction: float, lot_size: int) -> int:
    """Return the largest number of items that is this fraction of the lot or less."""
    return floor(fraction * lot_size + _NEARLY)


def _accepted(plan: Plan, of: _Probability, shape: tuple[int, ...]) -> Array:
    total = np.zeros(shape)
    for end in accepting(plan):
        total += end.share * of(end.n, end.found)
    return np.clip(total, 0.0, 1.0)


def _inspected(plan: Plan, of: _Probability, shape: tuple[int, ...]) -> Array:
    mean = np.full(shape, float(plan.stages[0].n))
    goes_on = np.ones(shape)
    for stage, (ends, are_continuing) in zip(plan.stages[1:], walked(plan), strict=False):
        reached = np.zeros(shape)
        for end in ends:
            reached += end.share * of(end.n, end.found)
        goes_on = reached if are_continuing else goes_on - reached
        mean += stage.n * np.clip(goes_on, 0.0, 1.0)
    return mean


def _of_process(plan: Plan, n: int, d: int, p: Array) -> Array:
    if plan.counts_nonconformities:
        return np.asarray(stats.poisson.pmf(d, n * p), np.float64)
    return np.asarray(stats.binom.pmf(d, n, p), np.float64)


def _hypergeometric(d: int, lot_size: int, bad: NDArray[np.int64], n: int) -> Array:
    """P(d of n drawn | ``bad`` of the lot), from three binomial probabilities at n/N (Loader 2000, sec. 5)."""
    if n == lot_size:
        return np.asarray(bad == d, np.float64)
    p = n / lot_size
    possible = (bad >= d) & (lot_size - bad >= n - d)
    some = np.where(possible, bad, d)
    both = stats.binom.pmf(d, some, p) * stats.binom.pmf(n - d, lot_size - some, p)
    return np.where(possible, both / stats.binom.pmf(n, lot_size, p), 0.0)


def _fractions(plan: Plan, fractions: ArrayLike) -> Array:
    p = np.atleast_1d(np.asarray(fractions, np.float64))
    most = np.inf if plan.counts_nonconformities else 1.0
    if not np.isfinite(p).all() or (p < 0).any() or (p > most).any():
        raise BadSampling(
            "每件平均不合格数不得为负。" if plan.counts_nonconformities else "不合格品率应在 0 到 1 之间。"
        )
    return p


def _bad(plan: Plan, nonconforming: ArrayLike, lot_size: int) -> NDArray[np.int64]:
    if plan.counts_nonconformities:
        raise BadSampling("数不合格数的方案没有按批量计的接收概率，请不给批量（按泊松分布计）。")
    if not 1 <= lot_size <= MOST_LOT:
        raise BadSampling(f"批量应为 1 到 {MOST_LOT}，不是 {lot_size}。")
    if plan.total > lot_size:
        raise BadSampling(f"方案要检 {plan.total} 个，多于批量 {lot_size}。")
    bad = np.atleast_1d(np.asarray(nonconforming, np.int64))
    if (bad < 0).any() or (bad > lot_size).any():
        raise BadSampling(f"批中的不合格品数应在 0 到批量 {lot_size} 之间。")
    return bad


def hypergeometric_cdf(most: int, lot_size: int, bad: int, n: int) -> float:
    """Return P(at most ``most`` nonconforming among n drawn from a lot with ``bad`` of them)."""
    if n == lot_size:
        return float(bad <= most)
    p = n / lot_size
    d = np.arange(max(0, n - (lot_size - bad)), min(most, n, bad) + 1)
    if not d.size:
        return 0.0
    both = stats.binom.pmf(d, bad, p) * stats.binom.pmf(n - d, lot_size - bad, p)
    return float(min(1.0, np.sum(both) / stats.binom.pmf(n, lot_size, p)))


def binomial_cdf(most: int, n: int, p: float) -> float:
    """Return P(at most ``most`` nonconforming among n of a process)."""
    return float(stats.binom.cdf(most, n, p))
