"""Reads of the task board: the snapshot that figures rest on, and what a person may see."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from quanheng.base import clock
from quanheng.base.files import stored_path
from quanheng.certificates.published import kept_work
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope, scope_of
from quanheng.core.selectors import groups_of, units_behind
from quanheng.instruments.services.opendata import kept_tally
from quanheng.taskboard.enums import Part
from quanheng.taskboard.errors import (
    EvidenceFileAltered,
    EvidenceFileMissing,
    EvidenceNotFound,
    PlanNotFound,
    TaskNotFound,
)
from quanheng.taskboard.meters import kept_meters
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
    """Return evidence that ``user`` may see of a task that they may see.  EvidenceNotFound otherwise."""
    evidence = Evidence.objects.filter(public_id=public_id).select_related("task__plan", "unit").first()
    scope = scope_of(user, "taskboard.view")
    if (
        evidence is None
        or not tasks_in_scope(evidence.task.plan, scope).filter(pk=evidence.task_id).exists()
        or not evidence_visible(user, [evidence.task]).filter(pk=evidence.pk).exists()
    ):
        raise EvidenceNotFound(public_id=str(public_id))
    return evidence


def evidence_visible(user: User, tasks: Iterable[Task]) -> QuerySet[Evidence]:
    """Return what ``user`` may see of the evidence of these tasks, which the caller knows to be theirs.

    Files name people: a unit reads its own, and those of every unit only for a task that it leads.
    """
    scope = scope_of(user, "taskboard.view")
    filed = Evidence.objects.filter(task__in=tasks).select_related(
        "task__plan", "unit", "filed_by", "withdrawn_by"
    )
    if scope.is_all:
        return filed
    led = TaskUnit.objects.filter(part=Part.LEAD, unit__in=scope.unit_ids).values("task")
    return filed.filter(Q(unit__in=scope.unit_ids) | Q(task__in=led))


def evidence_file(user: User, public_id: UUID) -> tuple[Evidence, bytes]:
    """Return evidence that ``user`` may see, with its file as it was filed.

    Raises
    ------
    EvidenceNotFound
        Not there, or not for this person.
    EvidenceFileMissing, EvidenceFileAltered
        The store has no such file, or other bytes than were filed.
    """
    evidence = evidence_for(user, public_id)
    try:
        data = stored_path(evidence.file_sha256).read_bytes()
    except OSError as error:
        raise EvidenceFileMissing(sha256=evidence.file_sha256) from error
    if hashlib.sha256(data).hexdigest() != evidence.file_sha256:
        raise EvidenceFileAltered(sha256=evidence.file_sha256)
    return evidence, data


def units_to_file_for(user: User, task: Task) -> list[OrgUnit]:
    """Return the units of a task for which ``user`` may file evidence."""
    scope = scope_of(user, "taskboard.add_evidence")
    units = [unit for named in task.units.all() for unit in units_behind(named)]
    return [unit for unit in dict.fromkeys(units) if scope.covers(unit.pk)]


def plan_records(plan: Plan) -> PlanRecords:
    """Return the snapshot of a plan as of today, from which all its figures are computed."""
    tasks = list(live_tasks(plan))
    labels = Counter(task.label for task in tasks)
    keys = {task.pk: task.label if labels[task.label] == 1 else str(task.public_id) for task in tasks}
    evidence = (
        Evidence.objects.filter(task__in=tasks, withdrawn_at=None)
        .order_by("pk")
        .values_list("task_id", "unit__name", "happened_on", "file_sha256")
    )
    first = current_plan()
    compiled = plan.current.compiled if plan.current else {"findings": []}
    return PlanRecords(
        title=plan.title,
        doc_number=plan.doc_number,
        on=clock.today(),
        tasks=tuple(_task_record(task, keys[task.pk]) for task in tasks),
        evidence=tuple(EvidenceRecord(keys[task], unit, on, sha256) for task, unit, on, sha256 in evidence),
        findings=tuple(finding["code"] for finding in compiled["findings"]),
        registry=kept_tally(),
        work=kept_work(),
        meters=kept_meters(),
        plan_option="" if plan == first else plan.doc_number or plan.title,
    )


def record_of(records: PlanRecords, task: Task) -> TaskRecord:
    """Return the record of a live task in a snapshot of its plan."""
    return next(record for record in records.tasks if record.key in {task.label, str(task.public_id)})


def plan_named(name: str) -> Plan:
    """Return the adopted plan with this document number or title; the first for an empty name.

    Raises
    ------
    PlanNotFound
        There is none.
    """
    adopted = Plan.objects.filter(current__isnull=False).select_related("current")
    plan = adopted.filter(Q(doc_number=name) | Q(title=name)).first() if name else current_plan()
    if plan is None:
        raise PlanNotFound(name=name)
    return plan


def _task_record(task: Task, key: str) -> TaskRecord:
    named = list(task.task_units.all())
    behind = [unit.name for item in named for unit in _active_behind(item.unit)]
    return TaskRecord(
        key=key,
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
    if unit.kind != UnitKind.GROUP:
        return [unit]
    return [member for member in unit.members.all() if member.is_active]


def plan_like(*, doc_number: str, title: str) -> Plan | None:
    """Return the plan that a document is a version of: of the same number, or of the same title
    where one of the two has no number (two numbers are two documents, whatever their titles)."""
    plans = Plan.objects.select_related("current")
    if not doc_number:
        return plans.filter(title=title).first() if title else None
    return plans.filter(doc_number=doc_number).first() or plans.filter(title=title, doc_number="").first()
