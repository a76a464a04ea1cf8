"""Grids → one sheet of numbers.  Everything that is wrong is collected, then refused at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quanheng.kernels.procedures.model import Procedure, Stage
from quanheng.kernels.procedures.readings import owners
from quanheng.kernels.procedures.readings.cells import is_blank, text_of
from quanheng.kernels.procedures.readings.fields import GLOBAL, Fields, Found, Scope, UnknownHeading
from quanheng.kernels.procedures.readings.grids import Grid, GridColumn
from quanheng.kernels.procedures.readings.parts import Block, Part, nothing, once, read_part
from quanheng.kernels.procedures.readings.places import BadReadings, Place, Problem, Problems
from quanheng.kernels.procedures.readings.points import prefilled
from quanheng.kernels.procedures.readings.ranges import check_ranges
from quanheng.kernels.procedures.sheet import Column, Indices, Rows, Sheet, rows_of

_LAYERS = (
    (Scope.READINGS, Scope.GIVEN),
    (Scope.STANDARD,),
    (Scope.INSTRUMENT, Scope.ENVIRONMENT, Scope.CHECKS),
)
"""In a row of a test its own columns go before those of the instrument."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What a file of readings holds: the instruments by their names ("" where there is one only), and all numbers."""

    names: tuple[str, ...]
    sheet: Sheet
    stage: Stage | None = None
    notes: tuple[str, ...] = ()
    """What the reader of the result should know of how the file was read."""


def assemble(procedure: Procedure, grids: Sequence[Grid], problems: Problems) -> Readings:
    """Return the readings of some grids.

    Raises
    ------
    BadReadings
        Anything is wrong anywhere.
    """
    fields = Fields(procedure)
    roles = [
        ["" if column.scopes else owners.role(column.heading, fields) for column in grid.columns]
        for grid in grids
    ]
    _check_law(procedure, grids, roles)
    said = [owners.texts(grid, role, owners.OWNER, problems) for grid, role in zip(grids, roles, strict=True)]
    names, whose = owners.owners(grids, said, problems)
    work = _Assembly(procedure, fields, len(names), problems)
    for grid, role, owner in zip(grids, roles, whose, strict=True):
        work.add(grid, role, owner)
    sheet = work.sheet()
    problems.refuse()
    return Readings(tuple(names), sheet, work.stage, tuple(work.notes))


def _check_law(procedure: Procedure, grids: Sequence[Grid], roles: Sequence[Sequence[str]]) -> None:
    """Refuse readings that were taken down for another edition, before all that follows from it."""
    document = procedure.regulation.document
    for grid, role in zip(grids, roles, strict=True):
        for text, place in _said_in(grid, role, owners.LAW):
            if not owners.same_document(text, document):
                raise BadReadings((Problem(place, f"读数是按 {text} 记录的，这里要用的是 {document}。"),))


def _said_in(grid: Grid, roles: Sequence[str], wanted: str) -> Iterator[tuple[str, Place]]:
    """Yield the cells of the columns of a role, where anything stands."""
    for at, role in enumerate(roles):
        if role == wanted:
            for row, cell in enumerate(grid.columns[at].cells):
                if not is_blank(cell):
                    yield text_of(cell), grid.place(row, at)


class _Assembly:
    def __init__(self, procedure: Procedure, fields: Fields, size: int, problems: Problems) -> None:
        self.stage: Stage | None = None
        self.notes: list[str] = []
        self._procedure, self._fields, self._size, self._problems = procedure, fields, size, problems
        self._main = owners.main_test(procedure)
        self._said_once: dict[tuple[Scope, str, str], list[Part]] = {}
        self._blocks: dict[str, list[Block]] = {}

    def add(self, grid: Grid, roles: Sequence[str], owner: Indices) -> None:
        self._stages(grid, roles)
        if grid.test is not None:
            tests: Mapping[str, Indices] = {grid.test: np.arange(grid.size)}
        else:
            said = owners.texts(grid, roles, owners.TEST, self._problems)
            tests = owners.tests_of(grid, said, self._fields, self._main, self._problems)
        columns = self._known_columns(grid, roles, tests)
        for test, all_rows in tests.items():
            rows = all_rows[owner[all_rows] >= 0]
            if len(rows):
                self._rows(grid, test, rows, owner[rows], columns)

    def _known_columns(self, grid: Grid, roles: Sequence[str], tests: Mapping[str, Indices]) -> list[int]:
        """Return the columns that hold fields; note the headings that none of the tests knows."""
        known = []
        for at, column in enumerate(grid.columns):
            if roles[at]:
                continue
            refused: UnknownHeading | None = None
            for test in tests:
                try:
                    self._found(column, test)
                    break
                except UnknownHeading as error:
                    refused = error
            else:
                if refused is not None:
                    self._problems.add(grid.place(None, at), str(refused))
                continue
            known.append(at)
        return known

    def _found(self, column: GridColumn, test: str) -> Found:
        if column.scopes is not None:
            return self._fields.find(column.heading, column.scopes, column.test or test)
        layers = _LAYERS if test else (GLOBAL,)
        for layer in layers:
            if self._fields.knows(column.heading, layer, test):
                return self._fields.find(column.heading, layer, test)
        return self._fields.find(column.heading, [scope for layer in layers for scope in layer], test)

    def _rows(self, grid: Grid, test: str, rows: Indices, owner: Indices, columns: Sequence[int]) -> None:
        block = Block(grid, rows, owner)
        seen: dict[tuple[Scope, str, str], int] = {}
        for at in columns:
            try:
                found = self._found(grid.columns[at], test)
            except UnknownHeading as error:
                self._refuse_filled(grid, at, rows, error)
                continue
            key = (found.field.scope, found.field.test, found.field.name)
            first = seen.setdefault(key, at)
            if first != at:
                why = f"与“{grid.columns[first].heading}”是同一项，只能写一处。"
                self._problems.add(grid.place(None, at), why)
                continue
            part = read_part(found, grid, at, rows, owner, self._problems)
            if test and found.field.scope in {Scope.READINGS, Scope.STANDARD}:
                block.parts[found.field.name] = part
            else:
                self._said_once.setdefault(key, []).append(part)
        if test:
            self._finish(block, test)

    def _refuse_filled(self, grid: Grid, at: int, rows: Indices, error: UnknownHeading) -> None:
        """Refuse cells under a heading that belongs to another test of the same table."""
        cells = grid.columns[at].cells
        for row in rows:
            if not is_blank(cells[row]):
                self._problems.add(grid.place(int(row), at), str(error))

    def _finish(self, block: Block, test: str) -> None:
        """Keep what was measured, and note what is blank."""
        if block.grid.is_form:
            self._leave_out_untouched(block, test)
        if not len(block.rows):
            return
        for name, asked in self._fields.of(Scope.READINGS, test).items():
            if asked.may_be_blank:
                continue
            part = block.parts.get(name)
            if part is None:
                self._problems.add(block.grid.place(None, -1), f"缺少“{asked.title}”这一列。")
                continue
            for at in np.flatnonzero(part.read.is_blank):
                self._problems.add(part.place(int(at)), "没有填写。")
        self._blocks.setdefault(test, []).append(block)

    def _leave_out_untouched(self, block: Block, test: str) -> None:
        """Leave out rows that hold no more than the form was made with; say so where the test was made at all."""
        made_with = prefilled(self._procedure.tests[test])
        touched = np.zeros(len(block.rows), dtype=np.bool_)
        for name, part in block.parts.items():
            if name not in made_with:
                touched |= ~part.read.is_blank
        measured = np.isin(block.owner, block.owner[touched])
        if left_out := int(np.count_nonzero(measured & ~touched)):
            title = self._procedure.tests[test].title
            self.notes.append(f"{title}：有 {left_out} 行没有读数，未计入。")
        block.keep(touched)

    def _stages(self, grid: Grid, roles: Sequence[str]) -> None:
        for text, place in _said_in(grid, roles, owners.STAGE):
            try:
                stage = owners.stage_of(text)
            except ValueError as error:
                self._problems.add(place, str(error))
                continue
            if self.stage not in {None, stage}:
                self._problems.add(place, "检定类别前后不一致，一份文件只能有一种。")
            self.stage = stage

    def sheet(self) -> Sheet:
        """Return all numbers; note what contradicts itself and what lies outside its range."""
        said = {key: once(parts, self._size, self._problems) for key, parts in self._said_once.items()}
        given: dict[str, dict[str, Column]] = {}
        for (scope, test, name), column in said.items():
            if scope is Scope.GIVEN:
                given.setdefault(test, {})[name] = column
        sheet = Sheet(
            size=self._size,
            instrument=_of(said, Scope.INSTRUMENT),
            environment=_of(said, Scope.ENVIRONMENT),
            standard=_of(said, Scope.STANDARD),
            given=given,
            tests={test: _joined(blocks, self._fields, test) for test, blocks in self._blocks.items()},
            checks={name: column.astype(np.int16) for name, column in _of(said, Scope.CHECKS).items()},
        )
        stage = self.stage or self._procedure.stages[0]
        check_ranges(self._procedure, sheet, self._said_once.values(), self._blocks, self._problems, stage)
        return sheet


def _of(said: Mapping[tuple[Scope, str, str], Column], scope: Scope) -> dict[str, Column]:
    return {name: column for (one, _, name), column in said.items() if one is scope}


def _joined(blocks: Sequence[Block], fields: Fields, test: str) -> Rows:
    """Return the rows of all blocks of a test."""
    names = list(dict.fromkeys(name for block in blocks for name in block.parts))
    columns = {}
    for name in names:
        asked = fields.of(Scope.READINGS, test).get(name) or fields.of(Scope.STANDARD)[name]
        columns[name] = np.concatenate(
            [
                block.parts[name].read.values if name in block.parts else nothing(asked, len(block.rows))
                for block in blocks
            ]
        )
    return rows_of(np.concatenate([block.owner for block in blocks]), columns)
