"""Writes of the parties app.  Each is logged; names and telephones of contacts only as commitments."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base.errors import StaleRevision
from quanheng.base.locks import lock_for_transaction
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import acted_by, save_unit
from quanheng.kernels.credit_code import credit_code
from quanheng.kernels.text_keys import has_control, initials, name_key
from quanheng.parties.enums import PartyKind
from quanheng.parties.errors import (
    BadCreditCode,
    BadParty,
    CreditCodeTaken,
    PartyNameTaken,
    PartyNotFound,
)
from quanheng.parties.models import Party
from quanheng.transparency.services import Personal, enqueue_leaf

# Two officers who enter the same shop at the same moment must not make it twice.
PARTIES = "parties.names"


@dataclass(frozen=True)
class PartyDetails:
    """What a person states about a user of instruments."""

    name: str
    kind: PartyKind = PartyKind.OTHER
    credit_code: str = ""
    town: OrgUnit | None = None
    address: str = ""
    contact_name: str = field(default="", repr=False)
    contact_phone: str = field(default="", repr=False)
    parent_id: int | None = None


@transaction.atomic
def save_party(
    *,
    actor: User | None,
    public_id: UUID | None,
    revision: int,
    details: PartyDetails,
    is_demo: bool = False,
) -> Party:
    """Create (``public_id`` None) or change a party.

    Raises
    ------
    PartyNotFound, StaleRevision
        No such party or parent; somebody saved it meanwhile.
    BadParty, BadCreditCode
        A blank name, a parent that is a branch of this party; a code that GB 32100 refuses.
    CreditCodeTaken, PartyNameTaken
        Another party bears the code, or the name in the same town.
    """
    lock_for_transaction(PARTIES)
    party = Party(revision=0, is_demo=is_demo) if public_id is None else _locked(public_id, revision)
    _refuse_bad(details)
    party.credit_code = checked_credit_code(details.credit_code)
    party.kind, party.name, party.town = details.kind, details.name.strip(), details.town
    party.name_key, party.initials = name_key(details.name)[:200], initials(details.name)
    party.address = details.address.strip()
    party.contact_name, party.contact_phone = details.contact_name.strip(), details.contact_phone.strip()
    party.parent = _parent(party, details.parent_id)
    _refuse_taken(party)
    party.revision += 1
    party.save()
    _log(party, actor)
    return party


def checked_credit_code(text: str) -> str:
    """Return the code in ``text``, cleaned; empty stays empty.  BadCreditCode where GB 32100 refuses it."""
    if not text.strip():
        return ""
    try:
        return credit_code(text)
    except ValueError as error:
        raise BadCreditCode(given=text.strip()[:40], reason=str(error)) from error


@transaction.atomic
def open_account_unit(*, actor: User, public_id: UUID) -> Party:
    """Give a party the organisational unit for which an owner's account acts; harmless where it has one."""
    lock_for_transaction(PARTIES)
    party = Party.objects.select_for_update().filter(public_id=public_id).first()
    if party is None:
        raise PartyNotFound(public_id=str(public_id))
    if party.unit_id is None:
        unit = OrgUnit.objects.filter(name=party.name, kind=UnitKind.BUSINESS, party=None).first()
        party.unit = unit or save_unit(
            actor=actor, unit_id=None, revision=0, kind=UnitKind.BUSINESS, name=party.name
        )
        party.revision += 1
        party.save(update_fields=["unit", "revision"])
        _log(party, actor)
    return party


def _locked(public_id: UUID, revision: int) -> Party:
    party = Party.objects.select_for_update().filter(public_id=public_id).first()
    if party is None:
        raise PartyNotFound(public_id=str(public_id))
    if party.revision != revision:
        raise StaleRevision(yours=revision, present=party.revision)
    return party


def _refuse_bad(details: PartyDetails) -> None:
    if not name_key(details.name):
        raise BadParty(reason=_("名称不能为空。"))
    for name in ("name", "address", "contact_name", "contact_phone"):
        limit = next(item.max_length for item in Party._meta.concrete_fields if item.attname == name)
        text = getattr(details, name).strip()
        if has_control(text):
            raise BadParty(reason=_("文字中有看不见的控制字符或换行，请删去。"))
        if limit is not None and len(text) > limit:
            raise BadParty(reason=_("“%(start)s…”超过 %(limit)s 字。") % {"start": text[:12], "limit": limit})


def _parent(party: Party, parent_id: int | None) -> Party | None:
    if parent_id is None:
        return None
    parent = Party.objects.filter(pk=parent_id).first()
    if parent is None:
        raise PartyNotFound(parent_id=parent_id)
    is_head = party.pk is not None and party.branches.exists()
    if parent.pk == party.pk or parent.parent_id is not None or is_head:
        raise BadParty(reason=_("上级单位不能是自己，也不能是另一单位的分支。"))
    return parent


def _refuse_taken(party: Party) -> None:
    others = Party.objects.exclude(pk=party.pk)
    if party.credit_code and (holder := others.filter(credit_code=party.credit_code).first()):
        raise CreditCodeTaken(given=party.credit_code, holder=holder.name)
    if others.filter(name_key=party.name_key, town=party.town).exists():
        raise PartyNameTaken(name=party.name)


def _log(party: Party, actor: User | None) -> None:
    personal = dict(acted_by(actor))
    for name in ("contact_name", "contact_phone"):
        if value := getattr(party, name):
            personal[name] = Personal(value=value, person=party.person)
    # The name of a sole trader is often the person's own.
    if party.kind == PartyKind.INDIVIDUAL:
        personal["name"] = Personal(value=party.name, person=party.person)
    data = {
        "kind": str(party.kind),
        "credit_code": party.credit_code,
        "town": party.town.name if party.town else "",
        "demo": party.is_demo,
    }
    plain = {} if "name" in personal else {"name": party.name}
    enqueue_leaf(kind="party:saved", subject=party.person, data=data | plain, personal=personal)
