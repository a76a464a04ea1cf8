"""Taking in the results of a run: who may, what is refused, what is kept, what the log says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import typer
from django.db import IntegrityError, transaction
from typer.testing import CliRunner

from quanheng.base.errors import BureauError
from quanheng.base.sheets import BadSheet
from quanheng.cli.fleet_take import take_command
from quanheng.core.errors import NotPermitted
from quanheng.core.models import OrgUnit, User
from quanheng.fleet.area_names import AreaName, read_area_names
from quanheng.fleet.enums import AreaStatus, MeterStatus
from quanheng.fleet.errors import BadAreaNames, BadResultsFile, RunKnown, SupplyAreaNotFound
from quanheng.fleet.models import AreaResult, FleetRun, MeterResult, SupplyArea
from quanheng.fleet.results_file import areas_path, write_results
from quanheng.fleet.selectors import (
    SORTS,
    area_for,
    areas_visible,
    estimate_of,
    ranked_meters,
    sorted_areas,
    totals,
)
from quanheng.fleet.services import take_estimates
from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding
from quanheng.taskboard.services.people import erase_person_everywhere
from quanheng.transparency.models import PendingLeaf
from tests.fleet.making import METERS, estimate, unusable, withheld

READERS = {"admin", "officer", "inspector", "auditor"}


@pytest.fixture
def officer(people: dict[str, User]) -> User:
    return people["officer"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "OUT.parquet"
    write_results(path, [estimate(), withheld(), unusable()])
    return path


def nothing_kept() -> bool:
    return not any(model.objects.exists() for model in (FleetRun, SupplyArea, AreaResult, MeterResult))


def test_a_run_is_kept_whole_and_read_back_as_it_was(officer: User, out: Path) -> None:
    run = take_estimates(actor=officer, results_path=out, folder="readings/county")
    assert (FleetRun.objects.get(), AreaResult.objects.count(), MeterResult.objects.count()) == (run, 3, 6)
    area = area_for(officer, SupplyArea.objects.get(area_id="A1").public_id)
    assert area.latest is not None
    assert (area.latest.meters, area.latest.suspects, area.latest.undetermined) == (4, 1, 2)
    found, given = estimate_of(area.latest), estimate()
    for name in AreaEstimate.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(found, name), getattr(given, name), name)


def test_the_leaf_holds_the_hashes_and_no_folder(officer: User, out: Path) -> None:
    run = take_estimates(actor=officer, results_path=out, folder="/mnt/readings")
    [leaf] = PendingLeaf.objects.filter(kind="fleet:taken")
    text = bytes(leaf.entry).decode()
    data = json.loads(text)["data"]
    assert (data["sha256"], data["areas"], data["meters"], data["suspects"]) == (run.sha256, 3, 6, 1)
    assert "zhang" not in text


def test_only_the_officer_takes_in_and_the_terminal(people: dict[str, User], out: Path) -> None:
    for name, person in people.items():
        if name != "officer":
            with pytest.raises(NotPermitted):
                take_estimates(actor=person, results_path=out)
    assert nothing_kept()
    assert take_estimates(actor=None, results_path=out).taken_by is None


def test_the_bureau_and_the_auditor_see_areas_and_nobody_else(people: dict[str, User], out: Path) -> None:
    take_estimates(actor=None, results_path=out)
    assert {name for name, person in people.items() if areas_visible(person).exists()} == READERS
    with pytest.raises(SupplyAreaNotFound):
        area_for(people["officer"], uuid4())
    with pytest.raises(SupplyAreaNotFound):
        area_for(people["owner"], SupplyArea.objects.all()[0].public_id)


def test_the_last_run_wins_and_those_before_are_kept(officer: User, out: Path) -> None:
    first = take_estimates(actor=officer, results_path=out)
    write_results(out, [estimate(meters=METERS[:1])])
    second = take_estimates(actor=officer, results_path=out)
    latest = {area.area_id: area.latest for area in SupplyArea.objects.select_related("latest")}
    assert {name: result.run_id for name, result in latest.items() if result} == {
        "A1": second.pk,
        "A2": first.pk,
        "A3": first.pk,
    }
    assert [result.suspects for result in SupplyArea.objects.get(area_id="A1").results.all()] == [0, 1]


def test_the_same_results_are_taken_in_once(officer: User, out: Path) -> None:
    take_estimates(actor=officer, results_path=out)
    with pytest.raises(RunKnown):
        take_estimates(actor=officer, results_path=out)
    assert FleetRun.objects.count() == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def swap(path: Path) -> None:
    write_results(path.with_name("X.parquet"), [estimate("Z9")])
    areas_path(path.with_name("X.parquet")).replace(areas_path(path))


@pytest.mark.parametrize(
    "spoil",
    [
        cut,
        lambda path: cut(areas_path(path)),
        lambda path: areas_path(path).unlink(),
        swap,
        lambda path: write_results(path, [estimate("A" * 101)]),
        lambda path: write_results(path, [estimate(), estimate("B\x00")]),
        lambda path: write_results(path, [estimate("A\n1")]),
        lambda path: write_results(path, [estimate(meters=[("m\x1b[2J", *METERS[0][1:])])]),
        lambda path: write_results(path, [estimate(meters=[(*METERS[0][:6], "a\x00b")])]),
        lambda path: write_results(
            path, [estimate(findings=[FleetFinding("spikes", "x", None, {"a\x00": 1})])]
        ),
        lambda path: write_results(path, [estimate(status="withheld")]),
        lambda path: write_results(path, [estimate(meters=[("m", "out_of_tolerance", *METERS[3][2:])])]),
    ],
)
def test_of_a_broken_file_nothing_is_kept(officer: User, out: Path, spoil: Any) -> None:
    spoil(out)
    with pytest.raises(BadResultsFile), transaction.atomic():
        take_estimates(actor=officer, results_path=out)
    assert nothing_kept()
    assert not PendingLeaf.objects.filter(kind="fleet:taken").exists()


def test_a_folder_that_no_command_could_name_is_refused(officer: User, out: Path) -> None:
    for folder in ("x" * 501, "a\nb"):
        with pytest.raises(BadResultsFile), transaction.atomic():
            take_estimates(actor=officer, results_path=out, folder=folder)


def test_erasing_a_person_blanks_the_folder_that_they_named(people: dict[str, User], out: Path) -> None:
    run = take_estimates(actor=people["officer"], results_path=out, folder="/home/zhang")
    erase_person_everywhere(
        actor=people["admin"], public_id=people["officer"].public_id, revision=1, reason="离职"
    )
    run.refresh_from_db()
    assert run.folder == "已删除"
    assert MeterResult.objects.count() == 6


def test_areas_are_counted_and_sorted(officer: User, out: Path) -> None:
    take_estimates(actor=officer, results_path=out)
    rows = areas_visible(officer)
    assert [area.area_id for area in rows] == ["A1", "A2", "A3"]
    counted = totals(rows)
    assert (counted.areas, counted.meters, counted.suspects, counted.undetermined) == (3, 6, 1, 4)
    assert counted.states == {"suspects": 1, "withheld": 1, "unusable": 1, "clear": 0}
    for sort in SORTS:
        assert len(sorted_areas(rows, sort, descending=True)) == 3
    assert [area.area_id for area in sorted_areas(rows, "loss", descending=True)][-1] == "A3"
    assert totals(rows.none()).meters == 0


def test_suspects_stand_before_what_cannot_be_judged(officer: User, out: Path) -> None:
    take_estimates(actor=officer, results_path=out)
    result = SupplyArea.objects.get(area_id="A1").latest
    assert result is not None
    assert [meter.meter_id for meter in ranked_meters(result)] == ["A1-m02", "A1-m03", "A1-m04", "A1-m01"]


NAMES = "台区编号,名称,乡镇街道\nA1,朝阳路 1 号,亭子镇\nA2,,\nZ9,没有读数,\n"


def test_names_of_a_sheet_are_kept_for_the_areas_that_are_there(officer: User, out: Path) -> None:
    names = read_area_names(NAMES.encode(), "names.csv")
    assert names["A1"] == AreaName("朝阳路 1 号", OrgUnit.objects.get(name="亭子镇").pk)
    take_estimates(actor=officer, results_path=out, names=names)
    assert [(str(area), str(area.town or "")) for area in SupplyArea.objects.all()] == [
        ("朝阳路 1 号", "亭子镇"),
        ("A2", ""),
        ("A3", ""),
    ]


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("台区编号,名称,乡镇街道\nA1,x,没有的镇\n", BadAreaNames),
        ("台区编号,名称,乡镇街道\nA1,x,\nA1,y,\n", BadAreaNames),
        ("台区编号,名称,乡镇街道\n,x,\n", BadAreaNames),
        (f"台区编号,名称,乡镇街道\nA1,{'长' * 101},\n", BadAreaNames),
        ("编号,名称\n", BadSheet),
    ],
)
def test_names_that_cannot_be_kept_are_refused(
    dachuan: object, text: str, refused: type[BureauError]
) -> None:
    with pytest.raises(refused):
        read_area_names(text.encode(), "names.csv")


def test_the_database_refuses_what_no_service_would_write(officer: User, out: Path) -> None:
    take_estimates(actor=officer, results_path=out)
    result = AreaResult.objects.get(area__area_id="A1")
    meter = MeterResult.objects.filter(area_result=result)
    wrong: list[tuple[Any, dict[str, Any]]] = [
        (meter, {"status": "guilty"}),
        (meter, {"probability_out_of_tolerance": 1.5}),
        (meter.filter(meter_id="A1-m04"), {"status": MeterStatus.OUT_OF_TOLERANCE}),
        (meter.filter(meter_id="A1-m01"), {"meter_id": "A1-m02"}),
        (AreaResult.objects.filter(pk=result.pk), {"status": AreaStatus.WITHHELD}),
        (AreaResult.objects.filter(pk=result.pk), {"suspects": 3}),
        (SupplyArea.objects.filter(area_id="A1"), {"area_id": ""}),
        (FleetRun.objects, {"sha256": ""}),
        (FleetRun.objects, {"since": "2026-02-01", "until": "2026-01-01"}),
    ]
    for rows, change in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)


def test_the_command_takes_in_and_says_what(officer: User, out: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(take_command)
    sheet = tmp_path / "names.csv"
    sheet.write_text(NAMES, encoding="utf-8")
    words = [str(out), "--folder", "readings", "--names", str(sheet), "--as", "officer"]
    found = CliRunner().invoke(app, words)
    assert found.output == "收下 3 个台区、6 台电能表的结果：疑似超差 1 台，不能判断 4 台。\n"
    assert FleetRun.objects.get().taken_by == officer
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2
    assert "fleet.run_known" in again.output
    for more in (["--as", "nobody"], ["--names", str(tmp_path / "none.csv")]):
        assert CliRunner().invoke(app, [str(out), *more]).exit_code == 2
