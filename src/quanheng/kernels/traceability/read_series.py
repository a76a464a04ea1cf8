"""Check values from a CSV file: column value, and date where there is one."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.fields import as_date, as_number

_COLUMNS = {"date": "date", "日期": "date", "value": "value", "值": "value", "核查值": "value"}


class CheckValue(NamedTuple):
    """A value [unit of the file] with its day as written, empty where there is none."""

    day: str
    value: float


def read_series(text: bytes) -> list[CheckValue]:
    """Return the values in the order of the file.

    Raises
    ------
    BadTraceability
        With the line: not UTF-8, no CSV, a heading that is not known or missing, no number, days that go back.
    """
    try:
        return _rows(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadTraceability(
            "文件不是 UTF-8 编码。", error.object[: error.start].count(b"\n") + 1
        ) from error
    except csv.Error as error:
        raise BadTraceability(f"不是有效的 CSV（{error}）。", 1) from error


def _rows(text: str) -> list[CheckValue]:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    places: dict[str, int] = {}
    for at, heading in enumerate(next(rows, [])):
        key = _COLUMNS.get(heading.strip())
        if key is None or key in places:
            raise BadTraceability(f"列“{heading.strip()}”没有或重复。可用：date、value。", 1)
        places[key] = at
    if "value" not in places:
        raise BadTraceability("缺少列“value”（核查值）。", 1)

    def refuse(reason: str) -> BadTraceability:
        return BadTraceability(reason, rows.line_num)

    found: list[CheckValue] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < len(places):
            raise refuse(f"只有 {len(row)} 列，表头有 {len(places)} 列。")
        day = as_date(row[places["date"]].strip(), refuse).isoformat() if "date" in places else ""
        if found and day < found[-1].day:
            raise refuse(f"日期 {day} 早于前一行，核查值应当按时间排列。")
        found.append(CheckValue(day, as_number(row[places["value"]].strip(), refuse)))
    if not found:
        raise BadTraceability("一个核查值也没有。", 1)
    return found
