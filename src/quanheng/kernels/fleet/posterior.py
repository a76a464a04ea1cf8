"""The errors of all meters of an area from its Gram: posterior under a mixed prior, hyper-parameters by evidence.

The set of bad meters is the most probable one, see ``suspects``.  The mixture, the noise variance of each band of
frequencies and the spread of learned groups of nuisance are found by expectation maximisation, which gives every
parameter's share of the residual back to the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.gram import Gram
from quanheng.kernels.fleet.mixture import Kinds, Mixture
from quanheng.kernels.fleet.suspects import Explained, explain

Floats = NDArray[np.floating]

_ROUNDS = 60
# The noise is taken for larger than the residual shows: it is neither Gaussian nor quite independent, …
CAUTION = 1.3
CAUTION_BRIDGED = 2.6  # … and far from it where gaps were bridged
_ROUNDING = 2e-9  # of the largest product of a row: less noise than that single precision cannot show
_STILL = 1e-3  # largest change of a log variance when it is done


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What is known of a_i = 1/(1 + ε_i) − 1 after the data; arrays (n,), ratios."""

    mean: Floats
    variance: Floats
    seen: Floats  # mean of b = a + s, what the rows of the balance are multiplied with
    kinds: Kinds  # the mixture that they come from
    data_mean: Floats  # what the data alone say, the other meters being known as they are, …
    data_variance: Floats  # … and how well
    information: Floats  # (n, n) of the data on all a_i together, the nuisance being unknown
    nuisance: Floats  # (q,) coefficients
    nuisance_variance: Floats  # (q,)
    noise: Floats  # (B,) variance by band, in units of the scaled transform [kWh²]
    belief: Mixture
    rounds: int


def infer(
    statistics: Gram,
    n: int,
    prior_sd: Floats,
    learned: Sequence[slice],
    belief: Mixture,
    noise: Floats | None = None,
    caution: float = CAUTION,
) -> Posterior:
    """Return the posterior of n meters from ``statistics`` of rows as in ``Balance``.

    ``prior_sd`` (q,) are those of the nuisance, ``learned`` groups of them; ``belief`` is what holds of the meters,
    and learns; ``noise`` (B,) is where the variances start; ``caution`` multiplies them.
    """
    state = _State(statistics, n, prior_sd.copy(), tuple(learned), belief, noise, caution)
    rounds = 0
    for rounds in range(1, _ROUNDS + 1):
        if state.improve() < _STILL and rounds > len(statistics.counts):
            break
    return state.answer(rounds)


class _State:
    """Where the iteration stands."""

    def __init__(
        self,
        statistics: Gram,
        n: int,
        prior_sd: Floats,
        learned: tuple[slice, ...],
        belief: Mixture,
        noise: Floats | None,
        caution: float,
    ) -> None:
        self.statistics = statistics
        self.n = n
        self.prior_sd = prior_sd
        self.learned = learned
        self.belief = belief
        self.caution = caution
        power = statistics.products[:, 0, 0] / statistics.counts
        self.noise = np.minimum(power, power[-1]) if noise is None else noise.copy()
        own = statistics.products.diagonal(axis1=1, axis2=2)[:, 1 : n + 1]
        self.least = np.maximum(_ROUNDING * own.max(axis=1), 1e-18)
        self.noise = np.maximum(self.noise, self.least)
        self.found: Explained | None = None

    def improve(self) -> float:
        """Do one round and return the largest change of a log variance."""
        n = self.n
        system = np.tensordot(1 / (self.caution * self.noise), self.statistics.products, 1)
        right, square = system[1:, 0], system[1:, 1:]
        rest = np.linalg.inv(square[n:, n:] + np.diag(1 / self.prior_sd**2))
        link = square[:n, n:] @ rest
        self.information = square[:n, :n] - link @ square[n:, :n]
        score = right[:n] - link @ right[n:]
        good, wrong = self.belief.precisions()
        start = self.found.suspects if self.found else ()
        found = self.found = explain(self.information, score, good, wrong, self.belief.share, start)
        self.belief.learn(found)
        mean = found.mean
        self.nuisance = rest @ (right[n:] - square[n:, :n] @ mean)
        across = found.covariance @ link
        self.nuisance_covariance = rest + link.T @ across
        joint = np.block([[found.covariance, -across], [-across.T, self.nuisance_covariance]])
        weights = np.concatenate([[1.0], -mean, -self.nuisance])
        products = self.statistics.products
        left = products @ weights @ weights
        doubt = np.einsum("bij,ij->b", products[:, 1:, 1:], joint)
        new = np.maximum((left + doubt) / self.statistics.counts, self.least)
        moved = float(np.abs(np.log(new / self.noise)).max())
        self.noise = new
        for group in self.learned:
            second = self.nuisance[group] ** 2 + self.nuisance_covariance.diagonal()[group]
            self.prior_sd[group] = np.sqrt(second.mean())
        return moved

    def answer(self, rounds: int) -> Posterior:
        """Return what is known now."""
        if self.found is None:
            raise RuntimeError("nothing inferred yet")
        kinds = self.belief.kinds(self.found)
        mean, variance = kinds.moments()
        return Posterior(
            mean,
            variance,
            self.found.mean,
            kinds,
            self.found.data_mean,
            self.found.data_variance + self.belief.beside(),
            self.information,
            self.nuisance,
            self.nuisance_covariance.diagonal().copy(),
            self.noise,
            self.belief,
            rounds,
        )
