"""约检计划: the peaks of the coming weeks, a plan that smooths them, and the appointments made from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quanheng.base.errors import BureauError
from quanheng.core.models import User
from quanheng.instruments.due import appointments_visible, due_rows, monday
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.errors import AppointmentNotFound, BadAppointment
from quanheng.instruments.models import Appointment
from quanheng.instruments.services.appointments import Asked as AskedVisit
from quanheng.instruments.services.appointments import cancel_appointment, make_appointments
from quanheng.instruments.waves import Ask, WavePlan, wave_plan
from quanheng.regulations.packaged import working_calendar
from quanheng.web.auth import holds, require_whole
from quanheng.web.lists import Filter, Option, link, page_of, query_of
from quanheng.web.staff.common import attempt, form_status
from quanheng.web.staff.due import Asked, asked, calendar_warning, views_line
from quanheng.web.staff.due_forms import WaveForm
from quanheng.web.staff.forms import ReasonForm

_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
def due_waves(request: HttpRequest) -> HttpResponse:
    """Show the plan for what is asked; POST: ask the chosen to come."""
    found = asked(request)
    if request.method == "POST":
        require_whole(request, "instruments.plan_due")
    form = WaveForm(request.GET, found)
    chosen = form.cleaned_data if form.is_valid() else {}
    plan = wave_plan(
        due_rows(found.user, found.query, found.on),
        found.on,
        calendar=working_calendar(),
        weeks=chosen.get("weeks"),
        capacity=chosen.get("capacity"),
    )
    if request.method == "POST":
        return _accept(request, found.user, plan)
    may_plan = holds(request, "instruments.plan_due")
    appointments = list(appointments_visible(found.user).filter(week_on__gte=monday(found.on))[:_SHOWN])
    context = {
        "lines": [views_line(request, "due_waves")],
        "form": form,
        "plan": plan,
        "default_weeks": due_choices().plan_weeks,
        "gather_days": due_choices().gather_days,
        "whole_visit": due_choices().whole_visit,
        "due": sum(week.due for week in plan.weeks) + plan.behind,
        "weeks_line": [_weeks_line(request, plan)],
        "page": page_of(request, _shown(request, plan)),
        "query": query_of(request),
        "chosen_week": _chosen_week(request, plan),
        "can_plan": may_plan and bool(plan.asks),
        "may_plan": may_plan,
        "chart": _chart(plan) if plan.asks or plan.behind else None,
        "appointments": [(one, _notices_url(one, found.on)) for one in appointments],
        "warning": "" if all(week.is_certain for week in plan.weeks) else calendar_warning(plan.weeks[-1].on),
        "command": _command(found, plan, len(plan.weeks)) if found.scope.is_all else "",
    }
    return render(request, "staff/due_waves.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def due_appointment_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take an appointment back, with the reason."""
    user = require_whole(request, "instruments.plan_due")
    appointment = appointments_visible(user).filter(public_id=public_id).first()
    if appointment is None:
        raise AppointmentNotFound(public_id=str(public_id))
    form = ReasonForm(request.POST or None)
    refusal: BureauError | None = None
    if request.method == "POST" and form.is_valid():
        done, refusal = attempt(
            lambda: cancel_appointment(actor=user, public_id=public_id, reason=form.cleaned_data["reason"])
        )
        if done:
            messages.success(request, _("已取消约检。"))
            return redirect(reverse("staff:due_waves"))
    context = {"appointment": appointment, "form": form, "refusal": refusal.text if refusal else ""}
    status = form_status(request, refusal)
    return render(request, "staff/due_appointment_cancel.html", context, status=status)


@require_safe
def due_appointment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show whom an appointment asks, and the instruments to bring."""
    found = asked(request)
    appointment = appointments_visible(found.user).filter(public_id=public_id).first()
    if appointment is None:
        raise AppointmentNotFound(public_id=str(public_id))
    instruments = appointment.instruments.select_related("standing").order_by("standing__due_on", "pk")
    context = {
        "appointment": appointment,
        "notices_url": _notices_url(appointment, found.on),
        "instruments": instruments,
        "can_plan": holds(request, "instruments.plan_due"),
        "today": found.on,
    }
    return render(request, "staff/due_appointment.html", context)


def _accept(request: HttpRequest, user: User, plan: WavePlan) -> HttpResponse:
    """Ask those whose tokens were sent, or all of the chosen week; the plan must still say so."""
    back = redirect(f"{reverse('staff:due_waves')}?{query_of(request)}")
    if "all" in request.POST:
        wanted = {ask.token for ask in _shown(request, plan)}
    else:
        wanted = set(request.POST.getlist("ask"))
    asks = [ask for ask in plan.asks if ask.token in wanted]
    if len(asks) != len(wanted):
        refused = BadAppointment(reason=_("计划已有变化，请核对新的计划后再约。"))
        messages.error(request, refused.text)
        return back
    visits = [_visit(ask) for ask in asks if ask.week_on]
    made, refusal = attempt(lambda: make_appointments(actor=user, asked=visits))
    if refusal:
        messages.error(request, refusal.text)
    elif made:
        count = sum(len(ask.instruments) for ask in asks)
        text = _("已约 %(n)s 家、%(count)s 台。通知书在下面“已约的”里打印，写明约检周。")
        messages.success(request, text % {"n": len(made), "count": count})
    return back


def _notices_url(appointment: Appointment, on: date) -> str:
    """Return the notices for the place or owner of an appointment, as far ahead as its due dates reach."""
    asked_for: dict[str, object] = {"until": max(on, getattr(appointment, "last_due_on", None) or on)}
    if appointment.place_id is not None:
        asked_for |= {"place": appointment.place_id, "by": "place"}
    else:
        asked_for["owner"] = appointment.owner_id
    return f"{reverse('staff:notices')}?{urlencode(asked_for)}"


def _visit(ask: Ask) -> AskedVisit:
    what, key = ask.who
    assert ask.week_on is not None  # noqa: S101  the caller chose those with a week
    return AskedVisit(
        week_on=ask.week_on,
        instrument_ids=ask.instruments,
        place_id=key if what == "place" else None,
        owner_id=key if what == "owner" else None,
    )


def _chosen_week(request: HttpRequest, plan: WavePlan) -> str:
    """Return the week whose visits are listed: the asked one, else the first with any, else all ("")."""
    asked_for = request.GET.get("week")
    if asked_for is not None:
        return asked_for if asked_for != "all" else ""
    return next((ask.week_on.isoformat() for ask in plan.asks if ask.week_on), "")


def _shown(request: HttpRequest, plan: WavePlan) -> Sequence[Ask]:
    week = _chosen_week(request, plan)
    return [ask for ask in plan.asks if not week or (ask.week_on and ask.week_on.isoformat() == week)]


def _weeks_line(request: HttpRequest, plan: WavePlan) -> Filter:
    counts = Counter(ask.week_on for ask in plan.asks)
    chosen = _chosen_week(request, plan)
    choices = [("", _("全部"), len(plan.asks))]
    choices += [(w.on.isoformat(), f"{w.on:%m-%d}", counts[w.on]) for w in plan.weeks if counts[w.on]]
    return Filter(
        _("周（星期一）"),
        [
            Option(label, link(request, week=value or "all"), value == chosen, count)
            for value, label, count in choices
        ],
    )


def _chart(plan: WavePlan) -> dict[str, Any]:
    labels = [f"{week.on:%m-%d}" for week in plan.weeks]
    peak = plan.peak
    title = _("约检后每周最多 %(load)s 台") % {"load": plan.top_load}
    if peak and peak.due > plan.top_load:
        title = _("%(week)s 一周到期 %(due)s 台，约检后每周最多 %(load)s 台") % {
            "week": f"{peak.on:%m-%d}",
            "due": peak.due,
            "load": plan.top_load,
        }
    return {
        "id": "due-waves",
        "title": title,
        "spec": {
            "kind": "bar",
            "categories": labels,
            "unit": _("台"),
            "series": [
                {"name": _("按到期日"), "tone": "off", "values": [week.due for week in plan.weeks]},
                {"name": _("约检后"), "tone": "ink", "values": [week.load for week in plan.weeks]},
            ],
            "limits": [{"label": _("每周能检 %(n)s 台") % {"n": plan.capacity}, "value": plan.capacity}],
        },
        "columns": [_("周（星期一）"), _("按到期日"), _("约检后"), _("能检"), _("工作日")],
        "rows": [[f"{w.on:%Y-%m-%d}", w.due, w.load, w.capacity, w.workdays] for w in plan.weeks],
    }


def _command(found: Asked, plan: WavePlan, weeks: int) -> str:
    return found.command("waves", "--capacity", str(plan.capacity), "--weeks", str(weeks))
