"""Truncated Taylor series: what automatic differentiation carries instead of numbers.

A series ``c0 + c1 t + … + ck t^k`` follows a quantity along one direction ``t`` in the space of the inputs; many
directions and points are carried at once as array axes.  Exact to rounding: no differences are taken.
Source: Griewank, Utke, Walther, "Evaluating higher derivative tensors by forward propagation of univariate Taylor
series", Math. Comp. 69 (2000) 1117-1130.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.expressions.functions import FUNCTIONS

Array = NDArray[np.float64]


class Taylor:
    """A series of order ``len(terms) - 1``; each term broadcasts to ``(directions, points)``."""

    __slots__ = ("terms",)
    __array_ufunc__ = None  # an array on the left leaves the operation to the series

    def __init__(self, terms: tuple[Array, ...]) -> None:
        self.terms = terms

    @property
    def order(self) -> int:
        """The highest power kept."""
        return len(self.terms) - 1

    def like(self, value: Any) -> Taylor:
        """Return a constant as a series of this order."""
        if isinstance(value, Taylor):
            return value
        zero = np.zeros((1, 1))
        return Taylor((np.atleast_2d(np.asarray(value, dtype=float)), *(zero for _ in range(self.order))))

    def __neg__(self) -> Taylor:
        return Taylor(tuple(-term for term in self.terms))

    def __add__(self, other: Any) -> Taylor:
        return Taylor(tuple(a + b for a, b in zip(self.terms, self.like(other).terms, strict=True)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Taylor:
        return Taylor(tuple(a - b for a, b in zip(self.terms, self.like(other).terms, strict=True)))

    def __rsub__(self, other: Any) -> Taylor:
        return self.like(other) - self

    def __mul__(self, other: Any) -> Taylor:
        if not isinstance(other, Taylor):
            return Taylor(tuple(term * other for term in self.terms))
        a, b = self.terms, other.terms
        return Taylor(tuple(_sum([a[i] * b[k - i] for i in range(k + 1)]) for k in range(len(a))))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Taylor:
        if not isinstance(other, Taylor):
            return Taylor(tuple(term / other for term in self.terms))
        return _quotient(self.terms, other.terms)

    def __rtruediv__(self, other: Any) -> Taylor:
        return self.like(other) / self

    def __pow__(self, other: Any) -> Taylor:
        if not isinstance(other, Taylor):
            return self._power(np.asarray(other, dtype=float))
        if all(not np.any(term) for term in other.terms[1:]):
            return self._power(other.terms[0])
        return call("exp", (other * call("ln", (self,)),))

    def __rpow__(self, other: Any) -> Taylor:
        return self.like(other) ** self

    def _power(self, exponent: Array) -> Taylor:
        base, derivatives, factor = self.terms[0], [], np.ones_like(exponent)
        for k in range(self.order + 1):
            # 0 · x^(n-k) is 0 also where x is 0 and n-k negative: x² has no third derivative.
            derivatives.append(
                np.where(factor == 0, 0.0, factor * base ** np.where(factor == 0, 1.0, exponent - k))
            )
            factor = factor * (exponent - k)
        return self.compose(tuple(derivatives))

    def compose(self, derivatives: tuple[Array, ...]) -> Taylor:
        """Return ``g(self)`` from ``g, g', g'', g'''`` at the constant term (Faà di Bruno)."""
        h = self.terms
        terms = [derivatives[0], *(derivatives[1] * h[k] for k in range(1, len(h)))]
        if self.order >= 2:  # noqa: PLR2004  the second power of t
            terms[2] = terms[2] + derivatives[2] / 2 * h[1] ** 2
        if self.order >= 3:  # noqa: PLR2004  the third
            terms[3] = terms[3] + derivatives[2] * h[1] * h[2] + derivatives[3] / 6 * h[1] ** 3
        return Taylor(tuple(terms))


def call(name: str, arguments: tuple[Any, ...]) -> Taylor:
    """Return a function of `FUNCTIONS` of series, at least one of which is a `Taylor`."""
    model = next(argument for argument in arguments if isinstance(argument, Taylor))
    series = [model.like(argument) for argument in arguments]
    if name == "atan2":
        return _atan2(series[0], series[1])
    if name in {"min", "max"}:
        return _extreme(name, series)
    function = FUNCTIONS[name]
    at = series[0].terms[0]
    return series[0].compose((function.value(at), *(g(at) for g in function.derivatives[: model.order])))


def _quotient(a: tuple[Array, ...], b: tuple[Array, ...]) -> Taylor:
    terms: list[Array] = []
    for k in range(len(a)):
        known = [terms[i] * b[k - i] for i in range(k)]
        terms.append((a[k] - _sum(known) if known else a[k]) / b[0])
    return Taylor(tuple(terms))


def _atan2(y: Taylor, x: Taylor) -> Taylor:
    """Return the angle: its slope is ``(x y' - y x') / (x² + y²)``, integrated term by term."""
    slope = (_cut(x) * _slope(y) - _cut(y) * _slope(x)) / _cut(x * x + y * y)
    rest = tuple(term / (k + 1) for k, term in enumerate(slope.terms))
    return Taylor((np.arctan2(y.terms[0], x.terms[0]), *rest))


def _slope(series: Taylor) -> Taylor:
    return Taylor(tuple(k * term for k, term in enumerate(series.terms) if k))


def _cut(series: Taylor) -> Taylor:
    return Taylor(series.terms[:-1])


def _extreme(name: str, series: list[Taylor]) -> Taylor:
    """Return the series that is smallest or greatest where they stand; where two are equal there is no slope."""
    chosen = series[0]
    for other in series[1:]:
        a, b = chosen.terms[0], other.terms[0]
        takes_first = a < b if name == "min" else a > b
        terms = [np.where(takes_first, p, q) for p, q in zip(chosen.terms, other.terms, strict=True)]
        same = [np.array_equal(p, q) for p, q in zip(chosen.terms[1:], other.terms[1:], strict=True)]
        if not all(same):
            terms[1:] = [np.where(a == b, np.nan, term) for term in terms[1:]]
        chosen = Taylor(tuple(terms))
    return chosen


def _sum(terms: list[Array]) -> Array:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
