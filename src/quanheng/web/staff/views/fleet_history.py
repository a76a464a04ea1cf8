"""One area by day, one meter over the runs, and both as files; the picture of an area as a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.fleet.errors import MeterNotFound
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.fleet.readings_at_hand import (
    MOST_DAYS,
    NotAtHand,
    balance_at_hand,
    folder_at_hand,
    meter_days,
)
from quanheng.fleet.selectors import area_for, estimate_of, meter_history
from quanheng.kernels.fleet.picture import picture
from quanheng.web.auth import require_permission
from quanheng.web.staff import fleet_charts as charts
from quanheng.web.staff import fleet_words as said
from quanheng.web.staff.fleet_files import day_rows, file_response, history_rows
from quanheng.web.staff.fleet_limits import limits_array, limits_of
from quanheng.web.staff.fleet_onward import onward

_VIEW = "fleet.view"


@require_safe
def days(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show where the energy of an area went, by day; the part alone where a page asks for it."""
    found = area_for(require_permission(request, _VIEW), public_id)
    context = {"area": found, **_days(found, request)}
    part = request.headers.get("HX-Request") == "true"
    return render(request, "staff/_fleet_days.html" if part else "staff/fleet_days.html", context)


@require_safe
def days_file(request: HttpRequest, public_id: UUID, form: str) -> HttpResponseBase:
    """Send the balance by day; only the headings where the readings are not on this machine."""
    found = area_for(require_permission(request, _VIEW), public_id)
    return file_response(
        f"{_('电量平衡')}-{found.area_id}", day_rows(found, _days(found, request)["balance"]), form
    )


@require_safe
def svg(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the picture of an area as a file."""
    found = area_for(require_permission(request, _VIEW), public_id)
    estimate = estimate_of(said.latest_of(found))
    folder = folder_at_hand(said.latest_of(found).run, found.area_id)
    limits = limits_of(said.latest_of(found).meter_results.all(), folder)
    text = picture(estimate, limits_array(estimate, limits))
    name = content_disposition_header(as_attachment=True, filename=f"{found.area_id}.svg")
    return HttpResponse(
        text, content_type="image/svg+xml", headers={"Content-Disposition": name or "attachment"}
    )


@require_safe
def meter(request: HttpRequest, public_id: UUID, meter_id: str) -> HttpResponse:
    """One meter: the answer of the latest run, all runs over time, its findings, its energy by day."""
    user = require_permission(request, _VIEW)
    found = area_for(user, public_id)
    history = _history(found, meter_id)
    latest = history[-1]
    run = said.latest_of(found).run
    folder = folder_at_hand(run, found.area_id)
    limit = limits_of([latest], folder).get(meter_id)
    name = f"{found.area_id}-{meter_id}"
    context = {
        "area": found,
        "meter_id": meter_id,
        "line": said.meter_line(latest),
        "lines": [
            replace(said.meter_line(one), window=said.window_words(one.area_result.run))
            for one in reversed(history)
        ],
        "is_latest": latest.area_result_id == found.latest_id,
        "limit": "" if limit is None else f"{limit:g}",
        "spec": charts.runs_spec(history, limit, name) if _has_figures(history) else None,
        "probability": charts.probability_spec(history, name) if _has_figures(history) else None,
        "findings": [
            one
            for one in said.findings(latest.area_result)
            if one.meter_id == meter_id or meter_id in one.others
        ],
        "preliminary": said.preliminary(),
        "command": said.command(found, run),
        "exports": [
            {"label": label, "url": reverse(f"staff:fleet_history_{form}", args=[public_id, meter_id])}
            for form, label in (("xlsx", "Excel"), ("csv", "CSV"))
        ],
        **_meter_days(found, meter_id),
        **onward(user, found, latest),
    }
    return render(request, "staff/fleet_meter.html", context)


@require_safe
def history_file(request: HttpRequest, public_id: UUID, meter_id: str, form: str) -> HttpResponseBase:
    """Send what every run said of a meter."""
    found = area_for(require_permission(request, _VIEW), public_id)
    history = _history(found, meter_id)
    return file_response(f"{_('电能表')}-{meter_id}".replace("/", "-"), history_rows(found, history), form)


def _history(found: SupplyArea, meter_id: str) -> list[MeterResult]:
    history = list(meter_history(found, meter_id))
    if not history:
        raise MeterNotFound(meter_id=meter_id)
    return history


def _has_figures(history: list[MeterResult]) -> bool:
    return any(one.error_percent is not None for one in history)


def _days(found: SupplyArea, request: HttpRequest) -> dict[str, Any]:
    """Return the balance by day with its charts, or why there is none."""
    run = said.latest_of(found).run
    folder = folder_at_hand(run, found.area_id)
    made: dict[str, Any] = {
        "balance": None,
        "why_not": "",
        "command": said.command(found, run),
        "days_most": MOST_DAYS,
    }
    if folder is None:
        return made
    try:
        balance, window = balance_at_hand(folder, run, _day(request.GET.get("until", "")))
    except NotAtHand as cannot:
        return made | {"why_not": cannot.text}
    first, last = (day.astype(object) for day in balance.days[[0, -1]])
    page = reverse("staff:fleet_days", args=[found.public_id])
    return made | {
        "balance": balance,
        "charts": charts.days_charts(balance),
        "first": first,
        "last": last,
        "earlier_url": f"{page}?until={_shifted(first, -1)}" if first > window.since else "",
        "later_url": f"{page}?until={_shifted(last, MOST_DAYS)}" if last < window.until else "",
        "exports": [
            {
                "label": label,
                "url": reverse(f"staff:fleet_days_{form}", args=[found.public_id]) + f"?until={last}",
            }
            for form, label in (("xlsx", "Excel"), ("csv", "CSV"))
        ],
    }


def _meter_days(found: SupplyArea, meter_id: str) -> dict[str, Any]:
    run = said.latest_of(found).run
    folder = folder_at_hand(run, found.area_id)
    if folder is None:
        return {"days": None, "why_not": ""}
    try:
        return {"days": charts.meter_days_chart(meter_days(folder, meter_id, run)), "why_not": ""}
    except NotAtHand as cannot:
        return {"days": None, "why_not": cannot.text}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _shifted(day: date, days: int) -> str:
    return date.fromordinal(max(day.toordinal() + days, 1)).isoformat()
