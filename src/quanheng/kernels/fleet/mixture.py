"""What is believed of the errors of meters: most are good, few are bad, and the voltages do not tell all of the loss.

The balance sees b_i = a_i + s_i: the meter's own a_i = 1/(1 + ε_i) − 1, and s_i, what its voltage leaves of the loss
(power factor, angles; in proportion to its voltage drop) and the uncertainty of its voltage channel.  a_i comes from
N(0, spread²) with probability 1 − share, else from N(0, slab²); s_i from N(0, fixed_i² + (slack·drop_i)²).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.suspects import Explained

Floats = NDArray[np.floating]

_GOOD = 0.22  # spread of good meters, as a share of the tolerance, and …
_GOOD_WEIGHT = 10.0  # … the number of meters that this belief is worth
_BAD_WEIGHT = 20.0  # meters that the belief "one in twenty is bad" is worth
_SLAB = 3.0  # spread of bad meters, in tolerances
# The mean error of the good meters of an area is taken for zero; meters of one batch may share so much [tolerances].
_COMMON = 0.04
_SLACK = 0.12  # what the voltages leave of the loss, as a share of the drop, and …
_SLACK_WEIGHT = 10.0  # … the number of meters that this belief is worth
_DROP = 0.003  # drop under which a meter says nothing of the slack


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """What is known of a for each meter, (n,), as a good and as a bad one; ``bad`` is the probability of the second."""

    bad: Floats
    good_mean: Floats
    good_variance: Floats
    bad_mean: Floats
    bad_variance: Floats

    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and variance of a."""
        good = 1 - self.bad
        mean = good * self.good_mean + self.bad * self.bad_mean
        second = good * (self.good_variance + self.good_mean**2) + self.bad * (
            self.bad_variance + self.bad_mean**2
        )
        return mean, second - mean**2


class Mixture:
    """The belief, and how it learns from an area's meters."""

    def __init__(self, tolerance: float, fixed: Floats, drop: Floats) -> None:
        """Begin with what holds of meters in general; ``fixed`` and ``drop`` (n,) as above, ``tolerance`` a ratio."""
        self.tolerance = tolerance
        self._belief = _GOOD * tolerance
        self._common = (_COMMON * tolerance) ** 2
        self._fixed = fixed**2
        self._drop = drop**2
        self.spread = self._belief
        self.slab = _SLAB * tolerance
        self.share = 1 / _BAD_WEIGHT
        self.slack = _SLACK

    def beside(self) -> Floats:
        """Return the variance (n,) of s."""
        return self._fixed + self.slack**2 * self._drop

    def precisions(self) -> tuple[Floats, Floats]:
        """Return the precisions (n,) of b for good and for bad meters."""
        beside = self.beside()
        return 1 / (self.spread**2 + beside), 1 / (self.slab**2 + beside)

    def kinds(self, found: Explained) -> Kinds:
        """Return what is known of a, given what the balance says of b."""
        good_mean, good_variance = self._own(found.good_mean, found.good_variance, self.spread)
        bad_mean, bad_variance = self._own(found.bad_mean, found.bad_variance, self.slab)
        return Kinds(found.bad, good_mean, good_variance, bad_mean, bad_variance)

    def _own(self, mean: Floats, variance: Floats, spread: float) -> tuple[Floats, Floats]:
        beside = self.beside()
        part = spread**2 / (spread**2 + beside)
        return part * mean, part**2 * variance + part * beside + self._common

    def learn(self, found: Explained) -> None:
        """Take over what the meters of this area say of spread, share and slack (expectation maximisation)."""
        kinds = self.kinds(found)
        good = 1 - kinds.bad
        squares = (good * (kinds.good_variance + kinds.good_mean**2)).sum()
        spread = np.sqrt((squares + _GOOD_WEIGHT * self._belief**2) / (good.sum() + _GOOD_WEIGHT))
        share = (kinds.bad.sum() + 1) / (len(good) + _BAD_WEIGHT)
        telling = good * (self._drop > _DROP**2)
        rest = self.spread**2 + self._fixed
        own = self.slack**2 * self._drop
        gain = own / (own + rest)
        second = gain**2 * (found.good_mean**2 + found.good_variance) + gain * rest
        ratio = second / np.maximum(self._drop, _DROP**2)
        slack = ((telling * ratio).sum() + _SLACK_WEIGHT * _SLACK**2) / (telling.sum() + _SLACK_WEIGHT)
        self.spread, self.share, self.slack = float(spread), float(share), float(np.sqrt(slack))
