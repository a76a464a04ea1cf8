"""Registering a whole market at the door: what all scales share is said once, then one line for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.instruments.errors import BadInstrument, OutsideScope
from quanheng.instruments.models import Instrument, Place
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.kernels.text_keys import name_key, serial_key
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PartyDetails, checked_credit_code, save_party

MOST_ROWS = 300


@dataclass(frozen=True)
class DoorRow:
    """One line: a stall, whose it is, and the number on the plate.  ``line`` is its number on the page."""

    line: int
    spot: str = ""
    owner: str = ""
    phone: str = ""
    serial_no: str = ""


@dataclass(frozen=True)
class DoorResult:
    """What became of the lines; each is either registered as a whole or refused as a whole."""

    saved: list[Instrument]
    refused: list[tuple[DoorRow, BureauError]]


@transaction.atomic
def register_at_door(
    *, actor: User, place: Place, common: InstrumentDetails, rows: Sequence[DoorRow]
) -> DoorResult:
    """Register the good lines as drafts; return the others with the reason.

    Owners are found by name among those of the place's town, or entered.

    Raises
    ------
    OutsideScope
        Not a person who registers for others, or not in this town.
    BadInstrument
        No lines, too many, or no maker: without it a number does not tell one scale from another.
    """
    scope = scope_of(actor, "instruments.register_others")
    if not (scope.is_all or (place.town_id is not None and scope.covers(place.town_id))):
        raise OutsideScope()
    if not rows or len(rows) > MOST_ROWS:
        raise BadInstrument(reason=_("一次登记 1 到 %(most)s 台。") % {"most": MOST_ROWS})
    if not name_key(common.manufacturer):
        raise BadInstrument(reason=_("请填写制造单位。"))
    saved: list[Instrument] = []
    refused: list[tuple[DoorRow, BureauError]] = []
    for row in rows:
        try:
            with transaction.atomic():
                saved.append(_register(actor, place, common, row))
        except BureauError as error:
            refused.append((row, error))
    return DoorResult(saved, refused)


def owner_for(
    *, actor: User, name: str, place: Place | None, phone: str = "", credit_code: str = ""
) -> Party:
    """Return the user of instruments of this name or code; enter one of the place's town where there is none.

    A name that several towns know means the one of the place's town.  Whoever enters one at the door
    needs no right to change those that exist.

    Raises
    ------
    OutsideScope
        Not a person who registers for others.
    BadParty, BadCreditCode, CreditCodeTaken
        See `save_party`.
    """
    code = checked_credit_code(credit_code)
    town = place.town if place else None
    known = {"credit_code": code} if code else {"name_key": name_key(name), "town": town}
    if found := Party.objects.filter(**known).first():
        return found
    if not scope_of(actor, "instruments.register_others"):
        raise OutsideScope()
    kind = PartyKind.OTHER if code else PartyKind.INDIVIDUAL
    details = PartyDetails(name=name, kind=kind, credit_code=code, town=town, contact_phone=phone)
    return save_party(actor=actor, public_id=None, revision=0, details=details)


def _register(actor: User, place: Place, common: InstrumentDetails, row: DoorRow) -> Instrument:
    if not serial_key(row.serial_no):
        raise BadInstrument(reason=_("请填写出厂编号。"))
    if not name_key(row.owner):
        raise BadInstrument(reason=_("请填写使用单位。"))
    owner = owner_for(actor=actor, name=row.owner, place=place, phone=row.phone)
    details = replace(common, place=place, owner=owner, spot=row.spot, serial_no=row.serial_no)
    return register_instrument(actor=actor, details=details)
