"""What a table says at each of many rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quanheng.kernels.procedures.comparison import at_least, at_most, within
from quanheng.kernels.procedures.formula import Formula
from quanheng.kernels.procedures.model import Stage, Table, TableRow
from quanheng.kernels.procedures.scope import Mask, Scope
from quanheng.kernels.procedures.sheet import Indices, Numbers

NO_ROW = -1


class Limits(NamedTuple):
    """Lower and upper limit [unit of the table] and the line of the table, each (rows,).

    An absent side is infinite.  Where no line applies the limits are NaN and the line is `NO_ROW`.
    """

    lower: Numbers
    upper: Numbers
    row: Indices

    @property
    def half_width(self) -> Numbers:
        """Half the distance of the limits; for a single limit, its magnitude."""
        return half_width(self.lower, self.upper)


def half_width(lower: Numbers, upper: Numbers) -> Numbers:
    """Return half the distance of two limits; where one is infinite, the magnitude of the other."""
    one_sided = np.where(np.isinf(lower), np.abs(upper), np.abs(lower))
    is_one_sided = np.isinf(lower) | np.isinf(upper)
    return np.where(is_one_sided, one_sided, (upper - np.where(is_one_sided, 0.0, lower)) / 2)


def look_up(table: Table, scope: Scope, stage: Stage) -> Limits:
    """Return the limits of a table for each row of a scope; the first line that applies is taken."""
    lower, upper = np.full(scope.size, np.nan), np.full(scope.size, np.nan)
    chosen = np.full(scope.size, NO_ROW, dtype=np.intp)
    over = None if table.over is None else scope.value(table.over)
    for at, row in enumerate(table.rows):
        here = np.flatnonzero((chosen == NO_ROW) & _applies(row, over, scope, stage))
        if len(here):
            part = scope.part(here)
            lower[here], upper[here] = _bounds(row, part, table.times.get(stage, 1.0))
            chosen[here] = at
    return Limits(lower, upper, chosen)


def _applies(row: TableRow, over: Numbers | None, scope: Scope, stage: Stage) -> Mask:
    result = scope.holds(row.when, stage)
    if over is None or not result.any():
        return result
    if row.at is not None:
        at = scope.value(row.at)
        return result & at_least(over, at) & at_most(over, at)
    return result & within(over, row, scope.value)


def _bounds(row: TableRow, scope: Scope, factor: float) -> tuple[Numbers, Numbers]:
    if row.value is not None:
        half = scope.value(row.value) * factor
        return -half, half
    return _bound(row.lower, -np.inf, scope) * factor, _bound(row.upper, np.inf, scope) * factor


def _bound(formula: Formula | None, absent: float, scope: Scope) -> Numbers:
    return np.full(scope.size, absent) if formula is None else scope.value(formula)
