"""The registry of indicators: named queries over records, each with formula, source and command.

A figure of a page, an export or a bulletin is one of these; nobody types a percentage.
To add one: write a function of the records, decorate it, and it is listed everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from quanheng.taskboard.errors import UnknownIndicator
from quanheng.taskboard.records import PlanRecords, TaskRecord

# House rule, not law: evidence older than this no longer shows that a task is being worked on.
FRESH_DAYS = 90


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


def _plan_indicator(
    name: str, *, label: str, unit: str, formula: str, source: str
) -> Callable[[Callable[[PlanRecords], Decimal]], Callable[[PlanRecords], Decimal]]:
    def register(function: Callable[[PlanRecords], Decimal]) -> Callable[[PlanRecords], Decimal]:
        def compute(records: PlanRecords, _task: TaskRecord | None) -> Decimal:
            return function(records)

        REGISTRY[name] = Indicator(name, label, unit, formula, source, compute, per_task=False)
        return function

    return register


def _task_indicator(
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


def fresh_units(records: PlanRecords, task: TaskRecord) -> frozenset[str]:
    """Return the units that filed evidence of the last ``FRESH_DAYS`` days for a task."""
    since = records.on - timedelta(days=FRESH_DAYS)
    return frozenset(
        item.unit for item in records.evidence_for(task) if since < item.happened_on <= records.on
    )


def _percent(part: int, whole: int) -> Decimal:
    return Decimal(0) if whole == 0 else (Decimal(100) * part / whole).quantize(Decimal("0.1"))


@_plan_indicator(
    "plan.tasks",
    label="任务总数",
    unit="项",
    formula="现行版本中带责任单位的任务个数",
    source="规划文件现行版本",
)
def plan_tasks(records: PlanRecords) -> Decimal:
    return Decimal(len(records.tasks))


@_plan_indicator(
    "plan.tasks_moving",
    label="推进中的任务",
    unit="项",
    formula=f"近 {FRESH_DAYS} 天内至少有 1 个单位提交佐证材料的任务个数",
    source="佐证材料",
)
def plan_tasks_moving(records: PlanRecords) -> Decimal:
    return Decimal(sum(bool(fresh_units(records, task)) for task in records.tasks))


@_plan_indicator(
    "plan.tasks_moving_percent",
    label="推进面",
    unit="%",
    formula="推进中的任务 ÷ 任务总数 × 100",
    source="佐证材料、规划文件现行版本",
)
def plan_tasks_moving_percent(records: PlanRecords) -> Decimal:
    return _percent(int(plan_tasks_moving(records)), len(records.tasks))


@_plan_indicator(
    "plan.tasks_without_indicator",
    label="尚无指标的任务",
    unit="项",
    formula="没有挂接任何指标的任务个数",
    source="任务与指标的挂接",
)
def plan_tasks_without_indicator(records: PlanRecords) -> Decimal:
    return Decimal(sum(not task.targets for task in records.tasks))


@_plan_indicator(
    "plan.units_obliged",
    label="承担任务的单位",
    unit="个",
    formula="至少牵头或负责 1 项任务的单位个数，统称按其成员计",
    source="规划文件现行版本、单位名录",
)
def plan_units_obliged(records: PlanRecords) -> Decimal:
    return Decimal(len({unit for task in records.tasks for unit in task.obliged}))


@_plan_indicator(
    "plan.units_filing",
    label="近期提交佐证的单位",
    unit="个",
    formula=f"近 {FRESH_DAYS} 天内至少提交过 1 份佐证材料的单位个数",
    source="佐证材料",
)
def plan_units_filing(records: PlanRecords) -> Decimal:
    return Decimal(len({unit for task in records.tasks for unit in fresh_units(records, task)}))


@_plan_indicator(
    "plan.evidence", label="佐证材料", unit="份", formula="未撤回的佐证材料份数", source="佐证材料"
)
def plan_evidence(records: PlanRecords) -> Decimal:
    return Decimal(len(records.evidence))


@_plan_indicator(
    "plan.findings",
    label="正文与清单不一致",
    unit="处",
    formula="规划编译器报告的问题条数",
    source="规划文件现行版本",
)
def plan_findings(records: PlanRecords) -> Decimal:
    return Decimal(len(records.findings))


@_task_indicator(
    "task.units_filing",
    label="近期提交佐证的单位",
    unit="个",
    formula=f"近 {FRESH_DAYS} 天内为本任务提交过佐证材料的单位个数",
    source="佐证材料",
)
def task_units_filing(records: PlanRecords, task: TaskRecord) -> Decimal:
    return Decimal(len(fresh_units(records, task)))


@_task_indicator(
    "task.units_filing_percent",
    label="单位落实面",
    unit="%",
    formula=f"近 {FRESH_DAYS} 天内提交过佐证材料的承担单位 ÷ 承担单位总数 × 100",
    source="佐证材料、单位名录",
)
def task_units_filing_percent(records: PlanRecords, task: TaskRecord) -> Decimal:
    return _percent(len(fresh_units(records, task) & set(task.obliged)), len(task.obliged))


@_task_indicator(
    "task.evidence", label="佐证材料", unit="份", formula="本任务未撤回的佐证材料份数", source="佐证材料"
)
def task_evidence(records: PlanRecords, task: TaskRecord) -> Decimal:
    return Decimal(len(records.evidence_for(task)))
