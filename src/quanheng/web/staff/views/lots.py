"""Lots of meters in service: which need someone; one lot with its sample, risks and decision; its files."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import Case, Count, Value, When
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from quanheng.base import clock
from quanheng.base.files import stored_path
from quanheng.core.models import User
from quanheng.kernels.dates import add_months
from quanheng.lots.enums import Decision, Origin
from quanheng.lots.evidence import life_of, risk_of
from quanheng.lots.extension_rules import life_limit, sample_within_months
from quanheng.lots.files import list_form, results_form
from quanheng.lots.judging import open_stage, plan_of, verdict_of
from quanheng.lots.models import Lot, Sample, SampleItem
from quanheng.lots.selectors import (
    items_of,
    lot_for,
    lots_visible,
    remote_of,
    samples_of,
    states,
    verified_meters,
    with_last_sample,
)
from quanheng.web.auth import holds, require_permission, require_signed_in
from quanheng.web.lists import Heading, page_of, query_of, sort_heading, words
from quanheng.web.staff import lot_words as said

_VIEW, _CHANGE, _RECORD = "lots.view", "lots.change", "lots.record"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SORTS = {"number": "number", "maker": "maker", "size": "size", "due": "due_on"}


@require_safe
def lots(request: HttpRequest) -> HttpResponse:
    """Every lot in service: what needs someone first."""
    user = require_permission(request, _VIEW)
    today = clock.today()
    rows = with_last_sample(lots_visible(user).filter(origin=Origin.IN_SERVICE)).select_related("utility")
    wanted = states(today)
    counts = rows.aggregate(**{name: Count("pk", filter=state) for name, state in wanted.items()})
    chosen = request.GET.get("state", "")
    shown = rows.filter(wanted[chosen]) if chosen in wanted else rows
    named = [When(state, then=Value(name)) for name, state in wanted.items()]
    shown = shown.annotate(state=Case(*named, default=Value("later")))
    if sort := _SORTS.get(request.GET.get("sort", "")):
        shown = shown.order_by(f"-{sort}" if request.GET.get("dir") == "down" else sort, "pk")
    else:
        shown = shown.order_by("due_on", "pk")
    page = page_of(request, shown)
    context = {
        "page": page,
        "lines": [said.lot_line(lot) for lot in page],
        "query": query_of(request),
        "sentence": said.list_sentence(counts),
        "filters": [
            words(
                request,
                "state",
                _("状态"),
                [(name, word, counts[name]) for name, word in said.state_words().items()],
            )
        ],
        "headings": [
            sort_heading(request, "number", _("批号")),
            Heading(_("状态")),
            Heading(_("种类")),
            sort_heading(request, "maker", _("制造单位")),
            Heading(_("型号")),
            sort_heading(request, "size", _("台数"), "num"),
            sort_heading(request, "due", _("最早到期")),
            Heading(_("决定")),
        ],
        "has_any": bool(sum(counts.values())),
        "can_change": holds(request, _CHANGE),
    }
    return render(request, "staff/lots.html", context)


@require_safe
def lot(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One lot: what was decided or what is next, its sample, its risks, how to draw it again."""
    user = require_signed_in(request)
    found = lot_for(user, public_id)
    today = clock.today()
    samples = samples_of(found)
    last = samples[0] if samples else None
    items = items_of(last) if last else []
    drawn = [item for item in items if item.stage]
    page = page_of(request, drawn)
    verdict = verdict_of(last.plan, items) if last else None
    plan = plan_of(last.plan) if last else None
    context = {
        "lot": found,
        "sample": last,
        "sentence": said.lot_sentence(found, last, verdict.sentence if verdict else ""),
        "facts": said.facts(found),
        "meters": found.size or found.meters.count(),
        "days_left": said.days_left(today, found.due_on),
        "draw_facts": said.draw_facts(last) if last else [],
        "draw_commands": said.draw_commands(last) if last else [],
        "page": page,
        "query": query_of(request),
        "lines": [said.item_line(item) for item in page],
        "verdict": verdict,
        "can_decide": verdict is not None and verdict.outcome in {"accept", "reject"},
        "chart": said.oc_chart(plan, risk_of(plan, last.lot_size), last.lot_size) if plan and last else None,
        "remote": said.remote_sentences(
            remote_of(found), found.size, plan, last.lot_size if last else found.size
        )
        if found.is_complete
        else [],
        "life": _life(found, samples, items, today) if found.origin == Origin.IN_SERVICE else "",
        "life_source": life_limit()[1],
        "earlier": samples[1:],
        "decision": _decision(last),
        "verified": len(verified_meters(last)) if last and not last.decision else 0,
        "can_change": holds(request, _CHANGE),
        "can_record": holds(request, _RECORD),
        "may_draw": _may_draw(found, last, today),
        "is_in_service": found.origin == Origin.IN_SERVICE,
    }
    return render(request, "staff/lot.html", context)


@require_safe
def lot_list_form(request: HttpRequest) -> HttpResponseBase:
    """Send the form of a list to fill in."""
    require_permission(request, _VIEW)
    return FileResponse(
        list_form(), as_attachment=True, filename=f"{_('电能表名单')}.xlsx", content_type=_XLSX
    )


@require_safe
def lot_results_form(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the drawn meters, with columns for what is found of them."""
    _user, sample, items = sample_on_page(request, public_id, _VIEW)
    stage = open_stage(sample.plan, items)
    asked = [item for item in items if 0 < item.stage <= stage]
    name = f"{_('样本')}-{sample.lot.number}.xlsx"
    return FileResponse(results_form(asked), as_attachment=True, filename=name, content_type=_XLSX)


@require_safe
def lot_list_file(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Send the list that the last sample was drawn from; before that, the closed list."""
    user = require_signed_in(request)
    found = lot_for(user, public_id)
    last = found.samples.order_by("-position").first()
    digest = last.list_sha256 if last else found.list_sha256
    path = stored_path(digest) if digest else None
    if path is None or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename="list.txt", content_type="text/plain")


@require_safe
def lot_checkpoint(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the signed checkpoint that the seed of the last sample comes from."""
    _user, sample, _items = sample_on_page(request, public_id, "")
    return HttpResponse(
        sample.checkpoint,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="checkpoint.txt"'},
    )


def sample_on_page(
    request: HttpRequest, public_id: UUID, permission: str
) -> tuple[User, Sample, list[SampleItem]]:
    """Return the person, the last sample of a lot that they may see, and what was drawn.  Http404 without one."""
    user = require_permission(request, permission) if permission else require_signed_in(request)
    found = lot_for(user, public_id)
    sample = found.samples.select_related("lot").order_by("-position").first()
    if sample is None:
        raise Http404
    return user, sample, items_of(sample)


def _may_draw(found: Lot, last: Sample | None, today: date) -> bool:
    """Whether a sample is drawn next: the list is closed, the end near, and nothing decided stands against it."""
    is_free = last is None or last.decision in {Decision.RESAMPLE, Decision.EXTENDED}
    is_near = found.due_on is None or found.due_on <= add_months(today, sample_within_months())
    return found.is_complete and found.origin == Origin.IN_SERVICE and is_free and is_near


def _life(found: Lot, samples: list[Sample], items: list[SampleItem], today: date) -> str:
    """Return what the life model says of all samples of a lot, nothing where nothing was found."""
    seen = list(items)
    if len(samples) > 1:
        earlier = SampleItem.objects.filter(sample__in=samples[1:]).select_related("meter")
        seen += list(earlier)
    begun = date(found.first_verified_in, 7, 1)
    return life_of(seen, begun, today)


def _decision(last: Sample | None) -> tuple[str, str] | None:
    if last is None or not last.decision:
        return None
    decision = Decision(last.decision)
    return str(decision.label), said.DECISION_KIND[decision]
