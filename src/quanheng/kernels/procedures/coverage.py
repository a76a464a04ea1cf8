"""Which of the points that a regulation names have no reading near them.

It decides nothing: most files do not know how near is near enough.  It says so that nobody takes "passed" for more
than was measured.
"""

from __future__ import annotations

import numpy as np

from quanheng.kernels.procedures.fill import safe
from quanheng.kernels.procedures.formula import Condition, as_formula
from quanheng.kernels.procedures.model import Point, Stage, Test
from quanheng.kernels.procedures.notes import About, Notes
from quanheng.kernels.procedures.scope import Mask, Scope
from quanheng.kernels.procedures.sheet import Numbers, Rows

_NEAR = 0.2
"""Of the value of the point: wider than what regulations allow (0.9 Q3 to Q3, Q1 to 1.1 Q1)."""


def note_points_not_met(
    test: Test, stage: Stage, rows: Rows, readings: Scope, instruments: Scope, measured: Mask, notes: Notes
) -> None:
    """Add a remark for each point without a reading near it, of the instruments with readings (``measured``)."""
    for point in test.points:
        wanted = {name: as_formula(str(text)) for name, text in _numbers(point, test).items()}
        planned = {name: instruments.value(formula) for name, formula in wanted.items()}
        asked = measured & instruments.holds(point.when, stage)
        for name, value in planned.items():
            asked &= np.isfinite(value) & _within(test, name, value, instruments)
        near = np.ones(len(rows.owner), dtype=bool)
        for name, value in planned.items():
            near &= np.abs(readings[name] - value[rows.owner]) <= _NEAR * np.abs(value[rows.owner])
        near &= readings.holds(_choices(point, test), stage)
        met = np.bincount(rows.owner[near], minlength=len(measured)) > 0
        title, label = safe(test.title), safe(point.label)
        notes.add(About.REMARK, asked & ~met, f"“{title}”没有“{label}”附近的读数；结论只对所测的点。")


def point_column(test: Test) -> str:
    """Return the column that the value of a point belongs to: the first column of numbers; "" if there is none."""
    return next((name for name, quantity in test.readings.items() if quantity.choices is None), "")


def _numbers(point: Point, test: Test) -> dict[str, str | int | float]:
    found = {name: value for name, value in point.columns.items() if test.readings[name].choices is None}
    if point.value is not None and (name := point_column(test)):
        found = {name: point.value.text, **found}
    return found


def _choices(point: Point, test: Test) -> dict[str, Condition]:
    return {
        name: Condition((str(value),))
        for name, value in point.columns.items()
        if test.readings[name].choices is not None
    }


def _within(test: Test, name: str, value: Numbers, instruments: Scope) -> Mask:
    """Whether the instrument can have a reading there at all: 2000 e may be beyond Max."""
    bound = test.readings[name].to
    return np.ones(len(value), dtype=bool) if bound is None else ~(value > instruments.value(bound))
