"""Run a model: formulas in order, and equations solved by Newton's method at all points and trials at once.

Source: JCGM 102:2011, 6.3 (multivariate implicit measurement models).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from quanheng.kernels.expressions import (
    Node,
    Taylor,
    evaluate,
    evaluate_in_order,
    first_order,
    names,
    seed,
)
from quanheng.kernels.uncertainty.model import Array, Implicit, Model

_STEPS = 60
_CLOSE = 1e-9  # after such a step Newton's method is at the limit of rounding


class NotDefined(ValueError):
    """A model that has no value, or no slope, at the best estimates; the message is Chinese."""

    def __init__(self, output: str, reason: str) -> None:
        self.output, self.reason = output, reason
        super().__init__(f"{output}：{reason}")


def solve(model: Model, values: Mapping[str, Any], *, point: int | None = None) -> dict[str, Any]:
    """Return the outputs of a model for values of its inputs.

    Parameters
    ----------
    model : Model
    values : mapping
        Input → number, array (any shape; all broadcast), or `Taylor` series (see `expressions.seed`).
    point : int, optional
        Take the constants of this point; by default those of all, so that values have the shape (points,).

    Returns
    -------
    dict
        Output → array or series, NaN where a formula has no value or the equations no solution that is found.
    """
    constants = model.constants if point is None else {k: v[point] for k, v in model.constants.items()}
    known = {**constants, **values}
    if model.implicit is not None:
        start = model.implicit.unknowns
        if point is not None:
            start = {name: value[point : point + 1] for name, value in start.items()}
        known |= _unknowns(model, model.implicit, start, known)
    found = evaluate_in_order(model.definitions, known)
    return {name: found[name] for name in model.outputs}


def started(model: Model) -> Model:
    """Return the model with the solution at the best estimates as the place where Newton's method starts."""
    if model.implicit is None:
        return model
    found = _unknowns(model, model.implicit, model.implicit.unknowns, model.estimates)
    return replace(model, implicit=replace(model.implicit, unknowns=found))


def undefined(model: Model) -> NotDefined | None:
    """Return which definition has no finite value or derivative at the best estimates, or None: all have.

    Raises
    ------
    NotDefined
        The equations have no solution there; ``output`` names the unknowns.
    """
    inputs = [known.name for known in model.inputs]
    scale = {known.name: known.standard_uncertainty for known in model.inputs}
    known = {**model.constants, **seed(model.estimates, inputs, scale)}
    if model.implicit is not None:
        found = _unknowns(model, model.implicit, model.implicit.unknowns, known)
        if not all(_is_finite(value) for value in found.values()):
            raise NotDefined(
                "、".join(found), "方程组在最佳估计值处没有解，从这些初值出发不收敛，或解处的导数矩阵奇异。"
            )
        known |= found
    for name, node in model.definitions.items():
        known[name] = evaluate(node, known)
        if not _is_finite(known[name]):
            value = _constant(known[name])
            reason = (
                "没有有限的导数，不能求灵敏系数"
                if np.all(np.isfinite(value))
                else "没有数值（如除以零、负数开方）"
            )
            return NotDefined(name, f"在最佳估计值处{reason}。")
    return None


def _is_finite(value: Any) -> bool:
    terms = value.terms[:2] if isinstance(value, Taylor) else (value,)
    return all(bool(np.all(np.isfinite(term))) for term in terms)


def _unknowns(
    model: Model, implicit: Implicit, start: Mapping[str, Array], known: Mapping[str, Any]
) -> dict[str, Any]:
    used = _needed(model.definitions, implicit.equations)
    series = {name: value for name, value in known.items() if isinstance(value, Taylor)}
    plain = {name: np.asarray(_constant(value), dtype=float) for name, value in known.items()}
    shape = np.broadcast_shapes(
        *(value.shape for value in plain.values()), *(v.shape for v in start.values())
    )
    flat = {name: np.broadcast_to(value, shape).ravel() for name, value in plain.items()}
    at = {name: np.broadcast_to(value, shape).ravel() for name, value in start.items()}
    found, jacobian = _newton(used, implicit.equations, at, flat)
    if series:
        return _as_series(used, implicit.equations, found, known, jacobian)
    return {name: value.reshape(shape) for name, value in found.items()}


def _newton(
    definitions: Mapping[str, Node],
    equations: tuple[Node, ...],
    start: Mapping[str, Array],
    known: Mapping[str, Array],
) -> tuple[dict[str, Array], Array]:
    """Return the unknowns (trials,), NaN where there is no solution, and the Jacobian (trials, equations, unknowns)."""
    unknowns = list(start)
    now = np.stack([start[name] for name in unknowns], axis=1)
    scale, is_close = np.abs(now), np.zeros(len(now), dtype=bool)
    for _ in range(_STEPS):
        residual, jacobian = _linearised(
            definitions, equations, dict(zip(unknowns, now.T, strict=True)), known
        )
        step = _divided(jacobian, residual)
        now = now - step
        if is_close.all():
            break
        with np.errstate(invalid="ignore"):
            is_close = np.all((np.abs(step) <= _CLOSE * (np.abs(now) + scale)) | np.isnan(step), axis=1)
    now = np.where(is_close[:, None], now, np.nan)
    return dict(zip(unknowns, now.T, strict=True)), jacobian


def _linearised(
    definitions: Mapping[str, Node],
    equations: tuple[Node, ...],
    at: Mapping[str, Array],
    known: Mapping[str, Array],
) -> tuple[Array, Array]:
    """Return h (trials, equations) and its derivatives by the unknowns (trials, equations, unknowns)."""
    found = evaluate_in_order(definitions, {**known, **seed(at, list(at))})
    sides = [evaluate(equation, found) for equation in equations]
    trials = len(next(iter(at.values())))
    values = [np.broadcast_to(_constant(side), (1, trials))[0] for side in sides]
    slopes = [first_order(side, len(at), trials).T for side in sides]
    return np.stack(values, axis=1), np.stack(slopes, axis=1)


def _divided(jacobian: Array, residual: Array) -> Array:
    """Return J⁻¹ h for each trial, NaN where J is singular."""
    is_regular = np.atleast_1d(np.isfinite(jacobian).all(axis=(1, 2)) & np.isfinite(residual).all(axis=1))
    is_regular[is_regular] = np.linalg.det(jacobian[is_regular]) != 0
    step = np.full_like(residual, np.nan)
    step[is_regular] = np.linalg.solve(jacobian[is_regular], residual[is_regular][:, :, None])[:, :, 0]
    return step


def _as_series(
    definitions: Mapping[str, Node],
    equations: tuple[Node, ...],
    at: Mapping[str, Array],
    known: Mapping[str, Any],
    jacobian: Array,
) -> dict[str, Taylor]:
    """Return the unknowns as series: each step of Newton's method with a fixed Jacobian makes one more term exact."""
    pattern = next(value for value in known.values() if isinstance(value, Taylor))
    found = {name: pattern.like(value) for name, value in at.items()}
    for order in range(1, pattern.order + 1):
        values = evaluate_in_order(definitions, {**known, **found})
        sides = [pattern.like(evaluate(equation, values)).terms[order] for equation in equations]
        zero = np.zeros((1, len(jacobian)))
        residual = np.stack(
            np.broadcast_arrays(*sides, zero)[:-1], axis=-1
        )  # (directions, points, equations)
        step = np.stack([_divided(jacobian, row) for row in residual])
        for k, name in enumerate(found):
            terms = list(found[name].terms)
            terms[order] = terms[order] - step[:, :, k]
            found[name] = Taylor(tuple(terms))
    return found


def _needed(definitions: Mapping[str, Node], equations: Iterable[Node]) -> dict[str, Node]:
    """Return the definitions that the equations use, in order."""
    wanted = {name for equation in equations for name in names(equation)}
    for name, node in reversed(list(definitions.items())):
        if name in wanted:
            wanted.update(names(node))
    return {name: node for name, node in definitions.items() if name in wanted}


def _constant(value: Any) -> Any:
    return value.terms[0] if isinstance(value, Taylor) else value
