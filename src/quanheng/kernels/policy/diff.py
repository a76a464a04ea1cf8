"""What changed between two versions of a plan, task by task and row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from quanheng.kernels.policy.departments import generic_form, squeeze
from quanheng.kernels.policy.model import AnnexRow, CompiledPlan, Item, row_name

_SAME_TEXT = 0.6


@dataclass(frozen=True)
class PlanChange:
    """``label`` is the task in the new version, in the old one where it was removed."""

    code: str
    label: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "label": self.label, "text": self.text, "data": dict(self.data)}


def diff_plans(
    old: CompiledPlan, new: CompiledPlan, *, names: Callable[[str], str] = generic_form
) -> list[PlanChange]:
    """Changes from ``old`` to ``new``; ``names`` maps a department to the form compared."""
    pairs, removed, added = pair_items(old.items, new.items)
    out = [PlanChange("task_removed", i.label, f"删去任务“{i.title}”。", {"title": i.title}) for i in removed]
    out += [PlanChange("task_added", i.label, f"新增任务“{i.title}”。", {"title": i.title}) for i in added]
    for before, after in pairs:
        out += _task_changes(before, after, names)
    return out + _row_changes(old.annex, new.annex, {b.label: a.label for b, a in pairs}, names)


def pair_items(
    old: tuple[Item, ...], new: tuple[Item, ...]
) -> tuple[list[tuple[Item, Item]], list[Item], list[Item]]:
    """Same title first, then same number with a near title or text, then near title and text alone."""
    left, right = list(old), list(new)
    pairs: list[tuple[Item, Item]] = []
    tests: list[Callable[[Item, Item], bool]] = [
        lambda a, b: a.title == b.title and a.label == b.label,
        lambda a, b: a.title == b.title,
        lambda a, b: a.label == b.label and (_near(a.title, b.title) or _near(a.text, b.text)),
        lambda a, b: _near(a.title, b.title) and (not a.text or not b.text or _near(a.text, b.text)),
    ]
    for same in tests:
        for before in list(left):
            after = next((b for b in right if same(before, b)), None)
            if after is not None:
                pairs.append((before, after))
                left.remove(before)
                right.remove(after)
    order = {id(item): index for index, item in enumerate(new)}
    return sorted(pairs, key=lambda pair: order[id(pair[1])]), left, right


def _near(a: str, b: str) -> bool:
    return bool(a and b) and SequenceMatcher(None, a, b, autojunk=False).ratio() >= _SAME_TEXT


def _task_changes(old: Item, new: Item, names: Callable[[str], str]) -> list[PlanChange]:
    out = []
    if old.label != new.label:
        out.append(
            _change("task_renumbered", new, f"编号由{old.label}改为{new.label}。", old.label, new.label)
        )
    if old.title != new.title:
        out.append(
            _change("task_renamed", new, f"标题由“{old.title}”改为“{new.title}”。", old.title, new.title)
        )
    if old.text and new.text and squeeze(old.text) != squeeze(new.text):
        out.append(_change("text_changed", new, "任务内容有改动。", old.text, new.text))
    for code, what, before, after in (
        ("lead_changed", "牵头部门", old.lead, new.lead),
        ("responsible_changed", "责任部门", old.responsible, new.responsible),
        ("local_governments_changed", "地方政府", old.local_governments, new.local_governments),
    ):
        if {names(n) for n in before} != {names(n) for n in after}:
            text = f"{what}由{_listed(before)}改为{_listed(after)}。"
            out.append(_change(code, new, text, list(before), list(after)))
    return out


def _change(code: str, item: Item, text: str, old: object, new: object) -> PlanChange:
    return PlanChange(code, item.label, text, {"old": old, "new": new})


def _listed(names: Iterable[str]) -> str:
    return "、".join(names) or "（无）"


def _row_changes(
    old: tuple[AnnexRow, ...],
    new: tuple[AnnexRow, ...],
    renumbered: Mapping[str, str],
    names: Callable[[str], str],
) -> list[PlanChange]:
    left, right = list(old), list(new)
    pairs = []
    tests: list[Callable[[AnnexRow, AnnexRow], bool]] = [
        lambda a, b: a == b,
        lambda a, b: bool(a.content) and a.content == b.content and a.item == b.item,
        lambda a, b: a.row == b.row and a.item == b.item,
        lambda a, b: renumbered.get(a.label or "") == b.label is not None and _near(a.content, b.content),
    ]
    for same in tests:
        for before in list(left):
            after = next((b for b in right if same(before, b)), None)
            if after is not None:
                pairs.append((before, after))
                left.remove(before)
                right.remove(after)
    out = [_row("annex_row_removed", r, f"删去{row_name(r.row)}。", r.row, None) for r in left]
    out += [_row("annex_row_added", r, f"新增{row_name(r.row)}。", None, r.row) for r in right]
    for before, after in pairs:
        out += _one_row(before, after, names)
    return out


def _one_row(before: AnnexRow, after: AnnexRow, names: Callable[[str], str]) -> list[PlanChange]:
    out = []
    where = row_name(after.row)
    if before.deadline != after.deadline:
        text = f"{where}完成时限由“{before.deadline}”改为“{after.deadline}”。"
        out.append(_row("deadline_changed", after, text, before.deadline, after.deadline))
    if before.content != after.content:
        out.append(
            _row("annex_content_changed", after, f"{where}工作内容有改动。", before.content, after.content)
        )
    for code, what, a, b in (
        ("annex_lead_changed", "牵头部门", before.lead, after.lead),
        ("annex_responsible_changed", "责任部门", before.responsible, after.responsible),
    ):
        if {names(n) for n in a} != {names(n) for n in b}:
            out.append(_row(code, after, f"{where}{what}由{_listed(a)}改为{_listed(b)}。", list(a), list(b)))
    return out


def _row(code: str, row: AnnexRow, text: str, old: object, new: object) -> PlanChange:
    return PlanChange(code, row.label or "", text, {"row": row.row, "old": old, "new": new})
