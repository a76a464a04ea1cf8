"""Small models for tests, built without the file format, and inputs read from one line of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quanheng.kernels.expressions import in_order, parse
from quanheng.kernels.uncertainty import load_model
from quanheng.kernels.uncertainty.distributions import Distribution, StudentT
from quanheng.kernels.uncertainty.model import Implicit, Input, Model, Part


def known(name: str, estimate, *distributions: Distribution, ensemble: str | None = None) -> Input:
    """Return an input; its standard uncertainty is the scale of a t, else the standard deviation."""
    parts = tuple(
        Part(
            "",
            each,
            np.atleast_1d(each.scale if isinstance(each, StudentT) else each.standard_deviation),
            float(each.degrees_of_freedom) if isinstance(each, StudentT) else np.inf,
        )
        for each in distributions
    )
    return Input(name, np.atleast_1d(np.asarray(estimate, dtype=float)), parts, ensemble=ensemble)


def model(
    inputs: list[Input],
    formulas: Mapping[str, str],
    *,
    correlation=None,
    probability: float = 0.95,
    outputs: tuple[str, ...] | None = None,
    implicit: tuple[tuple[str, ...], dict[str, float]] | None = None,
) -> Model:
    points = max(each.estimate.size for each in inputs)
    equations = None
    if implicit is not None:
        start = {name: np.full(points, value) for name, value in implicit[1].items()}
        equations = Implicit(tuple(parse(each) for each in implicit[0]), start)
    return Model(
        title="",
        inputs=tuple(inputs),
        correlation=np.eye(len(inputs)) if correlation is None else np.asarray(correlation, dtype=float),
        constants={},
        definitions=in_order({name: parse(text) for name, text in formulas.items()}),
        outputs=tuple(formulas) if outputs is None else outputs,
        points=points,
        implicit=equations,
        coverage_probability=probability,
    )


def single(text: str):
    """Return the only input of a model file with what ``text`` says of it, and its distribution."""
    model = load_model(f"inputs:\n  x: {{{text}}}\nmodel: y = x")
    known = model.inputs[0]
    return known, known.parts[0].distribution
