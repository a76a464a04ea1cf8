"""A laboratory's own measurement models: the list, one with its versions, saving from the bench, withdrawing."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.evaluations.errors import ModelNotFound
from quanheng.evaluations.models import (
    MAX_NAME,
    MAX_NOTE,
    MeasurementModel,
    MeasurementModelVersion,
)
from quanheng.evaluations.selectors import laboratories_of, model_for, model_version, models_visible
from quanheng.evaluations.services import add_model_version, save_model, withdraw_model
from quanheng.web.auth import holds, require_permission
from quanheng.web.bench.asked import BenchForm, sent
from quanheng.web.bench.page import evaluated
from quanheng.web.bench.shown import result_lines
from quanheng.web.lists import page_of, query_of, whole, words
from quanheng.web.staff.common import attempt, form_status, retyped
from quanheng.web.staff.forms import ReasonForm, RevisionForm
from quanheng.web.staff.history import events_about

_VIEW, _SAVE = "evaluations.view", "evaluations.save"


class WithdrawForm(ReasonForm, RevisionForm):
    """Withdrawing a model."""


class NewForm(forms.Form):
    """A model of the bench as a new one of a laboratory."""

    unit = forms.IntegerField(label=gettext_lazy("机构"), widget=forms.Select)
    name = forms.CharField(label=gettext_lazy("模型名称"), max_length=MAX_NAME)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].widget.choices = [(unit.pk, unit.name) for unit in laboratories_of(user)]


class NextForm(RevisionForm):
    """A model of the bench as the next version of one that is there."""

    note = forms.CharField(label=gettext_lazy("改了什么"), max_length=MAX_NOTE, required=False)


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """The models of one's own laboratory; for those who look after laboratories, of all."""
    user = require_permission(request, _VIEW)
    rows = models_visible(user)
    state = request.GET.get("state", "")
    shown = rows.filter(withdrawn_at__isnull=state != "withdrawn") if state in {"used", "withdrawn"} else rows
    used = rows.filter(withdrawn_at=None).count()
    withdrawn = rows.count() - used
    context = {
        "page": page_of(request, shown),
        "query": query_of(request),
        "used": used,
        "withdrawn": withdrawn,
        "filters": [
            words(
                request,
                "state",
                _("状态"),
                [("used", _("在用"), used), ("withdrawn", _("已撤下"), withdrawn)],
            )
        ],
        "can_save": holds(request, _SAVE),
    }
    return render(request, "staff/models.html", context)


@require_safe
def model(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One model: its text in the last version or in the asked one, and what became of it."""
    user = require_permission(request, _VIEW)
    found = model_for(user, public_id)
    return render(request, "staff/model.html", _model_context(request, user, found))


@require_POST
def model_save(request: HttpRequest) -> HttpResponse:
    """Say what would be saved, ask for its name or what changed, save it."""
    user = require_permission(request, _SAVE)
    asked = replace(sent(BenchForm(request.POST)), trials=0)
    before = _before(user, asked.of)
    evaluation, fault = evaluated(asked)
    wanted = "" if fault else request.POST.get("save", "")
    if wanted == "version" and before is None:
        raise ModelNotFound(public_id=str(asked.of))
    title = evaluation.model.title[:MAX_NAME] if evaluation else ""
    new = NewForm(request.POST if wanted == "new" else None, initial={"name": title}, user=user)
    data = request.POST if wanted == "version" else None
    following = NextForm(data, initial={"revision": before.revision if before else 0})
    saved, refusal = attempt(lambda: _saved(user, before, asked.text, new, following))
    if saved is not None:
        messages.success(request, _("已保存为第 %(number)s 版，并记入日志。") % {"number": saved.number})
        return redirect("staff:model", public_id=saved.model.public_id)
    if refusal is not None and before is not None and wanted == "version":
        following = NextForm(retyped(request, before.revision))
    context = {
        "new": new,
        "following": following,
        "form": following if wanted == "version" else new,
        "asked": asked,
        "before": before,
        "fault": fault,
        "refusal": refusal,
        "lines": result_lines(evaluation) if evaluation else [],
    }
    status = form_status(request, refusal) if wanted or fault else HTTPStatus.OK
    return render(request, "staff/model_save.html", context, status=status)


def _saved(
    user: User, before: MeasurementModel | None, text: str, new: NewForm, following: NextForm
) -> MeasurementModelVersion | None:
    """Save what the form that was sent asks for; None where none was, or was filled in wrongly."""
    if new.is_valid():
        given = new.cleaned_data
        return save_model(actor=user, unit_id=given["unit"], name=given["name"], text=text)
    if before is not None and following.is_valid():
        given = following.cleaned_data
        return add_model_version(
            actor=user,
            public_id=before.public_id,
            revision=given["revision"],
            text=text,
            note=given["note"],
        )
    return None


@require_http_methods(["GET", "POST"])
def model_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what withdrawing does, ask why, do it."""
    user = require_permission(request, _SAVE)
    found = model_for(user, public_id)
    require_permission(request, _SAVE, unit_id=found.unit_id)
    form = WithdrawForm(request.POST or None, initial={"revision": found.revision})
    refusal = None
    if form.is_valid():
        given = form.cleaned_data
        withdrawn, refusal = attempt(
            lambda: withdraw_model(
                actor=user, public_id=public_id, revision=given["revision"], reason=given["reason"]
            )
        )
        if withdrawn is not None:
            messages.success(request, _("模型已撤下。"))
            return redirect("staff:model", public_id=public_id)
    context = {"model": found, "form": form, "refusal": refusal}
    return render(request, "staff/model_withdraw.html", context, status=form_status(request, refusal))


def _model_context(request: HttpRequest, user: User, found: MeasurementModel) -> dict[str, Any]:
    asked = request.GET.get("version")
    number = whole(asked)
    if asked and number is None:
        raise ModelNotFound(public_id=str(found.public_id))
    version = model_version(found, number)
    versions = list(found.versions.select_related("created_by"))
    return {
        "model": found,
        "shown": version,
        "versions": versions,
        "is_last": version.number == versions[0].number,
        "can_withdraw": found.withdrawn_at is None and scope_of(user, _SAVE).covers(found.unit_id),
        "events": events_about(
            [f"model:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
        "bench_url": reverse("portal:bench"),
    }


def _before(user: User, public_id: UUID | None) -> MeasurementModel | None:
    """Return the model whose next version may be saved; None where the text is of none that this person may change."""
    if public_id is None:
        return None
    found = models_visible(user).filter(public_id=public_id, withdrawn_at=None).first()
    return found if found and scope_of(user, _SAVE).covers(found.unit_id) else None
