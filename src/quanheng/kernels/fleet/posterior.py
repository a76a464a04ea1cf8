"""The errors of all meters of an area from its Gram: posterior under a mixed prior, hyper-parameters by evidence.

Most meters are good, few are bad: a_i comes with probability 1 − π from N(0, τ²) and with π from N(0, slab²).  The
posterior is approximated by expectation propagation (Minka 2001): each meter's own factor is exact, the rest Gaussian.
τ, π, the noise variance of each band of frequencies and the spread of learned groups are found by expectation
maximisation, which gives every parameter's share of the residual back to the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.gram import Gram

Floats = NDArray[np.float64]

_SWEEPS = 3  # of expectation propagation in each round
_ROUNDS = 60
_STILL = 1e-3  # largest change of a log variance when it is done
_DAMPING = 0.7
_GOOD = 0.22  # spread of good meters, as a share of the tolerance, and …
_GOOD_WEIGHT = 10.0  # … the number of meters that this belief is worth
_BAD_WEIGHT = 20.0  # meters that the belief "one in twenty is bad" is worth
_SLAB = 3.0  # spread of bad meters, in tolerances


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What is known of a_i = 1/(1 + ε_i) − 1 after the data; arrays (n,), ratios."""

    mean: Floats
    variance: Floats
    bad: Floats  # posterior probability that the meter is of the bad ones
    good_mean: Floats
    good_variance: Floats
    bad_mean: Floats
    bad_variance: Floats
    data_variance: Floats  # what the data alone leave open, the other meters being known as they are
    covariance: Floats  # (n, n) of the Gaussian approximation
    nuisance: Floats  # (q,) coefficients
    nuisance_variance: Floats  # (q,)
    noise: Floats  # (B,) variance by band, in units of the scaled transform [kWh²]
    good_spread: float
    rounds: int


def infer(
    statistics: Gram, n: int, prior_sd: Floats, learned: Sequence[slice], tolerance: float, noise: Floats | None = None
) -> Posterior:
    """Return the posterior of n meters from ``statistics`` of rows as in ``Balance``.

    ``prior_sd`` (q,) are those of the nuisance, ``learned`` groups of them; ``tolerance`` [ratio] scales the prior of
    the errors; ``noise`` (B,) is where the variances start.
    """
    state = _State(statistics, n, prior_sd.copy(), tuple(learned), tolerance, noise)
    rounds = 0
    for rounds in range(1, _ROUNDS + 1):  # noqa: B007
        if state.improve() < _STILL and rounds > len(statistics.counts):
            break
    return state.answer(rounds)


class _State:
    """Where the iteration stands."""

    def __init__(
        self, statistics: Gram, n: int, prior_sd: Floats, learned: tuple[slice, ...], tolerance: float, noise: Floats | None
    ) -> None:
        self.statistics = statistics
        self.n = n
        self.prior_sd = prior_sd
        self.learned = learned
        self.belief = _GOOD * tolerance
        self.spread = self.belief
        self.slab = _SLAB * tolerance
        self.share = 1 / _BAD_WEIGHT
        power = statistics.products[:, 0, 0] / statistics.counts
        self.noise = np.minimum(power, power[-1]) if noise is None else noise.copy()
        self.noise = np.maximum(self.noise, 1e-18)
        self.precision = np.full(n, 1 / self.spread**2)
        self.shift = np.zeros(n)

    def improve(self) -> float:
        """Do one round and return the largest change of a log variance."""
        n = self.n
        system = np.tensordot(1 / self.noise, self.statistics.products, 1)
        right, square = system[1:, 0], system[1:, 1:]
        rest = np.linalg.inv(square[n:, n:] + np.diag(1 / self.prior_sd**2))
        link = square[:n, n:] @ rest
        self.information = square[:n, :n] - link @ square[n:, :n]
        self.score = right[:n] - link @ right[n:]
        for _ in range(_SWEEPS):
            self._sweep()
        mean = self.covariance @ (self.score + self.shift)
        self.nuisance = rest @ (right[n:] - square[n:, :n] @ mean)
        across = self.covariance @ link
        self.nuisance_covariance = rest + link.T @ across
        joint = np.block([[self.covariance, -across], [-across.T, self.nuisance_covariance]])
        weights = np.concatenate([[1.0], -mean, -self.nuisance])
        products = self.statistics.products
        left = np.einsum("bij,i,j->b", products, weights, weights, optimize=True)
        doubt = np.einsum("bij,ij->b", products[:, 1:, 1:], joint, optimize=True)
        new = np.maximum((left + doubt) / self.statistics.counts, 1e-18)
        moved = float(np.abs(np.log(new / self.noise)).max())
        self.noise = new
        for group in self.learned:
            second = self.nuisance[group] ** 2 + self.nuisance_covariance.diagonal()[group]
            self.prior_sd[group] = np.sqrt(second.mean())
        return moved

    def _sweep(self) -> None:
        """Make every meter's factor agree with the exact mixture once, and learn the mixture from the factors."""
        self.covariance = np.linalg.inv(self.information + np.diag(self.precision))
        mean = self.covariance @ (self.score + self.shift)
        variance = self.covariance.diagonal()
        self.data_variance = 1 / np.maximum(1 / variance - self.precision, 1e-9 / variance)
        data_mean = self.data_variance * (mean / variance - self.shift)
        good_weight, self.good_mean, self.good_variance = _component(data_mean, self.data_variance, self.spread)
        bad_weight, self.bad_mean, self.bad_variance = _component(data_mean, self.data_variance, self.slab)
        odds = np.log(self.share / (1 - self.share)) + bad_weight - good_weight
        self.bad = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        self.mean = (1 - self.bad) * self.good_mean + self.bad * self.bad_mean
        second = (1 - self.bad) * (self.good_variance + self.good_mean**2) + self.bad * (
            self.bad_variance + self.bad_mean**2
        )
        self.variance = second - self.mean**2
        precision = np.maximum(1 / self.variance - 1 / self.data_variance, 1 / (4 * self.slab) ** 2)
        shift = self.mean / self.variance - data_mean / self.data_variance
        self.precision += _DAMPING * (precision - self.precision)
        self.shift += _DAMPING * (shift - self.shift)
        good = 1 - self.bad
        seen = (good * (self.good_variance + self.good_mean**2)).sum() + _GOOD_WEIGHT * self.belief**2
        self.spread = float(np.sqrt(seen / (good.sum() + _GOOD_WEIGHT)))
        self.share = float((self.bad.sum() + 1) / (self.n + _BAD_WEIGHT))

    def answer(self, rounds: int) -> Posterior:
        """Return what is known now."""
        return Posterior(
            self.mean,
            self.variance,
            self.bad,
            self.good_mean,
            self.good_variance,
            self.bad_mean,
            self.bad_variance,
            self.data_variance,
            self.covariance,
            self.nuisance,
            self.nuisance_covariance.diagonal().copy(),
            self.noise,
            self.spread,
            rounds,
        )


def _component(mean: Floats, variance: Floats, spread: float) -> tuple[Floats, Floats, Floats]:
    """Return log evidence, posterior mean and variance of a N(0, spread²) seen as N(mean, variance)."""
    whole = variance + spread**2
    gain = spread**2 / whole
    return -0.5 * (np.log(whole) + mean**2 / whole), gain * mean, gain * variance
