"""Registered metrologists: registered, changed, gone; and forgotten."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import acted_by
from quanheng.transparency.services import Personal, enqueue_leaf
from quanheng.workforce.enums import Grade
from quanheng.workforce.errors import (
    AlreadyLeft,
    AlreadyRegistered,
    BadWorkforceRecord,
    MetrologistNotFound,
    NumberTaken,
)
from quanheng.workforce.models import Authorisation, Metrologist, Qualification, Training
from quanheng.workforce.selectors import registrable_people
from quanheng.workforce.services.common import (
    NUMBERS,
    changeable_unit,
    checked,
    checked_days,
    locked_metrologist,
)

FORGOTTEN = "已删除"


@transaction.atomic
def register_metrologist(
    *,
    actor: User,
    person: UUID,
    unit_id: int,
    grade: Grade,
    registration_number: str,
    registered_from: date,
    registered_until: date,
    is_demo: bool = False,
) -> Metrologist:
    """Register an account (its ``public_id``) as a metrologist of an institute.

    Who left another institute, or this one, is registered anew and keeps their qualifications.

    Raises
    ------
    NotPermitted, MetrologistNotFound
        The person acts not for this institute; no such account with a role in it.
    AlreadyRegistered, NumberTaken
        Registered as working somewhere; somebody else bears the number.
    BadWorkforceRecord
        What cannot be kept.
    """
    unit = changeable_unit(actor, unit_id)
    lock_for_transaction(NUMBERS)
    user = User.objects.filter(public_id=person, is_active=True).first()
    row = Metrologist.objects.select_related("unit").filter(user=user).first() if user else None
    if user is not None and row is not None and row.left_on is None:
        raise AlreadyRegistered(name=user, unit=row.unit)
    if user is None or not registrable_people([unit]).filter(pk=user.pk).exists():
        raise MetrologistNotFound(public_id=str(person))
    if row is None:
        row = Metrologist(user=user, revision=0)
    row.unit, row.left_on, row.is_demo = unit, None, is_demo
    _save(row, grade, registration_number, registered_from, registered_until)
    _log("metrologist:registered", row, actor)
    return row


@transaction.atomic
def change_metrologist(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    grade: Grade,
    registration_number: str,
    registered_from: date,
    registered_until: date,
) -> Metrologist:
    """Change what a registration says: renewed, another number or grade.

    Raises
    ------
    MetrologistNotFound, StaleRevision, AlreadyLeft
        Not there or not for this person; somebody saved them meanwhile; no longer working there.
    NumberTaken, BadWorkforceRecord
        Somebody else bears the number; what cannot be kept.
    """
    lock_for_transaction(NUMBERS)
    row = _working(actor, public_id, revision)
    _save(row, grade, registration_number, registered_from, registered_until)
    _log("metrologist:changed", row, actor)
    return row


@transaction.atomic
def leave_institute(*, actor: User, public_id: UUID, revision: int, left_on: date) -> Metrologist:
    """Record the first day on which a metrologist no longer works at the institute.

    Raises
    ------
    MetrologistNotFound, StaleRevision, AlreadyLeft
        As for `change_metrologist`.
    BadWorkforceRecord
        A day before the registration began.
    """
    row = _working(actor, public_id, revision)
    if left_on < row.registered_from:
        reason = _("离岗日期早于注册的开始日期 %(first)s。") % {"first": row.registered_from}
        raise BadWorkforceRecord(reason=reason)
    row.left_on = left_on
    row.revision += 1
    row.save(update_fields=["left_on", "revision"])
    _log("metrologist:left", row, actor)
    return row


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank what names this person in their registration, and what they wrote about others."""
    mine = Metrologist.objects.filter(user=user)
    for row in mine.filter(left_on=None):
        row.left_on = clock.today()
        row.save(update_fields=["left_on"])
    for row in mine:
        row.registration_number = f"erased-{row.public_id}"
        row.save(update_fields=["registration_number"])
    for model in (Qualification, Training):
        model.objects.filter(metrologist__user=user).exclude(file_name="").update(file_name=FORGOTTEN)
    for kept in (Authorisation, Qualification, Training):
        kept.objects.filter(withdrawn_by=user).update(withdrawal_reason=FORGOTTEN)


def _working(actor: User, public_id: UUID, revision: int) -> Metrologist:
    row = locked_metrologist(actor, public_id, revision)
    if row.left_on is not None:
        raise AlreadyLeft(name=row.user, on=row.left_on)
    return row


def _save(row: Metrologist, grade: Grade, number: str, first: date, last: date) -> None:
    checked_days(first, last)
    row.grade, row.registered_from, row.registered_until = grade, first, last
    row.registration_number = checked(_("注册证或检定员证编号"), number, 100)
    others = Metrologist.objects.exclude(pk=row.pk).select_related("user")
    if holder := others.filter(registration_number=row.registration_number).first():
        raise NumberTaken(number=row.registration_number, holder=holder.user)
    row.revision += 1
    row.save()


def _log(kind: str, row: Metrologist, actor: User) -> None:
    unit: OrgUnit = row.unit
    data = {"unit": unit.name, "grade": row.grade, "valid_from": row.registered_from.isoformat()}
    data |= {"valid_until": row.registered_until.isoformat()}
    if row.left_on is not None:
        data["left_on"] = row.left_on.isoformat()
    person = row.user.person
    named = {"person": Personal(str(row.user), person), "number": Personal(row.registration_number, person)}
    enqueue_leaf(
        kind=kind, subject=f"metrologist:{row.public_id}", data=data, personal=acted_by(actor) | named
    )
