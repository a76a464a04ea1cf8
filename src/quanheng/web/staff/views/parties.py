"""Owners of instruments: a shop, a hospital, a chain with its branches."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.core.enums import Role
from quanheng.core.models import User
from quanheng.core.permissions import own_units
from quanheng.instruments.listing import read_listing
from quanheng.instruments.selectors import ListQuery
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.parties.selectors import parties_named, parties_visible, party_for
from quanheng.parties.services import PartyDetails, open_account_unit, save_party
from quanheng.web.auth import holds, require_permission, require_scope
from quanheng.web.lists import page_of, query_of, words
from quanheng.web.staff import groups
from quanheng.web.staff.common import act, attempt, form_status, retyped
from quanheng.web.staff.groups import PartyForm
from quanheng.web.staff.history import events_about
from quanheng.web.staff.instrument_lists import figures, headings, lines, list_of, list_url, pager, views_line

_COLUMNS = ("name", "serial", "place", "town", "due", "state", "filing", "condition")


@require_safe
def parties(request: HttpRequest) -> HttpResponse:
    """All owners with how many instruments they have and how many of these are overdue."""
    user, scope = require_scope(request, "parties.view")
    rows = parties_visible(user)
    if text := request.GET.get("text", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(pk__in=parties_named(text).values("pk"))
    if (town := groups.asked_town(request)) is not None:
        rows = rows.filter(town=town)
    if (kind := request.GET.get("kind", "")) in PartyKind.values:
        rows = rows.filter(kind=kind)
    if request.GET.get("due") == "overdue":
        rows = rows.filter(pk__in=groups.with_overdue(user, "owner"))
    page = page_of(request, rows.order_by("name_key", "pk"))  # the index of the names
    context = {
        "page": page,
        "groups": groups.groups(user, "owner", list(page.object_list)),
        "query": query_of(request),
        "total": page.paginator.count,
        "text": text,
        "town": town,
        "towns": [choice for choice in groups.town_choices() if scope.covers(choice[0])],
        "filters": [
            views_line("parties"),
            words(request, "kind", _("类型"), [(v, str(w), None) for v, w in PartyKind.choices]),
            words(request, "due", _("到期"), [("overdue", _("有逾期器具"), None)]),
        ],
        "kept": [(name, request.GET[name]) for name in ("kind", "due") if request.GET.get(name)],
        "can_change": holds(request, "parties.change"),
    }
    return render(request, "staff/parties.html", context)


@require_http_methods(["GET", "POST"])
def party_new(request: HttpRequest) -> HttpResponse:
    """Make an owner."""
    user = require_permission(request, "parties.change")
    form = PartyForm(request.POST or None, initial={"revision": 0, "name": request.GET.get("name", "")})
    refusal: BureauError | None = None
    if form.is_valid():
        party, refusal = attempt(
            lambda: save_party(actor=user, public_id=None, revision=0, details=_details(form))
        )
        if party is not None:
            messages.success(request, _("已新建使用单位“%(name)s”。") % {"name": party.name})
            return redirect("staff:party", public_id=party.public_id)
    context = {"form": form, "refusal": refusal.text if refusal else ""}
    return render(request, "staff/party_new.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def party(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """An owner with its branches and the instruments of them all; a form for who may change it."""
    user, scope = require_scope(request, "parties.view")
    found = party_for(user, public_id)
    form, refusal = PartyForm(initial=PartyForm.initial_of(found)), None
    if request.method == "POST":
        user = require_permission(request, "parties.change")
        form = PartyForm(request.POST)
        if form.is_valid():
            saved, refusal = attempt(lambda: _save(user, public_id, form))
            if saved is not None:
                messages.success(request, _("使用单位已保存。"))
                return redirect("staff:party", public_id=public_id)
            if isinstance(refusal, StaleRevision):
                found = party_for(user, public_id)
                form = PartyForm(retyped(request, found.revision))
    query = ListQuery(owner=found.pk)
    asked = list_of(user, scope, query, _COLUMNS)
    listing = read_listing(asked.rows, asked.on)
    context = {
        "party": found,
        "asked": asked,
        "listing": listing,
        "page": pager(listing),
        "lines": lines(asked, listing.ids),
        "headings": [heading.label for heading in headings(request, asked, listing)],
        "figures": figures(asked, listing),
        "branches": groups.groups(user, "owner", list(found.branches.select_related("town"))),
        "list_url": list_url(query),
        "form": form,
        "refusal": refusal.text if refusal else "",
        "can_change": holds(request, "parties.change"),
        "can_register": holds(request, "instruments.register"),
        "can_notify": holds(request, "instruments.view_due"),
        # As `services.feeds`: who plans due work opens any calendar, others their own.
        "has_calendar": holds(request, "instruments.plan_due") or found.unit_id in own_units(user),
        "events": events_about([found.person], with_names=holds(request, "transparency.view_openings")),
    }
    return render(request, "staff/party.html", context, status=form_status(request, refusal))


@require_POST
def party_account(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Open the unit for which an owner's account acts."""
    user = require_permission(request, "parties.change")
    found = party_for(user, public_id)
    return act(
        request,
        lambda: open_account_unit(actor=user, public_id=public_id),
        done=_("已为“%(name)s”开设单位；请系统管理员新建用户，岗位选“%(role)s”，单位选它。")
        % {"name": found.name, "role": Role.INSTRUMENT_OWNER.label},
        to=reverse("staff:party", args=[public_id]),
    )


def _save(user: User, public_id: UUID, form: PartyForm) -> Party:
    revision = form.cleaned_data["revision"]
    return save_party(actor=user, public_id=public_id, revision=revision, details=_details(form))


def _details(form: PartyForm) -> PartyDetails:
    given = {name: value for name, value in form.cleaned_data.items() if name not in {"revision", "parent"}}
    parent = form.cleaned_data["parent"]
    return PartyDetails(
        **given | {"kind": PartyKind(given["kind"]), "parent_id": parent.pk if parent else None}
    )
