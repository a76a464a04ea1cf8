"""Reads of the task board: the snapshot that figures rest on, and what a person may see."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from quanheng.base import clock
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope, scope_of
from quanheng.core.selectors import groups_of, units_behind
from quanheng.taskboard.enums import Part
from quanheng.taskboard.errors import EvidenceNotFound, PlanNotFound, TaskNotFound
from quanheng.taskboard.models import Evidence, Plan, PlanVersion, Task, TaskUnit
from quanheng.taskboard.records import EvidenceRecord, PlanRecords, TaskRecord


def current_plan() -> Plan | None:
    """Return the plan that the board shows first: the latest issued one that was adopted."""
    return Plan.objects.filter(current__isnull=False).select_related("current").first()


def plan_by_id(public_id: UUID) -> Plan:
    """Return an adopted plan.  PlanNotFound if there is none."""
    plan = Plan.objects.filter(public_id=public_id, current__isnull=False).select_related("current").first()
    if plan is None:
        raise PlanNotFound(public_id=str(public_id))
    return plan


def version_by_id(public_id: UUID) -> PlanVersion:
    """Return a version, adopted or draft.  PlanNotFound if there is none."""
    version = PlanVersion.objects.filter(public_id=public_id).select_related("plan").first()
    if version is None:
        raise PlanNotFound(public_id=str(public_id))
    return version


def drafts() -> QuerySet[PlanVersion]:
    """Return the documents that wait for an officer's decision."""
    return PlanVersion.objects.filter(adopted_at=None)


def live_tasks(plan: Plan) -> QuerySet[Task]:
    """Return the tasks of the current version in its order, with their units."""
    named = TaskUnit.objects.select_related("unit").prefetch_related("unit__members")
    return plan.tasks.filter(retired_in=None).prefetch_related(Prefetch("task_units", named), "indicators")


def tasks_in_scope(plan: Plan, scope: Scope) -> QuerySet[Task]:
    """Return the live tasks that name a unit of the scope, by itself or through a group."""
    tasks = live_tasks(plan)
    if scope.is_all:
        return tasks
    reached = scope.unit_ids | groups_of(scope.unit_ids)
    return tasks.filter(Q(units__in=reached)).distinct()


def task_for(user: User, public_id: UUID) -> Task:
    """Return a live task that ``user`` may see.  TaskNotFound otherwise: existence is not told."""
    task = Task.objects.filter(public_id=public_id, retired_in=None).select_related("plan__current").first()
    if (
        task is None
        or not tasks_in_scope(task.plan, scope_of(user, "taskboard.view")).filter(pk=task.pk).exists()
    ):
        raise TaskNotFound(public_id=str(public_id))
    return task


def evidence_for(user: User, public_id: UUID) -> Evidence:
    """Return evidence of a task that ``user`` may see.  EvidenceNotFound otherwise."""
    evidence = Evidence.objects.filter(public_id=public_id).select_related("task__plan", "unit").first()
    scope = scope_of(user, "taskboard.view")
    if evidence is None or not tasks_in_scope(evidence.task.plan, scope).filter(pk=evidence.task_id).exists():
        raise EvidenceNotFound(public_id=str(public_id))
    return evidence


def units_to_file_for(user: User, task: Task) -> list[OrgUnit]:
    """Return the units of a task for which ``user`` may file evidence."""
    scope = scope_of(user, "taskboard.add_evidence")
    units = [unit for named in task.units.all() for unit in units_behind(named)]
    return [unit for unit in dict.fromkeys(units) if scope.covers(unit.pk)]


def plan_records(plan: Plan) -> PlanRecords:
    """Return the snapshot of a plan as of today, from which all its figures are computed."""
    evidence = (
        Evidence.objects.filter(task__plan=plan, task__retired_in=None, withdrawn_at=None)
        .select_related("task", "unit")
        .order_by("pk")
    )
    compiled = plan.current.compiled if plan.current else {"findings": []}
    return PlanRecords(
        title=plan.title,
        doc_number=plan.doc_number,
        on=clock.today(),
        tasks=tuple(_task_record(task) for task in live_tasks(plan)),
        evidence=tuple(
            EvidenceRecord(item.task.label, item.unit.name, item.happened_on, item.file_sha256)
            for item in evidence
        ),
        findings=tuple(finding["code"] for finding in compiled["findings"]),
    )


def _task_record(task: Task) -> TaskRecord:
    named = list(task.task_units.all())
    behind = [unit.name for item in named for unit in _active_behind(item.unit)]
    return TaskRecord(
        label=task.label,
        title=task.title,
        lead=tuple(item.unit.name for item in named if item.part == Part.LEAD),
        responsible=tuple(item.unit.name for item in named if item.part == Part.RESPONSIBLE),
        obliged=tuple(dict.fromkeys(behind)),
        deadline_on=task.deadline_on,
        is_continuous=task.is_continuous,
        targets=tuple(
            (item.name, None if item.target is None else str(item.target)) for item in task.indicators.all()
        ),
    )


def _active_behind(unit: OrgUnit) -> list[OrgUnit]:
    """As ``units_behind``, from prefetched rows: no query per task."""
    members = [member for member in unit.members.all() if member.is_active]
    return members or [unit]


def plan_like(*, doc_number: str, title: str) -> Plan | None:
    """Return the plan that a document with this number, else this title, is a version of."""
    same = Plan.objects.filter(doc_number=doc_number).first() if doc_number else None
    return same or Plan.objects.filter(title=title).select_related("current").first()
