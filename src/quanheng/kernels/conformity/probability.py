"""Probability of conformity: of a true value within limits, given a measured one (JCGM 106:2012, clause 7)."""

from __future__ import annotations

import numpy as np
from scipy import special

from quanheng.kernels.conformity.limits import (
    BadConformity,
    FloatArray,
    Limits,
    Numbers,
    as_floats,
    first_of,
    positive_uncertainty,
)

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


def conformity_probability(
    error: Numbers,
    mpe: Numbers,
    standard_uncertainty: Numbers,
    degrees_of_freedom: Numbers = np.inf,
) -> FloatArray:
    """Return the probability that the true error lies within ±``mpe``, without prior knowledge.

    Parameters
    ----------
    error
        Measured error of indication. [any unit, the same for all]
    mpe
        Maximum permissible error, a positive half-width (VIM 4.26).
    standard_uncertainty
        Of ``error`` (VIM 2.30).
    degrees_of_freedom
        Of the uncertainty [1]; finite ones give the scaled and shifted t of JCGM 101:2008, 6.4.9, whose
        scale is the standard uncertainty.

    Returns
    -------
    float or ndarray
        Conformity probability [1], of the common shape of the arguments; nan where the error is nan.

    Raises
    ------
    BadConformity
        MPE, uncertainty or degrees of freedom are not positive.

    Examples
    --------
    A class B meter (1.0 %) found at +0.8 % with u = 0.1 %:

    >>> round(conformity_probability(error=0.8, mpe=1.0, standard_uncertainty=0.1), 4)
    np.float64(0.9772)

    References
    ----------
    JCGM 106:2012, "Evaluation of measurement data - The role of measurement uncertainty in conformity
    assessment", 7.4, equation (11).
    """
    lower, upper = Limits.symmetric(mpe)
    return probability_within(error, lower, upper, standard_uncertainty, degrees_of_freedom)


def probability_within(
    value: Numbers,
    lower: Numbers | None,
    upper: Numbers | None,
    standard_uncertainty: Numbers,
    degrees_of_freedom: Numbers = np.inf,
    resolution: Numbers = 0.0,
) -> FloatArray:
    """Return the probability that the true value lies between the limits; None is no limit.

    Parameters
    ----------
    value, lower, upper, standard_uncertainty, degrees_of_freedom
        As `conformity_probability`, with any limits.
    resolution
        Step of a discrete indication, where ``standard_uncertainty`` does not contain it: the true value
        is spread rectangularly over that width as well.  The convolution is exact, not a Gaussian of
        the same variance. [same unit]

    Raises
    ------
    BadConformity
        Uncertainty or degrees of freedom not positive, a resolution that is negative, limits in the
        wrong order.

    Examples
    --------
    JCGM 106:2012, 7.3 and 7.4: breakdown voltage of a Zener diode, kinematic viscosity of an oil.

    >>> probability_within(-5.47, None, -5.40, 0.05).round(2)
    np.float64(0.92)
    >>> probability_within(13.6, 12.5, 16.3, 1.8).round(2)
    np.float64(0.66)
    """
    below, above = _distances(value, lower, upper)
    u, nu, width = _spread(standard_uncertainty, degrees_of_freedom, resolution)
    # Below the middle mirrored: the smaller tails are subtracted, and a tiny probability keeps its digits.
    mirrored = above > -below
    far, near = np.where(mirrored, -below, above), np.where(mirrored, -above, below)
    return as_floats(_distribution(far, u, nu, width) - _distribution(near, u, nu, width))[()]


def probability_outside(
    value: Numbers,
    lower: Numbers | None,
    upper: Numbers | None,
    standard_uncertainty: Numbers,
    degrees_of_freedom: Numbers = np.inf,
    resolution: Numbers = 0.0,
) -> FloatArray:
    """Return the probability that the true value lies outside the limits, accurate where it is small.

    Parameters and refusals as `probability_within`.

    >>> print(f"{probability_outside(0.0, -1.0, 1.0, 0.1):.6e}")
    1.523971e-23
    """
    below, above = _distances(value, lower, upper)
    u, nu, width = _spread(standard_uncertainty, degrees_of_freedom, resolution)
    return as_floats(_distribution(below, u, nu, width) + _distribution(-above, u, nu, width))[()]


def specific_consumer_risk(
    value: Numbers,
    tolerance: Limits,
    standard_uncertainty: Numbers,
    degrees_of_freedom: Numbers = np.inf,
    resolution: Numbers = 0.0,
) -> FloatArray:
    """Return the probability that an item that is accepted for ``value`` does not conform: R_C** = 1 - p_c.

    JCGM 106:2012, 9.3.2; without prior knowledge.  R_P** of an item that is rejected is its complement,
    `probability_within`.  With prior knowledge: `posterior_probability`.
    """
    return probability_outside(
        value, tolerance.lower, tolerance.upper, standard_uncertainty, degrees_of_freedom, resolution
    )


def capability_index(tolerance: Limits, standard_uncertainty: Numbers) -> FloatArray:
    """Return the measurement capability index C_m = T / (4 u) (JCGM 106:2012, 7.6, equation (12)).

    For limits ±MPE it is MPE / U with k = 2; 3 and more is what 8.2.3 reports from legal metrology.

    >>> capability_index(Limits.symmetric(1.5), 0.25)
    np.float64(3.0)
    """
    lower, upper = tolerance.checked()
    return as_floats((upper - lower) / (4 * positive_uncertainty(standard_uncertainty)))[()]


def _distances(value: Numbers, lower: Numbers | None, upper: Numbers | None) -> tuple[FloatArray, FloatArray]:
    """Return how far the limits lie above ``value``."""
    measured = as_floats(value)
    low, high = Limits(
        -np.inf if lower is None else lower,
        np.inf if upper is None else upper,
    ).checked()
    return low - measured, high - measured


def _spread(
    standard_uncertainty: Numbers, degrees_of_freedom: Numbers, resolution: Numbers
) -> tuple[FloatArray, FloatArray, FloatArray]:
    u, nu, width = (
        positive_uncertainty(standard_uncertainty),
        as_floats(degrees_of_freedom),
        as_floats(resolution),
    )
    if not np.all(nu > 0):
        raise BadConformity(f"自由度应当大于零，这里是 {first_of(nu, ~(nu > 0))}。")
    good = (width >= 0) & np.isfinite(width)
    if not np.all(good):
        raise BadConformity(f"分辨力应当不小于零，这里是 {first_of(width, ~good)}。")
    if np.any((width > u) & (nu <= 1)):
        raise BadConformity("自由度应当大于 1，才能计入大于标准不确定度的分辨力。")
    return u, nu, width


def _distribution(distance: FloatArray, u: FloatArray, nu: FloatArray, width: FloatArray) -> FloatArray:
    """Return the probability that noise of scale ``u`` plus a rectangular step stays below ``distance``."""
    if not np.any(width > 0):
        return _cumulative(distance / u, nu)
    distance, u, nu, width = np.broadcast_arrays(distance, u, nu, width)
    z, half = -np.abs(distance) / u, width / u / 2
    narrow = half <= 1 / 2
    # A step narrower than u: its mean by Gauss-Legendre, which is exact to the last digit.  A wider one:
    # the antiderivative, which would lose digits for a narrow one.
    mean = _cumulative(z[..., None] + half[..., None] * _NODES, nu[..., None]) @ (_WEIGHTS / 2)
    wide = (_antiderivative(z + half, nu) - _antiderivative(z - half, nu)) / np.where(narrow, 1.0, 2 * half)
    tail = np.where(narrow, mean, wide)
    return np.where(distance > 0, 1 - tail, tail)


def _cumulative(z: FloatArray, nu: FloatArray) -> FloatArray:
    gaussian = np.isinf(nu)
    if np.all(gaussian):
        return as_floats(special.ndtr(z))
    return np.where(gaussian, special.ndtr(z), special.stdtr(np.where(gaussian, 1.0, nu), z))


def _antiderivative(z: FloatArray, nu: FloatArray) -> FloatArray:
    """Return the integral of the cumulative function from -∞ to ``z``: zΦ(z) + φ(z) for the Gaussian."""
    z = np.maximum(z, -1e150)
    gaussian = np.isinf(nu)
    freedom = np.where(gaussian | (nu <= 1), 2.0, nu)
    log_density = -special.betaln(freedom / 2, 0.5) - np.log(freedom) / 2
    log_density -= (freedom + 1) / 2 * np.log1p(z**2 / freedom)
    student = (freedom + z**2) / (freedom - 1) * np.exp(log_density)
    first_moment = np.where(gaussian, np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), student)
    return as_floats(z * _cumulative(z, nu) + first_moment)
