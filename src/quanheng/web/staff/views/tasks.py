"""One task: what it says, how far it is, why, and what shows it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.core.permissions import Scope
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.models import Evidence, Task, TaskIndicator
from quanheng.taskboard.selectors import evidence_visible, task_for, units_to_file_for
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.transparency.models import Leaf
from quanheng.web.auth import holds, require_permission
from quanheng.web.figures import measure_figures, plain
from quanheng.web.lists import page_of
from quanheng.web.staff.board import findings_by_label, read_board
from quanheng.web.staff.common import Difference, attempt, form_status, in_panel, retyped
from quanheng.web.staff.forms import EvidenceForm, MeasureForm
from quanheng.web.staff.history import events_about
from quanheng.web.staff.sides import AnnexSide, sides
from quanheng.web.words import lead_rule_words


@require_safe
def task(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The record of a task, or its short form beside the board."""
    user = require_permission(request, "taskboard.view")
    found = task_for(user, public_id)
    if in_panel(request):
        return render(request, "staff/task_panel.html", task_context(request, user, found, is_short=True))
    return render(request, "staff/task.html", task_context(request, user, found))


def task_context(
    request: HttpRequest, user: User, task: Task, *, form: EvidenceForm | None = None, is_short: bool = False
) -> dict[str, Any]:
    """Return what the pages of a task show; ``form`` is a refused one, with what the person typed."""
    board = read_board(task.plan, Scope(is_all=True))
    row = board.row_of(task)
    compiled = task.plan.current.compiled if task.plan.current else {"items": [], "annex": [], "findings": []}
    may_file = holds(request, "taskboard.add_evidence")
    units = units_to_file_for(user, task) if may_file else []
    context: dict[str, Any] = {
        "task": task,
        "row": row,
        "plan": task.plan,
        "lead_rule": lead_rule_words(task.lead_rule),
        "figures": measure_figures(board.records, row.record, prefix="i", url="#evidence"),
        "findings": findings_by_label(compiled).get(task.label, []),
        "can_measure": holds(request, "taskboard.change_task"),
        "units": units,
    }
    if is_short:
        return context
    filed = evidence_visible(user, [task])
    page = page_of(request, filed)
    subjects = [
        f"task:{task.public_id}",
        *(f"evidence:{key}" for key in filed.values_list("public_id", flat=True)),
    ]
    return context | {
        "annex": _annex(compiled, task.label),
        "evidence": _evidence(page, {unit.pk for unit in units}),
        "page": page,
        "form": form or EvidenceForm(units=units, initial={"unit": units[0].pk} if len(units) == 1 else None),
        "events": events_about(subjects, with_names=holds(request, "transparency.view_openings")),
    }


def _annex(compiled: dict[str, Any], label: str) -> list[AnnexSide]:
    return [row for side in sides(compiled) if side.item and side.item["label"] == label for row in side.rows]


def _evidence(items: Iterable[Evidence], own_units: set[int]) -> list[dict[str, Any]]:
    subjects = {f"evidence:{item.public_id}": item for item in items}
    leaves = Leaf.objects.filter(kind="evidence:filed", subject__in=list(subjects))
    index = {leaf.subject: leaf.index for leaf in leaves}
    return [
        {
            "evidence": item,
            "log_index": index.get(subject),
            "can_withdraw": item.withdrawn_at is None and item.unit_id in own_units,
        }
        for subject, item in subjects.items()
    ]


@require_http_methods(["GET", "POST"])
def task_measure(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose the indicators of a task; somebody else's save meanwhile is shown, never overwritten."""
    user = require_permission(request, "taskboard.change_task")
    found = task_for(user, public_id)
    present = _targets(found)
    form = MeasureForm(request.POST or None, present=present, initial={"revision": found.revision})
    refusal, differences = None, []
    if form.is_valid():
        chosen = form.targets()
        revision = form.cleaned_data["revision"]
        saved, refusal = attempt(
            lambda: measure_task_by(actor=user, task_id=public_id, revision=revision, targets=chosen)
        )
        if saved is not None:
            messages.success(request, _("指标已保存。"))
            return redirect("staff:task", public_id=public_id)
        if isinstance(refusal, StaleRevision):
            found = task_for(user, public_id)
            differences = _differences(_targets(found), chosen)
            form = MeasureForm(retyped(request, found.revision), present={})
    context = {"task": found, "form": form, "refusal": refusal, "differences": differences}
    return render(request, "staff/task_measure.html", context, status=form_status(request, refusal))


def _targets(task: Task) -> dict[str, Decimal | None]:
    return {item.name: item.target for item in TaskIndicator.objects.filter(task=task)}


def _differences(present: dict[str, Decimal | None], yours: dict[str, Decimal | None]) -> list[Difference]:
    def words(chosen: dict[str, Decimal | None], name: str) -> str:
        if name not in chosen:
            return _("不挂接")
        target = chosen[name]
        return _("挂接，没有目标值") if target is None else _("挂接，目标 %(n)s") % {"n": plain(target)}

    return [
        Difference(REGISTRY[name].label, words(present, name), words(yours, name))
        for name in REGISTRY
        if (name in present) != (name in yours) or present.get(name) != yours.get(name)
    ]
