"""The county day with readings: stored, new months estimated once, late readings seen, nothing configured costs nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quanheng.base import clock
from quanheng.fleet.demo import load_demo_fleet
from quanheng.fleet.enums import AreaStatus
from quanheng.fleet.intake import estimating
from quanheng.fleet.intake.months import todo_of
from quanheng.fleet.intake.places import intake_of
from quanheng.fleet.models import AreaResult, FleetRun, SupplyArea
from quanheng.fleet.results_file import read_results
from quanheng.fleet.runs import run
from quanheng.fleet.services import take_estimates
from quanheng.fleet.updates import update
from quanheng.kernels.fleet.results import AreaEstimate
from quanheng.taskboard import readings_day
from tests.fleet.intake.test_segments import quarters, write
from tests.fleet.runs_world import simulated
from tests.prepared import made_once

pytestmark = pytest.mark.django_db
SINCE = date(2026, 8, 1)


@pytest.fixture
def areas(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """Two areas from 1 August to 10 October, in the store of this home."""
    import shutil

    def make(folder: Path) -> None:
        for at, name in enumerate(("A1", "A2")):
            simulated(folder / name, name, at + 1, days=71, start=SINCE)

    shutil.copytree(made_once(tmp_path_factory, "readings-day", make), home / "fleet")
    return home / "fleet"


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    day = [date(2026, 10, 11)]
    monkeypatch.setattr(clock, "today", lambda: day[0])
    return day


def texts() -> list[str]:
    return [line.text for line in readings_day.estimate_months()]


def test_without_readings_the_day_says_so_and_makes_nothing(home: Path) -> None:
    (stored,), (estimated,) = readings_day.store_readings(), readings_day.estimate_months()
    assert (stored.text, estimated.text) == ("没有新收到的读数。", "没有要估计的新月份。")
    assert (stored.is_ok, estimated.is_ok) == (True, True)
    assert list(home.iterdir()) == []


def test_what_was_received_is_stored_and_told(home: Path) -> None:
    write(intake_of(home), quarters(intake_of(home)))
    (line,) = readings_day.store_readings()
    assert line.text == "收到的读数 1 段、192 行：1 个台区有新读数。"
    assert (home / "fleet" / "T9" / "curves.parquet").is_file()


def test_whole_months_are_estimated_once_and_the_command_gives_the_same(
    areas: Path, today: list[date], tmp_path: Path
) -> None:
    (line,) = readings_day.estimate_months()
    assert line.text.startswith("2 个台区估计到 2026-09：")
    assert line.command.endswith("fleet --month 2026-09 -o OUT.parquet")
    taken = FleetRun.objects.get()
    assert (taken.month, taken.since, taken.until) == (date(2026, 9, 1), None, None)
    assert texts() == ["没有要估计的新月份。"]
    update(areas, date(2026, 9, 1), tmp_path / "OUT.parquet")
    for found in read_results(tmp_path / "OUT.parquet"):
        kept = SupplyArea.objects.get(area_id=found.area_id).latest
        assert kept is not None
        assert (kept.status, kept.suspects) == (found.status, found.meter_status.count("out_of_tolerance"))
        assert [row.error_percent for row in kept.meter_results.order_by("meter_id")] == pytest.approx(
            list(found.error_percent), nan_ok=True
        )
        assert kept.status != AreaStatus.UNUSABLE


def test_readings_that_were_taken_in_before_are_not_estimated_again(
    areas: Path, today: list[date], tmp_path: Path
) -> None:
    run(areas, tmp_path / "OUT.parquet")
    take_estimates(actor=None, results_path=tmp_path / "OUT.parquet", folder=str(areas))
    assert texts() == ["没有要估计的新月份。"]
    assert FleetRun.objects.count() == 1
    today[0] = date(2026, 11, 2)  # October has ended meanwhile, and nothing has come
    simulated(areas / "A1", "A1", 1, days=92, start=SINCE)
    assert texts()[0].startswith("1 个台区估计到 2026-10：")


def test_late_readings_of_an_old_month_and_only_its_area_are_estimated_again(
    areas: Path, today: list[date]
) -> None:
    texts()
    simulated(areas / "A2", "A2", 99, days=71, start=SINCE)
    todo = todo_of(areas / "A2", today[0])
    assert todo is not None
    assert todo.months == (date(2026, 8, 1), date(2026, 9, 1))
    assert texts()[0].startswith("1 个台区估计到 2026-09：")
    assert AreaResult.objects.filter(area__area_id="A1").count() == 1
    assert AreaResult.objects.filter(area__area_id="A2").count() == 2


def test_a_day_without_time_leaves_the_rest_to_the_next(
    areas: Path, today: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 1.0, 10.0, 20.0])
    monkeypatch.setattr(estimating.time, "monotonic", lambda: next(moments))
    found = estimating.estimate_new_months(intake_of(areas.parent), areas, today[0], timedelta(seconds=5))
    assert ([done.areas for done in found.done], found.left) == ([1], 1)
    monkeypatch.undo()
    monkeypatch.setattr(clock, "today", lambda: date(2026, 10, 11))
    assert texts()[0].startswith("1 个台区估计到 2026-09：")


def test_a_killed_day_goes_on_and_takes_nothing_in_twice(
    areas: Path, today: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    real = estimating._estimated

    def estimated(todo: estimating.Todo) -> AreaEstimate:
        worked.append(todo.folder.name)
        return real(todo)

    monkeypatch.setattr(estimating, "_estimated", estimated)
    with monkeypatch.context() as patch:
        patch.setattr(estimating, "take_estimates", lambda **_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            texts()
    with monkeypatch.context() as patch:
        patch.setattr(estimating, "remember", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            texts()
    assert FleetRun.objects.count() == 1
    assert texts() == ["没有要估计的新月份。"]  # taken in after the readings were stored
    assert FleetRun.objects.count() == 1
    assert worked == ["A1", "A2"]


def test_a_store_that_is_being_imported_into_is_told_and_not_lost(home: Path) -> None:
    from quanheng.base.locks import lock_for_process

    write(intake_of(home), quarters(intake_of(home)), now=datetime.now(UTC))
    with lock_for_process(home / "fleet" / ".import.lock"):
        (line,) = readings_day.store_readings()
    assert not line.is_ok
    assert "仍在等待" in line.text
    assert readings_day.store_readings()[0].is_ok


def test_the_demonstration_is_not_estimated_again(home: Path) -> None:
    load_demo_fleet()
    assert texts() == ["没有要估计的新月份。"]
    assert FleetRun.objects.count() == 1
