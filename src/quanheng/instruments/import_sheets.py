"""Workbooks around an import: an example to start from, and the rows that were not imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from typing import Any

import xlsxwriter

from quanheng.instruments.enums import BatchState, Outcome
from quanheng.instruments.models import ImportBatch, ImportRow
from quanheng.instruments.services.importing.reading import OWN_HEADINGS, batch_bytes
from quanheng.kernels.ledger.book import open_book
from quanheng.kernels.ledger.workbook import CellError

Said = tuple[int, str, str]
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_EXAMPLE = (
    *("使用单位", "计量器具名称", "型号规格", "出厂编号", "制造单位", "安装地点", "准确度等级", "测量范围"),
    *("用途", "检定日期", "有效期至", "证书编号", "检定机构", "备注"),
)
_EXAMPLE_ROWS = (
    "示例粮油店|电子计价秤|ACS-30|SN0000001|示例衡器厂|示例农贸市场 12号摊|Ⅲ级|0～30 kg|贸易结算|2025-03-05|"
    "2026-03-04|示检2025-00001|示例计量检定所|",
    "示例卫生院|血压计|YXJ-1|SN0000002|示例医疗器械厂|门诊部一楼|±0.5 kPa|0～40 kPa|医疗卫生|2025年4月1日|"
    "2026年3月31日|示检2025-00002|示例计量检定所|",
    "示例加油站|燃油加油机|JDK50D|SN0000003|示例加油设备厂|2号机|0.3级|5～50 L/min|贸易结算|2025.8.12|2026.2.11|"
    "示检2025-00003|示例计量检定所|双枪",
)


def example_ledger() -> bytes:
    """Return a small ledger with the headings that are known best."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        sheet = book.add_worksheet("台账")
        sheet.set_column(0, len(_EXAMPLE) - 1, 16)
        sheet.write_row(0, 0, _EXAMPLE, bold)
        for number, row in enumerate(_EXAMPLE_ROWS, 1):
            sheet.write_row(number, 0, row.split("|"))
        sheet.freeze_panes(1, 0)
    return stream.getvalue()


def rejected_workbook(batch: ImportBatch) -> bytes:
    """Return the rows that were not imported (before the import: that would not be), as they stand in the file.

    Row, column and reason come first; mended, the workbook can be imported as it is.
    """
    said = _said(batch)
    headings = {_index(column["letters"]): column["heading"] for column in batch.options["columns"]}
    width = max(headings, default=-1) + 1
    cells = _cells(batch, {row for row, _, _ in said})
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, _OPTIONS) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("未导入的行")
        sheet.set_column(1, 1, 14)
        sheet.set_column(2, 2, 44)
        sheet.set_column(3, 2 + max(width, 1), 16)
        sheet.write_row(0, 0, [*OWN_HEADINGS, *(headings.get(n, "") for n in range(width))], bold)
        for number, (row, column, text) in enumerate(said, 1):
            sheet.write_number(number, 0, row)
            sheet.write_string(number, 1, column)
            sheet.write_string(number, 2, text, wrap)
            for at, value in enumerate(cells.get(row, ())):
                _write(sheet, number, at + 3, value)
        sheet.freeze_panes(1, 3)
    return stream.getvalue()


def _said(batch: ImportBatch) -> list[Said]:
    if batch.state in {BatchState.MAPPING, BatchState.READY, BatchState.QUEUED}:
        tried: Iterable[Mapping[str, Any]] = batch.options.get("tried", {}).get("rejected", ())
        return [(row["row"], row["column"], row["text"]) for row in tried]
    rows = ImportRow.objects.filter(batch=batch, outcome=Outcome.REJECTED).order_by("row")
    return list(rows.values_list("row", "column", "text"))


def _cells(batch: ImportBatch, wanted: set[int]) -> dict[int, Sequence[object]]:
    if not wanted:
        return {}
    sheet = open_book(batch_bytes(batch), batch.file_name).open_sheet(batch.sheet)
    rows = enumerate(islice(sheet.rows(), max(wanted)), 1)
    return {number: row for number, row in rows if number in wanted}


def _write(sheet: Any, row: int, column: int, value: object) -> None:
    """Write a cell as it was: no text becomes a formula or a link, no number loses a digit."""
    if isinstance(value, CellError):
        sheet.write_string(row, column, value.shown)
    elif isinstance(value, bool) or value is None:
        sheet.write_string(row, column, "" if value is None else str(value).upper())
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime):
        is_day = not (value.hour or value.minute or value.second)
        sheet.write_string(row, column, f"{value:%Y-%m-%d}" if is_day else f"{value:%Y-%m-%d %H:%M:%S}")
    elif isinstance(value, date):
        sheet.write_string(row, column, value.isoformat())
    else:
        sheet.write_string(row, column, str(value))


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
