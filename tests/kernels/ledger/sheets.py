"""Ledgers made for a test: a table of values as .xlsx, .xls or .csv bytes, and what is read from them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
import xlwt

from quanheng.kernels.ledger import Ledger, read_ledger

HEADINGS = ["计量器具名称", "规格型号", "出厂编号", "使用单位", "检定日期", "有效期至"]
SCALE = ["电子计价秤", "ACS-30", "0012345", "某某市场", "2024.3.5", "2025.3.4"]


def xlsx(
    rows: Sequence[Sequence[Any]],
    *,
    merges: Sequence[str] = (),
    formats: Mapping[tuple[int, int], str] | None = None,
    options: Mapping[str, Any] | None = None,
    sheet: str = "Sheet1",
    more: Mapping[str, Sequence[Sequence[Any]]] | None = None,
) -> bytes:
    """Write rows from A1; a str "=…" is a formula without result, a tuple (formula, result) one with it."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, **(options or {})})
    for name, table in {sheet: rows, **(more or {})}.items():
        page = book.add_worksheet(name)
        for r, row in enumerate(table):
            for c, value in enumerate(row):
                code = (formats or {}).get((r, c))
                style = book.add_format({"num_format": code}) if code else None
                _write(book, page, r, c, value, style)
        if name == sheet:
            for area in merges:
                page.merge_range(area, "")
            for area in merges:
                first = area.split(":")[0]
                r, c = int("".join(filter(str.isdigit, first))) - 1, ord(first[0]) - 65
                page.write(r, c, table[r][c])
    book.close()
    return buffer.getvalue()


def _write(book: Any, page: Any, r: int, c: int, value: Any, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, tuple):
        page.write_formula(r, c, value[0], style, value[1])
    elif isinstance(value, dt.date):
        page.write_datetime(r, c, value, style or book.add_format({"num_format": "yyyy-mm-dd"}))
    elif isinstance(value, str):
        page.write_string(r, c, value, style)
    else:
        page.write_number(r, c, value, style)


def xls(
    rows: Sequence[Sequence[Any]],
    *,
    merges: Sequence[tuple[int, int, int, int]] = (),
    formats: Mapping[tuple[int, int], str] | None = None,
    is_1904: bool = False,
) -> bytes:
    """Write rows as an .xls; ``merges`` are (first row, last row, first column, last column)."""
    book = xlwt.Workbook()
    book.dates_1904 = is_1904
    page = book.add_sheet("台账")
    spanned = {(r, c) for r1, r2, c1, c2 in merges for r in range(r1, r2 + 1) for c in range(c1, c2 + 1)}
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is None or (r, c) in spanned:
                continue
            code = (formats or {}).get((r, c)) or ("yyyy-mm-dd" if isinstance(value, dt.date) else "General")
            page.write(r, c, value, xlwt.easyxf(num_format_str=code))
    for r1, r2, c1, c2 in merges:
        page.write_merge(r1, r2, c1, c2, rows[r1][c1])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def csv_bytes(rows: Sequence[Sequence[Any]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Write rows as delimited text without quotes."""
    return "\r\n".join(delimiter.join("" if v is None else str(v) for v in row) for row in rows).encode(
        encoding
    )


def read(rows: Sequence[Sequence[Any]], **how: Any) -> Ledger:
    """Read a table that was written as .xlsx."""
    answers, order = how.pop("answers", None), how.pop("date_order", "mdy")
    return read_ledger(xlsx(rows, **how), filename="台账.xlsx", answers=answers, date_order=order)


def shown(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the records as JSON has them, without what has no field."""
    return [{k: v for k, v in r.to_dict().items() if k != "other"} for r in ledger.records]


def codes(ledger: Ledger) -> list[str]:
    """Return the codes of the findings."""
    return [f.code for f in ledger.findings]


def refusals(ledger: Ledger) -> list[tuple[int, str | None, str]]:
    """Return (row, column, code) of the rejected rows."""
    return [(r.row, r.column, r.code) for r in ledger.rejected]


def scales(*cells: Sequence[Any]) -> list[list[Any]]:
    """Return a table with the usual headings and these rows."""
    return [HEADINGS, *map(list, cells)]
