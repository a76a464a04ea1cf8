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
from quanheng.instruments.services.naming import lock_names_and_serials, owner_for
from quanheng.instruments.services.registry import InstrumentDetails, register_instrument
from quanheng.kernels.text_keys import name_key, serial_key

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
    lock_names_and_serials()
    saved: list[Instrument] = []
    refused: list[tuple[DoorRow, BureauError]] = []
    for row in rows:
        try:
            with transaction.atomic():
                saved.append(_register(actor, place, common, row))
        except BureauError as error:
            refused.append((row, error))
    return DoorResult(saved, refused)


def _register(actor: User, place: Place, common: InstrumentDetails, row: DoorRow) -> Instrument:
    if not serial_key(row.serial_no):
        raise BadInstrument(reason=_("请填写出厂编号。"))
    if not name_key(row.owner):
        raise BadInstrument(reason=_("请填写使用单位。"))
    owner = owner_for(actor=actor, name=row.owner, place=place, phone=row.phone)
    details = replace(common, place=place, owner=owner, spot=row.spot, serial_no=row.serial_no)
    return register_instrument(actor=actor, details=details)
