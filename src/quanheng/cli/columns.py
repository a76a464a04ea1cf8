"""Columns that stand under one another on a screen, where Chinese characters are two places wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence


def columns(rows: Sequence[Sequence[str]], left: Collection[int] = ()) -> Iterator[str]:
    """Yield each row as one line; the columns in ``left`` are aligned to the left, numbers to the right."""
    widths = [max(width_of(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [
            text + " " * (width - width_of(text)) if at in left else " " * (width - width_of(text)) + text
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def width_of(text: str) -> int:
    """Return how many places a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
