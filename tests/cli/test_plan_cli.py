"""`quanheng plan compile` as a person and as a program use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from quanheng.cli.plan import app
from quanheng.kernels.policy import plan_from_dict

TEXT = """某县人民政府关于改善出行的实施方案
某府发〔2025〕7号
一、总体目标
到2026年，道路完好率达到95%以上。
二、主要任务
（一）修整道路。修好主干道。（牵头单位：县交运局；责任单位：县财政局等部门）
（二）架设桥梁。架好三座桥。（县水务局、县园林局负责）
某县人民政府
2025年3月1日
"""
COUNTY = """name: 某县
departments:
  - name: 县交运局
    aliases: [县交通运输局]
  - name: 县财政局
  - {name: 县水务局}
towns: [{name: 甲镇}]
"""


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(
        app, ["compile", *map(str, arguments)], env={"QUANHENG_COUNTY": ""} | (env or {})
    )


def test_summary_shows_header_tasks_and_findings(plan_file: Path) -> None:
    result = run(plan_file)
    assert result.exit_code == 0
    for shown in (
        "标题：某县人民政府关于改善出行的实施方案",
        "文号：某府发〔2025〕7号　日期：2025-03-01",
        "任务 2 项，附件 0 行，目标 1 条",
        "（一）  修整道路",
        "牵头：县交运局 | 责任：县财政局等",
        "牵头：（未写明牵头） | 责任：县水务局、县园林局",
        "no_annex（1）",
    ):
        assert shown in result.stdout


def test_json_has_the_agreed_keys(plan_file: Path) -> None:
    result = run(plan_file, "--json")
    plan = json.loads(result.stdout)
    assert list(plan) == [
        "title",
        "doc_number",
        "issued_on",
        "goals",
        "items",
        "annex",
        "findings",
        "departments",
        "source",
    ]
    assert plan["items"][0] | {"assignments": []} == {
        "label": "（一）",
        "title": "修整道路",
        "text": "修整道路。修好主干道。",
        "lead": ["县交运局"],
        "responsible": ["县财政局"],
        "lead_rule": "explicit_牵头",
        "local_governments": [],
        "open_ended": True,
        "heading": "主要任务",
        "assignments": [],
    }
    assert plan["goals"][0]["year"] == 2026
    assert set(plan["findings"][0]) == {"code", "where", "text", "data"}


def test_yaml_is_written_and_reads_back(plan_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "plan.yaml"
    assert run(plan_file, "-o", target).exit_code == 0
    written = target.read_text(encoding="utf-8")
    assert "修整道路" in written
    assert [i.label for i in plan_from_dict(yaml.safe_load(written)).items] == ["（一）", "（二）"]


def test_facts_only_leaves_the_sentences_out(plan_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "facts.yaml"
    assert run(plan_file, "-o", target, "--facts-only").exit_code == 0
    written = target.read_text(encoding="utf-8")
    assert "修好主干道" not in written
    assert "责任单位：" not in written
    plan = plan_from_dict(yaml.safe_load(written))
    assert plan.items[0].title == "修整道路"
    assert plan.items[0].text == ""
    assert plan.goals[0].targets[0].value == "95"


@pytest.mark.parametrize("by_environment", [False, True])
def test_the_county_s_table_asks_about_unknown_departments(
    plan_file: Path, tmp_path: Path, by_environment: bool
) -> None:
    county = tmp_path / "county.yaml"
    county.write_text(COUNTY, encoding="utf-8")
    env = {"QUANHENG_COUNTY": str(county)}
    result = (
        run(plan_file, "--json", env=env) if by_environment else run(plan_file, "--json", "--county", county)
    )
    plan = json.loads(result.stdout)
    asked = [f["data"]["name"] for f in plan["findings"] if f["code"] == "unknown_department"]
    assert asked == ["县园林局"]
    assert result.exit_code == 0


@pytest.mark.parametrize("content", ["[1, 2]", "departments: 3", "departments: [x", "name: x"])
def test_a_file_that_is_no_county_table_is_refused(plan_file: Path, tmp_path: Path, content: str) -> None:
    county = tmp_path / "county.yaml"
    county.write_text(content, encoding="utf-8")
    result = run(plan_file, "--county", county)
    assert result.exit_code == 2
    assert "不是县级配置" in result.stderr


def test_a_refusal_is_one_line_for_people_and_one_object_for_programs(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    result = run(empty)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip() == "文件是空的。请重新选择文件。"
    as_json = run(empty, "--json")
    assert as_json.exit_code == 2
    assert json.loads(as_json.stdout) == {
        "error": {"code": "policy.empty", "message": "文件是空的。请重新选择文件。"}
    }


def test_a_missing_file_and_an_unwritable_target_are_refused(plan_file: Path, tmp_path: Path) -> None:
    missing = run(tmp_path / "none.txt", "--json")
    assert missing.exit_code == 2
    assert json.loads(missing.stdout)["error"]["code"] == "policy.not_found"
    unwritable = run(plan_file, "-o", tmp_path / "no-folder" / "plan.yaml", "--json")
    assert unwritable.exit_code == 2
    assert json.loads(unwritable.stdout)["error"]["code"] == "policy.not_written"


def test_the_command_needs_no_database(plan_file: Path) -> None:
    script = (
        "import sys; from quanheng.cli.plan import app; "
        "app(['compile', sys.argv[1]], standalone_mode=False); assert 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(plan_file)], check=True, capture_output=True)
