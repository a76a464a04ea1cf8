"""What is known of the instruments themselves, and what a reading therefore says about the standard.

An instrument that reads near its limit does so more likely because the standard deviated than an instrument
in the middle of the population would.  Without that knowledge every error of an instrument counts as equally
likely beforehand, as in JCGM 106:2012, 7 (no prior knowledge); with it the law of the standard's deviation is
conditioned on the readings of the verification as well (JCGM 106:2012, 6.2 and 6.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import FloatArray, Moments
from quanheng.kernels.traceability.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Population:
    """True errors of the instruments, normal, as shares of half the interval between the limits of a point.

    ``mean`` from the middle of the limits, ``sd``, and the ``correlation`` of the points of one instrument.
    """

    mean: float
    sd: float
    correlation: float = 0.0

    def __post_init__(self) -> None:
        if not (self.sd > 0 and np.isfinite(self.sd) and np.isfinite(self.mean)):
            raise BadTraceability(f"总体的标准差应当大于零，这里是 {self.sd:g}。")
        if not 0 <= self.correlation < 1:
            raise BadTraceability(f"总体中各点的相关系数应当不小于 0、小于 1，这里是 {self.correlation:g}。")


class Conditioned(NamedTuple):
    """The law after the readings, and the logarithm of how likely the readings were (V,), up to a constant."""

    moments: Moments
    log_likelihood: FloatArray


def condition(prior: Moments, verdicts: Verdicts, population: Population) -> Conditioned:
    """Return the law of the deviations, given the readings of the same verification.

    Raises
    ------
    BadTraceability
        A point has a limit on one side only.
    """
    half = (verdicts.upper - verdicts.lower) / 2
    if not np.all(np.isfinite(half)):
        raise BadTraceability("给出总体时，每一点都应有上限和下限。")
    owner, first, c = verdicts.owner, verdicts.first, verdicts.sensitivity
    expected = (verdicts.lower + verdicts.upper) / 2 + population.mean * half
    r = verdicts.error + np.sum(c * prior.mean[owner], axis=1) - expected
    own = (1 - population.correlation) * (population.sd * half) ** 2 + verdicts.standard_uncertainty**2
    common = population.sd * np.sqrt(population.correlation) * half
    # T = diag(own) + common commonᵀ; its inverse by Sherman and Morrison, all sums over the points.
    weighted = c / own[:, None]
    of_common = common / own
    scale = 1 / (1 + np.add.reduceat(of_common * common, first))
    sum_c = np.add.reduceat(weighted * common[:, None], first, axis=0)
    sum_r = np.add.reduceat(of_common * r, first)
    squares = np.add.reduceat(weighted[:, :, None] * c[:, None, :], first, axis=0)
    information = squares - scale[:, None, None] * sum_c[:, :, None] * sum_c[:, None, :]
    pull = np.add.reduceat(weighted * r[:, None], first, axis=0) - (scale * sum_r)[:, None] * sum_c
    system = np.eye(c.shape[1]) + information @ prior.covariance
    covariance = prior.covariance @ np.linalg.inv(system)
    covariance = (covariance + covariance.transpose(0, 2, 1)) / 2
    move = np.einsum("vkl,vl->vk", covariance, pull)
    misfit = np.add.reduceat(r**2 / own, first) - scale * sum_r**2 - np.sum(pull * move, axis=1)
    log_likelihood = -(misfit + np.linalg.slogdet(system)[1]) / 2
    return Conditioned(Moments(prior.mean - move, covariance), log_likelihood)
