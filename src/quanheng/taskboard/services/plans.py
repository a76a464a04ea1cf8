"""A document becomes a draft, an officer's adoption makes it the current version of a plan."""

from __future__ import annotations

import hashlib
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.files import store_file
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import OrgUnit, User
from quanheng.core.selectors import unit_names
from quanheng.core.services import acted_by
from quanheng.kernels.policy import CompiledPlan, diff_plans, plan_from_dict
from quanheng.kernels.policy.deadlines import read_deadline
from quanheng.kernels.policy.diff import pair_items
from quanheng.taskboard.compiling import compile_for_county, unit_name, unknown_names
from quanheng.taskboard.enums import Part
from quanheng.taskboard.errors import (
    AlreadyAdopted,
    DocumentKnown,
    NoTasks,
    PlanNotFound,
    UnknownDepartments,
)
from quanheng.taskboard.models import Plan, PlanVersion, Task, TaskUnit
from quanheng.taskboard.selectors import plan_like
from quanheng.transparency.services import Personal, enqueue_leaf


def receive_document(*, actor: User | None, data: bytes, filename: str) -> PlanVersion:
    """Compile a document and keep it as a draft; nothing on the board changes yet.

    Raises
    ------
    DocumentNotRead, DocumentKnown
        The compiler refuses it; the same bytes were received before.
    """
    digest = hashlib.sha256(data).hexdigest()
    _refuse_known(digest)
    compiled = compile_for_county(data, filename=filename)
    store_file(data)
    try:
        with transaction.atomic():
            version = PlanVersion.objects.create(
                source_name=filename,
                source_sha256=digest,
                compiled=compiled.to_dict(),
                received_at=clock.now(),
                received_by=actor,
            )
            enqueue_leaf(
                kind="plan:received",
                subject=f"planversion:{version.public_id}",
                data={"title": compiled.title or "", "sha256": digest, "tasks": len(compiled.items)},
                # A file name often names a person.
                personal=acted_by(actor) | _file_name(actor, filename),
            )
    except IntegrityError:
        _refuse_known(digest)
        raise
    return version


def _file_name(actor: User | None, filename: str) -> dict[str, Personal]:
    return {} if actor is None else {"file_name": Personal(filename, actor.person)}


def _refuse_known(digest: str) -> None:
    if known := PlanVersion.objects.filter(source_sha256=digest).first():
        raise DocumentKnown(name=known.source_name, public_id=str(known.public_id))


@transaction.atomic
def adopt_version(
    *, actor: User | None, public_id: UUID, against: str | None = None, is_demo: bool = False
) -> Plan:
    """Make a draft the current version of its plan: the board follows it from now on.

    Which plan it is a version of: ``selectors.plan_like``.  Which task goes on in which:
    ``kernels.policy.diff.pair_items``, the same that the page of changes shows; evidence and
    indicators stay with the task, and tasks no longer named are retired.

    ``against`` is the id of the version that the person compared the draft with, empty for none;
    None where nobody compared.

    Raises
    ------
    PlanNotFound, AlreadyAdopted, NoTasks
        No such draft; adopted before; nothing to put on the board.
    StaleRevision
        Another version was adopted since the person compared.
    UnknownDepartments
        The document names units that this county does not know: asked, never guessed.
    """
    lock_for_transaction("taskboard.adopt")
    version = PlanVersion.objects.select_for_update().filter(public_id=public_id).first()
    if version is None:
        raise PlanNotFound(public_id=str(public_id))
    if version.adopted_at is not None:
        raise AlreadyAdopted(public_id=str(public_id))
    compiled = plan_from_dict(version.compiled)
    if not compiled.items:
        raise NoTasks()
    if unknown := unknown_names(compiled):
        raise UnknownDepartments(count=len(unknown), names="、".join(unknown))
    plan = _plan_of(version, compiled, is_demo=is_demo)
    if against is not None and against != (str(plan.current.public_id) if plan.current else ""):
        raise StaleRevision()
    before = plan_from_dict(plan.current.compiled) if plan.current else None
    version.plan, version.number = plan, plan.versions.count() + 1
    version.adopted_at, version.adopted_by = clock.now(), actor
    version.save(update_fields=["plan", "number", "adopted_at", "adopted_by"])
    plan.current, plan.title, plan.doc_number = version, _title(version, compiled), compiled.doc_number or ""
    plan.issued_on = date.fromisoformat(compiled.issued_on) if compiled.issued_on else None
    plan.save(update_fields=["current", "title", "doc_number", "issued_on"])
    _lay_out_tasks(plan, version, before, compiled)
    changes = diff_plans(before, compiled) if before else ()
    enqueue_leaf(
        kind="plan:adopted",
        subject=f"plan:{plan.public_id}",
        data={
            "title": plan.title,
            "doc_number": plan.doc_number,
            "version": version.number,
            "sha256": version.source_sha256,
            "tasks": len(compiled.items),
            "findings": len(compiled.findings),
            "changes": [change.code for change in changes],
        },
        personal=acted_by(actor),
    )
    return plan


@transaction.atomic
def discard_draft(*, actor: User | None, public_id: UUID) -> None:
    """Drop a draft that nobody adopted; that it was received stays in the log."""
    version = PlanVersion.objects.select_for_update().filter(public_id=public_id).first()
    if version is None:
        raise PlanNotFound(public_id=str(public_id))
    if version.adopted_at is not None:
        raise AlreadyAdopted(public_id=str(public_id))
    enqueue_leaf(
        kind="plan:draft_discarded",
        subject=f"planversion:{version.public_id}",
        data={"sha256": version.source_sha256},
        personal=acted_by(actor),
    )
    version.delete()


def _plan_of(version: PlanVersion, compiled: CompiledPlan, *, is_demo: bool) -> Plan:
    number, title = compiled.doc_number or "", _title(version, compiled)
    return plan_like(doc_number=number, title=compiled.title or "") or Plan.objects.create(
        title=title, doc_number=number, is_demo=is_demo
    )


def _title(version: PlanVersion, compiled: CompiledPlan) -> str:
    """Return the title of the document; one without is called by its file and when it came."""
    received = timezone.localtime(version.received_at)
    return compiled.title or f"{version.source_name[:200]} {received:%Y-%m-%d %H:%M:%S}"


def _lay_out_tasks(
    plan: Plan, version: PlanVersion, before: CompiledPlan | None, compiled: CompiledPlan
) -> None:
    present = list(plan.tasks.select_for_update())
    going_on = _going_on(present, before, compiled)
    used: set[int] = set()
    for position, item in enumerate(compiled.items):
        task = going_on.get(position) or Task(plan=plan, revision=0)
        task.label, task.title, task.text, task.position = item.label, item.title, item.text, position
        task.lead_rule, task.retired_in = item.lead_rule, None
        task.deadline_text, task.deadline_on, task.is_continuous = _deadline(compiled, item.label)
        task.revision += 1
        task.save()
        used.add(task.pk)
        _set_units(task, compiled, item.lead, item.responsible)
    for task in present:
        if task.pk not in used and task.retired_in_id is None:
            task.retired_in = version
            task.save(update_fields=["retired_in"])


def _going_on(present: list[Task], before: CompiledPlan | None, compiled: CompiledPlan) -> dict[int, Task]:
    """Return the tasks that go on, by their place in the new text.

    A live task goes on as the comparison of the two texts says.  A retired one comes back only under
    its very title: another task under its old number is another task.
    """
    if before is None:
        return {}
    live = {task.position: task for task in present if task.retired_in_id is None}
    place = {id(item): position for position, item in enumerate(compiled.items)}
    old_place = {id(item): position for position, item in enumerate(before.items)}
    pairs, _removed, added = pair_items(before.items, compiled.items)
    going_on = {place[id(new)]: live[old_place[id(old)]] for old, new in pairs}
    retired = {task.title: task for task in present if task.retired_in_id is not None}
    for item in added:
        if task := retired.pop(item.title, None):
            going_on[place[id(item)]] = task
    return going_on


def _set_units(
    task: Task, compiled: CompiledPlan, lead: tuple[str, ...], responsible: tuple[str, ...]
) -> None:
    names = unit_names()
    canonical = {item.name: item.canonical for item in compiled.departments}
    wanted: dict[str, Part] = {}
    for part, written in ((Part.LEAD, lead), (Part.RESPONSIBLE, responsible)):
        for name in written:
            wanted.setdefault(unit_name(name, canonical, names), part)
    units = {unit.name: unit for unit in OrgUnit.objects.filter(name__in=wanted)}
    task.task_units.all().delete()
    TaskUnit.objects.bulk_create(
        TaskUnit(task=task, unit=units[name], part=part, position=position)
        for position, (name, part) in enumerate(wanted.items())
    )


def _deadline(compiled: CompiledPlan, label: str) -> tuple[str, date | None, bool]:
    """Return wording, last day and whether it is continuous, from the annex rows of a task."""
    wordings = list(
        dict.fromkeys(row.deadline for row in compiled.annex if row.label == label and row.deadline)
    )
    read = [read_deadline(wording) for wording in wordings]
    last = max((deadline.on for deadline in read if deadline.on), default=None)
    return "；".join(wordings), last, last is None and any(deadline.is_continuous for deadline in read)
