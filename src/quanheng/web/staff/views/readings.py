"""The readings workbench: one instrument of a work order; what is typed is kept, judged and, at the end, handed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError, StaleRevision
from quanheng.base.gaps import Gap
from quanheng.core.models import User
from quanheng.kernels.procedures import NoEditionInForce, UnknownKind
from quanheng.kernels.procedures.template import template
from quanheng.verification.enums import VerificationState
from quanheng.verification.errors import Refused
from quanheng.verification.fitness import examined
from quanheng.verification.models import Verification
from quanheng.verification.selectors import verification_for
from quanheng.verification.services.work import save_draft, submit_readings
from quanheng.web.auth import require_permission
from quanheng.web.judging.answer import Answer
from quanheng.web.lists import whole
from quanheng.web.staff.common import attempt
from quanheng.web.staff.documents import file_response
from quanheng.web.staff.readings_files import BadFile, known_of, one_document
from quanheng.web.staff.readings_form import (
    FOUND,
    LEFT,
    Sheet,
    judged,
    sheet_of,
    told_json,
    written_down,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MINE = "verification.verify"
# The judgement itself says these, beside the field or in the answer.
_SAID_BY_ANSWER = {"bad_readings", "bad_stage"}


@dataclass(frozen=True)
class Kept:
    """How keeping what was sent ended: the record as it stands now, and what was refused."""

    verification: Verification
    seen: int
    """The revision that the form is about: after a conflict still the one that this person saw."""
    refusal: BureauError | None = None

    @property
    def is_conflict(self) -> bool:
        """Whether somebody else saved meanwhile."""
        return isinstance(self.refusal, StaleRevision)


@require_http_methods(["GET", "POST"])
def readings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the form; keep and judge what is sent.  htmx gets the answer alone."""
    user, found = _mine(request, public_id)
    if found.state != VerificationState.RECORDING:
        return redirect("staff:verification", public_id=public_id)
    phase = _phase(request)
    try:
        sheet = _sheet(request, found, phase)
    except (UnknownKind, NoEditionInForce, BureauError) as error:
        return _no_procedure(request, user, found, error)
    kept = _keep(user, found, sheet, request) if request.method == "POST" else Kept(found, found.revision)
    sheet = replace(sheet, verification=kept.verification)
    context = _context(user, kept, sheet, judged(sheet))
    if request.headers.get("HX-Request") == "true":
        return _live(request, sheet, context)
    status = HTTPStatus.CONFLICT if kept.refusal else HTTPStatus.OK
    return render(request, "staff/readings.html", context, status=status)


@require_POST
def readings_submit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keep what is in the form, then hand it in for checking."""
    user, found = _mine(request, public_id)
    phase = _phase(request)
    try:
        sheet = _sheet(request, found, phase)
    except (UnknownKind, NoEditionInForce) as error:
        return _no_procedure(request, user, found, error)
    kept = _keep(user, found, sheet, request)
    refusal = kept.refusal
    if refusal is None:
        now = kept.verification.revision
        done, refusal = attempt(lambda: submit_readings(actor=user, public_id=public_id, revision=now))
        if done is not None:
            messages.success(
                request, _("%(instrument)s的读数已提交核验。") % {"instrument": found.instrument}
            )
            following = _next_to_record(done)
            if following is None:
                return redirect("staff:work_order", public_id=done.work_order.public_id)
            return redirect("staff:readings", public_id=following.public_id)
    sheet = replace(sheet, verification=kept.verification)
    context = _context(user, replace(kept, refusal=refusal), sheet, judged(sheet))
    return render(request, "staff/readings.html", context, status=HTTPStatus.CONFLICT)


@require_POST
def readings_unadjusted(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Drop the readings after adjustment: none was made."""
    user, found = _mine(request, public_id)
    seen = whole(request.POST.get("revision")) or 0
    _kept, refusal = attempt(
        lambda: save_draft(
            actor=user,
            public_id=public_id,
            revision=seen,
            performed_on=found.performed_on,
            as_found=found.as_found,
            as_left={},
        )
    )
    if refusal:
        messages.error(request, refusal.text)
    else:
        messages.success(request, _("已删去调整后的读数。"))
    return redirect("staff:readings", public_id=public_id)


@require_safe
def readings_template(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the workbook of one instrument, with what is known of it."""
    _user, found = _mine(request, public_id)
    try:
        sheet = sheet_of(found, FOUND)
    except (UnknownKind, NoEditionInForce) as error:
        messages.error(request, str(error))
        return redirect("staff:readings", public_id=public_id)
    body = template(sheet.procedure, stage=sheet.stage, known=known_of([sheet]))
    return file_response(body, f"{found.instrument}.xlsx", XLSX)


@require_POST
def readings_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take the readings of a file into the form, in the place of what is there."""
    user, found = _mine(request, public_id)
    phase = _phase(request)
    try:
        document = one_document(sheet_of(found, phase), request.FILES.get("file"))
    except (UnknownKind, NoEditionInForce, BadFile) as error:
        messages.error(request, str(error))
        return redirect(_address(found, phase))
    documents = {FOUND: found.as_found, LEFT: found.as_left} | {phase: document}
    _saved, refusal = attempt(
        lambda: save_draft(
            actor=user,
            public_id=public_id,
            revision=whole(request.POST.get("revision")) or 0,
            performed_on=found.performed_on or clock.today(),
            as_found=documents[FOUND],
            as_left=documents[LEFT],
        )
    )
    if refusal:
        messages.error(request, refusal.text)
    else:
        messages.success(request, _("已读入文件中的读数，请核对后提交。"))
    return redirect(_address(found, phase))


def _mine(request: HttpRequest, public_id: UUID) -> tuple[User, Verification]:
    """Return person and record, if they may record for its institute."""
    user = require_permission(request, _MINE)
    found = verification_for(user, public_id)
    require_permission(request, _MINE, unit_id=found.work_order.institute_id)
    return user, found


def _phase(request: HttpRequest) -> str:
    given = request.POST.get("phase") or request.GET.get("phase")
    return LEFT if given == LEFT else FOUND


def _address(found: Verification, phase: str) -> str:
    url = redirect("staff:readings", public_id=found.public_id).url
    return f"{url}?phase={LEFT}" if phase == LEFT else url


def _sheet(request: HttpRequest, found: Verification, phase: str) -> Sheet:
    if request.method != "POST":
        if found.performed_on is None:
            found.performed_on = clock.today()
        return sheet_of(found, phase)
    on, fault = _day(request.POST.get("on", ""))
    sheet = sheet_of(found, phase, typed=request.POST.dict(), on=on)
    if fault:
        sheet.told.fields["on"] = fault
    return sheet


def _day(text: str) -> tuple[date | None, str]:
    if not text.strip():
        return None, ""
    try:
        return date.fromisoformat(text.strip()), ""
    except ValueError:
        return None, _("“%(text)s”不是日期，应写成 2026-11-23。") % {"text": text[:20]}


def _keep(user: User, found: Verification, sheet: Sheet, request: HttpRequest) -> Kept:
    """Save what was sent; what somebody saved meanwhile, word for word the same, is as good as saved."""
    documents = {FOUND: found.as_found, LEFT: found.as_left}
    documents[sheet.phase] = written_down(sheet).document
    seen = whole(request.POST.get("overwrite") or request.POST.get("revision")) or 0
    saved, refusal = attempt(
        lambda: save_draft(
            actor=user,
            public_id=found.public_id,
            revision=seen,
            performed_on=sheet.on,
            as_found=documents[FOUND],
            as_left=documents[LEFT],
        )
    )
    if saved is not None:
        return Kept(saved, saved.revision)
    is_same = found.performed_on == sheet.on and (found.as_found, found.as_left) == (
        documents[FOUND],
        documents[LEFT],
    )
    if isinstance(refusal, StaleRevision) and is_same:
        return Kept(found, found.revision)
    shown = verification_for(user, found.public_id)
    shown.performed_on, shown.as_found, shown.as_left = sheet.on, documents[FOUND], documents[LEFT]
    return Kept(shown, seen, refusal)


def _live(request: HttpRequest, sheet: Sheet, context: dict[str, Any]) -> HttpResponse:
    """Answer while somebody types: the answer alone, or the form as well where another edition has another one."""
    context |= {"is_live": True}
    if request.POST.get("shown") == sheet.shown:
        return render(request, "staff/_readings_answer.html", context)
    response = render(request, "staff/_readings_work.html", context)
    response["HX-Retarget"] = "#workbench"
    return response


def _context(user: User, kept: Kept, sheet: Sheet, answer: Answer) -> dict[str, Any]:
    found = kept.verification
    form = replace(sheet, told=answer.told).form
    return {
        "verification": found,
        "instrument": found.instrument,
        "order": found.work_order,
        "kept": kept,
        "sheet": sheet,
        "phase": sheet.phase,
        "form": form,
        "answer": answer,
        "told": told_json(sheet, answer),
        "errors": _errors(answer, sheet),
        "gaps": _gaps(user, kept),
        "law": sheet.procedure.regulation,
        "standards": list(found.work_order.standards.all()),
        **neighbours(found),
    }


def _gaps(user: User, kept: Kept) -> list[Gap]:
    if isinstance(kept.refusal, Refused):
        return list(kept.refusal.gaps)
    gaps = examined(kept.verification, actor=user).gaps
    return [gap for gap in gaps if gap.code not in _SAID_BY_ANSWER]


def _errors(answer: Answer, sheet: Sheet) -> list[tuple[str, str]]:
    """Return everything that is wrong, for the summary: the field to go to, and the sentence."""
    form = replace(sheet, told=answer.told).form
    entries = [*form.instrument, *form.environment, *form.standard]
    labels = {entry.id: entry.label for entry in entries}
    labels |= {entry.id: f"{grid.title} {entry.label}" for grid in form.grids for entry in grid.given}
    labels |= {look.id: look.text for look in form.looks} | {"on": _("检定日期")}
    found = [("", text) for text in answer.told.general]
    for name, text in answer.told.fields.items():
        found.append((name, _("%(label)s：%(text)s") % {"label": labels.get(name, name), "text": text}))
    line = _("%(test)s第 %(n)s 行：%(text)s")
    for grid in form.grids:
        found += [
            (f"{grid.id}-test", line % {"test": grid.title, "n": n, "text": text}) for n, text in grid.errors
        ]
    return found


def neighbours(found: Verification) -> dict[str, Any]:
    """Return where a verification stands in its work order, and the ones before and after."""
    ids = list(found.work_order.verifications.order_by("pk").values_list("pk", "public_id"))
    at = next(n for n, (pk, _id) in enumerate(ids) if pk == found.pk)
    return {
        "at": at + 1,
        "count": len(ids),
        "before": ids[at - 1][1] if at else None,
        "after": ids[at + 1][1] if at + 1 < len(ids) else None,
    }


def _next_to_record(done: Verification) -> Verification | None:
    rows = done.work_order.verifications.filter(state=VerificationState.RECORDING)
    later = rows.filter(Q(pk__gt=done.pk)).order_by("pk").first()
    return later or rows.order_by("pk").first()


def _no_procedure(request: HttpRequest, user: User, found: Verification, error: Exception) -> HttpResponse:
    """Say why there is nothing to record by: no procedure for the kind, or none in force on that day."""
    if request.headers.get("HX-Request") == "true":
        context = {"errors": [("on", str(error))], "told": "{}", "is_live": False, "answer": None}
        return render(request, "staff/_readings_refused.html", context)
    context = {
        "verification": found,
        "instrument": found.instrument,
        "order": found.work_order,
        "reason": str(error),
        "gaps": examined(found, actor=user).gaps,
        **neighbours(found),
    }
    return render(request, "staff/readings_none.html", context, status=HTTPStatus.CONFLICT)
