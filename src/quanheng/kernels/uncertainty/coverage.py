"""Coverage intervals and regions from Monte Carlo values.

Source: JCGM 101:2008, 7.5 to 7.7 (one output); JCGM 102:2011, 7.6 and 7.7 (several).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import gamma, pi, sqrt
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.uncertainty.distributions import Array

_CLASSES = 100
_SHOWN = 0.001  # of the values lies outside a histogram on each side
_CELLS = 100
_PART = 1 << 15
_LEAST_EIGENVALUE = 1e-10
_SAMPLES, _MOST_IN_SAMPLE = 20, 20_000


class Interval(NamedTuple):
    """A coverage interval.  [unit of the output]"""

    low: float
    high: float


class Histogram(NamedTuple):
    """How many values fell into each of the classes between ``edges``; the few farthest out are not shown."""

    edges: Array
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moments:
    """What is added up over blocks: how many values, their means (outputs,) and sums of products of deviations."""

    count: int
    mean: Array
    products: Array

    def joined(self, other: Moments) -> Moments:
        """Return the moments of both sets, without the cancellation that JCGM 101:2008, 7.6, NOTE 1 warns of."""
        count = self.count + other.count
        if not self.count or not other.count:
            return self if self.count else other
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.count / count)
        between = np.outer(apart, apart) * (self.count * other.count / count)
        return Moments(count, mean, self.products + other.products + between)

    @property
    def covariance(self) -> Array:
        """Return the covariance matrix (outputs, outputs), JCGM 102:2011, 7.6."""
        found: Array = self.products / (self.count - 1)
        return found

    @property
    def standard_deviation(self) -> Array:
        """Return the standard deviations (outputs,), JCGM 101:2008, 7.6."""
        found: Array = np.sqrt(np.diagonal(self.covariance))
        return found


def moments(values: Array) -> Moments:
    """Return the moments of ``values`` (outputs, trials)."""
    if not values.shape[1]:
        return Moments(0, np.zeros(len(values)), np.zeros((len(values), len(values))))
    mean = values.mean(axis=1)
    apart = values - mean[:, None]
    return Moments(values.shape[1], mean, np.einsum("ik,jk->ij", apart, apart))


def correlation_of(covariance: Array) -> Array:
    """Return the correlation matrix; with an output that does not vary it is 0, and 1 with itself."""
    spread = np.sqrt(np.diagonal(covariance))
    scale = np.where(spread > 0, spread, 1.0)
    found: Array = covariance / np.outer(scale, scale)
    np.fill_diagonal(found, 1.0)
    return np.clip(found, -1.0, 1.0)


def symmetric_interval(values: Array, probability: float) -> Interval:
    """Return the probabilistically symmetric interval of values in increasing order (JCGM 101:2008, 7.7.2).

    >>> symmetric_interval(np.arange(1.0, 101.0), 0.95)
    Interval(low=3.0, high=98.0)
    """
    inside = _inside(values.size, probability)
    first = (values.size - inside + 1) // 2
    return Interval(float(values[first - 1]), float(values[first + inside - 1]))


def shortest_interval(values: Array, probability: float) -> Interval:
    """Return the shortest interval of values in increasing order (JCGM 101:2008, 7.7.2).

    >>> shortest_interval(np.array([0.0, 1.0, 1.5, 2.0, 9.0]), 0.6)
    Interval(low=0.0, high=2.0)
    """
    inside = _inside(values.size, probability)
    at = int(np.argmin(values[inside:] - values[: values.size - inside]))
    return Interval(float(values[at]), float(values[at + inside]))


def symmetric_errors(values: Array, probability: float) -> Interval:
    """Return the standard errors of the ends of `symmetric_interval`, however the values are distributed.

    The count of values below a quantile is binomial: its standard deviation, in ranks, is read off the values.
    """
    inside = _inside(values.size, probability)
    first = (values.size - inside + 1) // 2 - 1
    ranks = max(round(sqrt(values.size * (1 - probability**2) / 4)), 1)
    low, high = (
        float(values[min(at + ranks, values.size - 1)] - values[max(at - ranks, 0)]) / 2
        for at in (first, first + inside)
    )
    return Interval(low, high)


def shortest_errors(values: Array, probability: float) -> Interval:
    """Return the standard errors of the ends of `shortest_interval`, from the scatter of twenty random samples.

    The place of the shortest interval converges with the cube root of the number of values (Kim and Pollard, Annals
    of Statistics 18 (1990) 191): samples of n values scatter (M/n)^⅓ times as much as all M.
    """
    generator, size = np.random.default_rng(0), min(values.size // _SAMPLES, _MOST_IN_SAMPLE)
    picks = (np.sort(generator.integers(values.size, size=max(size, 2))) for _ in range(_SAMPLES))
    ends = [shortest_interval(values[pick], probability) for pick in picks]
    low, high = np.std(ends, axis=0, ddof=1) * (max(size, 2) / values.size) ** (1 / 3)
    return Interval(float(low), float(high))


IntervalKind = Literal["symmetric", "shortest"]
INTERVALS: Mapping[IntervalKind, Callable[[Array, float], Interval]] = {
    "symmetric": symmetric_interval,
    "shortest": shortest_interval,
}


def histogram(values: Array) -> Histogram:
    """Return the histogram of values in increasing order, between their quantiles 0.001 and 0.999."""
    cut = int(_SHOWN * values.size)
    edges = np.linspace(values[cut], values[-1 - cut], _CLASSES + 1)
    below = np.searchsorted(values, edges, side="left")
    below[-1] = np.searchsorted(values, edges[-1], side="right")
    return Histogram(edges, np.diff(below))


def _inside(trials: int, probability: float) -> int:
    """Return q, the number of steps between the ends of an interval; at least one interval has to be left."""
    return min(int(probability * trials + 0.5), trials - 1)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Smallest region of two outputs: the fullest cells of a mesh.

    ``counts`` (cells, cells) are the values in each, ``least`` what a cell of the region has at least, ``edges`` the
    lines of the mesh of each output, ``area`` that of the region.  [product of the units]
    """

    edges: tuple[Array, Array]
    counts: NDArray[np.int64]
    least: int
    area: float


@dataclass(frozen=True, slots=True)
class Regions:
    """Joint coverage regions of all outputs, centred on their means (JCGM 102:2011, 7.7).

    Attributes
    ----------
    ellipsoid : float or None
        k_p of the ellipsoid; None where the covariance matrix is singular.  [1]
    rectangle : float
        k_q of the box mean ± k_q u.  [1]
    ellipsoid_volume, rectangle_volume : float
        [product of the units]
    smallest : Mesh or None
        For two outputs.
    """

    ellipsoid: float | None
    ellipsoid_volume: float | None
    rectangle: float
    rectangle_volume: float
    smallest: Mesh | None


def regions(values: Array, found: Moments, probability: float) -> Regions:
    """Return the coverage regions of ``values`` (outputs, trials), each output of which varies."""
    m, spread = len(values), found.standard_deviation
    rectangle = rectangle_factor(values, found, probability)
    box = float(np.prod(2 * rectangle * spread))
    smallest = _smallest(values, _inside(values.shape[1], probability)) if m == 2 else None  # noqa: PLR2004
    ellipsoid = ellipsoid_factor(values, found, probability)
    if ellipsoid is None:
        return Regions(None, None, rectangle, box, smallest)
    ball = pi ** (m / 2) / gamma(m / 2 + 1)
    volume = float(ball * ellipsoid**m * np.sqrt(np.linalg.det(found.covariance)))
    return Regions(ellipsoid, volume, rectangle, box, smallest)


def ellipsoid_factor(values: Array, found: Moments, probability: float) -> float | None:
    """Return k_p (JCGM 102:2011, 7.7.2) of ``values`` with the moments ``found``; None if their covariance is singular."""
    if np.linalg.eigvalsh(correlation_of(found.covariance))[0] < _LEAST_EIGENVALUE:
        return None
    inverse = np.linalg.inv(np.linalg.cholesky(found.covariance))
    distance = np.empty(values.shape[1])
    for part in _parts(values):
        apart = np.einsum("ij,jk->ik", inverse, values[:, part] - found.mean[:, None])
        distance[part] = np.einsum("ik,ik->k", apart, apart)
    return float(np.sqrt(_within(distance, probability)))


def rectangle_factor(values: Array, found: Moments, probability: float) -> float:
    """Return k_q (JCGM 102:2011, 7.7.3) of ``values`` with the moments ``found``."""
    distance = np.empty(values.shape[1])
    scale = 1 / found.standard_deviation[:, None]
    for part in _parts(values):
        distance[part] = np.max(np.abs(values[:, part] - found.mean[:, None]) * scale, axis=0)
    return _within(distance, probability)


def _within(distance: Array, probability: float) -> float:
    """Return the distance within which the share ``probability`` lies; ``distance`` is put into another order."""
    last = _inside(distance.size, probability) - 1
    distance.partition(last)
    return float(distance[last])


def _smallest(values: Array, inside: int) -> Mesh:
    low, high = values.min(axis=1), values.max(axis=1)
    counts = np.zeros(_CELLS * _CELLS, dtype=np.int64)
    for part in _parts(values):
        cell = ((values[:, part] - low[:, None]) / (high - low)[:, None] * _CELLS).astype(np.int64)
        np.minimum(cell, _CELLS - 1, out=cell)
        counts += np.bincount(cell[0] * _CELLS + cell[1], minlength=counts.size)
    fullest = np.sort(counts)[::-1]
    cells = int(np.searchsorted(np.cumsum(fullest), inside)) + 1
    edges = (np.linspace(low[0], high[0], _CELLS + 1), np.linspace(low[1], high[1], _CELLS + 1))
    area = float(cells * np.prod(high - low) / counts.size)
    return Mesh(edges, counts.reshape(_CELLS, _CELLS), int(fullest[cells - 1]), area)


def _parts(values: Array) -> Iterator[slice]:
    return (slice(start, start + _PART) for start in range(0, values.shape[1], _PART))
