"""Ledgers in the intake folder, and the demonstration's way through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from quanheng.core.models import User
from quanheng.instruments.enums import BatchState, Filing
from quanheng.instruments.models import (
    ImportBatch,
    ImportRow,
    Instrument,
    InstrumentEvent,
    Place,
    VerificationRecord,
)
from quanheng.instruments.services.importing import batches, running
from quanheng.instruments.services.importing.batches import answer_headings, confirm_import, receive_ledger
from quanheng.instruments.services.importing.rows import Defaults
from quanheng.instruments.services.opendata import kept_tally, open_file
from quanheng.parties.models import Party
from quanheng.taskboard.day import go_on_importing, refresh_due_work, run_day
from quanheng.taskboard.demo import load_demo, load_demo_instruments
from quanheng.taskboard.enums import DayState
from quanheng.taskboard.intake import intake_folder, take_in
from quanheng.taskboard.models import Plan
from quanheng.taskboard.selectors import plan_records, record_of
from quanheng.transparency.models import Leaf, PendingLeaf
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db
HEADINGS = "器具名称,型号,出厂编号,制造单位,使用单位,用途,检定日期,有效期至,乡镇街道"
SCALE = "电子计价秤,ACS-30,{},演示衡器厂,演示商户,贸易结算,2026-03-01,2027-02-28,亭子镇"


def _put(name: str, *rows: str, headings: str = HEADINGS) -> Path:
    path = intake_folder() / name
    path.write_text("\n".join([headings, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_ledger_is_imported_filed_and_moved_with_a_report_of_what_was_left_out(dachuan: object) -> None:
    _put("台账.csv", SCALE.format("1001"), SCALE.format("1002").replace("2026-03-01", "2026-02-30"))
    (taken,) = take_in()

    assert taken.is_accepted
    assert "新增 1 台" in taken.text
    assert "未导入 1 行" in taken.text
    assert taken.command.startswith("quanheng registry read ")
    assert taken.path.parent.name == "done"
    report = taken.path.with_name("台账.csv.txt").read_text(encoding="utf-8")
    assert "第 3 行“检定日期”" in report
    instrument = Instrument.objects.get()
    assert instrument.filing == Filing.FILED
    assert "收件夹中的本局台账" in instrument.events.get().reason
    assert instrument.standing.due_on.isoformat() == "2027-02-28"


def test_a_ledger_with_a_heading_that_nobody_explained_waits_and_the_day_says_so(dachuan: object) -> None:
    _put("台账.csv", SCALE.format("1001") + ",三", headings=HEADINGS + ",单位")
    (taken,) = take_in()
    (line,) = go_on_importing()

    assert taken.is_accepted
    assert "“单位”含义不明" in taken.text
    assert "“单位”含义不明" in line.text
    assert line.is_ok
    assert not Instrument.objects.exists()
    assert ImportBatch.objects.get().state == BatchState.MAPPING


def test_an_answer_once_given_holds_for_the_ledgers_that_follow(people: dict[str, User]) -> None:
    _put("一月.csv", SCALE.format("1001") + ",三", headings=HEADINGS + ",挂账科室")
    take_in()
    batch = ImportBatch.objects.get()
    answer_headings(
        actor=people["officer"],
        public_id=batch.public_id,
        revision=batch.revision,
        answers={"挂账科室": None},
    )
    _put("二月.csv", SCALE.format("1002") + ",三", headings=HEADINGS + ",挂账科室")
    (taken,) = take_in()

    assert "新增 1 台" in taken.text
    assert Instrument.objects.get().serial_no == "1002"


def test_a_heading_that_means_now_this_now_that_is_asked_about_in_each_file(people: dict[str, User]) -> None:
    _put("一月.csv", SCALE.format("1001") + ",三", headings=HEADINGS + ",单位")
    take_in()
    batch = ImportBatch.objects.get()
    answer_headings(
        actor=people["officer"], public_id=batch.public_id, revision=batch.revision, answers={"单位": None}
    )
    _put("二月.csv", SCALE.format("1002") + ",台", headings=HEADINGS + ",单位")
    (taken,) = take_in()

    assert "“单位”含义不明" in taken.text
    columns = ImportBatch.objects.latest("pk").options["columns"]
    assert [(c["heading"], c["former"]) for c in columns if c["is_asked"]] == [("单位", None)]


def test_the_same_ledger_again_changes_nothing(dachuan: object) -> None:
    for _ in range(2):
        _put("台账.csv", SCALE.format("1001"))
        (taken,) = take_in()
        assert taken.is_accepted

    assert "instruments.file_known" in taken.text
    assert Instrument.objects.count() == VerificationRecord.objects.count() == 1


@pytest.mark.parametrize("name", ["坏.xlsx", "空.csv"])
def test_a_file_that_is_no_ledger_is_rejected_and_stops_no_other(dachuan: object, name: str) -> None:
    (intake_folder() / name).write_bytes(b"")
    _put("台账.csv", SCALE.format("1001"))
    taken = {item.path.name: item for item in take_in()}

    assert not taken[name].is_accepted
    assert "instruments.unreadable_file" in taken[name].text
    assert taken[name].path.parent.name == "rejected"
    assert taken["台账.csv"].is_accepted


def test_a_ledger_without_one_good_row_is_rejected(dachuan: object) -> None:
    _put("台账.csv", SCALE.format("1001").replace("2026-03-01", "2026-02-30"))
    (taken,) = take_in()

    assert not taken.is_accepted
    assert "instruments.bad_import" in taken.text


def test_a_day_killed_after_receiving_goes_on_the_next_time(
    dachuan: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _put("台账.csv", SCALE.format("1001"))
    receive_ledger(actor=None, data=path.read_bytes(), filename=path.name)
    (taken,) = take_in()

    assert "新增 1 台" in taken.text
    assert Instrument.objects.count() == 1


def test_what_an_officer_has_in_hand_the_intake_leaves_alone(people: dict[str, User]) -> None:
    path = _put("台账.csv", SCALE.format("1001"))
    receive_ledger(actor=people["officer"], data=path.read_bytes(), filename=path.name)
    (taken,) = take_in()

    assert "instruments.file_known" in taken.text
    assert not Instrument.objects.exists()


def test_an_import_that_was_interrupted_is_gone_on_with(dachuan: object) -> None:
    path = _put("台账.csv", *(SCALE.format(1000 + number) for number in range(5)))
    batch = receive_ledger(actor=None, data=path.read_bytes(), filename=path.name)
    batch = answer_headings(actor=None, public_id=batch.public_id, revision=batch.revision, answers={})
    batch = batches.try_import(public_id=batch.public_id, revision=batch.revision, defaults=Defaults())
    confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)

    def killed(_position: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.run_import(batch.public_id, chunk=2, after_chunk=killed)
    assert Instrument.objects.count() == 2
    (line,) = go_on_importing()

    assert "新增 5 台" in line.text
    assert Instrument.objects.count() == 5


def test_before_any_instrument_the_day_says_how_to_begin(dachuan: object) -> None:
    (line,) = refresh_due_work()
    assert "还没有登记" in line.text
    assert open_file().exists()


def _everything() -> tuple[int, ...]:
    tables = (
        Instrument,
        InstrumentEvent,
        VerificationRecord,
        Party,
        Place,
        ImportBatch,
        ImportRow,
        PendingLeaf,
    )
    return tuple(table.objects.count() for table in tables)


def test_the_demonstration_comes_in_through_the_ledgers_and_a_second_day_changes_nothing(home: Path) -> None:
    demo = load_demo(ROOT / "examples/dachuan")
    assert load_demo_instruments(demo) == 10
    day = run_day()
    assert day.state == DayState.DONE, day.steps
    before, size, opened = _everything(), Leaf.objects.count(), open_file().read_bytes()

    assert load_demo_instruments(demo) == 0
    again = run_day()
    assert again.state == DayState.DONE
    assert (_everything(), Leaf.objects.count(), open_file().read_bytes()) == (before, size, opened)

    # Nine of ten ledgers are in, one waits; each has rows that were left out, with the reason.
    states = [batch.state for batch in ImportBatch.objects.order_by("file_name")]
    assert states == [BatchState.DONE] * 9 + [BatchState.MAPPING]
    left_out = ImportRow.objects.filter(outcome="rejected")
    assert left_out.count() == 27
    assert left_out.values("batch").distinct().count() == 9
    assert not left_out.filter(text="").exists()
    assert ImportRow.objects.filter(outcome="unchanged").count() == 1  # the row that stands twice

    # Everything is marked, every registered place has its point on the map.
    assert not any(table.objects.filter(is_demo=False).exists() for table in (Instrument, Party, Place))
    assert not Place.objects.filter(longitude=None).exists()

    total = kept_tally().total
    assert 4900 <= total.known == Instrument.objects.exclude(condition="scrapped").count() <= 5300
    assert 0.03 < total.overdue / total.due < 0.06
    assert total.never > 0 < total.unclear
    assert total.filed < total.mandatory < total.known
    assert set(Instrument.objects.values_list("filing", flat=True)) == set(Filing.values)
    assert set(Instrument.objects.values_list("condition", flat=True)) == {
        "in_use",
        "stopped",
        "sealed",
        "scrapped",
    }

    # The registry moves the tasks of rows 1, 6 and 12 of the annex.
    plan = Plan.objects.get()
    records = plan_records(plan)
    for label in ("（三）1", "（四）1", "（五）2"):
        task = record_of(records, plan.tasks.get(label=label))
        assert any(name.startswith("registry.") for name, _target in task.targets)
