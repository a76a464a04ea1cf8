"""One box: tasks, files, instruments, certificates, owners, places, units and people, each as far as the person may see them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.certificates.selectors import certificates_for
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope, scope_of
from quanheng.fleet.selectors import areas_visible
from quanheng.instruments.selectors import (
    found_by,
    places_named,
    places_visible,
    standings_visible,
    with_rows,
)
from quanheng.parties.selectors import parties_named, parties_visible
from quanheng.taskboard.models import Plan, PlanVersion, Task
from quanheng.taskboard.selectors import evidence_visible, tasks_in_scope
from quanheng.web.auth import holds, require_permission

MOST = 20


@dataclass(frozen=True)
class Hit:
    """One thing found."""

    text: str
    note: str
    url: str


@dataclass(frozen=True)
class Hits:
    """What was found of one kind; ``has_more`` where only the first were taken."""

    label: str
    items: list[Hit]
    has_more: bool


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Search for the words of the box in every kind that this person may see."""
    user = require_permission(request, "core.view_today")
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    groups = []
    if text:
        scope = scope_of(user, "taskboard.view")
        found = [(_("任务"), _tasks(scope, text)), (_("佐证材料"), _evidence(user, scope, text))]
        if scope.is_all:
            found.append((_("规划文件"), _files(text)))
        if holds(request, "instruments.view"):
            found.append((_("计量器具"), _instruments(user, text)))
            found.append((_("场所"), _places(user, text)))
        if holds(request, "certificates.view"):
            found.append((_("证书"), _certificates(user, text)))
        if holds(request, "parties.view"):
            found.append((_("使用单位"), _parties(user, text)))
        if holds(request, "fleet.view"):
            found.append((_("台区"), _supply_areas(user, text)))
        if holds(request, "core.view_units"):
            found.append((_("单位"), _units(text)))
        if holds(request, "core.view_users"):
            found.append((_("用户"), _people(text)))
        groups = [Hits(label, hits[:MOST], len(hits) > MOST) for label, hits in found if hits]
    context = {"search_text": text, "groups": groups, "count": sum(len(group.items) for group in groups)}
    return render(request, "staff/search.html", context)


def _visible(scope: Scope) -> list[Task]:
    if not scope:
        return []
    plans = Plan.objects.filter(current__isnull=False).select_related("current")
    return [task for plan in plans for task in tasks_in_scope(plan, scope)]


def _tasks(scope: Scope, text: str) -> list[Hit]:
    # A county has some dozens of tasks: they are looked through here, department names included.
    hits = []
    for task in _visible(scope):
        units = "、".join(item.unit.name for item in task.task_units.all())
        if any(text in field for field in (task.label, task.title, task.text, units)):
            hits.append(
                Hit(f"{task.label} {task.title}", units, reverse("staff:task", args=[task.public_id]))
            )
    return hits


def _evidence(user: User, scope: Scope, text: str) -> list[Hit]:
    rows = evidence_visible(user, _visible(scope)).filter(file_name__contains=text)
    return [
        Hit(
            item.file_name,
            f"{item.unit.name} · {item.happened_on.isoformat()} · {item.task.label} {item.task.title}",
            f"{reverse('staff:task', args=[item.task.public_id])}#evidence",
        )
        for item in rows[: MOST + 1]
    ]


def _files(text: str) -> list[Hit]:
    rows = PlanVersion.objects.filter(
        Q(source_name__contains=text) | Q(plan__title__contains=text) | Q(plan__doc_number__contains=text)
    ).select_related("plan")
    return [_file(version) for version in rows[: MOST + 1]]


def _file(version: PlanVersion) -> Hit:
    if version.plan is None:
        return Hit(version.source_name, _("草稿"), reverse("staff:draft", args=[version.public_id]))
    note = _("%(title)s 第 %(n)s 版") % {"title": version.plan.title, "n": version.number}
    return Hit(version.source_name, note, reverse("staff:versions", args=[version.plan.public_id]))


def _instruments(user: User, text: str) -> list[Hit]:
    rows = with_rows(standings_visible(user).filter(found_by(text).by_key()))
    return [
        Hit(
            str(item.instrument),
            " · ".join(str(part) for part in (item.instrument.owner, item.instrument.place) if part),
            reverse("staff:instrument", args=[item.instrument.public_id]),
        )
        for item in rows[: MOST + 1]
    ]


def _certificates(user: User, text: str) -> list[Hit]:
    # By number only: by instrument and owner one finds these themselves, and their certificates there.
    rows = certificates_for(user).filter(number__icontains=text)
    return [
        Hit(
            item.number,
            f"{item.get_kind_display()} · {item.instrument}",
            reverse("staff:certificate", args=[item.number]),
        )
        for item in rows[: MOST + 1]
    ]


def _places(user: User, text: str) -> list[Hit]:
    rows = places_visible(user).filter(pk__in=places_named(text).values("pk"))
    return [
        Hit(
            item.name,
            f"{item.get_setting_display()} · {item.town or ''}",
            reverse("staff:place", args=[item.public_id]),
        )
        for item in rows[: MOST + 1]
    ]


def _parties(user: User, text: str) -> list[Hit]:
    rows = parties_visible(user).filter(pk__in=parties_named(text).values("pk"))
    return [
        Hit(
            item.name,
            f"{item.credit_code} {item.town or ''}".strip(),
            reverse("staff:party", args=[item.public_id]),
        )
        for item in rows[: MOST + 1]
    ]


def _supply_areas(user: User, text: str) -> list[Hit]:
    rows = areas_visible(user).filter(Q(area_id__icontains=text) | Q(name__icontains=text))
    return [
        Hit(
            str(area),
            f"{area.area_id} · {area.town or ''}",
            reverse("staff:fleet_area", args=[area.public_id]),
        )
        for area in rows[: MOST + 1]
    ]


def _units(text: str) -> list[Hit]:
    rows = OrgUnit.objects.filter(Q(name__contains=text) | Q(aliases__name__contains=text)).distinct()
    return [
        Hit(unit.name, unit.get_kind_display(), reverse("staff:unit_edit", args=[unit.pk]))
        for unit in rows[: MOST + 1]
    ]


def _people(text: str) -> list[Hit]:
    rows = User.objects.filter(Q(display_name__contains=text) | Q(username__contains=text), erased_at=None)
    return [
        Hit(person.display_name, person.username, reverse("staff:user_edit", args=[person.public_id]))
        for person in rows[: MOST + 1]
    ]
