"""What a metrologist is qualified for, and the courses that they attended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.transparency.services import Personal, enqueue_leaf
from quanheng.workforce.errors import (
    AlreadyGranted,
    BadWorkforceRecord,
    OwnQualification,
    RecordNotFound,
    TrainingKnown,
)
from quanheng.workforce.models import Metrologist, Qualification, Training
from quanheng.workforce.services.common import (
    CHANGE,
    checked,
    checked_days,
    checked_regulations,
    keep_paper,
    locked_metrologist,
    mark_withdrawn,
)

_LONGEST_COURSE = Decimal(1000)


@transaction.atomic
def grant_qualification(
    *,
    actor: User,
    metrologist: UUID,
    item: str,
    regulation: str,
    valid_from: date,
    valid_until: date,
    file: tuple[str, bytes] | None = None,
) -> Qualification:
    """Record what a metrologist may verify, by which regulation, and until when.

    Raises
    ------
    MetrologistNotFound, OwnQualification, AlreadyGranted, BadWorkforceRecord
        Not there or not for this person; of the person who asks; the same regulation for the same days; what cannot
        be kept.
    """
    person = locked_metrologist(actor, metrologist)
    if person.user_id == actor.pk:
        raise OwnQualification()
    checked_days(valid_from, valid_until)
    row = Qualification(
        metrologist=person,
        item=checked(_("项目"), item, 100),
        regulation=checked_regulations([regulation])[0],
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by=actor,
        recorded_at=clock.now(),
    )
    same = {"regulation": row.regulation, "valid_from": valid_from, "valid_until": valid_until}
    if person.qualifications.filter(withdrawn_at=None, **same).exists():
        raise AlreadyGranted(regulation=row.regulation, from_=valid_from, until=valid_until)
    keep_paper(row, file)
    row.save()
    _log("qualification:granted", person, actor, _of_qualification(row))
    return row


@transaction.atomic
def withdraw_qualification(*, actor: User, public_id: UUID, reason: str) -> Qualification:
    """Withdraw a qualification: it stays readable with the reason, and counts no more on any day.

    Raises
    ------
    RecordNotFound, AlreadyWithdrawn, BadWorkforceRecord
        Not there or not for this person; withdrawn before; no reason, or too long a one.
    """
    rows = Qualification.objects.select_related("metrologist__unit", "metrologist__user")
    row = rows.select_for_update(of=("self",)).filter(public_id=public_id).first()
    if row is None or not scope_of(actor, CHANGE).covers(row.metrologist.unit_id):
        raise RecordNotFound(public_id=str(public_id))
    why = mark_withdrawn(row, actor, reason)
    _log("qualification:withdrawn", row.metrologist, actor, _of_qualification(row), why)
    return row


@transaction.atomic
def record_training(
    *,
    actor: User,
    metrologist: UUID,
    title: str,
    held_on: date,
    hours: Decimal,
    file: tuple[str, bytes] | None = None,
) -> Training:
    """Record a course that a metrologist attended; ``held_on`` is its last day, ``hours`` in class hours.

    Raises
    ------
    MetrologistNotFound, TrainingKnown, BadWorkforceRecord
        Not there or not for this person; the same course on the same day; what cannot be kept.
    """
    person = locked_metrologist(actor, metrologist)
    if not 0 < hours <= _LONGEST_COURSE:
        raise BadWorkforceRecord(reason=_("学时应大于 0，不大于 %(most)s。") % {"most": _LONGEST_COURSE})
    if held_on > clock.today():
        raise BadWorkforceRecord(reason=_("培训的日期不能晚于今天。"))
    title = checked(_("培训名称"), title, 200)
    if person.trainings.filter(title=title, held_on=held_on, withdrawn_at=None).exists():
        raise TrainingKnown(on=held_on, title=title)
    row = Training(metrologist=person, title=title, held_on=held_on, hours=hours)
    row.recorded_by, row.recorded_at = actor, clock.now()
    keep_paper(row, file)
    row.save()
    _log("training:recorded", person, actor, _of_training(row))
    return row


@transaction.atomic
def withdraw_training(*, actor: User, training_id: int, reason: str) -> Training:
    """Withdraw a course: it stays readable with the reason, and its hours count no more.

    Raises
    ------
    RecordNotFound, AlreadyWithdrawn, BadWorkforceRecord
        As for `withdraw_qualification`.
    """
    rows = Training.objects.select_related("metrologist__unit", "metrologist__user")
    row = rows.select_for_update(of=("self",)).filter(pk=training_id).first()
    if row is None or not scope_of(actor, CHANGE).covers(row.metrologist.unit_id):
        raise RecordNotFound(training_id=training_id)
    why = mark_withdrawn(row, actor, reason)
    _log("training:withdrawn", row.metrologist, actor, _of_training(row), why)
    return row


def _of_qualification(row: Qualification) -> dict[str, Any]:
    return {
        "item": row.item,
        "regulation": row.regulation,
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "sha256": row.file_sha256,
    }


def _of_training(row: Training) -> dict[str, Any]:
    return {
        "title": row.title,
        "on": row.held_on.isoformat(),
        "hours": str(row.hours),
        "sha256": row.file_sha256,
    }


def _log(kind: str, person: Metrologist, actor: User, data: Mapping[str, Any], reason: str = "") -> None:
    personal = acted_by(actor)
    if reason:
        personal["reason"] = Personal(reason, actor.person)
    enqueue_leaf(
        kind=kind,
        subject=f"metrologist:{person.public_id}",
        data={"unit": person.unit.name, **data},
        personal=personal,
    )
