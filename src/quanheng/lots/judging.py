"""What the plan of a sample says of its results; needs no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quanheng.kernels.sampling.judge import Verdict, judge
from quanheng.kernels.sampling.plans import Plan, plan_from_dict
from quanheng.lots.enums import ItemResult
from quanheng.lots.models import SampleItem

_BAD = {ItemResult.CONFORMING: False, ItemResult.NONCONFORMING: True}


def plan_of(document: Mapping[str, Any]) -> Plan:
    """Return the plan that a sample keeps."""
    return plan_from_dict(document)


def verdict_of(document: Mapping[str, Any], items: Iterable[SampleItem]) -> Verdict:
    """Return the verdict of a sample: what is excluded does not count, its replacement does."""
    return judge(plan_of(document), _results(items))


def open_stage(document: Mapping[str, Any], items: Iterable[SampleItem]) -> int:
    """Return the last stage whose meters are to be tested, from 1."""
    drawn = list(items)
    plan = plan_of(document)
    for stage in range(1, len(plan.stages)):
        before = _results(item for item in drawn if item.stage <= stage)
        if judge(plan, before).outcome != "continue":
            return stage
    return len(plan.stages)


def counted(items: Iterable[SampleItem]) -> list[SampleItem]:
    """Return the drawn meters that count or will, in the order of the draw, stage by stage."""
    drawn = [item for item in items if item.stage and item.result != ItemResult.EXCLUDED]
    return sorted(drawn, key=lambda item: (item.stage, item.position))


def _results(items: Iterable[SampleItem]) -> list[bool | None]:
    return [_BAD.get(ItemResult(item.result)) for item in counted(items)]
