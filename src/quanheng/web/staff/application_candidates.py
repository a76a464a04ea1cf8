"""Whose instruments an application may be for, and how each of them stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.instruments.columns import STATE_KIND, STATE_WORDS, due_word
from quanheng.instruments.models import Instrument, Place, Standing
from quanheng.instruments.selectors import LIVE, group_of, place_for, standings_visible
from quanheng.parties.models import Party
from quanheng.parties.selectors import party_for
from quanheng.verification.fitness import instrument_gaps
from quanheng.verification.selectors import busy_among
from quanheng.web.staff.documents import by_spot

MOST_SHOWN = 500
_APPLY = "verification.apply"
_DUE = ("overdue", "soon", "never")


@dataclass(frozen=True)
class Candidate:
    """An instrument that may be applied for: how it stands, or why it cannot be now."""

    instrument: Instrument
    due_on: date | None
    word: str
    css: str
    is_due: bool
    reason: str


@dataclass(frozen=True)
class Group:
    """Whose instruments are asked for: a place's, an owner's, or one's own."""

    name: str
    rows: QuerySet[Standing]
    place: Place | None = None
    owner: Party | None = None


def group_asked(request: HttpRequest, user: User) -> Group | None:
    """Return whose instruments the address asks for; an owner's own where it asks for none."""
    rows = standings_visible(user).filter(LIVE)
    asked = {**request.GET.dict(), **request.POST.dict()}
    if given := _uuid(asked.get("place", "")):
        place = place_for(user, given)
        return Group(place.name, rows.filter(place=place), place=place)
    if given := _uuid(asked.get("owner", "")):
        owner = party_for(user, given)
        return Group(owner.name, rows.filter(owner__in=group_of(owner.pk)), owner=owner)
    own = Party.objects.filter(unit__in=scope_of(user, _APPLY).unit_ids).first()
    if own is None:
        return None
    return Group(own.name, rows.filter(owner__in=group_of(own.pk)), owner=own)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def candidates_of(group: Group) -> list[Candidate]:
    on = clock.today()
    rows = group.rows.select_related("instrument__owner", "instrument__place").order_by("pk")[:MOST_SHOWN]
    standings = sorted(rows, key=lambda row: by_spot(row.instrument))
    busy = busy_among([row.pk for row in standings])
    found = []
    for row in standings:
        state = due_word(row.due_on, row.amber_on, row.verified_on, on)
        gaps = instrument_gaps(row.instrument)
        reason = gaps[0].text if gaps else _("已申请或正在检定") if row.pk in busy else ""
        word, css = str(STATE_WORDS[state]), STATE_KIND[state]
        found.append(Candidate(row.instrument, row.due_on, word, css, state in _DUE, reason))
    return sorted(found, key=lambda one: bool(one.reason))


def applicants_of(group: Group, candidates: Sequence[Candidate]) -> list[Party]:
    """Return who may be the applicant, the most likely first: who runs the place, or has most instruments there."""
    counted = Counter(one.instrument.owner for one in candidates if one.instrument.owner)
    owners = [party for party, _n in counted.most_common()]
    first = [group.owner] if group.owner else []
    if group.place:
        first = list(Party.objects.filter(name_key=group.place.name_key))
    return list(dict.fromkeys([*first, *owners]))
