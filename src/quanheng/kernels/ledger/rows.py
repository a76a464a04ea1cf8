"""Rows of a table → records and rejected rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from quanheng.kernels.findings import Finding
from quanheng.kernels.ledger.dates import BadDate, agrees, read_date
from quanheng.kernels.ledger.dictionary import period_unit
from quanheng.kernels.ledger.facts import months_of_days, unit_of_bare
from quanheng.kernels.ledger.layout import TableRow
from quanheng.kernels.ledger.model import Column, Record, Rejected, Value
from quanheng.kernels.ledger.periods import Period, of_number, read_period
from quanheng.kernels.ledger.values import (
    BadCell,
    plain_text,
    refuse_errors,
    split_model,
    text_reader,
    text_value,
)

_EMPTY = ("", None)
_DATES = ("last_date", "valid_until")
_LENIENT = ("seq", "remark")
"""Fields on which nothing depends: a bad cell is left out, and its row is read."""
_IDENTITY = ("name", "serial_no", "model")
_IDENTIFIERS = ("serial_no", "certificate_no", "seq")
_DITTO = frozenset({"同上", "上同", "同前", "〃", "″", '"', "''", "“", "”"})
_COUNT = re.compile(r"(\d+)(?:\.0+)?\s*(?:台|件|个|只|套|块|台件|台/件|支|把|具)?")
_DECIMAL = re.compile(r"\d+\.0+")

Item = Record | Rejected | Finding
Values = dict[str, Value]


class RowReader:
    """Reads the data rows of one sheet; rows are independent but for the unit of bare periods."""

    def __init__(
        self, columns: Sequence[Column], *, is_1904: bool, order: str, order_hint: str, width: int | None
    ) -> None:
        self._order_hint = order_hint
        self._width = width
        self._date: Callable[[object], dt.date | None] = partial(read_date, order=order, is_1904=is_1904)
        self._is_date = {c.index: c for c in columns if c.field in _DATES}
        self._interval = next((c for c in columns if c.field == "interval_months"), None)
        self._split = next((c for c in columns if c.is_split), None)
        self._count = next((c for c in columns if c.kind == "count"), None)
        special = {*self._is_date, *(c.index for c in (self._interval, self._split, self._count) if c)}
        self._texts = [(c, c.field, text_reader(c)) for c in columns if c.field and c.index not in special]
        self._others = [c for c in columns if c.field is None and c.index not in special]
        self._unit = period_unit(self._interval.unit) if self._interval else ""
        self._serial = next((c.index for c in columns if c.field == "serial_no"), -1)
        self._bare_unit = ""
        self._above: Values = {}

    def read(self, rows: Callable[[], Iterator[TableRow]]) -> Iterator[Item]:
        """Yield what the rows hold, in order."""
        if self._interval is not None and not self._unit:
            self._bare_unit = self._unit_of_column(rows())
        foreign: int | None = None
        for row in rows():
            if row.kind == "data" and foreign is not None:
                text = f"本行在另一张表的标题（第 {foreign} 行）之下，未按本表读取。"
                yield Rejected(row.index + 1, None, "ledger.other_table", text)
            elif row.kind == "data":
                yield from self._row(row)
            elif row.kind == "heading":
                foreign = row.index + 1
                text = f"第 {foreign} 行是另一种标题，其下各行未读取。请分成两个文件。"
                yield Finding("ledger.other_heading", text, {"row": foreign})
            elif row.kind == "repeat":
                foreign = None
            elif row.kind == "group":
                shown = " ".join(filter(None, (plain_text(row.cells[c]) for c in row.filled)))
                text = f"第 {row.index + 1} 行“{shown}”像是分组标题或示例，未作记录。"
                yield Finding("ledger.group_row", text, {"row": row.index + 1, "text": shown})

    def _row(self, row: TableRow) -> Iterator[Item]:
        number, cells, width = row.index + 1, row.cells, len(row.cells)
        if self._width is not None and row.filled[-1] >= self._width:
            text = f"本行有 {row.filled[-1] + 1} 格，标题只有 {self._width} 格，可能错位。"
            yield Rejected(number, None, "ledger.cell_count", text)
            return
        values: Values = {}
        other: dict[str, str] = {}
        rejected: list[Rejected] = []
        findings: list[Finding] = []
        self._read_texts(number, cells, values, rejected, findings)
        for index, column in self._is_date.items():
            if index < width and (cell := cells[index]) not in _EMPTY:
                self._read_date(number, column, cell, values, rejected)
        for column in self._others:
            if column.index < width and (text := plain_text(cells[column.index])):
                other[column.heading] = text
        count, doubts = self._special(number, cells, values, other, rejected)
        rejected += self._whole_row(row, values, other)
        self._above = values
        if rejected:
            yield from rejected
        elif values or other:
            yield Record(number, values, other, count)
            yield from (*findings, *doubts)
            yield from self._doubts(row, values)

    def _read_texts(
        self,
        number: int,
        cells: Sequence[object],
        values: Values,
        rejected: list[Rejected],
        findings: list[Finding],
    ) -> None:
        width = len(cells)
        for column, name, read in self._texts:
            if column.index < width and (cell := cells[column.index]) not in _EMPTY:
                try:
                    if (value := read(cell)) in _DITTO:
                        values[name] = self._as_above(name, value)
                        text = f"第 {number} 行“{column.heading}”写“{value}”，按上一行读作“{values[name]}”，请核对。"
                        findings.append(Finding("ledger.ditto_read", text, {"row": number}))
                    elif value is not None:
                        values[name] = value
                except BadCell as bad:
                    if name in _LENIENT:
                        findings.append(_left_out(number, column, bad))
                    else:
                        rejected.append(Rejected(number, column.heading, bad.code, bad.text))

    def _as_above(self, name: str, mark: Value | None) -> Value:
        """Return what the row above says.  Raises BadCell where that cannot be meant or is not there."""
        if name in _IDENTIFIERS or name not in self._above:
            raise BadCell("ledger.ditto", f"“{mark}”指上一行的内容，这里不能照抄。请写全。")
        return self._above[name]

    def _special(
        self,
        number: int,
        cells: Sequence[object],
        values: Values,
        other: dict[str, str],
        rejected: list[Rejected],
    ) -> tuple[int, list[Finding]]:
        """Read the cells whose meaning depends on others: two in one, the period, the count."""
        count = 1
        findings: list[Finding] = []
        try:
            if self._split is not None:
                findings += self._read_split(number, cells, values, other)
            if self._interval is not None:
                findings += self._read_interval(number, cells, values, other)
            if self._count is not None:
                count = self._read_count(number, cells, other, findings)
        except _Cell as bad:
            rejected.append(Rejected(number, bad.column, bad.code, bad.text))
        return count, findings

    def _read_date(
        self, number: int, column: Column, cell: object, values: Values, rejected: list[Rejected]
    ) -> None:
        try:
            refuse_errors(cell)
            if (day := self._date(cell)) is not None:
                values[column.field or ""] = day
        except BadCell as bad:
            rejected.append(Rejected(number, column.heading, bad.code, bad.text))
        except BadDate as bad:
            hint = self._order_hint if bad.code == "ledger.date_order" else ""
            rejected.append(Rejected(number, column.heading, bad.code, bad.text + hint))

    def _whole_row(self, row: TableRow, values: Values, other: dict[str, str]) -> list[Rejected]:
        number = row.index + 1
        if not any(name in values for name in _IDENTITY):
            if not values and not other:
                return []
            return [Rejected(number, None, "ledger.no_identity", "没有名称、型号和出厂编号，不能成为记录。")]
        last, until = values.get("last_date"), values.get("valid_until")
        if isinstance(last, dt.date) and isinstance(until, dt.date) and last > until:
            heading = next(c.heading for c in self._is_date.values() if c.field == "valid_until")
            text = f"有效期至 {until} 早于检定日期 {last}。"
            return [Rejected(number, heading, "ledger.dates_reversed", text)]
        return []

    def _doubts(self, row: TableRow, values: Values) -> Iterator[Finding]:
        """Yield what is kept as written but should be looked at."""
        number = row.index + 1
        last, until, months = (values.get(n) for n in ("last_date", "valid_until", "interval_months"))
        if (
            isinstance(last, dt.date)
            and isinstance(until, dt.date)
            and isinstance(months, int)
            and not agrees(last, until, months)
        ):
            text = f"第 {number} 行：有效期至 {until} 与检定日期 {last} 加 {months} 个月不符，按原文保留。"
            yield Finding("ledger.dates_disagree", text, {"row": number})
        serial = values.get("serial_no")
        if isinstance(serial, str) and _DECIMAL.fullmatch(serial):
            text = f"第 {number} 行：出厂编号“{serial}”像是由数字转成的，按原文保留，请核对。"
            yield Finding("ledger.serial_decimal", text, {"row": number})
        if self._serial in row.merged:
            text = f"第 {number} 行：出厂编号是合并单元格，与上一行相同，请核对。"
            yield Finding("ledger.merged_serial", text, {"row": number})
        if self._width is not None and len(row.cells) < self._width:
            text = f"第 {number} 行只有 {len(row.cells)} 格，标题有 {self._width} 格，请核对是否错位。"
            yield Finding("ledger.short_row", text, {"row": number})

    def _read_split(
        self, number: int, cells: Sequence[object], values: Values, other: dict[str, str]
    ) -> list[Finding]:
        column = self._split
        if column is None or not (text := _text(cells, column, "model")):
            return []
        parts = split_model(text)
        if parts is None or ("accuracy" in values and parts[1] and values["accuracy"] != parts[1]):
            other[column.heading] = text
            why = "无法分开型号与准确度等级" if parts is None else "其中的准确度等级与另一列不同"
            shown = f"第 {number} 行：“{text}”{why}，未填型号。"
            return [Finding("ledger.not_split", shown, {"row": number, "column": column.heading})]
        values |= {k: v for k, v in zip(("model", "accuracy"), parts, strict=True) if v}
        return []

    def _read_interval(
        self, number: int, cells: Sequence[object], values: Values, other: dict[str, str]
    ) -> list[Finding]:
        column = self._interval
        if column is None or not (text := _text(cells, column, "interval_months")):
            return []
        period = read_period(text, self._unit)
        if period.bare is not None:
            unit = unit_of_bare(period.bare, *_dates(values)) or self._bare_unit
            period = of_number(period.bare, unit) if unit in ("month", "year") else period
        elif period.days is not None:
            period = replace(period, months=months_of_days(period.days, *_dates(values)))
        if period.months is not None:
            values["interval_months"] = period.months
            return []
        other[column.heading] = text
        if period.bare is not None:
            code, why = "ledger.interval_unit", "没有写明是月还是年，两个日期也不能确定"
        elif period.days is not None:
            code, why = "ledger.interval_days", "以天计，不是整年，两个日期也不能确定是几个月"
        else:
            code, why = "ledger.interval_text", "不是期限"
        shown = f"第 {number} 行：“{column.heading}”的“{text}”{why}，未填周期。"
        return [Finding(code, shown, {"row": number, "column": column.heading})]

    def _read_count(
        self, number: int, cells: Sequence[object], other: dict[str, str], findings: list[Finding]
    ) -> int:
        column = self._count
        if column is None or column.index >= len(cells) or not (text := plain_text(cells[column.index])):
            return 1
        match = _COUNT.fullmatch(text)
        if match is None or int(match[1]) == 0:
            other[column.heading] = text
            shown = f"第 {number} 行：“{column.heading}”的“{text}”不是台数。"
            findings.append(Finding("ledger.bad_count", shown, {"row": number}))
            return 1
        if (count := int(match[1])) > 1:
            shown = f"第 {number} 行一行代表 {count} 台，登记时须逐台列出。"
            findings.append(Finding("ledger.several_in_row", shown, {"row": number, "count": count}))
        return count

    def _unit_of_column(self, rows: Iterator[TableRow]) -> str:
        """Return the one unit that the dates of all rows with a bare period agree on, else ""."""
        column = self._interval
        units: set[str] = set()
        for row in rows:
            if row.kind != "data" or column is None or column.index >= len(row.cells):
                continue
            cell = row.cells[column.index]
            period = Period() if isinstance(cell, dt.date) else read_period(plain_text(cell))
            if period.bare is not None:
                values: Values = {}
                for index, dated in self._is_date.items():
                    if index < len(row.cells):
                        self._read_date(0, dated, row.cells[index], values, [])
                units.add(unit_of_bare(period.bare, *_dates(values)))
        units.discard("")
        return next(iter(units)) if len(units) == 1 and "none" not in units else ""


def _left_out(number: int, column: Column, bad: BadCell) -> Finding:
    text = f"第 {number} 行“{column.heading}”未读取：{bad.text}"
    return Finding("ledger.cell_left_out", text, {"row": number, "column": column.heading, "why": bad.code})


class _Cell(BadCell):
    def __init__(self, column: str, bad: BadCell) -> None:
        self.column = column
        super().__init__(bad.code, bad.text)


def _text(cells: Sequence[object], column: Column, field: str) -> str:
    if column.index >= len(cells) or cells[column.index] in _EMPTY:
        return ""
    try:
        return text_value(cells[column.index], field)
    except BadCell as bad:
        raise _Cell(column.heading, bad) from None


def _dates(values: Values) -> tuple[dt.date | None, dt.date | None]:
    last, until = values.get("last_date"), values.get("valid_until")
    return (last if isinstance(last, dt.date) else None), (until if isinstance(until, dt.date) else None)
