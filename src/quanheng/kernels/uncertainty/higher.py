"""Second-order terms of the law of propagation of uncertainty: JCGM 100:2008, 5.1.2, NOTE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quanheng.kernels.expressions import higher_order, seed
from quanheng.kernels.uncertainty.implicit import NotDefined, solve
from quanheng.kernels.uncertainty.model import Array, Model


@dataclass(frozen=True)
class Term:
    """What one pair of inputs adds to the variance, (points,).  [square of the unit of the output]"""

    names: tuple[str, str]
    variance: Array


@dataclass(frozen=True)
class SecondOrder:
    """What the second-order terms of an output come to.

    Attributes
    ----------
    variance : Array
        Their sum, (points,); it may be negative.  [square of the unit of the output]
    shift : Array
        By how much the expectation of the output differs from its value at the estimates, ½ Σ f_ij u(x_i, x_j)
        (H.10).  It is stated, not applied.  [unit of the output]
    terms : tuple of Term
        By pair of inputs; empty where inputs are correlated.
    """

    variance: Array
    shift: Array
    terms: tuple[Term, ...]


def second_order_terms(model: Model, output: str) -> SecondOrder:
    """Return Σ_i Σ_j (½ f_ij² + f_i f_ijj) u²(x_i) u²(x_j) and its terms.

    The formula holds for independent inputs.  Correlated ones are written as combinations of independent standard
    normal quantities, X = x + diag(u) L Z with L Lᵀ the correlation, and the formula is applied to Z: exact to this
    order for jointly normal inputs.

    Raises
    ------
    NotDefined
        A derivative up to the third is not finite.
    """
    names = [known.name for known in model.inputs]
    n = len(names)
    is_independent = np.array_equal(model.correlation, np.eye(n))
    if is_independent:
        scale = {known.name: known.standard_uncertainty for known in model.inputs}
        series = seed({known.name: known.estimate for known in model.inputs}, names, scale, order=3)
    else:
        root = _root(model.correlation)
        latent = seed(dict.fromkeys(names, 0.0), names, order=3)
        series = {
            known.name: sum(
                (latent[other] * (known.standard_uncertainty * root[at, j]) for j, other in enumerate(names)),
                latent[known.name].like(known.estimate),
            )
            for at, known in enumerate(model.inputs)
        }
    with np.errstate(invalid="ignore"):
        first, second, third = higher_order(solve(model, series)[output], n, model.points)
    if not (np.isfinite(second).all() and np.isfinite(third).all()):
        raise NotDefined(output, "在最佳估计值处没有有限的高阶导数，不能求二阶项。")
    added = second**2 / 2 + first[:, None, :] * third
    terms = tuple(
        Term((names[i], names[j]), added[i, j] + (added[j, i] if i != j else 0.0))
        for i in range(n)
        for j in range(i, n)
        if is_independent and (np.any(added[i, j] != 0) or np.any(added[j, i] != 0))
    )
    return SecondOrder(added.sum(axis=(0, 1)), np.einsum("iip->p", second) / 2, terms)


def _root(correlation: Array) -> Array:
    """Return L with L Lᵀ = R, also where R is singular."""
    values, vectors = np.linalg.eigh(correlation)
    root: Array = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
