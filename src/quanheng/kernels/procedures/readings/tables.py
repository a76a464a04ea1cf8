"""Tables of readings: CSV, one sheet of a workbook, or a workbook made by `template`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from quanheng.kernels.ledger.book import Sheet as BookSheet
from quanheng.kernels.ledger.book import open_book
from quanheng.kernels.ledger.refusals import UnreadableLedger
from quanheng.kernels.ledger.workbook import column_letters
from quanheng.kernels.procedures.model import Procedure
from quanheng.kernels.procedures.readings.cells import is_blank, text_of
from quanheng.kernels.procedures.readings.grids import Grid, GridColumn
from quanheng.kernels.procedures.readings.places import BadReadings, Place, Problem, Problems

INSTRUMENTS, CHECKS, SURROUNDINGS, EXPLANATION = "器具", "外观检查", "环境与标准器", "说明"
ACROSS = (INSTRUMENTS, CHECKS, SURROUNDINGS)
"""Sheets with an instrument in each column; the columns before say what each line is."""
LEADING_COLUMNS = 3
"""Of such a sheet: what, unit, hint."""

NAME, LAW, STAGE = "器具编号", "检定规程", "检定类别"
"""The first lines of the sheet of instruments."""

_LONGEST_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))

NumberedRow = tuple[int, Sequence[object]]


def sheet_names(procedure: Procedure) -> dict[str, str]:
    """Return the name of the sheet of each test, as short and as plain as workbooks want it."""
    names: dict[str, str] = {}
    for key, test in procedure.tests.items():
        name = " ".join(test.title.translate(_FORBIDDEN).split())[:_LONGEST_NAME]
        taken = {*names.values(), *ACROSS, EXPLANATION}
        names[key] = name if name and name not in taken else key[:_LONGEST_NAME]
    return names


def table_grids(data: bytes, filename: str, procedure: Procedure, problems: Problems) -> list[Grid]:
    """Return the tables of a file.

    Raises
    ------
    BadReadings
        It is no table, or cannot be read at all.
    """
    try:
        book = open_book(data, filename)
        sheets = [book.open_sheet(name) for name in book.sheet_names if name not in book.hidden]
        filled = {sheet.name: rows for sheet in sheets if (rows := _rows(sheet))}
    except UnreadableLedger as error:
        raise BadReadings((Problem(Place(), error.text),)) from error
    if book.kind == "csv":
        return [_listed(rows, "", None) for rows in filled.values()]
    tests = {name: key for key, name in sheet_names(procedure).items()}
    if len(filled) == 1 and not filled.keys() & {*tests, *ACROSS, EXPLANATION}:
        return [_listed(rows, name, None) for name, rows in filled.items()]
    return list(_of_form(filled, tests, problems))


def _rows(sheet: BookSheet) -> list[NumberedRow]:
    """Return the rows in which anything stands, with their numbers from 0."""
    return [(at, row) for at, row in enumerate(sheet.rows()) if _has_content(row)]


def _has_content(row: Iterable[object]) -> bool:
    return any(not is_blank(cell) for cell in row)


def _of_form(
    filled: Mapping[str, list[NumberedRow]], tests: Mapping[str, str], problems: Problems
) -> Iterator[Grid]:
    names = _names_by_column(filled.get(INSTRUMENTS, []))
    for name, rows in filled.items():
        if name in ACROSS:
            yield _across(rows, name, names)
        elif name in tests:
            yield _listed(rows, name, tests[name])
        elif name != EXPLANATION:
            known = "、".join([*ACROSS, *tests])
            problems.add(Place(f"工作表“{name}”", name), f"不是这一规程的工作表，没有读取。应为：{known}。")


def _listed(rows: list[NumberedRow], sheet: str, test: str | None) -> Grid:
    """Return a table with a row for each reading, under a row of headings."""
    head, headings = rows[0]
    body = rows[1:]
    numbers = [at for at, _ in body]
    cells = [[_cell(row, at) for _, row in body] for at in range(max(len(row) for _, row in rows))]
    used = [
        at for at, column in enumerate(cells) if not is_blank(_cell(headings, at)) or _has_content(column)
    ]
    columns = [GridColumn(text_of(_cell(headings, at)), cells[at]) for at in used]

    def place(row: int | None, column: int) -> Place:
        line = head if row is None else numbers[row]
        if column < 0:
            return _place(sheet, line, None, "")
        return _place(sheet, line, used[column], columns[column].heading)

    return Grid(tuple(columns), len(body), place, test, is_form=test is not None)


def _across(rows: list[NumberedRow], sheet: str, names: Mapping[int, str]) -> Grid:
    """Return a sheet with an instrument in each column as a table with a row for each instrument."""
    body = _body(rows)
    used = _used(body)
    columns = [GridColumn(_titled(row), [_cell(row, at) for at in used]) for _, row in body]
    if sheet != INSTRUMENTS and names:
        columns.append(GridColumn(NAME, [names.get(at, "") for at in used]))

    def place(row: int | None, column: int) -> Place:
        if not 0 <= column < len(body):
            return Place(
                f"工作表“{sheet}”" + (f" {column_letters(used[row])} 列" if row is not None else ""), sheet
            )
        line, cells = body[column]
        return _place(sheet, line, 0 if row is None else used[row], text_of(cells[0]))

    return Grid(tuple(columns), len(used), place, "", declares=sheet == INSTRUMENTS)


def _body(rows: list[NumberedRow]) -> list[NumberedRow]:
    """Return the lines that say what they are; the first is the head of the form."""
    return [(at, row) for at, row in rows[1:] if not is_blank(_cell(row, 0))]


def _used(body: list[NumberedRow]) -> list[int]:
    """Return the columns of instruments in which more stands than a form is made with; else the first."""
    lines = [row for _, row in body if text_of(_cell(row, 0)) not in {LAW, STAGE}]
    width = max((len(row) for row in lines), default=0)
    columns = range(LEADING_COLUMNS, width)
    found = [at for at in columns if any(not is_blank(_cell(row, at)) for row in lines)]
    return found or [LEADING_COLUMNS]


def _names_by_column(rows: list[NumberedRow]) -> dict[int, str]:
    for _, row in _body(rows):
        if text_of(row[0]) == NAME:
            return {at: text_of(cell) for at, cell in enumerate(row) if at >= LEADING_COLUMNS}
    return {}


def _titled(row: Sequence[object]) -> str:
    """Return what a line is, with the unit beside it."""
    title, unit = text_of(row[0]), text_of(_cell(row, 1))
    return f"{title} ({unit})" if unit else title


def _cell(row: Sequence[object], at: int) -> object:
    return row[at] if at < len(row) else None


def _place(sheet: str, row: int, column: int | None, heading: str) -> Place:
    named = f"“{heading}”" if heading else ""
    if not sheet:
        return Place(f"第 {row + 1} 行{named}", "", row + 1, heading)
    cell = f"第 {row + 1} 行" if column is None else f"{column_letters(column)}{row + 1}"
    return Place(f"工作表“{sheet}”{cell}{named}", sheet, row + 1, heading)
