"""A run on a Spark cluster of two workers: the bytes of the local run, whoever is killed meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from quanheng.cli.fleet import app
from quanheng.fleet import spark as spark_module
from quanheng.fleet.journal import encoded
from quanheng.fleet.results_file import read_results
from quanheng.fleet.run_errors import CannotRun
from quanheng.fleet.runs import run
from quanheng.fleet.spark import WrongWorker, _Task, spark
from quanheng.kernels.fleet.results import UNUSABLE
from tests.docs import blocks
from tests.fleet.runs_world import command, simulated
from tests.fleet.spark_world import MISSING, Cluster, cluster, environment, is_installed, wait_until

AREAS = tuple(f"f{at:02}" for at in range(14))  # two jobs, on two cores


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not is_installed():
        (pytest.fail if os.environ.get("QUANHENG_TEST_STRICT") == "1" else pytest.skip)(MISSING)
    with cluster(tmp_path_factory.mktemp("spark")) as made:
        yield made


def test_the_guide_for_a_province_does_what_it_says(two_workers, tmp_path):
    guide = blocks.ROOT / "docs" / "howto" / "province.md"
    blocks.follow(guide, tmp_path, environment() | blocks.environment() | {"MASTER": two_workers.url})


def test_a_killed_driver_a_lost_worker_and_poisoned_areas_cost_nothing_else(two_workers, tmp_path):
    store, out, journal = tmp_path / "in", tmp_path / "out.parquet", tmp_path / "out.parquet.journal"
    for at, name in enumerate(AREAS):
        simulated(store / name, name, at)
    first, gate = _driver(two_workers, store, out, tmp_path / "gate1", free=10)
    wait_until(lambda: len(list(gate.iterdir())) >= 12, "both workers are at work")
    wait_until(lambda: _lines(journal) >= 6, "what is done is in the journal")
    second = subprocess.run(
        command("estimate", store, "-o", out, "--engine", "spark"),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (second.returncode, "另一个进程正在写" in second.stderr) == (2, True)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    (gate / "open").touch()
    assert not out.exists()

    for name in ("gone", "zbad", "zdies"):
        simulated(store / name, name, 9)
    (store / "zbad" / "curves.parquet").write_bytes(b"PAR1")
    run(store, tmp_path / "local.parquet")
    expected = {each.area_id: each for each in read_results(tmp_path / "local.parquet")}
    kept = _lines(journal)
    again, gate = _driver(two_workers, store, out, tmp_path / "gate2", free=0)
    wait_until(lambda: len(list(gate.iterdir())) >= 2, "both workers are at work")
    shutil.rmtree(store / "gone")
    two_workers.workers[0].send_signal(signal.SIGKILL)
    wait_until(lambda: "Lost executor" in gate.with_suffix(".log").read_text(), "the driver knows")
    (gate / "open").touch()
    told, _ = again.communicate(timeout=120)

    assert told == f"17 {kept} 3"
    found = {each.area_id: each for each in read_results(out)}
    assert list(found) == list(expected)
    for name in (*AREAS, "zbad"):
        assert encoded(found[name]) == encoded(expected[name]), name
    assert (found["gone"].status, found["zdies"].status) == (UNUSABLE, UNUSABLE)
    assert "没有 meters.parquet" in found["gone"].findings[0].text
    assert "意外终止" in found["zdies"].findings[0].text
    assert len(found["zdies"].meter_ids) == 12
    assert not journal.exists()


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _driver(
    spark_cluster: Cluster, store: Path, out: Path, gate: Path, *, free: int
) -> tuple[subprocess.Popen[str], Path]:
    gate.mkdir()
    words = [sys.executable, "-m", "tests.fleet.spark_world", store, out, spark_cluster.url, gate, free]
    with gate.with_suffix(".log").open("w") as log:
        process = subprocess.Popen(
            [str(word) for word in words], env=environment(), stdout=subprocess.PIPE, stderr=log, text=True
        )
    return process, gate


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(spark_module, "find_spec", lambda name: None)
    with pytest.raises(CannotRun, match=r"quanheng\[spark\]"):
        spark()
    monkeypatch.setattr(spark_module, "find_spec", lambda name: name)
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(CannotRun, match=r"/nowhere.*Java 17"):
        spark()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CannotRun, match="没有找到 java"):
        spark()


def test_a_worker_that_cannot_do_the_work_stops_the_run_and_no_area_is_blamed(tmp_path):
    batches = [pa.RecordBatch.from_pydict({"id": pa.array([0])})]
    other = _Task(lambda folder: None, (tmp_path / "A",), "0.0.0")
    with pytest.raises(WrongWorker, match=r"发起的机器上是 0\.0\.0"):
        list(other(iter(batches)))
    unmounted = _Task(lambda folder: None, (tmp_path / "absent" / "A",), spark_module.__version__)
    with pytest.raises(WrongWorker, match="从同一路径读到读数"):
        list(unmounted(iter(batches)))
    passed_on = (
        "An exception was thrown …:\nTraceback …\n  File …\nquanheng.fleet.spark.WrongWorker: 主机 上没有。"
    )
    assert spark_module._reason(passed_on) == "主机 上没有。"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--master", "local[2]"], "与 --engine spark 一起用"),
        (["--engine", "spark", "--conf", "spark.cores.max"], "KEY=VALUE"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(tmp_path, words, told):
    simulated(tmp_path / "in" / "A", "A", 1)
    done = CliRunner().invoke(
        app, ["estimate", str(tmp_path / "in"), "-o", str(tmp_path / "o.parquet"), *words]
    )
    assert done.exit_code == 2
    assert told in done.stderr
