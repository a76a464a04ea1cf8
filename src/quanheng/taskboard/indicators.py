"""The indicators of the task board.

A figure of a page, an export or a bulletin is one of these; nobody types a percentage.  To add one:
write a function of the records, decorate it, and it is listed everywhere.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_noop as _

from quanheng.taskboard import meters_indicators, registry_indicators, work_indicators
from quanheng.taskboard.records import PlanRecords, TaskRecord, fresh_units
from quanheng.taskboard.registry import (
    REGISTRY,
    Indicator,
    Wording,
    find,
    percent,
    plan_indicator,
    task_indicator,
)
from quanheng.taskboard.status import Status, judge

__all__ = ["REGISTRY", "Indicator", "find"]


@plan_indicator(
    "plan.tasks",
    Wording(
        label=_("任务总数"),
        unit=_("项"),
        formula=_("现行版本中带责任单位的任务个数"),
        source=_("规划文件现行版本"),
    ),
)
def plan_tasks(records: PlanRecords) -> Decimal:
    return Decimal(len(records.tasks))


@plan_indicator(
    "plan.tasks_evidenced",
    Wording(
        label=_("近期有佐证的任务"),
        unit=_("项"),
        formula=_("近 {days} 天内至少有 1 个单位提交佐证材料的任务个数"),
        source=_("佐证材料"),
    ),
)
def plan_tasks_evidenced(records: PlanRecords) -> Decimal:
    return Decimal(sum(bool(fresh_units(records, task)) for task in records.tasks))


@plan_indicator(
    "plan.tasks_evidenced_percent",
    Wording(
        label=_("近期有佐证的任务占比"),
        unit=_("%"),
        formula=_("近期有佐证的任务 ÷ 任务总数 × 100"),
        source=_("佐证材料、规划文件现行版本"),
    ),
)
def plan_tasks_evidenced_percent(records: PlanRecords) -> Decimal:
    return percent(int(plan_tasks_evidenced(records)), len(records.tasks))


@plan_indicator(
    "plan.tasks_without_indicator",
    Wording(
        label=_("尚无指标的任务"),
        unit=_("项"),
        formula=_("没有挂接任何指标的任务个数"),
        source=_("任务与指标的挂接"),
    ),
)
def plan_tasks_without_indicator(records: PlanRecords) -> Decimal:
    return Decimal(sum(not task.targets for task in records.tasks))


@plan_indicator(
    "plan.units_obliged",
    Wording(
        label=_("承担任务的单位"),
        unit=_("个"),
        formula=_("至少牵头或负责 1 项任务的单位个数，统称按其成员计"),
        source=_("规划文件现行版本、单位名录"),
    ),
)
def plan_units_obliged(records: PlanRecords) -> Decimal:
    return Decimal(len({unit for task in records.tasks for unit in task.obliged}))


@plan_indicator(
    "plan.units_filing",
    Wording(
        label=_("近期提交佐证的单位"),
        unit=_("个"),
        formula=_("近 {days} 天内至少提交过 1 份佐证材料的单位个数"),
        source=_("佐证材料"),
    ),
)
def plan_units_filing(records: PlanRecords) -> Decimal:
    return Decimal(len({unit for task in records.tasks for unit in fresh_units(records, task)}))


@plan_indicator(
    "plan.evidence",
    Wording(label=_("佐证材料"), unit=_("份"), formula=_("未撤回的佐证材料份数"), source=_("佐证材料")),
)
def plan_evidence(records: PlanRecords) -> Decimal:
    return Decimal(len(records.evidence))


@plan_indicator(
    "plan.findings",
    Wording(
        label=_("正文与清单不一致"),
        unit=_("处"),
        formula=_("规划编译器报告的问题条数"),
        source=_("规划文件现行版本"),
    ),
    of_document=True,
)
def plan_findings(records: PlanRecords) -> Decimal:
    return Decimal(len(records.findings))


@task_indicator(
    "task.units_filing",
    Wording(
        label=_("近期提交佐证的单位"),
        unit=_("个"),
        formula=_("近 {days} 天内为本任务提交过佐证材料的单位个数"),
        source=_("佐证材料"),
    ),
)
def task_units_filing(records: PlanRecords, task: TaskRecord) -> Decimal:
    return Decimal(len(fresh_units(records, task)))


@task_indicator(
    "task.units_filing_percent",
    Wording(
        label=_("单位落实面"),
        unit=_("%"),
        formula=_("近 {days} 天内提交过佐证材料的承担单位 ÷ 承担单位总数 × 100"),
        source=_("佐证材料、单位名录"),
    ),
)
def task_units_filing_percent(records: PlanRecords, task: TaskRecord) -> Decimal:
    return percent(len(fresh_units(records, task) & set(task.obliged)), len(task.obliged))


@task_indicator(
    "task.evidence",
    Wording(label=_("佐证材料"), unit=_("份"), formula=_("本任务未撤回的佐证材料份数"), source=_("佐证材料")),
)
def task_evidence(records: PlanRecords, task: TaskRecord) -> Decimal:
    return Decimal(len(records.evidence_for(task)))


def _register_status(status: Status) -> None:
    @plan_indicator(
        f"plan.tasks_{status}",
        Wording(
            label=_("{word}任务"),
            unit=_("项"),
            formula=_("按规则判为“{word}”的任务个数：{rule}；近期指 {days} 天内"),
            source=_("佐证材料、指标、完成时限"),
            values={"word": status.word, "rule": status.rule},
        ),
    )
    def count(records: PlanRecords) -> Decimal:
        return Decimal(sum(judge(records, task).status is status for task in records.tasks))


for status in Status:
    _register_status(status)

registry_indicators.register()
work_indicators.register()
meters_indicators.register()
