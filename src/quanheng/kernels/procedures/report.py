"""A judgement as dictionaries: what `quanheng procedure run --json` prints and the page shows."""

from __future__ import annotations

from collections import Counter
from datetime import date
from math import isfinite
from typing import Any

import numpy as np

from quanheng.kernels.procedures import Judgement, Outcome, Point
from quanheng.kernels.procedures.lookup import half_width
from quanheng.kernels.procedures.model import Procedure, Quantity, Test, Value
from quanheng.kernels.procedures.notes import About
from quanheng.kernels.procedures.sheet import FAILED, PASSED
from quanheng.kernels.rules import CONFIDENCES

_RESULTS = {PASSED: True, FAILED: False}


def report(judgement: Judgement, instrument: int = 0) -> dict[str, Any]:
    """Return everything about one instrument, counted from 0.

    Numbers have 12 significant digits; null where there is none, a limit that does not exist among them.
    """
    tests = judgement.procedure.tests
    return {
        "points": [
            point_row(point, shown_units(tests[point.test])) for point in judgement.points(instrument)
        ],
        "statistics": [
            {"test": test, "title": tests[test].title, "row": row, "values": _numbers(values)}
            for test, row, values in judgement.statistics(instrument)
        ],
        "checks": _checks(judgement, instrument),
        **conclusion_row(judgement, instrument),
    }


def conclusion_row(judgement: Judgement, instrument: int) -> dict[str, Any]:
    """Return the verdict on one instrument, what decided it, and what must never be read without."""
    said = judgement.conclusion(instrument)
    return {
        "verdict": judgement.outcome(instrument).word,
        "verdict_text": said.text,
        "consequence": said.consequence,
        "of_measured": Outcome(int(judgement.of_measured[instrument])).word,
        "decided_by": [reason._asdict() for reason in judgement.decided_by(instrument)],
        "missing": judgement.said(instrument, About.MISSING),
        "findings": judgement.said(instrument, About.FINDING),
        "remarks": judgement.said(instrument, About.REMARK),
        "unconfirmed": [one._asdict() for one in judgement.unconfirmed(instrument)],
    }


def regulation_row(procedure: Procedure) -> dict[str, Any]:
    """Return what is known of the regulation."""
    law = procedure.regulation
    return {
        "number": law.number,
        "edition": law.edition,
        "document": law.document,
        "title": law.title,
        "basis": law.basis,
        "in_force_from": _day(law.in_force_from),
        "in_force_to": _day(law.in_force_to),
        "confidence": law.confidence.value,
        "confidence_text": CONFIDENCES[law.confidence],
        "source": law.source,
        "clause": law.clause,
        "lacks": sorted(law.lacks),
        "note": law.note,
    }


def counts(judgement: Judgement) -> dict[str, int]:
    """Return how many instruments have each verdict."""
    found = Counter(judgement.outcomes.tolist())
    return {
        outcome.word: found[outcome.value]
        for outcome in (Outcome.PASSED, Outcome.REJECTED, Outcome.UNDETERMINED)
    }


def shown_units(test: Test) -> tuple[str, str]:
    """Return the units of reference and indication; "" where a formula of several quantities is shown."""
    known: dict[str, Value | Quantity] = {**test.values, **test.given, **test.readings}
    units = []
    for shown in (test.show.reference, test.show.indication):
        quantity = known.get(shown.text) if shown is not None else None
        units.append((quantity.unit if quantity else None) or "")
    return units[0], units[1]


def point_row(point: Point, units: tuple[str, str]) -> dict[str, Any]:
    """Return one decision; ``units`` are those of reference and indication."""
    return {
        "test": point.test,
        "title": point.title,
        "label": point.label,
        "row": point.row,
        "of_group": point.by_group,
        "reference": number(point.reference),
        "reference_unit": units[0],
        "indication": number(point.indication),
        "indication_unit": units[1],
        "error": number(point.error),
        "judged": number(point.judged),
        "unit": point.unit,
        "mpe": [number(point.lower), number(point.upper)],
        "mpe_half_width": number(_half_width(point)),
        "standard_uncertainty": number(point.standard_uncertainty),
        "degrees_of_freedom": number(point.degrees_of_freedom),
        "expanded_uncertainty": number(point.expanded_uncertainty),
        "coverage_factor": number(point.coverage_factor),
        "probability_of_conformity": number(point.probability_of_conformity),
        "pass": point.passed,
        "clause": point.clause,
        "values": _numbers(point.values),
    }


def _half_width(point: Point) -> float:
    return float(half_width(np.array([point.lower]), np.array([point.upper]))[0])


def _checks(judgement: Judgement, instrument: int) -> list[dict[str, Any]]:
    rows = []
    for name, codes in judgement.checks.items():
        check = judgement.procedure.checks[name]
        passed = _RESULTS.get(int(codes[instrument]))
        if passed is not None:
            row = {"check": name, "text": check.text, "pass": passed, "clause": check.clause}
            rows.append({**row, "consequence": None if passed else check.consequence})
    return rows


def number(value: float) -> float | None:
    """Return a number without the noise of binary arithmetic, None where it is not finite.

    >>> number(0.1 + 0.2), number(float("inf")), number(-0.0)
    (0.3, None, 0.0)
    """
    return float(f"{value:.12g}") + 0.0 if isfinite(value) else None


def _numbers(values: dict[str, float]) -> dict[str, float | None]:
    return {name: number(value) for name, value in values.items()}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
