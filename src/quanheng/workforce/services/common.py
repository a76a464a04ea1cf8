"""What all writes of the workforce app check."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.files import store_file
from quanheng.base.texts import text_fault
from quanheng.core.errors import NotPermitted
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.kernels.regulation_number import regulation_number
from quanheng.workforce.errors import AlreadyWithdrawn, BadWorkforceRecord, MetrologistNotFound
from quanheng.workforce.models import MAX_REASON, Authorisation, Metrologist, Qualification, Training
from quanheng.workforce.selectors import institutes_of

CHANGE = "workforce.change"
# Registration numbers, authorisation numbers: what exists once.
NUMBERS = "workforce.numbers"
_MOST_REGULATIONS = 500


class Paper(Protocol):
    """A record that keeps the file of its paper."""

    file_sha256: str
    file_name: str


def changeable_unit(actor: User, unit_id: int) -> OrgUnit:
    """Return the institute for which this person acts.  NotPermitted where they do not."""
    unit = institutes_of(actor).filter(pk=unit_id).first()
    if unit is None:
        raise NotPermitted(permission=CHANGE)
    return unit


def locked_metrologist(actor: User, public_id: UUID, revision: int | None = None) -> Metrologist:
    """Return a metrologist, locked to the end of the transaction, at ``revision`` where one is given.

    Raises
    ------
    MetrologistNotFound, StaleRevision
        Not there or not for this person; somebody saved them meanwhile.
    """
    rows = Metrologist.objects.select_related("unit", "user").select_for_update(of=("self",))
    found = rows.filter(public_id=public_id).first()
    if found is None or not scope_of(actor, CHANGE).covers(found.unit_id):
        raise MetrologistNotFound(public_id=str(public_id))
    if revision is not None and found.revision != revision:
        raise StaleRevision(yours=revision, present=found.revision)
    return found


def checked(label: str, text: str, longest: int, *, is_needed: bool = True) -> str:
    """Return a text without the blanks around it.  BadWorkforceRecord where it cannot be kept."""
    text = text.strip()
    if reason := text_fault(label, text, longest, is_needed=is_needed):
        raise BadWorkforceRecord(reason=reason)
    return text


def checked_days(first: date, last: date) -> None:
    """Refuse a period that ends before it begins."""
    if last < first:
        given = {"first": first, "last": last}
        raise BadWorkforceRecord(reason=_("有效期至 %(last)s 早于开始日期 %(first)s。") % given)


def checked_regulations(numbers: Iterable[str]) -> list[str]:
    """Return numbers of regulations, each once and in order.  BadWorkforceRecord for what is none, or for none."""
    try:
        found = sorted({regulation_number(number) for number in numbers if number.strip()})
    except ValueError as error:
        raise BadWorkforceRecord(reason=str(error)) from error
    if not found:
        raise BadWorkforceRecord(reason=_("请写明规程，如 JJG 539。"))
    if len(found) > _MOST_REGULATIONS:
        raise BadWorkforceRecord(reason=_("规程超过 %(most)s 个。") % {"most": _MOST_REGULATIONS})
    return found


def keep_paper(record: Paper, file: tuple[str, bytes] | None) -> None:
    """Store the file of a record, where there is one: its name and bytes."""
    if file is None:
        return
    name, data = file
    if not data:
        raise BadWorkforceRecord(reason=_("文件是空的。"))
    if len(data) > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 2**20
        raise BadWorkforceRecord(reason=_("文件超过 %(limit)s MiB。") % {"limit": limit})
    record.file_sha256, record.file_name = store_file(data), name[-255:]


def mark_withdrawn(record: Authorisation | Qualification | Training, actor: User, reason: str) -> str:
    """Withdraw a record and return the reason as it was kept.

    Raises
    ------
    AlreadyWithdrawn, BadWorkforceRecord
        Withdrawn before; no reason, or too long a one.
    """
    if record.withdrawn_at is not None:
        raise AlreadyWithdrawn()
    record.withdrawal_reason = checked(_("理由"), reason, MAX_REASON)
    record.withdrawn_at, record.withdrawn_by = clock.now(), actor
    record.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    return record.withdrawal_reason
