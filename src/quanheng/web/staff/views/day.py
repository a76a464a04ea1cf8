"""The county day: what each step found, the command behind it, and a button to run it now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quanheng.taskboard.enums import DayState
from quanheng.taskboard.errors import DayNotFound, DayRunning
from quanheng.taskboard.jobs import ask_for_day
from quanheng.taskboard.models import DayRun
from quanheng.web.auth import holds, require_permission
from quanheng.web.lists import page_of, query_of

UNDER_WAY = (DayState.WAITING, DayState.RUNNING)
STATE_KIND = {
    DayState.WAITING: "unsure",
    DayState.RUNNING: "going",
    DayState.DONE: "good",
    DayState.FAILED: "bad",
}
PROGRESS_STATE = {DayState.DONE: "done", DayState.FAILED: "failed"}


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """The last day step by step, and the days before."""
    require_permission(request, "taskboard.view_day")
    runs = DayRun.objects.select_related("asked_by")
    shown = _chosen(request) or runs.exclude(state__in=UNDER_WAY).first()
    under_way = runs.filter(state__in=UNDER_WAY).first()
    page = page_of(request, runs)
    context = {
        "shown": shown,
        "steps": _steps(shown) if shown else [],
        "kind": STATE_KIND[DayState(shown.state)] if shown else "",
        "failed": sum(not step["is_ok"] for step in _steps(shown)) if shown else 0,
        "progress": _progress(under_way) if under_way else None,
        "page": page,
        "runs": [(run, STATE_KIND[DayState(run.state)]) for run in page],
        "query": query_of(request),
        "can_run": holds(request, "taskboard.run_day") and under_way is None,
    }
    return render(request, "staff/day.html", context)


@require_POST
def day_run(request: HttpRequest) -> HttpResponse:
    """Queue a county day for the worker."""
    user = require_permission(request, "taskboard.run_day")
    try:
        ask_for_day(actor=user)
    except DayRunning as error:
        messages.error(request, error.text)
    return redirect("staff:day")


@require_safe
def day_status(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The progress of one day, as the page polls it."""
    require_permission(request, "taskboard.view_day")
    run = DayRun.objects.filter(public_id=public_id).first()
    if run is None:
        raise DayNotFound(public_id=str(public_id))
    return render(request, "components/progress.html", _progress(run))


def _chosen(request: HttpRequest) -> DayRun | None:
    asked = request.GET.get("run", "")
    if not asked:
        return None
    try:
        return DayRun.objects.select_related("asked_by").get(public_id=UUID(asked))
    except (ValueError, DayRun.DoesNotExist) as error:
        raise DayNotFound(public_id=asked) from error


def _steps(run: DayRun) -> list[dict[str, Any]]:
    return [step | {"is_ok": all(line["is_ok"] for line in step["lines"])} for step in run.steps]


def _progress(run: DayRun) -> dict[str, Any]:
    state = DayState(run.state)
    finished = state in PROGRESS_STATE
    return {
        "id": "day-progress",
        "label": _("县区日（排队中，等后台开始）") if state is DayState.WAITING else _("县区日"),
        "done": len(run.steps),
        "total": run.steps_total,
        "unit": _("步"),
        "state": PROGRESS_STATE.get(state, "running"),
        "poll_url": reverse("staff:day_status", args=[run.public_id]),
        "report_url": f"{reverse('staff:day')}?run={run.public_id}" if finished else "",
    }
