"""The county's ledgers as offices keep them: titles, repeated headings, footers, slips of the pen."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter

from quanheng.instruments.demo.sheets import SHEETS, STYLES, Sheet
from quanheng.instruments.demo.world import INSTITUTE, DemoWorld, Item


@dataclass(frozen=True)
class Row:
    """A line of a ledger: the instrument, and the cells that its clerk got wrong."""

    item: Item
    wrong: dict[str, Any]
    dates: str


def make_ledgers(world: DemoWorld, *, seed: int, today: date) -> dict[str, bytes]:
    """Return the ledgers of the county by file name; the same arguments give the same bytes."""
    return {
        sheet.file: _written(sheet, world, random.Random(f"{seed}:{sheet.file}"), today)  # noqa: S311
        for sheet in SHEETS
    }


def _written(sheet: Sheet, world: DemoWorld, dice: random.Random, today: date) -> bytes:
    items = [item for sector in sheet.sectors for item in world.items[sector]]
    rows = list(_rows(sheet, items, dice, today))
    headings = (*STYLES[sheet.style], *sheet.more)
    cells = [
        [_cell(heading, row, sheet, number) for heading in headings] for number, row in enumerate(rows, 1)
    ]
    return _csv(sheet, headings, cells) if sheet.encoding else _xlsx(sheet, headings, cells)


def _rows(sheet: Sheet, items: list[Item], dice: random.Random, today: date) -> Iterator[Row]:
    """Yield the instruments with their slips: wrong rows in the middle, copies at the end."""
    wrong = dict(zip(dice.sample(range(5, len(items) - 1), 3), _slips(sheet, today), strict=False))
    for at, item in enumerate(items):
        yield Row(item, {}, dice.choice(sheet.dates))
        if at in wrong:
            # A slip stands in a line of its own: the instrument is in the ledger as well.
            serial = f"演{dice.randrange(10**6):06d}"
            yield Row(replace(item, serial=serial), wrong[at], sheet.dates[0])
    if sheet.copies:
        copied = [item for item in items if "0" in item.serial[1:] and item.valid_until][: sheet.copies]
        for item in copied[:-1]:
            head, tail = item.serial[0], item.serial[1:]
            yield Row(replace(item, serial=head + tail.replace("0", "O", 1)), {}, sheet.dates[0])
        yield Row(copied[-1], {}, sheet.dates[0])


def _slips(sheet: Sheet, today: date) -> list[dict[str, Any]]:
    """Return the wrong cells of three rows: no name, a day that no calendar has, and one of the style's own."""
    headings = (*STYLES[sheet.style], *sheet.more)
    name = next(heading for heading in headings if CELLS.get(heading) is _name)
    last = next((heading for heading in headings if CELLS.get(heading) is _last), "")
    slips = [{name: ""}, {last: f"{today.year}.2.30"}]
    if "数量" in headings:
        return [*slips, {"数量": 2}]
    if "当前状态" in headings:
        return [*slips, {"当前状态": "已报废"}]
    return [*slips, {last: (today + timedelta(days=400)).isoformat()}]


# ---- cells --------------------------------------------------------------------------------------------------


def _name(row: Row, _sheet: Sheet, _number: int) -> Any:
    return row.item.name


def _last(row: Row, _sheet: Sheet, _number: int) -> Any:
    return _dated(row.item.last_on, row.dates)


def _until(row: Row, _sheet: Sheet, _number: int) -> Any:
    return _dated(row.item.valid_until, row.dates)


def _installed(row: Row, _sheet: Sheet, _number: int) -> Any:
    return _dated(row.item.installed_on, row.dates)


def _serial(row: Row, _sheet: Sheet, number: int) -> Any:
    serial = row.item.serial
    if number % 7 == 0 and serial.isdigit() and serial[0] != "0":
        return int(serial)  # as a spreadsheet makes of it
    if number % 11 == 0:
        return serial.translate(_FULL_WIDTH)
    return f"{serial} " if number % 5 == 0 else serial


def _place(row: Row, sheet: Sheet, _number: int) -> Any:
    item = row.item
    return {"place": item.place, "spot": item.spot}.get(sheet.place, item.place + item.spot)


def _period(row: Row, _sheet: Sheet, number: int) -> Any:
    months = row.item.months
    if months % 12:
        return (f"{months}个月", "半年")[number % 2 if months == 6 else 0]  # noqa: PLR2004  months
    return (f"{months}个月", f"{months // 12}年")[number % 2]


def _item(name: str) -> Callable[[Row, Sheet, int], Any]:
    def cell(row: Row, _sheet: Sheet, _number: int) -> Any:
        return getattr(row.item, name)

    return cell


def _fixed(text: str) -> Callable[[Row, Sheet, int], Any]:
    def cell(_row: Row, _sheet: Sheet, _number: int) -> Any:
        return text

    return cell


def _numbered(pattern: str) -> Callable[[Row, Sheet, int], Any]:
    def cell(_row: Row, _sheet: Sheet, number: int) -> Any:
        return pattern.format(number)

    return cell


CELLS: dict[str, Callable[[Row, Sheet, int], Any]] = {
    **dict.fromkeys(("仪器设备名称", "仪器名称", "器具名称", "计量器具名称", "设备名称"), _name),
    **dict.fromkeys(("规格型号", "型号", "型号规格", "计量器具规格"), _item("model")),
    **dict.fromkeys(("序列号", "出厂编号"), _serial),
    **dict.fromkeys(("厂家", "生产厂家", "制造单位", "生产厂及国别"), _item("maker")),
    **dict.fromkeys(("单位", "保管单位", "器具用户", "受检单位", "使用单位"), _item("owner")),
    **dict.fromkeys(("安装地点", "安装位置", "使用场所", "使用地点"), _place),
    **dict.fromkeys(("准确度等级", "精度等级", "准确度"), _item("accuracy")),
    **dict.fromkeys(("最近一次校准日期", "检定时间", "上次检定时间", "受检日期", "检定日期"), _last),
    **dict.fromkeys(("下次校准日期", "有效期", "检定有效截止日期", "有效期至"), _until),
    **dict.fromkeys(("检定证书编号", "证书编号"), _item("certificate")),
    **dict.fromkeys(("检定单位", "校准机构"), _fixed(INSTITUTE)),
    **dict.fromkeys(("状态", "完好状态"), _fixed("在用")),
    # Stopped as the ledger says, without a paper that shows it: such a one stays due.
    "当前状态": lambda _row, _sheet, number: "停用" if number % 60 == 0 else "在用",
    **dict.fromkeys(("溯源周期", "检定周期"), _period),
    **dict.fromkeys(("车间", "所属部门"), _item("spot")),
    **dict.fromkeys(
        ("编号", "系统编号", "计量器具编号", "计量编号", "仪器设备编号", "内部编号"), _numbered("演-{:04d}")
    ),
    "序号": lambda _row, _sheet, number: number,
    "型号精度": lambda row, _sheet, _number: "/".join(filter(None, (row.item.model, row.item.accuracy))),
    "测量范围": _item("range"),
    "用途": _item("use"),
    "乡镇街道": _item("town"),
    "安装日期": _installed,
    "口径": lambda row, _sheet, _number: f"DN{row.item.bore_mm}",
    "校准周期（天）": lambda row, _sheet, _number: row.item.months * 365 // 12,
    "数量": lambda _row, _sheet, _number: 1,
    "检定形式": _fixed("检定"),
    "仪器类别": _fixed("强检"),
    "学科类别": _fixed("力学"),
    "设备类别": _fixed("计量器具"),
}


def _cell(heading: str, row: Row, sheet: Sheet, number: int) -> Any:
    if heading in row.wrong:
        return row.wrong[heading]
    make = CELLS.get(heading)
    return make(row, sheet, number) if make else ""


_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_EPOCH = date(1899, 12, 30)  # of Excel's serial days


def _dated(on: date | None, way: str) -> Any:
    """Return a day as this clerk writes it."""
    if on is None:
        return ""
    ways: dict[str, Any] = {
        "date": on,
        "dot": f"{on.year}.{on.month}.{on.day}",
        "zh": f"{on.year}年{on.month}月{on.day}日",
        "slash": f"{on.year}/{on.month}/{on.day}",
        "int8": int(f"{on:%Y%m%d}"),
        "serial": (on - _EPOCH).days,
        "iso": on.isoformat(),
    }
    return ways[way]


# ---- files --------------------------------------------------------------------------------------------------


def _csv(sheet: Sheet, headings: Sequence[str], cells: list[list[Any]]) -> bytes:
    stream = StringIO()
    writer = csv.writer(stream)
    writer.writerow(headings)
    writer.writerows(cells)
    return stream.getvalue().encode(sheet.encoding)


def _xlsx(sheet: Sheet, headings: Sequence[str], cells: list[list[Any]]) -> bytes:
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        # Otherwise the bytes change with the clock.
        book.set_properties({"title": "演示数据", "created": datetime(2026, 1, 1)})  # noqa: DTZ001
        page = book.add_worksheet("Sheet1")
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "title": book.add_format({"bold": True}),
        }
        shown = [_spaced(heading) if sheet.spaced else heading for heading in headings]
        line = 0
        for title in sheet.titles:
            page.merge_range(line, 0, line, len(headings) - 1, title, formats["title"])
            line += 1
        page.write_row(line, 0, shown)
        line = _write_body(page, sheet, shown, headings, cells, line + 1, formats)
        for column, text in enumerate(sheet.footer):
            page.write(line, column * 3, text)
    return stream.getvalue()


def _write_body(
    page: Any,
    sheet: Sheet,
    shown: Sequence[str],
    headings: Sequence[str],
    cells: list[list[Any]],
    line: int,
    formats: dict[str, Any],
) -> int:
    """Write the rows from ``line`` on and return the line behind them."""
    merged = headings.index(sheet.merged) if sheet.merged else None
    start, first = line, 0
    for at, row in enumerate(cells):
        if sheet.repeat_after and at and at % sheet.repeat_after == 0:
            page.write_row(line, 0, shown)  # as printed pages repeat them
            line += 1
        for column, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(line, column, datetime.combine(value, time()), formats["date"])
            elif value != "" and column != merged:
                page.write(line, column, value)
        line += 1
        if merged is not None and (at + 1 == len(cells) or cells[at + 1][merged] != row[merged]):
            _merge(page, start + first, line - 1, merged, row[merged])
            first = at + 1
    return line


def _merge(page: Any, first: int, last: int, column: int, value: str) -> None:
    if first == last:
        page.write(first, column, value)
    else:
        page.merge_range(first, column, last, column, value)


def _spaced(heading: str) -> str:
    """Return a short heading as people stretch it over its column."""
    return " ".join(heading) if len(heading) == 2 else heading  # noqa: PLR2004  characters
