"""What the compiler returns: frozen values with one JSON shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of the source, line breaks inside it already repaired by its reader."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of cells; ``None`` is a cell known to continue the merged cell above it."""

    rows: tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True)
class Document:
    blocks: tuple[Paragraph | Table, ...]
    media_type: str = "text/plain"


@dataclass(frozen=True)
class Finding:
    """Something in the document a person should look at; never an error."""

    code: str
    where: str
    text: str
    data: Data = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "where": self.where, "text": self.text, "data": dict(self.data)}


@dataclass(frozen=True)
class Assignment:
    """One responsibility bracket as read; names stand as written."""

    raw: str
    lead: tuple[str, ...]
    responsible: tuple[str, ...]
    local_governments: tuple[str, ...]
    open_ended: bool
    lead_rule: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "raw": self.raw,
            "lead": list(self.lead),
            "responsible": list(self.responsible),
            "local_governments": list(self.local_governments),
            "open_ended": self.open_ended,
            "lead_rule": self.lead_rule,
            "fields": dict(self.fields),
        }


@dataclass(frozen=True)
class Item:
    label: str
    title: str
    text: str
    lead: tuple[str, ...]
    responsible: tuple[str, ...]
    lead_rule: str
    local_governments: tuple[str, ...]
    open_ended: bool
    assignments: tuple[Assignment, ...]
    heading: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "title": self.title,
            "text": self.text,
            "lead": list(self.lead),
            "responsible": list(self.responsible),
            "lead_rule": self.lead_rule,
            "local_governments": list(self.local_governments),
            "open_ended": self.open_ended,
            "heading": self.heading,
            "assignments": [a.to_dict() for a in self.assignments],
        }


@dataclass(frozen=True)
class AnnexRow:
    """One row of the annex table; ``label`` is the task of the text it was matched to."""

    row: int | None
    task: str
    item: str
    content: str
    deadline: str
    lead: tuple[str, ...]
    responsible: tuple[str, ...]
    label: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "task": self.task,
            "item": self.item,
            "content": self.content,
            "deadline": self.deadline,
            "lead": list(self.lead),
            "responsible": list(self.responsible),
            "label": self.label,
        }


def row_name(*numbers: int | None) -> str:
    """Name annex rows by their numbers, also where some could not be read: 附件第3、4行."""
    known = "、".join(str(n) for n in numbers if n is not None)
    if not known:
        return "附件某行（序号不明）"
    return f"附件第{known}行" + ("等（有的序号不明）" if None in numbers else "")


@dataclass(frozen=True)
class Target:
    """A number stated in a goal; ``op`` is one of ``=``, ``>=``, ``<=``, ``~``."""

    indicator: str
    op: str
    value: str
    unit: str

    def to_dict(self) -> dict[str, Any]:
        return {"indicator": self.indicator, "op": self.op, "value": self.value, "unit": self.unit}


@dataclass(frozen=True)
class Goal:
    year: int
    text: str
    targets: tuple[Target, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"year": self.year, "text": self.text, "targets": [t.to_dict() for t in self.targets]}


@dataclass(frozen=True)
class Department:
    """``known`` is None where no county table was given to compare with."""

    name: str
    canonical: str
    known: bool | None

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "canonical": self.canonical, "known": self.known}


@dataclass(frozen=True)
class Source:
    sha256: str
    filename: str
    media_type: str
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "sha256": self.sha256,
            "filename": self.filename,
            "media_type": self.media_type,
            "bytes": self.bytes,
        }


@dataclass(frozen=True)
class CompiledPlan:
    """A plan document as tasks; ``title``, ``doc_number``, ``issued_on`` are None where not stated."""

    title: str | None
    doc_number: str | None
    issued_on: str | None
    goals: tuple[Goal, ...]
    items: tuple[Item, ...]
    annex: tuple[AnnexRow, ...]
    findings: tuple[Finding, ...]
    departments: tuple[Department, ...]
    source: Source

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "doc_number": self.doc_number,
            "issued_on": self.issued_on,
            "goals": [g.to_dict() for g in self.goals],
            "items": [i.to_dict() for i in self.items],
            "annex": [r.to_dict() for r in self.annex],
            "findings": [f.to_dict() for f in self.findings],
            "departments": [d.to_dict() for d in self.departments],
            "source": self.source.to_dict(),
        }
