"""What is read from a ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quanheng.kernels.findings import Finding

Value = str | int | dt.date


@dataclass(frozen=True, slots=True)
class Column:
    """One column and what its heading means.

    ``heading`` is its text, unique in the sheet (the column's letters where it has none); ``field``
    a canonical field or None; ``confidence`` 0–1; ``is_asked`` whether a person has to say what it
    is; ``suggestions`` fields to offer; ``kind`` the dictionary's word for a known column without
    field; ``unit`` of its values as the heading states it; ``samples`` the first values.
    """

    index: int
    letters: str
    heading: str
    field: str | None
    confidence: float
    is_asked: bool
    suggestions: tuple[str, ...] = ()
    kind: str = ""
    unit: str = ""
    samples: tuple[str, ...] = ()
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One instrument: its row in the sheet, canonical field → value, and what has no field."""

    row: int
    values: Mapping[str, Value]
    other: Mapping[str, str] = field(default_factory=dict)
    count: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the record for JSON: dates as YYYY-MM-DD."""
        shown: dict[str, Any] = {"row": self.row}
        shown |= {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in self.values.items()}
        if self.count != 1:
            shown["count"] = self.count
        if self.other:
            shown["other"] = dict(self.other)
        return shown


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not read: the column that is wrong (its heading, or None), why, and in words."""

    row: int
    column: str | None
    code: str
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"row": self.row, "column": self.column, "code": self.code, "text": self.text}


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """How a sheet is read: where its headings are, what each column means, what stands above them."""

    sheet: str
    header_row: int | None
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...] = ()
    titles: tuple[str, ...] = ()

    @property
    def unknown_headings(self) -> list[str]:
        """Return the headings that a person has to be asked about."""
        return [c.heading for c in self.columns if c.is_asked]

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "sheet": self.sheet,
            "header_row": self.header_row,
            "titles": list(self.titles),
            "mapping": {c.heading: c.field for c in self.columns},
            "unknown_headings": self.unknown_headings,
            "confidence": {c.heading: c.confidence for c in self.columns},
            "suggestions": {c.heading: list(c.suggestions) for c in self.columns if c.is_asked},
        }


@dataclass(frozen=True, slots=True)
class Ledger:
    """A sheet that was read wholly."""

    mapping: SheetMapping
    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return self.mapping.to_dict() | {
            "records": [r.to_dict() for r in self.records],
            "rejected": [r.to_dict() for r in self.rejected],
            "findings": [{"code": f.code, "text": f.text, "data": dict(f.data)} for f in self.findings],
        }
