"""The figures of meters in use: what each count means, and that the open file gives what the platform says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from quanheng.base.open_data import open_table, reading_table
from quanheng.base.rows import write_rows
from quanheng.cli.main import app
from quanheng.core.models import User
from quanheng.followups.models import FollowUp, TestResult
from quanheng.followups.selectors import suspects
from quanheng.lots.models import Lot, Sample
from quanheng.lots.services.samples import decide
from quanheng.manufacturers.models import Authorisation
from quanheng.taskboard.demo import read_demo
from quanheng.taskboard.indicators import REGISTRY, find
from quanheng.taskboard.meters import FILE_NAME, kept_meters, present_meters, publish_meters
from quanheng.taskboard.meters_day import do_meters
from quanheng.taskboard.meters_tally import (
    RECENT_DAYS,
    TEST_DAYS,
    CountRow,
    FleetCounts,
    FleetTally,
    count_rows,
    read_counts,
)
from quanheng.taskboard.records import PlanRecords
from quanheng.taskboard.registry import Over
from tests.followups.making import complete_order, found_wrong, proposed, suspect, to_replace
from tests.instruments.making import TODAY
from tests.lots.making import a_closed_lot, a_sample, meters, record
from tests.manufacturers.making import authorised, delivered, judged
from tests.web.fleet_world import make_fleet

EXAMPLE = Path(__file__).parents[2] / "examples/dachuan"
People = dict[str, User]
ENDING = meters(40, verified_on=date(2018, 8, 1))  # end within three months
NAMES = [name for name, item in REGISTRY.items() if item.over is Over.METERS]
tallies = st.builds(
    FleetTally,
    st.dates(),
    st.builds(FleetCounts, **{name: st.integers(0, 10**9) for name in FleetCounts._fields}),
)


@pytest.fixture(autouse=True)
def on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: now)


def _value(name: str, **counts: int) -> Decimal:
    return find(name).value(PlanRecords.of_county(TODAY, meters=FleetTally(TODAY, FleetCounts(**counts))))


def test_of_nothing_every_figure_is_zero() -> None:
    assert len(NAMES) == 17
    assert {_value(name) for name in NAMES} == {0}


@pytest.mark.parametrize(
    ("name", "counts", "value"),
    [
        ("fleet.areas_judged_percent", {"areas": 8, "areas_judged": 6}, "75.0"),
        ("fleet.meters_judged_percent", {"meters": 3, "meters_judged": 2}, "66.7"),
        ("followups.tested_percent", {"raised": 8, "raised_tested_in_time": 7}, "87.5"),
        ("followups.inside_percent", {"tested": 20, "tested_inside": 19}, "95.0"),
        ("followups.replaced_percent", {"found_wrong": 4, "wrong_replaced": 1}, "25.0"),
        ("lots.decided_before_due_percent", {"lots_to_decide": 2, "lots_decided_in_time": 1}, "50.0"),
        ("lots.meters_in_date_percent", {"lot_meters": 1000, "lot_meters_overdue": 1}, "99.9"),
        ("manufacturers.lots_sampled_percent", {"factory_lots": 3, "factory_lots_sampled": 1}, "33.3"),
        (
            "manufacturers.lots_accepted_percent",
            {"factory_lots_sampled": 8, "factory_lots_accepted": 7},
            "87.5",
        ),
    ],
)
def test_a_share_is_of_what_its_formula_says(name: str, counts: dict[str, int], value: str) -> None:
    assert _value(name, **counts) == Decimal(value)
    assert find(name).measures_tasks


def test_what_should_be_small_measures_no_task() -> None:
    small = {"fleet.suspects", "lots.meters_overdue", "lots.to_sample", "followups.suspects_waiting"}

    assert not any(find(name).measures_tasks for name in small)


@given(tallies)
def test_both_forms_come_back(tally: FleetTally) -> None:
    assert FleetTally.from_dict(json.loads(json.dumps(tally.to_dict()))) == tally
    assert tally.on is not None
    stream = StringIO(newline="")
    write_rows(stream, CountRow._fields, count_rows(tally, tally.on, demo="no"))
    stream.seek(0)
    assert read_counts(stream) == tally


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("areas,", "arenas,"),
        lambda text: text + "areas,0,no,2026-01-01\n",
        lambda text: text.replace("suspects,0", "suspects,-1"),
        lambda text: text.replace("suspects,0", "suspects,many"),
        lambda text: "\n".join(text.splitlines()[:-1]),
        lambda text: text.replace("name,", "figure,"),
    ],
)
def test_a_file_of_counts_that_is_none_is_refused(spoil: Callable[[str], str]) -> None:
    stream = StringIO(newline="")
    write_rows(stream, CountRow._fields, count_rows(FleetTally(), TODAY, demo="no"))
    with pytest.raises(ValueError, match=r"count|columns|int|twice"):
        read_counts(StringIO(spoil(stream.getvalue())))


def test_records_downloaded_before_meters_were_counted_can_be_read() -> None:
    data = PlanRecords.of_county(TODAY, meters=FleetTally(TODAY, FleetCounts(areas=3))).to_dict()
    assert PlanRecords.from_dict(data).meters.counts.areas == 3
    del data["meters"]
    assert PlanRecords.from_dict(data).meters == FleetTally()


@pytest.fixture
def county(people: People, extended: Sample) -> Sample:
    """A suspect found wrong and replaced, a lot in service extended in time, one to sample, two of a maker."""
    make_fleet(people["officer"])
    complete_order(people, to_replace(people))
    maker = authorised(people["officer"])
    judged(people["officer"], delivered(people["maker"], maker, 300, "L1", 1), bad=0)
    delivered(people["maker"], maker, 60, "L2", 1000)
    return extended


@pytest.fixture
def extended(dachuan: object) -> Sample:
    """A lot in service extended in time; another that is to be sampled."""
    a_closed_lot(number="B-2018-1", maker="乙电表厂", rows=ENDING)
    sample = record(a_sample())
    return decide(actor=None, sample=sample, revision=sample.revision)


def test_every_count_is_what_stands_in_the_apps(county: Sample) -> None:
    assert publish_meters() == kept_meters() == present_meters()
    counts = kept_meters().counts

    assert (counts.areas, counts.areas_judged, counts.suspects, counts.suspects_waiting) == (3, 1, 1, 0)
    assert (counts.raised, counts.raised_tested_in_time) == (1, 1)
    assert (counts.tested, counts.tested_inside, counts.found_wrong, counts.wrong_replaced) == (1, 1, 1, 1)
    assert (counts.lots_to_decide, counts.lots_decided_in_time, counts.lots_to_sample) == (1, 1, 1)
    assert (counts.lot_meters, counts.lot_meters_overdue, counts.lot_meters_expiring) == (80, 0, 40)
    assert counts.makers_authorised == 1
    assert (counts.factory_lots, counts.factory_lots_sampled, counts.factory_lots_accepted) == (2, 1, 1)


def test_the_file_gives_each_figure_without_a_database(county: Sample, tmp_path: Path) -> None:
    records = PlanRecords.of_county(TODAY, meters=publish_meters())
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(records.to_dict()), encoding="utf-8")
    asked = [(name, open_table(FILE_NAME)) for name in NAMES]
    for name, file in [*asked, ("lots.decided_before_due_percent", plan)]:
        answer = CliRunner().invoke(app, ["indicator", "show", name, "--data", str(file), "--json"])
        assert answer.exit_code == 0, answer.output
        told = json.loads(answer.output)
        assert (told["value"], told["on"]) == (str(find(name).value(records)), TODAY.isoformat())


def test_the_database_gives_the_same_and_another_table_is_refused_by_name(county: Sample) -> None:
    publish_meters()
    answer = CliRunner().invoke(app, ["indicator", "show", "lots.to_sample"])
    assert "应抽样的在用批：1 批" in answer.output
    answer = CliRunner().invoke(
        app, ["indicator", "show", "standards.materials", "--data", str(open_table(FILE_NAME))]
    )
    assert answer.exit_code == 2
    assert "standards.csv" in answer.output


def test_the_portal_offers_the_file_and_it_names_nobody(county: Sample) -> None:
    publish_meters()
    answer = Client().get(reverse("portal:open_meters"))
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a FileResponse

    assert body == open_table(FILE_NAME).read_bytes()
    for secret in ("A1-m02", "M00000", "SN", "电表厂", "电能表厂", "A-2018-1"):
        assert secret not in body.decode()


def test_publishing_twice_writes_the_same_bytes(county: Sample) -> None:
    files = [open_table(FILE_NAME, packed=packed) for packed in (False, True)]
    publish_meters()
    before = [file.read_bytes() for file in files]
    publish_meters()
    assert [file.read_bytes() for file in files] == before
    with reading_table(files[0]) as stream:
        assert read_counts(stream) == kept_meters()


def test_the_day_tells_what_waits_with_a_command_that_counts_it_again(people: People) -> None:
    assert [line.text for line in do_meters()] == ["还没有远程估计、在用批或制造企业。"]
    make_fleet(people["officer"])
    a_closed_lot(rows=ENDING)
    lots, waiting, expiring, published = do_meters()

    assert "1 批还没有抽样：A-2018-1。" in lots.text
    assert "有 1 块还没有安排核实" in waiting.text
    assert "到期的表 40 块，超期使用的 0 块" in expiring.text
    assert FILE_NAME in published.text
    for line in (lots, waiting, expiring, published):
        answer = CliRunner().invoke(app, line.command.split()[1:])
        assert answer.exit_code == 0, answer.output


def test_a_suspect_waits_until_a_test_is_asked(people: People) -> None:
    make_fleet(people["officer"])
    proposed(people)
    assert present_meters().counts.suspects_waiting == len(suspects()) == 1
    FollowUp.objects.all().delete()
    found_wrong(people)
    assert present_meters().counts.suspects_waiting == len(suspects()) == 0


@pytest.mark.parametrize(("days", "in_time"), [(TEST_DAYS, 1), (TEST_DAYS + 1, 0)])
def test_a_suspicion_is_tested_in_time_up_to_the_last_day(people: People, days: int, in_time: int) -> None:
    make_fleet(people["officer"])
    found_wrong(people, suspect())
    _raised_ago(days)
    counts = present_meters().counts
    assert (counts.raised, counts.raised_tested_in_time) == (1, in_time)
    TestResult.objects.all().delete()
    counts = present_meters().counts
    assert (counts.raised, counts.raised_tested_in_time) == (1 - in_time, 0)  # its days are not over yet


def _raised_ago(days: int) -> None:
    at = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC) - timedelta(days=days)
    FollowUp.objects.update(created_at=at)


def test_a_lot_past_its_end_without_a_decision_counts_as_not_in_time(extended: Sample) -> None:
    Lot.objects.filter(number="B-2018-1").update(due_on=TODAY - timedelta(days=1))
    assert _lots() == (2, 1)
    Lot.objects.filter(number="B-2018-1").update(due_on=TODAY)  # the last valid day is a valid one
    assert _lots() == (1, 1)


def test_a_decision_is_in_time_by_the_end_that_the_lot_had_before_its_extension(extended: Sample) -> None:
    assert extended.extended_until is not None
    extended.decided_at = datetime(2026, 9, 10, 2, tzinfo=UTC)  # the lot ended on the 9th and was extended
    extended.save()
    assert _lots() == (1, 0)
    extended.decided_at = datetime(2026, 9, 9, 2, tzinfo=UTC)
    extended.save()
    assert _lots() == (1, 1)
    extended.decided_at -= timedelta(days=RECENT_DAYS + 200)
    extended.save()
    assert _lots() == (0, 0)


def _lots() -> tuple[int, int]:
    counts = present_meters().counts
    return counts.lots_to_decide, counts.lots_decided_in_time


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "suspended"},
        {"valid_until": TODAY - timedelta(days=1)},
        {"valid_from": TODAY + timedelta(days=1)},
    ],
)
def test_an_authorisation_counts_while_it_is_in_force(people: People, changes: dict[str, object]) -> None:
    authorised(people["officer"])
    assert present_meters().counts.makers_authorised == 1
    Authorisation.objects.update(**changes)
    assert present_meters().counts.makers_authorised == 0


def test_the_demonstration_measures_the_reform_of_supervision_by_them() -> None:
    linked = {link.name for link in read_demo(EXAMPLE / "demo.yaml").indicators if link.task == "（五）2"}

    assert {name.partition(".")[0] for name in linked & set(NAMES)} == {
        "fleet",
        "followups",
        "lots",
        "manufacturers",
    }
