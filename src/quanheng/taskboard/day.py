"""The county day: a list of steps.  A later area adds its own by one line in STEPS."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from quanheng.base import clock
from quanheng.base.errors import BureauError, TransientError
from quanheng.base.files import shown, stored_path
from quanheng.base.locks import lock_for_process
from quanheng.certificates.published import kept_work
from quanheng.instruments.enums import BatchState
from quanheng.instruments.models import ImportBatch
from quanheng.instruments.services.importing.running import resume_interrupted
from quanheng.instruments.services.opendata import FILE_NAME, kept_tally, open_file, publish_registry
from quanheng.instruments.services.standing import sweep
from quanheng.instruments.tally import RegistryTally
from quanheng.kernels.policy import diff_plans, plan_from_dict
from quanheng.taskboard.compiling import compile_for_county
from quanheng.taskboard.enums import DayState
from quanheng.taskboard.errors import DayRunning
from quanheng.taskboard.followups_day import take_in_tests
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.intake import take_in
from quanheng.taskboard.ledgers import asked_headings, imported_text, waiting_text
from quanheng.taskboard.lines import Line
from quanheng.taskboard.meters import kept_meters
from quanheng.taskboard.meters_day import do_meters
from quanheng.taskboard.models import DayRun, Plan, PlanVersion
from quanheng.taskboard.readings_day import estimate_months, store_readings
from quanheng.taskboard.records import PlanRecords
from quanheng.taskboard.registry import Over
from quanheng.taskboard.selectors import plan_records
from quanheng.taskboard.services.measures import keep_values
from quanheng.taskboard.work import do_work
from quanheng.transparency.selectors import latest_checkpoint, log_folder
from quanheng.transparency.sequencer import sequence

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One step of the day."""

    name: str
    run: Callable[[], list[Line]]


def refresh_plans() -> list[Line]:
    """Compile the current version of each plan again from its kept source, and compare."""
    lines = []
    for plan in Plan.objects.filter(current__isnull=False).select_related("current"):
        assert plan.current is not None  # noqa: S101  filtered above
        lines.append(_refreshed(plan, plan.current))
    return lines or [
        Line("还没有采用任何规划文件。把文件放入收件夹，或在“规划任务”页上传。", "quanheng plan compile FILE")
    ]


def _refreshed(plan: Plan, version: PlanVersion) -> Line:
    path = stored_path(version.source_sha256)
    command = f"quanheng plan compile {shown(path)}"
    try:
        compiled = compile_for_county(path.read_bytes(), filename=version.source_name)
    except OSError as error:
        return Line(f"{plan.title}：原件无法读取（{error.strerror}）。", command, is_ok=False)
    if changes := diff_plans(plan_from_dict(version.compiled), compiled):
        text = f"{plan.title}：重新编译的结果与采用时有 {len(changes)} 处不同，请核对。"
        return Line(text, command, is_ok=False)
    counts = f"{len(compiled.items)} 项任务，清单 {len(compiled.annex)} 行，问题 {len(compiled.findings)} 处"
    return Line(f"{plan.title}：{counts}。", command)


def do_intake() -> list[Line]:
    """Receive what lies in the intake folder."""
    lines = [Line(f"{item.path.name}：{item.text}", item.command, item.is_accepted) for item in take_in()]
    return lines or [Line("收件夹是空的。", "quanheng day")]


def go_on_importing() -> list[Line]:
    """Go on with imports that were interrupted, and tell which ledgers wait for a person."""
    lines = []
    for batch in resume_interrupted():
        is_done = batch.state == BatchState.DONE
        text = imported_text(batch) if is_done else batch.failure or batch.get_state_display()
        lines.append(Line(f"{batch.file_name}：接着导入。{text}", _read_again(batch), is_done))
    for batch in ImportBatch.objects.filter(state__in=[BatchState.MAPPING, BatchState.READY]):
        asked = asked_headings(batch)
        text = waiting_text(asked) if asked else "等待在导入页确认。"
        lines.append(Line(f"{batch.file_name}：{text}", _read_again(batch)))
    return lines or [Line("没有中断或等待核对的导入。", "quanheng day")]


def _read_again(batch: ImportBatch) -> str:
    return f"quanheng registry read {shown(stored_path(batch.file_sha256))}"


def refresh_due_work() -> list[Line]:
    """Apply the rules in force today to every instrument, and publish the registry as open data."""
    swept, tally = sweep(), publish_registry()
    if not swept.instruments:
        text = "还没有登记的计量器具。把台账放入收件夹，或在“计量器具”的导入页上传。"
        return [Line(text, "quanheng registry read FILE")]
    total = tally.total
    lines = [
        Line(
            f"按现行规则重新推算 {swept.instruments} 台，{swept.changed} 台有变化。",
            REGISTRY["registry.instruments"].command(),
        ),
        Line(f"应检 {total.due} 台，逾期 {total.overdue} 台。", REGISTRY["registry.overdue"].command()),
    ]
    lines += _worst_town(tally)
    in_the_file = REGISTRY["registry.instruments"].command(data=shown(open_file()))
    return [*lines, Line(f"公开数据 {FILE_NAME} 已更新，{total.known} 行。", in_the_file)]


def _worst_town(tally: RegistryTally) -> list[Line]:
    overdue = {town: part.total.overdue for town, part in tally.by_town().items()}
    worst = max(overdue, key=lambda town: overdue[town], default="")
    if not worst or not overdue[worst]:
        return []
    command = REGISTRY["registry.overdue"].command(town=worst)
    return [Line(f"逾期最多的是{worst}，{overdue[worst]} 台。", command)]


def compute_indicators() -> list[Line]:
    """Compute the indicators of plans and registry, and keep today's values of each plan."""
    lines = []
    for plan in Plan.objects.filter(current__isnull=False):
        option = plan_records(plan).plan_option
        mark = f"{plan.title}　" if option else ""
        for name, value in keep_values(plan=plan).items():
            item = REGISTRY[name]
            if item.over is Over.PLAN:
                text = f"{mark}{item.label}：{value.normalize():f} {item.unit}"
                lines.append(Line(text, item.command(plan=option)))
    lines += _county_lines()
    return lines or [Line("没有可计算的指标。", "quanheng indicator list")]


def _county_lines() -> list[Line]:
    tally, work, meters = kept_tally(), kept_work(), kept_meters()
    records = PlanRecords.of_county(clock.today(), registry=tally, work=work, meters=meters)
    counted = {
        Over.REGISTRY: tally.total.known,
        Over.CERTIFICATES: work.certificates.total.issued,
        Over.STANDARDS: work.standards.total.in_use,
        Over.METERS: any(meters.counts),
    }
    return [
        Line(f"{item.label}：{item.value(records).normalize():f} {item.unit}", item.command())
        for item in REGISTRY.values()
        if counted.get(item.over)
    ]


def sequence_log() -> list[Line]:
    """Give every waiting leaf its number, sign and publish."""
    done = sequence()
    head = latest_checkpoint()
    size = head.tree_size if head else 0
    return [Line(f"日志 {size} 条，本次新增 {done} 条。", f"quanheng log check {shown(log_folder())}")]


STEPS: tuple[Step, ...] = (
    Step("规划文件", refresh_plans),
    Step("收件", do_intake),
    Step("导入", go_on_importing),
    Step("检定", do_work),
    Step("核实", take_in_tests),
    Step("到期", refresh_due_work),
    Step("读数", store_readings),
    Step("估计", estimate_months),
    Step("在用表", do_meters),
    Step("指标", compute_indicators),
    Step("日志", sequence_log),
)


def run_day() -> DayRun:
    """Run every step, keeping what each found as it ends; one that fails does not stop the others.

    A day that somebody asked for and that still waits is the day that is run.

    Raises
    ------
    DayRunning
        Another process is in the middle of one.
    """
    with lock_for_process(lock_file()) as is_free:
        if not is_free:
            raise DayRunning()
        # Whoever was running had the lock: what still says so was killed.
        DayRun.objects.filter(state=DayState.RUNNING).update(state=DayState.FAILED, finished_at=clock.now())
        day = DayRun.objects.filter(state=DayState.WAITING).first() or DayRun(steps_total=len(STEPS))
        day.state, day.started_at = DayState.RUNNING, clock.now()
        day.save()
        for step in STEPS:
            lines = list(_run(step))
            day.steps = [*day.steps, {"name": step.name, "lines": [asdict(line) for line in lines]}]
            day.save(update_fields=["steps"])
        failed = any(not line["is_ok"] for step in day.steps for line in step["lines"])
        day.state, day.finished_at = (DayState.FAILED if failed else DayState.DONE), clock.now()
        day.save(update_fields=["state", "finished_at"])
        return day


def lock_file() -> Path:
    """Return the file that whoever runs or asks for a day holds a lock on."""
    return Path(settings.HOME) / "day.lock"


def _run(step: Step) -> Iterator[Line]:
    try:
        yield from step.run()
    except BureauError as error:
        yield Line(f"{error.text}［{error.code}］", "quanheng day", is_ok=False)
    except (OSError, DatabaseError, TransientError) as error:  # a full disk: the next day tries again
        logger.exception("day step %s", step.name)
        yield Line(f"未完成，下次再试：{error}", "quanheng day", is_ok=False)
    except Exception:  # a fault of ours in one step must not keep the log of the county unsigned
        logger.exception("day step %s", step.name)
        yield Line("程序出错，已记入服务器日志；其余步骤照常进行。", "quanheng day", is_ok=False)
