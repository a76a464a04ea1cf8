"""Units and the names that documents call them by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base.errors import BureauError, StaleRevision
from quanheng.core.enums import UnitKind
from quanheng.core.errors import UnitNotFound
from quanheng.core.models import OrgUnit
from quanheng.core.selectors import groups_of
from quanheng.core.services import save_unit
from quanheng.taskboard.models import TaskUnit
from quanheng.web.auth import holds, require_permission
from quanheng.web.staff.common import (
    Difference,
    Heading,
    is_told_in_form,
    page_of,
    query_of,
    retyped,
    sort_heading,
    sort_rows,
    words,
)
from quanheng.web.staff.forms import NEW_KINDS, UnitForm
from quanheng.web.staff.history import events_about

SORTS: dict[str, Callable[[Line], Any]] = {
    "name": lambda line: line.unit.name,
    "people": lambda line: line.people,
    "tasks": lambda line: line.tasks,
    "code": lambda line: line.unit.code,
}


@dataclass(frozen=True)
class Line:
    """One unit of the list; ``tasks`` counts those that name it, by itself or through a group."""

    unit: OrgUnit
    people: int
    tasks: int


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """All units, by kind and whether they are in use."""
    require_permission(request, "core.view_units")
    every = _lines()
    kinds = [
        (kind.value, str(kind.label), sum(line.unit.kind == kind for line in every)) for kind in UnitKind
    ]
    off = sum(not line.unit.is_active for line in every)
    rows = sort_rows(request, [line for line in every if _is_asked(request, line.unit)], SORTS)
    context = {
        "page": page_of(request, rows),
        "query": query_of(request),
        "total": len(every),
        "kind_counts": [kind for kind in kinds if kind[2]],
        "filters": [
            words(request, "kind", _("类型"), [kind for kind in kinds if kind[2]]),
            words(request, "state", _("状态"), [("off", _("停用"), off)]),
        ],
        "headings": [
            sort_heading(request, "name", _("名称")),
            Heading(_("别名")),
            Heading(_("类型")),
            sort_heading(request, "code", _("代码")),
            sort_heading(request, "people", _("人员"), "num"),
            sort_heading(request, "tasks", _("任务"), "num"),
            Heading(_("状态")),
        ],
        "can_change": holds(request, "core.change_units"),
    }
    return render(request, "staff/units.html", context)


def _lines() -> list[Line]:
    people = Count("assignments__user", filter=Q(assignments__user__is_active=True), distinct=True)
    every = OrgUnit.objects.annotate(people=people).prefetch_related("aliases", "members")
    tasks: dict[int, set[int]] = {}
    for named in TaskUnit.objects.filter(task__retired_in=None).prefetch_related("unit__members"):
        for unit_id in (named.unit_id, *(member.pk for member in named.unit.members.all())):
            tasks.setdefault(unit_id, set()).add(named.task_id)
    return [Line(unit, unit.people, len(tasks.get(unit.pk, ()))) for unit in every]


def _is_asked(request: HttpRequest, unit: OrgUnit) -> bool:
    kind = request.GET.get("kind")
    return (not kind or unit.kind == kind) and (request.GET.get("state") != "off" or not unit.is_active)


@require_http_methods(["GET", "POST"])
def unit_new(request: HttpRequest) -> HttpResponse:
    """Make a unit."""
    user = require_permission(request, "core.change_units")
    initial = {"revision": 0, "kind": UnitKind.DEPARTMENT, "name": request.GET.get("name", "")}
    form = UnitForm(request.POST or None, initial=initial)
    refusal = ""
    if form.is_valid():
        try:
            unit = save_unit(actor=user, unit_id=None, **(_fields(form) | {"revision": 0}))
        except BureauError as error:
            if not is_told_in_form(error):
                raise
            refusal = error.text
        else:
            messages.success(request, _("已新建单位“%(name)s”。") % {"name": unit.name})
            return redirect("staff:units")
    status = (409 if refusal else 422) if request.method == "POST" else 200
    return render(request, "staff/unit_form.html", {"form": form, "refusal": refusal}, status=status)


@require_http_methods(["GET", "POST"])
def unit_edit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """A unit: its names, its people, its tasks; a form for who may change it."""
    user = require_permission(request, "core.view_units")
    unit = _unit(unit_id)
    can_change = holds(request, "core.change_units")
    form = UnitForm(initial=_initial(unit), kinds=_kinds(unit))
    refusal, differences, status = "", [], 200
    if request.method == "POST":
        require_permission(request, "core.change_units")
        form, status = UnitForm(request.POST, kinds=_kinds(unit)), 422
        if form.is_valid():
            try:
                save_unit(actor=user, unit_id=unit_id, **_fields(form))
            except BureauError as error:
                if not is_told_in_form(error):
                    raise
                refusal, status = error.text, 409
                if isinstance(error, StaleRevision):
                    unit = _unit(unit_id)
                    differences = _differences(unit, form)
                    form = UnitForm(retyped(request, unit.revision), kinds=_kinds(unit))
            else:
                messages.success(request, _("单位已保存。"))
                return redirect("staff:unit_edit", unit_id=unit_id)
    context = {
        "org": unit,
        "form": form,
        "refusal": refusal,
        "differences": differences,
        "can_change": can_change,
        "people": unit.assignments.select_related("user").filter(user__is_active=True),
        "tasks": _tasks(unit),
        "events": events_about([f"unit:{unit.pk}"], with_names=holds(request, "transparency.view_openings")),
        "sees_users": holds(request, "core.view_users"),
    }
    return render(request, "staff/unit_form.html", context, status=status)


def _unit(unit_id: int) -> OrgUnit:
    unit = OrgUnit.objects.filter(pk=unit_id).prefetch_related("aliases", "members").first()
    if unit is None:
        raise UnitNotFound(unit_id=unit_id)
    return unit


def _tasks(unit: OrgUnit) -> list[TaskUnit]:
    """Return where the tasks name a unit, by itself or through a group."""
    reached = {unit.pk} | groups_of(frozenset({unit.pk}))
    return list(
        TaskUnit.objects.filter(unit__in=reached, task__retired_in=None).select_related("task", "unit")
    )


def _kinds(unit: OrgUnit) -> tuple[UnitKind, ...]:
    """Return the kinds that a unit may become: county and group stay what they are."""
    kind = UnitKind(unit.kind)
    return NEW_KINDS if kind in NEW_KINDS else (kind,)


def _initial(unit: OrgUnit) -> dict[str, Any]:
    return {
        "revision": unit.revision,
        "name": unit.name,
        "kind": unit.kind,
        "code": unit.code,
        "aliases": "\n".join(alias.name for alias in unit.aliases.all()),
        "is_active": unit.is_active,
    }


def _fields(form: UnitForm) -> dict[str, Any]:
    return {**form.cleaned_data, "kind": UnitKind(form.cleaned_data["kind"])}


def _differences(unit: OrgUnit, form: UnitForm) -> list[Difference]:
    present = {**_initial(unit), "aliases": "、".join(alias.name for alias in unit.aliases.all())}
    typed = {**form.cleaned_data, "aliases": "、".join(sorted(form.cleaned_data["aliases"]))}
    return [
        Difference(str(form.fields[name].label), _said(name, present[name]), _said(name, typed[name]))
        for name in ("name", "kind", "code", "aliases", "is_active")
        if present[name] != typed[name]
    ]


def _said(name: str, value: Any) -> str:
    if name == "kind":
        return str(UnitKind(value).label)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value) or _("（空）")
