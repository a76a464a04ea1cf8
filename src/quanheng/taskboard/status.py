"""The status of a task, computed from its records on a day; nobody sets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _

from quanheng.taskboard.records import FRESH_DAYS, PlanRecords, TaskRecord, fresh_units
from quanheng.taskboard.registry import find


class Status(StrEnum):
    """The word that a page shows first."""

    OVERDUE = "overdue"
    NOT_STARTED = "not_started"
    STALE = "stale"
    MOVING = "moving"
    DONE = "done"

    @property
    def word(self) -> str:
        """Return the Chinese word, as it stands in exports and formulas."""
        return _WORDS[self][0]

    @property
    def rule(self) -> str:
        """Return in one clause when a task is so."""
        return _WORDS[self][1]

    @property
    def label(self) -> str:
        """Return the word in the reader's language."""
        return gettext(self.word)


_WORDS = {
    Status.OVERDUE: (gettext_noop("逾期"), gettext_noop("完成时限已过而指标未全部达到目标值")),
    Status.NOT_STARTED: (gettext_noop("未起步"), gettext_noop("没有佐证材料")),
    Status.STALE: (gettext_noop("久未更新"), gettext_noop("有佐证材料，但都早于近期")),
    Status.MOVING: (gettext_noop("推进中"), gettext_noop("近期有佐证材料")),
    Status.DONE: (gettext_noop("已完成"), gettext_noop("有目标值的指标全部达到目标值")),
}


@dataclass(frozen=True)
class Judged:
    """A status with its reason, in words."""

    status: Status
    reason: str
    last_on: date | None


def judge(records: PlanRecords, task: TaskRecord) -> Judged:
    """Return the status of ``task`` on ``records.on``.

    Done: every target of its indicators is met.  Overdue: the deadline has passed before that.
    Otherwise the evidence decides: fresh, older than ``FRESH_DAYS``, or none.
    """
    dates = [item.happened_on for item in records.evidence_for(task) if item.happened_on <= records.on]
    last = max(dates, default=None)
    targets = [(name, Decimal(target)) for name, target in task.targets if target is not None]
    if targets and all(find(name).value(records, task) >= target for name, target in targets):
        return Judged(Status.DONE, _("挂接指标均达到目标值。"), last)
    if task.deadline_on is not None and task.deadline_on < records.on:
        return Judged(
            Status.OVERDUE, _("完成时限 %(on)s 已过。") % {"on": task.deadline_on.isoformat()}, last
        )
    if last is None:
        return Judged(Status.NOT_STARTED, _("尚无佐证材料。"), None)
    units = len(fresh_units(records, task))
    if units:
        return Judged(
            Status.MOVING,
            _("近 %(days)s 天有 %(units)s 个单位提交佐证。") % {"days": FRESH_DAYS, "units": units},
            last,
        )
    return Judged(Status.STALE, _("最近一份佐证是 %(on)s 的。") % {"on": last.isoformat()}, last)
