"""Reads: tokens with when they were last used, and how much came with them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum

from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.fleet.errors import TokenNotFound
from quanheng.fleet.models import UtilityToken


def tokens_visible(user: User) -> QuerySet[UtilityToken]:
    """Return the tokens, those in force first, with ``uploads_count``, ``rows_sum`` and ``last_at``.

    Raises
    ------
    NotPermitted
        Somebody who does not see the whole fleet.
    """
    if not scope_of(user, "fleet.view").is_all:
        raise NotPermitted(permission="fleet.view")
    rows = UtilityToken.objects.select_related("utility", "made_by", "revoked_by")
    rows = rows.annotate(
        uploads_count=Count("uploads"),
        rows_sum=Sum("uploads__rows", default=0),
        last_at=Max("uploads__received_at"),
    )
    return rows.order_by("revoked_at", "-pk")


def token_for(user: User, public_id: UUID) -> UtilityToken:
    """Return one token.  TokenNotFound, NotPermitted."""
    found = tokens_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise TokenNotFound(public_id=str(public_id))
    return found
