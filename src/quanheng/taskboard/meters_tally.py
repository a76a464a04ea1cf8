"""What the public figures of meters in use are counted from: one open file of plain counts, and its tally.

``meters.csv`` has a row for each count; it names no meter, no lot, no maker and no household.  Whoever downloads it
computes a figure again with ``quanheng indicator show NAME --data FILE``.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Self, TextIO

from quanheng.base.rows import read_rows

# House rules, not law: what counts as the last year, in how many days a suspicion is tested, what ends soon.
RECENT_DAYS = 365
TEST_DAYS = 30
SOON_MONTHS = 3


class FleetCounts(NamedTuple):
    """How many there are; in `docs/reference/indicators.md` one by one."""

    areas: int = 0
    areas_judged: int = 0
    meters: int = 0
    meters_judged: int = 0
    suspects: int = 0
    suspects_waiting: int = 0
    raised: int = 0
    raised_tested_in_time: int = 0
    tested: int = 0
    tested_inside: int = 0
    found_wrong: int = 0
    wrong_replaced: int = 0
    lots_to_decide: int = 0
    lots_decided_in_time: int = 0
    lots_to_sample: int = 0
    lot_meters: int = 0
    lot_meters_overdue: int = 0
    lot_meters_expiring: int = 0
    makers_authorised: int = 0
    factory_lots: int = 0
    factory_lots_sampled: int = 0
    factory_lots_accepted: int = 0


class CountRow(NamedTuple):
    """One row of meters.csv, as text."""

    name: str
    value: str
    demo: str
    on: str


NOTHING = FleetCounts()


@dataclass(frozen=True)
class FleetTally:
    """The counts of a day; ``on`` is None before anything was counted."""

    on: date | None = None
    counts: FleetCounts = NOTHING

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; ``from_dict`` is its inverse."""
        return {"on": self.on.isoformat() if self.on else None, "counts": self.counts._asdict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the form for JSON.  KeyError, TypeError or ValueError where it is of another form."""
        on, counts = data["on"], dict(data["counts"])
        return cls(None if on is None else date.fromisoformat(on), _counts(counts))


NO_METERS = FleetTally()


def count_rows(tally: FleetTally, on: date, *, demo: str) -> Iterator[CountRow]:
    """Yield the rows of meters.csv."""
    for name, count in tally.counts._asdict().items():
        yield CountRow(name, str(count), demo, on.isoformat())


def read_counts(stream: TextIO) -> FleetTally:
    """Read meters.csv.

    Raises
    ------
    ValueError
        Another heading, a count that is missing, unknown, there twice or no number.
    """
    counts: dict[str, str] = {}
    on = None
    for row in map(CountRow._make, read_rows(stream, CountRow._fields)):
        if row.name in counts:
            raise ValueError(f"{row.name} is there twice")
        counts[row.name], on = row.value, date.fromisoformat(row.on)
    return FleetTally(on, _counts(counts))


def _counts(given: Mapping[str, Any]) -> FleetCounts:
    if given.keys() != set(FleetCounts._fields):
        raise ValueError(f"counts are not {','.join(FleetCounts._fields)}")
    counts = FleetCounts(**{name: int(count) for name, count in given.items()})
    if min(counts) < 0:
        raise ValueError("a count is below 0")
    return counts
