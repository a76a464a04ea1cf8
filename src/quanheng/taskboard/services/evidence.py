"""Filing and withdrawing the files that show what was done."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.files import store_file
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.core.selectors import units_behind
from quanheng.core.services import acted_by
from quanheng.taskboard.errors import (
    AlreadyWithdrawn,
    BadEvidence,
    EvidenceKnown,
    EvidenceNotFound,
    TaskNotFound,
    UnitNotInTask,
)
from quanheng.taskboard.models import Evidence, Task
from quanheng.transparency.services import Personal, enqueue_leaf

FORGOTTEN = "已删除"


@transaction.atomic
def file_evidence(
    *,
    actor: User,
    task_id: UUID,
    unit_id: int,
    happened_on: date,
    data: bytes,
    filename: str,
    is_demo: bool = False,
) -> Evidence:
    """Keep a file as evidence of one unit for one task, and its hash in the log.

    Raises
    ------
    TaskNotFound, UnitNotInTask
        No such task, or not for this person; the task does not name the unit, or the person does
        not act for it.
    BadEvidence, EvidenceKnown
        An empty or too large file, a day in the future; the same file again.
    """
    task = Task.objects.filter(public_id=task_id, retired_in=None).first()
    if task is None:
        raise TaskNotFound(public_id=str(task_id))
    unit = _unit_in_task(task, unit_id, actor)
    if not data:
        raise BadEvidence(reason=_("文件是空的。"))
    if len(data) > settings.MAX_UPLOAD_BYTES:
        raise BadEvidence(reason=_("文件超过 %(size)s MiB。") % {"size": settings.MAX_UPLOAD_BYTES // 2**20})
    if happened_on > clock.today():
        raise BadEvidence(reason=_("日期不能晚于今天。"))
    digest = store_file(data)
    try:
        with transaction.atomic():
            evidence = Evidence.objects.create(
                task=task,
                unit=unit,
                happened_on=happened_on,
                file_sha256=digest,
                file_name=filename[-255:],
                file_size=len(data),
                filed_by=actor,
                filed_at=clock.now(),
                is_demo=is_demo,
            )
    except IntegrityError as error:
        raise EvidenceKnown() from error
    enqueue_leaf(
        kind="evidence:filed",
        subject=f"evidence:{evidence.public_id}",
        data={
            "task": str(task.public_id),
            "label": task.label,
            "unit": unit.name,
            "on": happened_on.isoformat(),
            "sha256": digest,
            "size": len(data),
        },
        # A file name often names a person.
        personal=acted_by(actor) | {"file_name": Personal(evidence.file_name, actor.person)},
    )
    return evidence


@transaction.atomic
def withdraw_evidence(*, actor: User, public_id: UUID, reason: str) -> Evidence:
    """Take evidence back: it stays readable with the reason, and counts no more.

    Raises
    ------
    EvidenceNotFound, AlreadyWithdrawn, BadEvidence
        Not there or not for this person; withdrawn before; no reason given.
    """
    evidence = Evidence.objects.select_for_update().filter(public_id=public_id).first()
    if evidence is None or not scope_of(actor, "taskboard.add_evidence").covers(evidence.unit_id):
        raise EvidenceNotFound(public_id=str(public_id))
    if evidence.withdrawn_at is not None:
        raise AlreadyWithdrawn()
    if not reason.strip():
        raise BadEvidence(reason=_("请写明撤回理由。"))
    evidence.withdrawn_at, evidence.withdrawn_by = clock.now(), actor
    evidence.withdrawal_reason = reason.strip()[:300]
    evidence.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    enqueue_leaf(
        kind="evidence:withdrawn",
        subject=f"evidence:{evidence.public_id}",
        data={"sha256": evidence.file_sha256},
        personal=acted_by(actor) | {"reason": Personal(evidence.withdrawal_reason, actor.person)},
    )
    return evidence


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank what this person wrote about evidence; the evidence itself stays, for it is a unit's."""
    Evidence.objects.filter(filed_by=user).update(file_name=FORGOTTEN)
    Evidence.objects.filter(withdrawn_by=user).update(withdrawal_reason=FORGOTTEN)


def _unit_in_task(task: Task, unit_id: int, actor: User) -> OrgUnit:
    scope = scope_of(actor, "taskboard.add_evidence")
    for named in task.units.all():
        for unit in units_behind(named):
            if unit.pk == unit_id and scope.covers(unit_id):
                return unit
    asked = OrgUnit.objects.filter(pk=unit_id).first()
    raise UnitNotInTask(unit=str(asked) if asked else _("未知单位"))
