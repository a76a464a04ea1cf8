"""What waits to be replaced, crews' lists out and in, and which suspects are worth a visit under a budget."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.base.sheets import SheetReport
from quanheng.followups import selectors
from quanheng.followups.enums import ReplacementReason, ReplacementState
from quanheng.followups.models import ReplacementOrder
from quanheng.followups.services.replacements import (
    Done,
    cancel_replacement,
    complete_replacement,
    lot_meters_to_replace,
    order_lot_replacements,
)
from quanheng.followups.sheets import crew_sheet, take_crew_sheet
from quanheng.kernels.fleet.words import probability_text
from quanheng.kernels.visits import BadVisits, VisitPlan, plan_visits
from quanheng.lots.enums import Decision, Origin
from quanheng.lots.models import Lot
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import page_of, query_of, words
from quanheng.web.staff import followup_words as said
from quanheng.web.staff.common import attempt
from quanheng.web.staff.fleet_files import file_response
from quanheng.web.staff.followup_forms import CloseForm, CrewSheetForm, DoneForm, LotForm, VisitsForm
from quanheng.web.staff.forms import file_bytes
from quanheng.web.staff.laboratory import FormPage, form_page

_VIEW, _ORDER, _RECORD = "followups.view", "followups.order", "followups.record"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LOTS = 50
_COSTS = {"budget": 1000.0, "trip": 200.0, "meter": 40.0}


@require_safe
def replacements(request: HttpRequest) -> HttpResponse:
    """What waits, the most urgent first."""
    require_permission(request, _VIEW)
    return _board(request, None)


def _board(
    request: HttpRequest, report: SheetReport | None, form: CrewSheetForm | None = None, refusal: str = ""
) -> HttpResponse:
    user = require_permission(request, _VIEW)
    every = selectors.replacements_visible(user)
    counts = Counter(every.order_by().values_list("state", flat=True))
    page = page_of(request, _narrowed(request, every))
    waiting = every.filter(state=ReplacementState.ORDERED)
    late = waiting.filter(planned_on__lt=clock.today()).count()
    lots = _lots() if holds(request, _ORDER) else []
    states = [(one.value, str(one.label), counts[one.value]) for one in ReplacementState]
    reasons = [(one.value, str(one.label), None) for one in ReplacementReason]
    context = {
        "page": page,
        "lines": [said.replacement_line(one) for one in page],
        "query": query_of(request),
        "total": sum(counts.values()),
        "waiting": counts[ReplacementState.ORDERED],
        "late": late,
        "filters": [
            words(request, "state", _("状态"), states),
            words(request, "reason", _("原因"), reasons),
        ],
        "upload": form or CrewSheetForm(),
        "report": report,
        "refusal": refusal,
        "lots": lots,
        "lot_form": LotForm(lots=[lot for lot, _reason, _n in lots]),
        "can_record": holds(request, _RECORD),
        "can_order": holds(request, _ORDER),
    }
    has_faults = form is not None and not form.is_valid()
    status = 422 if has_faults or refusal or (report and report.rejected) else 200
    return render(request, "staff/replacements.html", context, status=status)


def _narrowed(request: HttpRequest, rows: QuerySet[ReplacementOrder]) -> QuerySet[ReplacementOrder]:
    for name, known in (("state", ReplacementState.values), ("reason", ReplacementReason.values)):
        if (value := request.GET.get(name, "")) in known:
            rows = rows.filter(**{name: value})
    return rows


def _lots() -> list[tuple[Lot, str, int]]:
    """Return the lots of which something is to be replaced and not ordered yet, why, and how many meters."""
    rows = Lot.objects.filter(origin=Origin.IN_SERVICE)
    by_sample = rows.filter(samples__decision=Decision.REPLACE)
    by_day = rows.filter(meters__valid_until__lt=clock.today(), meters__condition="present")
    found = []
    for lot in (by_sample | by_day).distinct()[:_LOTS]:
        reason, meters = lot_meters_to_replace(lot)
        if count := meters.count():
            found.append((lot, str(reason.label), count))
    return found


@require_safe
def replacements_xlsx(request: HttpRequest) -> HttpResponseBase:
    """Send what waits as a list for crews, with empty columns for what they do."""
    user = require_permission(request, _VIEW)
    rows = selectors.replacements_visible(user).filter(state=ReplacementState.ORDERED)
    name = f"{_('更换单')}-{clock.today()}.xlsx"
    return FileResponse(crew_sheet(rows), as_attachment=True, filename=name, content_type=_XLSX)


@require_POST
def replacements_upload(request: HttpRequest) -> HttpResponse:
    """Take in what crews did; rows that are refused are told with their reasons."""
    user = require_permission(request, _RECORD)
    form = CrewSheetForm(request.POST, request.FILES)
    if not form.is_valid():
        return _board(request, None, form)
    filename, data = form.cleaned_data["file"]
    report, refusal = attempt(lambda: take_crew_sheet(actor=user, data=data, filename=filename))
    if report is None:
        return _board(request, None, refusal=refusal.text if refusal else "")
    if report.accepted:
        messages.success(request, _("登记了 %(n)s 台的更换。") % {"n": report.accepted})
    if not report.rejected:
        return redirect("staff:replacements")
    return _board(request, report)


@require_POST
def replacements_of_lot(request: HttpRequest) -> HttpResponse:
    """Order the replacement of a lot."""
    user = require_permission(request, _ORDER)
    form = LotForm(request.POST, lots=[lot for lot, _reason, _n in _lots()])
    if not form.is_valid():
        messages.error(request, _("请选择有电能表要更换的批。"))
        return redirect("staff:replacements")
    made, refusal = attempt(lambda: order_lot_replacements(actor=user, **form.cleaned_data))
    if made is None:
        messages.error(request, refusal.text if refusal else "")
    else:
        messages.success(request, _("下达了 %(n)s 张更换单。") % {"n": len(made)})
    return redirect("staff:replacements")


@require_http_methods(["GET", "POST"])
def replacement_done(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record one replacement."""
    user = require_permission(request, _RECORD)
    found = selectors.replacement_for(user, public_id)
    board = reverse("staff:replacements")
    form = DoneForm(
        request.POST or None,
        request.FILES or None,
        initial={"revision": found.revision, "replaced_on": clock.today()},
    )
    page = FormPage(
        title=_("登记更换：%(serial)s") % {"serial": found.old_serial},
        submit=_("登记更换"),
        back=board,
        crumbs=((_("核实与更换"), reverse("staff:followups")), (_("更换"), board)),
        sentence=_("换上了哪一台，新旧表各读多少？"),
        text=_("登记后，旧表在器具登记中报废，新表登记为同一使用单位的器具。") if found.instrument else "",
    )

    def work() -> ReplacementOrder:
        given = dict(form.cleaned_data)
        file, revision = given.pop("file"), given.pop("revision")
        return complete_replacement(
            actor=user,
            public_id=public_id,
            revision=revision,
            done=Done(**given),
            data=file_bytes(file),
            filename=file.name or "",
        )

    def told(made: ReplacementOrder) -> tuple[str, str]:
        words = {"old": made.old_serial, "new": made.new_serial}
        return _("已登记：%(old)s 换为 %(new)s。") % words, board

    return form_page(request, page, form, work, told)


@require_http_methods(["GET", "POST"])
def replacement_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take an order back with a reason."""
    user = require_permission(request, _ORDER)
    found = selectors.replacement_for(user, public_id)
    board = reverse("staff:replacements")
    form = CloseForm(request.POST or None, initial={"revision": found.revision})
    page = FormPage(
        title=_("取消更换单 %(number)s") % {"number": found.number},
        submit=_("取消更换单"),
        back=board,
        crumbs=((_("核实与更换"), reverse("staff:followups")), (_("更换"), board)),
        is_dangerous=True,
    )

    def work() -> ReplacementOrder:
        given = form.cleaned_data
        return cancel_replacement(
            actor=user, public_id=public_id, revision=given["revision"], reason=given["reason"]
        )

    return form_page(request, page, form, work, lambda _made: (_("已取消更换单。"), board))


@require_safe
def visits(request: HttpRequest) -> HttpResponse:
    """Which suspects are worth a visit for the money; nothing is saved."""
    require_permission(request, _VIEW)
    form, plan, refusal, found = _plan(request)
    by_key = {str(one.result.pk): one for one in found}
    chosen = [by_key[key] for trip in plan.trips for key in trip.keys] if plan else []
    context = {
        "form": form,
        "plan": plan,
        "refusal": refusal,
        "trips": [(trip, [_told(by_key[key]) for key in trip.keys]) for trip in plan.trips] if plan else [],
        "meters": len(chosen),
        "ids": [one.result.pk for one in chosen],
        "left_out": [by_key[key] for key in plan.left_out] if plan else [],
        "unknown": [one for one in found if one.unfair_kwh is None],
        "total": len(found),
        "query": query_of(request),
        "can_order": holds(request, _ORDER),
        "preliminary": said.preliminary(),
    }
    return render(request, "staff/visits.html", context)


@require_safe
def visits_xlsx(request: HttpRequest) -> HttpResponseBase:
    """Send the visits as a workbook."""
    require_permission(request, _VIEW)
    _form, plan, _refusal, found = _plan(request)
    by_key = {str(one.result.pk): one for one in found}
    return file_response(_("核实名单"), said.visit_rows(plan.trips if plan else (), by_key), "xlsx")


def _told(one: selectors.Suspect) -> tuple[selectors.Suspect, str]:
    return one, probability_text(one.result.probability_out_of_tolerance or 0.0)


def _plan(request: HttpRequest) -> tuple[VisitsForm, VisitPlan | None, str, list[selectors.Suspect]]:
    asked = {name: request.GET.get(name, str(value)) for name, value in _COSTS.items()}
    form, found = VisitsForm(asked), selectors.suspects()
    if not form.is_valid():
        return form, None, "", found
    given = form.cleaned_data
    try:
        plan = plan_visits(
            selectors.candidates(found),
            budget=given["budget"],
            cost_of_trip=given["trip"],
            cost_of_meter=given["meter"],
        )
    except BadVisits as error:
        return form, None, str(error), found
    return form, plan, "", found
