"""The file of factory data: its columns, its rows, and what is wrong with each; needs no database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from math import isfinite
from typing import Any

import numpy as np
import xlsxwriter
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from quanheng.base.sheets import Rejected
from quanheng.kernels.ledger.book import open_book
from quanheng.kernels.ledger.dates import BadDate, read_date
from quanheng.kernels.ledger.refusals import UnreadableLedger
from quanheng.kernels.rounding import round_array
from quanheng.kernels.text_keys import name_key
from quanheng.manufacturers.errors import BadFactoryFile
from quanheng.manufacturers.marks import Marks
from quanheng.manufacturers.points import ErrorPoint

MOST_ROWS = 100_000
MOST_FAULTS = 500
_OPERATOR = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,19}")
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def headings() -> tuple[tuple[str, str, str], ...]:
    """Return the leading columns: key, heading, the name that programs may use."""
    return (
        ("serial", _("出厂编号"), "serial"),
        ("mark", _("检定标记编号"), "mark"),
        ("day", _("检定日期"), "date"),
        ("operator", _("检定员代号"), "operator"),
    )


@dataclass(slots=True)
class FactoryRows:
    """Rows of a file: ``errors`` (rows, points) [%], ``numbers`` the lines of the file that they stand in."""

    numbers: list[int] = field(default_factory=list)
    serials: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    operators: dict[str, int] = field(default_factory=dict)
    errors: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(slots=True)
class Faults:
    """What is wrong with a file: the first of it with line and column, and how much there is."""

    first: list[Rejected] = field(default_factory=list)
    count: int = 0

    def add(self, row: int, column: str, reason: str) -> None:
        """Add one."""
        self.count += 1
        if len(self.first) < MOST_FAULTS:
            self.first.append(Rejected(row, column, reason))


def read_factory_file(
    data: bytes,
    filename: str,
    points: Sequence[ErrorPoint],
    *,
    marks: Sequence[Marks],
    first_day: date,
    last_day: date,
    beyond: float,
) -> tuple[FactoryRows, Faults]:
    """Read a file of factory data.

    ``marks`` are the maker's ranges; ``first_day`` and ``last_day`` bound the days of verification; an error of more
    than ``beyond`` times the limit is a slip of the pen.

    Raises
    ------
    BadFactoryFile
        No table, columns that are missing or named twice, no rows, more than `MOST_ROWS` of them.
    """
    reader = _Reader(points, marks, first_day, last_day)
    try:
        book = open_book(data, filename)
        if not book.sheet_names:
            raise BadFactoryFile(reason=_("文件里没有工作表。"))
        rows = book.open_sheet(book.sheet_names[0]).rows()
        reader.head(next(rows, ()))
        for number, values in enumerate(rows, start=2):
            if any(value not in ("", None) for value in values):
                reader.row(number, values)
    except UnreadableLedger as error:
        raise BadFactoryFile(reason=error.text) from error
    found = reader.found
    if not found.numbers and not reader.faults.count:
        raise BadFactoryFile(reason=_("文件里没有数据。"))
    found.errors = np.array(reader.errors, dtype=np.float64).reshape(-1, len(points))
    if found.numbers:
        _judge_errors(found, points, beyond, reader.faults)
    reader.faults.first.sort(key=lambda one: one.row)
    return found, reader.faults


def template(points: Sequence[ErrorPoint]) -> BytesIO:
    """Return an empty workbook with the columns of a file."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        sheet = book.add_worksheet(_("出厂数据"))
        names = [name for _key, name, _alias in headings()] + [point_heading(point) for point in points]
        sheet.set_column(0, len(names) - 1, 20)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, names, book.add_format({"bold": True, "bottom": 1, "text_wrap": True}))
    stream.seek(0)
    return stream


def point_heading(point: ErrorPoint) -> str:
    """Return the heading of the errors at a point."""
    return f"{point.label}（%）"


class _Reader:
    def __init__(
        self, points: Sequence[ErrorPoint], marks: Sequence[Marks], first_day: date, last_day: date
    ) -> None:
        self.found, self.faults = FactoryRows(), Faults()
        self.errors: list[float] = []
        self._points, self._marks = points, marks
        self._first, self._last = first_day, last_day
        self._names = {key: name for key, name, _alias in headings()}
        self._at: dict[str, int] = {}
        self._columns: list[int] = []
        self._days: dict[object, date | str] = {}

    def head(self, values: Iterable[object]) -> None:
        given = [_heading_key(str(value or "")) for value in values]
        missing: list[str] = []
        for key, name, alias in headings():
            self._find(given, key, name, (name, alias), missing)
        for at, point in enumerate(self._points, start=1):
            names = (point.label, point_heading(point), f"e{at}", f"误差{at}")
            self._find(given, f"e{at}", point_heading(point), names, missing)
        if missing:
            raise BadFactoryFile(reason=_("第一行没有这些列：%(names)s。") % {"names": "、".join(missing)})
        self._columns = [self._at[f"e{at}"] for at in range(1, len(self._points) + 1)]

    def _find(self, given: list[str], key: str, name: str, names: Iterable[str], missing: list[str]) -> None:
        wanted = {_heading_key(one) for one in names}
        places = [at for at, heading in enumerate(given) if heading in wanted]
        if len(places) > 1:
            raise BadFactoryFile(reason=_("第一行有两列“%(name)s”。") % {"name": name})
        if places:
            self._at[key] = places[0]
        else:
            missing.append(name)

    def row(self, number: int, values: Sequence[object]) -> None:
        if len(self.found.numbers) >= MOST_ROWS:
            raise BadFactoryFile(reason=_("超过 %(most)s 行，请分批上传。") % {"most": MOST_ROWS})
        found, width = self.found, len(values)
        at = self._at
        serial, mark, operator = (
            _text(values[at[key]]) if at[key] < width else "" for key in ("serial", "mark", "operator")
        )
        if not serial:
            self.faults.add(number, self._names["serial"], _("没有填写。"))
        if mark and not any(mark in one for one in self._marks):
            self.faults.add(
                number, self._names["mark"], _("“%(mark)s”不在授权的号段内。") % {"mark": mark[:40]}
            )
        if not _OPERATOR.fullmatch(operator):
            self.faults.add(
                number,
                self._names["operator"],
                _("应为字母和数字的代号，不超过 20 位，不能写姓名。") if operator else _("没有填写。"),
            )
        day = self._day(number, values[at["day"]] if at["day"] < width else "")
        found.numbers.append(number)
        found.serials.append(serial)
        found.marks.append(mark)
        found.days.append(day)
        found.operators[operator] = found.operators.get(operator, 0) + 1
        for place, point in zip(self._columns, self._points, strict=True):
            value = values[place] if place < width else ""
            error = float(value) if type(value) is float else _number(value)
            if not isfinite(error):
                shown = str(value)[:20]
                reason = _("“%(shown)s”不是数。") % {"shown": shown} if shown else _("没有填写。")
                self.faults.add(number, point_heading(point), reason)
            self.errors.append(error)

    def _day(self, number: int, value: object) -> date:
        key = value if isinstance(value, str | float | int | date) else str(value)
        if key not in self._days:
            self._days[key] = self._read_day(value)
        day = self._days[key]
        if isinstance(day, str):
            self.faults.add(number, self._names["day"], day)
            return date.min
        return day

    def _read_day(self, value: object) -> date | str:
        try:
            day = read_date(value)
        except BadDate as error:
            return error.text
        if day is None:
            return _("没有填写。")
        if not self._first <= day <= self._last:
            given = {"day": day, "first": self._first, "last": self._last}
            return _("%(day)s 不在 %(first)s 至 %(last)s 之间。") % given
        return day


def _judge_errors(found: FactoryRows, points: Sequence[ErrorPoint], beyond: float, faults: Faults) -> None:
    """Add what is beyond sense, and marks on meters that do not conform."""
    marked = np.array([bool(mark) for mark in found.marks])
    for at, point in enumerate(points):
        errors = found.errors[:, at]
        slips = np.abs(errors) > beyond * point.limit
        kept = np.where(np.isfinite(errors), errors, 0.0)
        rounded = round_array(kept, point.interval) if point.interval else kept
        bad = marked & ~slips & (np.abs(rounded) > point.limit * (1 + 1e-9))
        for row in np.flatnonzero(slips):
            given = {"error": f"{errors[row]:g}", "limit": f"{beyond * point.limit:g}"}
            reason = _("%(error)s %% 超出可能的范围 ±%(limit)s %%，请核对是否录错。") % given
            faults.add(found.numbers[row], point_heading(point), reason)
        for row in np.flatnonzero(bad):
            given = {"error": f"{errors[row]:g}", "limit": f"{point.limit:g}"}
            reason = _("误差 %(error)s %% 超过误差限 ±%(limit)s %%：不合格的表不得施加检定标记。") % given
            faults.add(found.numbers[row], point_heading(point), reason)


def _heading_key(text: str) -> str:
    return name_key(text).replace("%", "")


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _number(value: Any) -> float:
    if isinstance(value, bool) or value is None:
        return float("nan")
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(str(value).strip().replace("−", "-").replace("－", "-").replace("＋", "+"))
    except ValueError:
        return float("nan")


def counted(rows: FactoryRows) -> Iterator[int]:
    """Yield the positions of rows with a mark: the meters of the lot."""
    return (at for at, mark in enumerate(rows.marks) if mark)
