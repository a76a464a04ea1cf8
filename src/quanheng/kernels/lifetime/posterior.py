"""Intervals of whatever follows from a life distribution, that hold with few failures and with none.

The two parameters are weighed on a grid.  log(sigma) has its prior (`ShapePrior`).  Given sigma, the side on which a
lot looks worse is weighed uniformly in the cumulative hazard under which the meters were seen, the side on which it
looks better uniformly in the logarithm of the fraction that failed.  With one look at one age both are the exact
limits of Clopper and Pearson (1934) of a binomial fraction: the upper one is the quantile of Beta(x + 1, n − x), the
lower one that of Beta(x, n − x + 1); with no failure the upper one is Weibayes (Abernethy).  With many failures
the priors no longer matter and the limits are those of the likelihood.  That they hold is measured:
`benchmarks/lifetime.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from quanheng.kernels.lifetime.data import FloatArray, Lifetimes
from quanheng.kernels.lifetime.families import Family, ShapePrior
from quanheng.kernels.lifetime.fit import exposure, log_likelihood

_SIGMAS, _MUS, _ROUNDS = 49, 161, 3
_GOLDEN = 0.6180339887498949
_WIDTH = 3.6  # of log(sigma), in spreads of its prior
_DROP = 9.5  # of the logarithm of the weight, below the largest


@dataclass(frozen=True)
class Posterior:
    """Nodes of shape (m,), and their weights towards the worse and towards the better side; each sums to 1.

    ``better`` is None where nothing failed: then a lot may be as good as one likes.
    ``worse`` is None where everything had failed at the first look.
    """

    family: Family
    mu: FloatArray
    sigma: FloatArray
    worse: FloatArray | None
    better: FloatArray | None

    def ages(self, log_survival: FloatArray | float) -> FloatArray:
        """Return, of each node, the age [year] at which the survival has fallen to exp(``log_survival``)."""
        value = np.asarray(log_survival, dtype=np.float64)
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(self.mu + self.sigma * self.family.z_of(value)), dtype=np.float64)

    def log_survival(self, age: float) -> FloatArray:
        """Return the logarithm of the survival at an age [year], of each node."""
        if age <= 0:
            return np.zeros(self.mu.shape)
        return self.family.log_survival((log(age) - self.mu) / self.sigma)


def posterior(data: Lifetimes, family: Family, prior: ShapePrior) -> Posterior:
    """Return the weighed grid of a lot."""
    log_sigma = prior.centre(family) + prior.spread * np.linspace(-_WIDTH, _WIDTH, _SIGMAS)
    worse = better = None
    if data.failed < data.meters or data.left.any():
        worse = _weighed(data, family, prior, log_sigma, is_worse=True)
    if data.failed:
        better = _weighed(data, family, prior, log_sigma, is_worse=False)
    parts = [part for part in (worse, better) if part is not None]
    mu = np.concatenate([part[0] for part in parts])
    sigma = np.concatenate([part[1] for part in parts])

    def spread(of: tuple[FloatArray, FloatArray, FloatArray] | None, *, first: bool) -> FloatArray | None:
        if of is None:
            return None
        weights = np.zeros(len(mu))
        place = slice(0, len(of[2])) if first else slice(len(mu) - len(of[2]), None)
        weights[place] = of[2]
        return weights

    return Posterior(family, mu, sigma, spread(worse, first=True), spread(better, first=False))


def quantile(values: FloatArray, weights: FloatArray, level: float) -> float:
    """Return the weighted quantile of values, between the two that enclose it."""
    order = np.argsort(values, kind="stable")
    heap = np.cumsum(weights[order]) - 0.5 * weights[order]
    kept = weights[order] > 0
    return float(np.interp(level, heap[kept], values[order][kept]))


def _weighed(
    data: Lifetimes, family: Family, prior: ShapePrior, log_sigma: FloatArray, *, is_worse: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mu, sigma and weight of the nodes that matter; of each sigma its own mus."""
    sigma = np.exp(log_sigma)[:, None]
    looked = data.seen_until[data.seen_until > data.entry]
    low = np.log(looked.min()) - 5 * sigma - 1.0
    high = np.log(looked.max()) + sigma * -family.z_of(np.array(-1e-7 / data.meters)) + 1.0

    def weight(mu: FloatArray) -> FloatArray:
        wide = np.broadcast_to(sigma, mu.shape)
        found = log_likelihood(data, family, mu, wide) + prior.log_density(np.log(wide), family)
        hazard, log_slope = exposure(data, family, mu, wide)
        if is_worse:
            return found + log_slope
        share = hazard / data.meters
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return found + log_slope - np.log(np.expm1(share))

    unit = np.linspace(0.0, 1.0, _MUS)
    for _round in range(_ROUNDS):
        mu = low + (high - low) * unit
        logs = np.nan_to_num(weight(mu), nan=-np.inf, posinf=-np.inf)
        top = logs.max(axis=1, keepdims=True)
        matters = logs >= top - _DROP
        first = np.maximum(matters.argmax(axis=1) - 1, 0)
        last = np.minimum(_MUS - matters[:, ::-1].argmax(axis=1), _MUS - 1)
        rows = np.arange(len(sigma))
        low, high = mu[rows, first][:, None], mu[rows, last][:, None]
    shift = (np.arange(len(sigma)) * _GOLDEN % 1 - 0.5)[:, None] / (
        _MUS - 1
    )  # so that no rows of nodes coincide
    mu = low + (high - low) * (unit + shift)
    logs = np.nan_to_num(weight(mu), nan=-np.inf, posinf=-np.inf) + np.log(high - low)
    weights = np.exp(logs - logs.max())
    kept = weights > np.exp(-2 * _DROP)
    total = weights[kept].sum()
    return mu[kept], np.broadcast_to(sigma, mu.shape)[kept], weights[kept] / total
