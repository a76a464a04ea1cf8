"""Which characters a font file has glyphs for: the cmap table of OpenType 1.9, formats 4 and 12."""

from __future__ import annotations

import struct
from array import array

_COLLECTION = b"ttcf"


def covered_characters(data: bytes, index: int = 0) -> frozenset[int]:
    """Return the code points that font ``index`` of a .ttf, .otf or .ttc file maps to a glyph.

    Raises
    ------
    ValueError
        Not a font file, or one without a Unicode cmap of format 4 or 12.
    """
    try:
        start = struct.unpack_from(">I", data, 12 + 4 * index)[0] if data[:4] == _COLLECTION else 0
        cmap = _table(data, start, b"cmap")
        count = struct.unpack_from(">H", data, cmap + 2)[0]
        found: set[int] = set()
        for record in range(count):
            offset = cmap + struct.unpack_from(">I", data, cmap + 4 + 8 * record + 4)[0]
            table_format = struct.unpack_from(">H", data, offset)[0]
            if table_format == 12:  # noqa: PLR2004  segmented coverage, all planes
                found |= _format_12(data, offset)
            elif table_format == 4:  # noqa: PLR2004  segment mapping, basic plane
                found |= _format_4(data, offset)
    except (struct.error, IndexError) as error:
        raise ValueError(f"not a font file: {error}") from error
    if not found:
        raise ValueError("the font maps no Unicode characters")
    return frozenset(found)


def _table(data: bytes, start: int, tag: bytes) -> int:
    """Return where a table begins."""
    for number in range(struct.unpack_from(">H", data, start + 4)[0]):
        record = start + 12 + 16 * number
        if data[record : record + 4] == tag:
            return int(struct.unpack_from(">I", data, record + 8)[0])
    raise ValueError(f"the font has no table {tag!r}")


def _format_12(data: bytes, offset: int) -> set[int]:
    found: set[int] = set()
    for group in range(struct.unpack_from(">I", data, offset + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", data, offset + 16 + 12 * group)
        found.update(range(first if glyph else first + 1, last + 1))
    return found


def _format_4(data: bytes, offset: int) -> set[int]:
    segments = struct.unpack_from(">H", data, offset + 6)[0] // 2
    base = offset + 14
    ends = _words(data, base, segments)
    starts = _words(data, base + 2 * segments + 2, segments)
    deltas = _words(data, base + 4 * segments + 2, segments)
    ranges_at = base + 6 * segments + 2
    ranges = _words(data, ranges_at, segments)
    found: set[int] = set()
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code + deltas[number]
            if ranges[number]:
                at = ranges_at + 2 * number + ranges[number] + 2 * (code - first)
                glyph = struct.unpack_from(">H", data, at)[0]
            if glyph & 0xFFFF:
                found.add(code)
    return found


def _words(data: bytes, offset: int, count: int) -> array[int]:
    return array("H", struct.unpack_from(f">{count}H", data, offset))
