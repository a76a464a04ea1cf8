"""Small workbooks that go out and come in again: one sheet, headings in the first row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from quanheng.base.errors import BureauError
from quanheng.kernels.ledger.book import open_book
from quanheng.kernels.ledger.dates import BadDate, read_date
from quanheng.kernels.ledger.refusals import UnreadableLedger

MAX_ROWS = 2000
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


class BadSheet(BureauError):
    code = "base.bad_sheet"
    message = gettext_noop("表格没有读取：{reason}")


class BadCell(ValueError):
    """A cell that does not say what its column asks; ``reason`` is for people."""

    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(f"{column}：{reason}")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken; ``row`` counts as the program shows it, ``column`` is empty for the whole row."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What became of the rows of a sheet."""

    accepted: int
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its headings."""

    number: int
    cells: dict[str, object]

    def text(self, column: str) -> str:
        """Return a cell as text, without the blanks around it; whole numbers without a point."""
        value = self.cells.get(column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return "" if value is None else str(value).strip()

    def day(self, column: str) -> date | None:
        """Return a cell as a day, None where it is blank.  BadCell for another."""
        try:
            return read_date(self.cells.get(column))
        except BadDate as error:
            raise BadCell(column, error.text) from error

    def needed_day(self, column: str) -> date:
        """Return a cell as a day.  BadCell where it is blank."""
        day = self.day(column)
        if day is None:
            raise BadCell(column, _("没有填写。"))
        return day

    def choice(self, column: str, choices: Iterable[tuple[str, object]]) -> str:
        """Return the value whose label stands in a cell.  BadCell for no label of them."""
        labels = {str(label): value for value, label in choices}
        found = labels.get(self.text(column))
        if found is None:
            raise BadCell(column, _("应为%(labels)s之一。") % {"labels": "、".join(labels)})
        return found


def read_rows(data: bytes, filename: str, headings: Sequence[str], *, most: int = MAX_ROWS) -> Iterator[Row]:
    """Yield the rows of the first sheet that are not blank; columns that are not asked for are not read.

    Raises
    ------
    BadSheet
        A file that is no table, a heading that is missing, more than ``most`` rows.
    """
    try:
        book = open_book(data, filename)
        rows = book.open_sheet(book.sheet_names[0]).rows()
        first = [str(value or "").strip() for value in next(rows, ())]
        if missing := [name for name in headings if name not in first]:
            raise BadSheet(reason=_("第一行没有这些列：%(names)s。") % {"names": "、".join(missing)})
        for number, values in enumerate(rows, start=2):
            if all(value is None or value == "" for value in values):
                continue
            if number > most + 1:
                raise BadSheet(reason=_("超过 %(most)s 行，请拆分后再上传。") % {"most": most})
            yield Row(number, dict(zip(first, values, strict=False)))
    except UnreadableLedger as error:
        raise BadSheet(reason=error.text) from error


def write_sheet(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> BytesIO:
    """Return a workbook of one sheet; days as text, so that they come back as they went."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        sheet = book.add_worksheet(name)
        sheet.set_column(0, len(headings) - 1, 18)
        sheet.write_row(0, 0, headings, book.add_format({"bold": True, "bottom": 1}))
        for number, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, int | float):
                    sheet.write_number(number, at, value)
                else:
                    sheet.write_string(number, at, "" if value is None else str(value))
        sheet.freeze_panes(1, 0)
    stream.seek(0)
    return stream
