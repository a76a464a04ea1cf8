"""Between which limits of error a class of meters is judged: from the regulation that is a file; needs no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from quanheng.kernels.procedures.library import NoEditionInForce, UnknownKind, packaged_procedures
from quanheng.kernels.procedures.model import Judge, Procedure, Table, TableRow

_PERCENT = "%"


@dataclass(frozen=True, slots=True)
class ErrorBounds:
    """Limits ± [%] over all points of the test of a class: the smallest, and the largest with what rounding adds.

    What is within ``smallest`` conforms at every point, what is beyond ``largest`` at none.
    """

    document: str
    smallest: float
    largest: float


def error_bounds(kind: str, accuracy_class: str, on: date) -> ErrorBounds | None:
    """Return the bounds of a class on a day; None where no regulation has limits in percent for it."""
    try:
        procedure = packaged_procedures().find(kind, on)
    except (UnknownKind, NoEditionInForce):
        return None
    judge = next((one for one in _judges(procedure) if _is_percent(procedure, one)), None)
    if judge is None or judge.table is None:
        return None
    table = procedure.tables[judge.table]
    limits = _numbers(table, accuracy_class)
    if not limits:
        return None
    rounded = _numbers(procedure.tables[judge.round], accuracy_class) if judge.round else []
    loosest = max(limits) * max(table.times.values(), default=1.0)
    return ErrorBounds(procedure.regulation.document, min(limits), loosest + max(rounded, default=0.0) / 2)


def _judges(procedure: Procedure) -> Iterable[Judge]:
    return (judge for test in procedure.tests.values() if test.points for judge in test.judge)


def _is_percent(procedure: Procedure, judge: Judge) -> bool:
    return judge.table is not None and procedure.tables[judge.table].unit == _PERCENT


def _numbers(table: Table, accuracy_class: str) -> list[float]:
    """Return what the table says of a class; nothing where a line is no plain number."""
    found = []
    for row in table.rows:
        if not _is_of(row, accuracy_class):
            continue
        if row.value is None or row.value.names:
            return []
        found.append(float(row.value.text))
    return found


def _is_of(row: TableRow, accuracy_class: str) -> bool:
    wanted = row.when.get("class")
    return wanted is None or accuracy_class in wanted.values
