"""The points at which a regulation wants readings: what a form is prefilled with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quanheng.kernels.procedures.coverage import point_column
from quanheng.kernels.procedures.fill import Filling
from quanheng.kernels.procedures.formula import as_formula
from quanheng.kernels.procedures.model import Point, Procedure, Stage, Test
from quanheng.kernels.procedures.notes import Notes, figure
from quanheng.kernels.procedures.scope import Scope
from quanheng.kernels.procedures.sheet import Column


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row to be measured: its point, and what stands in its columns beforehand.

    A formula of something that is not known yet leaves its cell out; ``is_certain`` tells whether the conditions of
    the point are known to hold.
    """

    point: Point
    cells: Mapping[str, str | float]
    is_certain: bool = True


def prefilled(test: Test) -> frozenset[str]:
    """Return the columns that a form may hold before anything was measured."""
    names = {name for point in test.points for name in point.columns}
    if any(point.value is not None for point in test.points):
        names.add(point_column(test))
    return frozenset(names)


def planned_rows(
    procedure: Procedure, test: str, stage: Stage, known: Mapping[str, Column] | None = None
) -> list[PlannedRow]:
    """Return the rows of a test for one instrument, of which ``known`` holds what is known, shape (1,) each."""
    asked = procedure.tests[test]
    scope = Scope(1)
    filling = Filling(scope, Notes(), "", procedure=procedure, stage=stage)
    filling.fill(procedure.instrument, known or {})
    rows = []
    for point in asked.points:
        holds, is_known = bool(scope.holds(point.when, stage)[0]), _is_known(point, scope)
        if holds or not is_known:
            rows += [PlannedRow(point, _cells(point, asked, scope), is_certain=is_known)] * point.repeat
    return rows


def _is_known(point: Point, scope: Scope) -> bool:
    """Whether everything that the conditions of a point ask for is filled in."""
    for name, condition in point.when.items():
        if name == "stage":
            continue
        found = scope.choice(name)
        if (np.isnan(scope[name][0])) if condition.operator else (found is None or found[0][0] < 0):
            return False
    return True


def _cells(point: Point, test: Test, scope: Scope) -> dict[str, str | float]:
    cells: dict[str, str | float] = {}
    written = dict(point.columns)
    if point.value is not None and (name := point_column(test)):
        written = {name: point.value.text, **written}
    for name, text in written.items():
        if test.readings[name].choices is not None:
            cells[name] = str(text)
        elif not np.isnan(value := float(scope.value(as_formula(text))[0])):
            cells[name] = float(figure(value).replace("−", "-"))
    return cells
