"""What the pages of due work share: the narrowed scope, links to the list behind a number, commands."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope
from quanheng.instruments.enums import Setting
from quanheng.instruments.selectors import ListQuery
from quanheng.regulations.packaged import working_calendar
from quanheng.regulations.selectors import rule_set
from quanheng.web.auth import require_scope
from quanheng.web.figures import Figure
from quanheng.web.lists import Filter, Option, whole

DUE_WORDS = {
    "overdue": gettext_lazy("逾期"),
    "soon": gettext_lazy("即将到期"),
    "later": gettext_lazy("有效期内"),
}
# css of components/status.html, and the tone of a picture
DUE_STATUS = {"overdue": "late", "soon": "unsure", "later": "good"}
_VIEWS = {
    "due": gettext_lazy("概览"),
    "due_calendar": gettext_lazy("日历"),
    "due_forecast": gettext_lazy("预测"),
    "due_waves": gettext_lazy("约检计划"),
    "due_map": gettext_lazy("地图"),
}
_NAMES = ("town", "kind", "setting")


@dataclass(frozen=True)
class Asked:
    """Who asks, about what: ``query`` narrows, ``town`` is its unit, ``on`` the day."""

    user: User
    scope: Scope
    query: ListQuery
    town: OrgUnit | None
    on: date

    def list_url(self, **more: object) -> str:
        """Return the list of exactly these instruments."""
        return list_url(self.query, **more)

    def figure(self, name: str, label: str, value: int, formula: str, **more: object) -> Figure:
        """Return a count of instruments with its list; its command, where the whole county is seen."""
        return Figure(
            id=f"due-{name}",
            label=label,
            value=str(value),
            unit=_("台"),
            formula=formula,
            source=_("器具台账，按现行规则算出的到期日"),
            command=self.command("list", "--count", **more) if self.scope.is_all else "",
            url=self.list_url(**more),
        )

    def command(self, verb: str, *flags: str, **more: object) -> str:
        """Return the command that recomputes a number of this page."""
        chosen: dict[str, object] = {
            "town": self.town.name if self.town else "",
            "kind": self.query.kind,
            "setting": self.query.setting,
        }
        parts = ["quanheng", "due", verb, *flags]
        for name, value in (chosen | more).items():
            if value:
                parts += [f"--{name.removeprefix('due_').replace('_', '-')}", shlex.quote(str(value))]
        return " ".join(parts)


def asked(request: HttpRequest, permission: str = "instruments.view_due") -> Asked:
    """Return what a page of due work is about; see `require_scope` for what it refuses."""
    user, scope = require_scope(request, permission)
    key = whole(request.GET.get("town"))
    town = OrgUnit.objects.filter(pk=key).first() if key is not None else None
    kind, setting = request.GET.get("kind", ""), request.GET.get("setting", "")
    query = ListQuery(
        town=town.pk if town else None,
        kind=kind if kind in rule_set().kinds else "",
        setting=setting if setting in Setting.values else "",
    )
    return Asked(user, scope, query, town, clock.today())


def list_url(query: ListQuery | None = None, **more: object) -> str:
    """Return the list of instruments narrowed by ``query`` and ``more`` (names of `ListQuery`)."""
    wanted = replace(query or ListQuery(), **more)  # type: ignore[arg-type]  # the names of ListQuery
    named = {name: value for name, value in vars(wanted).items() if value}
    return f"{reverse('staff:instruments')}?{urlencode(named)}"


def views_line(request: HttpRequest, current: str) -> Filter:
    """Return the pages of due work as words; what narrows this one narrows the others."""
    kept = urlencode({name: request.GET[name] for name in _NAMES if request.GET.get(name)})
    mark = f"?{kept}" if kept else ""
    options = [
        Option(str(label), f"{reverse(f'staff:{name}')}{mark}", name == current)
        for name, label in _VIEWS.items()
    ]
    return Filter(_("看法"), options)


def towns_of(found: Asked) -> list[OrgUnit]:
    """Return the towns that this person may choose among."""
    towns = OrgUnit.objects.filter(kind__in=(UnitKind.TOWN, UnitKind.SUBDISTRICT), is_active=True)
    return [town for town in towns if found.scope.covers(town.pk)]


def calendar_warning(until: date) -> str:
    """Return a sentence where the holidays up to ``until`` are not all known; empty where they are."""
    calendar = working_calendar()
    if calendar.covers(until):
        return ""
    return _(
        "节假日表只到%(last)s。此后按周一至周五计算，没有扣除节假日，"
        "请在国务院办公厅公布放假安排后更新节假日表。"
    ) % {"last": calendar.last_day.isoformat()}
