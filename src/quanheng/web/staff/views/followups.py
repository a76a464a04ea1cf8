"""Follow-ups: the list, new ones, one of them beside its test, what follows from it."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base.errors import BureauError
from quanheng.fleet.models import MeterResult, SupplyArea
from quanheng.followups import selectors
from quanheng.followups.enums import Finding, FollowUpState, ReplacementState
from quanheng.followups.models import Compensation, FollowUp, ReplacementOrder, TestResult
from quanheng.followups.services.compensations import compute_compensation
from quanheng.followups.services.orders import (
    MOST,
    Chosen,
    close_follow_up,
    order_tests,
    propose_follow_ups,
)
from quanheng.followups.services.replacements import order_replacement
from quanheng.followups.services.results import record_certificate, take_in_results
from quanheng.kernels.fleet.words import error_text
from quanheng.parties.enums import PartyKind
from quanheng.parties.models import Party
from quanheng.verification.selectors import institutes_to_ask
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import page_of, query_of, whole, words
from quanheng.web.staff import followup_words as said
from quanheng.web.staff.common import act, attempt, form_status
from quanheng.web.staff.fleet_files import file_response
from quanheng.web.staff.followup_forms import (
    CertificateForm,
    CloseForm,
    CompensationForm,
    ControlsForm,
    OrderForm,
    PlanForm,
    plate_of,
)
from quanheng.web.staff.laboratory import FormPage, form_page
from quanheng.web.staff.laboratory import file_response as kept_file_response

_VIEW, _ORDER, _RECORD = "followups.view", "followups.order", "followups.record"
_OFFERED = 300
_DRAWS = 20


@require_safe
def followups(request: HttpRequest) -> HttpResponse:
    """Every meter that is followed: where it stands, what was said, what was found."""
    user = require_permission(request, _VIEW)
    every = selectors.follow_ups_visible(user)
    counts = Counter(every.order_by().values_list("state", flat=True))
    page = page_of(request, _narrowed(request, every))
    states = [(one.value, str(one.label), counts[one.value]) for one in FollowUpState]
    areas = SupplyArea.objects.filter(follow_ups__isnull=False).distinct()[:_OFFERED]
    context = {
        "page": page,
        "lines": [said.line(one) for one in page],
        "query": query_of(request),
        "total": sum(counts.values()),
        "counts": {state.value: counts[state.value] for state in FollowUpState},
        "filters": [
            words(request, "state", _("状态"), states),
            words(request, "area", _("台区"), [(str(one.pk), str(one), None) for one in areas]),
        ],
        "exports": [
            {"label": "Excel", "url": f"{reverse('staff:followups_xlsx')}?{query_of(request)}"},
        ],
        "waiting": selectors.concluded_waiting(),
        "suspects": len(selectors.suspects()),
        "to_replace": selectors.replacements_visible(user).filter(state=ReplacementState.ORDERED).count(),
        "can_order": holds(request, _ORDER),
        "can_record": holds(request, _RECORD),
        "controls": ControlsForm(),
        "draws": selectors.control_draws_visible(user)[:_DRAWS],
        "preliminary": said.preliminary(),
    }
    return render(request, "staff/followups.html", context)


@require_safe
def followups_xlsx(request: HttpRequest) -> HttpResponseBase:
    """Send what the list shows as a workbook."""
    user = require_permission(request, _VIEW)
    rows = _narrowed(request, selectors.follow_ups_visible(user))
    return file_response(_("核实与更换"), said.follow_up_rows(rows), "xlsx")


def _narrowed(request: HttpRequest, rows: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    state, area = request.GET.get("state", ""), whole(request.GET.get("area"))
    if state in FollowUpState.values:
        rows = rows.filter(state=state)
    return rows if area is None else rows.filter(area=area)


@require_POST
def followups_take(request: HttpRequest) -> HttpResponse:
    """Take in what was concluded since; the county day does the same."""
    user = require_permission(request, _RECORD)
    made, refusal = attempt(lambda: take_in_results(actor=user))
    if made is None:
        messages.error(request, refusal.text if refusal else "")
    else:
        messages.success(
            request,
            _("取回 %(tested)s 台的检定结果，%(back)s 台的申请被退回或撤回。")
            % {"tested": made[0], "back": made[1]},
        )
    return redirect("staff:followups")


@require_http_methods(["GET", "POST"])
def followup_new(request: HttpRequest) -> HttpResponse:
    """Confirm the chosen suspects and ask an institute to test them on site, or only put them on the list."""
    user = require_permission(request, _ORDER)
    given = request.POST if request.method == "POST" else request.GET
    wanted = [found for text in given.getlist("meter") if (found := whole(text)) is not None]
    rows = _asked(wanted)
    serials = [request.POST.get(f"serial-{row.pk}", "").strip() for row in rows]
    form = OrderForm(
        request.POST if request.method == "POST" and "propose" not in request.POST else None,
        utilities=_utilities(),
        institutes=institutes_to_ask(),
        initial=_known(rows),
    )
    refusal: BureauError | None = None
    if request.method == "POST" and "propose" in request.POST:
        made, refusal = attempt(lambda: propose_follow_ups(actor=user, results=wanted))
        if made is not None:
            messages.success(request, _("列入 %(n)s 台，尚未申请检定。") % {"n": len(made)})
            return redirect("staff:followups")
    elif form.is_valid():
        facts = form.cleaned_data
        shared = {name: facts[name] for name in ("manufacturer", "model", "accuracy_class", "ratings")}
        application, refusal = attempt(
            lambda: order_tests(
                actor=user,
                meters=[Chosen(row.pk, serial, **shared) for row, serial in zip(rows, serials, strict=True)],
                utility=facts["utility"],
                institute=facts["institute"],
                wished_on=facts["wished_on"],
                note=facts["note"],
            )
        )
        if application is not None:
            done = _("已向%(institute)s申请现场检定，%(n)s 台。") % {
                "institute": application.institute,
                "n": len(rows),
            }
            messages.success(request, done)
            return redirect("staff:followups")
    if request.method == "GET":
        serials = [_serial(row) for row in rows]
    context = {
        "form": form,
        "refusal": refusal.text if refusal else "",
        "lines": [
            (row, serial, error_text(row.error_percent, row.standard_uncertainty_percent or 0.0))
            for row, serial in zip(rows, serials, strict=True)
            if row.error_percent is not None
        ],
        "most": MOST,
        "has_utilities": bool(_utilities()),
        "preliminary": said.preliminary(),
    }
    return render(request, "staff/followup_new.html", context, status=form_status(request, refusal))


def _asked(wanted: list[int]) -> list[MeterResult]:
    rows = MeterResult.objects.filter(pk__in=wanted[:MOST], error_percent__isnull=False)
    return list(rows.select_related("area_result__area__town").order_by("pk"))


def _utilities() -> list[Party]:
    """Return whose meters they may be: businesses and institutions, those of lots first."""
    rows = Party.objects.filter(kind__in=(PartyKind.BUSINESS, PartyKind.INSTITUTION, PartyKind.OTHER))
    return sorted(rows.distinct()[:_OFFERED], key=lambda one: ("电" not in one.name, one.name))


def _known(rows: list[MeterResult]) -> dict[str, Any]:
    """Return what the lots know of the first meter, as a beginning."""
    for row in rows:
        found = selectors.lot_meter_of(row.area_result.area.area_id, row.meter_id)
        if found is not None:
            lot = found.lot
            facts = {"manufacturer": lot.maker, "model": lot.model, "accuracy_class": lot.accuracy_class}
            return facts | ({"utility": lot.utility_id} if lot.utility_id else {})
    return {}


def _serial(row: MeterResult) -> str:
    found = selectors.lot_meter_of(row.area_result.area.area_id, row.meter_id)
    return found.serial_no if found else ""


@require_safe
def followup(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One meter: the estimate beside its test, and what may be done next."""
    user = require_permission(request, _VIEW)
    found = selectors.follow_up_for(user, public_id)
    test, told = selectors.result_of(found), selectors.comparison_of(found)
    orders = list(found.replacements.order_by("-pk"))
    is_open = not any(one.state != ReplacementState.CANCELLED for one in orders)
    is_bad = test is not None and test.finding == Finding.NONCONFORMING
    state = FollowUpState(found.state)
    context = {
        "followup": found,
        "plate": plate_of(found),
        "line": said.line(found),
        "test": test,
        "source": said.source_words(test) if test else "",
        "sentence": said.sentence(found),
        "compared": said.comparison_sentence(told) if told else "",
        "picture": said.picture(found),
        "orders": [said.replacement_line(one) for one in orders],
        "compensations": found.compensations.all(),
        "may_order": holds(request, _ORDER) and state is FollowUpState.PROPOSED,
        "may_record": holds(request, _RECORD) and state is FollowUpState.PROPOSED,
        "may_replace": holds(request, _ORDER) and state is FollowUpState.TESTED and is_bad and is_open,
        "may_compensate": holds(request, _ORDER) and state is not FollowUpState.CLOSED,
        "may_close": holds(request, _ORDER) and state in {FollowUpState.PROPOSED, FollowUpState.TESTED},
        "waits": state is FollowUpState.ORDERED and selectors.concluded_of(found) is not None,
        "plan_form": PlanForm(initial={"revision": found.revision}),
        "close_form": CloseForm(initial={"revision": found.revision}),
        "preliminary": said.preliminary(),
    }
    return render(request, "staff/followup.html", context)


@require_http_methods(["GET", "POST"])
def followup_result(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Enter what another body found, with its certificate."""
    user = require_permission(request, _RECORD)
    found = selectors.follow_up_for(user, public_id)
    form = CertificateForm(request.POST or None, request.FILES or None, initial={"revision": found.revision})
    page = FormPage(
        title=_("登记检定结果"),
        submit=_("登记"),
        back=_url(found),
        crumbs=_crumbs(found),
        sentence=_("其他机构的证书上写的是什么？"),
        text=_("本平台的检定出结论后自动取回，不在这里填写。"),
    )

    def work() -> TestResult:
        return record_certificate(actor=user, public_id=public_id, **form.facts())

    return form_page(request, page, form, work, lambda _made: (_("已登记检定结果。"), _url(found)))


@require_POST
def followup_replace(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Order that the meter be replaced."""
    user = require_permission(request, _ORDER)
    found = selectors.follow_up_for(user, public_id)
    form = PlanForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("日期不对。"))
        return redirect(_url(found))

    def work() -> ReplacementOrder:
        return order_replacement(actor=user, public_id=public_id, **form.cleaned_data)

    return act(request, work, done=_("已下达更换单。"), to=_url(found))


@require_POST
def followup_close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End it with a reason."""
    user = require_permission(request, _ORDER)
    found = selectors.follow_up_for(user, public_id)
    form = CloseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请写明理由。"))
        return redirect(_url(found))
    given = form.cleaned_data
    return act(
        request,
        lambda: close_follow_up(
            actor=user, public_id=public_id, revision=given["revision"], reason=given["reason"]
        ),
        done=_("已了结。"),
        to=_url(found),
    )


@require_http_methods(["GET", "POST"])
def followup_compensation(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Compute what the household paid too much; the letter is made with it."""
    user = require_permission(request, _ORDER)
    found = selectors.follow_up_for(user, public_id)
    form = CompensationForm(request.POST or None, initial={"revision": found.revision})
    preliminary = selectors.result_of(found) is None
    page = FormPage(
        title=_("退补估算"),
        submit=_("计算并生成告知书"),
        back=_url(found),
        crumbs=_crumbs(found),
        sentence=_("这一户多付了多少？"),
        text=_("还没有检定：按远程估计计算的只是初步的，告知书上会写明。") if preliminary else "",
    )

    def work() -> Compensation:
        return compute_compensation(actor=user, public_id=public_id, **form.cleaned_data)

    return form_page(request, page, form, work, lambda made: (made.sentence, f"{_url(found)}#compensation"))


@require_safe
def followup_letter(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the letter that was made for a household."""
    user = require_permission(request, _VIEW)
    made = selectors.compensation_for(user, public_id)
    name = f"{_('退补告知书')}-{plate_of(made.follow_up)}.docx"
    return kept_file_response(made.letter_sha256, name)


@require_safe
def followup_certificate(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the certificate of another body."""
    user = require_permission(request, _VIEW)
    test = selectors.result_of(selectors.follow_up_for(user, public_id))
    digest, name = (test.file_sha256, test.file_name) if test else ("", "")
    return kept_file_response(digest, name)


def _url(found: FollowUp) -> str:
    return reverse("staff:followup", args=[found.public_id])


def _crumbs(found: FollowUp) -> tuple[tuple[str, str], ...]:
    return (_("核实与更换"), reverse("staff:followups")), (plate_of(found), _url(found))
