"""The fleet of meters: areas with what was estimated of them, one area with its meters, both as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.core.models import OrgUnit, User
from quanheng.fleet.county import unfair_by_result, unfair_of
from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import AreaResult, MeterResult, SupplyArea
from quanheng.fleet.readings_at_hand import folder_at_hand
from quanheng.fleet.selectors import (
    SORTS,
    STATES,
    area_for,
    areas_visible,
    estimate_of,
    ranked_meters,
    reasons_counted,
    sorted_areas,
    totals,
)
from quanheng.kernels.fleet.picture import picture
from quanheng.web.auth import require_permission
from quanheng.web.lists import Filter, Heading, link, page_of, query_of, sort_heading, whole, words
from quanheng.web.staff import fleet_charts as charts
from quanheng.web.staff import fleet_words as said
from quanheng.web.staff.fleet_files import area_rows, file_response, meter_rows
from quanheng.web.staff.fleet_limits import limits_array, limits_of
from quanheng.web.staff.fleet_onward import onward_area

_VIEW = "fleet.view"
_RUNS_SHOWN, _RUNS_DRAWN = 12, 60


@require_safe
def areas(request: HttpRequest) -> HttpResponse:
    """Every area: which of them need someone, and why."""
    user = require_permission(request, _VIEW)
    within, shown = _rows(request, user)
    found = totals(within)
    page = page_of(request, _ranked(request, shown))
    told = unfair_by_result([area.latest_id for area in page if area.latest_id])
    context = {
        "page": page,
        "lines": [said.area_line(area, told.get(area.latest_id or 0)) for area in page],
        "query": query_of(request),
        "views": [said.views_line("fleet")],
        "totals": found,
        "states": [(link(request, state=state), text) for state, text in said.state_sentences(found).items()],
        "shown": totals(shown),
        "filters": _filters(request, found.states),
        "headings": _headings(request),
        "exports": [
            {"label": label, "url": f"{reverse(f'staff:fleet_{form}')}{link(request)}"}
            for form, label in (("xlsx", "Excel"), ("csv", "CSV"))
        ],
        "preliminary": said.preliminary(),
        "commands": said.START,
    }
    return render(request, "staff/fleet.html", context)


@require_safe
def area(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One area: the answer, the picture, what was found, its meters with the reasons, how to compute it again."""
    user = require_permission(request, _VIEW)
    found = area_for(user, public_id)
    result = said.latest_of(found)
    meters, status = _meters(request, found)
    page = page_of(request, meters)
    folder = folder_at_hand(result.run, found.area_id)
    limits = limits_of(result.meter_results.all(), folder)
    runs = list(found.results.select_related("run"))
    context = {
        "area": found,
        "result": result,
        "page": page,
        "lines": [said.meter_line(meter) for meter in page],
        "query": query_of(request),
        "status": status,
        "rest": said.area_sentence(result),
        "findings": said.findings(result),
        "facts": _facts(found),
        "picture": _picture(result, limits),
        "spec": _errors(found, result, limits),
        "limits_words": _limits_words(limits),
        "reasons": reasons_counted(result),
        "loss_chart": charts.loss_chart(runs[:_RUNS_DRAWN][::-1]),
        **onward_area(user, result),
        "filters": [_status_filter(request, result)],
        "exports": _meter_exports(request, found),
        "visit_url": f"{reverse('staff:fleet_meters_xlsx', args=[public_id])}?status={MeterStatus.OUT_OF_TOLERANCE}",
        "command": said.command(found, result.run),
        "earlier": [
            (one, said.state_words()[said.state_of(one)], said.STATE_KIND[said.state_of(one)])
            for one in [one for one in runs if one.pk != result.pk][:_RUNS_SHOWN]
        ],
        "preliminary": said.preliminary(),
    }
    return render(request, "staff/fleet_area.html", context)


@require_safe
def areas_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """Send the list of areas as shown."""
    user = require_permission(request, _VIEW)
    _within, shown = _rows(request, user)
    told = unfair_by_result(AreaResult.objects.filter(pk__in=shown.order_by().values("latest")))
    return file_response(_("电表群"), area_rows(_ranked(request, shown), told), form)


@require_safe
def meters_file(request: HttpRequest, public_id: UUID, form: str) -> HttpResponseBase:
    """Send the meters of an area as shown: for who checks them on site."""
    user = require_permission(request, _VIEW)
    found = area_for(user, public_id)
    meters, _status = _meters(request, found)
    return file_response(f"{_('电能表')}-{found.area_id}", meter_rows(found, meters), form)


def _rows(request: HttpRequest, user: User) -> tuple[QuerySet[SupplyArea], QuerySet[SupplyArea]]:
    """Return the areas of the chosen town, and what is left of them after the words; sorted."""
    within = areas_visible(user)
    if request.GET.get("town") == "none":
        within = within.filter(town=None)
    elif (town := whole(request.GET.get("town"))) is not None:
        within = within.filter(town=town)
    shown = within
    if state := STATES.get(request.GET.get("state", "")):
        shown = shown.filter(state)
    if (sort := request.GET.get("sort", "")) in SORTS:
        shown = sorted_areas(shown, sort, descending=request.GET.get("dir") == "down")
    return within, shown


def _ranked(request: HttpRequest, shown: QuerySet[SupplyArea]) -> QuerySet[SupplyArea] | list[SupplyArea]:
    """Return the areas in the order of what is expected to be billed wrong, where that is asked for."""
    if request.GET.get("sort") != "unfair":
        return shown
    areas = list(shown)
    told = unfair_by_result([area.latest_id for area in areas if area.latest_id])
    down = request.GET.get("dir") == "down"

    def place(area: SupplyArea) -> tuple[bool, float, str]:
        found = unfair_of(said.latest_of(area), told.get(area.latest_id or 0))
        return (found is None, 0.0 if found is None else (-found.kwh if down else found.kwh), area.area_id)

    return sorted(areas, key=place)


def _filters(request: HttpRequest, states: Mapping[str, int]) -> list[Filter]:
    named = [(state, word, states[state]) for state, word in said.state_words().items()]
    made = [words(request, "state", _("状态"), named)]
    towns = OrgUnit.objects.filter(supply_areas__isnull=False).distinct()
    if towns:
        made.append(
            words(request, "town", _("乡镇街道"), [(str(town.pk), town.name, None) for town in towns])
        )
    return made


def _headings(request: HttpRequest) -> list[Heading]:
    return [
        sort_heading(request, "area", _("台区")),
        Heading(_("状态")),
        sort_heading(request, "suspects", _("疑似超差"), "num"),
        sort_heading(request, "undetermined", _("不能判断"), "num"),
        sort_heading(request, "share", _("占（%）"), "num"),
        sort_heading(request, "meters", _("电能表"), "num"),
        sort_heading(request, "loss", _("损失率（%）"), "num"),
        sort_heading(request, "unfair", _("预计错计（kWh）"), "num"),
        Heading(_("发现")),
        sort_heading(request, "town", _("乡镇街道")),
    ]


def _meters(request: HttpRequest, found: SupplyArea) -> tuple[QuerySet[MeterResult], str]:
    rows = ranked_meters(said.latest_of(found))
    status = request.GET.get("status", "")
    return (rows.filter(status=status), status) if status in MeterStatus.values else (rows, "")


def _status_filter(request: HttpRequest, result: AreaResult) -> Filter:
    counts = {
        MeterStatus.OUT_OF_TOLERANCE: result.suspects,
        MeterStatus.UNDETERMINED: result.undetermined,
        MeterStatus.CONFORMING: result.meters - result.suspects - result.undetermined,
    }
    return words(
        request, "status", _("状态"), [(str(one), str(one.label), count) for one, count in counts.items()]
    )


def _picture(result: AreaResult, limits: Mapping[str, float]) -> str:
    """Return the picture of an area, nothing where no meter has an estimate."""
    found = estimate_of(result)
    return picture(found, limits_array(found, limits)) if np.isfinite(found.error_percent).any() else ""


def _errors(found: SupplyArea, result: AreaResult, limits: Mapping[str, float]) -> dict[str, Any] | None:
    """Return every meter on an axis of errors for js/charts.js; None where no meter has an estimate."""
    order = list(MeterStatus.values)
    told = [meter for meter in result.meter_results.all() if meter.error_percent is not None]
    if not told:
        return None
    told.sort(key=lambda meter: (order.index(meter.status), meter.error_percent or 0, meter.meter_id))
    urls = [reverse("staff:fleet_meter", args=[found.public_id, meter.meter_id]) for meter in told]
    return charts.errors_spec(told, limits, urls, found.area_id)


def _limits_words(limits: Mapping[str, float]) -> str:
    """Return which limit is drawn, and where it comes from."""
    if not limits:
        return _("这份结果没有写最大允许误差，图中不画；重新估计后就有。")
    shown = _("、").join(f"±{one:g} %" for one in sorted(set(limits.values())))
    return _("图中的最大允许误差是估计所用的：%(limits)s。") % {"limits": shown}


def _facts(found: SupplyArea) -> list[tuple[str, str]]:
    result = said.latest_of(found)
    loss = "–" if result.loss_kwh is None else f"{result.loss_kwh:,.1f} kWh"
    share = (
        ""
        if result.loss_percent is None
        else _("，占供电量的 %(percent)s %%") % {"percent": f"{result.loss_percent:.2f}"}
    )
    return [
        (_("台区编号"), found.area_id),
        (_("乡镇街道"), found.town.name if found.town else "–"),
        (_("损失电量"), f"{loss}{share}"),
        (_("读数"), said.window_words(result.run)),
        (_("收下日期"), f"{said.taken_on(result.run):%Y-%m-%d}"),
        (_("结果 SHA-256"), result.run.sha256),
    ]


def _meter_exports(request: HttpRequest, found: SupplyArea) -> list[dict[str, str]]:
    return [
        {
            "label": label,
            "url": f"{reverse(f'staff:fleet_meters_{form}', args=[found.public_id])}{link(request)}",
        }
        for form, label in (("xlsx", "Excel"), ("csv", "CSV"))
    ]
