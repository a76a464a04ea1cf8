"""The board as pages show it: one row for each task, with its status and what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from quanheng.core.models import OrgUnit
from quanheng.core.permissions import Scope
from quanheng.taskboard.enums import Part
from quanheng.taskboard.models import Plan, Task
from quanheng.taskboard.records import FRESH_DAYS, PlanRecords, TaskRecord, fresh_units
from quanheng.taskboard.selectors import plan_records, record_of, tasks_in_scope
from quanheng.taskboard.status import Judged, Status, judge
from quanheng.web.words import STATUS_KIND, STATUS_ORDER

_OF_THE_WHOLE = {"deadline_not_a_date"}  # names rows, but is about how the annex words all of them
_SAID_ONCE = {"heading_differs"}  # a heading stands over many rows; said beside the first


@dataclass(frozen=True)
class Row:
    """One task as the board shows it."""

    task: Task
    record: TaskRecord
    judged: Judged
    lead: list[OrgUnit]
    responsible: list[OrgUnit]
    evidence: int
    is_recent: bool
    findings: int

    @property
    def kind(self) -> str:
        """Return the css kind of the status."""
        return STATUS_KIND[self.judged.status]

    @property
    def severity(self) -> int:
        """Return the place of the status, worst first."""
        return STATUS_ORDER.index(self.judged.status)

    @property
    def deadline(self) -> str:
        """Return the deadline as a table shows it."""
        return deadline_of(self.task)

    @property
    def due(self) -> date:
        """Return the day to sort by; what has none comes last."""
        return self.task.deadline_on or date.max


@dataclass(frozen=True)
class Board:
    """The rows that a person may see, and the records behind all figures of the plan."""

    plan: Plan
    scope: Scope
    records: PlanRecords
    rows: list[Row]

    def count(self, status: Status) -> int:
        """Return how many of the rows have this status."""
        return sum(row.judged.status is status for row in self.rows)

    @property
    def findings(self) -> int:
        """Return how many findings the current version has."""
        return len(self.records.findings)

    def row_of(self, task: Task) -> Row:
        """Return the row of one task.  StopIteration if it is not on the board."""
        return next(row for row in self.rows if row.task.pk == task.pk)


def read_board(plan: Plan, scope: Scope) -> Board:
    """Return the board of a plan as far as ``scope`` reaches."""
    records = plan_records(plan)
    found = findings_by_label(plan.current.compiled) if plan.current else {}
    rows = []
    for task in tasks_in_scope(plan, scope):
        record = record_of(records, task)
        named = list(task.task_units.all())
        rows.append(
            Row(
                task=task,
                record=record,
                judged=judge(records, record),
                lead=[item.unit for item in named if item.part == Part.LEAD],
                responsible=[item.unit for item in named if item.part == Part.RESPONSIBLE],
                evidence=len(records.evidence_for(record)),
                is_recent=bool(fresh_units(records, record)),
                findings=len(found.get(task.label, [])),
            )
        )
    return Board(plan, scope, records, rows)


def deadline_of(task: Task) -> str:
    """Return a day, the words of the annex, or that nothing is said."""
    if task.deadline_on:
        return task.deadline_on.isoformat()
    if task.is_continuous:
        return _("持续推进")
    return task.deadline_text or _("未写明")


def findings_by_label(compiled: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the findings of a compiled plan under the tasks that they speak of."""
    labels = {item["label"] for item in compiled["items"]}
    label_of_row = {
        row["row"]: row["label"] for row in compiled["annex"] if row["label"] and row["row"] is not None
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in compiled["findings"]:
        for label in _labels_of(finding, labels, label_of_row):
            found.setdefault(label, []).append(finding)
    return found


def _labels_of(finding: dict[str, Any], labels: set[str], label_of_row: dict[int, str]) -> set[str]:
    """Return the tasks that a finding stands beside: the one it names, else those of the rows it names."""
    if finding["where"] in labels:
        return {finding["where"]}
    if finding["code"] in _OF_THE_WHOLE:
        return set()
    data = finding["data"]
    rows = data["rows"] if isinstance(data.get("rows"), list) else [data.get("row")]
    numbers = [int(row) for row in rows if str(row).isdecimal()]
    if finding["code"] in _SAID_ONCE:
        numbers = numbers[:1]
    return {label_of_row[number] for number in numbers if number in label_of_row}


@dataclass(frozen=True)
class UnitRow:
    """What one unit has to do, and how far it is."""

    unit: OrgUnit
    leads: int
    takes_part: int
    by_status: dict[Status, int]
    last_on: date | None

    @property
    def cells(self) -> Iterator[tuple[Status, int]]:
        """Return the count for each status, worst first."""
        return ((status, self.by_status.get(status, 0)) for status in STATUS_ORDER)


def rows_by_unit(board: Board) -> list[UnitRow]:
    """Return one row for each unit that the tasks name, in the county's order."""
    named: dict[int, OrgUnit] = {}
    for row in board.rows:
        named |= {unit.pk: unit for unit in (*row.lead, *row.responsible)}
    return [
        _unit_row(board, unit) for unit in sorted(named.values(), key=lambda unit: (unit.position, unit.pk))
    ]


def _unit_row(board: Board, unit: OrgUnit) -> UnitRow:
    mine = [row for row in board.rows if unit in row.lead or unit in row.responsible]
    by_status: dict[Status, int] = {}
    for row in mine:
        by_status[row.judged.status] = by_status.get(row.judged.status, 0) + 1
    names = {unit.name} | {member.name for member in unit.members.all()}
    dates = [item.happened_on for item in board.records.evidence if item.unit in names]
    leads = sum(unit in row.lead for row in mine)
    return UnitRow(unit, leads, len(mine) - leads, by_status, max(dates, default=None))


@dataclass(frozen=True)
class Cell:
    """Where one town stands with one task: a word and the css kind of its colour."""

    word: str
    kind: str


def cell_of(board: Board, row: Row, unit_name: str) -> Cell | None:
    """Return how far a unit is with a task; None where the task does not oblige it."""
    if unit_name not in row.record.obliged:
        return None
    if unit_name in fresh_units(board.records, row.record):
        return Cell(_("近期"), "going")
    if any(item.unit == unit_name for item in board.records.evidence_for(row.record)):
        return Cell(_("已久"), "unsure")
    return Cell(_("尚无"), "off")


def matrix_legend() -> list[tuple[Cell, str]]:
    """Return what the words of the matrix mean."""
    days = {"days": FRESH_DAYS}
    return [
        (Cell(_("近期"), "going"), _("近 %(days)s 天内提交过佐证材料") % days),
        (Cell(_("已久"), "unsure"), _("提交过，但都早于 %(days)s 天") % days),
        (Cell(_("尚无"), "off"), _("承担任务，还没有提交过")),
    ]
