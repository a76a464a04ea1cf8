"""Jobs of the worker."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from quanheng.base import clock
from quanheng.base.locks import lock_for_process, lock_for_transaction
from quanheng.core.models import User
from quanheng.taskboard.day import STEPS, lock_file, run_day
from quanheng.taskboard.enums import DayState
from quanheng.taskboard.errors import DayRunning
from quanheng.taskboard.models import DayRun

RETRY_AFTER = timedelta(minutes=1)


def ask_for_day(*, actor: User | None) -> DayRun:
    """Queue a county day for the worker.  DayRunning if one is queued or running already."""
    # The day and its job in one transaction, within the lock: a day that waits without its job, or that
    # a runner does not see yet, would block the button.
    with lock_for_process(lock_file()) as is_free, transaction.atomic():
        lock_for_transaction("taskboard.day")
        if not is_free or DayRun.objects.filter(state=DayState.WAITING).exists():
            raise DayRunning()
        day = DayRun.objects.create(asked_by=actor, started_at=clock.now(), steps_total=len(STEPS))
        run_asked_day.enqueue(str(day.public_id))
        return day


@task()
def run_asked_day(public_id: str) -> None:
    """Run the day that somebody asked for by the button, unless another run took it along."""
    if not DayRun.objects.filter(public_id=public_id, state=DayState.WAITING).exists():
        return
    try:
        run_day()
    except DayRunning:  # perhaps only a second click, which holds the lock for a moment
        run_asked_day.using(run_after=clock.now() + RETRY_AFTER).enqueue(public_id)


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
