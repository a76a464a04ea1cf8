"""The explorer of the log: what was recorded, and a proof that the reader's own browser checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.kernels.tlog.entry import parse_leaf
from quanheng.transparency import selectors as transparency
from quanheng.transparency.models import Leaf, PendingLeaf, SignedCheckpoint
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import link, whole, words
from quanheng.web.log_key import published_key
from quanheng.web.staff.history import Opened, commitment_of, open_commitments
from quanheng.web.words import field_word, kind_options, kind_word, value_words


@dataclass(frozen=True)
class Listed:
    """A leaf in a table; ``index`` None while it waits for its number."""

    index: int | None
    at: Any
    kind: str
    word: str
    subject: str


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """All leaves, newest first; what waits for its number stands above."""
    require_permission(request, "transparency.view")
    kind, subject = request.GET.get("kind", ""), request.GET.get("subject", "")
    shown = transparency.leaves(
        kind=kind,
        subject=subject,
        before=whole(request.GET.get("before")),
        after=whole(request.GET.get("after")),
    )
    head = transparency.latest_checkpoint()
    filters = [words(request, "kind", _("事件"), kind_options())]
    if subject:
        filters.append(words(request, "subject", _("对象"), [(subject, subject, None)]))
    context = {
        "rows": [_listed(leaf, leaf.index) for leaf in shown.leaves],
        "older": link(request, before=shown.older, after=None) if shown.older is not None else "",
        "newer": link(request, after=shown.newer, before=None) if shown.newer is not None else "",
        "filters": filters,
        "head": head,
        "witnesses": head.witness_signatures.all() if head else [],
        "waiting": [_listed(leaf, None) for leaf in PendingLeaf.objects.all()[:20]],
        "waiting_count": transparency.pending_count(),
        "is_filtered": bool(kind or subject),
    }
    return render(request, "staff/log.html", context)


def _listed(leaf: Leaf | PendingLeaf, index: int | None) -> Listed:
    return Listed(index, leaf.staged_at, leaf.kind, kind_word(leaf.kind), leaf.subject)


@dataclass(frozen=True)
class Field:
    """One field of a leaf, in words; ``opened`` where it stands as a commitment."""

    label: str
    text: str
    opened: Opened | None = None


@require_safe
def leaf(request: HttpRequest, index: int) -> HttpResponse:
    """One leaf: what it says, what its commitments hide, and its proof."""
    require_permission(request, "transparency.view")
    found = transparency.leaf(index)
    entry = bytes(found.entry)
    fact = parse_leaf(entry)
    may_see = holds(request, "transparency.view_openings")
    opened = open_commitments([fact.data], may_see=may_see)
    head = transparency.latest_checkpoint()
    context = {
        "leaf": found,
        "fact": fact,
        "word": kind_word(found.kind),
        "fields": [_field(name, value, opened) for name, value in fact.data.items()],
        "subject_url": _subject_url(request, found.subject),
        "raw": entry.decode(),
        "leaf_hash": bytes(found.leaf_hash).hex(),
        "previous": index - 1,
        "next": index + 1,
        "is_last": head is not None and index == head.tree_size - 1,
        "proof_url": reverse("portal:proof", args=[index]),
        "vkey": published_key(),
        "may_see": may_see,
        "checkpoint": _first_covering(index),
    }
    return render(request, "staff/leaf.html", context)


def _first_covering(index: int) -> SignedCheckpoint | None:
    return SignedCheckpoint.objects.filter(tree_size__gt=index).first()


def _field(name: str, value: Any, opened: Mapping[str, Opened]) -> Field:
    label = field_word(name)
    if digest := commitment_of(value):
        return Field(label, digest, opened[digest])
    return Field(label, value_words(value))


_PAGES = {
    "task": ("staff:task", "taskboard.view"),
    "plan": ("staff:versions", "taskboard.view"),
    "planversion": ("staff:draft", "taskboard.adopt_plan"),
    "user": ("staff:user_edit", "core.view_users"),
}


def _subject_url(request: HttpRequest, subject: str) -> str:
    """Return the page of what the leaf is about, if there is one and this person may open it."""
    area, _colon, key = subject.partition(":")
    if area == "unit" and key.isdecimal() and holds(request, "core.view_units"):
        return reverse("staff:unit_edit", args=[int(key)])
    if area not in _PAGES or not holds(request, _PAGES[area][1]):
        return ""
    try:
        return reverse(_PAGES[area][0], args=[UUID(key)])
    except ValueError:
        return ""
