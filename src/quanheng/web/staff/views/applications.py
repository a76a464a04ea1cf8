"""Applications for verification: by an owner, or at the door for a whole market; answered by the institute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.core.models import User
from quanheng.core.permissions import Scope, scope_of
from quanheng.instruments.due import counts_by_place
from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import (
    LIVE,
    places_named,
    places_visible,
    standings_visible,
)
from quanheng.parties.selectors import parties_named, parties_visible
from quanheng.verification.enums import ApplicationState, VerificationState, WorkKind, WorkPlace
from quanheng.verification.models import Application
from quanheng.verification.selectors import (
    application_for,
    applications_for,
    institutes_to_ask,
    items_for,
)
from quanheng.verification.services.applications import (
    accept_application,
    cancel_application,
    return_application,
    submit_application,
)
from quanheng.web.auth import holds, require_permission, require_scope
from quanheng.web.lists import page_of, query_of, whole, words
from quanheng.web.staff.application_candidates import (
    MOST_SHOWN,
    Candidate,
    Group,
    applicants_of,
    candidates_of,
    group_asked,
)
from quanheng.web.staff.application_forms import ApplicationForm
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.documents import by_spot
from quanheng.web.staff.history import events_about
from quanheng.web.staff.verification_words import (
    APPLICATION_KIND,
    light,
    state_of,
    table_response,
    views_line,
)

_VIEW, _APPLY, _ACCEPT = "verification.view", "verification.apply", "verification.accept"
_OFFERED = 30


@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """The applications that concern this person, the newest first."""
    user = require_permission(request, _VIEW)
    rows = _narrowed(request, user)
    counts = Counter(applications_for(user).order_by().values_list("state", flat=True))
    today = clock.today()
    page = page_of(request, rows)
    options = [(state.value, str(state.label), counts[state.value]) for state in ApplicationState]
    context = {
        "page": page,
        "query": query_of(request),
        "lines": [(one, *_state(one), _light(one, today)) for one in page],
        "total": sum(counts.values()),
        "waiting": counts[ApplicationState.SUBMITTED],
        "views": [views_line(request, "applications")],
        "filters": [words(request, "state", _("状态"), options)],
        "can_apply": holds(request, _APPLY),
        "exports": [
            {"label": _("导出 Excel"), "url": f"{reverse('staff:applications_xlsx')}?{query_of(request)}"}
        ],
    }
    return render(request, "staff/applications.html", context)


@require_safe
def applications_xlsx(request: HttpRequest) -> HttpResponse:
    """Send what the list shows as a workbook."""
    user = require_permission(request, _VIEW)
    columns = [
        _("申请日期"),
        _("申请单位"),
        _("检定机构"),
        _("场所"),
        _("台数"),
        _("状态"),
        _("受理期限"),
        _("办结期限"),
        _("理由"),
    ]
    rows = (
        (
            localdate(one.submitted_at),
            str(one.applicant),
            str(one.institute),
            str(one.place or ""),
            one.count,  # type: ignore[attr-defined]  # annotated by applications_for
            str(one.get_state_display()),
            one.answer_by,
            one.finish_by,
            one.decision_reason,
        )
        for one in _narrowed(request, user)
    )
    return table_response("检定申请.xlsx", _("检定申请"), columns, rows)


def _narrowed(request: HttpRequest, user: User) -> QuerySet[Application]:
    rows = applications_for(user).order_by("-submitted_at", "-pk")
    state = request.GET.get("state", "")
    return rows.filter(state=state) if state in ApplicationState.values else rows


def _state(one: Application) -> tuple[str, str]:
    return str(one.get_state_display()), APPLICATION_KIND[ApplicationState(one.state)]


def _light(one: Application, today: date) -> Any:
    """Return the light of the deadline that runs now; None where none does."""
    if one.state == ApplicationState.SUBMITTED:
        return light(one.answer_by, today)
    return light(one.finish_by, today) if one.state == ApplicationState.ACCEPTED else None


@require_http_methods(["GET", "POST"])
def application_new(request: HttpRequest) -> HttpResponse:
    """Choose whose instruments, then which of them; one submit for all."""
    user, scope = require_scope(request, _APPLY)
    group = group_asked(request, user)
    if group is None:
        return _choose(request, user)
    candidates = candidates_of(group)
    form = _form(request, scope, group, candidates)
    refusal: BureauError | None = None
    if form.is_valid():
        given = form.cleaned_data
        made, refusal = attempt(
            lambda: submit_application(
                actor=user,
                institute=given["institute"],
                applicant=given["applicant"],
                kind=WorkKind(given["kind"]),
                work_place=WorkPlace(given["work_place"]),
                place=group.place.pk if group.place else None,
                wished_on=given["wished_on"],
                note=given["note"],
                instruments=given["instruments"],
            )
        )
        if made is not None:
            done = _("已提交申请，%(n)s 台。") % {"n": len(given["instruments"])}
            messages.success(request, done)
            return redirect("staff:application", public_id=made.public_id)
    context = {
        "form": form,
        "refusal": refusal,
        "group": group,
        "candidates": candidates,
        "picked": _picked(request, candidates),
        "due": sum(one.is_due for one in candidates),
        "free": sum(not one.reason for one in candidates),
        "most": MOST_SHOWN,
        "is_cut": len(candidates) == MOST_SHOWN,
    }
    return render(request, "staff/application_new.html", context, status=form_status(request, refusal))


def _form(
    request: HttpRequest, scope: Scope, group: Group, candidates: Sequence[Candidate]
) -> ApplicationForm:
    institutes = list(institutes_to_ask())
    mine = next((one.pk for one in institutes if not scope.is_all and scope.covers(one.pk)), None)
    named = Counter(one.instrument.institute_id for one in candidates if one.instrument.institute_id)
    usual = named.most_common(1)[0][0] if named else None
    initial = {
        "institute": mine or usual or (institutes[0].pk if institutes else None),
        "kind": WorkKind.PERIODIC,
        "work_place": WorkPlace.ON_SITE if group.place else WorkPlace.LAB,
    }
    data = request.POST if request.method == "POST" else None
    applicants = applicants_of(group, candidates)
    form = ApplicationForm(data, institutes=institutes, applicants=applicants, initial=initial)
    if data is not None:
        form.data = _with_boxes(request)
    return form


def _with_boxes(request: HttpRequest) -> Any:
    data = request.POST.copy()
    data.setlist("instruments", request.POST.getlist("instrument"))
    return data


def _picked(request: HttpRequest, candidates: Sequence[Candidate]) -> set[str]:
    if request.method == "POST":
        return set(request.POST.getlist("instrument"))
    return {str(one.instrument.public_id) for one in candidates if one.is_due and not one.reason}


def _choose(request: HttpRequest, user: User) -> HttpResponse:
    """Ask whose instruments: by a name, or one of the places where most are overdue."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    places, parties = places_visible(user), parties_visible(user)
    if text:
        found = [*places.filter(pk__in=places_named(text).values("pk"))[:_OFFERED]]
        owners = [*parties.filter(pk__in=parties_named(text).values("pk"))[:_OFFERED]]
    else:
        found, owners = list(places), []
    counts = counts_by_place(
        standings_visible(user).filter(LIVE, place__in=[one.pk for one in found]), clock.today()
    )
    lines = [(one, counts[one.pk]) for one in found if one.pk in counts]
    lines.sort(key=lambda line: (-line[1].overdue, -line[1].total))
    context = {"text": text, "places": lines[:_OFFERED], "owners": owners}
    return render(request, "staff/application_choose.html", context)


@require_safe
def application(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One application: what was asked, how far each instrument has come, what is to be done next."""
    user = require_permission(request, _VIEW)
    return render(
        request, "staff/application.html", _context(request, user, application_for(user, public_id))
    )


@require_safe
def application_xlsx(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send the instruments of an application as a workbook."""
    user = require_permission(request, _VIEW)
    found = application_for(user, public_id)
    columns = [_("器具"), _("出厂编号"), _("型号"), _("位置"), _("使用单位"), _("标签编号"), _("状态")]
    rows = [
        (one.name, one.serial_no, one.model, one.spot, str(one.owner or ""), one.label_code, word)
        for one, _verification, word, _css in _items(user, found)
    ]
    return table_response("检定申请器具.xlsx", str(found), columns, rows)


def _context(request: HttpRequest, user: User, found: Application) -> dict[str, Any]:
    may_accept = scope_of(user, _ACCEPT).covers(found.institute_id)
    scope = scope_of(user, _APPLY)
    applicant = found.applicant
    is_theirs = bool({applicant.unit_id, applicant.town_id} & scope.unit_ids)
    orders = list(found.work_orders.order_by("planned_on", "pk"))
    is_open = found.state in {ApplicationState.SUBMITTED, ApplicationState.ACCEPTED}
    items = _items(user, found)
    word, css = _state(found)
    return {
        "application": found,
        "word": word,
        "css": css,
        "light": _light(found, clock.today()),
        "items": items,
        "unplanned": sum(verification is None for _i, verification, _w, _c in items),
        "orders": orders,
        "may_accept": may_accept,
        "may_cancel": is_open
        and not any(verification for _i, verification, _w, _c in items)
        and (scope.is_all or is_theirs or found.submitted_by_id == user.pk),
        "events": events_about(
            [f"application:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
    }


def _items(user: User, found: Application) -> list[tuple[Instrument, Any, str, str]]:
    """Return the instruments as people walk, each with its verification (or None) and its state in a word."""
    verifications = {}
    for order in found.work_orders.prefetch_related("verifications"):
        for one in order.verifications.all():
            if one.state != VerificationState.CANCELLED:
                verifications[one.instrument_id] = one
    made = []
    for item in sorted((row.instrument for row in items_for(user, found)), key=by_spot):
        verification = verifications.get(item.pk)
        word, css = state_of(verification) if verification else (_("未安排"), "off")
        made.append((item, verification, word, css))
    return made


@require_POST
def application_accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Accept; the deadline to finish runs from now."""
    return _answer(request, public_id, _ACCEPT, accept_application, done=_("已受理。"))


@require_POST
def application_return(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Return the whole application, with the reason."""
    reason = request.POST.get("reason", "")
    return _answer(
        request, public_id, _ACCEPT, return_application, done=_("已退回，理由已告知申请人。"), reason=reason
    )


@require_POST
def application_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take the application back."""
    reason = request.POST.get("reason", "")
    return _answer(request, public_id, _APPLY, cancel_application, done=_("申请已撤回。"), reason=reason)


def _answer(
    request: HttpRequest,
    public_id: UUID,
    permission: str,
    service: Callable[..., object],
    *,
    done: str,
    **given: str,
) -> HttpResponse:
    user = require_permission(request, permission)
    application_for(user, public_id)
    seen = whole(request.POST.get("revision")) or 0
    _made, refusal = attempt(lambda: service(actor=user, public_id=public_id, revision=seen, **given))
    if refusal:
        messages.error(request, refusal.text)
    else:
        messages.success(request, done)
    return redirect("staff:application", public_id=public_id)
