"""Places: markets, stations, hospitals, each as a group of instruments."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.core.models import User
from quanheng.instruments.enums import Setting
from quanheng.instruments.listing import CAP, read_listing
from quanheng.instruments.models import Place
from quanheng.instruments.selectors import ListQuery, place_for, places_named, places_visible
from quanheng.instruments.services.places import PlaceDetails, save_place
from quanheng.web.auth import holds, require_permission, require_scope
from quanheng.web.lists import page_of, query_of, words
from quanheng.web.staff import groups
from quanheng.web.staff.common import attempt, form_status, retyped
from quanheng.web.staff.groups import PlaceForm
from quanheng.web.staff.history import events_about
from quanheng.web.staff.instrument_lists import figures, lines, list_of, list_url, views_line

_PARTS = re.compile(r"\d+|\D+")
_COLUMNS = ("spot", "name", "serial", "owner", "due", "state", "filing", "condition")


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """All places with how many instruments they have and how many of these are overdue."""
    user, scope = require_scope(request, "instruments.view")
    rows = places_visible(user)
    if text := request.GET.get("text", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(pk__in=places_named(text).values("pk"))
    if (town := groups.asked_town(request)) is not None:
        rows = rows.filter(town=town)
    if (setting := request.GET.get("setting", "")) in Setting.values:
        rows = rows.filter(setting=setting)
    if request.GET.get("due") == "overdue":
        rows = rows.filter(pk__in=groups.with_overdue(user, "place"))
    page = page_of(request, rows.order_by("name_key", "pk"))  # the index of the names
    context = {
        "page": page,
        "groups": groups.groups(user, "place", list(page.object_list)),
        "query": query_of(request),
        "total": page.paginator.count,
        "text": text,
        "town": town,
        "towns": [choice for choice in groups.town_choices() if scope.covers(choice[0])],
        "filters": [
            views_line("places"),
            words(request, "setting", _("场所类型"), [(v, str(w), None) for v, w in Setting.choices]),
            words(request, "due", _("到期"), [("overdue", _("有逾期器具"), None)]),
        ],
        "kept": [(name, request.GET[name]) for name in ("setting", "due") if request.GET.get(name)],
        "can_change": holds(request, "parties.change"),
    }
    return render(request, "staff/places.html", context)


@require_http_methods(["GET", "POST"])
def place_new(request: HttpRequest) -> HttpResponse:
    """Make a place."""
    user = require_permission(request, "parties.change")
    form = PlaceForm(request.POST or None, initial={"revision": 0, "name": request.GET.get("name", "")})
    refusal: BureauError | None = None
    if form.is_valid():
        place, refusal = attempt(
            lambda: save_place(actor=user, public_id=None, revision=0, details=_details(form))
        )
        if place is not None:
            messages.success(request, _("已新建场所“%(name)s”。") % {"name": place.name})
            return redirect("staff:place", public_id=place.public_id)
    context = {"form": form, "refusal": refusal.text if refusal else ""}
    return render(request, "staff/place_new.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A place: its instruments by stall, how many are overdue, where it lies; a form for who may change it."""
    user, scope = require_scope(request, "instruments.view")
    found = place_for(user, public_id)
    form, refusal = PlaceForm(initial=PlaceForm.initial_of(found)), None
    if request.method == "POST":
        user = require_permission(request, "parties.change")
        form = PlaceForm(request.POST)
        if form.is_valid():
            saved, refusal = attempt(lambda: _save(user, public_id, form))
            if saved is not None:
                messages.success(request, _("场所已保存。"))
                return redirect("staff:place", public_id=public_id)
            if isinstance(refusal, StaleRevision):
                found = place_for(user, public_id)
                form = PlaceForm(retyped(request, found.revision))
    query = ListQuery(place=found.pk)
    asked = list_of(user, scope, query, _COLUMNS)
    by_stall = sorted(asked.rows.values_list("instrument__spot", "pk")[:CAP], key=_walking)
    page = page_of(request, [pk for _spot, pk in by_stall])
    context = {
        "place": found,
        "asked": asked,
        "page": page,
        "query": query_of(request),
        "lines": lines(asked, list(page.object_list)),
        "headings": [str(column.label) for column in asked.columns],
        "figures": figures(asked, read_listing(asked.rows, asked.on)),
        "stalls": len({spot for spot, _pk in by_stall if spot}),
        "owners": asked.rows.exclude(owner=None).values("owner").distinct().count(),
        "group": groups.groups(user, "place", [found])[0],
        "list_url": list_url(query),
        "form": form,
        "refusal": refusal.text if refusal else "",
        "can_change": holds(request, "parties.change"),
        "can_register": holds(request, "instruments.register"),
        "can_notify": holds(request, "instruments.view_due"),
        "can_apply": holds(request, "verification.apply"),
        "events": events_about(
            [f"place:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
    }
    return render(request, "staff/place.html", context, status=form_status(request, refusal))


def _walking(row: tuple[str, int]) -> list[tuple[int, int, str]]:
    """Return a key that sorts stall 2 before stall 10; what has no stall comes last."""
    spot, pk = row
    parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.findall(spot)]
    return [*parts, (2, pk, "")]


def _save(user: User, public_id: UUID, form: PlaceForm) -> Place:
    revision = form.cleaned_data["revision"]
    return save_place(actor=user, public_id=public_id, revision=revision, details=_details(form))


def _details(form: PlaceForm) -> PlaceDetails:
    given = {name: value for name, value in form.cleaned_data.items() if name != "revision"}
    return PlaceDetails(**given | {"setting": Setting(given["setting"])})
