"""Type A evaluation: what repeated observations say about a mean.

Clauses are those of JCGM 100:2008 (JJF 1059.1-2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc, fdtri

Array: TypeAlias = NDArray[np.float64]

LEAST_READINGS = 2


@dataclass(frozen=True)
class Mean:
    """A mean of observations: arrays (points,), or floats for one series.  [unit of the observations]"""

    estimate: Array
    standard_uncertainty: Array
    degrees_of_freedom: int


def mean_of(readings: ArrayLike) -> Mean:
    """Return mean, experimental standard deviation of the mean and n - 1 (4.2.3).

    Parameters
    ----------
    readings : array
        (n,) for one series, or (points, n).

    Raises
    ------
    ValueError
        Fewer than two readings.

    Examples
    --------
    The voltages of JCGM 100:2008, H.2:

    >>> mean = mean_of([5.007, 4.994, 5.005, 4.990, 4.999])
    >>> round(float(mean.estimate), 4), round(float(mean.standard_uncertainty), 4), mean.degrees_of_freedom
    (4.999, 0.0032, 4)
    """
    series = _series(readings)
    n = series.shape[-1]
    return Mean(series.mean(axis=-1), series.std(axis=-1, ddof=1) / np.sqrt(n), n - 1)


def pooled(standard_deviations: ArrayLike, degrees_of_freedom: ArrayLike) -> tuple[float, float]:
    """Return the pooled experimental standard deviation and its degrees of freedom (H.3.6, NOTE).

    >>> s, dof = pooled([60, 77, 111, 101, 67, 93, 80, 73, 88, 86], [4] * 10)   # H.5.2
    >>> round(s), dof
    (85, 40.0)
    """
    deviations, degrees = np.broadcast_arrays(
        np.asarray(standard_deviations, dtype=float), np.asarray(degrees_of_freedom, dtype=float)
    )
    total = float(degrees.sum())
    return float(np.sqrt((degrees * deviations**2).sum() / total)), total


def joint_means(readings: ArrayLike) -> tuple[Mean, Array]:
    """Return the means of quantities observed together, and the correlation of these means (5.2.3).

    Parameters
    ----------
    readings : array
        (quantities, n): column k holds the values of one simultaneous observation.

    Returns
    -------
    Mean, Array
        Arrays (quantities,), and (quantities, quantities).

    Raises
    ------
    ValueError
        Fewer than two observations, or a quantity whose readings are all equal: it has no correlation.
    """
    series = _series(readings)
    mean = mean_of(series)
    if np.any(mean.standard_uncertainty == 0):
        raise ValueError("读数全部相同，不能求相关系数。")
    return mean, np.atleast_2d(np.corrcoef(series))


@dataclass(frozen=True)
class Variances:
    """A balanced one-stage nested analysis of variance (H.5).

    Attributes
    ----------
    estimate : float
        Mean of all observations.
    within, between : float
        Standard deviations s_W and s_B; ``between`` is 0 where its square comes out negative (H.31).
    means_deviation : float
        Experimental standard deviation of the group means (H.25d).
    f, f_critical, probability : float
        F = s_a² / s_b², its critical value, and the probability of so large an F by chance.  [1]
    accepted, rejected : Mean
        The result where an effect between the groups is accepted (H.32), and where it is rejected (H.28).
    is_significant : bool
        Whether F exceeds its critical value.
    """

    estimate: float
    within: float
    between: float
    means_deviation: float
    f: float
    f_critical: float
    probability: float
    accepted: Mean
    rejected: Mean
    is_significant: bool

    @property
    def chosen(self) -> Mean:
        """The result that the test suggests."""
        return self.accepted if self.is_significant else self.rejected


def analysis_of_variance(groups: ArrayLike, significance: float = 0.05) -> Variances:
    """Return what J groups (days, operators) of K observations each say about their mean (H.5.2).

    Parameters
    ----------
    groups : array
        (J, K).
    significance : float
        Level of the F test, between 0 and 1.

    Raises
    ------
    ValueError
        Fewer than two groups, or fewer than two observations in each.
    """
    observations = _series(groups)
    j, k = observations.shape
    means = observations.mean(axis=1)
    within_squared = float(observations.var(axis=1, ddof=1).mean())
    return _tested(float(means.mean()), _deviation(means), within_squared, j, k, significance)


def variances_of_groups(
    means: ArrayLike, standard_deviations: ArrayLike, observations: int, significance: float = 0.05
) -> Variances:
    """Return the same as `analysis_of_variance` from the mean and standard deviation of each group.

    >>> means = [10.000172, 10.000116, 10.000013, 10.000144, 10.000106, 10.000031, 10.000060, 10.000125, 10.000163,
    ...          10.000041]                                                                    # H.5.2, Table H.9
    >>> deviations = [6e-5, 7.7e-5, 1.11e-4, 1.01e-4, 6.7e-5, 9.3e-5, 8e-5, 7.3e-5, 8.8e-5, 8.6e-5]
    >>> found = variances_of_groups(means, deviations, 5)
    >>> found.is_significant, variances_of_groups(means, deviations, 5, 0.025).is_significant
    (True, False)
    >>> round(found.accepted.standard_uncertainty * 1e6), round(found.rejected.standard_uncertainty * 1e6)
    (18, 13)
    """
    centres = np.asarray(means, dtype=float)
    within = float(np.mean(np.asarray(standard_deviations, dtype=float) ** 2))
    return _tested(
        float(centres.mean()), _deviation(centres), within, len(centres), observations, significance
    )


def _tested(mean: float, deviation: float, within: float, j: int, k: int, significance: float) -> Variances:
    """Return the analysis from the spread of J means and the mean variance ``within`` groups of K."""
    if j < LEAST_READINGS or k < LEAST_READINGS:
        raise ValueError("方差分析至少要 2 组，每组至少 2 个读数。")
    if not within > 0:
        raise ValueError("各组内读数全部相同，不能作方差分析。")
    between_groups = k * deviation**2
    degrees = j - 1, j * (k - 1)
    f = between_groups / within
    critical = float(fdtri(*degrees, 1 - significance))
    pooled_squared = (degrees[0] * between_groups + degrees[1] * within) / (j * k - 1)
    return Variances(
        estimate=mean,
        within=within**0.5,
        between=max(deviation**2 - within / k, 0.0) ** 0.5,
        means_deviation=deviation,
        f=f,
        f_critical=critical,
        probability=float(fdtrc(*degrees, f)),
        accepted=Mean(np.asarray(mean), np.asarray(deviation / j**0.5), j - 1),
        rejected=Mean(np.asarray(mean), np.asarray((pooled_squared / (j * k)) ** 0.5), j * k - 1),
        is_significant=f > critical,
    )


def _deviation(means: Array) -> float:
    return float(means.std(ddof=1)) if len(means) > 1 else 0.0


def _series(readings: ArrayLike) -> Array:
    series = np.asarray(readings, dtype=float)
    if series.ndim == 0 or series.shape[-1] < LEAST_READINGS:
        raise ValueError(f"读数至少要 {LEAST_READINGS} 个。")
    return series
