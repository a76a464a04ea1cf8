"""A document comes in, is reviewed, adopted; the text stands against its annex; versions are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base.errors import BureauError
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.core.selectors import unit_names
from quanheng.core.services import add_alias, save_unit
from quanheng.kernels.policy import CompiledPlan, Names, plan_from_dict
from quanheng.taskboard.compiling import unknown_names
from quanheng.taskboard.errors import AlreadyAdopted
from quanheng.taskboard.models import PlanVersion
from quanheng.taskboard.selectors import plan_by_id, plan_like, version_by_id
from quanheng.taskboard.services.plans import adopt_version, discard_draft, receive_document
from quanheng.web.auth import holds, require_permission, require_whole
from quanheng.web.lists import words
from quanheng.web.staff.changes import Changed, changed
from quanheng.web.staff.common import act, attempt
from quanheng.web.staff.forms import AliasForm, UploadForm, unit_choices
from quanheng.web.staff.sides import general_findings, sides


@require_http_methods(["GET", "POST"])
def plan_upload(request: HttpRequest) -> HttpResponse:
    """Receive a document; the compiler's refusal stands beside the field."""
    user = require_permission(request, "taskboard.adopt_plan")
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    refusal = None
    if form.is_valid():
        name, data = form.cleaned_data["file"]
        version, refusal = attempt(lambda: receive_document(actor=user, data=data, filename=name))
        if version is not None:
            return redirect("staff:draft", public_id=version.public_id)
    known = str(refusal.details.get("public_id", "")) if refusal else ""
    context = {"form": form, "refusal": refusal, "known": known, "waiting": _waiting_drafts()}
    status = 422 if request.method == "POST" else 200  # a document that is none is bad input, not a conflict
    return render(request, "staff/plan_upload.html", context, status=status)


def _waiting_drafts() -> list[PlanVersion]:
    return list(PlanVersion.objects.filter(adopted_at=None).select_related("received_by"))


@dataclass(frozen=True)
class Question:
    """A name that no unit bears, with the form that answers it."""

    name: str
    where: str
    nearest: list[str]
    form: AliasForm


@require_safe
def draft(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Review what the compiler read, answer for unknown names, adopt or drop it."""
    require_whole(request, "taskboard.view")
    version = version_by_id(public_id)
    if version.adopted_at is not None and version.plan is not None:
        return redirect("staff:document", public_id=version.plan.public_id)
    return _show_draft(request, version)


def _show_draft(
    request: HttpRequest,
    version: PlanVersion,
    *,
    answered: AliasForm | None = None,
    refusal: BureauError | None = None,
    status: int = 200,
) -> HttpResponse:
    compiled = plan_from_dict(version.compiled)
    plan = plan_like(doc_number=compiled.doc_number or "", title=compiled.title or "")
    current = plan.current if plan else None
    before = plan_from_dict(current.compiled) if current else None
    shown = sides(version.compiled)
    context = {
        "received": version,
        "compiled": version.compiled,
        "questions": _questions(compiled, answered),
        "answered": answered,
        "refusal": refusal,
        "plan": plan,
        "current": current,
        "changes": changed(before, compiled) if before else [],
        "sides": shown,
        "general": general_findings(version.compiled),
        "can_adopt": holds(request, "taskboard.adopt_plan"),
    }
    return render(request, "staff/draft.html", context, status=status)


def _questions(compiled: CompiledPlan, answered: AliasForm | None) -> list[Question]:
    table = unit_names()
    units = list(OrgUnit.objects.filter(is_active=True).exclude(kind=UnitKind.COUNTY))
    names = Names.build(table, set(table.values()))
    ids = {unit.name: unit.pk for unit in units}
    questions: list[Question] = []
    for name in unknown_names(compiled):
        nearest = [near for near in names.nearest(name) if near in ids]
        choices: list[Any] = [(_("名称相近"), [(ids[near], near) for near in nearest])] if nearest else []
        choices += unit_choices(units)
        if answered is not None and answered.data.get("name") == name:
            form = answered
            form.fields["unit"].widget.choices = [("", _("请选择")), *choices]
        else:
            form = AliasForm(initial={"name": name}, units=choices, auto_id=f"id_{len(questions)}_%s")
        where = [item.label for item in compiled.items if name in (*item.lead, *item.responsible)]
        where += [
            _("附件第%(row)s行") % {"row": r.row} for r in compiled.annex if name in (*r.lead, *r.responsible)
        ]
        questions.append(Question(name, "、".join(where), nearest, form))
    return questions


@require_POST
def draft_alias(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Answer which unit a name means: one that exists, or a new one."""
    user = require_permission(request, "taskboard.adopt_plan")
    require_permission(request, "core.change_units")
    version = version_by_id(public_id)
    form = AliasForm(request.POST)
    if not form.is_valid():
        return _show_draft(request, version, answered=form, status=422)
    is_new = "new" in request.POST
    if form.cleaned_data["unit"] is None and not is_new:
        form.add_error("unit", _("请选择单位；都不是时，请新建。"))
        return _show_draft(request, version, answered=form, status=422)
    done, refusal = attempt(lambda: _answer(user, form, is_new=is_new))
    if done is None:
        return _show_draft(request, version, answered=form, refusal=refusal, status=409)
    messages.success(request, done)
    return redirect("staff:draft", public_id=public_id)


def _answer(actor: User, form: AliasForm, *, is_new: bool) -> str:
    """Make the unit or the alias, and return what was done in words."""
    name = form.cleaned_data["name"]
    if is_new:
        save_unit(actor=actor, unit_id=None, revision=0, kind=UnitKind(form.cleaned_data["kind"]), name=name)
        return _("已新建单位“%(name)s”。") % {"name": name}
    alias = add_alias(actor=actor, unit_id=form.cleaned_data["unit"], name=name)
    return _("今后“%(name)s”就是“%(unit)s”。") % {"name": name, "unit": alias.unit.name}


@require_POST
def draft_adopt(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make a draft what the board follows."""
    user = require_permission(request, "taskboard.adopt_plan")
    plan, refusal = attempt(
        lambda: adopt_version(actor=user, public_id=public_id, against=request.POST.get("against"))
    )
    if isinstance(refusal, AlreadyAdopted):
        raise refusal
    if plan is None:
        return _show_draft(request, version_by_id(public_id), refusal=refusal, status=409)
    messages.success(request, _("已采用。任务看板从现在起以这一版本为准。"))
    return redirect(f"{reverse('staff:plan_board')}?plan={plan.public_id}")


@require_POST
def draft_discard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Drop a draft."""
    user = require_permission(request, "taskboard.adopt_plan")
    return act(
        request,
        lambda: discard_draft(actor=user, public_id=public_id),
        done=_("草稿已放弃；收到过这份文件的记录仍在日志中。"),
        to=reverse("staff:plan_upload"),
    )


@require_safe
def document(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The text beside its annex, with what does not agree."""
    require_permission(request, "taskboard.view")
    plan = plan_by_id(public_id)
    assert plan.current is not None  # noqa: S101  plan_by_id gives adopted plans only
    compiled = plan.current.compiled
    every = sides(compiled)
    poor = [side for side in every if side.findings]
    shown = poor if request.GET.get("only") == "findings" else every
    options = [("findings", _("有问题的"), len(poor))]
    context = {
        "plan": plan,
        "received": plan.current,
        "compiled": compiled,
        "sides": shown,
        "task_count": sum(side.item is not None for side in every),
        "poor_count": len(poor),
        "general": general_findings(compiled),
        "filters": [words(request, "only", _("只看"), options)],
        "tasks": {task.label: task for task in plan.tasks.filter(retired_in=None)},
    }
    return render(request, "staff/document.html", context)


@dataclass(frozen=True)
class Step:
    """A version and what it changed against the one before."""

    version: PlanVersion
    changes: list[Changed]
    is_first: bool


@require_safe
def versions(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The adopted versions of a plan, newest first, each with what it changed."""
    require_permission(request, "taskboard.view")
    plan = plan_by_id(public_id)
    adopted = list(plan.versions.filter(~Q(number=None)).select_related("adopted_by").order_by("number"))
    compiled = [plan_from_dict(version.compiled) for version in adopted]
    steps = [
        Step(version, changed(compiled[n - 1], compiled[n]) if n else [], n == 0)
        for n, version in enumerate(adopted)
    ]
    context = {"plan": plan, "steps": steps[::-1], "last": steps[-1]}
    return render(request, "staff/versions.html", context)
