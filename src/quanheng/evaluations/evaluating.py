"""Evaluation of a model for a web page: never more than a page may cost; the caller holds a turn (turns.py).

The command line has no such limits; a refusal says which command does it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.evaluations.errors import BadMeasurementModel, NotSampled, TooMuchWork
from quanheng.evaluations.reading import cost_of_trial, read_text
from quanheng.kernels.uncertainty.combine import Result, evaluate
from quanheng.kernels.uncertainty.distributions import Array
from quanheng.kernels.uncertainty.implicit import NotDefined
from quanheng.kernels.uncertainty.model import Input, Model
from quanheng.kernels.uncertainty.monte_carlo import (
    Sampled,
    TooFewTrials,
    UndefinedDraws,
    memory_needed,
    sample,
)
from quanheng.kernels.uncertainty.report import report
from quanheng.kernels.uncertainty.validate import Validation, validate

MAX_TRIALS = 200_000
# Trials times the length of the formulas: a second or so of one processor.
MAX_WORK = 4e8
_DRAWN = 1 << 16


@dataclass(frozen=True)
class Evaluation:
    """What a model gives.

    Attributes
    ----------
    model, result
        At all points.
    point : int
        The one that was sampled, counted from 0.
    sampled : Sampled or None
        Monte Carlo at that point; None where it was not asked for, or refused.
    validations : tuple of Validation
        Whether that validates the GUM, to two meaningful digits and to one; empty without it.
    refusal : BureauError or None
        Why it was refused.
    draws : dict
        Input → values that it may have at that point, for its picture.
    """

    model: Model
    result: Result
    point: int
    sampled: Sampled | None
    validations: tuple[Validation, ...]
    refusal: BureauError | None
    draws: dict[str, Array]


def evaluate_text(text: str, *, trials: int, seed: int, point: int = 0) -> Evaluation:
    """Return the evaluation of a model; ``trials`` 0 leaves Monte Carlo out, ``point`` counts from 0.

    Raises
    ------
    BadMeasurementModel, TooMuchWork
        The text is no model, has no value at the estimates, or is more than a page computes.
    """
    model = read_text(text)
    point = min(max(point, 0), model.points - 1)
    result = _evaluated(model)
    single = at_point(model, point)
    sampled, refusal = _sampled(single, trials, seed) if trials else ((), None)
    validations = _validations(single, sampled)
    draws = {known.name: _draws(known, seed) for known in single.inputs}
    return Evaluation(model, result, point, sampled[0] if sampled else None, validations, refusal, draws)


def report_of(text: str, *, trials: int, seed: int) -> dict[str, Any]:
    """Return the report of `quanheng uncertainty eval --json`, with Monte Carlo at every point.

    Raises
    ------
    BadMeasurementModel, TooMuchWork, NotSampled
        As for `evaluate_text`; here a refusal of Monte Carlo refuses the whole.
    """
    model = read_text(text)
    result = _evaluated(model)
    if not trials:
        return report(result)
    sampled, refusal = _sampled(model, trials, seed)
    if refusal is not None:
        raise refusal
    return report(result, sampled, validate(result, sampled), seed=seed)


def _evaluated(model: Model) -> Result:
    try:
        return evaluate(model)
    except NotDefined as error:
        raise BadMeasurementModel(line=1, reason=str(error)) from error


def at_point(model: Model, point: int) -> Model:
    """Return the model at one of its points, counted from 0."""
    inputs = tuple(
        replace(
            known,
            estimate=known.estimate[[point]],
            parts=tuple(
                replace(
                    part,
                    distribution=part.distribution.at(point),
                    standard_uncertainty=part.standard_uncertainty[[point]],
                )
                for part in known.parts
            ),
        )
        for known in model.inputs
    )
    constants = {name: value[[point]] for name, value in model.constants.items()}
    implicit = model.implicit and replace(
        model.implicit,
        unknowns={name: start[[point]] for name, start in model.implicit.unknowns.items()},
    )
    return replace(model, inputs=inputs, constants=constants, implicit=implicit, points=1)


def _sampled(model: Model, trials: int, seed: int) -> tuple[tuple[Sampled, ...], BureauError | None]:
    """Return Monte Carlo at every point of a model, or nothing and why it is refused."""
    cost = cost_of_trial(model) * model.points
    most = min(MAX_TRIALS, int(MAX_WORK / cost))
    if trials > most:
        reason = _(
            "%(trials)s 次试验超过本页上限 %(most)s 次，约需 %(size)s 内存；请减少次数，或下载模型后用命令计算。"
        ) % {"trials": trials, "most": most, "size": _size(memory_needed(model, trials))}
        return (), TooMuchWork(reason=reason)
    try:
        return sample(model, trials, seed=seed, threads=1), None
    except (TooFewTrials, UndefinedDraws) as error:
        return (), NotSampled(reason=str(error))


def _draws(known: Input, seed: int) -> Array:
    """Return values that an input of one point may have, whatever it is correlated with."""
    generator = np.random.default_rng(seed)
    values, more = np.full(_DRAWN, known.estimate[0]), np.empty(_DRAWN)
    for part in known.parts:
        part.distribution.at(0).fill(generator, more)
        values += more
    return values


def _validations(model: Model, sampled: tuple[Sampled, ...]) -> tuple[Validation, ...]:
    if not sampled:
        return ()
    result = evaluate(model)
    return tuple(validate(result, sampled, digits=digits)[0] for digits in (2, 1))


def _size(count: int) -> str:
    """Return a number of bytes as a person reads it."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"
