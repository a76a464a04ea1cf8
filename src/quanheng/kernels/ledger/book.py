"""Bytes → sheets of rows.  Values are taken as stored; no formula or macro is ever run."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from quanheng.kernels.ledger import biff, delimited, workbook
from quanheng.kernels.ledger.dictionary import is_heading
from quanheng.kernels.ledger.refusals import UnreadableLedger
from quanheng.kernels.ledger.workbook import Marks

MAX_BYTES = 200_000_000
MAX_ROWS = 1_100_000
MAX_CELLS = 30_000_000
"""The whole rectangle of a sheet lies in memory while it is read."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = {
    b"%PDF": "PDF",
    b"{\\rt": "RTF 文档",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"Rar!": "压缩包",
}
_WORKBOOK_SUFFIXES = (".xls", ".xlsx", ".xlsm", ".xlt", ".xltx", ".et")

Merge = tuple[int, int, int, int]
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: rows of values from A1 on, merged ranges (first row, first column, last row, last column)."""

    name: str
    rows: Callable[[], Iterator[Sequence[object]]]
    merges: tuple[Merge, ...] = ()
    is_text: bool = False


@dataclass(slots=True)
class Book:
    """A file that is open for reading."""

    kind: str
    sheet_names: list[str]
    open_sheet: Callable[[str], Sheet]
    hidden: set[str] = field(default_factory=set)
    is_1904: bool = False
    has_macros: bool = False
    encoding: str = ""


def open_book(data: bytes, filename: str) -> Book:
    """Open a file by what it contains, not by its name.  Raises UnreadableLedger."""
    if not data.strip():
        raise UnreadableLedger("ledger.empty")
    if len(data) > MAX_BYTES:
        raise UnreadableLedger("ledger.too_large", limit=f"{MAX_BYTES // 1_000_000} MB")
    if data.startswith(_ZIP):
        parts = workbook.open_parts(data)
        book = _calamine(data, "xlsx", lambda name: workbook.read_marks(parts, name, MAX_ROWS))
        book.is_1904, book.has_macros = parts.is_1904, parts.has_macros
        return book
    if data.startswith(_OLE):
        return _xls(data)
    suffix = "." + filename.rpartition(".")[2].casefold() if "." in filename else ""
    for magic, kind in _FOREIGN.items():
        if data.startswith(magic):
            raise UnreadableLedger("ledger.unsupported_type", found=kind)
    if suffix not in _WORKBOOK_SUFFIXES:
        return _text(data)
    if data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise UnreadableLedger("ledger.not_a_workbook", suffix=suffix, found="网页或 XML")
    try:
        return _text(data)  # many systems export delimited text and call it .xls
    except UnreadableLedger as error:
        raise UnreadableLedger("ledger.not_a_workbook", suffix=suffix, found="其他内容") from error


def _xls(data: bytes) -> Book:
    records = biff.read_workbook(data)
    book = _calamine(data, "xls", lambda name: records.marks.get(name, Marks()))
    book.is_1904, book.has_macros = records.is_1904, records.has_macros
    return book


def _calamine(data: bytes, kind: str, marks_of: Callable[[str], Marks]) -> Book:
    opened: CalamineWorkbook = _guarded(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))
    sheets = [s for s in opened.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]

    def open_sheet(name: str) -> Sheet:
        marks = marks_of(name)
        if marks.rows > MAX_ROWS:
            raise UnreadableLedger("ledger.too_many_rows", sheet=name, limit=MAX_ROWS)
        if marks.rows * marks.columns > MAX_CELLS:
            raise UnreadableLedger("ledger.too_wide", sheet=name, rows=marks.rows, columns=marks.columns)
        return _sheet(_guarded(lambda: opened.get_sheet_by_name(name)), marks)

    return Book(
        kind=kind,
        sheet_names=[s.name for s in sheets],
        open_sheet=open_sheet,
        hidden={s.name for s in sheets if s.visible != SheetVisibleEnum.Visible},
    )


def _sheet(found: CalamineSheet, marks: Marks) -> Sheet:
    if found.total_height > MAX_ROWS:
        raise UnreadableLedger("ledger.too_many_rows", sheet=found.name, limit=MAX_ROWS)
    padding: list[object] = [""] * (found.start[1] if found.start else 0)
    height = found.total_height

    def rows() -> Iterator[Sequence[object]]:
        plain = found.iter_rows() if found.start else iter(())
        number = -1
        for number, values in enumerate(plain):
            row = [*padding, *values] if padding else values
            yield _marked(list(row), marks.cells[number]) if number in marks.cells else row
        for later in sorted(n for n in marks.cells if n > number):
            for _ in range(number + 1, later):
                yield []
            number = later
            yield _marked([], marks.cells[later])

    merges = tuple((a, b, c, d) for (a, b), (c, d) in found.merged_cell_ranges or () if a <= height)
    return Sheet(name=found.name, rows=rows, merges=merges)


def _marked(row: list[object], cells: Mapping[int, object]) -> list[object]:
    for column, value in cells.items():
        if column >= len(row):
            row.extend([""] * (column + 1 - len(row)))
        row[column] = value
    return row


def _guarded(read: Callable[[], Read]) -> Read:
    """Call the library; its errors, and its panics on damaged files, become refusals."""
    try:
        return read()
    except PasswordError as error:
        raise UnreadableLedger("ledger.encrypted") from error
    except CalamineError as error:
        raise UnreadableLedger("ledger.damaged", detail="表格的结构有错") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of pyo3, which offers no name to catch it by
            raise
        raise UnreadableLedger("ledger.damaged", detail="表格的结构有错") from error


def _text(data: bytes) -> Book:
    if data.count(b"\n") > MAX_ROWS or data.count(b"\r") > MAX_ROWS:
        raise UnreadableLedger("ledger.too_many_rows", sheet="CSV", limit=MAX_ROWS)
    text, encoding = delimited.decode(data)
    if text.lstrip()[:200].casefold().startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise UnreadableLedger("ledger.unsupported_type", found="网页或 XML")
    if not text.strip():
        raise UnreadableLedger("ledger.empty")
    delimiter = delimited.delimiter_of(text, is_heading)
    sheet = Sheet("CSV", lambda: delimited.rows_of(text, delimiter), is_text=True)
    return Book("csv", ["CSV"], lambda _name: sheet, encoding=encoding)
