"""`quanheng fleet water`."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from quanheng.cli.fleet_water import water_command
from quanheng.kernels.fleet.water import DistrictScenario, simulate_district
from tests.fleet.water_tables import intervals, write

app = typer.Typer()
app.command()(water_command)
DISTRICT, TRUTH = simulate_district(DistrictScenario(homes=16, shops=2, days=21, wrong=1, burst_day=9.0))


def run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def table(tmp_path):
    return write(tmp_path, intervals(DISTRICT))


def test_the_answer_names_suspects_leakage_and_burst(table):
    result = run(table, "--inflow-mpe", "1")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("小区 小区一（已判断）：18 块水表中")
    assert any("漏损约" in line and line.endswith("［leakage］") for line in lines)
    assert any(line.endswith("［burst］") for line in lines)
    assert lines[-1].endswith("须到现场核实。")
    assert len(run(table, "--all").output) > len(result.output)


def test_json_says_the_same_in_cubic_metres(table):
    answer = json.loads(run(table, "--json").output)
    assert answer["status"] == "judged"
    assert len(answer["meters"]) == 18
    assert {"leakage", "burst", "confounded_low_flow"} <= {f["code"] for f in answer["findings"]}
    assert answer["unaccounted_m3"] > 0


def test_a_rejected_row_is_told_with_exit_code_1(tmp_path):
    rows = intervals(DISTRICT)
    rows[7][2] = "x"
    path = write(tmp_path, rows)
    result = run(path)
    assert result.exit_code == 1
    assert "第 9 行，m3：不是数：x。" in result.output
    told = json.loads(run(path, "--json").output)
    assert told["rejected"]["rows"][0]["line"] == 9


def test_a_file_that_is_no_district_is_refused_with_exit_code_2(tmp_path):
    result = run(write(tmp_path, [], ["meter"]))
    assert result.exit_code == 2
    assert "第一行没有这些列" in result.stderr
