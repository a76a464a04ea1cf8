"""The desk (what waits for me), the list of verifications, and one of them: readings, verdict, checking, cancelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.certificates.enums import CertificateState
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.kernels.certificate.content import Table
from quanheng.kernels.procedures import NoEditionInForce, UnknownKind
from quanheng.verification.enums import (
    ApplicationState,
    Conclusion,
    MarkKind,
    VerificationState,
)
from quanheng.verification.fitness import examined
from quanheng.verification.models import Application, Verification, WorkOrder
from quanheng.verification.selectors import (
    Deadline,
    applications_for,
    deadlines,
    kept_until,
    next_for,
    open_rejections,
    verification_for,
    verifications_for,
)
from quanheng.verification.services.orders import cancel_verification
from quanheng.verification.services.work import check_verification, return_verification
from quanheng.web.auth import holds, require_permission
from quanheng.web.judging.answer import Answer
from quanheng.web.judging.form import TestGrid, lines_of
from quanheng.web.lists import page_of, query_of, whole, words
from quanheng.web.staff.chains import chain_picture
from quanheng.web.staff.common import attempt
from quanheng.web.staff.history import events_about
from quanheng.web.staff.readings_form import FOUND, LEFT, Sheet, judged, sheet_of
from quanheng.web.staff.verification_words import Light, light, state_of, table_response, views_line
from quanheng.web.staff.views.readings import neighbours

_VIEW = "verification.view"
_STATES = (VerificationState.RECORDING, VerificationState.SUBMITTED, VerificationState.CHECKED)
_SHOWN = 50


@dataclass(frozen=True)
class Waiting:
    """What waits for this person of one work order: a step and for how many instruments."""

    state: VerificationState
    order: WorkOrder
    count: int
    light: Light | None
    url: str
    action: str


@dataclass(frozen=True)
class Phase:
    """The readings before or after adjustment, as they were typed, and what they amount to."""

    title: str
    sheet: Sheet
    answer: Answer
    grids: list[tuple[TestGrid, list[list[str]]]]


@require_safe
def verifications(request: HttpRequest) -> HttpResponse:
    """What waits for me, the nearest deadline first; then applications to answer, and to plan."""
    user = require_permission(request, _VIEW)
    today = clock.today()
    mine = _waiting(user, today)
    due = deadlines(user, today)
    may_accept = holds(request, "verification.accept")
    counts = Counter({state: sum(one.count for one in mine if one.state == state) for state in _STATES})
    own = not may_accept and holds(request, "verification.apply")
    context = {
        "mine": mine,
        "counts": counts,
        "waiting": sum(counts.values()),
        "to_answer": _answers(due, today) if may_accept else [],
        "to_plan": _to_plan(user, today) if may_accept else [],
        "late": sum(one.is_overdue for one in due),
        "unfinished": sum(one.what == "finish" for one in due),
        "rejections": open_rejections(_institutes(user)).count()
        if holds(request, "verification.marks") or _sees_all(user)
        else 0,
        "may_accept": may_accept,
        "can_apply": holds(request, "verification.apply"),
        "own": applications_for(user).order_by("-submitted_at", "-pk")[:_SHOWN] if own else [],
        "views": [views_line(request, "verifications")],
    }
    return render(request, "staff/verifications.html", context)


def _sees_all(user: User) -> bool:
    return scope_of(user, _VIEW).is_all


def _institutes(user: User) -> Sequence[int] | None:
    scope = scope_of(user, _VIEW)
    return None if scope.is_all else sorted(scope.unit_ids)


def _waiting(user: User, today: date) -> list[Waiting]:
    groups: dict[tuple[VerificationState, int], list[Verification]] = {}
    for one in next_for(user):
        groups.setdefault((VerificationState(one.state), one.work_order_id), []).append(one)
    found = []
    for (state, _order), rows in groups.items():
        order = rows[0].work_order
        due = order.application.finish_by if order.application else None
        url, action = _next_step(state, order, rows)
        found.append(Waiting(state, order, len(rows), light(due, today), url, action))
    return sorted(found, key=lambda one: (one.light.on if one.light else date.max, one.order.planned_on))


def _next_step(state: VerificationState, order: WorkOrder, rows: list[Verification]) -> tuple[str, str]:
    if state == VerificationState.RECORDING:
        return reverse("staff:work_order", args=[order.public_id]), _("记录读数")
    if state == VerificationState.SUBMITTED:
        return reverse("staff:verification", args=[rows[0].public_id]), _("核验")
    return f"{reverse('staff:signing')}?order={order.public_id}", _("批准")


def _answers(due: Sequence[Deadline], today: date) -> list[tuple[Application, Light | None]]:
    waiting = [one for one in due if one.what == "answer"]
    return [(one.application, light(one.due_on, today)) for one in waiting]


def _to_plan(user: User, today: date) -> list[tuple[Application, Light | None]]:
    rows = applications_for(user).filter(state=ApplicationState.ACCEPTED, work_orders=None)
    return [(one, light(one.finish_by, today)) for one in rows.order_by("finish_by", "pk")[:_SHOWN]]


@require_safe
def verification_list(request: HttpRequest) -> HttpResponse:
    """All verifications that this person may read."""
    user = require_permission(request, _VIEW)
    rows = _narrowed(request, user)
    page = page_of(request, rows)
    states = [(state.value, str(state.label), None) for state in VerificationState]
    conclusions = [(one.value, str(one.label), None) for one in Conclusion]
    url = reverse("staff:verification_list_xlsx")
    context = {
        "lines": [(one, *state_of(one)) for one in page],
        "page": page,
        "query": query_of(request),
        "text": request.GET.get("text", ""),
        "total": page.paginator.count,
        "views": [views_line(request, "verification_list")],
        "filters": [
            words(request, "state", _("进展"), states),
            words(request, "conclusion", _("结论"), conclusions),
        ],
        "exports": [{"label": _("导出 Excel"), "url": f"{url}?{query_of(request)}"}],
    }
    return render(request, "staff/verification_list.html", context)


@require_safe
def verification_list_xlsx(request: HttpRequest) -> HttpResponse:
    """Send what the list shows as a workbook."""
    user = require_permission(request, _VIEW)
    columns = [
        _("器具"),
        _("出厂编号"),
        _("使用单位"),
        _("检定日期"),
        _("检定类别"),
        _("进展"),
        _("结论"),
        _("有效期至"),
        _("检定员"),
    ]
    rows = (
        (
            one.instrument.name,
            one.instrument.serial_no,
            str(one.instrument.owner or ""),
            one.performed_on,
            str(one.get_kind_display()),
            str(one.get_state_display()),
            str(one.get_conclusion_display()),
            one.valid_until,
            str(one.verifier or one.work_order.verifier),
        )
        for one in _narrowed(request, user)
    )
    return table_response("检定记录.xlsx", _("检定记录"), columns, rows)


def _narrowed(request: HttpRequest, user: User) -> Any:
    rows = verifications_for(user)
    if (state := request.GET.get("state", "")) in VerificationState.values:
        rows = rows.filter(state=state)
    if (conclusion := request.GET.get("conclusion", "")) in Conclusion.values:
        rows = rows.filter(conclusion=conclusion)
    if text := request.GET.get("text", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(
            Q(instrument__serial_no__icontains=text)
            | Q(instrument__name__icontains=text)
            | Q(instrument__owner__name__icontains=text)
            | Q(instrument__label_code=text.upper())
        )
    return rows


@require_safe
def verification(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One verification: verdict, readings, points against their limits, and the step that is this person's."""
    user = require_permission(request, _VIEW)
    return render(
        request, "staff/verification.html", _context(request, user, verification_for(user, public_id))
    )


def _context(request: HttpRequest, user: User, found: Verification) -> dict[str, Any]:
    phases, fault = _phases(found)
    unit = found.work_order.institute_id
    may = {
        step: scope_of(user, f"verification.{step}").covers(unit)
        for step in ("verify", "check", "sign", "accept", "marks")
    }
    is_open = found.state in _STATES
    is_mine = {
        VerificationState.SUBMITTED: may["check"],
        VerificationState.CHECKED: may["sign"],
    }.get(VerificationState(found.state), False)
    actor = user if is_mine else None
    gaps = examined(found, actor=actor).gaps if is_open else []
    word, css = state_of(found)
    certificates = list(found.certificates.filter(state=CertificateState.ISSUED))
    decides = phases[-1] if phases else None
    return {
        "verification": found,
        "instrument": found.instrument,
        "order": found.work_order,
        "word": word,
        "css": css,
        "phases": phases,
        "decides": decides,
        "fault": fault,
        "stored": [] if phases else _stored(found),
        "gaps": gaps if found.state != VerificationState.RECORDING or may["verify"] else [],
        "may": may,
        "is_mine": is_mine,
        "is_open": is_open,
        "kept_until": kept_until(found),
        "marks": list(found.marks.all()),
        "mark_kinds": MarkKind.choices,
        "certificates": certificates,
        "next_to_check": _next_to_check(user, found) if may["check"] else None,
        "events": events_about(
            [f"verification:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
        "chain": chain_picture(found, number=certificates[0].number if certificates else ""),
        **neighbours(found),
    }


def _phases(found: Verification) -> tuple[list[Phase], str]:
    """Return the readings as they are judged by the edition that was used; else why they cannot be any more."""
    phases = []
    documents = [(FOUND, _("调整前"), found.as_found), (LEFT, _("调整后"), found.as_left)]
    try:
        for phase, title, document in documents:
            if document:
                sheet = sheet_of(found, phase, with_points=False)
                grids = [(grid, lines_of(sheet.typed.get(grid.id, ""))) for grid in sheet.form.grids]
                shown = [(grid, rows) for grid, rows in grids if rows]
                phases.append(Phase(title, sheet, judged(sheet), shown))
    except (UnknownKind, NoEditionInForce, BureauError) as error:
        return [], str(error)
    return phases, ""


def _stored(found: Verification) -> list[Table]:
    """Return the tables as they were when it was submitted, where the procedure file has changed since."""
    results = found.judgement.get("results", {})
    return [Table.model_validate(table) for table in results.get("tables", [])]


def _next_to_check(user: User, found: Verification) -> Verification | None:
    rows = verifications_for(user, VerificationState.SUBMITTED).filter(work_order=found.work_order)
    later = rows.filter(pk__gt=found.pk).order_by("pk").first()
    return later or rows.exclude(pk=found.pk).order_by("pk").first()


@require_POST
def verification_check(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Confirm the readings as the second person, and go on to the next."""
    user = require_permission(request, "verification.check")
    return _step(request, user, public_id, check_verification, done=_("核验通过。"), is_check=True)


@require_POST
def verification_return(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the readings back to the verifier, as the checker or the signatory."""
    user = _checker_or_signatory(request)
    reason = request.POST.get("reason", "")
    return _step(
        request, user, public_id, return_verification, done=_("已退回检定员。"), reason=reason, is_check=True
    )


def _checker_or_signatory(request: HttpRequest) -> User:
    permission = "verification.check" if holds(request, "verification.check") else "verification.sign"
    return require_permission(request, permission)


@require_POST
def verification_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End a verification without a conclusion; the instrument may be planned again."""
    user = require_permission(request, "verification.accept")
    reason = request.POST.get("reason", "")
    return _step(request, user, public_id, cancel_verification, done=_("这一台的检定已取消。"), reason=reason)


def _step(
    request: HttpRequest,
    user: User,
    public_id: UUID,
    service: Callable[..., object],
    *,
    done: str,
    is_check: bool = False,
    **given: str,
) -> HttpResponse:
    found = verification_for(user, public_id)
    seen = whole(request.POST.get("revision")) or 0
    _made, refusal = attempt(lambda: service(actor=user, public_id=public_id, revision=seen, **given))
    if refusal:
        messages.error(request, refusal.text)
        return redirect("staff:verification", public_id=public_id)
    following = _next_to_check(user, found) if is_check and holds(request, "verification.check") else None
    if following is not None:
        messages.success(request, _("%(done)s下一台：") % {"done": done} + str(following.instrument))
        return redirect("staff:verification", public_id=following.public_id)
    messages.success(request, done)
    return redirect("staff:verification", public_id=public_id)
