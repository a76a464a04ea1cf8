"""What the meters of a district have in common: the balance tells only its sum with the district meter's error."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import truncnorm

from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.water.leakage import COMMON_ROW

_SHARED = 0.5  # spread of the error that the meters of a district share, in tolerances


@dataclass(frozen=True, slots=True)
class Common:
    """The common part of a, a ratio: what is believed of it beforehand, and of the district meter."""

    spread: float  # standard deviation
    limit: float  # the district meter's maximum permissible error, ratio

    @classmethod
    def of(cls, tolerance: float, inflow_mpe_percent: float) -> Common:
        """Return the belief where consumers' meters have the ``tolerance``, a ratio."""
        return cls(_SHARED * tolerance, inflow_mpe_percent / 100)

    @property
    def inflow_spread(self) -> float:
        """Return the standard uncertainty of a district meter that is anywhere within its limit."""
        return self.limit / float(np.sqrt(3))

    @property
    def total_spread(self) -> float:
        """Return the standard deviation of the sum of both."""
        return float(np.hypot(self.inflow_spread, self.spread))

    def given(self, posterior: Posterior) -> tuple[float, float]:
        """Return mean and standard deviation of the common part after the data.

        c is known; the district meter may be anywhere within its limit; so the common part lies within the limit of
        c, and its belief is cut off there.
        """
        middle = float(posterior.nuisance[COMMON_ROW])
        spread = max(self.spread, 1e-9)
        cut = truncnorm((middle - self.limit) / spread, (middle + self.limit) / spread, scale=spread)
        return float(cut.mean()), float(np.hypot(cut.std(), np.sqrt(posterior.nuisance_variance[COMMON_ROW])))

    def is_beyond(self, posterior: Posterior) -> bool:
        """Tell whether more is missing, or is too much, in proportion than both errors can be believed to explain."""
        doubt = 2 * float(np.sqrt(posterior.nuisance_variance[COMMON_ROW]))
        return abs(float(posterior.nuisance[COMMON_ROW])) - doubt > self.limit + self.spread


def with_common(posterior: Posterior, mean: float, deviation: float) -> Posterior:
    """Return the posterior of all meters with a common part of a added, N(mean, deviation²)."""
    kinds = replace(
        posterior.kinds,
        good_mean=posterior.kinds.good_mean + mean,
        good_variance=posterior.kinds.good_variance + deviation**2,
        bad_mean=posterior.kinds.bad_mean + mean,
        bad_variance=posterior.kinds.bad_variance + deviation**2,
    )
    middle, variance = kinds.moments()
    return replace(
        posterior,
        mean=middle,
        variance=variance,
        kinds=kinds,
        data_mean=posterior.data_mean + mean,
        data_variance=posterior.data_variance + deviation**2,
    )
