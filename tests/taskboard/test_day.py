from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import OperationalError
from django_tasks_db.models import DBTaskResult
from docx import Document
from python_calamine import CalamineWorkbook

from quanheng.base.errors import NotStored, StaleRevision
from quanheng.base.files import stored_path
from quanheng.base.locks import lock_for_process
from quanheng.core.county import load_county, read_county
from quanheng.core.errors import BadCountyFile
from quanheng.core.models import User
from quanheng.core.permissions import Scope
from quanheng.taskboard import day as day_steps
from quanheng.taskboard.day import STEPS, Line, Step, run_day
from quanheng.taskboard.demo import load_demo
from quanheng.taskboard.enums import DayState
from quanheng.taskboard.errors import (
    BadDemo,
    BadTarget,
    DayRunning,
    IndicatorNotPerTask,
    TaskNotFound,
    UnknownIndicator,
)
from quanheng.taskboard.exports import HEADINGS, board_rows, board_workbook, task_list_document
from quanheng.taskboard.indicators import REGISTRY
from quanheng.taskboard.intake import intake_folder, take_in
from quanheng.taskboard.jobs import ask_for_day, next_night, queue_nightly_day, run_asked_day
from quanheng.taskboard.models import DayRun, Evidence, IndicatorValue, Plan, PlanVersion
from quanheng.taskboard.selectors import live_tasks, plan_records
from quanheng.taskboard.services.measures import measure_task_by
from quanheng.transparency.models import Leaf, PendingLeaf
from tests.plans import PLAN

pytestmark = pytest.mark.django_db
EXAMPLE = Path(__file__).parent.parent.parent / "examples/dachuan"
ALL = Scope(is_all=True)


@pytest.fixture
def plan(home: Path) -> Plan:
    load_demo(EXAMPLE)
    return Plan.objects.get()


def test_the_demonstration_is_marked_and_loading_it_again_changes_nothing(plan: Plan) -> None:
    before = (
        User.objects.count(),
        Evidence.objects.count(),
        PendingLeaf.objects.count(),
        Leaf.objects.count(),
    )
    load_demo(EXAMPLE)

    assert before == (
        User.objects.count(),
        Evidence.objects.count(),
        PendingLeaf.objects.count(),
        Leaf.objects.count(),
    )
    assert plan.is_demo
    assert not Evidence.objects.filter(is_demo=False).exists()
    assert not User.objects.filter(is_demo=False).exists()
    assert "演示数据" in stored_path(Evidence.objects.first().file_sha256).read_text()  # type: ignore[union-attr]


def test_the_shipped_plan_holds_facts_and_none_of_the_document_s_sentences(plan: Plan) -> None:
    assert live_tasks(plan).count() == 15
    assert plan.current is not None
    assert len(plan.current.compiled["annex"]) == 21
    assert {task.text for task in live_tasks(plan)} == {""}
    assert {row["content"] for row in plan.current.compiled["annex"]} == {""}


@pytest.mark.parametrize(
    ("name", "text"), [("county.yaml", "is_demo: false"), ("demo.yaml", "people: 3"), ("demo.yaml", None)]
)
def test_a_demonstration_that_is_none_is_refused(
    home: Path, tmp_path: Path, name: str, text: str | None
) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    for file in EXAMPLE.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    if text is None:
        (folder / name).unlink()
    elif name == "county.yaml":
        (folder / name).write_text((folder / name).read_text().replace("is_demo: true", text))
    else:
        (folder / name).write_text(text)
    with pytest.raises((BadDemo, BadCountyFile)):
        load_demo(folder)
    assert not User.objects.exists()


def test_the_day_does_every_step_and_each_line_has_its_command(plan: Plan) -> None:
    (intake_folder() / "方案.txt").write_text(PLAN, encoding="utf-8")
    day = run_day()

    assert day.state == DayState.DONE, day.steps
    assert [step["name"] for step in day.steps] == [step.name for step in STEPS]
    assert [step.name for step in STEPS] == [
        *("规划文件", "收件", "导入", "检定", "核实", "到期", "读数", "估计", "在用表", "指标", "日志")
    ]
    assert all(line["command"].startswith("quanheng ") for step in day.steps for line in step["lines"])
    assert PendingLeaf.objects.count() == 0
    assert IndicatorValue.objects.get(name="plan.tasks").value == Decimal(15)
    assert PlanVersion.objects.filter(adopted_at=None).count() == 1


def test_a_step_that_fails_is_told_and_the_others_go_on(plan: Plan) -> None:
    assert plan.current is not None
    stored_path(plan.current.source_sha256).unlink()
    day = run_day()

    assert day.state == DayState.FAILED
    assert [line["is_ok"] for line in day.steps[0]["lines"]] == [False]
    assert IndicatorValue.objects.exists()
    assert PendingLeaf.objects.count() == 0


def test_one_day_at_a_time_and_a_killed_one_blocks_nothing(plan: Plan, home: Path) -> None:
    with lock_for_process(home / "day.lock"):
        with pytest.raises(DayRunning):
            run_day()
        with pytest.raises(DayRunning):
            ask_for_day(actor=None)
    killed = DayRun.objects.create(state=DayState.RUNNING, started_at=datetime(2026, 1, 1, tzinfo=UTC))

    asked = ask_for_day(actor=None)
    with pytest.raises(DayRunning):
        ask_for_day(actor=None)
    assert run_day() == asked
    asked.refresh_from_db()
    killed.refresh_from_db()
    assert (asked.state, killed.state) == (DayState.DONE, DayState.FAILED)


def test_the_day_asked_for_is_run_by_its_job_and_once(plan: Plan) -> None:
    asked = ask_for_day(actor=None)
    job = DBTaskResult.objects.get(task_path=run_asked_day.module_path)
    assert job.args_kwargs["args"] == [str(asked.public_id)]

    run_asked_day.call(str(asked.public_id))
    run_asked_day.call(str(asked.public_id))

    assert [day.state for day in DayRun.objects.all()] == [DayState.DONE]


def test_a_day_asked_for_that_meets_another_waits_for_the_next_try(plan: Plan, home: Path) -> None:
    asked = ask_for_day(actor=None)
    with lock_for_process(home / "day.lock"):
        run_asked_day.call(str(asked.public_id))
    asked.refresh_from_db()
    assert asked.state == DayState.WAITING
    soon = (asked.started_at, asked.started_at + timedelta(minutes=5))
    again = DBTaskResult.objects.get(task_path=run_asked_day.module_path, run_after__range=soon)
    assert again.args_kwargs["args"] == [str(asked.public_id)]

    run_day()  # whoever runs next takes it along; the button is free again
    asked.refresh_from_db()
    assert asked.state == DayState.DONE
    assert ask_for_day(actor=None) != asked


def test_a_database_that_refuses_one_step_stops_no_other(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> list[Line]:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("quanheng.taskboard.day.STEPS", (Step("坏", full), *STEPS[2:]))
    day = run_day()

    assert day.state == DayState.FAILED
    assert [line["is_ok"] for line in day.steps[0]["lines"]] == [False]
    assert "disk is full" in day.steps[0]["lines"][0]["text"]
    assert all(line["is_ok"] for step in day.steps[1:] for line in step["lines"])
    assert IndicatorValue.objects.exists()


def test_the_nightly_day_is_queued_once_for_the_next_night(db: None) -> None:
    queue_nightly_day()
    queue_nightly_day()

    assert DBTaskResult.objects.count() == 1
    evening = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai
    assert next_night(evening) == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_the_intake_sorts_good_from_bad_and_says_why_beside_each(dachuan: object) -> None:
    folder = intake_folder()
    (folder / "方案.txt").write_text(PLAN, encoding="utf-8")
    (folder / "同文.txt").write_text(PLAN, encoding="utf-8")
    (folder / "坏.docx").write_bytes(b"\x00" * 100)
    (folder / ".half-copied").write_bytes(b"12")
    (folder / "link.txt").symlink_to("/etc/passwd")
    taken = {item.path.name: item.is_accepted for item in take_in()}

    assert taken == {"同文.txt": True, "方案.txt": True, "坏.docx": False}
    assert "taskboard.document_not_read" in (folder / "rejected/坏.docx.txt").read_text()
    assert (folder / "done/方案.txt").exists()
    assert (folder / ".half-copied").exists()
    assert take_in() == []
    assert (folder / "link.txt").is_symlink()
    (folder / "坏.docx").write_bytes(b"\x01" * 100)
    assert [item.path.name for item in take_in()] == ["1-坏.docx"]
    assert (folder / "rejected/坏.docx").read_bytes() == b"\x00" * 100


def test_a_file_that_cannot_be_read_stays_and_stops_no_other(
    dachuan: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = intake_folder()
    (folder / "不可读.txt").write_text("secret")
    (folder / "方案.txt").write_text(PLAN, encoding="utf-8")
    read = Path.read_bytes

    def refusing(path: Path) -> bytes:  # by name: a test that runs as root may read everything
        if path.name == "不可读.txt":
            raise PermissionError(13, "Permission denied")
        return read(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refusing)
        taken = {item.path.name: item for item in take_in()}

    assert not taken["不可读.txt"].is_accepted
    assert "Permission denied" in taken["不可读.txt"].text
    assert taken["不可读.txt"].path == folder / "不可读.txt"
    assert (folder / "不可读.txt").exists()
    assert (folder / "done/方案.txt").exists()
    assert [item.path for item in take_in()] == [folder / "done/不可读.txt"]


def test_a_disk_that_refuses_rejects_no_file_for_it(dachuan: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_fields: object) -> None:
        raise NotStored(reason="No space left on device")

    (intake_folder() / "方案.txt").write_text(PLAN, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr("quanheng.taskboard.intake.receive_document", refuse)
        (left,) = take_in()

    assert (left.is_accepted, left.path) == (False, intake_folder() / "方案.txt")
    assert "base.not_stored" in left.text
    assert [item.is_accepted for item in take_in()] == [True]


def test_a_task_is_measured_by_exactly_what_was_chosen(plan: Plan, django_user_model: type[User]) -> None:
    task = live_tasks(plan)[1]
    changed = measure_task_by(
        actor=None, task_id=task.public_id, revision=task.revision, targets={"task.evidence": Decimal(2)}
    )

    assert [(item.name, item.target) for item in changed.indicators.all()] == [("task.evidence", Decimal(2))]
    with pytest.raises(StaleRevision):
        measure_task_by(actor=None, task_id=task.public_id, revision=task.revision, targets={})
    with pytest.raises(UnknownIndicator):
        measure_task_by(actor=None, task_id=task.public_id, revision=changed.revision, targets={"x.y": None})
    with pytest.raises(IndicatorNotPerTask):
        measure_task_by(
            actor=None, task_id=task.public_id, revision=changed.revision, targets={"plan.tasks": None}
        )
    with pytest.raises(TaskNotFound):
        measure_task_by(actor=None, task_id=uuid4(), revision=1, targets={})


def test_the_workbook_holds_what_is_shown_and_how_each_figure_is_recomputed(plan: Plan) -> None:
    book = CalamineWorkbook.from_filelike(BytesIO(board_workbook(plan, ALL)))
    board = book.get_sheet_by_name("任务看板").to_python()
    sources = book.get_sheet_by_name("如何得出").to_python()

    assert "演示数据" in str(board[0][0])
    assert tuple(board[1]) == HEADINGS
    assert [row[1] for row in board[2:]] == [task.label for task in live_tasks(plan)]
    commands = {row[0]: (row[1], row[5]) for row in sources[1:]}
    records = plan_records(plan)
    for item in REGISTRY.values():
        if not item.per_task:
            assert commands[item.label] == (float(item.value(records)), item.command())


def test_a_title_that_looks_like_a_formula_stays_text(plan: Plan) -> None:
    plan.tasks.filter(label="（三）1").update(title='=HYPERLINK("x")')
    book = CalamineWorkbook.from_filelike(BytesIO(board_workbook(plan, ALL)))

    assert book.get_sheet_by_name("任务看板").to_python()[2][2] == '=HYPERLINK("x")'


def test_the_word_list_has_one_row_a_task_and_the_commands(plan: Plan) -> None:
    document = Document(BytesIO(task_list_document(plan, ALL)))
    table = document.tables[0]
    _, rows = board_rows(plan, ALL)

    assert [row.cells[1].text for row in table.rows[1:]] == [row.label for row in rows]
    assert [row.cells[2].text for row in table.rows[1:]] == [row.title for row in rows]
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "演示数据" in text
    assert "quanheng indicator show plan.tasks" in text


def test_an_export_holds_only_the_tasks_of_the_scope(plan: Plan) -> None:
    unit = live_tasks(plan)[0].units.get(name="区水务局")
    _, rows = board_rows(plan, Scope(unit_ids=frozenset({unit.pk})))

    assert 0 < len(rows) < 15
    assert all("区水务局" in row.lead + row.responsible for row in rows)


def test_no_public_password_enters_a_real_county(home: Path, tmp_path: Path) -> None:
    text = (EXAMPLE / "county.yaml").read_text(encoding="utf-8").replace("is_demo: true", "is_demo: false")
    real = tmp_path / "real.yaml"
    real.write_text(text, encoding="utf-8")
    load_county(read_county(real))

    with pytest.raises(BadDemo, match="正式县区"):
        load_demo(EXAMPLE)
    assert not User.objects.exists()


@pytest.mark.parametrize("target", ["0", "-5"])
def test_a_target_that_nothing_could_miss_is_refused(plan: Plan, target: str) -> None:
    task = live_tasks(plan)[1]
    with pytest.raises(BadTarget):
        measure_task_by(
            actor=None,
            task_id=task.public_id,
            revision=task.revision,
            targets={"task.evidence": Decimal(target)},
        )


def test_a_fault_of_ours_in_one_step_does_not_keep_the_log_unsigned(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[day_steps.Line]:
        raise KeyError("a fault")

    steps = (day_steps.Step("坏步骤", broken), *day_steps.STEPS)
    monkeypatch.setattr(day_steps, "STEPS", steps)
    day = run_day()

    assert day.state == DayState.FAILED
    assert [line["is_ok"] for line in day.steps[0]["lines"]] == [False]
    assert PendingLeaf.objects.count() == 0


def test_a_version_that_its_original_no_longer_compiles_to_is_told(plan: Plan) -> None:
    assert run_day().steps[0]["lines"][0]["is_ok"]
    assert plan.current is not None
    compiled = plan.current.compiled
    compiled["items"][0]["lead"] = ["区财政局"]
    PlanVersion.objects.filter(pk=plan.current.pk).update(compiled=compiled)

    line = run_day().steps[0]["lines"][0]
    assert not line["is_ok"]
    assert "1 处不同" in line["text"]
