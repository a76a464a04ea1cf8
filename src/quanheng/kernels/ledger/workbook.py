"""What an .xlsx says beside its values: errors, formulas without result, formats, extent, calendar."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from lxml import etree

from quanheng.kernels.ledger.dates import serial_day
from quanheng.kernels.ledger.formats import displayed, hides_day
from quanheng.kernels.ledger.refusals import UnreadableLedger

MAX_MEMBERS = 5_000
MAX_UNPACKED = 1_500_000_000
MAX_SMALL_PART = 50_000_000
MAX_RATIO = 300
_RATIO_FROM = 20_000_000
_CHUNK = 1 << 20
_OVERLAP = 64
_MONTH_ONLY = 'yyyy"年"m"月"'
BUILT_IN = {9: "0%", 10: "0.00%", 17: "mmm-yy"} | dict.fromkeys((27, 36, 50, 52, 57), _MONTH_ONLY)
"""Formats known by their number alone; 27–57 as a Chinese Excel shows them (ECMA-376 18.8.30)."""
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_WORTH_A_LOOK = rb"""\bt=["']e["']|<(?:\w+:)?f[\s>/]|\br\s*=\s*["'](?:[A-Za-z]{2,}\d|[A-Za-z]\d{7})"""
_REFERENCE = re.compile(r"([A-Za-z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that has no value: Excel's error, or a formula that was never computed."""

    shown: str


@dataclass(slots=True)
class Marks:
    """What the values alone do not tell: ``cells`` row → column → value (both from 0), and extent."""

    cells: dict[int, dict[int, str | CellError]] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0

    def put(self, row: int, column: int, value: str | CellError) -> None:
        """Set the value of a cell."""
        self.cells.setdefault(row, {})[column] = value


@dataclass(slots=True)
class XlsxParts:
    """The parts of a workbook that this reader looks into itself."""

    archive: zipfile.ZipFile
    paths: dict[str, str]
    formats: dict[int, str]
    is_1904: bool
    is_uncomputed: bool
    has_macros: bool


def open_parts(data: bytes) -> XlsxParts:
    """Check the archive and read its small parts.  Raises UnreadableLedger."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        check_archive(archive, data)
        names = set(archive.namelist())
        if "xl/workbook.bin" in names:
            raise UnreadableLedger("ledger.unsupported_type", found=".xlsb")
        if "xl/workbook.xml" not in names:
            raise UnreadableLedger("ledger.unsupported_type", found=_kind_of(names))
        root = _parse(archive, "xl/workbook.xml")
        targets = _relations(archive) if "xl/_rels/workbook.xml.rels" in names else {}
        formats = _formats(_parse(archive, "xl/styles.xml")) if "xl/styles.xml" in names else {}
    except (
        zipfile.BadZipFile,
        zlib.error,
        etree.XMLSyntaxError,
        NotImplementedError,
        KeyError,
        EOFError,
    ) as error:
        raise UnreadableLedger("ledger.damaged", detail="压缩包或其中的部件有错") from error
    except RuntimeError as error:  # zipfile says so of an encrypted member
        raise UnreadableLedger("ledger.encrypted") from error
    paths = {
        sheet.get("name", ""): targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION) or "", "")
        for sheet in root.iterfind(".//{*}sheets/{*}sheet")
    }
    properties = root.find("{*}workbookPr")
    calculation = root.find("{*}calcPr")
    return XlsxParts(
        archive=archive,
        paths={name: path for name, path in paths.items() if path in names},
        formats=formats,
        is_1904=properties is not None and properties.get("date1904") in ("1", "true"),
        is_uncomputed=calculation is not None and calculation.get("fullCalcOnLoad") in ("1", "true"),
        has_macros=any(name.endswith("vbaProject.bin") for name in names),
    )


def check_archive(archive: zipfile.ZipFile, data: bytes) -> None:
    """Refuse a zip that unpacks to too much: what it really unpacks to, not what it declares."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise UnreadableLedger("ledger.zip_bomb")
    total = 0
    for member in members:
        if member.flag_bits & 1:
            raise UnreadableLedger("ledger.encrypted")
        size = 0
        for length in _inflated(member, data):
            size += length
            total += length
            if total > MAX_UNPACKED or (
                size > _RATIO_FROM and size > MAX_RATIO * max(member.compress_size, 1)
            ):
                raise UnreadableLedger("ledger.zip_bomb")


def _inflated(member: zipfile.ZipInfo, data: bytes) -> Iterator[int]:
    """Yield the lengths of what a member unpacks to, piece by piece."""
    if member.compress_type != zipfile.ZIP_DEFLATED:
        yield member.file_size
        return
    start = member.header_offset
    names = int.from_bytes(data[start + 26 : start + 28], "little")
    start += 30 + names + int.from_bytes(data[start + 28 : start + 30], "little")
    stream = zlib.decompressobj(-15)
    rest = data[start : start + member.compress_size]
    while rest and not stream.eof:
        yield len(stream.decompress(rest, _CHUNK))
        rest = stream.unconsumed_tail


def _kind_of(names: set[str]) -> str:
    for part, kind in (("word/", "Word 文档"), ("ppt/", "演示文稿"), ("content.xml", "OpenDocument 文件")):
        if any(name.startswith(part) for name in names):
            return kind
    return "压缩包"


def _parse(archive: zipfile.ZipFile, name: str) -> etree._Element:
    if archive.getinfo(name).file_size > MAX_SMALL_PART:
        raise UnreadableLedger("ledger.zip_bomb")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(archive.read(name), parser)


def _relations(archive: zipfile.ZipFile) -> dict[str, str]:
    root = _parse(archive, "xl/_rels/workbook.xml.rels")
    found = {}
    for relation in root.iterfind("{*}Relationship"):
        target = relation.get("Target", "")
        found[relation.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


def _formats(root: etree._Element) -> dict[int, str]:
    """Return style index → number format, of formats that show other digits than the number."""
    codes = {f.get("numFmtId"): f.get("formatCode", "") for f in root.iterfind(".//{*}numFmts/{*}numFmt")}
    codes |= {str(number): code for number, code in BUILT_IN.items()}
    styles = enumerate(root.iterfind(".//{*}cellXfs/{*}xf"))
    wanted = {index: codes.get(xf.get("numFmtId"), "") for index, xf in styles}
    return {index: code for index, code in wanted.items() if matters(code)}


def matters(code: str) -> bool:
    """Whether a format shows something else than the number or the day in its cell."""
    return bool(code) and (hides_day(code) or displayed(1, code) is not None)


def as_shown(value: float, code: str, *, is_1904: bool) -> str | None:
    """Return what a format shows, where the value alone says something else."""
    if not hides_day(code):
        return displayed(value, code)
    day = serial_day(value, is_1904=is_1904)
    return f"{day.year}年{day.month}月" if day else None


def read_marks(parts: XlsxParts, sheet: str, most_rows: int) -> Marks:
    """Return what a sheet says beside its values.  A quick search first; a full pass only if needed.

    ``rows`` and ``columns`` of the result are 0 where the sheet stays within A–Z and a million rows;
    the pass ends behind ``most_rows``.
    """
    path = parts.paths.get(sheet)
    if path is None:
        return Marks()
    pattern = _WORTH_A_LOOK
    if parts.formats:
        styles = b"|".join(str(index).encode() for index in parts.formats)
        pattern += rb"""|\bs=["'](?:""" + styles + rb""")["']"""
    try:
        with parts.archive.open(path) as stream:
            if not _contains(stream, re.compile(pattern)):
                return Marks()
        with parts.archive.open(path) as stream:
            return _full_pass(stream, parts, most_rows)
    except (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, EOFError, ValueError) as error:
        raise UnreadableLedger("ledger.damaged", detail="工作表的内容有错") from error


def _contains(stream: IO[bytes], pattern: re.Pattern[bytes]) -> bool:
    tail = b""
    while chunk := stream.read(_CHUNK):
        if pattern.search(tail + chunk):
            return True
        tail = chunk[-_OVERLAP:]
    return False


def _full_pass(stream: IO[bytes], parts: XlsxParts, most_rows: int) -> Marks:
    marks = Marks()
    row, column = 0, -1
    cells = etree.iterparse(
        stream, tag=("{*}row", "{*}c"), resolve_entities=False, no_network=True, huge_tree=True
    )
    for _, element in cells:
        if element.tag[-1] == "c":
            match = _REFERENCE.fullmatch(element.get("r", ""))
            column = column_index(match[1]) if match else column + 1
            number = int(match[2]) if match else _row_of(element, row)
            _mark(marks, element, number - 1, column, parts)
        else:
            row, column = int(element.get("r") or row + 1), -1
            if marks.rows > most_rows:
                break
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return marks


def _row_of(cell: etree._Element, last: int) -> int:
    """Return the row of a cell that does not say where it is."""
    parent = cell.getparent()
    return int((parent.get("r") if parent is not None else None) or last + 1)


def column_index(letters: str) -> int:
    """Return the column of its letters, from 0."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_letters(index: int) -> str:
    """Return the letters of a column counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _mark(marks: Marks, cell: etree._Element, row: int, column: int, parts: XlsxParts) -> None:
    if len(cell) == 0:
        return
    if column >= marks.columns:
        marks.columns = column + 1
    marks.rows = max(marks.rows, row + 1)
    kind = cell.get("t", "n")
    code = parts.formats.get(int(cell.get("s", "0"))) if kind == "n" else None
    if len(cell) == 1 and kind != "e" and code is None and cell[0].tag[-1] != "f":
        return
    value = cell.findtext("{*}v") or ""
    is_formula = cell.find("{*}f") is not None
    if kind == "e":
        marks.put(row, column, CellError(value or "#VALUE!"))
    elif is_formula and kind != "str" and (not value or (parts.is_uncomputed and value == "0")):
        marks.put(row, column, CellError("="))
    elif (
        code is not None
        and value
        and (shown := as_shown(float(value), code, is_1904=parts.is_1904)) is not None
    ):
        marks.put(row, column, shown)
