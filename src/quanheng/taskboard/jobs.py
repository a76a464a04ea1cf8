"""Jobs of the worker."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from quanheng.base import clock
from quanheng.taskboard.day import run_day
from quanheng.taskboard.errors import DayRunning
from quanheng.taskboard.models import DayRun


@task()
def run_asked_day(public_id: str) -> None:
    """Run the day that somebody asked for by the button."""
    run_day(DayRun.objects.get(public_id=public_id))


@task()
def run_nightly_day() -> None:
    """Run tonight's day, and queue tomorrow's first: a failure must not be the last night."""
    queue_nightly_day()
    with suppress(DayRunning):  # somebody pressed the button at that very hour: it is being done
        run_day()


def queue_nightly_day() -> None:
    """Make sure that exactly one nightly day waits in the queue."""
    waiting = DBTaskResult.objects.filter(
        task_path=run_nightly_day.module_path, status=TaskResultStatus.READY
    )
    if not waiting.exists():
        run_nightly_day.using(run_after=next_night(clock.now())).enqueue()


def next_night(now: datetime) -> datetime:
    """Return the next instant at which the nightly day is due."""
    local = timezone.localtime(now)
    due = datetime.combine(local.date(), time.fromisoformat(settings.NIGHTLY_AT), tzinfo=local.tzinfo)
    return due if due > local else due + timedelta(days=1)
