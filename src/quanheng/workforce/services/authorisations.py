"""Metrological authorisations of institutes: recorded, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.transparency.services import Personal, enqueue_leaf
from quanheng.workforce.errors import NumberTaken, RecordNotFound
from quanheng.workforce.models import Authorisation
from quanheng.workforce.services.common import (
    CHANGE,
    NUMBERS,
    changeable_unit,
    checked,
    checked_days,
    checked_regulations,
    keep_paper,
    mark_withdrawn,
)


@transaction.atomic
def record_authorisation(
    *,
    actor: User,
    unit_id: int,
    number: str,
    regulations: Iterable[str],
    valid_from: date,
    valid_until: date,
    city: str,
    address: str = "",
    phone: str = "",
    file: tuple[str, bytes] | None = None,
    is_demo: bool = False,
) -> Authorisation:
    """Record which regulations an institute may verify by, and until when; ``file`` is name and bytes of the paper.

    Raises
    ------
    NotPermitted
        The person does not act for this institute.
    BadWorkforceRecord, NumberTaken
        What cannot be kept; the institute has an authorisation of that number.
    """
    unit = changeable_unit(actor, unit_id)
    checked_days(valid_from, valid_until)
    row = Authorisation(
        unit=unit,
        number=checked(_("授权证书编号"), number, 100),
        regulations=checked_regulations(regulations),
        valid_from=valid_from,
        valid_until=valid_until,
        city=checked(_("所在地"), city, 100),
        address=checked(_("地址"), address, 300, is_needed=False),
        phone=checked(_("电话"), phone, 50, is_needed=False),
        recorded_by=actor,
        recorded_at=clock.now(),
        is_demo=is_demo,
    )
    lock_for_transaction(NUMBERS)
    if Authorisation.objects.filter(unit=unit, number=row.number, withdrawn_at=None).exists():
        raise NumberTaken(number=row.number, holder=unit.name)
    keep_paper(row, file)
    row.save()
    data = {
        "unit": unit.name,
        "number": row.number,
        "regulations": row.regulations,
        "sha256": row.file_sha256,
    }
    data |= {"valid_from": valid_from.isoformat(), "valid_until": valid_until.isoformat()}
    enqueue_leaf(kind="authorisation:recorded", subject=_subject(row), data=data, personal=acted_by(actor))
    return row


@transaction.atomic
def withdraw_authorisation(*, actor: User, public_id: UUID, reason: str) -> Authorisation:
    """Withdraw an authorisation: it stays readable with the reason, and counts no more on any day.

    Raises
    ------
    RecordNotFound, AlreadyWithdrawn, BadWorkforceRecord
        Not there or not for this person; withdrawn before; no reason, or too long a one.
    """
    rows = Authorisation.objects.select_related("unit").select_for_update(of=("self",))
    row = rows.filter(public_id=public_id).first()
    if row is None or not scope_of(actor, CHANGE).covers(row.unit_id):
        raise RecordNotFound(public_id=str(public_id))
    why = mark_withdrawn(row, actor, reason)
    enqueue_leaf(
        kind="authorisation:withdrawn",
        subject=_subject(row),
        data={"unit": row.unit.name, "number": row.number},
        personal=acted_by(actor) | {"reason": Personal(why, actor.person)},
    )
    return row


def _subject(row: Authorisation) -> str:
    return f"authorisation:{row.public_id}"
