"""Writes: a maker is authorised, its scope and ranges changed, suspended, the suspension lifted, all withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.dated_rules import Rule
from quanheng.base.locks import lock_for_transaction
from quanheng.base.texts import text_fault
from quanheng.core.models import User
from quanheng.lots.models import Lot
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.errors import (
    AlreadyAuthorised,
    AlreadySuspended,
    BadAuthorisation,
    MarkRangeTaken,
    MarkRangeUsed,
    NotInForce,
    NotSuspended,
)
from quanheng.manufacturers.marks import Marks, first_overlap, without
from quanheng.manufacturers.models import MAX_NUMBER, Authorisation, MarkRange, Suspension
from quanheng.manufacturers.selectors import as_marks, makers, marks_of, used_marks
from quanheng.manufacturers.services.shared import checked_reason, locked, log, refuse_stranger
from quanheng.manufacturers.types import MeterType, checked_types

# Overlaps are between makers, so whoever saves ranges waits for whoever does.
RANGES = "manufacturers.mark_ranges"
_MOST_RANGES = 200


@dataclass(frozen=True, slots=True)
class Terms:
    """What an authorisation says."""

    number: str
    types: Sequence[MeterType]
    marks: Sequence[Marks]
    valid_from: date
    valid_until: date
    is_demo: bool = field(default=False)


@transaction.atomic
def authorise(*, actor: User | None, unit_id: int, terms: Terms) -> Authorisation:
    """Authorise a maker; ``actor`` is None for who runs the house.

    Raises
    ------
    NotPermitted, AlreadyAuthorised
        The person may not; the maker has an authorisation that was not withdrawn.
    BadAuthorisation, MarkRangeTaken
        What cannot be kept; a range overlaps one of this or another maker.
    """
    refuse_stranger(actor)
    unit = makers().filter(pk=unit_id).first()
    if unit is None:
        raise BadAuthorisation(reason=_("请选择制造企业；没有时请先在“单位”中新建。"))
    lock_for_transaction(RANGES)
    standing = Authorisation.objects.filter(unit=unit).exclude(state=AuthorisationState.WITHDRAWN).first()
    if standing is not None:
        raise AlreadyAuthorised(unit=unit.name, number=standing.number)
    row = Authorisation(unit=unit, recorded_by=actor, recorded_at=clock.now(), is_demo=terms.is_demo)
    _set_terms(row, terms)
    row.save()
    _set_ranges(row, terms.marks)
    log("authorised", row, actor, **_told(terms))
    return row


@transaction.atomic
def change_authorisation(
    *, actor: User | None, public_id: UUID, revision: int, terms: Terms
) -> Authorisation:
    """Change scope, ranges or validity.

    Raises
    ------
    NotPermitted, AuthorisationNotFound, StaleRevision, NotInForce
        The person may not; it is not there; somebody saved it meanwhile; it was withdrawn.
    BadAuthorisation, MarkRangeTaken, MarkRangeUsed
        What cannot be kept; a range overlaps another; marks of a range that would go are on meters.
    """
    refuse_stranger(actor)
    lock_for_transaction(RANGES)
    row = _standing(locked(public_id, revision))
    _set_terms(row, terms)
    _refuse_used(row, terms.marks)
    row.revision += 1
    row.save()
    _set_ranges(row, terms.marks)
    log("changed", row, actor, **_told(terms))
    return row


@transaction.atomic
def withdraw(*, actor: User | None, public_id: UUID, revision: int, reason: str) -> Authorisation:
    """Withdraw an authorisation for ever; its ranges stay taken, for its marks are on meters.

    Raises
    ------
    NotPermitted, AuthorisationNotFound, StaleRevision, NotInForce, BadAuthorisation
        The person may not; not there; saved meanwhile; withdrawn before; no reason.
    """
    refuse_stranger(actor)
    row = _standing(locked(public_id, revision))
    reason = checked_reason(reason)
    now = clock.now()
    row.suspensions.filter(lifted_at=None).update(
        lifted_at=now, lifted_by=actor, lifting_reason=_("授权已撤销")
    )
    row.state, row.withdrawal_reason = AuthorisationState.WITHDRAWN, reason
    row.withdrawn_at, row.withdrawn_by = now, actor
    row.revision += 1
    row.save()
    log("withdrawn", row, actor, reason=reason)
    return row


@transaction.atomic
def suspend(*, actor: User | None, public_id: UUID, reason: str) -> Suspension:
    """Suspend a maker: nothing that it verified itself is taken in until that is lifted.

    Raises
    ------
    NotPermitted, AuthorisationNotFound, NotInForce, AlreadySuspended, BadAuthorisation
        The person may not; not there; withdrawn; suspended before; no reason.
    """
    refuse_stranger(actor)
    row = _standing(locked(public_id))
    if row.state == AuthorisationState.SUSPENDED:
        raise AlreadySuspended(
            number=row.number, since=f"{row.suspensions.get(lifted_at=None).since:%Y-%m-%d}"
        )
    return suspend_locked(row, actor=actor, reason=checked_reason(reason))


@transaction.atomic
def lift(*, actor: User | None, public_id: UUID, reason: str) -> Authorisation:
    """Lift a suspension, with a reason.

    Raises
    ------
    NotPermitted, AuthorisationNotFound, NotSuspended, BadAuthorisation
        The person may not; not there; not suspended; no reason.
    """
    refuse_stranger(actor)
    row = locked(public_id)
    if row.state != AuthorisationState.SUSPENDED:
        raise NotSuspended(number=row.number)
    reason = checked_reason(reason)
    row.suspensions.filter(lifted_at=None).update(
        lifted_at=clock.now(), lifted_by=actor, lifting_reason=reason
    )
    row.state = AuthorisationState.ACTIVE
    row.revision += 1
    row.save(update_fields=["state", "revision"])
    log("resumed", row, actor, reason=reason)
    return row


def suspend_locked(
    row: Authorisation, *, actor: User | None, reason: str, lot: Lot | None = None, rule: Rule | None = None
) -> Suspension:
    """Suspend a locked authorisation that is in force; for services that found the reason themselves."""
    made = Suspension.objects.create(
        authorisation=row,
        reason=reason,
        lot=lot,
        rule=rule.to_dict() if rule else {},
        since=clock.now(),
        suspended_by=actor,
    )
    row.state = AuthorisationState.SUSPENDED
    row.revision += 1
    row.save(update_fields=["state", "revision"])
    log(
        "suspended",
        row,
        actor,
        reason=reason,
        lot=str(lot.public_id) if lot else "",
        rule=rule.key if rule else "",
    )
    return made


def _standing(row: Authorisation) -> Authorisation:
    if row.state == AuthorisationState.WITHDRAWN:
        raise NotInForce(number=row.number, reason=_("已撤销。"))
    return row


def _set_terms(row: Authorisation, terms: Terms) -> None:
    number = terms.number.strip()
    if fault := text_fault(_("授权证书编号"), number, MAX_NUMBER):
        raise BadAuthorisation(reason=fault)
    if Authorisation.objects.filter(number=number).exclude(pk=row.pk).exists():
        raise BadAuthorisation(reason=_("编号“%(number)s”的授权已经登记。") % {"number": number})
    if terms.valid_until < terms.valid_from:
        given = {"first": terms.valid_from, "last": terms.valid_until}
        raise BadAuthorisation(reason=_("有效期至 %(last)s 早于开始日期 %(first)s。") % given)
    row.number = number
    row.types = [one.to_dict() for one in checked_types(terms.types, clock.today())]
    row.valid_from, row.valid_until = terms.valid_from, terms.valid_until


def _set_ranges(row: Authorisation, asked: Sequence[Marks]) -> None:
    if not asked:
        raise BadAuthorisation(reason=_("请写明检定标记的号段。"))
    if len(asked) > _MOST_RANGES:
        raise BadAuthorisation(reason=_("号段超过 %(most)s 段。") % {"most": _MOST_RANGES})
    others = MarkRange.objects.exclude(authorisation=row).select_related("authorisation__unit")
    found = first_overlap(asked, ())
    if found:
        raise MarkRangeTaken(asked=str(found[0]), taken=str(found[1]), holder=_("本次填写"))
    for other in others.filter(prefix__in={one.prefix for one in asked}):
        if found := first_overlap(asked, [as_marks(other)]):
            raise MarkRangeTaken(
                asked=str(found[0]), taken=str(found[1]), holder=other.authorisation.unit.name
            )
    row.ranges.all().delete()
    MarkRange.objects.bulk_create(
        MarkRange(authorisation=row, prefix=one.prefix, first=one.first, last=one.last, digits=one.digits)
        for one in asked
    )


def _refuse_used(row: Authorisation, asked: Sequence[Marks]) -> None:
    """Refuse to give up a range, or a part of it, with marks that are on meters."""
    for present in marks_of(row):
        for lost in without(present, asked):
            used = used_marks(row.unit_id, lost).order_by("mark_no").values_list("mark_no", flat=True).first()
            if used is not None:
                raise MarkRangeUsed(mark=used)


def _told(terms: Terms) -> dict[str, Any]:
    return {
        "types": [str(one) for one in terms.types],
        "ranges": [str(one) for one in terms.marks],
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
    }
