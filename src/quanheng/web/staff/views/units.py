"""Units and the names that documents call them by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base.errors import StaleRevision
from quanheng.core.enums import UnitKind
from quanheng.core.errors import UnitNotFound
from quanheng.core.models import OrgUnit
from quanheng.core.selectors import groups_of
from quanheng.core.services import save_unit
from quanheng.taskboard.models import TaskUnit
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import Heading, page_of, query_of, sort_heading, sort_rows, words
from quanheng.web.staff.common import Difference, attempt, form_status, retyped
from quanheng.web.staff.forms import NEW_KINDS, UnitForm
from quanheng.web.staff.history import events_about
from quanheng.web.words import value_words

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
    """Make a unit, or (``?kind=group``) a name that stands for several."""
    user = require_permission(request, "core.change_units")
    kinds = (UnitKind.GROUP,) if request.GET.get("kind") == UnitKind.GROUP else NEW_KINDS
    initial = {"revision": 0, "kind": kinds[0], "name": request.GET.get("name", "")}
    form = UnitForm(request.POST or None, initial=initial, kinds=kinds, others=_others(kinds[0]))
    refusal = None
    if form.is_valid():
        fields = _fields(form) | {"revision": 0}
        unit, refusal = attempt(lambda: save_unit(actor=user, unit_id=None, **fields))
        if unit is not None:
            messages.success(request, _("已新建单位“%(name)s”。") % {"name": unit.name})
            return redirect("staff:units")
    context = {"form": form, "refusal": refusal, "is_group": UnitKind.GROUP in kinds}
    return render(request, "staff/unit_form.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def unit_edit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """A unit: its names, its people, its tasks; a form for who may change it."""
    user = require_permission(request, "core.view_units")
    unit = _unit(unit_id)
    form = _form(unit)
    refusal, differences = None, []
    if request.method == "POST":
        require_permission(request, "core.change_units")
        form = _form(unit, request.POST)
        if form.is_valid():
            saved, refusal = attempt(lambda: save_unit(actor=user, unit_id=unit_id, **_fields(form)))
            if saved is not None:
                messages.success(request, _("单位已保存。"))
                return redirect("staff:unit_edit", unit_id=unit_id)
            if isinstance(refusal, StaleRevision):
                unit = _unit(unit_id)
                differences = _differences(unit, form)
                form = _form(unit, retyped(request, unit.revision))
    context = {
        "org": unit,
        "form": form,
        "refusal": refusal,
        "differences": differences,
        "can_change": holds(request, "core.change_units"),
        "people": unit.assignments.select_related("user").filter(user__is_active=True),
        "tasks": _tasks(unit),
        "events": events_about([f"unit:{unit.pk}"], with_names=holds(request, "transparency.view_openings")),
        "sees_users": holds(request, "core.view_users"),
    }
    return render(request, "staff/unit_form.html", context, status=form_status(request, refusal))


def _unit(unit_id: int) -> OrgUnit:
    unit = OrgUnit.objects.filter(pk=unit_id).prefetch_related("aliases", "members", "groups").first()
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


def _others(kind: UnitKind, unit: OrgUnit | None = None) -> list[OrgUnit]:
    """Return the units that may be members of a group, or the groups that a unit may belong to.

    What is switched off is offered only where it belongs already: saving must not drop it unseen.
    """
    present = [] if unit is None else [item.pk for item in _belonging(unit)]
    every = OrgUnit.objects.filter(Q(is_active=True) | Q(pk__in=present))
    if kind == UnitKind.GROUP:
        return sorted(every.filter(kind__in=NEW_KINDS), key=lambda unit: NEW_KINDS.index(UnitKind(unit.kind)))
    return list(every.filter(kind=UnitKind.GROUP))


def _belonging(unit: OrgUnit) -> list[OrgUnit]:
    return list(unit.members.all() if unit.kind == UnitKind.GROUP else unit.groups.all())


def _form(unit: OrgUnit, data: QueryDict | None = None) -> UnitForm:
    kinds = _kinds(unit)
    return UnitForm(data, initial=_initial(unit), kinds=kinds, others=_others(UnitKind(unit.kind), unit))


def _initial(unit: OrgUnit) -> dict[str, Any]:
    belonging = "members" if unit.kind == UnitKind.GROUP else "groups"
    return {
        "revision": unit.revision,
        "name": unit.name,
        "kind": unit.kind,
        "code": unit.code,
        "aliases": "\n".join(alias.name for alias in unit.aliases.all()),
        "is_active": unit.is_active,
        belonging: [item.pk for item in _belonging(unit)],
    }


def _fields(form: UnitForm) -> dict[str, Any]:
    return {**form.cleaned_data, "kind": UnitKind(form.cleaned_data["kind"])}


def _differences(unit: OrgUnit, form: UnitForm) -> list[Difference]:
    present = {**_initial(unit), "aliases": [alias.name for alias in unit.aliases.all()]}
    typed = form.cleaned_data
    names = ["name", "kind", "code", "aliases", "is_active"] + ([form.belonging] if form.belonging else [])
    return [
        Difference(str(form.fields[name].label), _said(name, present[name]), _said(name, typed[name]))
        for name in names
        if _said(name, present[name]) != _said(name, typed[name])
    ]


def _said(name: str, value: Any) -> str:
    if name == "kind":
        return str(UnitKind(value).label)
    if name in {"members", "groups"}:
        return value_words([unit.name for unit in OrgUnit.objects.filter(pk__in=value)])
    return value_words(sorted(value) if name == "aliases" else value)
