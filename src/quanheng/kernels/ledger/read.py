"""Ledger bytes → mapping, records, rejected rows.  In one go, or row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from quanheng.kernels.findings import Finding
from quanheng.kernels.ledger.book import Book, Sheet, open_book
from quanheng.kernels.ledger.dates import ORDER_NAMES
from quanheng.kernels.ledger.dictionary import meaning_of
from quanheng.kernels.ledger.facts import Facts, gather
from quanheng.kernels.ledger.layout import SCANNED_ROWS, Header, TableRow, find_header, table_rows
from quanheng.kernels.ledger.mapping import (
    Answers,
    by_values_columns,
    check_answers,
    dated_columns,
    first_columns,
    settle,
)
from quanheng.kernels.ledger.model import Ledger, Record, Rejected, SheetMapping
from quanheng.kernels.ledger.refusals import UnreadableLedger
from quanheng.kernels.ledger.rows import RowReader
from quanheng.kernels.ledger.workbook import column_letters

_IDENTITY = {"name", "model", "serial_no"}


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """A ledger whose headings are understood; its rows are read when asked for."""

    mapping: SheetMapping
    _sheet: Sheet
    _header: Header | None
    _facts: Facts
    _is_1904: bool
    _order: str

    def items(self) -> Iterator[Record | Rejected | Finding]:
        """Yield the rows of the sheet in order, and the findings about them.

        Nothing is yielded where no column is known to hold a name, a model or a serial number.
        """
        columns = self.mapping.columns
        header = self._header
        if header is None or not _IDENTITY & {c.field for c in columns}:
            return
        reader = RowReader(
            columns,
            is_1904=self._is_1904,
            order=_order(self._facts, self._order),
            order_hint=_order_hint(self._facts, self._order),
            width=_width(header, self._facts) if self._sheet.is_text else None,
        )
        yield from reader.read(lambda: _rows(self._sheet, header))


def open_ledger(
    data: bytes,
    *,
    filename: str,
    answers: Answers | None = None,
    sheet: str | None = None,
    date_order: str = "mdy",
) -> OpenLedger:
    """Open a ledger and find out what its columns mean; no record is read yet.

    ``answers`` are the remembered meanings: heading or column letters → field or None.  ``date_order``
    is how 3/4/2024 is read.  Raises UnreadableLedger.
    """
    if date_order not in ORDER_NAMES:
        raise UnreadableLedger("ledger.bad_date_order", order=date_order)
    answers = answers or {}
    check_answers(answers)
    book = open_book(data, filename)
    chosen, header, findings = _choose(book, sheet)
    if header is None and any(name is not None for name in answers.values()):
        header = _by_letters(chosen, answers)
    if header is None:
        return _without_header(book, chosen, findings)
    columns = first_columns(header.headings, header.names, answers)
    facts = gather(
        _rows(chosen, header),
        dated=dated_columns(columns),
        by_values=by_values_columns(columns),
        is_1904=book.is_1904,
    )
    settled, more = settle(columns, facts)
    has_headings = header.bottom >= 0
    if not _IDENTITY & {c.field for c in settled}:
        more.append(
            Finding(
                "ledger.no_identity_columns", "没有认出名称、型号或出厂编号所在的列，未读取各行。请先指明。"
            )
        )
    mapping = SheetMapping(
        sheet=chosen.name,
        header_row=header.top + 1 if has_headings else None,
        columns=tuple(settled),
        findings=(*findings, *more),
        titles=header.titles,
    )
    return OpenLedger(mapping, chosen, header, facts, book.is_1904, date_order)


def propose_mapping(
    data: bytes, *, filename: str, answers: Answers | None = None, sheet: str | None = None
) -> SheetMapping:
    """Return what the columns mean, with samples and what is to be asked."""
    return open_ledger(data, filename=filename, answers=answers, sheet=sheet).mapping


def read_ledger(
    data: bytes,
    *,
    filename: str,
    answers: Mapping[str, str | None] | None = None,
    sheet: str | None = None,
    date_order: str = "mdy",
) -> Ledger:
    """Read a whole ledger.  Raises UnreadableLedger; rows that cannot be read are in ``rejected``."""
    opened = open_ledger(data, filename=filename, answers=answers, sheet=sheet, date_order=date_order)
    records: list[Record] = []
    rejected: list[Rejected] = []
    findings: list[Finding] = list(opened.mapping.findings)
    for item in opened.items():
        if isinstance(item, Record):
            records.append(item)
        elif isinstance(item, Rejected):
            rejected.append(item)
        else:
            findings.append(item)
    return Ledger(opened.mapping, tuple(records), tuple(rejected), tuple(findings))


def _rows(sheet: Sheet, header: Header) -> Iterator[TableRow]:
    return table_rows(sheet.rows(), header, sheet.merges)


def _choose(book: Book, wanted: str | None) -> tuple[Sheet, Header | None, list[Finding]]:
    """Return the sheet to read: the one named, else the first with headings of instruments."""
    if wanted is not None and wanted not in book.sheet_names:
        raise UnreadableLedger("ledger.no_such_sheet", sheet=wanted, sheets="、".join(book.sheet_names))
    findings = _about(book)
    names = [wanted] if wanted is not None else [n for n in book.sheet_names if n not in book.hidden]
    names = names or book.sheet_names
    with_headings: list[str] = []
    chosen: tuple[Sheet, Header | None] | None = None
    for name in names:
        sheet = book.open_sheet(name)
        first = list(islice(sheet.rows(), SCANNED_ROWS))
        if not any(v not in ("", None) for row in first for v in row):
            continue
        header = find_header(first, sheet.merges)
        if header is not None:
            with_headings.append(name)
        if chosen is None or _worth(header) > _worth(chosen[1]):
            chosen = sheet, header
    if chosen is None:
        raise UnreadableLedger("ledger.empty")
    findings += _about_sheets(book, chosen[0].name, with_headings)
    return *chosen, findings


def _worth(header: Header | None) -> int:
    """Return 2 for headings that name instruments, 1 for others, 0 for none."""
    if header is None:
        return 0
    meanings = map(meaning_of, header.headings.values())
    return 2 if any(m.kind in ("field", "split") and m.target in _IDENTITY for m in meanings) else 1


def _about(book: Book) -> list[Finding]:
    findings = []
    if book.has_macros:
        findings.append(Finding("ledger.macros_ignored", "文件含有宏，已忽略，未运行；只读取单元格的值。"))
    if book.encoding == "cp1252":
        findings.append(
            Finding(
                "ledger.encoding_guessed",
                "文件不是 UTF-8 或 GB18030，按西文（Windows-1252）读取，请核对特殊字符。",
            )
        )
    return findings


def _about_sheets(book: Book, read: str, with_headings: list[str]) -> list[Finding]:
    findings = []
    others = [name for name in with_headings if name != read]
    if others:
        text = f"还有工作表含器具台账：{'、'.join(others)}。本次只读“{read}”，其余请另行指定。"
        findings.append(Finding("ledger.several_sheets", text, {"read": read, "others": others}))
    rest = [name for name in book.sheet_names if name != read and name not in others]
    if rest:
        text = f"未读的工作表：{'、'.join(rest)}。"
        hidden = [name for name in rest if name in book.hidden]
        findings.append(Finding("ledger.other_sheets", text, {"sheets": rest, "hidden": hidden}))
    return findings


def _by_letters(sheet: Sheet, answers: Answers) -> Header | None:
    """Return a header of column letters for a sheet without headings, where answers name columns."""
    width = max((len(row) for row in islice(sheet.rows(), SCANNED_ROWS)), default=0)
    letters = {index: column_letters(index) for index in range(width)}
    if not any(answers.get(name) for name in letters.values()):
        return None
    return Header(top=-1, bottom=-1, headings=letters, names=letters, levels=({},))


def _without_header(book: Book, sheet: Sheet, findings: list[Finding]) -> OpenLedger:
    nowhere = Header(top=-1, bottom=-1, headings={}, names={}, levels=({},))
    facts = gather(_rows(sheet, nowhere), dated=set(), by_values=set(), is_1904=book.is_1904)
    columns, _ = settle([], facts)
    text = "没有找到标题行。请按列（A、B、C…）指明各列的内容。"
    mapping = SheetMapping(sheet.name, None, tuple(columns), (*findings, Finding("ledger.no_header", text)))
    return OpenLedger(mapping, sheet, None, facts, book.is_1904, "mdy")


def _width(header: Header, facts: Facts) -> int:
    """Return how many cells a row of text may have: to the last heading, or the last column in common use."""
    common = [column for column, filled in facts.filled.items() if filled * 2 > facts.rows]
    return max(header.width, max(common, default=-1) + 1)


_AGAINST = {"mdy": "dmy", "dmy": "mdy"}


def _order(facts: Facts, order: str) -> str:
    """Return the order asked for, with "?" where some date of the sheet contradicts it."""
    return f"{order}?" if facts.orders[_AGAINST[order]] else order


def _order_hint(facts: Facts, order: str) -> str:
    against = _AGAINST[order]
    if facts.orders[against] and not facts.orders[order]:
        return f"本表日期都可按{ORDER_NAMES[against]}理解，若确是如此，请选择 --date-order {against}。"
    return ""
