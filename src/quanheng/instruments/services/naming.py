"""Owners and places that are entered together with the instrument that names them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction

from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.instruments.errors import OutsideScope
from quanheng.instruments.models import Instrument, Place
from quanheng.instruments.services.places import PLACES, PlaceDetails, save_place
from quanheng.instruments.services.registry import (
    SERIALS,
    InstrumentDetails,
    change_instrument,
    register_instrument,
)
from quanheng.kernels.text_keys import name_key
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.services import PARTIES, PartyDetails, checked_credit_code, save_party


@dataclass(frozen=True)
class NewNames:
    """Names that the register does not hold yet; empty where nothing is to be entered."""

    owner: str = ""
    place: str = ""


@transaction.atomic
def register_naming(*, actor: User, details: InstrumentDetails, new: NewNames, **given: Any) -> Instrument:
    """Enter the owner and the place of ``new``, then register; all or nothing.

    Raises as `owner_for`, `save_place` and `register_instrument`, whose further arguments ``given`` are.
    """
    return register_instrument(actor=actor, details=_naming(actor, details, new), **given)


@transaction.atomic
def change_naming(
    *, actor: User, public_id: UUID, revision: int, details: InstrumentDetails, new: NewNames, **given: Any
) -> Instrument:
    """Enter the owner and the place of ``new``, then correct; all or nothing.

    Raises as `owner_for`, `save_place` and `change_instrument`, whose further arguments ``given`` are.
    """
    return change_instrument(
        actor=actor, public_id=public_id, revision=revision, details=_naming(actor, details, new), **given
    )


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


def lock_names_and_serials() -> None:
    """Take the locks of users, places and serial numbers, in the order in which everybody takes them."""
    for name in (PARTIES, PLACES, SERIALS):
        lock_for_transaction(name)


def _naming(actor: User, details: InstrumentDetails, new: NewNames) -> InstrumentDetails:
    lock_names_and_serials()
    if new.place:
        if not scope_of(actor, "instruments.register_others"):
            raise OutsideScope()
        wanted = PlaceDetails(name=new.place, town=details.town)
        details = replace(details, place=save_place(actor=actor, public_id=None, revision=0, details=wanted))
    if new.owner:
        where = details.place or Place(town=details.town)
        details = replace(details, owner=owner_for(actor=actor, name=new.owner, place=where))
    return details
