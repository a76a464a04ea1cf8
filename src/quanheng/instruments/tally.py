"""What the public figures of the registry are counted from: rows of the open file, and their tally.

The open file ``instruments.csv`` has one row for each live instrument and says nothing of owners or
serial numbers.  The tally holds the same counts by town and kind, small enough for every page.  Both are
made in one pass; whoever downloads the file counts it again with ``quanheng indicator show NAME --data FILE``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, Self, TextIO

from quanheng.base import rows as tables
from quanheng.base.rows import NO, YES

# What stands in the file where a record names no town or kind: a filter needs a word, too.
NO_TOWN = "未写明"
NO_KIND = "unknown"


class OpenRow(NamedTuple):
    """One row of the open file, as text.  Days are ISO 8601, empty where there is none.

    ``public_id`` is the subject of the instrument in the log; the code of its label, which opens the page
    with its serial number and place, is for who stands before it.
    """

    public_id: str
    kind: str
    use: str
    town: str
    setting: str
    filing: str
    condition: str
    obligation: str
    rule_id: str
    rule_confirmed: str
    verified_on: str
    valid_until: str
    due_on: str
    full_identity: str
    demo: str
    on: str  # the day of the file, in every row: a table that is cut or sorted still says it


class Counts(NamedTuple):
    """How many live instruments of one town and kind are so.

    ``filed``, ``due``, ``overdue``, ``never`` and ``unconfirmed`` are of the mandatory ones alone.
    """

    known: int = 0
    mandatory: int = 0
    filed: int = 0
    due: int = 0
    overdue: int = 0
    never: int = 0
    unconfirmed: int = 0
    unclear: int = 0
    complete: int = 0


COUNTED = Counts._fields
_COLUMNS = ("town", "kind", *COUNTED)


@dataclass(frozen=True)
class RegistryTally:
    """The counts of each town and kind on a day; ``on`` is None before anything was counted."""

    on: date | None = None
    cells: tuple[tuple[str, str, Counts], ...] = ()

    @cached_property
    def total(self) -> Counts:
        """Return the counts of all cells."""
        return Counts(*map(sum, zip(*(counts for _town, _kind, counts in self.cells), strict=True)))

    def narrowed(self, *, town: str = "", kind: str = "") -> RegistryTally:
        """Return the part of one town, one kind, or both; empty narrows nothing."""
        cells = tuple(
            cell for cell in self.cells if (not town or cell[0] == town) and (not kind or cell[1] == kind)
        )
        return replace(self, cells=cells)

    def by_town(self) -> dict[str, RegistryTally]:
        """Return the part of each town."""
        return self._by(0)

    def by_kind(self) -> dict[str, RegistryTally]:
        """Return the part of each kind."""
        return self._by(1)

    def _by(self, place: int) -> dict[str, RegistryTally]:
        found: dict[str, list[tuple[str, str, Counts]]] = {}
        for cell in self.cells:
            found.setdefault(str(cell[place]), []).append(cell)
        return {name: replace(self, cells=tuple(cells)) for name, cells in found.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; ``from_dict`` is its inverse."""
        rows = [[town, kind, *counts] for town, kind, counts in self.cells]
        return {"on": self.on.isoformat() if self.on else None, "columns": list(_COLUMNS), "rows": rows}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the form for JSON.  KeyError, TypeError or ValueError where it is of another form."""
        if tuple(data["columns"]) != _COLUMNS:
            raise ValueError(f"columns are not {','.join(_COLUMNS)}")
        on = data["on"]
        return cls(
            on=None if on is None else date.fromisoformat(on),
            cells=tuple(
                (str(town), str(kind), Counts(*map(int, counts))) for town, kind, *counts in data["rows"]
            ),
        )


class Counting:
    """Counts rows that pass by, so that a million of them need not be held."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], list[int]] = {}
        self._on = ""

    def seen(self, rows: Iterable[OpenRow]) -> Iterator[OpenRow]:
        """Yield ``rows`` unchanged, counting each."""
        for row in rows:
            self._count(row)
            yield row

    def tally(self, on: date | None = None) -> RegistryTally:
        """Return what was counted; ``on`` where there may be no row that says the day."""
        day = on or (date.fromisoformat(self._on) if self._on else None)
        cells = ((*key, Counts(*counts)) for key, counts in sorted(self._cells.items()))
        return RegistryTally(day, tuple(cells))

    def _count(self, row: OpenRow) -> None:
        self._on = row.on
        is_mandatory = row.obligation == "mandatory"
        is_due = is_mandatory and bool(row.due_on)
        facts = (
            True,
            is_mandatory,
            is_mandatory and row.filing == "filed",
            is_due,
            is_due and row.due_on < row.on,  # ISO days sort as text
            is_due and not row.verified_on,
            is_mandatory and row.rule_confirmed == NO,
            row.obligation == "unknown",
            row.full_identity == YES,
        )
        counts = self._cells.setdefault((row.town, row.kind), [0] * len(COUNTED))
        for place, fact in enumerate(facts):
            counts[place] += fact


def tally_of(rows: Iterable[OpenRow], on: date | None = None) -> RegistryTally:
    """Return the tally of ``rows``."""
    counting = Counting()
    for _row in counting.seen(rows):
        pass
    return counting.tally(on)


def write_rows(stream: TextIO, rows: Iterable[OpenRow]) -> None:
    """Write the open file."""
    tables.write_rows(stream, OpenRow._fields, rows)


def read_rows(stream: TextIO) -> Iterator[OpenRow]:
    """Read the open file; raises as `quanheng.base.rows.read_rows`."""
    return map(OpenRow._make, tables.read_rows(stream, OpenRow._fields))
