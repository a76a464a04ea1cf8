"""People and their qualifications: the list, one person, authorisations of the institute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base import clock
from quanheng.core.permissions import scope_of
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import page_of, query_of, words
from quanheng.web.staff.history import events_about
from quanheng.web.staff.laboratory import FormPage, file_response, form_page, light
from quanheng.web.staff.workforce_forms import (
    AuthorisationForm,
    ChangedMetrologistForm,
    LeaveForm,
    NewMetrologistForm,
    WithdrawForm,
)
from quanheng.workforce.enums import Grade
from quanheng.workforce.models import Authorisation, Metrologist, Qualification, Training
from quanheng.workforce.selectors import (
    authorisations_visible,
    endings,
    hours_by_year,
    institutes_of,
    last_of_each,
    metrologist_for,
    metrologists_visible,
    registrable_people,
)
from quanheng.workforce.services.authorisations import record_authorisation, withdraw_authorisation
from quanheng.workforce.services.people import change_metrologist, leave_institute, register_metrologist

_VIEW, _CHANGE = "workforce.view", "workforce.change"


@dataclass(frozen=True)
class PersonLine:
    """A row of the list: the first last valid day of what the person needs, and its light."""

    person: Metrologist
    count: int
    until: date
    word: str
    kind: str


@require_safe
def workforce(request: HttpRequest) -> HttpResponse:
    """Everybody who verifies, with what expires, and the authorisations under which they do."""
    user = require_permission(request, _VIEW)
    today = clock.today()
    lines = [_line(person, today) for person in metrologists_visible(user)]
    working = [line for line in lines if line.kind != "off"]
    late, soon = (sum(line.kind == kind for line in working) for kind in ("late", "unsure"))
    state = request.GET.get("state", "")
    shown = [line for line in lines if line.kind == state] if state in {"late", "unsure", "off"} else working
    authorisations = list(authorisations_visible(user))
    context = {
        "page": page_of(request, shown),
        "query": query_of(request),
        "working": len(working),
        "late": late,
        "soon": soon,
        "filters": [
            words(
                request,
                "state",
                _("状态"),
                [
                    ("late", _("已过期"), late),
                    ("unsure", _("临期"), soon),
                    ("off", _("已离岗"), len(lines) - len(working)),
                ],
            )
        ],
        "endings": [(ending, *light(ending.until, today)) for ending in endings(user, today)],
        "authorisations": [(row, *light(row.valid_until, today)) for row in authorisations],
        "can_change": holds(request, _CHANGE),
        "changeable": {unit.pk for unit in institutes_of(user)},
    }
    return render(request, "staff/workforce.html", context)


@require_safe
def metrologist(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One person: what they may verify until when, their training, and what was recorded."""
    user = require_permission(request, _VIEW)
    found = metrologist_for(user, public_id)
    today = clock.today()
    present = last_of_each(found.present)  # type: ignore[attr-defined]  # by metrologists_visible
    rows = found.qualifications.order_by("withdrawn_at", "regulation", "-valid_until")
    context = {
        "person": found,
        "line": _line(found, today),
        "usable": [row for row in present if row.valid_from <= today <= row.valid_until],
        "registration": light(found.registered_until, today),
        "qualifications": [(row, *light(row.valid_until, today)) for row in rows],
        "trainings": list(found.trainings.order_by("withdrawn_at", "-held_on")),
        "hours": hours_by_year(found),
        "has_left": found.left_on is not None and found.left_on <= today,
        "can_change": scope_of(user, _CHANGE).covers(found.unit_id) and found.left_on is None,
        "events": events_about(
            [f"metrologist:{found.public_id}"], with_names=holds(request, "transparency.view_openings")
        ),
    }
    return render(request, "staff/metrologist.html", context)


@require_http_methods(["GET", "POST"])
def metrologist_new(request: HttpRequest) -> HttpResponse:
    """Register a person."""
    user = require_permission(request, _CHANGE)
    units = list(institutes_of(user))
    people = list(registrable_people(units))
    form = NewMetrologistForm(request.POST or None, units=units, people=people)
    page = FormPage(
        title=_("登记检定人员"),
        sentence=ngettext("有 %(n)s 人可以登记。", "有 %(n)s 人可以登记。", len(people)) % {"n": len(people)},
        submit=_("登记"),
        back=reverse("staff:workforce"),
        crumbs=_crumbs(),
    )

    def work() -> Metrologist:
        given = form.cleaned_data
        return register_metrologist(
            actor=user, person=given["person"], unit_id=given["unit"], **_registration(given)
        )

    return form_page(request, page, form, work, lambda made: (_("已登记 %s。") % made.user, _url(made)))


@require_http_methods(["GET", "POST"])
def metrologist_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change what the registration of a person says."""
    user, found = _changeable(request, public_id)
    fields = ("revision", "grade", "registration_number", "registered_from", "registered_until")
    form = ChangedMetrologistForm(
        request.POST or None, initial={name: getattr(found, name) for name in fields}
    )
    page = FormPage(
        title=_("变更登记"),
        sentence=_("延续注册、换证或升级后，按新证填写。"),
        submit=_("保存"),
        back=_url(found),
        crumbs=_crumbs(found),
    )

    def work() -> Metrologist:
        given = form.cleaned_data
        common = {"actor": user, "public_id": public_id, "revision": given["revision"]}
        return change_metrologist(**common, **_registration(given))

    return form_page(request, page, form, work, lambda made: (_("登记已保存。"), _url(made)))


@require_http_methods(["GET", "POST"])
def metrologist_leave(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what leaving does, ask for the day, record it."""
    user, found = _changeable(request, public_id)
    form = LeaveForm(request.POST or None, initial={"revision": found.revision, "left_on": clock.today()})
    page = FormPage(
        title=_("登记离岗"),
        sentence=_("将登记 %(name)s 离开%(unit)s。") % {"name": found.user, "unit": found.unit},
        text=_("自该日起不能再派其检定、核验或签字；以前的记录不变。账户请系统管理员停用。"),
        submit=_("登记离岗"),
        back=_url(found),
        crumbs=_crumbs(found),
        is_dangerous=True,
    )

    def work() -> Metrologist:
        given = form.cleaned_data
        return leave_institute(
            actor=user, public_id=public_id, revision=given["revision"], left_on=given["left_on"]
        )

    return form_page(request, page, form, work, lambda made: (_("已登记离岗。"), _url(made)))


@require_http_methods(["GET", "POST"])
def authorisation_new(request: HttpRequest) -> HttpResponse:
    """Record an authorisation of an institute."""
    user = require_permission(request, _CHANGE)
    form = AuthorisationForm(request.POST or None, request.FILES or None, units=list(institutes_of(user)))
    page = FormPage(
        title=_("登记计量授权"),
        sentence=_("机构只能在授权的规程和有效期内检定；证书上印授权证书编号。"),
        submit=_("登记"),
        back=reverse("staff:workforce"),
        crumbs=_crumbs(),
    )

    def work() -> Authorisation:
        given = dict(form.cleaned_data)
        return record_authorisation(actor=user, unit_id=given.pop("unit"), **given)

    url = reverse("staff:workforce") + "#authorisations"
    return form_page(request, page, form, work, lambda _made: (_("计量授权已登记。"), url))


@require_http_methods(["GET", "POST"])
def authorisation_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say what withdrawing an authorisation does, ask why, do it."""
    user = require_permission(request, _CHANGE)
    found = authorisations_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    user = require_permission(request, _CHANGE, unit_id=found.unit_id)
    form = WithdrawForm(request.POST or None)
    given = {"unit": found.unit, "number": found.number}
    page = FormPage(
        title=_("撤销计量授权的登记"),
        sentence=_("将撤销%(unit)s的授权登记 %(number)s。") % given,
        text=_("撤销后它在任何日期都不再作为检定的依据；登记和理由保留，不能恢复。已出的证书不变。"),
        submit=_("撤销登记"),
        back=reverse("staff:workforce"),
        crumbs=_crumbs(),
        is_dangerous=True,
    )

    def work() -> Authorisation:
        return withdraw_authorisation(actor=user, public_id=public_id, reason=form.cleaned_data["reason"])

    url = reverse("staff:workforce") + "#authorisations"
    return form_page(request, page, form, work, lambda _made: (_("授权登记已撤销。"), url))


@require_safe
def workforce_file(request: HttpRequest, kind: str, record_id: int) -> HttpResponseBase:
    """Send the paper of an authorisation, a qualification or a course; always as a download."""
    user = require_permission(request, _VIEW)
    people = metrologists_visible(user).values("pk")
    rows: dict[str, Any] = {
        "authorisation": authorisations_visible(user),
        "qualification": Qualification.objects.filter(metrologist__in=people),
        "training": Training.objects.filter(metrologist__in=people),
    }
    found = rows[kind].filter(pk=record_id).first() if kind in rows else None
    if found is None:
        raise Http404
    return file_response(found.file_sha256, found.file_name)


def _line(person: Metrologist, on: date) -> PersonLine:
    present = last_of_each(person.present)  # type: ignore[attr-defined]  # by metrologists_visible
    until = min([person.registered_until, *(row.valid_until for row in present)])
    word, kind = light(until, on)
    if person.left_on is not None and person.left_on <= on:
        word, kind = _("已离岗"), "off"
    elif not present:
        word, kind = _("没有资质"), "late"
    usable = sum(row.valid_from <= on <= row.valid_until for row in present)
    return PersonLine(person, usable, until, word, kind)


def _changeable(request: HttpRequest, public_id: UUID) -> tuple[Any, Metrologist]:
    user = require_permission(request, _CHANGE)
    found = metrologist_for(user, public_id)
    return require_permission(request, _CHANGE, unit_id=found.unit_id), found


def _registration(given: dict[str, Any]) -> dict[str, Any]:
    names = ("registration_number", "registered_from", "registered_until")
    return {"grade": Grade(given["grade"]), **{name: given[name] for name in names}}


def _url(person: Metrologist) -> str:
    return reverse("staff:metrologist", args=[person.public_id])


def _crumbs(person: Metrologist | None = None) -> tuple[tuple[str, str], ...]:
    first = (_("人员与资质"), reverse("staff:workforce"))
    return (first,) if person is None else (first, (str(person.user), _url(person)))
