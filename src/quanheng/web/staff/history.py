"""What the log says about a record, in words, newest first; waiting leaves included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from quanheng.kernels.canonical import opens
from quanheng.kernels.tlog.entry import Leaf as Fact
from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.transparency.models import Leaf, Opening, PendingLeaf
from quanheng.web.lists import ROWS_A_PAGE
from quanheng.web.words import kind_word


@dataclass(frozen=True)
class Event:
    """One recorded fact, as components/timeline.html shows it; ``log_index`` None while it waits."""

    at: datetime
    who: str
    text: str
    log_index: int | None
    log_url: str


@dataclass(frozen=True)
class Opened:
    """What a commitment hides; ``state`` is open, hidden (not for this reader), erased or false."""

    state: str
    value: Any = None


def events_about(subjects: Iterable[str], *, with_names: bool) -> list[Event]:
    """Return the newest events about these subjects; names of people only for who may see openings."""
    wanted = list(subjects)
    waiting = PendingLeaf.objects.filter(subject__in=wanted).order_by("-pk")[:ROWS_A_PAGE]
    numbered = Leaf.objects.filter(subject__in=wanted).order_by("-index")[: ROWS_A_PAGE - len(waiting)]
    facts: list[tuple[Fact, int | None]] = [(parse_leaf(bytes(leaf.entry)), None) for leaf in waiting]
    facts += [(parse_leaf(bytes(leaf.entry)), leaf.index) for leaf in numbered]
    opened = open_commitments((fact.data for fact, _ in facts), may_see=with_names)
    return [_event(fact, index, opened) for fact, index in facts]


def _event(fact: Fact, index: int | None, opened: Mapping[str, Opened]) -> Event:
    who = opened.get(commitment_of(fact.data.get("by")), Opened("hidden"))
    url = reverse("staff:leaf", args=[index]) if index is not None else ""
    return Event(fact.at, str(who.value or ""), _told(fact), index, url)


# What tells an event from its like where that is not the unit.
_DETAIL = {
    "qualification:granted": "item",
    "qualification:withdrawn": "item",
    "training:recorded": "title",
    "training:withdrawn": "title",
    "standard:certificate_added": "number",
    "standard:certificate_withdrawn": "number",
    "standard:checked": "value",
    "standard:compared": "title",
    "certificate:issued": "conclusion",
    "certificate:superseded": "by",
    "certificate:withdrawn": "number",
    "signing_key:registered": "institute",
    "signing_key:revoked": "distrusted_from",
}


def _told(fact: Fact) -> str:
    """Return the event and the one detail that tells it from its like."""
    word = kind_word(fact.kind)
    detail = (
        fact.data.get(_DETAIL.get(fact.kind, "unit"))
        or fact.data.get("alias")
        or fact.data.get("doc_number")
        or ""
    )
    return f"{word}：{detail}" if detail else word


def commitment_of(value: object) -> str:
    """Return the commitment that stands in a field, or nothing where the field is plain."""
    return str(value["commitment"]) if isinstance(value, Mapping) and "commitment" in value else ""


def open_commitments(data: Iterable[Mapping[str, Any]], *, may_see: bool) -> dict[str, Opened]:
    """Return what each commitment in these facts hides, each checked against its salt."""
    wanted = {digest for fact in data for value in fact.values() if (digest := commitment_of(value))}
    if not may_see:
        return dict.fromkeys(wanted, Opened("hidden"))
    kept = {opening.commitment: opening for opening in Opening.objects.filter(commitment__in=wanted)}
    return {digest: _opened(digest, kept.get(digest)) for digest in wanted}


def _opened(digest: str, opening: Opening | None) -> Opened:
    if opening is None:
        return Opened("erased")
    if not opens(digest, bytes(opening.salt), opening.value):
        return Opened("false", opening.value)
    return Opened("open", opening.value)
