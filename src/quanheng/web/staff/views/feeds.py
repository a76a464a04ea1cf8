"""Calendars to subscribe to: opened, shown with their secret address, renewed, closed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import own_units
from quanheng.instruments.feeds import feed_rows, feeds_visible
from quanheng.instruments.models import CalendarFeed
from quanheng.instruments.services.feeds import close_feed, open_owner_feed, open_unit_feed, renew_feed
from quanheng.parties.errors import PartyNotFound
from quanheng.parties.models import Party
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import page_of, whole
from quanheng.web.public_url import public_url
from quanheng.web.staff.common import act


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """Show the calendars whose address this person may know, and offer those that are not open yet."""
    user = require_permission(request, "instruments.view_due")
    rows = feeds_visible(user)
    if asked := request.GET.get("owner", ""):
        rows = rows.filter(owner__public_id=_uuid(asked))
    page = page_of(request, rows)
    base, on = public_url(request), clock.today()
    shown = [
        {"feed": feed, "url": _address(base, feed), "count": feed_rows(feed, on).count()} for feed in page
    ]
    context = {
        "feeds": shown,
        "page": page,
        "to_open": _to_open(request, user),
    }
    return render(request, "staff/feeds.html", context)


@require_POST
def feed_open(request: HttpRequest) -> HttpResponse:
    """Open the calendar of an owner (``owner``) or of an institute (``unit``)."""
    user = require_permission(request, "instruments.view_due")
    unit_id = whole(request.POST.get("unit"))
    if unit_id is not None:
        feed = open_unit_feed(actor=user, unit_id=unit_id)
    else:
        feed = open_owner_feed(actor=user, public_id=_uuid(request.POST.get("owner", "")))
    messages.success(request, _("日历已开通：%(who)s。") % {"who": feed})
    return redirect("staff:feeds")


@require_POST
def feed_renew(request: HttpRequest, feed_id: int) -> HttpResponse:
    """Give it a new address."""
    user = require_permission(request, "instruments.view_due")
    return act(
        request,
        lambda: renew_feed(actor=user, feed_id=feed_id),
        done=_("地址已更换，旧地址不再可用。"),
        to=reverse("staff:feeds"),
    )


@require_POST
def feed_close(request: HttpRequest, feed_id: int) -> HttpResponse:
    """Close it."""
    user = require_permission(request, "instruments.view_due")
    return act(
        request,
        lambda: close_feed(actor=user, feed_id=feed_id),
        done=_("日历已关闭，地址不再可用。"),
        to=reverse("staff:feeds"),
    )


def _to_open(request: HttpRequest, user: User) -> list[dict[str, object]]:
    """Return the owners and institutes without a calendar that this person may open one for now."""
    own = own_units(user)
    owners = Party.objects.filter(unit__in=own)
    units = OrgUnit.objects.filter(kind=UnitKind.INSTITUTE, is_active=True)
    if holds(request, "instruments.plan_due"):
        asked = request.GET.get("owner", "")
        owners = Party.objects.filter(public_id=_uuid(asked)) if asked else Party.objects.none()
    else:
        units = units.filter(pk__in=own)
    found: list[dict[str, object]] = [
        {"name": owner.name, "field": "owner", "value": owner.public_id}
        for owner in owners.filter(calendar_feed=None)
    ]
    found += [
        {"name": unit.name, "field": "unit", "value": unit.pk} for unit in units.filter(calendar_feed=None)
    ]
    return found


def _address(base: str, feed: CalendarFeed) -> str:
    return f"{base}{reverse('portal:feed', args=[feed.token])}"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise PartyNotFound(public_id=text[:40]) from error
