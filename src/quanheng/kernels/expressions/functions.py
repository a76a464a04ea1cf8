"""The functions a formula may use, each with its first three derivatives in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Real = Callable[[Array], Array]

_LN_10, _LN_2 = log(10), log(2)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one argument and its derivatives, or one that `taylor` treats by name (``derivatives`` empty)."""

    value: Callable[..., Any]
    derivatives: tuple[Real, ...] = ()
    arguments: int = 1
    at_most: int = 1


def _sign(x: Array) -> Array:
    """Return the slope of ``|x|``; at 0 it has none."""
    return np.where(x == 0, np.nan, np.sign(x))


def _zero(x: Array) -> Array:
    return np.zeros_like(x)


def _logarithm(value: Real, scale: float) -> Function:
    return Function(value, (lambda x: scale / x, lambda x: -scale / x**2, lambda x: 2 * scale / x**3))


def _tan3(x: Array) -> Array:
    square: Array = np.tan(x) ** 2
    return (1 + square) * (2 + 6 * square)


def _tanh3(x: Array) -> Array:
    square: Array = np.tanh(x) ** 2
    return (1 - square) * (6 * square - 2)


_NATURAL = _logarithm(np.log, 1.0)
_COMMON = _logarithm(np.log10, 1 / _LN_10)

FUNCTIONS: dict[str, Function] = {
    "sin": Function(np.sin, (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x))),
    "cos": Function(np.cos, (lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin)),
    "tan": Function(
        np.tan, (lambda x: 1 + np.tan(x) ** 2, lambda x: 2 * np.tan(x) * (1 + np.tan(x) ** 2), _tan3)
    ),
    "asin": Function(
        np.arcsin,
        (
            lambda x: (1 - x**2) ** -0.5,
            lambda x: x * (1 - x**2) ** -1.5,
            lambda x: (1 + 2 * x**2) * (1 - x**2) ** -2.5,
        ),
    ),
    "acos": Function(
        np.arccos,
        (
            lambda x: -((1 - x**2) ** -0.5),
            lambda x: -x * (1 - x**2) ** -1.5,
            lambda x: -(1 + 2 * x**2) * (1 - x**2) ** -2.5,
        ),
    ),
    "atan": Function(
        np.arctan,
        (
            lambda x: 1 / (1 + x**2),
            lambda x: -2 * x / (1 + x**2) ** 2,
            lambda x: (6 * x**2 - 2) / (1 + x**2) ** 3,
        ),
    ),
    "sinh": Function(np.sinh, (np.cosh, np.sinh, np.cosh)),
    "cosh": Function(np.cosh, (np.sinh, np.cosh, np.sinh)),
    "tanh": Function(
        np.tanh, (lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2), _tanh3)
    ),
    "asinh": Function(
        np.arcsinh,
        (
            lambda x: (1 + x**2) ** -0.5,
            lambda x: -x * (1 + x**2) ** -1.5,
            lambda x: (2 * x**2 - 1) * (1 + x**2) ** -2.5,
        ),
    ),
    "acosh": Function(
        np.arccosh,
        (
            lambda x: (x**2 - 1) ** -0.5,
            lambda x: -x * (x**2 - 1) ** -1.5,
            lambda x: (2 * x**2 + 1) * (x**2 - 1) ** -2.5,
        ),
    ),
    "atanh": Function(
        np.arctanh,
        (
            lambda x: 1 / (1 - x**2),
            lambda x: 2 * x / (1 - x**2) ** 2,
            lambda x: (2 + 6 * x**2) / (1 - x**2) ** 3,
        ),
    ),
    "exp": Function(np.exp, (np.exp, np.exp, np.exp)),
    "ln": _NATURAL,
    "log": _NATURAL,
    "log10": _COMMON,
    "lg": _COMMON,
    "log2": _logarithm(np.log2, 1 / _LN_2),
    "sqrt": Function(
        np.sqrt, (lambda x: 0.5 * x**-0.5, lambda x: -0.25 * x**-1.5, lambda x: 0.375 * x**-2.5)
    ),
    "abs": Function(np.abs, (_sign, _zero, _zero)),
    "atan2": Function(np.arctan2, arguments=2, at_most=2),
    "min": Function(lambda *xs: np.minimum.reduce(np.broadcast_arrays(*xs)), arguments=2, at_most=16),
    "max": Function(lambda *xs: np.maximum.reduce(np.broadcast_arrays(*xs)), arguments=2, at_most=16),
}
