"""The board as an Excel workbook and as the Word 任务清单: exactly what is shown, and how to check it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from docxtpl import DocxTemplate

from quanheng.core.permissions import Scope
from quanheng.core.selectors import county
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.models import Plan
from quanheng.taskboard.records import PlanRecords, TaskRecord
from quanheng.taskboard.selectors import plan_records, record_of, tasks_in_scope
from quanheng.taskboard.status import judge

TEMPLATE = Path(__file__).parent / "word" / "task_list.docx"
HEADINGS = (
    "序号",
    "任务编号",
    "任务",
    "牵头单位",
    "责任单位",
    "完成时限",
    "状态",
    "依据",
    "指标",
    "佐证（份）",
)
WIDTHS = (6, 10, 34, 24, 44, 14, 10, 34, 30, 10)


@dataclass(frozen=True)
class Row:
    """One task as exported."""

    number: int
    label: str
    title: str
    lead: str
    responsible: str
    deadline: str
    status: str
    reason: str
    indicators: str
    evidence: int

    @property
    def cells(self) -> tuple[object, ...]:
        """Return the cells in the order of HEADINGS."""
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)


def board_rows(plan: Plan, scope: Scope, keys: Sequence[str] | None = None) -> tuple[PlanRecords, list[Row]]:
    """Return the snapshot and one row for each task of the scope, or for these ``keys`` of it in order."""
    records = plan_records(plan)
    deadlines = {record_of(records, task).key: task.deadline_text for task in tasks_in_scope(plan, scope)}
    tasks = [task for task in records.tasks if task.key in deadlines]
    if keys is not None:
        tasks = sorted((task for task in tasks if task.key in keys), key=lambda task: keys.index(task.key))
    return records, [_row(records, task, number, deadlines[task.key]) for number, task in enumerate(tasks, 1)]


def _row(records: PlanRecords, task: TaskRecord, number: int, deadline_text: str) -> Row:
    judged = judge(records, task)
    measured = [f"{REGISTRY[name].label} {_shown(records, task, name)}" for name, _ in task.targets]
    return Row(
        number=number,
        label=task.label,
        title=task.title,
        lead="、".join(task.lead) or "未写明",
        responsible="、".join(task.responsible),
        deadline=task.deadline_on.isoformat() if task.deadline_on else deadline_text or "未写明",
        status=judged.status.label,
        reason=judged.reason,
        indicators="；".join(measured) or "尚无指标",
        evidence=len(records.evidence_for(task)),
    )


def _shown(records: PlanRecords, task: TaskRecord, name: str) -> str:
    item = REGISTRY[name]
    return f"{item.value(records, task).normalize():f} {item.unit}"


def board_workbook(plan: Plan, scope: Scope, *, keys: Sequence[str] | None = None, which: str = "") -> bytes:
    """Return the board as .xlsx; the second sheet says how each figure is recomputed.

    ``which`` says in words how ``keys`` were chosen, and stands in the heading.
    """
    records, rows = board_rows(plan, scope, keys)
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("任务看板")
        sheet.write(0, 0, _heading(plan, records, which))
        for column, (heading, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write(1, column, heading, bold)
        for number, row in enumerate(rows, 2):
            for column, cell in enumerate(row.cells):
                sheet.write(number, column, cell, wrap)
        sheet.freeze_panes(2, 3)
        sheet.autofilter(1, 0, max(2, len(rows) + 1), len(HEADINGS) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
        _write_sources(book, bold, wrap, records)
    return stream.getvalue()


def _write_sources(book: Any, bold: Any, wrap: Any, records: PlanRecords) -> None:
    sheet = book.add_worksheet("如何得出")
    sheet.set_column(0, 5, 28)
    for column, heading in enumerate(("指标", "数值", "单位", "公式", "来源", "命令")):
        sheet.write(0, column, heading, bold)
    plan_wide = [item for item in REGISTRY.values() if not item.per_task]
    for number, item in enumerate(plan_wide, 1):
        value = float(item.value(records))
        for column, cell in enumerate(
            (item.label, value, item.unit, item.formula, item.source, item.command(plan=records.plan_option))
        ):
            sheet.write(number, column, cell, wrap)


def task_list_document(
    plan: Plan, scope: Scope, *, keys: Sequence[str] | None = None, which: str = ""
) -> bytes:
    """Return the 任务清单 as .docx, filled into the county's template; arguments as of `board_workbook`."""
    records, rows = board_rows(plan, scope, keys)
    template = DocxTemplate(TEMPLATE)
    home = county()
    template.render(
        {
            "county": home.full_name if home else "",
            "title": plan.title,
            "doc_number": plan.doc_number,
            "on": f"{records.on.year}年{records.on.month}月{records.on.day}日",
            "demo": "　".join(filter(None, ("演示数据" if plan.is_demo else "", _chosen(which)))),
            "rows": rows,
            "commands": [
                f"{item.label} {item.value(records).normalize():f} {item.unit}：{item.command(plan=records.plan_option)}"
                for item in REGISTRY.values()
                if not item.per_task
            ],
        },
        autoescape=True,
    )
    stream = BytesIO()
    template.save(stream)
    return stream.getvalue()


def _heading(plan: Plan, records: PlanRecords, which: str) -> str:
    mark = "（演示数据）" if plan.is_demo else ""
    return f"{plan.title} {plan.doc_number} 任务清单{mark} {records.on.isoformat()} {_chosen(which)}".rstrip()


def _chosen(which: str) -> str:
    return f"筛选：{which}" if which else ""
