"""Probability that all points of a verification are within their limits, their errors being jointly normal.

Point j is ``value[j] + direction[j] · z`` with z standard normal of K dimensions, shared by the points of one
verification.  Along one direction all points are within where z lies in one interval, so with one dimension the
answer is closed: Φ(b) - Φ(a).  With more, the direction in which the points move most is done so, and the
others by quadrature with equal weights: points of the normal distribution by the additive sequence of the
generalised golden ratio (Roberts 2018), which is the midpoint rule in one dimension.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from quanheng.kernels.traceability.histories import BoolArray, FloatArray, IntArray

_NODES_OF_ONE, _NODES_OF_MORE = 128, 512
_BLOCK = 1_000_000
_CERTAIN = 1e-7


class Points(NamedTuple):
    """Points of V verifications: value, limits (P,), direction (P, K), first point (V,) and owner (P,)."""

    value: FloatArray
    direction: FloatArray
    lower: FloatArray
    upper: FloatArray
    first: IntArray
    owner: IntArray


class Probabilities(NamedTuple):
    """That all points are within, that not all are: each accurate where it is small (V,); of each point (P,)."""

    within: FloatArray
    outside: FloatArray
    point_outside: FloatArray


def probabilities(points: Points) -> Probabilities:
    """Return the probabilities of all verifications.

    Where the sum of the probabilities of the points is below 1e-7, it stands for that of "not all are within",
    of which it is an upper bound; likewise that of the worst point for "all are within".
    """
    of_point = _of_point(points)
    if points.direction.shape[1] == 1:
        return Probabilities(*_between(*bounds(points)), of_point)
    turned = _turned(points)
    within, outside = _between(*bounds(turned))
    total = np.add.reduceat(of_point, points.first)
    least = 1 - np.maximum.reduceat(of_point, points.first)
    moves = np.maximum.reduceat(np.abs(turned.direction[:, 1:]).max(axis=1), points.first)
    largest = np.maximum.reduceat(np.abs(turned.direction[:, 0]), points.first)
    is_open = moves > 1e-9 * largest
    settled = is_open & ((total < _CERTAIN) | (least < _CERTAIN))
    outside = np.where(settled, np.minimum(total, 1 - least * (total >= _CERTAIN)), outside)
    within = np.where(settled, np.where(total < _CERTAIN, 1 - total, least), within)
    for chosen in _blocks(points.first, len(points.value), is_open & ~settled):
        within[chosen], outside[chosen] = _averaged(_part(turned, chosen))
    return Probabilities(within, outside, of_point)


def bounds(points: Points) -> tuple[FloatArray, FloatArray]:
    """Return the interval of z₁ in which all points are within, the others being 0; (…, V), empty where a > b."""
    slope = points.direction[:, 0]
    is_fixed = slope == 0
    divisor = np.where(is_fixed, 1.0, slope)
    low, high = (points.lower - points.value) / divisor, (points.upper - points.value) / divisor
    inside = (points.value >= points.lower) & (points.value <= points.upper)
    fixed = np.where(inside, np.inf, -np.inf)
    low, high = np.where(slope < 0, high, low), np.where(slope < 0, low, high)
    low, high = np.where(is_fixed, -fixed, low), np.where(is_fixed, fixed, high)
    return (
        np.maximum.reduceat(low, points.first, axis=-1),
        np.minimum.reduceat(high, points.first, axis=-1),
    )


def _between(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Φ(high) - Φ(low) and its complement, without loss of digits in the tails."""
    is_empty = low >= high
    # Above the middle mirrored, so that tails are subtracted and not numbers near 1.
    mirrored = low > 0
    within = np.where(mirrored, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    outside = ndtr(low) + ndtr(-high)
    return np.where(is_empty, 0.0, within), np.where(is_empty, 1.0, outside)


def _of_point(points: Points) -> FloatArray:
    size = np.sqrt(np.sum(points.direction**2, axis=1))
    divisor = np.where(size > 0, size, 1.0)
    found = ndtr((points.lower - points.value) / divisor) + ndtr((points.value - points.upper) / divisor)
    inside = (points.value >= points.lower) & (points.value <= points.upper)
    return np.where(size > 0, found, np.where(inside, 0.0, 1.0))


def _turned(points: Points) -> Points:
    """Return the points with z turned so that z₁ moves them most; the probabilities stay."""
    squares = points.direction[:, :, None] * points.direction[:, None, :]
    _values, vectors = np.linalg.eigh(np.add.reduceat(squares, points.first, axis=0))
    direction = np.einsum("pk,pkl->pl", points.direction, vectors[points.owner][:, :, ::-1])
    return points._replace(direction=direction)


def _blocks(first: IntArray, count: int, chosen: BoolArray) -> list[IntArray]:
    """Return the indices of the chosen verifications in blocks of about equally many points."""
    which = np.flatnonzero(chosen)
    if not len(which):
        return []
    sizes = np.diff(first, append=count)[which]
    return list(np.split(which, np.flatnonzero(np.diff(np.cumsum(sizes) // (_BLOCK // 128))) + 1))


def _part(points: Points, which: IntArray) -> Points:
    counts = np.diff(points.first, append=len(points.value))[which]
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    at = np.repeat(points.first[which] - first, counts) + np.arange(counts.sum())
    value, direction, lower, upper = (each[at] for each in points[:4])
    return Points(value, direction, lower, upper, first, np.repeat(np.arange(len(which)), counts))


def _averaged(points: Points) -> tuple[FloatArray, FloatArray]:
    nodes = _nodes(points.direction.shape[1] - 1)
    within = np.zeros(len(points.first))
    outside = np.zeros(len(points.first))
    for part in np.array_split(nodes, max(1, len(nodes) // 128)):
        moved = points.value + part @ points.direction[:, 1:].T
        inner, outer = _between(*bounds(points._replace(value=moved)))
        within += inner.sum(axis=0)
        outside += outer.sum(axis=0)
    return within / len(nodes), outside / len(nodes)


def _nodes(dimensions: int) -> FloatArray:
    """Return points of the standard normal distribution of so many dimensions, equally weighted: (Q, dimensions)."""
    count = _NODES_OF_ONE if dimensions == 1 else _NODES_OF_MORE
    if dimensions == 1:
        return np.asarray(ndtri((np.arange(count) + 0.5) / count))[:, None]
    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1)
    return np.asarray(ndtri((0.5 + np.arange(1, count + 1)[:, None] * steps) % 1.0))
