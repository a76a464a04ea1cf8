"""检定到期: what is due, by town and kind; the calendar; what the next two years bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.core.models import OrgUnit
from quanheng.instruments.due import (
    DueCounts,
    Overview,
    due_rows,
    overview,
)
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.enums import Setting
from quanheng.regulations.packaged import kind_name
from quanheng.web.auth import holds
from quanheng.web.figures import Figure
from quanheng.web.staff.due import (
    DUE_STATUS,
    DUE_WORDS,
    Asked,
    asked,
    calendar_warning,
    views_line,
)
from quanheng.web.staff.due_forms import NarrowForm

_FEW_BARS = 6  # so many fit into a picture of usual height
_BARS = 12  # so many bars of a picture can still be read


@dataclass(frozen=True)
class Line:
    """One row of a table of counts, each count with its list."""

    name: str
    url: str
    counts: DueCounts
    cells: list[tuple[int, str]]


@dataclass(frozen=True)
class Band:
    """One reminder: within ``days``, due from ``first`` to ``last``."""

    days: int
    first: date
    last: date
    count: int
    url: str
    command: str


@require_safe
def due(request: HttpRequest) -> HttpResponse:
    """How much is due and overdue, and where."""
    found = asked(request)
    counted = overview(due_rows(found.user, found.query, found.on), found.on)
    towns = _lines(counted.by_town, _town_names(counted.by_town), found, "town")
    kinds = _lines(counted.by_kind, {code: kind_name(code) for code in counted.by_kind}, found, "kind")
    figures = _figures(found, counted)
    context = {
        "counted": counted,
        "figures": figures,
        "lines": [views_line(request, "due")],
        "form": NarrowForm(request.GET, found),
        "warning": "" if counted.apply_by.is_certain else calendar_warning(counted.apply_by.on),
        "bands": [_band(found, one.days, one.first, one.last, one.count) for one in counted.reminders],
        "apply": figures["apply"],
        "choices": due_choices(),
        "tables": [
            {"name": _("乡镇街道"), "lines": towns, "chart": _chart("due-towns", towns, _("乡镇街道"))},
            {"name": _("器具种类"), "lines": kinds, "chart": _chart("due-kinds", kinds, _("种类"))},
        ],
        "words": [(DUE_WORDS[word], word) for word in DUE_WORDS],
        "can_plan": holds(request, "instruments.plan_due"),
        "is_whole": found.scope.is_all,
    }
    return render(request, "staff/due.html", context)


def _figures(found: Asked, counted: Overview) -> dict[str, Figure]:
    """Return the numbers of the sentence, by name."""
    on, month_to = counted.on, counted.month_to
    figures = {
        "month": found.figure(
            "month",
            _("本月到期"),
            counted.this_month,
            _("到期日在今天至本月底之间"),
            due_from=on,
            due_to=month_to,
        ),
        "overdue": found.figure(
            "overdue", _("逾期"), counted.counts.overdue, _("到期日早于今天"), due="overdue"
        ),
        "apply": found.figure(
            "apply",
            _("今天应申请检定"),
            counted.to_apply,
            _("到期日在今天起第 %(n)s 个工作日以前（含）") % {"n": due_choices().application_workdays},
            due_from=on,
            due_to=counted.apply_by.on,
        ),
    }
    setting, count = next(iter(counted.overdue_by_setting.items()), ("", 0))
    if setting and not found.query.setting:
        figures["worst"] = found.figure(
            "worst",
            str(Setting(setting).label),
            count,
            _("到期日早于今天，场所类型为逾期最多的一类"),
            due="overdue",
            setting=setting,
        )
    return figures


def _band(found: Asked, days: int, first: date, last: date, count: int) -> Band:
    bounds = {"due_from": first, "due_to": last}
    command = found.command("list", "--count", **bounds) if found.scope.is_all else ""
    return Band(days, first, last, count, found.list_url(**bounds), command)


def _town_names(towns: Mapping[int | None, object]) -> dict[int | None, str]:
    keys = [key for key in towns if key is not None]
    return dict(OrgUnit.objects.filter(pk__in=keys).values_list("pk", "name"))


def _lines(counts: Mapping[Any, DueCounts], names: Mapping[Any, str], found: Asked, field: str) -> list[Line]:
    """Return the rows, most overdue first.  What has no name cannot be a filter and has no link."""
    lines = []
    for key, count in counts.items():
        link_to = _linker(found, field, key)
        cells = [(getattr(count, word), link_to(due=word)) for word in DUE_WORDS]
        lines.append(Line(names.get(key) or _("待核实"), link_to(), count, cells))
    return sorted(lines, key=lambda line: (-line.counts.overdue, -line.counts.soon, line.name))


def _linker(found: Asked, field: str, key: object) -> Callable[..., str]:
    return lambda **more: found.list_url(**{field: key}, **more) if key else ""


def _chart(name: str, lines: Sequence[Line], what: str) -> dict[str, Any] | None:
    """Return the worst rows as bars; None where nothing is due."""
    shown = [line for line in lines if line.counts.overdue + line.counts.soon][:_BARS]
    if not shown:
        return None
    title = _("%(name)s逾期最多：%(n)s 台") % {"name": shown[0].name, "n": shown[0].counts.overdue}
    if not shown[0].counts.overdue:
        title = _("没有逾期；%(name)s即将到期最多：%(n)s 台") % {
            "name": shown[0].name,
            "n": shown[0].counts.soon,
        }
    drawn = ("overdue", "soon")
    return {
        "id": name,
        "title": title,
        "is_tall": len(shown) > _FEW_BARS,
        "spec": {
            "kind": "stacked",
            "horizontal": True,
            "categories": [line.name for line in shown],
            "unit": _("台"),
            "series": [
                {
                    "name": str(DUE_WORDS[word]),
                    "tone": DUE_STATUS[word],
                    "values": [getattr(line.counts, word) for line in shown],
                }
                for word in drawn
            ],
        },
        "columns": [what, *(str(DUE_WORDS[word]) for word in drawn)],
        "rows": [[line.name, line.counts.overdue, line.counts.soon] for line in shown],
    }
