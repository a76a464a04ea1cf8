"""Tasks of a plan: whom they oblige, how they are measured, and their status, which nobody sets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from quanheng.core.permissions import Scope
from quanheng.taskboard import selectors
from quanheng.taskboard.enums import Part
from quanheng.taskboard.exports import board_workbook, task_list_document
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.models import Plan, Task
from quanheng.taskboard.records import PlanRecords, TaskRecord
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.taskboard.status import Status, judge
from quanheng.web.api.schemas import (
    Name,
    Paged,
    Problem,
    Revision,
    Slice,
    UnitNameOut,
    page_of,
    reads,
    sends_file,
    writes,
)
from quanheng.web.auth import require_permission, require_scope

router = Router(tags=["tasks"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Target = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]


class UnitInTaskOut(UnitNameOut):
    part: Part


class MeasureOut(Schema):
    """An indicator of a task.  Numbers are strings: a JSON float would lose digits."""

    name: str
    label: str
    value: str
    target: str | None
    unit: str
    formula: str
    source: str
    command: str


class TaskOut(Schema):
    public_id: UUID
    label: str
    title: str
    status: Status
    status_label: str
    status_reason: str
    last_evidence_on: date | None
    deadline_text: str
    deadline_on: date | None
    is_continuous: bool
    units: list[UnitInTaskOut]
    measures: list[MeasureOut]
    revision: int


class TaskDetailOut(TaskOut):
    plan_id: UUID
    text: str
    lead_rule: str = Field(description="牵头部门的认定依据")
    units_to_file_for: list[UnitNameOut] = Field(description="您可以为其提交佐证的单位")


class MeasuresIn(Schema):
    """``targets``: indicator name → target value, or null where the plan sets none."""

    revision: Revision
    targets: dict[Name, Target | None] = Field(max_length=20)


class TaskFilter(Schema):
    status: Status | None = None
    unit: str = Field("", max_length=100, description="单位名称")
    q: str = Field("", max_length=100, description="编号或标题中的文字")


class TaskSlice(TaskFilter, Slice):
    """Which tasks are asked for, and which part of them."""


@router.get("/plans/{uuid:public_id}/tasks", response=reads(Paged[TaskOut]), summary="规划的任务及状态")
def list_tasks(request: HttpRequest, public_id: UUID, wanted: Query[TaskSlice]) -> dict[str, Any]:
    _user, scope = require_scope(request, "taskboard.view")
    return page_of(_wanted_tasks(selectors.plan_by_id(public_id), scope, wanted), wanted)


@router.get(
    "/plans/{uuid:public_id}/tasks.xlsx",
    response=dict.fromkeys((401, 403, 404, 422), Problem),
    openapi_extra=sends_file(XLSX),
    summary="任务看板，Excel",
)
def get_workbook(request: HttpRequest, public_id: UUID, wanted: Query[TaskFilter]) -> HttpResponse:
    return HttpResponse(_export(request, public_id, wanted, board_workbook), content_type=XLSX)


@router.get(
    "/plans/{uuid:public_id}/tasks.docx",
    response=dict.fromkeys((401, 403, 404, 422), Problem),
    openapi_extra=sends_file(DOCX),
    summary="任务清单，Word",
)
def get_task_list(request: HttpRequest, public_id: UUID, wanted: Query[TaskFilter]) -> HttpResponse:
    return HttpResponse(_export(request, public_id, wanted, task_list_document), content_type=DOCX)


@router.get("/tasks/{uuid:public_id}", response=reads(TaskDetailOut), summary="一项任务")
def get_task(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    user = require_permission(request, "taskboard.view")
    task = selectors.task_for(user, public_id)
    return _task_out(task, selectors.plan_records(task.plan)) | {
        "plan_id": task.plan.public_id,
        "text": task.text,
        "lead_rule": task.lead_rule,
        "units_to_file_for": [
            {"id": unit.pk, "name": unit.name} for unit in selectors.units_to_file_for(user, task)
        ],
    }


@router.put("/tasks/{uuid:public_id}/measures", response=writes(TaskDetailOut), summary="设定任务的指标")
def put_measures(request: HttpRequest, public_id: UUID, body: MeasuresIn) -> dict[str, Any]:
    actor = require_permission(request, "taskboard.change_task")
    measure_task_by(actor=actor, task_id=public_id, revision=body.revision, targets=body.targets)
    return get_task(request, public_id)


def _wanted_tasks(plan: Plan, scope: Scope, wanted: TaskFilter) -> list[dict[str, Any]]:
    records = selectors.plan_records(plan)
    shown = [_task_out(task, records) for task in selectors.tasks_in_scope(plan, scope)]
    return [task for task in shown if _is_wanted(task, wanted)]


def _export(request: HttpRequest, public_id: UUID, wanted: TaskFilter, make: Callable[..., bytes]) -> bytes:
    """Return the tasks that are asked for as a file that says how they were chosen."""
    _user, scope = require_scope(request, "taskboard.view")
    plan = selectors.plan_by_id(public_id)
    keys = [task["key"] for task in _wanted_tasks(plan, scope, wanted)]
    words = [wanted.status.label if wanted.status else "", wanted.unit, wanted.q]
    return make(plan, scope, keys=keys, which=_("，").join(filter(None, words)))


def _task_out(task: Task, records: PlanRecords) -> dict[str, Any]:
    record = selectors.record_of(records, task)
    judged = judge(records, record)
    return {
        "public_id": task.public_id,
        "key": record.key,
        "label": task.label,
        "title": task.title,
        "status": judged.status,
        "status_label": judged.status.label,
        "status_reason": judged.reason,
        "last_evidence_on": judged.last_on,
        "deadline_text": task.deadline_text,
        "deadline_on": task.deadline_on,
        "is_continuous": task.is_continuous,
        "units": [
            {"id": item.unit_id, "name": item.unit.name, "part": item.part} for item in task.task_units.all()
        ],
        "measures": [_measure_out(name, target, record, records) for name, target in record.targets],
        "revision": task.revision,
    }


def _measure_out(name: str, target: str | None, record: TaskRecord, records: PlanRecords) -> dict[str, Any]:
    item = REGISTRY[name]
    return {
        "name": name,
        "label": item.label,
        "value": str(item.value(records, record)),
        "target": target,
        "unit": item.unit,
        "formula": item.formula,
        "source": item.source,
        "command": item.command(record, plan=records.plan_option),
    }


def _is_wanted(task: dict[str, Any], wanted: TaskFilter) -> bool:
    return (
        (wanted.status is None or task["status"] is wanted.status)
        and (not wanted.unit or wanted.unit in {unit["name"] for unit in task["units"]})
        and wanted.q in f"{task['label']} {task['title']}"
    )
