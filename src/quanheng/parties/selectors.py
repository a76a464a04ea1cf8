"""Reads of the parties app that are more than a filter."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.kernels.text_keys import name_key
from quanheng.parties.errors import PartyNotFound
from quanheng.parties.models import Party


def parties_visible(user: User) -> QuerySet[Party]:
    """Return the parties that this person may read: all, those of their towns, or their own."""
    scope = scope_of(user, "parties.view")
    rows = Party.objects.select_related("town", "parent", "unit")
    return rows if scope.is_all else rows.filter(Q(town__in=scope.unit_ids) | Q(unit__in=scope.unit_ids))


def party_for(user: User, public_id: UUID) -> Party:
    """Return one party of this person's scope.  PartyNotFound where there is none."""
    party = parties_visible(user).filter(public_id=public_id).first()
    if party is None:
        raise PartyNotFound(public_id=str(public_id))
    return party


def parties_named(text: str) -> QuerySet[Party]:
    """Return the parties whose name contains ``text``, or whose initials begin with it, or whose code it is."""
    key = name_key(text)
    if not key:
        return Party.objects.none()
    wanted = Q(name_key__contains=key) | Q(credit_code=text.strip().upper())
    if key.isascii() and key.isalnum():
        wanted |= Q(initials__startswith=key)
    return Party.objects.filter(wanted)
