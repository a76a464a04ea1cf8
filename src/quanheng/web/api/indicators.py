"""Indicators: every figure with its formula, its source and the command that recomputes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from quanheng.base import clock
from quanheng.certificates.published import kept_work
from quanheng.instruments.services.opendata import kept_tally
from quanheng.taskboard import selectors
from quanheng.taskboard.errors import PlanNotFound
from quanheng.taskboard.indicators import REGISTRY, Indicator, find
from quanheng.taskboard.meters import kept_meters
from quanheng.taskboard.records import PlanRecords
from quanheng.taskboard.registry import PARTED
from quanheng.web.api.errors import BadRequest
from quanheng.web.api.schemas import Paged, Slice, page_of, reads
from quanheng.web.auth import require_permission

router = Router(tags=["indicators"])


class IndicatorOut(Schema):
    name: str
    label: str
    unit: str
    formula: str
    source: str
    per_task: bool


class ValueOut(IndicatorOut):
    """A computed indicator.  ``value`` is a string: a JSON float would lose digits."""

    value: str
    on: date
    command: str


class Subject(Schema):
    plan: UUID | None = Field(None, description="规划；不给则为现行规划")
    task: UUID | None = Field(None, description="任务；按任务计算的指标必须给出")
    town: str = Field("", max_length=100, description="乡镇街道；只用于 registry.* 和 verification.* 指标")
    kind: str = Field("", max_length=60, description="种类代码；只用于 registry.* 和 verification.* 指标")


@router.get("/indicators", response=reads(Paged[IndicatorOut]), summary="全部指标的名称、公式和来源")
def list_indicators(request: HttpRequest, part: Query[Slice]) -> dict[str, Any]:
    require_permission(request, "taskboard.view")
    return page_of(list(REGISTRY.values()), part)


@router.get("/indicators/{name}", response=reads(ValueOut), summary="重新计算一个指标")
def get_indicator(request: HttpRequest, name: str, subject: Query[Subject]) -> dict[str, Any]:
    user = require_permission(request, "taskboard.view")
    item = find(name)
    if (subject.town or subject.kind) and item.over not in PARTED:
        raise BadRequest(**{"query": _("这个指标不分乡镇街道和种类。")})
    if item.of_county:
        if subject.task is not None or subject.plan is not None:
            raise BadRequest(**{"query": _("这个指标按全县的登记计算，不能给出规划或任务。")})
        records = _of_county(subject)
        command = item.command(town=subject.town, kind=subject.kind)
        return _valued(item, str(item.value(records)), records.on, command)
    if item.per_task:
        if subject.task is None:
            raise BadRequest(**{"query.task": _("这个指标按任务计算，请给出任务。")})
        task = selectors.task_for(user, subject.task)
        records = selectors.plan_records(task.plan)
        record = selectors.record_of(records, task)
        return _valued(
            item, str(item.value(records, record)), records.on, item.command(record, plan=records.plan_option)
        )
    if subject.task is not None:
        raise BadRequest(**{"query.task": _("这个指标按规划计算，不能给出任务。")})
    plan = selectors.plan_by_id(subject.plan) if subject.plan else selectors.current_plan()
    if plan is None:
        raise PlanNotFound()
    records = selectors.plan_records(plan)
    return _valued(item, str(item.value(records)), records.on, item.command(plan=records.plan_option))


def _of_county(subject: Subject) -> PlanRecords:
    """Return what the last county day counted, or the part of one town and kind."""
    part, work = {"town": subject.town, "kind": subject.kind}, kept_work()
    counted = replace(work, certificates=work.certificates.narrowed(**part))
    return PlanRecords.of_county(
        clock.today(), registry=kept_tally().narrowed(**part), work=counted, meters=kept_meters()
    )


def _valued(item: Indicator, value: str, on: date, command: str) -> dict[str, Any]:
    described = {name: getattr(item, name) for name in IndicatorOut.model_fields}
    return described | {"value": value, "on": on, "command": command}
