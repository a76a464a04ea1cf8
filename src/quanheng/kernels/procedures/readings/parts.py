"""The cells of one field in one grid, and the rows of one test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.procedures.readings.cells import Read, read_checks, read_choices, read_numbers
from quanheng.kernels.procedures.readings.fields import Field, Found, Scope
from quanheng.kernels.procedures.readings.grids import Grid
from quanheng.kernels.procedures.readings.places import Place, Problems
from quanheng.kernels.procedures.sheet import NOT_CHECKED, Column, Indices

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Part:
    """Some cells of a field: where they stand, whose they are, what they say."""

    field: Field
    grid: Grid
    column: int
    rows: Indices
    owner: Indices
    read: Read

    def place(self, at: int) -> Place:
        """Return the place of one of the cells."""
        return self.grid.place(int(self.rows[at]), self.column)

    def some(self, kept: Mask) -> Part:
        """Return the part without some rows."""
        read = Read(self.read.values[kept], self.read.is_blank[kept], {})
        return Part(self.field, self.grid, self.column, self.rows[kept], self.owner[kept], read)

    def has_value(self) -> Mask:
        """Return for which cells there is a value."""
        values = self.read.values
        return ~np.isnan(values) if values.dtype.kind == "f" else values >= 0


@dataclass(slots=True)
class Block:
    """The rows of one test in one grid."""

    grid: Grid
    rows: Indices
    owner: Indices
    parts: dict[str, Part] = field(default_factory=dict)

    def keep(self, kept: Mask) -> None:
        """Leave out rows."""
        if not kept.all():
            self.rows, self.owner = self.rows[kept], self.owner[kept]
            self.parts = {name: part.some(kept) for name, part in self.parts.items()}


def read_part(
    found: Found, grid: Grid, column: int, rows: Indices, owner: Indices, problems: Problems
) -> Part:
    """Return the cells of some rows of a column, and note what cannot be read."""
    cells = grid.columns[column].cells
    chosen: Sequence[object] = cells if len(rows) == grid.size else [cells[at] for at in rows]
    asked = found.field
    if asked.scope is Scope.CHECKS:
        read = read_checks(chosen)
    elif asked.choices is not None:
        read = read_choices(chosen, asked.choices)
    else:
        read = read_numbers(chosen, asked.unit, found.unit)
    for at, why in read.said.items():
        problems.add(grid.place(int(rows[at]), column), why)
    return Part(asked, grid, column, rows, owner, read)


def nothing(asked: Field, size: int) -> Column:
    """Return a column in which nothing stands."""
    if asked.scope is Scope.CHECKS:
        return np.full(size, NOT_CHECKED, dtype=np.int16)
    if asked.choices is not None:
        return np.full(size, -1, dtype=np.int16)
    return np.full(size, np.nan)


def once(parts: Sequence[Part], size: int, problems: Problems) -> Column:
    """Return what is said of each instrument; what is said again must agree."""
    result = nothing(parts[0].field, size)
    by = np.full(size, -1, dtype=np.intp)
    cell = np.zeros(size, dtype=np.intp)
    for number, part in enumerate(parts):
        at = np.flatnonzero(part.has_value())
        whose, first = np.unique(part.owner[at], return_index=True)
        new = by[whose] < 0
        by[whose[new]], cell[whose[new]] = number, at[first[new]]
        result[whose[new]] = part.read.values[at[first[new]]]
        for wrong in at[result[part.owner[at]] != part.read.values[at]]:
            one = int(part.owner[wrong])
            there = parts[by[one]].place(int(cell[one])).text
            was, now = (shown(part.field, value) for value in (result[one], part.read.values[wrong]))
            problems.add(part.place(int(wrong)), f"与{there}不一致：那里是 {was}，这里是 {now}。")
    return result


def shown(asked: Field, value: float) -> str:
    """Return a value as a person reads it."""
    if asked.scope is Scope.CHECKS:
        return "合格" if value else "不合格"
    if asked.choices is not None:
        return asked.choices[int(value)]
    return f"{value:.12g}{f' {asked.unit}' if asked.unit else ''}"
