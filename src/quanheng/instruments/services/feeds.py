"""Opening, renewing and closing the calendar of an owner or an institute; its address is its only key."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.db import transaction

from quanheng.base import clock
from quanheng.base.locks import lock_for_transaction
from quanheng.core.enums import UnitKind
from quanheng.core.errors import UnitNotFound
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import own_units, scope_of
from quanheng.core.services import acted_by
from quanheng.instruments.errors import FeedNotFound, OutsideScope
from quanheng.instruments.models import CalendarFeed
from quanheng.parties.errors import PartyNotFound
from quanheng.parties.models import Party
from quanheng.transparency.services import enqueue_leaf

# Two clicks at once must not make two addresses.
_FEEDS = "instruments.feeds"


@transaction.atomic
def open_owner_feed(*, actor: User, public_id: UUID) -> CalendarFeed:
    """Return the feed of an owner, made now where there is none.

    Raises
    ------
    PartyNotFound, OutsideScope
        No such owner; not this person's, who does not plan due work either.
    """
    lock_for_transaction(_FEEDS)
    owner = Party.objects.filter(public_id=public_id).first()
    if owner is None:
        raise PartyNotFound(public_id=str(public_id))
    _refuse_others(actor, owner.unit_id)
    return CalendarFeed.objects.filter(owner=owner).first() or _opened(actor, CalendarFeed(owner=owner))


@transaction.atomic
def open_unit_feed(*, actor: User, unit_id: int) -> CalendarFeed:
    """Return the feed of an institute, made now where there is none.

    Raises
    ------
    UnitNotFound, OutsideScope
        No such institute; not the one that this person acts for.
    """
    lock_for_transaction(_FEEDS)
    unit = OrgUnit.objects.filter(pk=unit_id, kind=UnitKind.INSTITUTE).first()
    if unit is None:
        raise UnitNotFound(unit_id=unit_id)
    _refuse_others(actor, unit.pk)
    return CalendarFeed.objects.filter(unit=unit).first() or _opened(actor, CalendarFeed(unit=unit))


@transaction.atomic
def renew_feed(*, actor: User, feed_id: int) -> CalendarFeed:
    """Give a feed a new address; the former one ends at once.  FeedNotFound, OutsideScope."""
    feed = _locked(actor, feed_id)
    feed.token = new_token()
    feed.made_by, feed.made_at = actor, clock.now()
    feed.save()
    _log(feed, "feed:renewed", actor)
    return feed


@transaction.atomic
def close_feed(*, actor: User, feed_id: int) -> None:
    """End a feed: its address leads nowhere from now on.  FeedNotFound, OutsideScope."""
    feed = _locked(actor, feed_id)
    _log(feed, "feed:closed", actor)
    feed.delete()


def new_token() -> str:
    """Return a secret that cannot be guessed: 256 random bits in 43 letters."""
    return secrets.token_urlsafe(32)


def _opened(actor: User, feed: CalendarFeed) -> CalendarFeed:
    feed.token, feed.made_by, feed.made_at = new_token(), actor, clock.now()
    feed.save()
    _log(feed, "feed:opened", actor)
    return feed


def _locked(actor: User, feed_id: int) -> CalendarFeed:
    feed = (
        CalendarFeed.objects.select_for_update(of=("self",))
        .select_related("unit", "owner")
        .filter(pk=feed_id)
        .first()
    )
    if feed is None:
        raise FeedNotFound()
    _refuse_others(actor, feed.owner.unit_id if feed.owner else feed.unit_id)
    return feed


def _refuse_others(actor: User, unit_id: int | None) -> None:
    if not scope_of(actor, "instruments.plan_due").is_all and unit_id not in own_units(actor):
        raise OutsideScope()


def _log(feed: CalendarFeed, kind: str, actor: User) -> None:
    """Log who opened or closed whose calendar; never the address."""
    subject = feed.owner.person if feed.owner else f"unit:{feed.unit_id}"
    enqueue_leaf(kind=kind, subject=subject, data={}, personal=acted_by(actor))
