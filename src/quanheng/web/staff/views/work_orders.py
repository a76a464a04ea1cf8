"""Work orders: who goes where with which standards on which day; sheets to take along, readings taken in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.instruments.models import Instrument
from quanheng.kernels.procedures import Edition, NoEditionInForce, UnknownKind
from quanheng.kernels.procedures.template import BadTemplate, template
from quanheng.verification.enums import VerificationState, WorkKind, WorkPlace
from quanheng.verification.judging import edition_for
from quanheng.verification.models import Application, Verification, WorkOrder
from quanheng.verification.selectors import (
    application_for,
    verifications_for,
    work_order_for,
    work_orders_for,
)
from quanheng.verification.services.orders import create_work_order
from quanheng.verification.services.work import save_draft
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import Filter, Option, link, page_of, query_of, words
from quanheng.web.staff.application_forms import WorkOrderForm
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.documents import by_spot, day, file_response
from quanheng.web.staff.history import events_about
from quanheng.web.staff.planning import by_regulation, choice_for
from quanheng.web.staff.readings_files import BadFile, Taken, documents_for, known_of, names_of
from quanheng.web.staff.readings_form import FOUND, Sheet, sheet_of
from quanheng.web.staff.verification_words import light, state_of, views_line

_VIEW, _ACCEPT, _VERIFY = "verification.view", "verification.accept", "verification.verify"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPEN = (VerificationState.RECORDING, VerificationState.SUBMITTED, VerificationState.CHECKED)


@dataclass(frozen=True)
class Batch:
    """The verifications of a work order that one procedure judges: they share a workbook."""

    edition: str
    title: str
    verifications: list[Verification]

    @property
    def sheets(self) -> list[Sheet]:
        """Their forms."""
        return [sheet_of(one, FOUND) for one in self.verifications]


@require_safe
def work_orders(request: HttpRequest) -> HttpResponse:
    """The work orders that concern this person; those with open work first asked for."""
    user = require_permission(request, _VIEW)
    rows = work_orders_for(user).order_by("-planned_on", "-pk")
    state = request.GET.get("state", "")
    unfinished = Verification.objects.filter(state__in=_OPEN).order_by().values("work_order")
    if state in {"open", "done"}:
        rows = rows.filter(pk__in=unfinished) if state == "open" else rows.exclude(pk__in=unfinished)
    if request.GET.get("mine"):
        rows = rows.filter(verifier=user)
    context = {
        "page": page_of(request, rows),
        "query": query_of(request),
        "open": work_orders_for(user).filter(pk__in=unfinished).count(),
        "views": [views_line(request, "work_orders")],
        "filters": [
            words(request, "state", _("状态"), [("open", _("未完"), None), ("done", _("已完"), None)]),
            words(request, "mine", _("检定员"), [("1", _("我"), None)]),
        ],
    }
    return render(request, "staff/work_orders.html", context)


@require_http_methods(["GET", "POST"])
def work_order_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Plan what an accepted application asks for; the rest stays for the next work order."""
    user = require_permission(request, _ACCEPT)
    asked = application_for(user, public_id)
    require_permission(request, _ACCEPT, unit_id=asked.institute_id)
    given = request.POST if request.method == "POST" else request.GET
    on = day(given.get("planned_on")) or max(clock.today(), asked.wished_on or clock.today())
    unplanned = _unplanned(asked)
    groups = by_regulation(unplanned, on)
    regulation = given.get("regulation", next(iter(groups), ""))
    instruments = sorted(groups.get(regulation, []), key=by_spot)
    choice = choice_for(asked.institute, regulation, on)
    form = _form(request, asked, on, choice)
    refusal: BureauError | None = None
    if request.method == "POST" and form.is_valid():
        made, refusal = attempt(lambda: _create(user, asked, form.cleaned_data))
        if made is not None:
            return _planned(request, asked, made)
    picked = request.POST.getlist("instrument") if request.method == "POST" else None
    context = {
        "application": asked,
        "form": form,
        "refusal": refusal,
        "on": on,
        "regulation": regulation,
        "groups": _groups_line(request, groups, regulation),
        "choice": choice,
        "instruments": instruments,
        "picked": set(picked) if picked is not None else {str(one.public_id) for one in instruments},
        "light": light(asked.finish_by, on),
    }
    return render(request, "staff/work_order_new.html", context, status=form_status(request, refusal))


def _unplanned(asked: Application) -> list[Instrument]:
    """Return the instruments of an application for which no verification is open or concluded."""
    planned = Verification.objects.filter(work_order__application=asked).exclude(
        state=VerificationState.CANCELLED
    )
    done = set(planned.values_list("instrument", flat=True))
    rows = asked.items.select_related("instrument__owner", "instrument__place")
    return [row.instrument for row in rows if row.instrument_id not in done]


def _groups_line(request: HttpRequest, groups: dict[str, list[Instrument]], chosen: str) -> list[Filter]:
    if len(groups) < 2:  # noqa: PLR2004  a choice needs two
        return []
    options = [
        Option(number or _("没有规程"), link(request, regulation=number), number == chosen, len(found))
        for number, found in groups.items()
    ]
    return [Filter(_("检定规程"), options)]


def _form(request: HttpRequest, asked: Application, on: date, choice: Any) -> WorkOrderForm:
    data = None
    if request.method == "POST":
        data = request.POST.copy()
        data.setlist("instruments", request.POST.getlist("instrument"))
    people = choice.people
    verifier = people["verifier"][0].pk if people["verifier"] else None
    initial = {
        "planned_on": on,
        "kind": asked.kind,
        "work_place": asked.work_place,
        "verifier": verifier,
        "checker": next((one.pk for one in people["checker"] if one.pk != verifier), None),
        "signatory": next((one.pk for one in people["signatory"] if one.pk != verifier), None),
        "standards": [str(one.public_id) for one in choice.standards],
    }
    return WorkOrderForm(data, choice=choice, initial=initial)


def _create(user: User, asked: Application, given: dict[str, Any]) -> WorkOrder:
    return create_work_order(
        actor=user,
        application=asked.public_id,
        institute=asked.institute_id,
        kind=WorkKind(given["kind"]),
        work_place=WorkPlace(given["work_place"]),
        place=asked.place_id,
        planned_on=given["planned_on"],
        verifier=given["verifier"],
        checker=given["checker"],
        signatory=given["signatory"],
        standards=given["standards"],
        instruments=given["instruments"],
        note=given["note"],
    )


def _planned(request: HttpRequest, asked: Application, made: WorkOrder) -> HttpResponse:
    """Go on with what is left of the application, or to the work order."""
    left = len(_unplanned(asked))
    if left:
        text = _("任务单已下达；这份申请还有 %(n)s 台未安排。") % {"n": left}
        messages.success(request, text)
        return redirect("staff:work_order_new", public_id=asked.public_id)
    messages.success(request, _("任务单已下达。"))
    return redirect("staff:work_order", public_id=made.public_id)


@require_safe
def work_order(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One work order: people, standards, each instrument and how far it has come."""
    user = require_permission(request, _VIEW)
    return _page(request, user, work_order_for(user, public_id))


@require_POST
def work_order_readings(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take in a filled-in workbook: each instrument by its name, what is refused with the reason."""
    user = require_permission(request, _VERIFY)
    found = work_order_for(user, public_id)
    require_permission(request, _VERIFY, unit_id=found.institute_id)
    batch = next((one for one in _batches(user, found) if one.edition == request.POST.get("edition")), None)
    on = day(request.POST.get("on")) or clock.today()
    if batch is None:
        messages.error(request, _("这份任务单没有待记录的这种器具。"))
        return _page(request, user, found, status=422)
    try:
        taken = documents_for(batch.sheets, request.FILES.get("file"))
    except BadFile as error:
        messages.error(request, str(error))
        return _page(request, user, found, status=422)
    replace_ = bool(request.POST.get("replace"))
    results = [(one.name, one.reason or _take_in(user, one, on, replace_=replace_)) for one in taken]
    refused = [(name, reason) for name, reason in results if reason]
    if good := len(results) - len(refused):
        messages.success(request, _("读入 %(n)s 台的读数，请逐台核对后提交。") % {"n": good})
    found = work_order_for(user, public_id)
    return _page(request, user, found, refused=refused, status=422 if refused else 200)


def _take_in(user: User, one: Taken, on: date, *, replace_: bool) -> str:
    """Save one draft; return why not, or nothing."""
    verification = one.verification
    if verification is None:
        return one.reason
    if verification.as_found and not replace_:
        return _("已有读数，没有改动。要用文件取代，请勾选“取代已有的读数”。")
    _saved, refusal = attempt(
        lambda: save_draft(
            actor=user,
            public_id=verification.public_id,
            revision=verification.revision,
            performed_on=on,
            as_found=one.document,
            as_left=verification.as_left,
        )
    )
    return refusal.text if refusal else ""


@require_safe
def work_order_template(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the workbook for all instruments of one procedure that still wait for readings."""
    user = require_permission(request, _VIEW)
    found = work_order_for(user, public_id)
    asked = request.GET.get("edition", "")
    batch = next((one for one in _batches(user, found) if not asked or one.edition == asked), None)
    if batch is None:
        messages.error(request, _("没有待记录的器具，不用模板。"))
        return redirect("staff:work_order", public_id=public_id)
    sheets = batch.sheets
    first, names = sheets[0], names_of(batch.verifications)
    try:
        body = template(first.procedure, stage=first.stage, known=known_of(sheets), names=names)
    except BadTemplate as error:
        messages.error(request, str(error))
        return redirect("staff:work_order", public_id=public_id)
    return file_response(body, f"{found} {batch.title}.xlsx", _XLSX)


@require_safe
def work_order_sheet(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A blank record for each instrument, to print and fill in by hand."""
    user = require_permission(request, _VIEW)
    found = work_order_for(user, public_id)
    context = {"order": found, "batches": _batches(user, found), "standards": list(found.standards.all())}
    return render(request, "staff/work_order_sheet.html", context)


def _batches(user: User, order: WorkOrder) -> list[Batch]:
    """Return what waits for readings, by procedure; what has none is left out (its own page says why)."""
    found: dict[str, Batch] = {}
    editions: dict[tuple[str, date], Edition | None] = {}
    for verification in _verifications(user, order):
        if verification.state != VerificationState.RECORDING:
            continue
        on = verification.performed_on = verification.performed_on or order.planned_on
        key = verification.instrument.kind, on
        if key not in editions:
            editions[key] = _edition(verification)
        if edition := editions[key]:
            title = edition.procedure.regulation.document
            batch = found.setdefault(edition.file, Batch(edition.file, title, []))
            batch.verifications.append(verification)
    return list(found.values())


def _edition(verification: Verification) -> Edition | None:
    try:
        return edition_for(verification)
    except (UnknownKind, NoEditionInForce, BureauError):
        return None


def _verifications(user: User, order: WorkOrder) -> list[Verification]:
    """Return those that this person may read: an owner in a market learns nothing of the other stalls."""
    made = list(verifications_for(user).filter(work_order=order).order_by("pk"))
    prefetch_related_objects([order], "standards")
    for one in made:
        one.work_order = order
    return made


def _page(
    request: HttpRequest,
    user: User,
    found: WorkOrder,
    *,
    refused: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    rows = _verifications(user, found)
    counts = Counter(one.state for one in rows)
    may_record = scope_of(user, _VERIFY).covers(found.institute_id)
    context = {
        "order": found,
        "lines": [(one, *state_of(one)) for one in rows],
        "counts": [
            (state.label, counts[state.value])
            for state in VerificationState
            if counts[state.value] and state != VerificationState.CANCELLED
        ],
        "standards": list(found.standards.all()),
        "may_record": may_record,
        "next": next((one for one in rows if one.state == VerificationState.RECORDING), None),
        "batches": _batches(user, found) if may_record else [],
        "refused": refused,
        "light": light(found.application.finish_by, clock.today()) if found.application else None,
        "events": events_about(
            [f"workorder:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
    }
    return render(request, "staff/work_order.html", context, status=status)
