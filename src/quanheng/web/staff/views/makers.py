"""Makers that verify their own meters: the bureau's list, a maker's desk, authorisations, suspensions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.core.permissions import scope_of
from quanheng.lots.selectors import with_last_sample
from quanheng.manufacturers.acceptance import severity_of
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.models import Authorisation, Suspension
from quanheng.manufacturers.selectors import (
    authorisation_for,
    authorisations_visible,
    factory_lots,
    factory_rows,
    makers,
    marks_of,
    not_in_force,
    range_use,
    types_of,
    uploads_visible,
)
from quanheng.manufacturers.services.authorisations import (
    authorise,
    change_authorisation,
    lift,
    suspend,
    withdraw,
)
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import page_of, query_of, words
from quanheng.web.staff import maker_words as said
from quanheng.web.staff.forms import ReasonForm, RevisionForm
from quanheng.web.staff.history import events_about
from quanheng.web.staff.laboratory import FormPage, form_page
from quanheng.web.staff.maker_forms import ChangedAuthorisationForm, NewAuthorisationForm

_VIEW, _AUTHORISE, _UPLOAD = "manufacturers.view", "manufacturers.authorise", "manufacturers.upload"
_UPLOADS_SHOWN = 20


class WithdrawalForm(ReasonForm, RevisionForm):
    """Withdrawing an authorisation."""


@require_safe
def manufacturers(request: HttpRequest) -> HttpResponse:
    """Every maker with its state; and a meter's factory row by its serial number."""
    user = require_permission(request, _VIEW)
    today = clock.today()
    rows = authorisations_visible(user).annotate(
        count=Count("uploads__lot"), meters=Sum("uploads__lot__size")
    )
    lines = [said.MakerLine(row, *said.state_of(row, today), row.count, row.meters or 0) for row in rows]
    counts = {state: sum(line.row.state == state for line in lines) for state in AuthorisationState.values}
    state = request.GET.get("state", "")
    shown = [line for line in lines if line.row.state == state] if state in counts else lines
    serial = request.GET.get("serial", "").strip()[:60]
    context = {
        "page": page_of(request, shown),
        "query": query_of(request),
        "counts": counts,
        "lines": lines,
        "filters": [
            words(
                request,
                "state",
                _("状态"),
                [(one.value, str(one.label), counts[one.value]) for one in AuthorisationState],
            )
        ],
        "serial": serial,
        "found": factory_rows(user, serial) if serial else [],
        # By which name readings know a meter tells a home.
        "may_see_homes": holds(request, "fleet.view"),
        "can_authorise": holds(request, _AUTHORISE),
    }
    return render(request, "staff/manufacturers.html", context)


@require_safe
def manufacturer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One authorisation: what it covers, what is left of its marks, what was delivered, why it was suspended."""
    user = require_permission(request, _VIEW)
    found = authorisation_for(user, public_id)
    today = clock.today()
    word, kind = said.state_of(found, today)
    lots = with_last_sample(factory_lots([found.unit_id])).select_related("factory_upload")
    page = page_of(request, lots)
    severity = severity_of(found.unit_id)
    context = {
        "row": found,
        "word": word,
        "kind": kind,
        "stopped": not_in_force(found, today),
        "open": found.suspensions.filter(lifted_at=None).first(),
        "types": [(one, one.testing(today)) for one in types_of(found)],
        "ranges": range_use(found),
        "page": page,
        "query": query_of(request),
        "lots": [(lot, *said.lot_state(lot)) for lot in page],
        "refused": uploads_visible(user).filter(unit=found.unit_id, lot=None)[:_UPLOADS_SHOWN],
        "suspensions": found.suspensions.select_related("lot", "suspended_by", "lifted_by"),
        "severity": severity,
        "severity_word": {
            "normal": _("正常检验"),
            "tightened": _("加严检验"),
            "reduced": _("放宽检验"),
            "discontinued": _("停止检验"),
        }[severity.state.severity],
        "can_authorise": holds(request, _AUTHORISE),
        "can_upload": scope_of(user, _UPLOAD).covers(found.unit_id),
        "events": events_about(
            [f"manufacturer:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
    }
    return render(request, "staff/manufacturer.html", context)


@require_http_methods(["GET", "POST"])
def manufacturer_new(request: HttpRequest) -> HttpResponse:
    """Authorise a maker."""
    user = require_permission(request, _AUTHORISE)
    free = makers().exclude(maker_authorisations__state__in=["active", "suspended"])
    form = NewAuthorisationForm(request.POST or None, units=list(free))
    n = free.count()
    page = FormPage(
        title=_("授权制造企业"),
        sentence=ngettext("有 %(n)s 家制造企业可以授权。", "有 %(n)s 家制造企业可以授权。", n) % {"n": n},
        text=_(
            "授权后，企业在型号、有效期和号段内检定的表，出厂检定即为首次检定；每批由本局抽样验收。没有列出的企业先在“单位”中新建。"
        ),
        submit=_("授权"),
        back=reverse("staff:manufacturers"),
        crumbs=_crumbs(),
    )

    def work() -> Authorisation:
        return authorise(actor=user, unit_id=form.cleaned_data["unit"], terms=form.terms())

    return form_page(request, page, form, work, lambda made: (_("已授权 %s。") % made.unit, _url(made)))


@require_http_methods(["GET", "POST"])
def manufacturer_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change scope, ranges or validity."""
    user = require_permission(request, _AUTHORISE)
    found = authorisation_for(user, public_id)
    initial = {
        "revision": found.revision,
        "number": found.number,
        "types": "\n".join(map(str, types_of(found))),
        "marks": "\n".join(map(str, marks_of(found))),
        "valid_from": found.valid_from,
        "valid_until": found.valid_until,
    }
    form = ChangedAuthorisationForm(request.POST or None, initial=initial)
    page = FormPage(
        title=_("变更授权"),
        sentence=_("增加型号或号段、延续有效期。已经用过的标记所在的号段不能去掉。"),
        submit=_("保存"),
        back=_url(found),
        crumbs=_crumbs(found),
    )

    def work() -> Authorisation:
        revision = form.cleaned_data["revision"]
        return change_authorisation(actor=user, public_id=public_id, revision=revision, terms=form.terms())

    return form_page(request, page, form, work, lambda made: (_("授权已保存。"), _url(made)))


@require_http_methods(["GET", "POST"])
def manufacturer_suspend(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what suspending does, ask why, do it."""
    user = require_permission(request, _AUTHORISE)
    found = authorisation_for(user, public_id)
    form = ReasonForm(request.POST or None)
    page = FormPage(
        title=_("暂停授权"),
        sentence=_("将暂停%(unit)s的授权 %(number)s。") % {"unit": found.unit, "number": found.number},
        text=_("暂停期间不收它的出厂数据；公开名单标明暂停。已经接收的批不变。"),
        submit=_("暂停"),
        back=_url(found),
        crumbs=_crumbs(found),
        is_dangerous=True,
    )

    def work() -> Suspension:
        return suspend(actor=user, public_id=public_id, reason=form.cleaned_data["reason"])

    return form_page(request, page, form, work, lambda _made: (_("授权已暂停。"), _url(found)))


@require_http_methods(["GET", "POST"])
def manufacturer_lift(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say why the suspension is lifted, lift it."""
    user = require_permission(request, _AUTHORISE)
    found = authorisation_for(user, public_id)
    form = ReasonForm(request.POST or None)
    page = FormPage(
        title=_("解除暂停"),
        sentence=_("将解除%(unit)s授权 %(number)s 的暂停。") % {"unit": found.unit, "number": found.number},
        text=_("请写明企业作了什么改进、如何核实。理由记入日志。"),
        submit=_("解除暂停"),
        back=_url(found),
        crumbs=_crumbs(found),
    )

    def work() -> Authorisation:
        return lift(actor=user, public_id=public_id, reason=form.cleaned_data["reason"])

    return form_page(request, page, form, work, lambda _made: (_("暂停已解除。"), _url(found)))


@require_http_methods(["GET", "POST"])
def manufacturer_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what withdrawing does, ask why, do it."""
    user = require_permission(request, _AUTHORISE)
    found = authorisation_for(user, public_id)
    form = WithdrawalForm(request.POST or None, initial={"revision": found.revision})
    page = FormPage(
        title=_("撤销授权"),
        sentence=_("将撤销%(unit)s的授权 %(number)s。") % {"unit": found.unit, "number": found.number},
        text=_("撤销后不能恢复，要再授权须另发证书。号段仍归该企业，不能给别的企业；已经接收的批不变。"),
        submit=_("撤销授权"),
        back=_url(found),
        crumbs=_crumbs(found),
        is_dangerous=True,
    )

    def work() -> Authorisation:
        return withdraw(actor=user, public_id=public_id, **form.cleaned_data)

    return form_page(request, page, form, work, lambda _made: (_("授权已撤销。"), _url(found)))


def _url(row: Authorisation) -> str:
    return reverse("staff:manufacturer", args=[row.public_id])


def _crumbs(row: Authorisation | None = None) -> tuple[Any, ...]:
    first = (_("制造企业"), reverse("staff:manufacturers"))
    return (first,) if row is None else (first, (row.unit.name, _url(row)))
