"""地图: where what is due stands; the list beside says the same."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.instruments.due import due_rows
from quanheng.instruments.due_map import DueMap, MapPlace, due_map
from quanheng.web.lists import Filter, page_of, query_of, words
from quanheng.web.staff.due import DUE_STATUS, DUE_WORDS, Asked, asked, views_line
from quanheng.web.staff.due_forms import NarrowForm


@require_safe
def due_map_page(request: HttpRequest) -> HttpResponse:
    """Show the places with what is due in them."""
    found = asked(request)
    status = request.GET.get("status", "")
    drawn = due_map(
        due_rows(found.user, found.query, found.on),
        found.on,
        status=status if status in DUE_WORDS else "",
    )
    is_missing = request.GET.get("only") == "missing"
    shown = [one for one in drawn.places if one.east is None] if is_missing else drawn.places
    page = page_of(request, shown)
    context = {
        "lines": [views_line(request, "due_map")],
        "form": NarrowForm(request.GET, found),
        "kept": [("status", status)] if status else [],
        "filters": _filters(request),
        "map": drawn,
        "late": drawn.count("overdue"),
        "spec": _spec(drawn),
        "page": page,
        "rows": [_row(found, one) for one in page],
        "query": query_of(request),
        "is_missing": is_missing,
        "missing_url": f"?{_kept(request)}only=missing#list",
        "words": [(str(DUE_WORDS[word]), DUE_STATUS[word]) for word in DUE_WORDS],
        "command": found.command("places") if found.scope.is_all else "",
    }
    return render(request, "staff/due_map.html", context)


def _filters(request: HttpRequest) -> list[Filter]:
    statuses = [(word, str(label), None) for word, label in DUE_WORDS.items()]
    return [words(request, "status", _("状态"), statuses)]


def _kept(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in ("page", "only"):
        query.pop(name, None)
    return f"{query.urlencode()}&" if query else ""


def _row(found: Asked, one: MapPlace) -> dict[str, Any]:
    return {
        "place": one.place,
        "word": str(DUE_WORDS[one.status]),
        "kind": DUE_STATUS[one.status],
        "counts": [
            (str(label), getattr(one.counts, word), found.list_url(place=one.place.pk, due=word))
            for word, label in DUE_WORDS.items()
        ],
        "url": reverse("staff:place", args=[one.place.public_id]),
        "is_missing": one.east is None,
    }


def _spec(drawn: DueMap) -> dict[str, Any]:
    """Return what js/map.js draws: positions [km], counts, words."""
    return {
        "points": [_point(one) for one in drawn.drawn],
        "towns": [
            {"name": town.name, "x": round(town.east, 3), "y": round(town.north, 3)} for town in drawn.towns
        ],
        "words": {word: str(label) for word, label in DUE_WORDS.items()},
        "cluster": _("{n} 处，{late} 处有逾期，点按放大"),
        "point": _("{name}：{word}，逾期 {overdue} 台，即将到期 {soon} 台"),
        "km": _("公里"),
    }


def _point(one: MapPlace) -> dict[str, Any]:
    return {
        "x": round(one.east or 0, 3),
        "y": round(one.north or 0, 3),
        "name": one.place.name,
        "status": one.status,
        "overdue": one.counts.overdue,
        "soon": one.counts.soon,
        "url": reverse("staff:place", args=[one.place.public_id]),
    }
