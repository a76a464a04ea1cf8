"""Which meters are bad: the most probable set, and what speaks for others in their place.

Given the set of bad meters the posterior is Gaussian and the evidence is known in closed form; taking one meter in or
out changes both by a rank-one update.  The most probable set is found by steps that add, remove or exchange one meter.
Two meters whose loads rise and fall together can each explain the same residual: the exchanges weigh them against
each other, so that neither is accused for certain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Posterior of b (n,) given the most probable set, and for each meter as good and as bad one."""

    suspects: tuple[int, ...]
    mean: Floats  # given the set
    covariance: Floats  # (n, n) given the set
    bad: Floats  # probability of being bad
    good_mean: Floats
    good_variance: Floats
    bad_mean: Floats
    bad_variance: Floats
    data_mean: Floats  # what the data alone say of each meter, …
    data_variance: Floats  # … the others being believed as they are


class _Set:
    """A set of bad meters with the Gaussian posterior that it implies."""

    def __init__(
        self,
        information: Floats,
        score: Floats,
        good: Floats,
        wrong: Floats,
        odds: float,
        start: Iterable[int],
    ) -> None:
        self.members = set(start)
        precision = good.copy()
        precision[list(self.members)] = wrong[list(self.members)]
        self.covariance = np.linalg.inv(information + np.diag(precision))
        self.mean = self.covariance @ score
        self.change = wrong - good  # of the precision of a meter that becomes bad
        self.bonus = odds + 0.5 * np.log(wrong / good)

    def gains(self, diagonal: Floats, mean: Floats) -> tuple[Floats, Floats]:
        """Return (n,) the gain in log probability of adding each meter, and 1 + change·variance."""
        scale = np.maximum(1 + self.change * diagonal, _LEAST)
        return self.bonus - 0.5 * (np.log(scale) + self.change * mean**2 / scale), scale

    def without(self, k: int) -> tuple[float, Floats, Floats]:
        """Return the gain of removing member ``k``, and the variances and means that remain."""
        back = -self.change[k]
        scale = max(1 + back * self.covariance[k, k], _LEAST)
        gain = -self.bonus[k] - 0.5 * (np.log(scale) + back * self.mean[k] ** 2 / scale)
        column = self.covariance[:, k]
        diagonal: Floats = self.covariance.diagonal() - column**2 * float(back / scale)
        left: Floats = self.mean - column * float(self.mean[k] * back / scale)
        return float(gain), diagonal, left

    def flip(self, i: int) -> None:
        """Take a meter in, or out."""
        change = -self.change[i] if i in self.members else self.change[i]
        factor = change / (1 + change * self.covariance[i, i])
        column = self.covariance[:, i].copy()
        self.mean = self.mean - column * (self.mean[i] * factor)
        self.covariance = self.covariance - np.outer(column, column) * factor
        self.members ^= {i}

    def climb(self) -> bool:
        """Take the best single step or exchange; tell whether there was one that gains."""
        added, _ = self.gains(self.covariance.diagonal().copy(), self.mean)
        added[list(self.members)] = -np.inf
        steps: tuple[int, ...] = (int(added.argmax()),)
        best = float(added.max())
        for k in sorted(self.members):
            gain, diagonal, mean = self.without(k)
            instead, _ = self.gains(diagonal, mean)
            instead[list(self.members)] = -np.inf
            if gain > best:
                best, steps = gain, (k,)
            if gain + instead.max() > best:
                best, steps = float(gain + instead.max()), (k, int(instead.argmax()))
        if best <= _GAIN:
            return False
        for step in steps:
            self.flip(step)
        return True


_LEAST = 1e-9  # what rounding may not fall below
_GAIN = 1e-6  # least gain that is worth a step


def explain(
    information: Floats, score: Floats, good: Floats, wrong: Floats, share: float, start: Iterable[int] = ()
) -> Explained:
    """Return the posterior of b from its ``information`` (n, n) and ``score`` (n,).

    ``good`` and ``wrong`` (n,) are the precisions of b for good and for bad meters, ``share`` the prior probability
    of being bad; ``start`` is a set to begin with.
    """
    state = _Set(information, score, good, wrong, float(np.log(share / (1 - share))), start)
    for _ in range(4 * len(score)):
        if not state.climb():
            break
    return _weigh(state, good, wrong)


def _mixed(weights: Floats, means: Floats, variances: Floats) -> tuple[float, float]:
    """Return mean and variance of a mixture."""
    share = weights / weights.sum()
    mean = float(share @ means)
    return mean, float(share @ (variances + (means - mean) ** 2))


def _weigh(state: _Set, good: Floats, wrong: Floats) -> Explained:
    """Return what each meter is, counting the sets that differ from the best by one step or exchange."""
    n = len(good)
    members = sorted(state.members)
    inside = np.zeros(n, dtype=bool)
    inside[members] = True
    diagonal: Floats = state.covariance.diagonal().copy()
    mean = state.mean
    gain, scale = state.gains(diagonal, mean)
    added = np.where(inside, 0.0, np.exp(np.clip(gain, -700, 50)))
    bad = added / (1 + added)
    good_mean, good_variance = mean.copy(), diagonal.copy()
    bad_mean, bad_variance = mean / scale, diagonal / scale
    bad_mean[members], bad_variance[members] = mean[members], diagonal[members]
    for k in members:
        removal, left_diagonal, left_mean = state.without(k)
        instead, left_scale = state.gains(left_diagonal, left_mean)
        swaps = np.where(inside, 0.0, np.exp(np.clip(removal + instead, -700, 50)))
        # What adding alone gains is not counted a second time as an exchange.
        swaps = np.maximum(swaps - np.exp(np.clip(removal, -700, 50)) * added, 0.0)
        weights = np.append(swaps, np.exp(np.clip(removal, -700, 50)))
        whole = 1 + weights.sum()
        bad[k] = 1 / whole
        # As a good one it is what remains with another in its place, or with none.
        link = state.covariance[k] * (left_diagonal[k] / diagonal[k])
        means = left_mean[k] - np.append(link * state.change * left_mean / left_scale, 0.0)
        variances = left_diagonal[k] - np.append(link**2 * state.change / left_scale, 0.0)
        good_mean[k], good_variance[k] = _mixed(weights, means, variances)
        swapped = swaps / whole
        told = swapped > bad
        bad_mean = np.where(told, left_mean / left_scale, bad_mean)
        bad_variance = np.where(told, left_diagonal / left_scale, bad_variance)
        bad = np.where(inside, bad, 1 - (1 - bad) * (1 - swapped))
    precision = np.where(inside, wrong, good)
    data_variance = 1 / np.maximum(1 / diagonal - precision, 1e-9 / diagonal)
    return Explained(
        tuple(members),
        mean,
        state.covariance,
        bad,
        good_mean,
        good_variance,
        bad_mean,
        bad_variance,
        data_variance * mean / diagonal,
        data_variance,
    )
