"""Readings as nested mappings: YAML files, forms of a page.

A document is ``{instrument: {...}, given: {test: {...}}, environment, standard, checks, readings: {test: [{...}]}}``;
``readings`` may be the list of the main test itself.  ``{instruments: [...]}`` holds several, and what stands beside it
holds for each of them.  Keys are identifiers, Chinese labels or symbols; cells are numbers or texts with a unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quanheng.kernels.marked_yaml import BadYaml, load_marked
from quanheng.kernels.procedures.model import Procedure
from quanheng.kernels.procedures.readings.cells import text_of
from quanheng.kernels.procedures.readings.fields import SCOPE_LABELS, Fields, Found, Scope, UnknownHeading
from quanheng.kernels.procedures.readings.grids import Grid, GridColumn
from quanheng.kernels.procedures.readings.owners import main_test
from quanheng.kernels.procedures.readings.places import BadReadings, Path, Place, Problem, Problems

_SECTIONS: Mapping[str, Scope] = {
    **{scope.value: scope for scope in Scope},
    **{label: scope for scope, label in SCOPE_LABELS.items()},
}
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("id", "编号", "器具编号"), "id"),
    **dict.fromkeys(("stage", "检定类别"), "stage"),
    **dict.fromkeys(("regulation", "检定规程"), "regulation"),
    **dict.fromkeys(("note", "备注"), "note"),
}
_INSTRUMENTS = ("instruments", "各台器具")

PlaceOf = Callable[[Path], Place]
_SHOWN = 40
_KNOWN_KEYS = {
    **{word: scope.value for word, scope in _SECTIONS.items()},
    **_WORDS,
    **dict.fromkeys(_INSTRUMENTS, _INSTRUMENTS[0]),
}
_NO_MAPPING = "应为“名称: 值”的形式。"
_Key = tuple[str, Scope | None, str]
"""Words of a cell, the part of the document it stands in, its test."""

_Row = dict[_Key, tuple[object, Path]]


@dataclass(slots=True)
class _Rows:
    """Rows that may hold different cells, and the path of each row and cell."""

    path: Path
    rows: list[_Row] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)

    def grid(self, place_of: PlaceOf, test: str, *, declares: bool) -> Grid:
        keys = list(dict.fromkeys(key for row in self.rows for key in row))
        first = {key: next(row[key][1] for row in self.rows if key in row) for key in keys}
        columns = [
            GridColumn(words, [row[words, scope, of][0] if (words, scope, of) in row else None for row in self.rows],
                       None if scope is None else (scope,), of)
            for words, scope, of in keys
        ]  # fmt: skip

        def place(row: int | None, column: int) -> Place:
            if column < 0:
                return place_of(self.path if row is None else self.paths[row])
            key = keys[column]
            if row is None:
                return place_of(first[key])
            return place_of(self.rows[row][key][1] if key in self.rows[row] else (*self.paths[row], key[0]))

        return Grid(tuple(columns), len(self.rows), place, test, declares)


def _with_unit(cell: object, found: Found) -> object:
    """Return a cell with the unit that stands in its key."""
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return f"{cell} {found.unit}" if found.unit is not None and is_number else cell


def document_grids(
    documents: Any, procedure: Procedure, problems: Problems, place_of: PlaceOf | None = None
) -> list[Grid]:
    """Return the grids of one document, of one with several instruments, or of a list of documents."""
    reader = _Reader(
        procedure, problems, place_of or (lambda path: Place(_described(path, procedure), path=path))
    )
    several = documents
    shared: _Row = {}
    if isinstance(documents, Mapping):
        key = next((key for key in _INSTRUMENTS if key in documents), None)
        if key is None:
            reader.document(documents, {}, (), "")
            return reader.grids()
        several = documents[key]
        shared = reader.shared({name: value for name, value in documents.items() if name not in _INSTRUMENTS})
    if isinstance(several, Sequence) and not isinstance(several, str):
        for at, one in enumerate(several):
            reader.document(one, shared, ("instruments", at), str(at + 1))
    else:
        problems.add(reader.place_of(("instruments",)), "应为列表，每台器具一项。")
    return reader.grids()


class _Reader:
    def __init__(self, procedure: Procedure, problems: Problems, place_of: PlaceOf) -> None:
        self.place_of = place_of
        self._fields, self._problems = Fields(procedure), problems
        self._main = main_test(procedure)
        self._instruments = _Rows(())
        self._tests: dict[str, _Rows] = {}
        self._known: dict[tuple[str, Scope, str], Found] = {}
        """A reading may bring its own figure of the reference standard."""

    def grids(self) -> list[Grid]:
        return [
            self._instruments.grid(self.place_of, "", declares=True),
            *(rows.grid(self.place_of, test, declares=False) for test, rows in self._tests.items()),
        ]

    def shared(self, given: Mapping[str, Any]) -> _Row:
        """Return what is said of all instruments."""
        row: _Row = {}
        for key, value in given.items():
            self._part(row, key, value, (key,), None)
        return row

    def document(self, given: Any, shared: _Row, path: Path, name: str) -> None:
        """Read one instrument; what is shared holds where its own document says nothing else."""
        if not isinstance(given, Mapping):
            self._problems.add(self.place_of(path), _NO_MAPPING)
            return
        named = next((text_of(value) for key, value in given.items() if _WORDS.get(key) == "id"), "") or name
        row: _Row = {**shared, ("id", None, ""): (named, path)}
        for key, value in given.items():
            self._part(row, key, value, (*path, key), named)
        self._instruments.rows.append(row)
        self._instruments.paths.append(path)

    def _part(self, row: _Row, key: str, value: Any, path: Path, name: str | None) -> None:
        """Read what stands under one key; ``name`` is the instrument, None where it is said of all."""
        scope, word = _SECTIONS.get(key), _WORDS.get(key)
        if word in {"stage", "regulation"}:
            row[word, None, ""] = (value, path)
        elif scope is Scope.READINGS and name is None:
            self._problems.add(self.place_of(path), "有几台器具时，读数写在每台器具之下。")
        elif scope is Scope.READINGS:
            for test, rows, where in self._by_test(value, path, is_whole=isinstance(value, list)):
                self._readings(test, rows, where, name or "")
        elif scope is Scope.GIVEN:
            is_whole = isinstance(value, Mapping) and not any(
                isinstance(one, Mapping) for one in value.values()
            )
            for test, cells, where in self._by_test(value, path, is_whole=is_whole):
                self._cells(row, scope, test, cells, where)
        elif scope is not None:
            self._cells(row, scope, "", value, path)
        elif word == "id" and isinstance(value, list | Mapping):
            self._problems.add(self.place_of(path), "此处应为一个值。")
        elif word is None:
            hint = self._fields.hints.about(str(key), _KNOWN_KEYS)
            self._problems.add(self.place_of(path), f"没有“{str(key)[:_SHOWN]}”这一项。{hint}")

    def _by_test(self, value: Any, path: Path, *, is_whole: bool) -> Iterator[tuple[str, Any, Path]]:
        """Yield what is said of each test; all of it is of the main test where no test is named."""
        if is_whole:
            yield self._main, value, path
        elif not isinstance(value, Mapping):
            self._problems.add(self.place_of(path), "应为“检定项目: 值”的形式。")
        else:
            for key, of_test in value.items():
                try:
                    yield self._fields.test(str(key)), of_test, (*path, key)
                except UnknownHeading as error:
                    self._problems.add(self.place_of((*path, key)), str(error))

    def _cells(self, row: _Row, scope: Scope, test: str, cells: Any, path: Path) -> bool:
        """Read the cells of one mapping; return whether it is one."""
        if not isinstance(cells, Mapping):
            self._problems.add(self.place_of(path), _NO_MAPPING)
            return False
        for key, cell in cells.items():
            where = (*path, key)
            try:
                found = self._found(str(key), scope, test)
            except UnknownHeading as error:
                self._problems.add(self.place_of(where), str(error))
                continue
            same = (found.field.name, found.field.scope, found.field.test)
            if same in row and row[same][1][:-1] == path:
                self._problems.add(self.place_of(where), f"与“{row[same][1][-1]}”是同一项，只能写一处。")
            row[same] = (_with_unit(cell, found), where)
        return True

    def _found(self, key: str, scope: Scope, test: str) -> Found:
        if (key, scope, test) not in self._known:
            scopes = (Scope.READINGS, Scope.STANDARD) if scope is Scope.READINGS else (scope,)
            self._known[key, scope, test] = self._fields.find(key, scopes, test)
        return self._known[key, scope, test]

    def _readings(self, test: str, rows: Any, path: Path, name: str) -> None:
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            self._problems.add(self.place_of(path), "应为列表，每行读数一项。")
            return
        into = self._tests.setdefault(test, _Rows(path))
        for at, cells in enumerate(rows):
            row: _Row = {("id", None, ""): (name, (*path, at))}
            if self._cells(row, Scope.READINGS, test, cells, (*path, at)):
                into.rows.append(row)
                into.paths.append((*path, at))


def _described(path: Path, procedure: Procedure) -> str:
    """Return where a value of a document is, in words."""
    whose = ""
    if path[:1] == ("instruments",):
        whose = f"第 {int(path[1]) + 1} 台" if len(path) > 1 else ""
        path = path[2:]
    section = _SECTIONS.get(str(path[0])) if path else None
    test = procedure.tests.get(str(path[1])) if len(path) > 1 else None
    words = test.title if test else SCOPE_LABELS[section] if section else ""
    if section is Scope.READINGS:
        words += next((f"第 {part + 1} 行" for part in path if isinstance(part, int)), "")
    if path and isinstance(path[-1], str) and (section is None or len(path) > (2 if test else 1)):
        words += f"“{path[-1]}”"
    return "，".join(part for part in (whose, words) if part)


def yaml_grids(data: bytes, procedure: Procedure, problems: Problems) -> list[Grid]:
    """Return the grids of a YAML file, whose places are its lines.

    Raises
    ------
    BadReadings
        It is no YAML.
    """
    try:
        marked = load_marked(data)
    except BadYaml as error:
        place = Place(f"第 {error.line} 行第 {error.column} 列", row=error.line)
        raise BadReadings((Problem(place, error.reason),)) from error

    def place_of(path: Path) -> Place:
        line = marked.line(path)
        named = f"“{path[-1]}”" if path and isinstance(path[-1], str) else ""
        return Place(f"第 {line} 行{named}", row=line, column=str(path[-1]) if named else "", path=path)

    return document_grids(marked.data, procedure, problems, place_of)
