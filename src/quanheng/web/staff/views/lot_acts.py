"""What is done with a lot: opened, its list taken in and closed, a sample drawn, results recorded, decided."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.base.sheets import Rejected
from quanheng.kernels.ledger.dates import BadDate, read_date
from quanheng.kernels.sampling.plans import BadSampling
from quanheng.lots.enums import Origin
from quanheng.lots.errors import ListClosed, NoCheckpoint, ResultsRefused
from quanheng.lots.evidence import risk_of
from quanheng.lots.files import RESULTS, errors_of, errors_text, read_list, read_results, result_word
from quanheng.lots.judging import open_stage, verdict_of
from quanheng.lots.members import FoundMeter
from quanheng.lots.models import Lot, Sample, SampleItem
from quanheng.lots.plan_rules import NoPlanOfRule, PlanOfRule, PlanRule, plan_for, plan_rules
from quanheng.lots.selectors import lot_for, present_meters, verified_meters
from quanheng.lots.services.decisions import extended_until
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.lots.services.samples import decide, draw_sample, record_results
from quanheng.transparency.sequencer import sequence
from quanheng.web.auth import require_permission
from quanheng.web.lists import page_of, query_of
from quanheng.web.staff import lot_words as said
from quanheng.web.staff.common import act, attempt, form_status
from quanheng.web.staff.laboratory import FormPage, form_page
from quanheng.web.staff.lot_forms import AgainForm, DecideForm, DrawForm, FileForm, LotForm
from quanheng.web.staff.views.lots import sample_on_page

_CHANGE, _RECORD = "lots.change", "lots.record"
_MOST_ROWS_SHOWN = 200


@require_http_methods(["GET", "POST"])
def lot_new(request: HttpRequest) -> HttpResponse:
    """Open a lot of meters in service."""
    user = require_permission(request, _CHANGE)
    form = LotForm(request.POST or None)
    page = FormPage(
        title=_("登记在用的表批"),
        sentence=_("同一制造单位、型号、等级、到货批次和首次检定年份的表为一批。"),
        submit=_("登记，下一步收名单"),
        back=reverse("staff:lots"),
        crumbs=_crumbs(),
    )

    def work() -> Lot:
        return open_lot(actor=user, origin=Origin.IN_SERVICE, **form.cleaned_data)

    return form_page(
        request,
        page,
        form,
        work,
        lambda made: (_("已登记。请上传名单。"), reverse("staff:lot_list", args=[made.public_id])),
    )


@require_http_methods(["GET", "POST"])
def lot_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take in the list of a lot; rows that are wrong are named, and nothing is kept of such a file."""
    user = require_permission(request, _CHANGE)
    found = lot_for(user, public_id)
    if found.is_complete:
        messages.error(request, ListClosed().text)
        return redirect("staff:lot", public_id=public_id)
    form = FileForm(request.POST or None, request.FILES or None)
    refusal = None
    if form.is_valid():
        name, data = form.cleaned_data["file"]

        def work() -> int:
            file = read_list(data, name)
            return add_meters(actor=user, lot=found, meters=file.meters, unread=file.unread)

        count, refusal = attempt(work)
        if count is not None:
            told = ngettext("收下 %(n)s 台。", "收下 %(n)s 台。", count) % {"n": count}
            messages.success(request, told)
            return redirect("staff:lot", public_id=public_id)
    context = {
        "lot": found,
        "form": form,
        "refusal": refusal,
        "crumbs": _crumbs(found),
        **_rejected(refusal),
    }
    return render(request, "staff/lot_list.html", context, status=form_status(request, refusal))


@require_POST
def lot_close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Close the list of a lot for ever."""
    user = require_permission(request, _CHANGE)
    found = lot_for(user, public_id)
    url = reverse("staff:lot", args=[public_id])
    return act(
        request, lambda: close_list(actor=user, lot=found), done=_("名单已关闭，散列值记入日志。"), to=url
    )


@require_http_methods(["GET", "POST"])
def lot_draw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose the rule, see its risk, and draw."""
    user = require_permission(request, _CHANGE)
    found = lot_for(user, public_id)
    if found.origin == Origin.FACTORY:
        return redirect("staff:factory_draw", public_id=public_id)
    today = clock.today()
    size = present_meters(found).count()
    offered = [_offer(rule, size, today) for rule in plan_rules(today, found.kind) if rule.may_extend]
    usable = [rule for rule, plan, _why, _risk in offered if plan is not None and rule.extension_years]
    form = DrawForm(request.POST or None, rules=usable, initial={"rule": usable[0].key if usable else ""})
    refusal: BureauError | None = None
    if form.is_valid():
        plan = plan_for(form.cleaned_data["rule"], size, today)
        made, refusal = attempt(lambda: draw_sample(actor=user, lot=found, plan=plan))
        if isinstance(refusal, NoCheckpoint):
            sequence()  # outside of any transaction; the seed is that of the checkpoint which signs the list
            made, refusal = attempt(lambda: draw_sample(actor=user, lot=found, plan=plan))
        if made is not None:
            messages.success(request, _("样本已抽出，记入日志。"))
            return redirect("staff:lot", public_id=public_id)
    context = {
        "lot": found,
        "form": form,
        "refusal": refusal.text if refusal else "",
        "offered": offered,
        "usable": bool(usable),
        "size": size,
        "crumbs": _crumbs(found),
    }
    return render(request, "staff/lot_draw.html", context, status=form_status(request, refusal))


@require_http_methods(["GET", "POST"])
def lot_results(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Enter results on a grid, or take them in from a file."""
    user, sample, items = sample_on_page(request, public_id, _RECORD)
    stage = open_stage(sample.plan, items)
    asked = [item for item in items if 0 < item.stage <= stage]
    page = page_of(request, asked)
    is_file = "file" in request.FILES
    form = FileForm(request.POST if is_file else None, request.FILES if is_file else None)
    refusal = None
    if request.method == "POST" and (not is_file or form.is_valid()):

        def work() -> int:
            found = (
                read_results(form.cleaned_data["file"][1], form.cleaned_data["file"][0])
                if is_file
                else _entered(request, list(page))
            )
            return record_results(actor=user, sample=sample, results=found)

        count, refusal = attempt(work)
        if count is not None:
            told = ngettext("记入 %(n)s 台的结果。", "记入 %(n)s 台的结果。", count) % {"n": count}
            messages.success(request, told)
            here = reverse("staff:lot_results", args=[public_id])
            if count and page.has_next() and not is_file:
                return redirect(f"{here}?page={page.next_page_number()}")
            return redirect("staff:lot", public_id=public_id)
    context = {
        "lot": sample.lot,
        "sample": sample,
        "page": page,
        "query": query_of(request),
        "lines": [_line(request, item) for item in page],
        "choices": [(name, _(name)) for name in RESULTS],
        "form": form,
        "refusal": refusal,
        "sentence": verdict_of(sample.plan, items).sentence,
        "today": clock.today(),
        "crumbs": _crumbs(sample.lot),
        **_rejected(refusal),
    }
    return render(request, "staff/lot_results.html", context, status=_status(request, refusal))


@require_POST
def lot_verified(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take results from verifications of drawn meters that were concluded."""
    user, sample, _items = sample_on_page(request, public_id, _RECORD)
    url = reverse("staff:lot", args=[public_id])
    return act(
        request,
        lambda: record_results(actor=user, sample=sample, results=verified_meters(sample)),
        done=_("已从检定结论取得结果。"),
        to=url,
    )


@require_http_methods(["GET", "POST"])
def lot_decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what the plan decides and what that does to how many meters; do it."""
    user, sample, items = sample_on_page(request, public_id, _CHANGE)
    verdict = verdict_of(sample.plan, items)
    form = DecideForm(request.POST or None, initial={"revision": sample.revision})
    page = FormPage(
        title=_("按样本作出决定"),
        sentence=verdict.sentence,
        text=_consequence(sample, verdict.outcome),
        submit=_("确认决定"),
        back=reverse("staff:lot", args=[public_id]),
        crumbs=_crumbs(sample.lot),
        is_dangerous=verdict.outcome != "accept",
    )

    def work() -> Sample:
        return decide(actor=user, sample=sample, **form.cleaned_data)

    url = reverse("staff:lot", args=[public_id])
    return form_page(
        request,
        page,
        form,
        work,
        lambda made: (_("已决定：%(what)s。") % {"what": made.get_decision_display()}, url),
    )


@require_http_methods(["GET", "POST"])
def lot_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give up a sample that cannot be completed, with a reason."""
    user, sample, items = sample_on_page(request, public_id, _CHANGE)
    form = AgainForm(request.POST or None, initial={"revision": sample.revision})
    page = FormPage(
        title=_("放弃这个样本，重新抽样"),
        sentence=verdict_of(sample.plan, items).sentence,
        text=_("已有的结果保留，公开显示；新的样本用日志下一个检查点抽。按方案已有结论的样本不能放弃。"),
        submit=_("重新抽样"),
        back=reverse("staff:lot", args=[public_id]),
        crumbs=_crumbs(sample.lot),
        is_dangerous=True,
    )

    def work() -> Sample:
        return decide(actor=user, sample=sample, resample=True, **form.cleaned_data)

    url = reverse("staff:lot", args=[public_id])
    return form_page(request, page, form, work, lambda _made: (_("样本已放弃，可以重新抽样。"), url))


def _crumbs(found: Lot | None = None) -> tuple[tuple[str, str], ...]:
    home = ((_("抽样与轮换"), reverse("staff:lots")),)
    return (*home, (found.number, reverse("staff:lot", args=[found.public_id]))) if found else home


def _offer(rule: PlanRule, size: int, today: date) -> tuple[PlanRule, PlanOfRule | None, str, str]:
    """Return a rule with its plan for a lot of this size, or why it has none, and its risk."""
    try:
        plan = plan_for(rule.key, size, today)
    except (NoPlanOfRule, BadSampling) as error:
        return rule, None, str(error), ""
    risk = risk_of(plan.plan, size)
    worst = _("%(worst)s %% 不合格的批仍有 %(risk)s %% 的可能被接收") % {
        "worst": f"{risk.worst * 100:.2f}",
        "risk": f"{risk.consumer_risk * 100:g}",
    }
    return rule, plan, said.plan_words(plan.plan), worst


def _rejected(refusal: BureauError | None) -> dict[str, Any]:
    rejected = getattr(refusal, "rejected", ())
    return {"rejected": rejected[:_MOST_ROWS_SHOWN], "rejected_count": len(rejected)}


def _status(request: HttpRequest, refusal: BureauError | None) -> HTTPStatus:
    if request.method != "POST":
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if refusal else HTTPStatus.UNPROCESSABLE_ENTITY


def _line(request: HttpRequest, item: SampleItem) -> dict[str, Any]:
    """Return a row of the grid: what stands, or what the person typed."""
    key = f"-{item.position}"
    present = {
        "result": result_word(item),
        "tested_on": f"{item.tested_on:%Y-%m-%d}" if item.tested_on else "",
        "errors": errors_text(item.errors),
        "reason": item.reason,
    }
    typed = {name: request.POST.get(f"{name}{key}", text) for name, text in present.items()}
    return {"item": item, **typed}


def _entered(request: HttpRequest, items: list[SampleItem]) -> list[FoundMeter]:
    """Return the rows of the grid that say a result; those that say what stands change nothing.  ResultsRefused."""
    found, rejected = [], []
    common = request.POST.get("tested_on", "")
    for item in items:
        line = _line(request, item)
        if not line["result"]:
            continue
        if line["result"] not in RESULTS:
            rejected.append(Rejected(item.position, _("结果"), _("不是可选的结果。")))
            continue
        result, condition = RESULTS[line["result"]]
        try:
            day = read_date(line["tested_on"] or common)
            errors = errors_of(line["errors"])
        except BadDate as error:
            rejected.append(Rejected(item.position, _("检定日期"), error.text))
            continue
        except ValueError:
            rejected.append(Rejected(item.position, _("误差"), _("应为数，几个点之间用分号隔开。")))
            continue
        found.append(
            FoundMeter(
                serial_no=item.meter.serial_no,
                result=result,
                row=item.position,
                tested_on=day,
                errors=errors,
                reason=line["reason"],
                condition=condition,
                verification=item.verification,
            )
        )
    if rejected:
        raise ResultsRefused(rejected)
    return found


def _consequence(sample: Sample, outcome: str) -> str:
    """Return what a decision does to how many meters."""
    lot = sample.lot
    if lot.origin == Origin.FACTORY:
        return {"accept": _("整批接收。"), "reject": _("整批拒收。")}.get(outcome, "")
    if outcome == "reject":
        return _("整批应当更换。到期日不变：到期前换完，表的有效期不延长。")
    if outcome != "accept":
        return _("结果还不够，现在不能决定。")
    years = sample.plan.get("extension_years")
    try:
        until = extended_until(lot, years, clock.today())
    except BureauError as error:
        return error.text
    given = {"n": present_meters(lot).count(), "years": years, "until": until}
    return _("%(n)s 台表的有效期各延长 %(years)s 年，最早的到 %(until)s。已查出不合格的表仍应更换。") % given
