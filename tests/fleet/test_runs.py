"""A run over a store: the same bytes however it ran, and an answer for every area whatever is wrong with it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanheng.fleet import runs
from quanheng.fleet.pool import mapped
from quanheng.fleet.results_file import areas_path, read_results
from quanheng.fleet.run_errors import CannotRun
from quanheng.fleet.runs import Progress, broken, estimate_folder, run
from quanheng.kernels.fleet.results import JUDGED, UNDETERMINED, UNUSABLE, WITHHELD, FleetFinding
from tests.fleet.readings import store
from tests.fleet.runs_world import START, command, environment, killed, simulated, written

AREAS = 16


@pytest.fixture(scope="module")
def areas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of sound areas; read only."""
    folder = tmp_path_factory.mktemp("store")
    for at in range(AREAS):
        simulated(folder / f"f{(at * 7) % AREAS:02}", f"A{at:02}", at + 1)
    return folder


@pytest.fixture(scope="module")
def expected(areas: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    out = tmp_path_factory.mktemp("one") / "out.parquet"
    run(areas, out)
    return written(out)


def _answers(out: Path) -> dict[str, object]:
    return {found.area_id: found for found in read_results(out)}


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_processes_writes_the_same_bytes(areas, expected, tmp_path, jobs):
    progress = run(areas, tmp_path / "out.parquet", jobs=jobs)
    assert progress == Progress(AREAS, AREAS, 0, 0)
    assert written(tmp_path / "out.parquet") == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.areas.parquet", "out.parquet"]


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(areas, expected, tmp_path):
    out, moment, kept = tmp_path / "out.parquet", random.Random(6), 0
    journal = tmp_path / "out.parquet.journal"
    for jobs in (2, 1, 3, 2):
        was_at_work = killed(journal, moment, partial(run, areas, out, jobs=jobs))
        for path, whole in zip((out, areas_path(out)), expected, strict=True):
            assert not path.exists() or path.read_bytes() == whole
        if not was_at_work or not journal.exists():  # it was done before it could be killed
            kept = 0
            break
        with journal.open("r+b") as stream:  # as a crash of the machine may leave it: the last line is torn
            stream.truncate(max(journal.stat().st_size - moment.randint(1, 400), 0))
        kept = journal.read_bytes().count(b"\n")
    assert run(areas, out, jobs=2).resumed >= kept
    assert written(out) == expected
    assert not journal.exists()


def test_processes_end_with_the_run_that_was_killed(areas, tmp_path):
    # Whoever reads their output waits until the last process has closed it.
    process = subprocess.Popen(
        command("estimate", areas, "-o", tmp_path / "o.parquet", "--jobs", 3),
        env=environment(),
        stdout=subprocess.PIPE,
    )
    while process.poll() is None and not (tmp_path / "o.parquet.journal").exists():
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.communicate(timeout=20)[0] == b""


def test_after_a_kill_only_changed_areas_are_estimated_again(areas, tmp_path, monkeypatch):
    folders = [simulated(tmp_path / "in" / name, name, at) for at, name in enumerate("PQR")]
    out, worked = tmp_path / "out.parquet", []

    def work(folder, since, until):
        worked.append(folder.name)
        if len(worked) == 3:
            raise KeyboardInterrupt
        return estimate_folder(folder, since, until)

    monkeypatch.setattr(runs, "estimate_folder", work)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "in", out)
    assert not out.exists()
    simulated(folders[0], "P", 99)
    assert run(tmp_path / "in", out).resumed == 1
    assert worked == ["P", "Q", "R", "P", "R"]
    run(tmp_path / "in", tmp_path / "again.parquet")
    assert written(out) == written(tmp_path / "again.parquet")
    assert len(worked) == 8  # a finished run is not taken for another


def test_what_was_estimated_for_another_window_is_not_taken(tmp_path):
    journal = tmp_path / "o.parquet.journal"
    simulated(tmp_path / "in" / "A", "A", 1)
    with pytest.raises(RuntimeError):
        run(tmp_path / "in", tmp_path / "o.parquet", tell=_stop_when_done)
    assert journal.exists()
    assert run(tmp_path / "in", tmp_path / "o.parquet", since=START).resumed == 0


def _stop_when_done(progress: Progress) -> None:
    if progress.done == progress.areas:
        raise RuntimeError


def _truncated(folder: Path) -> None:
    path = folder / "curves.parquet"
    path.write_bytes(path.read_bytes()[:-200])


def _empty(folder: Path) -> None:
    (folder / "curves.parquet").write_bytes(b"")


def _other_schema(folder: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), folder / "curves.parquet")


def _no_curves(folder: Path) -> None:
    (folder / "curves.parquet").unlink()


def _no_meters(folder: Path) -> None:
    (folder / "meters.parquet").unlink()


def _with_rows(folder: Path, **changes: object) -> None:
    rows = [row | changes for row in pq.read_table(folder / "meters.parquet").to_pylist()]
    pq.write_table(pa.Table.from_pylist(rows), folder / "meters.parquet")


BAD = {
    "truncated": (_truncated, "bad_file"),
    "empty": (_empty, "bad_file"),
    "other schema": (_other_schema, "bad_file"),
    "no curves": (_no_curves, "bad_file"),
    "no meters": (_no_meters, "bad_file"),
    "no master": (partial(_with_rows, role="consumer"), "missing_master"),
    "nameless area": (partial(_with_rows, area_id=""), "bad_file"),
    "unknown role": (partial(_with_rows, role="x"), "bad_file"),
}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bad_area_is_reported_and_the_others_are_estimated(tmp_path, jobs):
    simulated(tmp_path / "in" / "good", "good", 1)
    for at, (name, (spoil, _code)) in enumerate(BAD.items()):
        spoil(simulated(tmp_path / "in" / name, name, at))
    (tmp_path / "in" / "unreachable").symlink_to("x" * 300)

    progress = run(tmp_path / "in", tmp_path / "out.parquet", jobs=jobs)

    found = _answers(tmp_path / "out.parquet")
    assert sorted(found) == sorted([*BAD, "good", "unreachable"])
    assert list(found) == sorted(found)
    assert found["good"].status in {JUDGED, WITHHELD}
    assert progress.unusable == len(BAD) + 1
    for name, (_spoil, code) in BAD.items():
        assert (found[name].status, found[name].findings[-1].code) == (UNUSABLE, code), name
        assert set(found[name].meter_status) <= {UNDETERMINED}
    assert len(found["truncated"].meter_ids) == 12
    assert set(found["truncated"].reason) == {found["truncated"].findings[0].text}
    assert found["no meters"].meter_ids == ()


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), OSError(5, "Input/output error"), MemoryError()])
def test_an_area_at_which_the_estimate_fails_is_reported(areas, tmp_path, monkeypatch, error):
    def fail(area):
        if area.area_id == "A03":
            raise error
        return real(area)

    real = runs.estimate
    monkeypatch.setattr(runs, "estimate", fail)
    assert run(areas, tmp_path / "out.parquet").unusable == 1
    found = _answers(tmp_path / "out.parquet")
    assert found["A03"].findings[0].code == "bad_file"
    assert "没有结果" in found["A03"].reason[0]


def _work_or_die(folder: Path):
    if folder.name == "f03":
        os._exit(9)
    return broken(folder, FleetFinding("bad_file", "done"))


def _lost(folder: Path):
    return broken(folder, FleetFinding("bad_file", "lost"))


def test_an_area_that_kills_its_process_costs_only_itself(areas):
    folders = sorted(areas.iterdir())
    answers = dict(mapped(_work_or_die, folders, 2, _lost))
    assert {folder.name: found.findings[0].text for folder, found in answers.items()} == {
        folder.name: "lost" if folder.name == "f03" else "done" for folder in folders
    }


def test_folders_of_one_area_are_told_apart(tmp_path):
    for at, folder in enumerate("xyz"):
        simulated(tmp_path / "in" / folder, "A", at)
    simulated(tmp_path / "in" / "v", "A（y）", 5)  # the name that the second would get
    run(tmp_path / "in", tmp_path / "out.parquet")
    found = _answers(tmp_path / "out.parquet")
    assert [(name, area.status == UNUSABLE) for name, area in found.items()] == [
        ("A", False),
        ("A（y）", False),
        ("A（y）（y）", True),
        ("A（z）", True),
    ]
    assert "另一个文件夹也是台区 A" in found["A（z）"].findings[0].text


def test_a_folder_name_that_is_no_text_does_not_stop_the_run(tmp_path):
    folder = tmp_path / "in" / os.fsdecode(b"\xd6\xd0")  # GBK
    folder.mkdir(parents=True)
    (folder / "curves.parquet").write_bytes(b"PAR1")
    simulated(tmp_path / "in" / "A", "A", 1)
    run(tmp_path / "in", tmp_path / "out.parquet")
    assert {name: area.status == UNUSABLE for name, area in _answers(tmp_path / "out.parquet").items()} == {
        "A": False,
        "��": True,
    }


def test_a_folder_that_is_an_area_is_estimated_alone_and_named_from_within(areas, tmp_path, monkeypatch):
    run(areas / "f00", tmp_path / "out.parquet")
    assert len(_answers(tmp_path / "out.parquet")) == 1
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "curves.parquet").touch()
    monkeypatch.chdir(tmp_path / "alone")
    run(Path(), tmp_path / "out.parquet")
    assert list(_answers(tmp_path / "out.parquet")) == ["alone"]


def test_the_window_counts_both_days_and_is_written_down(areas, tmp_path):
    out, until = tmp_path / "out.parquet", START + timedelta(days=7)
    run(areas / "f00", out, since=START + timedelta(days=1), until=until)
    assert next(read_results(out)).status != UNUSABLE
    assert pq.read_schema(out).metadata[b"quanheng.until"] == str(until).encode()
    run(areas / "f00", out, since=START + timedelta(days=2), until=until)
    assert "6 天" in next(read_results(out)).findings[0].text
    run(areas / "f00", out, since=until + timedelta(days=99))
    assert next(read_results(out)).findings[0].code == "too_few_data"


def test_what_cannot_be_said_is_null(tmp_path):
    store(tmp_path / "in" / "T1")
    run(tmp_path / "in", tmp_path / "out.parquet")
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["meter_id"] for row in rows] == ["T1-1", "T1-2"]
    assert {row["error_percent"] for row in rows} == {row["energy_share"] for row in rows} == {None}
    (area,) = pq.read_table(areas_path(tmp_path / "out.parquet")).to_pylist()
    assert (area["loss_kwh"], area["residual_sd_kwh"]) == (None, None)


def test_what_a_finding_carries_survives_the_journal(areas, tmp_path, monkeypatch):
    data = {"day": np.datetime64("2026-01-05"), "kwh": np.float32(1.5), "list": np.arange(2), "nan": np.nan}
    real = runs.estimate

    def found(area):
        return replace(real(area), findings=(FleetFinding("spikes", "t", None, data),))

    monkeypatch.setattr(runs, "estimate", found)
    run(areas / "f00", tmp_path / "out.parquet")
    (finding,) = next(read_results(tmp_path / "out.parquet")).findings
    assert finding.data["kwh"] == 1.5
    assert finding.data["list"] == [0, 1]
    assert finding.data["nan"] is None
    assert "2026-01-05" in str(finding.data["day"])


def test_a_run_that_cannot_end_well_does_not_begin(areas, tmp_path):
    out = tmp_path / "out.parquet"
    (tmp_path / "empty").mkdir()
    refusals = {
        "no_areas": lambda: run(tmp_path / "empty", out),
        "out": lambda: run(areas, tmp_path),
        "window": lambda: run(areas, out, since=START, until=START - timedelta(days=1)),
    }
    for code, refused in refusals.items():
        with pytest.raises(CannotRun) as caught:
            refused()
        assert caught.value.code == code
    with pytest.raises(CannotRun, match="文件夹"):
        run(areas, Path())
    before = (areas / "f00" / "curves.parquet").read_bytes()
    with pytest.raises(CannotRun, match="读数"):
        run(areas, areas / "f00" / "curves.parquet")
    assert (areas / "f00" / "curves.parquet").read_bytes() == before
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "absent", out)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        run(tmp_path / "file", out)
    with pytest.raises(OSError, match="file"):
        run(areas, tmp_path / "file" / "out.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]


def test_results_may_stand_among_the_areas(tmp_path):
    simulated(tmp_path / "A", "A", 1)
    run(tmp_path, tmp_path / "out.parquet")
    first = written(tmp_path / "out.parquet")
    run(tmp_path, tmp_path / "out.parquet")
    assert written(tmp_path / "out.parquet") == first
