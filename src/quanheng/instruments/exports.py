"""Lists as files: exactly what is shown, row by row, with bounded memory and nothing that a sheet would run."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet

from quanheng.instruments.columns import Cell, Column, values_of
from quanheng.instruments.models import Standing

# More keep one server process busy for longer than a person waits; CSV has no such limit.
MOST_IN_EXCEL = 200_000
# Measured in benchmarks/registry_pages.py; for the sentence that says how long it will take.
ROWS_A_SECOND = 8000
CHUNK = 2000
# A cell that begins so is run as a formula when a spreadsheet opens the CSV (OWASP, CSV injection).
_RUNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ListFile:
    """What is exported: ``rows`` in their order, ``heading`` in words, ``sources`` as (what, how, command)."""

    rows: QuerySet[Standing]
    columns: Sequence[Column]
    on: date
    heading: str
    sources: Sequence[tuple[str, str, str]]


def workbook(made: ListFile) -> IO[bytes]:
    """Return the list as .xlsx in a temporary file, at its beginning; the second sheet says how to check it.

    Of more than `MOST_IN_EXCEL` rows the caller refuses to make one.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet("计量器具")
        for number, column in enumerate(made.columns):
            sheet.set_column(number, number, column.width)
        sheet.freeze_panes(2, 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
        sheet.write_string(0, 0, made.heading)
        for number, column in enumerate(made.columns):
            sheet.write_string(1, number, str(column.label), bold)
        last = 1
        for last, cells in enumerate(_lines(made), 2):
            for number, cell in enumerate(cells):
                _write(sheet, last, number, cell, day)
        sheet.autofilter(1, 0, last, len(made.columns) - 1)
        _write_sources(book, bold, made)
    file.seek(0)
    return file


def csv_lines(made: ListFile) -> Iterator[bytes]:
    """Yield the list as CSV: UTF-8 with a byte order mark, by which Excel knows it."""
    yield b"\xef\xbb\xbf" + csv_line([str(column.label) for column in made.columns])
    for cells in _lines(made):
        yield csv_line([harmless(cell) for cell in cells])


def _lines(made: ListFile) -> Iterator[list[Cell]]:
    for values in values_of(made.rows, made.columns).iterator(chunk_size=CHUNK):
        yield [column.cell(values, made.on) for column in made.columns]


def _write(sheet: Any, row: int, number: int, cell: Cell, day: Any) -> None:
    if isinstance(cell, date):
        sheet.write_datetime(row, number, cell, day)
    elif isinstance(cell, int):
        sheet.write_number(row, number, cell)
    elif cell:
        sheet.write_string(row, number, cell)


def _write_sources(book: Any, bold: Any, made: ListFile) -> None:
    sheet = book.add_worksheet("如何得出")
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 2, 44)
    for number, heading in enumerate(("内容", "算法", "命令")):
        sheet.write_string(0, number, heading, bold)
    for row, line in enumerate(made.sources, 1):
        for number, cell in enumerate(line):
            sheet.write_string(row, number, cell, wrap)


def harmless(cell: Cell) -> str:
    """Return a cell of a CSV as text that no spreadsheet runs as a formula."""
    if cell is None:
        return ""
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{text}" if text.startswith(_RUNS) else text


def csv_line(cells: Sequence[str]) -> bytes:
    """Return one line of a CSV."""
    stream = StringIO()
    csv.writer(stream).writerow(cells)
    return stream.getvalue().encode()
