"""Linking indicators to tasks, and keeping what they were on a day."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.core.services import acted_by
from quanheng.taskboard.errors import BadTarget, IndicatorNotPerTask, TaskNotFound
from quanheng.taskboard.indicators import REGISTRY, find
from quanheng.taskboard.models import IndicatorValue, Plan, Task, TaskIndicator
from quanheng.taskboard.selectors import plan_records
from quanheng.transparency.services import enqueue_leaf


@transaction.atomic
def measure_task_by(
    *, actor: User | None, task_id: UUID, revision: int, targets: Mapping[str, Decimal | None]
) -> Task:
    """Measure a task by exactly these indicators, each with its target or None.

    Raises
    ------
    TaskNotFound, UnknownIndicator, IndicatorNotPerTask, BadTarget, StaleRevision
        No such task; a name that the registry does not have, or of the whole plan; somebody saved
        the task meanwhile.
    """
    task = Task.objects.select_for_update().filter(public_id=task_id, retired_in=None).first()
    if task is None:
        raise TaskNotFound(public_id=str(task_id))
    if task.revision != revision:
        raise StaleRevision(yours=revision, present=task.revision)
    for name, target in targets.items():
        if target is not None and target <= 0:
            raise BadTarget(name=name)
        if not find(name).measures_tasks:
            raise IndicatorNotPerTask(name=name)
    task.indicators.all().delete()
    TaskIndicator.objects.bulk_create(
        TaskIndicator(task=task, name=name, target=target) for name, target in sorted(targets.items())
    )
    task.revision += 1
    task.save(update_fields=["revision"])
    enqueue_leaf(
        kind="task:indicators_set",
        subject=f"task:{task.public_id}",
        data={name: None if target is None else str(target) for name, target in targets.items()},
        personal=acted_by(actor),
    )
    return task


@transaction.atomic
def keep_values(*, plan: Plan) -> dict[str, Decimal]:
    """Compute every plan indicator for today and keep the values; the last of a day stands."""
    records = plan_records(plan)
    values = {item.name: item.value(records) for item in REGISTRY.values() if not item.per_task}
    for name, value in values.items():
        IndicatorValue.objects.update_or_create(
            plan=plan, name=name, on=records.on, defaults={"value": value}
        )
    return values
