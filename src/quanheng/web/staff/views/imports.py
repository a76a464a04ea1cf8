"""A ledger comes in: sent, its headings checked, tried, confirmed, watched, read up on, taken back."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.base.files import shown, stored_path
from quanheng.instruments.enums import BatchState, Outcome
from quanheng.instruments.import_sheets import example_ledger, rejected_workbook
from quanheng.instruments.jobs import ask_for_import, ask_to_resume
from quanheng.instruments.models import ImportBatch, ImportRow
from quanheng.instruments.services.importing.batches import (
    SHOWN_REJECTIONS,
    answer_headings,
    batch_by_id,
    discard_batch,
    receive_ledger,
    stop_import,
    try_import,
)
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.instruments.services.importing.undo import undo_import
from quanheng.web.auth import require_permission
from quanheng.web.lists import page_of, query_of, whole, words
from quanheng.web.staff.common import act, attempt, form_status
from quanheng.web.staff.import_forms import DefaultsForm, HeadingsForm, LedgerForm, UndoForm

_IMPORT = "instruments.import"
UNDER_WAY = (BatchState.QUEUED, BatchState.RUNNING)
STATE_KIND = {
    BatchState.MAPPING: "unsure",
    BatchState.READY: "unsure",
    BatchState.QUEUED: "going",
    BatchState.RUNNING: "going",
    BatchState.DONE: "good",
    BatchState.FAILED: "bad",
    BatchState.UNDONE: "off",
}
OUTCOME_KIND = {
    Outcome.CREATED: "good",
    Outcome.UPDATED: "going",
    Outcome.UNCHANGED: "off",
    Outcome.REJECTED: "bad",
}
_MINUTE, _HOUR = 60, 3600  # [s]


@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Receive a ledger; list what came before.  The reader's refusal stands beside the field."""
    user = require_permission(request, _IMPORT)
    form = LedgerForm(request.POST, request.FILES) if request.method == "POST" else LedgerForm()
    refusal = None
    if form.is_valid():
        name, data = form.cleaned_data["file"]
        sheet = form.cleaned_data["sheet"].strip() or None
        batch, refusal = attempt(lambda: receive_ledger(actor=user, data=data, filename=name, sheet=sheet))
        if batch is not None:
            return redirect("staff:import_headings", public_id=batch.public_id)
    page = page_of(request, ImportBatch.objects.select_related("received_by"))
    context = {
        "form": form,
        "refusal": refusal,
        "known": str(refusal.details.get("public_id", "")) if refusal else "",
        "page": page,
        "batches": [(batch, STATE_KIND[BatchState(batch.state)]) for batch in page],
        "query": query_of(request),
    }
    return render(request, "staff/imports.html", context, status=form_status(request, refusal))


@require_safe
def import_example(request: HttpRequest) -> FileResponse:
    """Send an example ledger to fill in."""
    require_permission(request, _IMPORT)
    return FileResponse(BytesIO(example_ledger()), as_attachment=True, filename=_("台账示例.xlsx"))


@require_http_methods(["GET", "POST"])
def import_headings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show what each column is taken for; ask what is not known; then try the import."""
    user = require_permission(request, _IMPORT)
    batch = batch_by_id(public_id)
    if batch.state not in {BatchState.MAPPING, BatchState.READY}:
        return redirect("staff:import_batch", public_id=public_id)
    columns = batch.options["columns"]
    initial = {"revision": batch.revision, "date_order": batch.options.get("date_order", "mdy")}
    form = HeadingsForm(request.POST or None, columns=columns, initial=initial)
    refusal: BureauError | None = None
    if form.is_valid():
        order = form.cleaned_data["date_order"]
        answered, refusal = attempt(
            lambda: answer_headings(
                actor=user,
                public_id=public_id,
                revision=form.cleaned_data["revision"],
                answers=form.answers(),
                date_order=order,
            )
        )
        if answered is not None:
            defaults = Defaults.of(answered.options)
            _tried, refusal = attempt(
                lambda: try_import(public_id=public_id, revision=answered.revision, defaults=defaults)
            )
            return redirect("staff:import_batch", public_id=public_id)
    lines = form.lines()
    context = {
        "batch": batch,
        "form": form,
        "refusal": refusal,
        "asked": [line for line in lines if line["is_asked"]],
        "known": [line for line in lines if not line["is_asked"]],
        "read_command": _read_command(batch),
    }
    return render(request, "staff/import_headings.html", context, status=form_status(request, refusal))


@require_safe
def import_batch(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show an import where it stands: what it would do, how far it is, or what it did."""
    require_permission(request, _IMPORT)
    batch = batch_by_id(public_id)
    if batch.state == BatchState.MAPPING or (
        batch.state == BatchState.READY and "tried" not in batch.options
    ):
        return redirect("staff:import_headings", public_id=public_id)
    if batch.state == BatchState.READY:
        return _show_tried(request, batch)
    return _show_report(request, batch)


@require_POST
def import_try(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Try again with what the person says of all rows."""
    require_permission(request, _IMPORT)
    form = DefaultsForm(request.POST)
    refusal = None
    if form.is_valid():
        revision = form.cleaned_data["revision"]
        tried, refusal = attempt(
            lambda: try_import(public_id=public_id, revision=revision, defaults=form.defaults())
        )
        if tried is not None:
            return redirect(f"{reverse('staff:import_batch', args=[public_id])}#tried")
    return _show_tried(request, batch_by_id(public_id), form, refusal)


@require_POST
def import_confirm(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Import it.  A second click finds it queued, and is led to it."""
    user = require_permission(request, _IMPORT)
    revision = whole(request.POST.get("revision")) or 0
    return act(
        request,
        lambda: ask_for_import(actor=user, public_id=public_id, revision=revision),
        done=_("已开始导入。可以离开本页，导入照常进行。"),
        to=reverse("staff:import_batch", args=[public_id]),
    )


@require_safe
def import_status(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The progress of an import, as its page polls it; at its end the page is loaded anew."""
    require_permission(request, _IMPORT)
    batch = batch_by_id(public_id)
    answer = render(request, "components/progress.html", _progress(batch))
    if batch.state not in UNDER_WAY:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def import_stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Stop after the rows in hand."""
    user = require_permission(request, _IMPORT)
    return act(
        request,
        lambda: stop_import(actor=user, public_id=public_id),
        done=_("已停止。已导入的行仍在；可以继续，也可以撤销。"),
        to=reverse("staff:import_batch", args=[public_id]),
    )


@require_POST
def import_resume(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Go on where it stopped."""
    require_permission(request, _IMPORT)
    return act(
        request,
        lambda: ask_to_resume(public_id=public_id),
        done=_("从上次停下的行继续导入。"),
        to=reverse("staff:import_batch", args=[public_id]),
    )


@require_POST
def import_discard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Drop a ledger of which nothing was imported."""
    require_permission(request, _IMPORT)
    return act(
        request,
        lambda: discard_batch(public_id=public_id),
        done=_("已放弃这份台账，没有导入任何内容。"),
        to=reverse("staff:imports"),
    )


@require_POST
def import_undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take an import back, with the reason."""
    user = require_permission(request, _IMPORT)
    form = UndoForm(request.POST)
    refusal = None
    if form.is_valid():
        given = form.cleaned_data
        undone, refusal = attempt(
            lambda: undo_import(
                actor=user, public_id=public_id, revision=given["revision"], reason=given["reason"]
            )
        )
        if undone is not None:
            messages.success(request, _("已撤销。这次导入新增的已删除，改动的已复原。"))
            return redirect("staff:import_batch", public_id=public_id)
    return _show_report(request, batch_by_id(public_id), form, refusal)


@require_safe
def import_rejected(request: HttpRequest, public_id: UUID) -> FileResponse:
    """Send the rows that were not imported, with the reasons, as a workbook to mend."""
    require_permission(request, _IMPORT)
    batch = batch_by_id(public_id)
    name = batch.file_name.rpartition(".")[0] or batch.file_name
    data = BytesIO(rejected_workbook(batch))
    return FileResponse(data, as_attachment=True, filename=f"{name} {_('未导入的行')}.xlsx")


def _show_tried(
    request: HttpRequest,
    batch: ImportBatch,
    form: DefaultsForm | None = None,
    refusal: BureauError | None = None,
) -> HttpResponse:
    tried = batch.options["tried"]
    counts = tried["counts"]
    page = page_of(request, tried["rejected"])
    context = {
        "batch": batch,
        "form": form
        or DefaultsForm(initial=Defaults.of(batch.options).to_dict() | {"revision": batch.revision}),
        "refusal": refusal,
        "counts": _counts(counts),
        "importable": sum(count for outcome, count in counts.items() if outcome != Outcome.REJECTED),
        "rejected": counts.get(Outcome.REJECTED, 0),
        "is_cut": counts.get(Outcome.REJECTED, 0) > SHOWN_REJECTIONS,
        "noted": tried["noted"],
        "first": [
            row
            | {
                "kind_of_outcome": OUTCOME_KIND[Outcome(row["outcome"])],
                "word": Outcome(row["outcome"]).label,
            }
            for row in tried["first"]
        ],
        "findings": tried["findings"],
        "page": page,
        "query": query_of(request),
        "read_command": _read_command(batch),
    }
    return render(request, "staff/import_try.html", context, status=form_status(request, refusal))


def _show_report(
    request: HttpRequest,
    batch: ImportBatch,
    form: UndoForm | None = None,
    refusal: BureauError | None = None,
) -> HttpResponse:
    state = BatchState(batch.state)
    chosen = request.GET.get("outcome", "")
    rows = ImportRow.objects.filter(batch=batch).select_related("instrument")
    if chosen in Outcome.values:
        rows = rows.filter(outcome=chosen)
    elif chosen == "noted":
        rows = rows.exclude(code="").exclude(outcome=Outcome.REJECTED)
    options = [(value, str(Outcome(value).label), batch.counts.get(value, 0)) for value in Outcome.values]
    page = page_of(request, rows)
    context = {
        "batch": batch,
        "state_kind": STATE_KIND[state],
        "progress": _progress(batch) if state in UNDER_WAY else None,
        "counts": _counts(batch.counts),
        "done": sum(batch.counts.values()),
        "rejected": batch.counts.get(Outcome.REJECTED, 0),
        "can_undo": state in {BatchState.DONE, BatchState.FAILED},
        "can_resume": state is BatchState.FAILED,
        "form": form or UndoForm(initial={"revision": batch.revision}),
        "refusal": refusal,
        "filters": [words(request, "outcome", _("只看"), [*options, ("noted", _("有提示的"), None)])],
        "rows": [(row, OUTCOME_KIND[Outcome(row.outcome)]) for row in page],
        "page": page,
        "query": query_of(request),
        "read_command": _read_command(batch),
    }
    return render(request, "staff/import_report.html", context, status=form_status(request, refusal))


def _counts(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"label": outcome.label, "value": counts.get(outcome, 0), "url": f"?outcome={outcome}#rows"}
        for outcome in Outcome
    ]


def _read_command(batch: ImportBatch) -> str:
    return f"quanheng registry read {shown(stored_path(batch.file_sha256))}"


def _progress(batch: ImportBatch) -> dict[str, Any]:
    state = BatchState(batch.state)
    done = sum(batch.counts.values())
    rate, left = _speed(batch, done)
    is_under_way = state in UNDER_WAY
    return {
        "id": "import-progress",
        "label": _("排队中，等后台开始") if state is BatchState.QUEUED else batch.file_name,
        "done": done,
        "total": max(batch.rows_total, done),
        "unit": _("行"),
        "rate": rate,
        "left": left,
        "state": "running" if is_under_way else "done" if state is BatchState.DONE else "stopped",
        "poll_url": reverse("staff:import_status", args=[batch.public_id]) if is_under_way else "",
        "stop_url": reverse("staff:import_stop", args=[batch.public_id]) if is_under_way else "",
        "report_url": "" if is_under_way else reverse("staff:import_batch", args=[batch.public_id]),
    }


def _speed(batch: ImportBatch, done: int) -> tuple[str, str]:
    """Return the rate and the time left, in words; "" where there is nothing to go by yet."""
    if batch.state != BatchState.RUNNING or batch.started_at is None:
        return "", ""
    fresh = done - batch.options.get("done_before", 0)
    spent = (clock.now() - batch.started_at).total_seconds()
    if fresh <= 0 or spent < 1:
        return "", ""
    rate = fresh / spent
    return _("每秒 %(n)s 行") % {"n": round(rate)}, _duration((batch.rows_total - done) / rate)


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return ngettext("%(n)s 秒", "%(n)s 秒", round(seconds)) % {"n": max(1, round(seconds))}
    if seconds < _HOUR:
        return ngettext("%(n)s 分钟", "%(n)s 分钟", round(seconds / _MINUTE)) % {
            "n": round(seconds / _MINUTE)
        }
    return ngettext("%(n)s 小时", "%(n)s 小时", round(seconds / _HOUR)) % {"n": round(seconds / _HOUR)}
