"""The form of the page "judge a measurement": its fields, and what is typed into them as a readings document.

What is typed is a flat mapping: field name → text.  The readings of a test are one text, a line for each row, cells
parted by tabs (or, typed without a grid, by blanks).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from quanheng.kernels.expressions import render
from quanheng.kernels.procedures import Procedure, Sheet, Stage, figure
from quanheng.kernels.procedures.formula import Condition
from quanheng.kernels.procedures.model import Given, Quantity, Test
from quanheng.kernels.procedures.readings import BadReadings, planned_rows, read_documents
from quanheng.kernels.procedures.readings.cells import is_blank
from quanheng.kernels.procedures.readings.points import prefilled

MOST_ROWS = 200
"""Of one test: the page is for one instrument."""
_MOST_EMPTY = 6
SCOPES = ("instrument", "environment", "standard")

Typed = Mapping[str, str]
Document = dict[str, Any]
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_BLANKS = re.compile(r"\s*[，;；、]\s*|\s+")


@dataclass
class Told:
    """What is wrong: by the name of a field, by the line of a grid; ``general`` belongs to neither."""

    fields: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[int, str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.fields or self.rows or self.general)

    def row(self, name: str, line: int, text: str) -> None:
        """Add to what is said of a line."""
        rows = self.rows.setdefault(name, {})
        rows[line] = f"{rows[line]} {text}" if line in rows else text


@dataclass(frozen=True)
class Entry:
    """A field that holds one value; ``optional`` says what holds where it is left empty."""

    id: str
    label: str
    unit: str
    choices: tuple[str, ...]
    value: str
    optional: str
    help: str
    error: str

    @property
    def given(self) -> str:
        """What was filled in, with its unit."""
        return f"{self.value} {self.unit}".strip() if _PLAIN.fullmatch(self.value) else self.value


@dataclass(frozen=True)
class Look:
    """Something that is looked at."""

    id: str
    text: str
    value: str
    is_required: bool
    error: str
    passed: str = "合格"
    failed: str = "不合格"
    """What the readings file says, in any language of the page."""


@dataclass(frozen=True)
class TestGrid:
    """The readings of one test."""

    id: str
    title: str
    note: str
    wanted: str
    columns: list[str]
    columns_json: str
    text: str
    suggested: str
    given: list[Entry]
    errors: list[tuple[int, str]]
    is_required: bool
    is_filled: bool
    first: int
    most: int = MOST_ROWS

    @property
    def blank_rows(self) -> list[list[str]]:
        """The rows of a sheet of paper: the points of the regulation, and empty ones up to the least number."""
        width = len(self.columns)
        rows = [(line.split("\t") + [""] * width)[:width] for line in self.suggested.splitlines()]
        return rows + [[""] * width for _spare in range(self.first - len(rows))]


@dataclass(frozen=True)
class Form:
    """Everything that may be filled in for one edition at one stage."""

    instrument: list[Entry]
    environment: list[Entry]
    standard: list[Entry]
    grids: list[TestGrid]
    looks: list[Look]


@dataclass
class Written:
    """What was typed, as a document; ``lines`` gives for the rows of each test the lines of its text."""

    document: Document
    lines: dict[str, list[int]]
    told: Told

    @property
    def has_readings(self) -> bool:
        """Whether there is anything to judge."""
        return bool(self.document.get("readings") or self.document.get("checks"))


def form_of(procedure: Procedure, stage: Stage, typed: Typed, told: Told) -> Form:
    """Return the form with what was typed and what is wrong with it."""
    parts = {
        scope: [
            _entry(procedure, f"{scope}-{name}", one, typed, told)
            for name, one in _quantities(procedure, scope)
        ]
        for scope in SCOPES
    }
    points = suggestions(procedure, stage, typed)
    return Form(
        **parts,
        grids=[
            _grid(procedure, name, stage, typed, told, points[f"rows-{name}"])
            for name, _test in tests_of(procedure, stage, typed)
        ],
        looks=[
            Look(id_ := f"checks-{name}", one.text, typed.get(id_, ""), one.is_required(stage), told.fields.get(id_, ""))
            for name, one in procedure.checks.items()
            if (one.stages is None or stage in one.stages) and _applies(procedure, one.when, typed, stage)
        ],
    )  # fmt: skip


def tests_of(procedure: Procedure, stage: Stage, typed: Typed) -> list[tuple[str, Test]]:
    """Return the tests that are made at a stage, of such an instrument as far as it is described."""
    return [
        (name, test)
        for name, test in procedure.tests.items()
        if (test.stages is None or stage in test.stages) and _applies(procedure, test.when, typed, stage)
    ]


def suggestions(procedure: Procedure, stage: Stage, typed: Typed) -> dict[str, str]:
    """Return for each grid the text that holds the points of the regulation, as far as they can be computed."""
    known = _known(procedure, typed)
    found = {}
    for name, test in tests_of(procedure, stage, typed):
        lines = []
        if prefilled(test) < set(test.readings):
            rows = planned_rows(procedure, name, stage, known.instrument)
            lines = [
                "\t".join(_text(row.cells.get(column, "")) for column in test.readings)
                for row in rows[:MOST_ROWS]
            ]
        found[f"rows-{name}"] = "\n".join(line for line in lines if line.strip())
    return found


def _known(procedure: Procedure, typed: Typed) -> Sheet:
    """Return what can be read of the instrument: a value that cannot is as if it were not there."""
    cells = {name: typed.get(f"instrument-{name}", "") for name in procedure.instrument}
    document: Document = {"instrument": {name: cell for name, cell in cells.items() if not is_blank(cell)}}
    while True:
        try:
            return read_documents(document, procedure).sheet
        except BadReadings as error:
            bad = {problem.place.path[1] for problem in error.problems if len(problem.place.path) > 1}
            if not bad & set(document["instrument"]):
                return Sheet(1)
            document["instrument"] = {
                name: cell for name, cell in document["instrument"].items() if name not in bad
            }


def written(procedure: Procedure, stage: Stage, typed: Typed) -> Written:
    """Return what was typed as the document of a readings file, numbers with their units."""
    told = Told()
    document: Document = {"regulation": procedure.regulation.document, "stage": stage.value}
    for scope in SCOPES:
        document[scope] = _cells(scope, dict(_quantities(procedure, scope)), typed)
    tests = tests_of(procedure, stage, typed)
    document["given"] = {
        name: cells for name, test in tests if (cells := _cells(f"given-{name}", test.given, typed))
    }
    lines: dict[str, list[int]] = {}
    document["readings"] = {}
    for name, test in tests:
        rows = list(_rows(name, test, typed.get(f"rows-{name}", ""), told))
        if rows:
            lines[name] = [line for line, _row in rows]
            document["readings"][name] = [row for _line, row in rows]
    looks = {name: typed.get(f"checks-{name}", "") for name in procedure.checks}
    document["checks"] = {name: look for name, look in looks.items() if not is_blank(look)}
    return Written({key: value for key, value in document.items() if value}, lines, told)


def _rows(name: str, test: Test, text: str, told: Told) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line and cells of every row in which something was measured."""
    columns = list(test.readings.items())
    made_with = prefilled(test) if prefilled(test) < set(test.readings) else frozenset()
    for line, cells in enumerate(lines_of(text)):
        if line >= MOST_ROWS:
            told.general.append(_("“%(test)s”最多 %(n)s 行。") % {"test": test.title, "n": MOST_ROWS})
            return
        if any(not is_blank(cell) for cell in cells[len(columns) :]):
            told.row(
                f"rows-{name}",
                line,
                _("这一行有 %(given)s 个值，这里只有 %(wanted)s 列。")
                % {"given": len(cells), "wanted": len(columns)},
            )
        row = {
            column: _with_unit(cell, one)
            for (column, one), cell in zip(columns, cells, strict=False)
            if not is_blank(cell)
        }
        if set(row) - made_with:
            yield line, row


def lines_of(text: str) -> list[list[str]]:
    """Return the cells of every line that says something."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [
        [cell.strip() for cell in (line.split("\t") if "\t" in line else _BLANKS.split(line.strip()))]
        for line in lines
    ]


def typed_of(procedure: Procedure, document: Mapping[str, Any]) -> dict[str, str]:
    """Return what would have to be typed for a document of `documents_of`; the inverse of `written`."""
    typed = {}
    for scope in (*SCOPES, "checks"):
        for name, cell in document.get(scope, {}).items():
            typed[f"{scope}-{name}"] = _text(cell)
    for test, cells in document.get("given", {}).items():
        typed |= {f"given-{test}-{name}": _text(cell) for name, cell in cells.items()}
    for test, rows in document.get("readings", {}).items():
        columns = procedure.tests[test].readings
        typed[f"rows-{test}"] = "\n".join(
            "\t".join(_text(row.get(column, "")) for column in columns) for row in rows
        )
    return typed


def told_of(error: BadReadings, procedure: Procedure, found: Written) -> Told:
    """Return what the reader of a document found wrong, by field and line; added to what was known before."""
    told = found.told
    for problem in error.problems:
        match problem.place.path:
            case ("readings", str(test), int(row), str(column)) if column in procedure.tests[test].readings:
                label = procedure.tests[test].readings[column].label
                told.row(f"rows-{test}", found.lines[test][row], f"{label}：{problem.reason}")
            case ("readings", str(test), int(row), *_rest):
                told.row(f"rows-{test}", found.lines[test][row], problem.reason)
            case ("readings", str(test)):
                told.general.append(f"{procedure.tests[test].title}：{problem.reason}")
            case (str(part), *names) if names and all(isinstance(name, str) for name in names):
                told.fields["-".join((part, *map(str, names)))] = problem.reason
            case _:
                told.general.append(str(problem))
    return told


def _quantities(procedure: Procedure, scope: str) -> list[tuple[str, Quantity]]:
    parts: dict[str, Mapping[str, Quantity]] = {
        "instrument": procedure.instrument,
        "environment": procedure.environment,
        "standard": procedure.standard.fields,
    }
    return list(parts[scope].items())


def _cells(prefix: str, quantities: Mapping[str, Quantity], typed: Typed) -> dict[str, Any]:
    cells = {name: typed.get(f"{prefix}-{name}", "").strip() for name in quantities}
    return {name: _with_unit(cell, quantities[name]) for name, cell in cells.items() if not is_blank(cell)}


def _with_unit(cell: str, one: Quantity) -> str:
    """Return a plain number with the unit that stands beside its field; whatever else was typed as it is."""
    unit = shown_unit(one.unit)
    return f"{cell} {unit}" if unit and _PLAIN.fullmatch(cell) else cell


def shown_unit(unit: str | None) -> str:
    """Return a unit as everybody writes it: nothing for plain numbers, ℃ for a difference of temperatures."""
    return "" if unit in {None, "1"} else str(unit).removeprefix("Δ")


def _symbols(procedure: Procedure, test: Test | None = None) -> dict[str, str]:
    """Return what the names in a formula stand for."""
    known = dict(_quantities(procedure, "instrument"))
    symbols = {
        name: one.symbol or one.label for name, one in (known | (test.readings if test else {})).items()
    }
    symbols |= {name: table.label for name, table in procedure.tables.items()}
    return symbols | {"limit": _("最大允许误差")}


def _assumed(one: Quantity, symbols: Mapping[str, str]) -> str:
    """Return what counts where nothing is filled in; empty where something must be."""
    if one.default is None:
        return ""
    return str(one.default) if one.formula is None else render(one.formula.node, symbols)


def _text(cell: str | float) -> str:
    return cell if isinstance(cell, str) else figure(cell)


def _entry(procedure: Procedure, id_: str, one: Quantity, typed: Typed, told: Told) -> Entry:
    optional = "" if one.required else _("可不填")
    if one.default is not None:
        optional = _("不填按 %(value)s") % {"value": _assumed(one, _symbols(procedure))}
    if isinstance(one, Given) and one.from_test is not None:
        optional = _("不填则取自“%(test)s”") % {"test": procedure.tests[one.from_test.test].title}
    label = f"{one.label} {one.symbol}" if one.symbol and one.symbol != one.label else one.label
    unit = shown_unit(one.unit)
    value, error = typed.get(id_, ""), told.fields.get(id_, "")
    return Entry(id_, label, unit, _choices(one, value), value, optional, one.hint, error)


def _choices(one: Quantity, value: str) -> tuple[str, ...]:
    """Return the choices; with what was sent in their place, so that it is shown with what is wrong."""
    choices = one.choices or ()
    return (*choices, value) if choices and value and value not in choices else choices


def _grid(
    procedure: Procedure, name: str, stage: Stage, typed: Typed, told: Told, suggested: str
) -> TestGrid:
    test, id_ = procedure.tests[name], f"rows-{name}"
    headings = [_heading(one) for one in test.readings.values()]
    columns = [
        {"label": heading, "choices": one.choices, "blank": _assumed(one, _symbols(procedure, test))}
        for heading, one in zip(headings, test.readings.values(), strict=True)
    ]
    given = [_entry(procedure, f"given-{name}-{key}", one, typed, told) for key, one in test.given.items()]
    text = typed.get(id_, "")
    least = test.least(stage)
    return TestGrid(
        id=id_,
        title=test.title,
        note=test.note,
        wanted=_("至少 %(n)s 行") % {"n": least}
        if not test.group_by
        else _("每组至少 %(n)s 行") % {"n": least},
        columns=headings,
        columns_json=json.dumps(columns, ensure_ascii=False),
        text=text if text.strip() else suggested,
        suggested=suggested,
        given=given,
        errors=sorted((line + 1, said) for line, said in told.rows.get(id_, {}).items()),
        is_required=test.is_required(stage),
        is_filled=bool(text.strip()) and text != suggested,
        first=min(least, _MOST_EMPTY),
    )


def _heading(one: Quantity) -> str:
    unit = shown_unit(one.unit)
    return f"{one.label} ({unit})" if unit else one.label


def _applies(procedure: Procedure, when: Mapping[str, Condition], typed: Typed, stage: Stage) -> bool:
    """Whether something is for such an instrument; what is not typed yet excludes nothing."""
    for name, condition in when.items():
        known = procedure.instrument.get(name)
        assumed = "" if known is None or known.default is None else str(known.default)
        present = stage.value if name == "stage" else typed.get(f"instrument-{name}", "").strip() or assumed
        if present and condition.values and present not in condition.values:
            return False
    return True
