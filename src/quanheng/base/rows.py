"""Tables of open data: CSV in which every row says the day that it is of.  Needs no Django."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TextIO

YES, NO = "yes", "no"
# The column with the day, in every row: a table that is cut or sorted still says it.
_DAY = "on"


def write_rows(stream: TextIO, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write the heading and the rows."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def read_rows(stream: TextIO, columns: Sequence[str]) -> Iterator[list[str]]:
    """Read what `write_rows` wrote: the cells of each row.

    Raises
    ------
    ValueError
        Another heading, a row of another width or without a day.
    """
    reader = csv.reader(stream)
    day = columns.index(_DAY)
    try:
        if next(reader, []) != list(columns):
            raise ValueError(f"columns are not {','.join(columns)}")
        for cells in reader:
            if len(cells) != len(columns):
                raise ValueError(f"line {reader.line_num}: {len(cells)} columns")
            date.fromisoformat(cells[day])
            yield cells
    except csv.Error as error:
        raise ValueError(str(error)) from error


def word(fact: bool) -> str:
    """Return yes or no."""
    return YES if fact else NO


def iso(on: date | None) -> str:
    """Return a day as ISO 8601; empty where there is none."""
    return on.isoformat() if on else ""
