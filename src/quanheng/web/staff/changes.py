"""What changed between two versions of a plan, with the difference of each list of departments."""

from __future__ import annotations

from dataclasses import dataclass

from quanheng.kernels.policy import CompiledPlan, PlanChange, diff_plans


@dataclass(frozen=True)
class Changed:
    """One change in words; ``added`` and ``removed`` where a list of departments changed."""

    label: str
    text: str
    added: list[str]
    removed: list[str]


def changed(before: CompiledPlan, after: CompiledPlan) -> list[Changed]:
    """Return the changes from one version to the next."""
    return [_changed(change) for change in diff_plans(before, after)]


def _changed(change: PlanChange) -> Changed:
    old, new = change.data.get("old"), change.data.get("new")
    if not isinstance(old, list) or not isinstance(new, list):
        return Changed(change.label, change.text, [], [])
    added, removed = [name for name in new if name not in old], [name for name in old if name not in new]
    return Changed(change.label, change.text, added, removed)
