"""`quanheng fleet show`."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from quanheng.cli.fleet_show import show_command
from quanheng.fleet.results_file import areas_path, write_results
from quanheng.fleet.store import write_area
from quanheng.kernels.fleet.simulate import Scenario, simulate
from tests.fleet.making import METERS, estimate, unusable, withheld

app = typer.Typer()
app.command("show")(show_command)


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def out(tmp_path):
    path = tmp_path / "OUT.parquet"
    write_results(path, [estimate(), withheld(), unusable()])
    return path


def test_suspects_come_first_and_conforming_are_counted(run, out):
    lines = run("A1").output.splitlines()
    assert lines[:3] == [
        "台区 A1：4 台电能表中，1 台疑似超差，2 台不能判断，1 台未见超差。",
        "损失电量：12.5 kWh，占供电量的 1.25 %。",
        "发现：A1-m03：可能在 2026-03-04 换过。［meter_exchanged］",
    ]
    assert [line.split()[0] for line in lines[5:8]] == ["A1-m02", "A1-m03", "A1-m04"]
    assert lines[8] == "另有 1 台未见超差，加 --all 全部列出。"
    assert lines[-1].endswith("须到现场核实。")
    assert "A1-m01" in run("A1", "--all").output


def test_an_area_that_is_not_judged_accuses_nobody(run, out):
    told = run("A2", "--results", out).output
    assert "先查清台区本身的问题" in told
    assert "疑似超差" not in told
    assert "读数不能用于估计" in run("A3").output


def test_pictures_and_pages_are_written_without_scripts(run, out, tmp_path):
    hostile = '<script>x</script>"'
    write_results(out, [estimate(hostile, [(hostile, *METERS[1][1:])])])
    assert run(hostile, "--svg", "a.svg", "--html", "a.html", "--mpe", "1").exit_code == 0
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_name_does_not_steer_the_terminal(run, out):
    write_results(out, [estimate("A1", [("m\x1b[2J", *METERS[1][1:])])])
    assert "\x1b" not in run("A1").output


def test_a_folder_is_estimated_at_once(run, tmp_path):
    area, _truth = simulate(Scenario(area_id="S1", meters=20, days=14))
    write_area(tmp_path / "S1", area)
    found = run("S1", "--svg", "a.svg", "--all")
    assert found.output.startswith("台区 S1：")
    assert (tmp_path / "a.svg").is_file()
    (tmp_path / "S1" / "curves.parquet").write_bytes(b"PAR1")
    assert "读数不能用于估计" in run("S1").output
    (tmp_path / "S1" / "curves.parquet").unlink()
    assert "不是台区的文件夹" in run("S1").output
    assert run("S1", "--results", "S1").exit_code == 2


def test_what_cannot_be_shown_is_refused_in_one_line(run, out, tmp_path):
    assert (
        (found := run("A9")).exit_code,
        found.output,
    ) == (2, "OUT.parquet 中没有台区“A9”。\n")
    assert "无法读取" in run("A1", "--results", "none.parquet").output
    assert "无法写入" in run("A1", "--svg", tmp_path / "no" / "a.svg").output
    write_results(tmp_path / "B.parquet", [])
    assert "多份结果：B.parquet、OUT.parquet" in run("A1").output
    out.write_bytes(b"PAR1")
    assert (run("A1", "--results", out)).exit_code == 2
    for path in (out, areas_path(out), tmp_path / "B.parquet", tmp_path / "B.areas.parquet"):
        path.unlink()
    assert "没有找到结果" in run("A1").output
