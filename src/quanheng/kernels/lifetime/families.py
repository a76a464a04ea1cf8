"""Life distributions of log-location-scale: log(age) = mu + sigma · z.

Meeker and Escobar, Statistical Methods for Reliability Data (1998), chapter 4 and 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtri_exp

from quanheng.kernels.lifetime.data import FloatArray

_SD_OF_GUMBEL = 1.2825498301618641  # π/√6
_ROOT = (2 / np.pi) ** 0.5


@dataclass(frozen=True)
class Family:
    """``log_survival``, its inverse and the hazard of z; ``spread`` is the sd of z, to compare sigmas of families."""

    key: str
    name: str
    spread: float
    log_survival: Callable[[FloatArray], FloatArray]
    z_of: Callable[[FloatArray], FloatArray]
    hazard: Callable[[FloatArray], FloatArray]


def _weibull_log_survival(z: FloatArray) -> FloatArray:
    return -np.exp(np.minimum(z, 700.0))


def _weibull_z(log_survival: FloatArray) -> FloatArray:
    return np.log(-log_survival)


def _weibull_hazard(z: FloatArray) -> FloatArray:
    return np.exp(np.minimum(z, 700.0))


def _normal_log_survival(z: FloatArray) -> FloatArray:
    return np.asarray(log_ndtr(-z), dtype=np.float64)


def _normal_z(log_survival: FloatArray) -> FloatArray:
    return np.asarray(-ndtri_exp(log_survival), dtype=np.float64)


def _normal_hazard(z: FloatArray) -> FloatArray:
    return np.asarray(_ROOT / erfcx(z / np.sqrt(2.0)), dtype=np.float64)


WEIBULL = Family("weibull", "威布尔", _SD_OF_GUMBEL, _weibull_log_survival, _weibull_z, _weibull_hazard)
LOGNORMAL = Family("lognormal", "对数正态", 1.0, _normal_log_survival, _normal_z, _normal_hazard)
FAMILIES = {family.key: family for family in (WEIBULL, LOGNORMAL)}


@dataclass(frozen=True, slots=True)
class ShapePrior:
    """What is assumed of the Weibull shape before the data: log(shape) is normal about log(``middle``).

    An assumption of this program, not of a rule.  2.5 with a spread of 0.8 means that 95 % of kinds of meters have a
    shape between 0.5 (early failures) and 12 (all wear out within a few years).  The lognormal sigma gets the same
    by the spread of log(age).
    """

    middle: float = 2.5
    spread: float = 0.8

    def log_density(self, log_sigma: FloatArray, family: Family) -> FloatArray:
        """Return the logarithm of the density of log(sigma), without its constant."""
        return -0.5 * ((log_sigma - self.centre(family)) / self.spread) ** 2

    def centre(self, family: Family) -> float:
        """Return the middle of log(sigma)."""
        return log(_SD_OF_GUMBEL / family.spread / self.middle)
