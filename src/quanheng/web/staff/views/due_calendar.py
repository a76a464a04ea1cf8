"""The calendar of due work, and what the next two years bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.instruments.due import Expiry, due_by_day, due_rows, forecast, monday, month_end
from quanheng.kernels.dates import add_months
from quanheng.regulations.packaged import kind_name, working_calendar
from quanheng.web.lists import Filter, Option, link
from quanheng.web.staff.due import Asked, asked, calendar_warning, views_line
from quanheng.web.staff.due_forms import NarrowForm

_MONTHS_OF_CALENDAR = 12
_WEEKS_OF_CALENDAR = 13
_MONTHS_OF_FORECAST = 24
_DAYS_OF_MONTH = 31
_LEVELS = 4
# Of a stacked picture: five kinds and the rest.
_TONES = ("ink", "late", "good", "unsure", "bad", "off")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cell:
    """One day of the calendar; ``level`` 0 to 4 shades it; ``day`` is None where the month has no such day."""

    day: date | None
    count: int = 0
    level: int = 0
    url: str = ""
    is_off: bool = False


@dataclass(frozen=True)
class CalendarRow:
    """One month or week with its days and their sum."""

    first: date
    last: date
    cells: list[Cell]
    count: int
    url: str
    workdays: int


@require_safe
def due_calendar(request: HttpRequest) -> HttpResponse:
    """How many are due on each day: twelve months, or thirteen weeks."""
    found = asked(request)
    is_weekly = request.GET.get("by") == "week"
    spans = _weeks(request, found.on) if is_weekly else _months(request, found.on)
    rows = due_rows(found.user, found.query, found.on)
    by_day = due_by_day(rows, spans[0][0], spans[-1][1])
    most = max(by_day.values(), default=0)
    days = 7 if is_weekly else _DAYS_OF_MONTH
    table = [_calendar_row(found, first, last, days, by_day, most) for first, last in spans]
    first, last = spans[0][0], spans[-1][1]
    length = len(spans)
    steps = [
        (_("往前"), first - length * 7 * _DAY if is_weekly else add_months(first, -length)),
        (_("往后"), last + _DAY),
    ]
    context = {
        "is_weekly": is_weekly,
        "lines": [views_line(request, "due_calendar")],
        "form": NarrowForm(request.GET, found),
        "kept": [("by", "week")] if is_weekly else [],
        "spans": _span_words(request, is_weekly=is_weekly),
        "steps": [(label, link(request, **{"from": start.isoformat()})) for label, start in steps],
        "rows": table,
        "days": range(1, days + 1),
        "weekdays": [_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日")],
        "total": found.figure(
            "span", _("所列各日到期"), sum(by_day.values()), _("按到期日计数"), due_from=first, due_to=last
        ),
        "command": found.command("calendar", **{"from": first, "to": last}) if found.scope.is_all else "",
        "peak": max(table, key=lambda row: row.count),
        "first": first,
        "last": last,
        "warning": calendar_warning(last),
    }
    return render(request, "staff/due_calendar.html", context)


def _span_words(request: HttpRequest, *, is_weekly: bool) -> Filter:
    by_month = Option(_("按月"), link(request, by=None, **{"from": None}), not is_weekly)
    return Filter(
        _("跨度"), [by_month, Option(_("按周"), link(request, by="week", **{"from": None}), is_weekly)]
    )


def _months(request: HttpRequest, on: date) -> list[tuple[date, date]]:
    begin = _start(request, on).replace(day=1)
    firsts = [add_months(begin, n) for n in range(_MONTHS_OF_CALENDAR)]
    return [(first, month_end(first)) for first in firsts]


def _weeks(request: HttpRequest, on: date) -> list[tuple[date, date]]:
    begin = monday(_start(request, on))
    firsts = [begin + n * 7 * _DAY for n in range(_WEEKS_OF_CALENDAR)]
    return [(first, first + 6 * _DAY) for first in firsts]


def _start(request: HttpRequest, on: date) -> date:
    """Return the day to begin with; today where none or nonsense is asked for."""
    try:
        start = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return on
    return start if abs(start.year - on.year) < 100 else on  # noqa: PLR2004  no instrument is as old


def _calendar_row(
    found: Asked, first: date, last: date, days: int, by_day: Mapping[date, int], most: int
) -> CalendarRow:
    calendar = working_calendar()
    length = (last - first).days + 1
    cells = []
    for day in (first + n * _DAY for n in range(length)):
        count = by_day.get(day, 0)
        url = found.list_url(due_from=day, due_to=day) if count else ""
        cells.append(Cell(day, count, _level(count, most), url, not calendar.is_workday(day)))
    cells += [Cell(None)] * (days - length)
    return CalendarRow(
        first,
        last,
        cells,
        sum(cell.count for cell in cells),
        found.list_url(due_from=first, due_to=last),
        sum(not cell.is_off for cell in cells[:length]),
    )


def _level(count: int, most: int) -> int:
    return -(-count * _LEVELS // most) if most else 0


@require_safe
def due_forecast(request: HttpRequest) -> HttpResponse:
    """What ends in each of the next 24 months, by kind."""
    found = asked(request)
    expiries = forecast(due_rows(found.user, found.query, found.on), found.on, _MONTHS_OF_FORECAST)
    begin = found.on.replace(day=1)
    months = [add_months(begin, n) for n in range(_MONTHS_OF_FORECAST)]
    by_kind: dict[str, Expiry] = defaultdict(Expiry)
    for (kind, _month), one in expiries.items():
        by_kind[kind] = Expiry(by_kind[kind].first + one.first, by_kind[kind].again + one.again)
    kinds = sorted(by_kind, key=lambda kind: -by_kind[kind].total)
    table = [_forecast_row(found, month, kinds, expiries) for month in months]
    context = {
        "lines": [views_line(request, "due_forecast")],
        "form": NarrowForm(request.GET, found),
        "kinds": [kind_name(kind) or _("待核实") for kind in kinds],
        "rows": table,
        "total": sum(row["total"] for row in table),
        "peak": max(table, key=lambda row: row["total"]),
        "chart": _forecast_chart(kinds, months, expiries) if kinds else None,
        "command": found.command("forecast", "--months", str(_MONTHS_OF_FORECAST))
        if found.scope.is_all
        else "",
    }
    return render(request, "staff/due_forecast.html", context)


def _forecast_row(
    found: Asked, month: date, kinds: Sequence[str], expiries: Mapping[tuple[str, date], Expiry]
) -> dict[str, Any]:
    bounds = {"due_from": max(month, found.on), "due_to": month_end(month)}
    cells = [
        (one, found.list_url(kind=kind, **bounds) if kind else "")
        for kind in kinds
        for one in [expiries.get((kind, month), Expiry())]
    ]
    first = sum(one.first for one, _url in cells)
    return {
        "month": month,
        "cells": cells,
        "first": first,
        "again": sum(one.again for one, _url in cells),
        "total": sum(one.total for one, _url in cells),
        "url": found.list_url(**bounds),
    }


def _forecast_chart(
    kinds: Sequence[str], months: Sequence[date], expiries: Mapping[tuple[str, date], Expiry]
) -> dict[str, Any]:
    named, rest = list(kinds[: len(_TONES) - 1]), list(kinds[len(_TONES) - 1 :])
    groups = [(kind_name(kind) or _("待核实"), [kind]) for kind in named]
    groups += [(_("其他种类"), rest)] if rest else []
    series = [
        {
            "name": name,
            "tone": _TONES[at],
            "values": [
                sum(expiries.get((kind, month), Expiry()).total for kind in members) for month in months
            ],
        }
        for at, (name, members) in enumerate(groups)
    ]
    sums = [sum(values) for values in zip(*(one["values"] for one in series), strict=True)]
    top = max(range(len(sums)), key=lambda at: sums[at])
    labels = [f"{month:%Y-%m}" for month in months]
    return {
        "id": "due-forecast",
        "title": _("%(month)s最多，%(n)s 台") % {"month": labels[top], "n": sums[top]},
        "spec": {"kind": "stacked", "categories": labels, "unit": _("台"), "series": series},
        "columns": [_("月份"), *(name for name, _members in groups)],
        "rows": [[label, *(one["values"][at] for one in series)] for at, label in enumerate(labels)],
    }
