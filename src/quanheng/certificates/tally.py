"""What the public figures of certificates and standards are counted from: rows of two open files, and their tallies.

``certificates.csv`` has one row for each certificate that was ever issued, ``standards.csv`` one for each
measurement standard that was not withdrawn; neither names a person, an owner or a serial number.  Whoever
downloads a file counts it again with ``quanheng indicator show NAME --data FILE``.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple, Self, TextIO

from quanheng.base import rows as tables
from quanheng.base.rows import YES

# House rule, not law: what is counted as the last year.
RECENT_DAYS = 365
# Statuses of certificates that stand for what was concluded; the others were superseded or withdrawn.
STANDING = frozenset({"valid", "expired", "rejected", "calibration"})


class CertificateRow(NamedTuple):
    """One row of certificates.csv, as text.  Days are ISO 8601, empty where there is none.

    ``instrument`` is the subject of the instrument in the log, as in instruments.csv; ``number`` leads to the public
    page.  ``finish_by`` is the legal deadline of the application, empty where there was none.
    """

    number: str
    kind: str
    work: str
    institute: str
    instrument: str
    instrument_kind: str
    town: str
    setting: str
    ended_on: str
    issued_on: str
    valid_until: str
    conclusion: str
    status: str
    finish_by: str
    in_time: str  # empty without a deadline
    traceable: str  # each standard used had a certificate that was valid on the day
    rejection_open: str  # rejected, still in use, nothing passed since
    xml_sha256: str
    pdf_sha256: str
    demo: str
    on: str


class CertificateCounts(NamedTuple):
    """How many certificates of one town, kind of instrument and setting are so; all but the last of a year."""

    issued: int = 0
    verified: int = 0
    passed: int = 0
    bound: int = 0
    in_time: int = 0
    traceable: int = 0
    rejection_open: int = 0


_CERTIFICATE_COLUMNS = ("town", "kind", "setting", *CertificateCounts._fields)


@dataclass(frozen=True)
class CertificateTally:
    """The counts of each town, kind and setting on a day; ``on`` is None before anything was counted."""

    on: date | None = None
    cells: tuple[tuple[str, str, str, CertificateCounts], ...] = ()

    @cached_property
    def total(self) -> CertificateCounts:
        """Return the counts of all cells."""
        return CertificateCounts(*map(sum, zip(*(cell[-1] for cell in self.cells), strict=True)))

    @property
    def settings(self) -> frozenset[str]:
        """Return the sorts of places of the certificates of the last year."""
        return frozenset(setting for _town, _kind, setting, counts in self.cells if setting and counts.issued)

    @property
    def towns(self) -> frozenset[str]:
        """Return the towns of the rows."""
        return frozenset(cell[0] for cell in self.cells)

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of instruments of the rows."""
        return frozenset(cell[1] for cell in self.cells)

    def narrowed(self, *, town: str = "", kind: str = "") -> CertificateTally:
        """Return the part of one town, one kind, or both; empty narrows nothing."""
        cells = tuple(
            cell for cell in self.cells if (not town or cell[0] == town) and (not kind or cell[1] == kind)
        )
        return replace(self, cells=cells)

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; ``from_dict`` is its inverse."""
        rows = [[*key, *counts] for *key, counts in self.cells]
        return _told(self.on, _CERTIFICATE_COLUMNS, rows)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the form for JSON.  KeyError, TypeError or ValueError where it is of another form."""
        on, rows = _read(data, _CERTIFICATE_COLUMNS)
        return cls(
            on,
            tuple(
                (str(town), str(kind), str(setting), CertificateCounts(*map(int, counts)))
                for town, kind, setting, *counts in rows
            ),
        )


NO_CERTIFICATES = CertificateTally()


def certificate_tally(rows: Iterable[CertificateRow], on: date | None = None) -> CertificateTally:
    """Return the tally of rows; ``on`` where there may be no row that says the day."""
    cells: dict[tuple[str, str, str], list[int]] = {}
    day, since = on, ""
    for row in rows:
        if not since:
            day = date.fromisoformat(row.on)
            since = (day - timedelta(days=RECENT_DAYS)).isoformat()
        counts = cells.setdefault((row.town, row.instrument_kind, row.setting), [0] * _WIDTH)
        for place, fact in enumerate(_facts(row, since)):
            counts[place] += fact
    found = ((*key, CertificateCounts(*counts)) for key, counts in sorted(cells.items()))
    return CertificateTally(day, tuple(found))


_WIDTH = len(CertificateCounts._fields)


def _facts(row: CertificateRow, since: str) -> tuple[bool, ...]:
    """Return what is true of a row, in the order of the counts; ISO days sort as text."""
    stands = row.status in STANDING
    recent = stands and row.issued_on > since
    verified = recent and row.kind != "calibration"
    bound = recent and bool(row.finish_by)
    return (
        recent,
        verified,
        verified and row.conclusion == "passed",
        bound,
        bound and row.in_time == YES,
        recent and row.traceable == YES,
        stands and row.rejection_open == YES,
    )


class StandardRow(NamedTuple):
    """One row of standards.csv, as text.

    ``public_id`` is the subject of the standard in the log, ``serves`` are numbers of regulations with ; between.
    """

    public_id: str
    institute: str
    level: str
    name: str
    serves: str
    examination_until: str
    certificate_valid_until: str
    condition: str
    valid: str  # in use, examined where the law asks for it, and with a valid certificate
    demo: str
    on: str


class StandardCounts(NamedTuple):
    """How many standards of one level are so."""

    in_use: int = 0
    valid: int = 0


_STANDARD_COLUMNS = ("level", *StandardCounts._fields)


@dataclass(frozen=True)
class StandardTally:
    """The counts of each level on a day; ``on`` is None before anything was counted."""

    on: date | None = None
    cells: tuple[tuple[str, StandardCounts], ...] = ()

    @cached_property
    def total(self) -> StandardCounts:
        """Return the counts of all levels."""
        return StandardCounts(*map(sum, zip(*(counts for _level, counts in self.cells), strict=True)))

    def of(self, level: str) -> StandardCounts:
        """Return the counts of one level."""
        return dict(self.cells).get(level, StandardCounts())

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; ``from_dict`` is its inverse."""
        return _told(self.on, _STANDARD_COLUMNS, [[level, *counts] for level, counts in self.cells])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the form for JSON.  KeyError, TypeError or ValueError where it is of another form."""
        on, rows = _read(data, _STANDARD_COLUMNS)
        return cls(on, tuple((str(level), StandardCounts(*map(int, counts))) for level, *counts in rows))


NO_STANDARDS = StandardTally()


def standard_tally(rows: Iterable[StandardRow], on: date | None = None) -> StandardTally:
    """Return the tally of rows; ``on`` where there may be no row that says the day."""
    cells: dict[str, list[int]] = {}
    day = on
    for row in rows:
        day = date.fromisoformat(row.on)
        counts = cells.setdefault(row.level, [0, 0])
        counts[0] += row.condition == "in_use"
        counts[1] += row.valid == YES
    found = ((level, StandardCounts(*counts)) for level, counts in sorted(cells.items()))
    return StandardTally(day, tuple(found))


@dataclass(frozen=True)
class WorkTally:
    """What was counted of both open files."""

    certificates: CertificateTally = NO_CERTIFICATES
    standards: StandardTally = NO_STANDARDS

    def to_dict(self) -> dict[str, Any]:
        """Return a form for JSON; ``from_dict`` is its inverse."""
        return {"certificates": self.certificates.to_dict(), "standards": self.standards.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read the form for JSON.  KeyError, TypeError or ValueError where it is of another form."""
        return cls(
            CertificateTally.from_dict(data["certificates"]), StandardTally.from_dict(data["standards"])
        )


def read_certificates(stream: TextIO) -> Iterator[CertificateRow]:
    """Read certificates.csv; raises as `quanheng.base.rows.read_rows`."""
    return map(CertificateRow._make, tables.read_rows(stream, CertificateRow._fields))


def read_standards(stream: TextIO) -> Iterator[StandardRow]:
    """Read standards.csv; raises as `quanheng.base.rows.read_rows`."""
    return map(StandardRow._make, tables.read_rows(stream, StandardRow._fields))


def _told(on: date | None, columns: tuple[str, ...], rows: list[list[Any]]) -> dict[str, Any]:
    return {"on": on.isoformat() if on else None, "columns": list(columns), "rows": rows}


def _read(data: Mapping[str, Any], columns: tuple[str, ...]) -> tuple[date | None, list[list[Any]]]:
    if tuple(data["columns"]) != columns:
        raise ValueError(f"columns are not {','.join(columns)}")
    on = data["on"]
    return (None if on is None else date.fromisoformat(on)), data["rows"]
