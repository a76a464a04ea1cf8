"""Exact derivatives of formulas at many points at once, by Taylor series along chosen directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quanheng.kernels.expressions.taylor import Taylor

Array = NDArray[np.float64]

_THIRD = 3


class Higher(NamedTuple):
    """Derivatives of one output: ``first`` (n, points), ``second`` ∂²f/∂xi∂xj and ``third`` ∂³f/∂xi∂xj² (n, n, points)."""

    first: Array
    second: Array
    third: Array


def seed(
    at: Mapping[str, ArrayLike],
    inputs: Sequence[str],
    scale: Mapping[str, ArrayLike] | None = None,
    *,
    order: int = 1,
) -> dict[str, Taylor]:
    """Return the inputs as series, to be evaluated in their place.

    ``at`` holds the values of the inputs, floats or arrays of shape (points,).  Derivatives come out multiplied by
    ``scale`` (default 1): with the standard uncertainty of each input as its scale they are contributions in the
    unit of the output.  ``order`` is 1, or 3 for `higher_order`.
    """
    n = len(inputs)
    directions = np.eye(n) if order < _THIRD else _all_directions(n)
    series = {}
    for i, name in enumerate(inputs):
        step = np.atleast_1d(np.asarray(1.0 if scale is None else scale[name], dtype=float))
        zero = np.zeros((1, 1))
        terms = (np.atleast_2d(np.asarray(at[name], dtype=float)), directions[:, i : i + 1] * step[None, :])
        series[name] = Taylor((*terms, *(zero for _ in range(order - 1))))
    return series


def first_order(output: Taylor | ArrayLike, n: int, points: int) -> Array:
    """Return the first derivatives (n, points) of an output evaluated on `seed`."""
    if not isinstance(output, Taylor):
        return np.zeros((n, points))
    return np.broadcast_to(_term(output, 1), np.broadcast_shapes(_term(output, 1).shape, (n, points)))[:n]


def higher_order(output: Taylor | ArrayLike, n: int, points: int) -> Higher:
    """Return first, second and mixed third derivatives of an output evaluated on `seed` with ``order=3``."""
    if not isinstance(output, Taylor):
        zero = np.zeros((n, n, points))
        return Higher(zero[0], zero, zero)
    along = [np.broadcast_to(_term(output, k), (n * n, points)) for k in range(_THIRD + 1)]
    second, third = np.zeros((n, n, points)), np.zeros((n, n, points))
    own = np.arange(n)
    second[own, own] = 2 * along[2][:n]
    third[own, own] = 6 * along[3][:n]
    for at, (i, j) in enumerate(_pairs(n)):
        plus, minus = n + 2 * at, n + 2 * at + 1
        second[i, j] = second[j, i] = (along[2][plus] - along[2][minus]) / 2
        mixed = 6 * np.stack([along[3][plus] + along[3][minus], along[3][plus] - along[3][minus]])
        third[i, j] = (mixed[0] - 12 * along[3][i]) / 6  # D³(+) + D³(-) = 2 fiii + 6 fijj
        third[j, i] = (mixed[1] - 12 * along[3][j]) / 6  # D³(+) - D³(-) = 2 fjjj + 6 fiij
    return Higher(along[1][:n], second, third)


def _term(series: Taylor, k: int) -> Array:
    return np.atleast_2d(series.terms[k])


def _pairs(n: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(n) for j in range(i + 1, n)]


def _all_directions(n: int) -> Array:
    """Return (n², n): every axis, then the sum and the difference of each pair."""
    rows = [np.eye(n)]
    for i, j in _pairs(n):
        both = np.zeros((2, n))
        both[:, i] = 1
        both[0, j], both[1, j] = 1, -1
        rows.append(both)
    return np.concatenate(rows)
