"""Meters about to end as open data: a row for each lot, town and month; no serial, no address.  Needs no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TextIO

from quanheng.base.rows import read_rows, write_rows

FILE_NAME = "expiring.csv"
_COLUMNS = ("on", "lot", "maker", "model", "town", "month", "meters")


@dataclass(frozen=True, slots=True)
class ExpiringRow:
    """``meters`` of a lot in a town that end in a month (``YYYY-MM``), as seen ``on`` a day."""

    on: str
    lot: str
    maker: str
    model: str
    town: str
    month: str
    meters: int


def write_expiring(stream: TextIO, rows: Iterable[ExpiringRow]) -> None:
    """Write the table."""
    write_rows(
        stream,
        _COLUMNS,
        ((row.on, row.lot, row.maker, row.model, row.town, row.month, str(row.meters)) for row in rows),
    )


def read_expiring(stream: TextIO) -> Iterator[ExpiringRow]:
    """Read what `write_expiring` wrote.

    Raises
    ------
    ValueError
        It is none.
    """
    for on, lot, maker, model, town, month, meters in read_rows(stream, _COLUMNS):
        date.fromisoformat(f"{month}-01")
        yield ExpiringRow(on, lot, maker, model, town, month, int(meters))
