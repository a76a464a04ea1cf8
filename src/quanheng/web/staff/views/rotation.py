"""Rotation: what ends when, by month, lot and town; what must be in stock; what it costs if a meter costs so much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from quanheng.base import clock
from quanheng.base.sheets import write_sheet
from quanheng.lots.rotation import Expiring, StockPlan, by_month, expiring, overdue, stock_plan
from quanheng.web.auth import require_permission
from quanheng.web.lists import page_of, query_of, words
from quanheng.web.staff.lot_forms import StockForm

_VIEW = "lots.view"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FIRST_CAPACITY, _FIRST_LEAD = 500, 3  # what the fields show before anybody says otherwise


@require_safe
def rotation(request: HttpRequest) -> HttpResponse:
    """What ends in the next three years; the stock plan and budget of what is supposed."""
    require_permission(request, _VIEW)
    today = clock.today()
    lines = expiring(today)
    shown = _chosen(request, lines)
    months = by_month(shown, today)
    late = overdue(today)
    asked = {name: request.GET.get(name) for name in ("capacity", "lead", "price")}
    first = {"capacity": str(_FIRST_CAPACITY), "lead": str(_FIRST_LEAD), "price": ""}
    form = StockForm({name: asked[name] or first[name] for name in first})
    plan = _plan(form, shown, today)
    page = page_of(request, shown)
    context = {
        "has_any": bool(lines),
        "sentence": _sentence(months, late),
        "late": late,
        "page": page,
        "query": query_of(request),
        "lines": page.object_list,
        "filters": _filters(request, lines),
        "exports": [{"label": "Excel", "url": "rotation.xlsx" + _query(request)}],
        "chart": _chart(months) if any(months.values()) else None,
        "form": form,
        "plan": plan,
        "hidden": [(name, request.GET[name]) for name in ("town", "lot") if name in request.GET],
    }
    return render(request, "staff/rotation.html", context)


@require_safe
def rotation_xlsx(request: HttpRequest) -> HttpResponseBase:
    """Send the list as shown."""
    require_permission(request, _VIEW)
    today = clock.today()
    book = write_sheet(
        _("轮换清单"),
        [_("到期月份"), _("批号"), _("制造单位"), _("型号"), _("乡镇街道"), _("台数")],
        _rows(_chosen(request, expiring(today))),
    )
    return FileResponse(
        book, as_attachment=True, filename=f"{_('轮换清单')}-{today}.xlsx", content_type=_XLSX
    )


def _rows(lines: Sequence[Expiring]) -> Iterator[Sequence[object]]:
    for line in lines:
        yield f"{line.month:%Y-%m}", line.lot.number, line.lot.maker, line.lot.model, line.town, line.meters


def _chosen(request: HttpRequest, lines: Sequence[Expiring]) -> list[Expiring]:
    town, lot = request.GET.get("town", ""), request.GET.get("lot", "")
    return [
        line
        for line in lines
        if (not town or line.town == town or (town == "-" and not line.town))
        and (not lot or str(line.lot.public_id) == lot)
    ]


def _filters(request: HttpRequest, lines: Sequence[Expiring]) -> list[Any]:
    towns: dict[str, int] = {}
    lots: dict[str, tuple[str, int]] = {}
    for line in lines:
        towns[line.town] = towns.get(line.town, 0) + line.meters
        key = str(line.lot.public_id)
        lots[key] = (line.lot.number, lots.get(key, ("", 0))[1] + line.meters)
    made = []
    if lots:
        made.append(words(request, "lot", _("批"), [(key, name, n) for key, (name, n) in lots.items()]))
    if len(towns) > 1:
        listed = sorted(towns.items(), key=lambda pair: -pair[1])
        made.append(
            words(
                request, "town", _("乡镇街道"), [(town or "-", town or _("未写明"), n) for town, n in listed]
            )
        )
    return made


def _query(request: HttpRequest) -> str:
    query = request.GET.urlencode()
    return f"?{query}" if query else ""


def _sentence(months: dict[date, int], late: int) -> str:
    soon = sum(list(months.values())[:12])
    told = ngettext("12 个月内有 %(n)s 台到期", "12 个月内有 %(n)s 台到期", soon) % {"n": soon}
    if late:
        told += _("，") + ngettext("已过期 %(n)s 台", "已过期 %(n)s 台", late) % {"n": late}
    return told + _("。")


def _chart(months: dict[date, int]) -> dict[str, Any]:
    peak, most = max(months.items(), key=lambda pair: pair[1])
    labels = [f"{month:%Y-%m}" for month in months]
    counts = list(months.values())
    return {
        "id": "rotation",
        "title": _("%(month)s 到期最多，%(n)s 台") % {"month": f"{peak:%Y-%m}", "n": most},
        "columns": [_("月份"), _("到期（台）")],
        "rows": list(zip(labels, counts, strict=True)),
        "spec": {
            "kind": "bar",
            "unit": _("台"),
            "categories": labels,
            "series": [{"name": _("到期"), "values": counts, "tone": "ink"}],
        },
    }


def _plan(form: StockForm, lines: Sequence[Expiring], today: date) -> StockPlan | None:
    if not lines or not form.is_valid():
        return None
    given = form.cleaned_data
    return stock_plan(
        lines,
        today,
        capacity=given["capacity"],
        lead_months=given["lead"],
        price=given["price"] or Decimal(0),
    )
