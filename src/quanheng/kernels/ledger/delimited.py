"""Delimited text: its encoding, its delimiter, its rows."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator

from quanheng.kernels.ledger.refusals import UnreadableLedger
from quanheng.kernels.ledger.workbook import CellError

_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_LINES = 30
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes) -> tuple[str, str]:
    """Return (text, encoding): by its mark, else UTF-8, else GB18030 or Windows-1252 by their bytes.

    In Chinese text high bytes stand in pairs, in Western text alone.  Raises UnreadableLedger.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            text = _strict(data, name)
            return _refuse() if text is None else text, name.removesuffix("-sig")
    if b"\x00" in data:
        raise UnreadableLedger("ledger.unsupported_type", found="二进制文件")
    if (text := _strict(data, "utf-8")) is not None:
        return text, "utf-8"
    high = sum(len(run) for run in _HIGH_RUNS.findall(data))
    broken = data.decode("utf-8", "replace").count("\ufffd")
    if broken * 20 < high:  # UTF-8 with a few broken characters, which GB18030 would turn into others
        _refuse()
    runs = [len(run) for run in _HIGH_RUNS.findall(data)]
    paired = sum(length for length in runs if length % 2 == 0)
    for name in ("gb18030", "cp1252") if paired * 2 >= sum(runs) else ("cp1252",):
        if (text := _strict(data, name)) is not None:
            return text, name
    return _refuse(), ""


def _refuse() -> str:
    raise UnreadableLedger("ledger.encoding")


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def delimiter_of(text: str, is_heading: Callable[[str], bool]) -> str:
    """Return the delimiter under which most headings are found; else the one that parts most often."""
    sample = "".join(text[:200_000].splitlines(keepends=True)[:_SAMPLE_LINES])

    def score(delimiter: str) -> tuple[int, int]:
        try:
            rows = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))
        except csv.Error:
            return 0, 0
        return max((sum(map(is_heading, row)) for row in rows), default=0), sum(len(row) for row in rows)

    return max(_DELIMITERS, key=score)


def rows_of(text: str, delimiter: str) -> Iterator[list[object]]:
    """Yield the rows; a blank line is an empty row.  Raises UnreadableLedger at a broken quote."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            yield [_literal(cell) if cell[:1] in ("=", "'") else cell for cell in row]
    except csv.Error as error:
        raise UnreadableLedger(
            "ledger.damaged", detail=f"第 {reader.line_num} 行的引号不成对，或内容过长"
        ) from error


def _literal(cell: str) -> object:
    """Return the text of ="0012", which keeps Excel from taking it for a number, and of '0012.

    Any other formula is not computed here.
    """
    if cell.startswith("'"):
        return cell[1:]
    if len(cell) > 2 and cell.startswith('="') and cell.endswith('"') and '"' not in cell[2:-1]:  # noqa: PLR2004
        return cell[2:-1]
    return CellError("=") if len(cell) > 1 else cell
