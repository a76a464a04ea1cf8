"""Evidence: filed on the page of its task, fetched, taken back with a reason."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.taskboard.selectors import evidence_for, task_for, units_to_file_for
from quanheng.taskboard.services.evidence import file_evidence, withdraw_evidence
from quanheng.web.auth import require_permission
from quanheng.web.downloads import evidence_response
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.forms import EvidenceForm, ReasonForm
from quanheng.web.staff.views.tasks import task_context


@require_POST
def evidence_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """File evidence for a task; a refusal leaves the page of the task as the person filled it."""
    user = require_permission(request, "taskboard.add_evidence")
    found = task_for(user, public_id)
    form = EvidenceForm(request.POST, request.FILES, units=units_to_file_for(user, found))
    refusal = None
    if form.is_valid():
        name, data = form.cleaned_data["file"]
        filed, refusal = attempt(
            lambda: file_evidence(
                actor=user,
                task_id=public_id,
                unit_id=form.cleaned_data["unit"],
                happened_on=form.cleaned_data["happened_on"],
                data=data,
                filename=name,
            )
        )
        if filed is not None:
            messages.success(request, _("佐证材料已收下，散列值将编入日志。"))
            return redirect(f"{reverse('staff:task', args=[public_id])}#evidence")
    context = task_context(request, user, found, form=form) | {"refusal": refusal}
    return render(request, "staff/task.html", context, status=form_status(request, refusal))


@require_safe
def evidence_download(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the file as it was filed; always as a download, never shown by the browser."""
    user = require_permission(request, "taskboard.view")
    return evidence_response(user, public_id)


@require_http_methods(["GET", "POST"])
def evidence_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what withdrawing does, ask why, do it."""
    user = require_permission(request, "taskboard.add_evidence")
    evidence = evidence_for(user, public_id)
    require_permission(request, "taskboard.add_evidence", unit_id=evidence.unit_id)
    form = ReasonForm(request.POST or None)
    refusal = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        withdrawn, refusal = attempt(
            lambda: withdraw_evidence(actor=user, public_id=public_id, reason=reason)
        )
        if withdrawn is not None:
            messages.success(request, _("佐证材料已撤回。"))
            return redirect(f"{reverse('staff:task', args=[evidence.task.public_id])}#evidence")
    context = {"evidence": evidence, "task": evidence.task, "form": form, "refusal": refusal}
    return render(request, "staff/evidence_withdraw.html", context, status=form_status(request, refusal))
