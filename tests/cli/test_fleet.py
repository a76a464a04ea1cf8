"""`quanheng fleet estimate`, `update` and `score`: what they print, and how they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from quanheng.cli.main import app
from quanheng.fleet.journal import Journal
from quanheng.fleet.run_errors import CannotRun
from tests.fleet.runs_world import simulated


@pytest.fixture(scope="module")
def areas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    for at, name in enumerate(("A1", "A2")):
        simulated(folder / name, name, at + 1)
    (folder / "A3").mkdir()
    (folder / "A3" / "curves.parquet").write_bytes(b"PAR1")
    return folder


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["fleet", *map(str, words)])


def _is_refusal(done, *texts: str) -> bool:
    lines = done.stderr.splitlines()
    return (
        done.exit_code == 2
        and done.stdout == ""
        and len(lines) == 1
        and "Traceback" not in done.stderr
        and all(text in lines[0] for text in texts)
    )


def test_an_estimate_is_told_in_words_and_as_json(fleet, areas):
    done = fleet("estimate", areas, "-o", "out.parquet", "--jobs", 1)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "3 个台区：" in done.stdout
    assert "1 个不能用" in done.stdout
    assert "要现场检定" in done.stdout
    answer = json.loads(fleet("estimate", areas, "-o", "out.parquet", "--json").stdout)
    assert set(answer) == {"areas", "meters", "expected_false_discovery_rate", "unusable", "areas_resumed"}
    (bad,) = answer["unusable"]
    assert f"不能用：{bad['area_id']}，{bad['reason']}" in done.stdout
    assert answer["areas"]["unusable"] == 1
    assert sum(answer["areas"].values()) == 3
    assert set(answer["meters"]) == {"out_of_tolerance", "conforming", "undetermined"}
    assert sum(answer["meters"].values()) == 24
    assert 0 <= answer["expected_false_discovery_rate"] <= 0.05
    assert answer["areas_resumed"] == 0


def test_an_interrupted_estimate_says_how_much_was_kept(fleet, areas, monkeypatch):
    from quanheng.fleet import runs

    def stop(*_args, **_options):
        raise OSError(28, "No space left on device", "out.parquet")

    with monkeypatch.context() as patched:
        patched.setattr(runs, "write_results", stop)
        assert _is_refusal(fleet("estimate", areas, "-o", "out.parquet", "--jobs", 1), "out.parquet", "space")
    assert "3 个台区是上次中断前做好的" in fleet("estimate", areas, "-o", "out.parquet").stdout


def test_an_update_writes_into_the_store_where_nothing_else_is_said(fleet, areas):
    done = fleet("update", areas, "--month", "2026-01", "--json")
    assert json.loads(done.stdout)["areas"]["unusable"] == 1
    assert (areas / "estimate.parquet").is_file()
    assert (areas / "A1" / "state" / "2026-01.npz").is_file()
    assert fleet("update", areas, "--month", "2026-02", "-o", "feb.parquet").exit_code == 0


def test_a_score_is_a_table_or_json(fleet, areas):
    fleet("estimate", areas, "-o", "out.parquet")
    done = fleet("score", "out.parquet", "--truth", areas)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["台区", "A1", "A2", "合计"]
    answer = json.loads(fleet("score", "out.parquet", "--truth", areas / "A1/truth.json", "--json").stdout)
    assert [row["area_id"] for row in answer["areas"]] == ["A1"]


def test_what_cannot_run_is_refused_in_one_line(fleet, areas, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    out = ("-o", "out.parquet")
    assert _is_refusal(fleet("estimate", "absent", *out), "absent")
    assert _is_refusal(fleet("estimate", "file", *out), "file")
    assert _is_refusal(fleet("estimate", "empty", *out), "没有台区")
    assert _is_refusal(fleet("estimate", areas, "-o", "file/out.parquet"), "file")
    assert _is_refusal(fleet("estimate", areas, "-o", "empty"), "文件夹")
    assert _is_refusal(fleet("estimate", areas, "-o", areas / "A1/curves.parquet"), "读数")
    assert _is_refusal(
        fleet("estimate", areas, *out, "--from", "2026-02-01", "--to", "2026-01-01"), "起日之前"
    )
    assert _is_refusal(fleet("update", "absent", "--month", "2026-01"), "absent")
    assert _is_refusal(fleet("update", "empty", "--month", "2026-01"), "没有台区")
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_refusal_has_a_code_for_programs(fleet, areas):
    for words, code in (
        (("estimate", areas, "-o", "."), "out"),
        (("estimate", "absent", "-o", "x"), "disk"),
        (("update", "absent", "--month", "2026-01"), "disk"),
    ):
        done = fleet(*words, "--json")
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]["code"] == code
        assert json.loads(done.stdout)["error"]["message"] == done.stderr.strip()


def test_a_run_waits_for_nobody(fleet, areas, monkeypatch):
    def busy(self):
        raise CannotRun("in_progress", "另一个进程正在写 out.parquet，请等它结束。")

    monkeypatch.setattr(Journal, "_lock", busy)
    assert _is_refusal(fleet("estimate", areas, "-o", "out.parquet"), "另一个进程正在写")


@pytest.mark.parametrize(
    "words",
    [
        ("estimate", "x"),
        ("estimate", "x", "-o", "o", "--from", "yesterday"),
        ("estimate", "x", "-o", "o", "--jobs", "-1"),
        ("update", "x"),
        ("update", "x", "--month", "2026-13"),
        ("score", "x"),
    ],
)
def test_a_command_that_is_wrong_is_refused_before_anything_is_read(fleet, words):
    done = fleet(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_a_score_of_wrong_files_is_refused_in_one_line(fleet, areas, tmp_path):
    fleet("estimate", areas, "-o", "out.parquet")
    pq.write_table(pa.table({"area_id": []}), tmp_path / "empty.parquet")
    truth = ("--truth", areas)
    assert _is_refusal(fleet("score", "absent.parquet", *truth), "无法读取 absent.parquet")
    assert _is_refusal(fleet("score", tmp_path, *truth), "无法读取")
    assert _is_refusal(fleet("score", "empty.parquet", *truth), "缺少列")
    assert _is_refusal(fleet("score", "out.parquet", "--truth", "out.parquet"), "不是真值文件")
    assert _is_refusal(fleet("score", "out.parquet", "--truth", "absent"), "无法读取 absent")
    done = fleet("score", "absent.parquet", *truth, "--json")
    assert json.loads(done.stdout)["error"]["code"] == "results"


@pytest.mark.parametrize("name", ["import", "estimate", "show", "update", "simulate", "score", "take"])
def test_every_command_explains_itself_in_chinese(fleet, name):
    done = fleet(name, "--help")
    assert done.exit_code == 0
    assert any("一" <= character <= "鿿" for character in done.stdout.split("Usage")[1].split("╭")[0])
