"""A compiled plan back from its JSON or YAML form, each field checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from quanheng.kernels.policy.model import (
    AnnexRow,
    Assignment,
    CompiledPlan,
    Department,
    Finding,
    Goal,
    Item,
    Source,
    Target,
)
from quanheng.kernels.policy.rules import LeadRule

_T = TypeVar("_T")
_RULES = {rule.value for rule in LeadRule}
_MISSING = object()


class _Reader:
    """Typed access to one mapping; errors name the path."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(f"{path}: expected a mapping, got {value!r}")  # noqa: TRY004 - one error type for bad data
        self.value, self.path = value, path

    def get(self, key: str, kind: type[_T], default: object = _MISSING) -> _T:
        found = self.value.get(key, default)
        if found is _MISSING:
            raise ValueError(f"{self.path}.{key}: missing")
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise ValueError(f"{self.path}.{key}: expected {kind.__name__}, got {found!r}")
        return found

    def optional(self, key: str, kind: type[_T]) -> _T | None:
        return None if self.value.get(key) is None else self.get(key, kind)

    def names(self, key: str) -> tuple[str, ...]:
        found = self.get(key, list, [])
        for name in found:
            if not isinstance(name, str) or not name.strip():
                raise ValueError(f"{self.path}.{key}: expected names, got {name!r}")
        return tuple(found)

    def each(self, key: str, read: Callable[[_Reader], _T]) -> tuple[_T, ...]:
        found: Sequence[object] = self.get(key, list, [])
        return tuple(read(_Reader(v, f"{self.path}.{key}[{i}]")) for i, v in enumerate(found))


def plan_from_dict(value: Mapping[str, Any]) -> CompiledPlan:
    """Inverse of ``CompiledPlan.to_dict``.  Texts may be empty: a plan can ship as facts only.

    Raises
    ------
    ValueError
        A field is missing or of the wrong type, with its path; a lead without a
        rule; a date that is none; a row that names a task the plan does not have.
    """
    plan = _Reader(value, "plan")
    issued_on = plan.optional("issued_on", str)
    if issued_on is not None:
        _check_date(issued_on)
    items = plan.each("items", _item)
    annex = plan.each("annex", _row)
    labels = {item.label for item in items}
    for row in annex:
        if row.label is not None and row.label not in labels:
            raise ValueError(
                f"plan.annex: row {row.row} names task {row.label!r}, which the plan does not have"
            )
    return CompiledPlan(
        title=plan.optional("title", str),
        doc_number=plan.optional("doc_number", str),
        issued_on=issued_on,
        goals=plan.each("goals", _goal),
        items=items,
        annex=annex,
        findings=plan.each("findings", _finding),
        departments=plan.each("departments", _department),
        source=_source(_Reader(plan.get("source", dict), "plan.source")),
    )


def _check_date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"plan.issued_on: expected a date YYYY-MM-DD, got {text!r}") from None


def _rule(reader: _Reader, lead: tuple[str, ...]) -> str:
    rule = reader.get("lead_rule", str, LeadRule.NONE_STATED.value)
    if rule not in _RULES:
        raise ValueError(f"{reader.path}.lead_rule: unknown rule {rule!r}")
    if bool(lead) == (rule == LeadRule.NONE_STATED.value):
        raise ValueError(f"{reader.path}: lead {list(lead)!r} does not go with lead_rule {rule!r}")
    return rule


def _fields(reader: _Reader) -> dict[str, str]:
    found = reader.get("fields", dict, {})
    return {str(k): str(v) for k, v in found.items()}


def _assignment(reader: _Reader) -> Assignment:
    lead = reader.names("lead")
    return Assignment(
        raw=reader.get("raw", str, ""),
        lead=lead,
        responsible=reader.names("responsible"),
        local_governments=reader.names("local_governments"),
        open_ended=reader.get("open_ended", bool, False),
        lead_rule=_rule(reader, lead),
        fields=_fields(reader),
    )


def _item(reader: _Reader) -> Item:
    lead = reader.names("lead")
    return Item(
        label=reader.get("label", str),
        title=reader.get("title", str),
        text=reader.get("text", str, ""),
        lead=lead,
        responsible=reader.names("responsible"),
        lead_rule=_rule(reader, lead),
        local_governments=reader.names("local_governments"),
        open_ended=reader.get("open_ended", bool, False),
        assignments=reader.each("assignments", _assignment),
        heading=reader.get("heading", str, ""),
    )


def _row(reader: _Reader) -> AnnexRow:
    return AnnexRow(
        row=reader.optional("row", int),
        task=reader.get("task", str, ""),
        item=reader.get("item", str, ""),
        content=reader.get("content", str, ""),
        deadline=reader.get("deadline", str, ""),
        lead=reader.names("lead"),
        responsible=reader.names("responsible"),
        label=reader.optional("label", str),
    )


def _target(reader: _Reader) -> Target:
    return Target(*(reader.get(key, str) for key in ("indicator", "op", "value", "unit")))


def _goal(reader: _Reader) -> Goal:
    return Goal(reader.get("year", int), reader.get("text", str, ""), reader.each("targets", _target))


def _finding(reader: _Reader) -> Finding:
    return Finding(
        reader.get("code", str),
        reader.get("where", str, ""),
        reader.get("text", str, ""),
        reader.get("data", dict, {}),
    )


def _department(reader: _Reader) -> Department:
    return Department(reader.get("name", str), reader.get("canonical", str), reader.optional("known", bool))


def _source(reader: _Reader) -> Source:
    digest = reader.get("sha256", str)
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError(f"plan.source.sha256: expected 64 hexadecimal digits, got {digest!r}")
    return Source(
        digest,
        reader.get("filename", str, ""),
        reader.get("media_type", str, ""),
        reader.get("bytes", int, 0),
    )
