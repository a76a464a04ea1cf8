"""Reads of the instruments app: what a person may see, how lists are narrowed, what is due."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import In

from quanheng.base import clock
from quanheng.base.files import stored_path
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.instruments.enums import Condition, Filing, Outcome
from quanheng.instruments.errors import EventFileMissing, InstrumentNotFound, PlaceNotFound
from quanheng.instruments.models import ImportBatch, ImportRow, Instrument, InstrumentEvent, Place, Standing
from quanheng.kernels.text_keys import name_key, serial_key
from quanheng.parties.models import Party
from quanheng.parties.selectors import parties_named
from quanheng.regulations.packaged import packaged_kinds

# So many keys of instruments, owners or places go into a query as a list.
MOST_NAMES = 300
# Shorter ends of a serial number find everything.
SHORTEST_SERIAL = 3
LIVE = ~Q(condition__in=[Condition.SCRAPPED, Condition.MERGED])


@dataclass(frozen=True)
class ListQuery:
    """What narrows a list of instruments; every empty value narrows nothing.

    ``due`` is one of overdue, soon, later, never (due, but never verified), none;
    ``due_from`` and ``due_to`` bound the due date, inclusive.
    """

    text: str = ""
    kind: str = ""
    use: str = ""
    town: int | None = None
    place: int | None = None
    owner: int | None = None
    setting: str = ""
    filing: str = ""
    condition: str = ""
    obligation: str = ""
    due: str = ""
    due_from: date | None = None
    due_to: date | None = None
    identity: str = ""
    rule: str = ""
    batch: int | None = None
    unconfirmed: str = ""

    def is_empty(self) -> bool:
        """Whether nothing is narrowed."""
        return not any(getattr(self, item.name) for item in fields(self))


def standings_visible(user: User, permission: str = "instruments.view") -> QuerySet[Standing]:
    """Return the standings that this person may read: all, those of their towns, or their own."""
    scope = scope_of(user, permission)
    rows = Standing.objects.all()
    if scope.is_all:
        return rows
    # As a list: with a subquery on one side of the "or", PostgreSQL reads the whole table.
    owners = list(Party.objects.filter(unit__in=scope.unit_ids).values_list("pk", flat=True))
    return rows.filter(Q(town__in=scope.unit_ids) | Q(owner__in=owners))


def listed(user: User, query: ListQuery, on: date | None = None) -> QuerySet[Standing]:
    """Return what the list shows for ``query``, without an order; see `with_rows` for its columns."""
    return narrowed(standings_visible(user), query, on or clock.today())


def with_rows(rows: QuerySet[Standing]) -> QuerySet[Standing]:
    """Return the same with everything that a line of the list shows, in one query."""
    return rows.select_related(
        "instrument", "instrument__owner", "instrument__place", "instrument__town", "instrument__institute"
    )


def narrowed(rows: QuerySet[Standing], query: ListQuery, on: date) -> QuerySet[Standing]:
    """Narrow standings by ``query`` as of ``on``."""
    for name in ("kind", "use", "setting", "filing", "obligation", "town", "place"):
        if value := getattr(query, name):
            rows = rows.filter(**{name: value})
    rows = rows.filter(condition=query.condition) if query.condition else rows.filter(LIVE)
    if query.owner:
        rows = rows.filter(owner__in=group_of(query.owner))
    if query.identity:
        rows = rows.filter(has_full_identity=query.identity == "full")
    if query.rule:
        rows = rows.filter(rule_id=query.rule)
    if query.unconfirmed:
        rows = rows.filter(is_confirmed=False).exclude(rule_id="")
    if query.batch:
        rows = rows.filter(pk__in=ImportRow.objects.filter(batch=query.batch).values("instrument"))
    rows = _narrowed_by_due(rows, query, on)
    return rows.filter(found_by(query.text).by_key()) if query.text.strip() else rows


def group_of(owner_id: int) -> list[int]:
    """Return an owner with its branches: who asks for a chain means all of it."""
    return list(Party.objects.filter(Q(pk=owner_id) | Q(parent=owner_id)).values_list("pk", flat=True))


def _narrowed_by_due(rows: QuerySet[Standing], query: ListQuery, on: date) -> QuerySet[Standing]:
    conditions = due_conditions(on)
    if query.due in conditions:
        rows = rows.filter(conditions[query.due])
    if query.due_from:
        rows = rows.filter(due_on__gte=query.due_from)
    if query.due_to:
        rows = rows.filter(due_on__lte=query.due_to)
    return rows


def due_conditions(on: date) -> Mapping[str, Q]:
    """Return what each word about the due date means on ``on``; the words exclude one another but "never"."""
    return {
        "overdue": Q(due_on__lt=on),
        "soon": Q(due_on__gte=on, amber_on__lte=on),
        "later": Q(due_on__gte=on, amber_on__gt=on),
        "never": Q(due_on__isnull=False, verified_on=None),
        "none": Q(due_on=None),
    }


@dataclass(frozen=True)
class Found:
    """What a search word turned out to mean: columns of `Standing`, each with keys."""

    keys: Sequence[tuple[str, Sequence[Any] | QuerySet[Any]]]

    def by_key(self) -> Q:
        """Return the condition that the indexes of the columns answer: for a word that finds some."""
        matched = Q(pk__in=[])
        for name, keys in self.keys:
            matched |= Q(**{f"{name}__in": keys})
        return matched

    def along_due(self) -> Q:
        """Return the same with those indexes hidden: of a word that finds very many, the first by due
        date are met soonest by walking along the index of that date.
        """
        matched = Q(pk__in=[])
        for name, keys in self.keys:
            if isinstance(keys, QuerySet) or keys:
                matched |= Q(In(_hidden(name), keys.query if isinstance(keys, QuerySet) else keys))
        return matched


def found_by(text: str) -> Found:
    """Return what a word means: serial by either end, label, kind, owner, place, town; initials too.

    Everything is looked up first, in tables that are short or by an index: no list of a million rows
    is read for a word.
    """
    unclear = Standing.objects.filter(kind="", instrument__name__contains=text.strip())
    towns = OrgUnit.objects.filter(name__contains=text.strip())
    return Found(
        (
            ("pk", _keys(_instruments_called(text))),
            ("pk", _keys(unclear)),
            ("kind", _kinds_named(text)),
            ("owner", _keys(parties_named(text))),
            ("place", _keys(places_named(text))),
            ("town", _keys(towns)),
        )
    )


def _hidden(name: str) -> Coalesce:
    """Return a column as a value that no index of it answers."""
    if name == "kind":
        return Coalesce(F(name), Value(""), output_field=CharField())
    return Coalesce(F(name), Value(0), output_field=BigIntegerField())


def _instruments_called(text: str) -> QuerySet[Instrument]:
    """Return the instruments of a label, and of a serial number by either end."""
    called = Q(label_code=text.strip().upper())
    serial = serial_key(text)
    if len(serial) >= SHORTEST_SERIAL:
        called |= _begins("serial_key", serial) | _begins("serial_tail", serial[::-1])
    return Instrument.objects.filter(called)


def _kinds_named(text: str) -> list[str]:
    key = name_key(text)
    return [
        kind.code
        for kind in packaged_kinds()
        if key and any(key in name_key(name) for name in (kind.name, *kind.aliases))
    ]


def _keys(rows: QuerySet[Any]) -> list[int] | QuerySet[Any]:
    """Return the keys of ``rows``, or the query for them where a word finds too many to send back."""
    keys = list(rows.order_by().values_list("pk", flat=True)[: MOST_NAMES + 1])
    return keys if len(keys) <= MOST_NAMES else rows.order_by().values("pk")


def _begins(column: str, start: str) -> Q:
    """Return a condition that an index answers: PostgreSQL has one for LIKE, SQLite only one for ranges."""
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__startswith": start})
    return Q(**{f"{column}__gte": start, f"{column}__lt": start + "\uffff"})


def places_named(text: str) -> QuerySet[Place]:
    """Return the places whose name contains ``text`` or whose initials begin with it."""
    key = name_key(text)
    if not key:
        return Place.objects.none()
    wanted = Q(name_key__contains=key)
    if key.isascii() and key.isalnum():
        wanted |= Q(initials__startswith=key)
    return Place.objects.filter(wanted)


def instrument_for(user: User, public_id: UUID) -> Instrument:
    """Return one instrument that this person may read.  InstrumentNotFound otherwise: existence is not told."""
    found = (
        Instrument.objects.filter(public_id=public_id)
        .select_related("owner", "place", "town", "institute", "merged_into", "batch", "standing")
        .first()
    )
    if found is None or not standings_visible(user).filter(pk=found.pk).exists():
        raise InstrumentNotFound(public_id=str(public_id))
    return found


def instrument_by_label(code: str) -> Instrument:
    """Return the instrument of a QR label, for the public; a merged record leads to the kept one."""
    found = (
        Instrument.objects.filter(label_code=code.upper())
        .exclude(filing=Filing.DRAFT)
        .select_related("standing", "town", "place", "merged_into")
        .first()
    )
    if found is None:
        raise InstrumentNotFound(code=code)
    return instrument_by_label(found.merged_into.label_code) if found.merged_into else found


def imports_of(instrument: Instrument) -> QuerySet[ImportBatch]:
    """Return the imports that made or changed a record, newest first."""
    rows = ImportRow.objects.filter(
        instrument=instrument, outcome__in=(Outcome.CREATED, Outcome.UPDATED)
    ).order_by()
    return ImportBatch.objects.filter(pk__in=rows.values("batch"))


def place_by_id(public_id: UUID) -> Place:
    """Return a place.  PlaceNotFound where there is none."""
    found = Place.objects.filter(public_id=public_id).select_related("town").first()
    if found is None:
        raise PlaceNotFound(public_id=str(public_id))
    return found


def places_visible(user: User) -> QuerySet[Place]:
    """Return the places that this person may read: all, those of their towns, or where their own stand."""
    scope = scope_of(user, "instruments.view")
    places = Place.objects.select_related("town")
    if scope.is_all:
        return places
    own = standings_visible(user).exclude(place=None).values("place")
    return places.filter(Q(town__in=scope.unit_ids) | Q(pk__in=own))


def place_for(user: User, public_id: UUID) -> Place:
    """Return a place that this person may read.  PlaceNotFound otherwise: existence is not told."""
    found = places_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise PlaceNotFound(public_id=str(public_id))
    return found


def event_file(user: User, public_id: UUID, event_id: int) -> tuple[InstrumentEvent, bytes]:
    """Return an event of an instrument that this person may read, with its file as it was received.

    Raises
    ------
    InstrumentNotFound, EventFileMissing
        Not there or not for this person; no file, or other bytes than were received.
    """
    instrument = instrument_for(user, public_id)
    event = instrument.events.filter(pk=event_id).exclude(file_sha256="").first()
    path = stored_path(event.file_sha256) if event else None
    if event is None or path is None or not path.exists():
        raise EventFileMissing()
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != event.file_sha256:
        raise EventFileMissing()
    return event, data
