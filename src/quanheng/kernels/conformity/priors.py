"""What is known of an instrument before it is measured: the population that it comes from.

JCGM 106:2012, clause 6 and annexes A and B.  A prior answers four questions, each in closed form, so
that risks need no quadrature: Gaussian priors by the bivariate normal distribution, tabulated ones as
the piecewise linear densities that they are, mixtures as sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from quanheng.kernels.conformity.limits import (
    BadConformity,
    FloatArray,
    Limits,
    Numbers,
    as_floats,
    positive_uncertainty,
)

_TINY = 1e-100  # standard deviations: stands for zero where one divides by it
_BEYOND = 40.0  # standard deviations; nothing that a double can hold lies further out


class Prior(Protocol):
    """A prior density g_0 of the true value Y; the measured value Y_m is Gaussian about it, with scale u."""

    def below(self, limit: FloatArray) -> FloatArray:
        """Return P(Y ≤ ``limit``)."""

    def both_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        """Return P(Y ≤ ``limit`` and Y_m ≤ ``measured``)."""

    def evidence(self, measured: FloatArray, u: FloatArray) -> FloatArray:
        """Return the density of Y_m at ``measured``, h_0 of JCGM 106:2012, A.4.3."""

    def posterior_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        """Return P(Y ≤ ``limit`` | Y_m = ``measured``), Bayes' theorem (JCGM 106:2012, 6.2, equation (1))."""


@dataclass(frozen=True, slots=True)
class NormalPrior:
    """A Gaussian population: ``mean`` y_0 and standard deviation ``sd`` u_0 (JCGM 106:2012, A.4.1)."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if not (self.sd > 0 and np.isfinite(self.sd) and np.isfinite(self.mean)):
            raise BadConformity(f"总体的标准差应当大于零，这里是 {self.sd}。")

    @classmethod
    def from_conforming_share(cls, share: float, mpe: float) -> NormalPrior:
        """Return the centred population of which ``share`` truly lies within ±``mpe``.

        Raises
        ------
        BadConformity
            A share that is not between 0 and 1, an MPE that is not positive.

        >>> round(NormalPrior.from_conforming_share(0.95, 1.96).sd, 4)
        1.0
        """
        if not 0 < share < 1:
            raise BadConformity(f"合格的比例应当在 0 和 1 之间，这里是 {share}。")
        _, upper = Limits.symmetric(mpe)
        return cls(0.0, float(as_floats(upper) / special.ndtri((1 + share) / 2)))

    def posterior(self, measured: Numbers, standard_uncertainty: Numbers) -> tuple[FloatArray, FloatArray]:
        """Return the best estimate y and its standard uncertainty u (JCGM 106:2012, (A.13) and (A.14)).

        >>> NormalPrior(0.0, 3.0).posterior(50.0, 4.0)
        (np.float64(18.0), np.float64(2.4))
        """
        u = positive_uncertainty(standard_uncertainty)
        weight = self.sd**2 / (self.sd**2 + u**2)
        y = self.mean + weight * (as_floats(measured) - self.mean)
        return as_floats(y)[()], as_floats(u * np.sqrt(weight))[()]

    def below(self, limit: FloatArray) -> FloatArray:
        return as_floats(special.ndtr((limit - self.mean) / self.sd))

    def evidence(self, measured: FloatArray, u: FloatArray) -> FloatArray:
        spread = np.hypot(self.sd, u)
        return _density((measured - self.mean) / spread) / spread

    def posterior_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        y, posterior_u = self.posterior(measured, u)
        return as_floats(special.ndtr((limit - y) / posterior_u))

    def both_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        # Owen (1956): the bivariate normal by his T function.  With t and x from the mean, the factors
        # k - ρh and h - ρk are written without differences of numbers that are nearly equal.
        spread = np.hypot(self.sd, u)
        h = _not_zero(np.clip((limit - self.mean) / self.sd, -_BEYOND, _BEYOND))
        k = _not_zero(np.clip((measured - self.mean) / spread, -_BEYOND, _BEYOND))
        t, x = h * self.sd, k * spread
        first = special.owens_t(h, (x - t) / (u * h))
        second = special.owens_t(k, (t * u**2 - self.sd**2 * (x - t)) / (self.sd * u * spread * k))
        halves = (special.ndtr(h) + special.ndtr(k)) / 2
        return as_floats(halves - first - second - np.where(h * k < 0, 0.5, 0.0))


class TabulatedPrior:
    """A density given on a grid, linear between the points and zero outside them.

    Rectangular and trapezoidal populations are tables of two and four points; a histogram of past errors
    is one too.  Densities need not be normalised.  Unit of the points: that of the measured value.

    >>> TabulatedPrior.rectangular(-1, 1).below(np.array([-1.0, 0.0, 0.5, 3.0]))
    array([0.  , 0.5 , 0.75, 1.  ])
    """

    def __init__(self, points: Numbers, densities: Numbers) -> None:
        x, y = as_floats(points), as_floats(densities)
        if x.ndim != 1 or x.shape != y.shape or x.size <= 1 or not np.all(np.isfinite(x) & np.isfinite(y)):
            raise BadConformity("密度表应当至少有两个点，每个点一个密度。")
        if not np.all(np.diff(x) > 0):
            raise BadConformity("密度表的点应当从小到大，不重复。")
        areas = (y[1:] + y[:-1]) / 2 * np.diff(x)
        if np.any(y < 0) or not areas.sum() > 0:
            raise BadConformity("密度应当不小于零，并且不全为零。")
        self.points = x
        self.densities = y / areas.sum()
        self._slopes = np.diff(self.densities) / np.diff(x)
        self._below = np.concatenate([[0.0], np.cumsum(areas / areas.sum())])

    @classmethod
    def rectangular(cls, lower: float, upper: float) -> TabulatedPrior:
        """Return the population that is spread evenly between two limits."""
        return cls([lower, upper], [1.0, 1.0])

    @classmethod
    def sampled(
        cls, density: Callable[[FloatArray], FloatArray], lower: float, upper: float, points: int = 4001
    ) -> TabulatedPrior:
        """Return the table of a smooth density; its error falls with the square of the number of points."""
        x = np.linspace(lower, upper, points)
        return cls(x, density(x))

    def below(self, limit: FloatArray) -> FloatArray:
        at = np.clip(limit, self.points[0], self.points[-1])
        k = np.clip(np.searchsorted(self.points, at, side="right") - 1, 0, self.points.size - 2)
        d = at - self.points[k]
        return as_floats(self._below[k] + d * (self.densities[k] + d * self._slopes[k] / 2))

    def evidence(self, measured: FloatArray, u: FloatArray) -> FloatArray:
        return self._joint_density(as_floats(np.inf), measured, u)

    def posterior_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):  # far outside the population there is nothing to divide by
            return self._joint_density(limit, measured, u) / self.evidence(measured, u)

    def both_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        # Y_m ≤ x means Y ≤ x - uZ: the expectation of G(min(t, x + uZ)), G quadratic on each segment.
        x = np.clip(measured, self.points[0] - _BEYOND * u, self.points[-1] + _BEYOND * u)
        t = np.clip(limit, self.points[0], self.points[-1])
        m0, m1, m2, c, width = self._moments(t, x, u)
        g, s = self.densities[:-1], self._slopes
        inside = (
            (self._below[:-1] + c * (g + c * s / 2)) * m0 + width * (g + s * c) * m1 + s * width**2 / 2 * m2
        )
        return as_floats(inside.sum(axis=-1) + self.below(t) * special.ndtr((x - t) / u))

    def _joint_density(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        m0, m1, _, c, width = self._moments(limit, measured, u)
        return as_floats(
            ((self.densities[:-1] + self._slopes * c) * m0 + self._slopes * width * m1).sum(axis=-1)
        )

    def _moments(
        self, limit: FloatArray, centre: FloatArray, u: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return moments 0 to 2 of Z = (Y - centre) / u over each segment up to ``limit``; offsets; u."""
        limit = np.clip(limit, self.points[0], self.points[-1])
        t, x, width = (one[..., None] for one in np.broadcast_arrays(limit, centre, u))
        low = (np.minimum(self.points[:-1], t) - x) / width
        high = (np.minimum(self.points[1:], t) - x) / width
        mirrored = low > 0
        m0 = special.ndtr(np.where(mirrored, -low, high)) - special.ndtr(np.where(mirrored, -high, low))
        at_low, at_high = _density(low), _density(high)
        return m0, at_low - at_high, m0 + low * at_low - high * at_high, x - self.points[:-1], width


@dataclass(frozen=True, slots=True)
class MixturePrior:
    """Several populations with their shares, such as new instruments and old ones.  Shares are normalised."""

    shares: Sequence[float]
    parts: Sequence[Prior]

    def __post_init__(self) -> None:
        if len(self.shares) != len(self.parts) or not self.parts:
            raise BadConformity("混合总体应当每个部分有一个比例。")
        if not all(share > 0 and np.isfinite(share) for share in self.shares):
            raise BadConformity(f"各部分的比例应当大于零，这里是 {list(self.shares)}。")

    def below(self, limit: FloatArray) -> FloatArray:
        return self._sum(lambda part: part.below(limit))

    def both_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        return self._sum(lambda part: part.both_below(limit, measured, u))

    def evidence(self, measured: FloatArray, u: FloatArray) -> FloatArray:
        return self._sum(lambda part: part.evidence(measured, u))

    def posterior_below(self, limit: FloatArray, measured: FloatArray, u: FloatArray) -> FloatArray:
        def joint(part: Prior) -> FloatArray:
            evidence = part.evidence(measured, u)
            return np.where(evidence > 0, evidence * part.posterior_below(limit, measured, u), 0.0)

        with np.errstate(invalid="ignore"):
            return self._sum(joint) / self.evidence(measured, u)

    def _sum(self, of: Callable[[Prior], FloatArray]) -> FloatArray:
        total = sum(self.shares)
        return as_floats(
            sum(share / total * of(part) for share, part in zip(self.shares, self.parts, strict=True))
        )


def posterior_probability(
    prior: Prior, value: Numbers, tolerance: Limits, standard_uncertainty: Numbers
) -> FloatArray:
    """Return the probability of conformity given a measured ``value`` and what was known before it.

    JCGM 106:2012, 7.1, equation (4), with the posterior density of 6.2.  The specific consumer's risk of
    an accepted item is its complement (9.3.2).  nan where the value cannot come from this population.

    Raises
    ------
    BadConformity
        An uncertainty that is not positive, limits in the wrong order.

    >>> posterior_probability(NormalPrior(0.0, 0.5), 1.0, Limits.symmetric(1.0), 0.1).round(4)
    np.float64(0.6526)
    """
    lower, upper = tolerance.checked()
    u, measured = positive_uncertainty(standard_uncertainty), as_floats(value)
    return as_floats(prior.posterior_below(upper, measured, u) - prior.posterior_below(lower, measured, u))[
        ()
    ]


def _density(z: FloatArray) -> FloatArray:
    return as_floats(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))


def _not_zero(z: FloatArray) -> FloatArray:
    return np.where(np.abs(z) < _TINY, _TINY, z)
