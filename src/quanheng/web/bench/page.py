"""What the page of the bench shows: the answer to what was asked, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest

from quanheng.base.errors import BureauError
from quanheng.evaluations.errors import BadMeasurementModel, BenchBusy
from quanheng.evaluations.evaluating import MAX_TRIALS, Evaluation, evaluate_text
from quanheng.evaluations.examples import examples
from quanheng.evaluations.sharing import MAX_TEXT_BYTES
from quanheng.evaluations.turns import turn
from quanheng.web.auth import holds
from quanheng.web.bench import shown
from quanheng.web.bench.asked import CELL, Asked, BenchForm
from quanheng.web.bench.cells import lines_of
from quanheng.web.problems import STATUS
from quanheng.web.public_url import public_url


@dataclass(frozen=True)
class Fault:
    """Why there is no answer; ``line`` is None where no line of the model is at fault."""

    text: str
    line: int | None
    status: HTTPStatus


def page_context(request: HttpRequest, asked: Asked, form: BenchForm | None = None) -> dict[str, Any]:
    """Return the context of portal/bench.html and of its parts."""
    fault = form_fault(form)
    computed: dict[str, Any] = {"grid": [], "answer": None}
    if fault is None:
        computed, fault = computed_context(asked, computed)
    link = asked.link if fault is None else ""
    return {
        "asked": asked,
        "fault": fault,
        "is_busy": fault is not None and fault.status == STATUS[BenchBusy.kind],
        "examples": examples(),
        "most_trials": MAX_TRIALS,
        "most_characters": MAX_TEXT_BYTES,
        "link": link,
        "share_url": f"{public_url(request)}{link}" if link else "",
        "can_save": holds(request, "evaluations.save"),
        **computed,
    }


def computed_context(asked: Asked, nothing: dict[str, Any]) -> tuple[dict[str, Any], Fault | None]:
    """Return what takes a turn to compute, the grid and the answer; ``nothing`` where others hold all turns."""
    try:
        with turn():
            evaluation, fault = evaluated(asked)
            found = nothing | {"grid": grid_lines(asked.text)}
            return found | (answer_context(asked, evaluation) if evaluation else {}), fault
    except BenchBusy as error:
        return nothing, Fault(error.text, None, STATUS[error.kind])


def form_fault(form: BenchForm | None) -> Fault | None:
    """Return what is wrong with the form itself."""
    if form is None or form.is_valid():
        return None
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label
    said = f"{label}：{errors[0]}" if label and name != "text" else str(errors[0])
    return Fault(said, None, HTTPStatus.UNPROCESSABLE_ENTITY)


def evaluated(asked: Asked) -> tuple[Evaluation | None, Fault | None]:
    """Return the evaluation that was asked for, or why there is none."""
    try:
        found = evaluate_text(asked.text, trials=asked.trials, seed=asked.seed, point=asked.point - 1)
    except BadMeasurementModel as error:
        line = error.details["line"]
        return None, Fault(error.details["reason"], line, STATUS[error.kind])
    except BureauError as error:
        return None, Fault(error.text, None, STATUS[error.kind])
    return found, None


def answer_context(asked: Asked, evaluation: Evaluation) -> dict[str, Any]:
    """Return what the result shows: sentences of all outputs at one point, and one of them in full."""
    point = evaluation.point
    outputs = evaluation.result.outputs
    chosen = next((output for output in outputs if output.name == asked.output), outputs[0])
    at = outputs.index(chosen)
    sampled = evaluation.sampled.outputs[at] if evaluation.sampled else None
    budget = shown.budget_lines(evaluation, chosen)
    lines = shown.result_lines(evaluation)
    return {
        "answer": lines,
        "chosen": lines[at],
        "outputs": [output.name for output in outputs],
        "points": range(1, evaluation.model.points + 1) if evaluation.model.points > 1 else (),
        "point": point + 1,
        "table": _table(evaluation),
        "title": evaluation.model.title,
        "budget": budget,
        "total_width": shown.total_width(chosen, point),
        "budget_title": shown.largest_sentence(budget),
        "intervals": shown.interval_lines(evaluation, chosen, sampled),
        "histogram": shown.histogram_plot(evaluation, chosen, sampled) if sampled else None,
        "gum_word": shown.gum_word(chosen, point),
        "verdict": shown.verdict(evaluation, at) if sampled else None,
        "sampling_refusal": evaluation.refusal,
        "sampled": evaluation.sampled,
        "correlation": shown.correlation_rows(evaluation),
        "findings": [
            *evaluation.result.findings,
            *(evaluation.sampled.findings if evaluation.sampled else ()),
        ],
    }


def _table(evaluation: Evaluation) -> list[shown.ResultLine]:
    """Return all outputs at all points; nothing where there is one point."""
    points = evaluation.model.points
    if points == 1:
        return []
    outputs = evaluation.result.outputs
    return [shown.result_line(evaluation, output, at) for at in range(points) for output in outputs]


def grid_lines(text: str) -> list[dict[str, Any]]:
    """Return the cells of the inputs, each with its heading and the name of its field."""
    words = shown.cell_words()
    return [
        {
            "name": line.name,
            "label": line.label,
            "cells": [
                {
                    "field": f"{CELL}{cell.address}",
                    "label": words.get(cell.key, cell.key),
                    "value": cell.value,
                    "line": cell.line,
                    "css": "is-list"
                    if cell.is_list
                    else "is-long"
                    if cell.key in {"distribution", "unit"}
                    else "",
                }
                for cell in line.cells
            ],
        }
        for line in lines_of(text)
    ]
