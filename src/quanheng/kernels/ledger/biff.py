"""What an .xls says beside its values: errors, formulas without result, number formats, calendar.

Structures: [MS-CFB] (compound file) and [MS-XLS] (BIFF8 records), Microsoft Open Specifications.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from quanheng.kernels.ledger.refusals import UnreadableLedger
from quanheng.kernels.ledger.workbook import BUILT_IN, CellError, Marks, as_shown, matters

_END = 0xFFFFFFF0
_FORMULA, _NUMBER, _RK, _MULRK, _BOOLERR = 0x0006, 0x0203, 0x027E, 0x00BD, 0x0205
_BOUNDSHEET, _FORMAT, _XF, _DATEMODE, _FILEPASS, _BOF, _EOF = (
    0x0085,
    0x041E,
    0x00E0,
    0x0022,
    0x002F,
    0x0809,
    0x000A,
)
_BIFF8 = 0x0600
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_SHORT_STREAM = 4096
_ERROR_RESULT, _BLANK_TEXT = 2, 3


@dataclass(slots=True)
class XlsRecords:
    """What the records say: sheet → marks, the calendar, whether macros are inside."""

    marks: dict[str, Marks] = field(default_factory=dict)
    is_1904: bool = False
    has_macros: bool = False


class _Compound:
    """A compound file: streams by name."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        directory, mini_fat, first_difat = (struct.unpack_from("<I", data, at)[0] for at in (48, 60, 68))
        self._fat = self._read_fat(first_difat)
        self._mini_fat = self._numbers(self._chain(mini_fat, self._fat))
        self._entries = self._read_directory(b"".join(self._sectors(directory)))
        root = self._entries.get("Root Entry", (_END, 0))
        self._mini = b"".join(self._sectors(root[0]))

    @property
    def names(self) -> set[str]:
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        start, length = self._entries[name]
        if length >= _SHORT_STREAM:
            return b"".join(self._sectors(start))[:length]
        step = self._mini_size
        return b"".join(self._mini[n * step : n * step + step] for n in self._chain(start, self._mini_fat))[
            :length
        ]

    def _sector(self, number: int) -> bytes:
        return self._data[(number + 1) * self._size : (number + 2) * self._size]

    def _sectors(self, start: int) -> Iterator[bytes]:
        for number in self._chain(start, self._fat):
            yield self._sector(number)

    def _chain(self, start: int, table: list[int]) -> list[int]:
        chain: list[int] = []
        while start < _END:
            chain.append(start)
            if len(chain) > len(table) or start >= len(table):
                raise ValueError("chain of sectors", start)
            start = table[start]
        return chain

    def _numbers(self, sectors: list[int]) -> list[int]:
        joined = b"".join(self._sector(n) for n in sectors)
        return list(struct.unpack(f"<{len(joined) // 4}I", joined[: len(joined) // 4 * 4]))

    def _read_fat(self, difat: int) -> list[int]:
        sectors = [n for n in struct.unpack_from("<109I", self._data, 76) if n < _END]
        seen = 0
        while difat < _END and seen * self._size <= len(self._data):
            *more, difat = struct.unpack(f"<{self._size // 4}I", self._sector(difat))
            sectors += [n for n in more if n < _END]
            seen += 1
        return self._numbers(sectors)

    def _read_directory(self, joined: bytes) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        for at in range(0, len(joined) - 127, 128):
            (length,) = struct.unpack_from("<H", joined, at + 64)
            if 2 <= length <= 64:  # noqa: PLR2004  bytes of a name
                name = joined[at : at + length - 2].decode("utf-16-le", "replace")
                found.setdefault(name, struct.unpack_from("<II", joined, at + 116))
        return found


def read_workbook(data: bytes) -> XlsRecords:
    """Read the records of an .xls.  Raises UnreadableLedger."""
    try:
        compound = _Compound(data)
        names = compound.names
        if names & {"EncryptedPackage", "EncryptionInfo"}:
            raise UnreadableLedger("ledger.encrypted")
        stream = next((n for n in ("Workbook", "Book") if n in names), None)
        if stream is None:
            found = "Word 文档" if "WordDocument" in names else "Office 文件，但不是表格"
            raise UnreadableLedger("ledger.unsupported_type", found=found)
        records = _globals_and_sheets(compound.stream(stream))
    except (struct.error, ValueError, IndexError) as error:
        if isinstance(error, UnreadableLedger):
            raise
        raise UnreadableLedger("ledger.damaged", detail="复合文档的结构有错") from error
    records.has_macros = "_VBA_PROJECT_CUR" in names or "VBA" in names
    return records


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield (type, content) from ``at`` to the end of the substream."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length
        depth += {_BOF: 1, _EOF: -1}.get(kind, 0)
        if kind == _EOF and depth <= 0:
            return


def _globals_and_sheets(stream: bytes) -> XlsRecords:
    found = XlsRecords()
    if struct.unpack_from("<H", stream, 4)[0] != _BIFF8:
        raise UnreadableLedger("ledger.unsupported_type", found="Excel 97 以前的表格")
    sheets: list[tuple[str, int]] = []
    codes = dict(BUILT_IN)
    formats: list[int] = []
    for kind, content in _records(stream, 0):
        if kind == _FILEPASS:
            raise UnreadableLedger("ledger.encrypted")
        if kind == _BOUNDSHEET:
            sheets.append((_name(content[6:], 1), struct.unpack_from("<I", content)[0]))
        elif kind == _FORMAT:
            codes[struct.unpack_from("<H", content)[0]] = _name(content[2:], 2)
        elif kind == _XF:
            formats.append(struct.unpack_from("<H", content, 2)[0])
        elif kind == _DATEMODE:
            found.is_1904 = struct.unpack_from("<H", content)[0] == 1
    shown = {index: codes[code] for index, code in enumerate(formats) if matters(codes.get(code, ""))}
    for name, start in sheets:
        found.marks[name] = _sheet_marks(stream, start, shown, is_1904=found.is_1904)
    return found


def _name(content: bytes, width: int) -> str:
    """Return a short string: its length in ``width`` bytes, a flag for UTF-16, its characters."""
    length, wide = int.from_bytes(content[:width], "little"), content[width] & 1
    raw = content[width + 1 : width + 1 + length * (2 if wide else 1)]
    return raw.decode("utf-16-le" if wide else "latin-1")


def _sheet_marks(stream: bytes, start: int, formats: dict[int, str], *, is_1904: bool) -> Marks:
    """Return the marks of a sheet.

    Some writers store blank text for every formula: where no formula has another result, none was computed.
    """
    marks = Marks()
    blank: list[tuple[int, int]] = []
    is_computed = False
    for kind, content in _records(stream, start):
        if kind == _BOOLERR and len(content) >= 8 and content[7]:  # noqa: PLR2004  length of the record
            row, column = struct.unpack_from("<HH", content)
            marks.put(row, column, CellError(_ERRORS.get(content[6], "#VALUE!")))
        elif kind == _FORMULA and content[12:14] == b"\xff\xff" and content[6] == _BLANK_TEXT:
            blank.append(struct.unpack_from("<HH", content))
        elif kind == _FORMULA:
            is_computed = True
            _formula(marks, content, formats, is_1904=is_1904)
        elif kind in (_NUMBER, _RK, _MULRK) and formats:
            for row, column, style, value in _numbers(kind, content):
                _show(marks, (row, column), value, formats.get(style), is_1904=is_1904)
    for row, column in () if is_computed else blank:
        marks.put(row, column, CellError("="))
    return marks


def _formula(marks: Marks, content: bytes, formats: dict[int, str], *, is_1904: bool) -> None:
    row, column, style = struct.unpack_from("<HHH", content)
    flags = struct.unpack_from("<H", content, 14)[0]
    if content[12:14] == b"\xff\xff":
        if content[6] == _ERROR_RESULT:
            marks.put(row, column, CellError(_ERRORS.get(content[8], "#VALUE!")))
        return
    (value,) = struct.unpack_from("<d", content, 6)
    if flags & 3 and value == 0:  # to be computed on opening, and nothing stands there yet
        marks.put(row, column, CellError("="))
    else:
        _show(marks, (row, column), value, formats.get(style), is_1904=is_1904)


def _show(marks: Marks, at: tuple[int, int], value: float, code: str | None, *, is_1904: bool) -> None:
    if code and (shown := as_shown(value, code, is_1904=is_1904)) is not None:
        marks.put(*at, shown)


def _numbers(kind: int, content: bytes) -> Iterator[tuple[int, int, int, float]]:
    """Yield (row, column, style, value) of a record of numbers."""
    row, column = struct.unpack_from("<HH", content)
    if kind == _NUMBER:
        yield row, column, *struct.unpack_from("<Hd", content, 4)
        return
    many = 1 if kind == _RK else (len(content) - 6) // 6
    for i in range(many):
        style, rk = struct.unpack_from("<HI", content, 4 + i * 6)
        yield row, column + i, style, _rk(rk)


def _rk(rk: int) -> float:
    """Return the number of an RK value: an integer or the upper half of a double, maybe in hundredths."""
    if rk & 2:
        value = float(rk >> 2) if rk < 1 << 31 else float((rk >> 2) - (1 << 30))
    else:
        (value,) = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", rk & 0xFFFFFFFC))
    return value / 100 if rk & 1 else value
