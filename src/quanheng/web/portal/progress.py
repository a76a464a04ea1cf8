"""What the public pages show of a plan, computed from the open data and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.records import PlanRecords, TaskRecord, fresh_units
from quanheng.taskboard.registry import Over
from quanheng.taskboard.status import Judged, Status, judge
from quanheng.web.figures import Figure, measure_figures, plan_figure, status_figures
from quanheng.web.words import STATUS_KIND, STATUS_ORDER

# Under this name a visitor saves /open/plan.json; the commands on the pages work on that file.
DATA_FILE = "plan.json"


@dataclass(frozen=True)
class TaskLine:
    """A task as the public sees it."""

    task: TaskRecord
    judged: Judged
    kind: str
    is_recent: bool
    measures: tuple[Figure, ...]


@dataclass(frozen=True)
class LeadLine:
    """A unit and the figures of the tasks that it leads."""

    name: str
    url: str
    figures: tuple[Figure, ...]


LEAD_FIGURES = {
    "plan.tasks": "",
    "plan.tasks_evidenced": "&recent=yes",
    "plan.tasks_overdue": "&status=overdue",
}


def plan_figures(records: PlanRecords) -> list[Figure]:
    """Return every figure about the plan as a whole."""
    behind = _lists_behind()
    return [
        plan_figure(records, name, url=behind.get(name, ""), data=DATA_FILE)
        for name, item in REGISTRY.items()
        if not item.per_task
    ]


def _lists_behind() -> dict[str, str]:
    tasks, data = reverse("portal:plan"), reverse("portal:open_plan")
    pages = {
        Over.REGISTRY: reverse("portal:registry"),
        Over.CERTIFICATES: reverse("portal:open_certificates"),
        Over.STANDARDS: reverse("portal:open_standards"),
        Over.METERS: reverse("portal:open_meters"),
    }
    of_county = {name: pages[item.over] for name, item in REGISTRY.items() if item.over in pages}
    return (
        of_county
        | {
            "plan.tasks": tasks,
            "plan.tasks_evidenced": f"{tasks}?recent=yes",
            "plan.tasks_evidenced_percent": f"{tasks}?recent=yes",
            "plan.tasks_without_indicator": f"{tasks}?measured=no",
            "plan.units_obliged": data,
            "plan.units_filing": data,
            "plan.evidence": data,
            "plan.findings": data,
        }
        | {f"plan.tasks_{status}": f"{tasks}?status={status}" for status in Status}
    )


def task_lines(records: PlanRecords) -> list[TaskLine]:
    """Return every task with its status, in the order of the plan."""
    return [_task_line(records, task, at) for at, task in enumerate(records.tasks)]


def _task_line(records: PlanRecords, task: TaskRecord, at: int) -> TaskLine:
    judged = judge(records, task)
    measures = measure_figures(records, task, prefix=f"task-{at}", data=DATA_FILE)
    kind, is_recent = STATUS_KIND[judged.status], bool(fresh_units(records, task))
    return TaskLine(task, judged, kind, is_recent, tuple(measures))


def lead_lines(records: PlanRecords) -> list[LeadLine]:
    """Return the leading units, who leads most first."""
    led = Counter(name for task in records.tasks for name in task.lead)
    return [_lead_line(records, name, at) for at, (name, _count) in enumerate(led.most_common())]


def _lead_line(records: PlanRecords, name: str, at: int) -> LeadLine:
    url = f"{reverse('portal:plan')}?{urlencode({'unit': name})}"
    figures = [
        plan_figure(records, item, lead=name, url=url + more, data=DATA_FILE, prefix=f"lead-{at}-")
        for item, more in LEAD_FIGURES.items()
    ]
    return LeadLine(name, url, tuple(figures))


def status_counts(lines: list[TaskLine]) -> dict[Status, int]:
    """Return how many tasks have each status, the worst first."""
    counted = Counter(line.judged.status for line in lines)
    return {status: counted[status] for status in STATUS_ORDER}


def status_sentence(counts: dict[Status, int]) -> str:
    """Return the counts as words, without the statuses that no task has."""
    total = sum(counts.values())
    parts = [_("%(word)s %(n)s 项") % {"word": status.label, "n": n} for status, n in counts.items() if n]
    head = ngettext("%(n)s 项任务", "%(n)s 项任务", total) % {"n": total}
    return _("%(head)s：%(parts)s。") % {"head": head, "parts": _("，").join(parts)}


def status_chart(counts: dict[Status, int], records: PlanRecords) -> dict[str, Any]:
    """Return the picture of the counts for components/chart.html; its table holds the commands."""
    most = max(counts, key=lambda status: counts[status])
    return {
        "id": "statuses",
        "title": _("%(word)s的任务最多，有 %(n)s 项") % {"word": most.label, "n": counts[most]},
        "columns": [_("状态"), _("任务数（项）"), _("命令")],
        "figures": status_figures(records, base=f"{reverse('portal:plan')}?", data=DATA_FILE),
        "spec": {
            "kind": "bar",
            "horizontal": True,
            "unit": _("项"),
            "categories": [status.label for status in counts],
            "series": [{"name": _("任务数"), "values": list(counts.values()), "tone": "ink"}],
        },
    }
