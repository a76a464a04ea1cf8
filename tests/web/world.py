"""A county at work, small: a plan adopted, a draft waiting, evidence, a county day, a log."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from quanheng.base import clock
from quanheng.core.models import OrgUnit, User
from quanheng.taskboard.models import DayRun, Evidence, Plan, PlanVersion, Task
from quanheng.taskboard.services.evidence import file_evidence
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.taskboard.services.plans import adopt_version, receive_document
from quanheng.transparency.sequencer import sequence
from tests.plans import PLAN, REVISED


@dataclass(frozen=True)
class World:
    """What the tests of pages and operations find."""

    people: dict[str, User]
    plan: Plan
    version: PlanVersion
    draft: PlanVersion
    task: Task  # the water bureau's and the market bureau's; no town takes part in it
    evidence: Evidence  # filed by the liaison of the water bureau
    day: DayRun
    unit: OrgUnit  # the water bureau


def build_world(people: dict[str, User]) -> World:
    """Make it.  The county must be loaded, ``people`` be its cast."""
    officer, liaison = people["officer"], people["liaison"]
    version = receive_document(actor=officer, data=PLAN.encode(), filename="plan.txt")
    plan = adopt_version(actor=officer, public_id=version.public_id)
    draft = receive_document(actor=officer, data=REVISED.encode(), filename="revised.txt")
    water = OrgUnit.objects.get(name="区水务局")
    task = plan.tasks.get(title="公布供水计量信息")
    task = measure_task_by(
        actor=officer,
        task_id=task.public_id,
        revision=task.revision,
        targets={"task.units_filing_percent": Decimal("99.5"), "task.evidence": None},
    )
    evidence = file_evidence(
        actor=liaison,
        task_id=task.public_id,
        unit_id=water.pk,
        happened_on=clock.today(),
        data=b"%PDF-1.7 meters of the second quarter",
        filename="二季度水表.pdf",
    )
    line = {"text": "日志 9 条。", "command": "quanheng log check log", "is_ok": True}
    day = DayRun.objects.create(
        state="done",
        started_at=clock.now(),
        finished_at=clock.now(),
        steps_total=1,
        steps=[{"name": "日志", "lines": [line]}],
    )
    sequence()
    plan.refresh_from_db()
    version.refresh_from_db()
    return World(people, plan, version, draft, task, evidence, day, water)
