"""The registry of indicators: named queries over records, each with formula, source and command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from quanheng.taskboard.errors import UnknownIndicator
from quanheng.taskboard.records import PlanRecords, TaskRecord


@dataclass(frozen=True)
class Indicator:
    """A named query and all that is needed to doubt it."""

    name: str
    label: str
    unit: str
    formula: str
    source: str
    compute: Callable[[PlanRecords, TaskRecord | None], Decimal]
    per_task: bool

    def value(self, records: PlanRecords, task: TaskRecord | None = None) -> Decimal:
        """Return the value over the plan, or over one task where the indicator is per task.

        Raises
        ------
        ValueError
            If a task is missing for a per-task indicator, or given for another.
        """
        if self.per_task == (task is None):
            raise ValueError(f"{self.name}: per_task={self.per_task}, task={task}")
        return self.compute(records, task)

    def command(self, task: TaskRecord | None = None, *, data: str = "") -> str:
        """Return the command that recomputes the value, from the database or from open data."""
        parts = [f"quanheng indicator show {self.name}"]
        parts += [f"--task '{task.label}'"] if task else []
        parts += [f"--data {data}"] if data else []
        return " ".join(parts)


REGISTRY: dict[str, Indicator] = {}


def find(name: str) -> Indicator:
    """Return the indicator ``name``.  UnknownIndicator if there is none."""
    if name not in REGISTRY:
        raise UnknownIndicator(name=name)
    return REGISTRY[name]


def plan_indicator(
    name: str, *, label: str, unit: str, formula: str, source: str
) -> Callable[[Callable[[PlanRecords], Decimal]], Callable[[PlanRecords], Decimal]]:
    """Register a function of the whole plan."""

    def register(function: Callable[[PlanRecords], Decimal]) -> Callable[[PlanRecords], Decimal]:
        def compute(records: PlanRecords, _task: TaskRecord | None) -> Decimal:
            return function(records)

        REGISTRY[name] = Indicator(name, label, unit, formula, source, compute, per_task=False)
        return function

    return register


def task_indicator(
    name: str, *, label: str, unit: str, formula: str, source: str
) -> Callable[[Callable[[PlanRecords, TaskRecord], Decimal]], Callable[[PlanRecords, TaskRecord], Decimal]]:
    def register(
        function: Callable[[PlanRecords, TaskRecord], Decimal],
    ) -> Callable[[PlanRecords, TaskRecord], Decimal]:
        def compute(records: PlanRecords, task: TaskRecord | None) -> Decimal:
            assert task is not None  # noqa: S101  Indicator.value has checked it; this tells mypy
            return function(records, task)

        REGISTRY[name] = Indicator(name, label, unit, formula, source, compute, per_task=True)
        return function

    return register
