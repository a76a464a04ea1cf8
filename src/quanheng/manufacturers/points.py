"""At which points a kind of meter is tested, and the limits there: from the regulation that is a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from quanheng.kernels.procedures.fill import Filling
from quanheng.kernels.procedures.library import NoEditionInForce, UnknownKind, packaged_procedures
from quanheng.kernels.procedures.lookup import look_up
from quanheng.kernels.procedures.model import Judge, Procedure, Quantity, Stage, Table
from quanheng.kernels.procedures.notes import Notes
from quanheng.kernels.procedures.readings import PlannedRow, planned_rows
from quanheng.kernels.procedures.scope import Scope
from quanheng.kernels.procedures.sheet import Column
from quanheng.manufacturers.errors import BadAuthorisation

_PERCENT = "%"
_CLASS = "class"


@dataclass(frozen=True, slots=True)
class ErrorPoint:
    """A point of the test: its label, the limit ± [%] and the rounding interval [%]; no rounding where it is 0."""

    label: str
    limit: float
    interval: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return what a record keeps of it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Testing:
    """The regulation by which a type is tested, and its points."""

    document: str
    points: tuple[ErrorPoint, ...]


def points_of(kind: str, on: date, accuracy_class: str, rated: Mapping[str, float]) -> Testing:
    """Return how a type is tested on a day; ``rated`` are its rated values, by the names of the regulation.

    Raises
    ------
    BadAuthorisation
        The kind has no regulation with errors in percent, or the limits need what is not given.
    """
    try:
        procedure = packaged_procedures().find(kind, on)
    except (UnknownKind, NoEditionInForce) as error:
        raise BadAuthorisation(reason=str(error)) from error
    known = _known(procedure, accuracy_class, rated)
    name, judge, table = _judged(procedure)
    rows = [row for row in planned_rows(procedure, name, _stage(procedure), known) if row.is_certain]
    scope = _scope(procedure, name, rows, known)
    limits = look_up(table, scope, _stage(procedure)).half_width
    intervals = (
        look_up(procedure.tables[judge.round], scope, _stage(procedure)).half_width
        if judge.round
        else np.zeros(len(rows))
    )
    points = tuple(
        ErrorPoint(row.point.label, float(limit), float(interval) if isfinite(interval) else 0.0)
        for row, limit, interval in zip(rows, limits, intervals, strict=True)
    )
    if not points or not all(isfinite(point.limit) and point.limit > 0 for point in points):
        raise BadAuthorisation(
            reason=_("按 %(document)s 算不出各点的误差限，请写全 %(names)s。")
            % {"document": procedure.regulation.document, "names": _names(procedure)}
        )
    return Testing(procedure.regulation.document, points)


def _known(procedure: Procedure, accuracy_class: str, rated: Mapping[str, float]) -> dict[str, Column]:
    known: dict[str, Column] = {}
    for name, quantity in procedure.instrument.items():
        if name == _CLASS and quantity.choices is not None:
            if accuracy_class not in quantity.choices:
                raise BadAuthorisation(
                    reason=_("准确度等级“%(given)s”不在 %(document)s 的 %(choices)s 中。")
                    % {
                        "given": accuracy_class,
                        "document": procedure.regulation.document,
                        "choices": "、".join(quantity.choices),
                    }
                )
            known[name] = np.array([quantity.choices.index(accuracy_class)], dtype=np.int16)
        elif name in rated:
            known[name] = np.array([rated[name]])
    if strange := sorted(set(rated) - set(known)):
        raise BadAuthorisation(
            reason=_("%(document)s 没有“%(name)s”，可以写 %(names)s。")
            % {
                "document": procedure.regulation.document,
                "name": strange[0],
                "names": _names(procedure),
            }
        )
    return known


def _names(procedure: Procedure) -> str:
    return "、".join(name for name, quantity in procedure.instrument.items() if quantity.choices is None)


def _stage(procedure: Procedure) -> Stage:
    return Stage.FIRST if Stage.FIRST in procedure.stages else procedure.usual_stage


def _judged(procedure: Procedure) -> tuple[str, Judge, Table]:
    """Return the first test with points whose value is judged by a table in percent."""
    for name, test in procedure.tests.items():
        for judge in test.judge:
            if test.points and judge.table and procedure.tables[judge.table].unit == _PERCENT:
                return name, judge, procedure.tables[judge.table]
    raise BadAuthorisation(
        reason=_("%(document)s 没有按百分数判定的误差，不能上传出厂误差。")
        % {"document": procedure.regulation.document}
    )


def _scope(procedure: Procedure, test: str, rows: list[PlannedRow], known: Mapping[str, Column]) -> Scope:
    scope, notes = Scope(len(rows)), Notes()
    filling = Filling(scope, notes, "", procedure=procedure, stage=_stage(procedure))
    filling.fill(procedure.instrument, {name: _repeated(column, len(rows)) for name, column in known.items()})
    readings = procedure.tests[test].readings
    plain = {name: one for name, one in readings.items() if not _needs_readings(one, readings)}
    filling.fill(plain, {name: _column(name, one, rows) for name, one in plain.items()})
    return scope


def _repeated(column: Column, times: int) -> Column:
    return column[np.zeros(times, dtype=np.intp)]


def _needs_readings(quantity: Quantity, readings: Mapping[str, Quantity]) -> bool:
    """Whether the default of a reading is made of other readings: none of them is there yet."""
    return quantity.formula is not None and bool(set(quantity.formula.names) & set(readings))


def _column(name: str, quantity: Quantity, rows: list[PlannedRow]) -> Column:
    if quantity.choices is not None:
        at = {choice: index for index, choice in enumerate(quantity.choices)}
        return np.array([at.get(str(row.cells.get(name)), -1) for row in rows], dtype=np.int16)
    return np.array([float(row.cells.get(name, np.nan)) for row in rows])
