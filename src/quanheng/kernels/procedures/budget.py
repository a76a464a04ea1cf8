"""Uncertainty of a judged value: contributions through the formulas that lead to it (GUM 5.1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from quanheng.kernels.expressions import Node, Taylor, evaluate, first_order, names, seed
from quanheng.kernels.procedures.fill import assumed
from quanheng.kernels.procedures.model import DIVISORS, Component, Shape, Value
from quanheng.kernels.procedures.scope import Scope
from quanheng.kernels.procedures.sheet import Numbers


class Combined(NamedTuple):
    """Combined standard uncertainty [unit of the judged value] and effective degrees of freedom, (rows,) each.

    ``contributions`` (components, rows) are signed, in the order of the components.
    """

    standard_uncertainty: Numbers
    degrees_of_freedom: Numbers
    contributions: Numbers


def combined(
    components: Sequence[Component], judged: Node, values: Mapping[str, Value], scope: Scope
) -> Combined:
    """Return the uncertainty of ``judged`` at each row of a scope.

    ``values`` are the formulas computed for a row, in an order in which each knows what it needs.  Components are
    taken as uncorrelated; effective degrees of freedom by Welch-Satterthwaite (GUM G.4.1).
    """
    inputs = list(dict.fromkeys(part.of for part in components if part.of is not None))
    slopes = dict(zip(inputs, sensitivities(inputs, judged, values, scope), strict=True))
    own = np.stack([_of_assumed(part, standard_uncertainty(part, scope), scope) for part in components])
    factors = np.stack([np.ones(scope.size) if part.of is None else slopes[part.of] for part in components])
    # What contributes nothing needs no slope: |x| has none at 0.
    contributions = np.where(own == 0, 0.0, factors * own)
    total = np.sqrt(np.sum(contributions**2, axis=0))
    inverse = np.zeros(scope.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        for part, contribution in zip(components, contributions, strict=True):
            if part.degrees_of_freedom is not None:
                inverse += (contribution / total) ** 4 / scope.value(part.degrees_of_freedom)
        return Combined(total, 1 / inverse, contributions)


def standard_uncertainty(part: Component, scope: Scope) -> Numbers:
    """Return the standard uncertainty of what a component is about [its unit], (rows,)."""
    size, divisor = part.size
    return scope.value(size) / divisor


def _of_assumed(part: Component, own: Numbers, scope: Scope) -> Numbers:
    """Return the uncertainty, replaced where the quantity was not given but assumed within a half-width."""
    if part.of is None or assumed(part.of) not in scope:
        return own
    half_width = scope[assumed(part.of)]
    return np.where(np.isnan(half_width), own, half_width / DIVISORS[Shape.RECTANGULAR])


def sensitivities(inputs: Sequence[str], judged: Node, values: Mapping[str, Value], scope: Scope) -> Numbers:
    """Return ∂judged/∂input, exact, with the shape (inputs, rows)."""
    if not inputs:
        return np.empty((0, scope.size))
    known = _Seeded(scope, seed({name: scope[name] for name in inputs}, inputs), values)
    return first_order(known.evaluated(judged), len(inputs), scope.size)


class _Seeded(Mapping[str, Any]):
    """Names as series where they depend on an input, else as numbers."""

    def __init__(self, scope: Scope, seeds: Mapping[str, Taylor], values: Mapping[str, Value]) -> None:
        self._scope, self._values = scope, values
        self._seeds: dict[str, Any] = dict(seeds)
        self._depends: dict[str, bool] = dict.fromkeys(seeds, True)

    def __getitem__(self, name: str) -> Any:
        if name not in self._seeds and self._is_dependent(name):
            self._seeds[name] = self.evaluated(self._values[name].formula.node)
        return self._seeds[name] if name in self._seeds else self._scope[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seeds)

    def __len__(self) -> int:
        return len(self._seeds)

    def evaluated(self, node: Node) -> Any:
        return evaluate(node, self)

    def _is_dependent(self, name: str) -> bool:
        if name not in self._depends:
            value = self._values.get(name)
            self._depends[name] = value is not None and any(
                self._is_dependent(used) for used in names(value.formula.node)
            )
        return self._depends[name]
