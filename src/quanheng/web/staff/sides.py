"""A compiled plan laid out for reading: each task of the text beside its rows of the annex."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quanheng.web.staff.board import findings_by_label


@dataclass(frozen=True)
class Name:
    """A department as written; ``differs`` where a finding speaks of it."""

    text: str
    differs: bool


@dataclass(frozen=True)
class AnnexSide:
    """A row of the annex."""

    row: dict[str, Any]
    lead: list[Name]
    responsible: list[Name]


@dataclass(frozen=True)
class Side:
    """A task of the text (None for rows that belong to none) with its rows and findings."""

    item: dict[str, Any] | None
    lead: list[Name]
    responsible: list[Name]
    rows: list[AnnexSide]
    findings: list[dict[str, Any]] = field(default_factory=list)


def sides(compiled: dict[str, Any]) -> list[Side]:
    """Return the tasks in the order of the text, then the rows that no task claims."""
    found = findings_by_label(compiled)
    shown = []
    for item in compiled["items"]:
        rows = [row for row in compiled["annex"] if row["label"] == item["label"]]
        shown.append(_side(item, rows, found.get(item["label"], [])))
    free = [row for row in compiled["annex"] if row["label"] is None]
    return shown + [_side(None, [row], _of_row(compiled, row["row"])) for row in free]


def general_findings(compiled: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the findings that stand beside no task and no row: they concern the whole document."""
    placed = [finding for side in sides(compiled) for finding in side.findings]
    return [finding for finding in compiled["findings"] if finding not in placed]


def _side(item: dict[str, Any] | None, rows: list[dict[str, Any]], findings: list[dict[str, Any]]) -> Side:
    spoken = {text for finding in findings for text in _texts(finding["data"])}
    return Side(
        item=item,
        lead=_names(item["lead"] if item else [], spoken),
        responsible=_names(item["responsible"] if item else [], spoken),
        rows=[
            AnnexSide(row, _names(row["lead"], spoken), _names(row["responsible"], spoken)) for row in rows
        ],
        findings=findings,
    )


def _of_row(compiled: dict[str, Any], number: int | None) -> list[dict[str, Any]]:
    return [
        f for f in compiled["findings"] if number is not None and str(f["data"].get("row")) == str(number)
    ]


def _names(written: list[str], spoken: set[str]) -> list[Name]:
    return [Name(text, text in spoken) for text in written]


def _texts(value: object) -> list[str]:
    """Return every text in the data of a finding, however deep, except what both sides share."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        # "text" and "annex" repeat the whole lists; only_in_… name what differs.
        narrow = {key: item for key, item in value.items() if key.startswith("only_in")}
        return [text for item in (narrow or value).values() for text in _texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return []
