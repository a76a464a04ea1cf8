"""Asking places and owners to come in a certain week (约检), and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.core.services import acted_by
from quanheng.instruments.due import monday
from quanheng.instruments.errors import AppointmentNotFound, BadAppointment
from quanheng.instruments.models import Appointment, Instrument
from quanheng.transparency.services import Fact, Personal, enqueue_leaf, enqueue_leaves

# Two officers who accept the same plan at once must not ask the same market twice.
APPOINTMENTS = "instruments.appointments"
_REASON = 300


@dataclass(frozen=True)
class Asked:
    """Whom to ask, for which week (its Monday), with which instruments; either a place or an owner."""

    week_on: date
    instrument_ids: tuple[int, ...]
    place_id: int | None = None
    owner_id: int | None = None


@transaction.atomic
def make_appointments(*, actor: User, asked: Sequence[Asked]) -> list[Appointment]:
    """Ask all of them, or none.

    Raises
    ------
    BadAppointment
        Nobody chosen; a week that is over or does not begin on a Monday; instruments that are not there
        with this place or owner, or are asked to come already.
    """
    lock_for_transaction(APPOINTMENTS)
    if not asked:
        raise BadAppointment(reason=_("请先选择要约的场所或使用单位。"))
    _refuse_asked_already([pk for one in asked for pk in one.instrument_ids])
    made = [_made(actor, one) for one in asked]
    enqueue_leaves(_fact(appointment, "appointment:made", actor) for appointment in made)
    return made


@transaction.atomic
def cancel_appointment(*, actor: User, public_id: UUID, reason: str) -> Appointment:
    """Take an appointment back; its instruments are planned anew.

    Raises
    ------
    AppointmentNotFound, BadAppointment
        Not there, or cancelled already; no reason.
    """
    lock_for_transaction(APPOINTMENTS)
    appointment = Appointment.objects.filter(public_id=public_id, cancelled_at=None).first()
    if appointment is None:
        raise AppointmentNotFound(public_id=str(public_id))
    if not reason.strip():
        raise BadAppointment(reason=_("请写明取消理由。"))
    appointment.cancelled_at, appointment.cancel_reason = clock.now(), reason.strip()[:_REASON]
    appointment.save(update_fields=["cancelled_at", "cancel_reason"])
    fact = _fact(appointment, "appointment:cancelled", actor)
    personal = {**fact.personal, "reason": Personal(appointment.cancel_reason, actor.person)}
    enqueue_leaf(kind=fact.kind, subject=fact.subject, data=fact.data, personal=personal)
    return appointment


def _made(actor: User, asked: Asked) -> Appointment:
    if asked.week_on.weekday() or asked.week_on < monday(clock.today()):
        raise BadAppointment(reason=_("%(day)s 不是今后某一周的星期一。") % {"day": asked.week_on})
    if (asked.place_id is None) == (asked.owner_id is None) or not asked.instrument_ids:
        raise BadAppointment(reason=_("每次约检要写明一个场所或一个使用单位，以及其器具。"))
    theirs = (
        Instrument.objects.filter(place=asked.place_id)
        if asked.place_id is not None
        else Instrument.objects.filter(place=None, owner=asked.owner_id)
    )
    if theirs.filter(pk__in=asked.instrument_ids).count() != len(set(asked.instrument_ids)):
        raise BadAppointment(reason=_("有器具已不在这个场所或使用单位，请重新生成计划。"))
    appointment = Appointment.objects.create(
        place_id=asked.place_id,
        owner_id=asked.owner_id,
        week_on=asked.week_on,
        made_by=actor,
        made_at=clock.now(),
    )
    appointment.instruments.add(*asked.instrument_ids)
    return appointment


def _refuse_asked_already(instrument_ids: Sequence[int]) -> None:
    standing = Appointment.objects.filter(cancelled_at=None, week_on__gte=monday(clock.today()))
    taken = set(standing.values_list("instruments", flat=True)) & set(instrument_ids)
    if taken or len(set(instrument_ids)) != len(instrument_ids):
        raise BadAppointment(reason=_("有器具已经约过，请重新生成计划。"))


def _fact(appointment: Appointment, kind: str, actor: User) -> Fact:
    """Return what a leaf says: a place by its number, since a name may be a person's."""
    place, owner = appointment.place, appointment.owner
    data = {
        "place": str(place.public_id) if place else "",
        "owner": str(owner.public_id) if owner else "",
        "week": appointment.week_on.isoformat(),
        "instruments": appointment.instruments.count(),
        "demo": bool((place or owner) and (place.is_demo if place else owner and owner.is_demo)),
    }
    return Fact(kind, f"appointment:{appointment.public_id}", data, acted_by(actor))
