"""`quanheng rules …` as a person and as a program use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.rules import app
from quanheng.kernels.rules import read_rule
from quanheng.regulations.models import RuleVersion
from quanheng.regulations.packaged import packaged_kinds, packaged_rules
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples/rules/jjg-1204-2025.yaml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_list_shows_each_version_with_its_days_and_that_it_is_not_confirmed() -> None:
    lines = run("list", "--kind", "电子计价秤").stdout.splitlines()
    assert lines[0] == (
        "price_scale/1　电子计价秤　2020-10-26 至 2027-01-07　JJG 539-2016　周期检定 12 个月　未核对"
    )
    assert lines[1].startswith("price_scale/2　电子计价秤　2027-01-08 至 今后　JJG 1204-2025（试行）")
    assert lines[2] == "共 2 个版本，其中 2 个未与正式文本核对。"


@pytest.mark.parametrize(
    ("on", "rule_id"), [("2027-01-07", "price_scale/1"), ("2027-01-08", "price_scale/2")]
)
def test_a_day_shows_the_version_in_force(on: str, rule_id: str) -> None:
    rows = json.loads(run("list", "--kind", "price_scale", "--on", on, "--json").stdout)
    assert [row["id"] for row in rows] == [rule_id]


def test_every_listed_row_is_a_row_of_a_rule_file() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert len(rows) == len(packaged_rules().versions)
    for row in rows:
        body = {k: v for k, v in row.items() if k not in {"id", "name", "last_day", "is_confirmed"}}
        assert read_rule(body, packaged_kinds(), where=row["id"]) == packaged_rules().version(row["id"])


def test_one_version_is_shown_with_source_and_what_it_lacks() -> None:
    shown = run("show", "price_scale/2").stdout
    for part in ("条款：（未查到）", "出处：目录", "缺少：条款、检定周期", "把握：凭记忆，把握较小"):
        assert part in shown
    assert json.loads(run("show", "price_scale/2", "--json").stdout)["regulation"] == "JJG 1204"
    refused = run("show", "price_scale/9")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "price_scale/9" in refused.stderr


def test_a_rule_file_can_be_tried() -> None:
    shown = json.loads(run("show", "price_scale/2", "--rules", EXAMPLE, "--json").stdout)
    assert shown["terms"] == [{"when": {}, "mode": "periodic", "months": 6}]


@pytest.mark.parametrize(
    ("kind", "use", "on", "is_mandatory", "rule_id"),
    [
        ("电子计价秤", "贸易结算", "2027-01-07", True, "price_scale/1"),
        ("price_scale", "T", "2027-01-08", True, "price_scale/2"),
        ("price_scale", "other", "2027-01-08", False, "price_scale/2"),
        ("交流充电桩", "trade", "2022-12-31", False, "ac_charger/1"),
        ("交流充电桩", "trade", "2023-01-01", True, "ac_charger/2"),
        ("游标卡尺", "trade", "2026-01-01", False, None),
        ("电子天平", "trade", "2026-01-01", None, None),
    ],
)
def test_whether_it_is_mandatory_is_answered_with_reason_and_rule(
    kind: str, use: str, on: str, is_mandatory: bool | None, rule_id: str | None
) -> None:
    answer = json.loads(run("mandatory", kind, use, "--on", on, "--json").stdout)
    assert answer["is_mandatory"] is is_mandatory
    assert (answer["rule"] and answer["rule"]["id"]) == rule_id
    said = run("mandatory", kind, use, "--on", on).stdout
    assert said.startswith(f"{on}：")
    assert answer["reason"] in said


def test_an_unknown_use_or_kind_is_refused() -> None:
    assert run("mandatory", "水表", "fun").exit_code == 2
    assert run("list", "--kind", "电子天平").exit_code == 2


def test_the_lint_is_clean_for_ours_and_finds_a_fault_in_a_file(tmp_path: Path) -> None:
    assert run("lint", "--on", "2026-11-23").exit_code == 0
    assert run("lint", EXAMPLE).exit_code == 0
    faulty = tmp_path / "rules.yaml"
    faulty.write_text(EXAMPLE.read_text("utf-8").replace("lacks: [clause, period]", "lacks: []"), "utf-8")
    found = run("lint", faulty)
    assert found.exit_code == 1
    assert "没有写条款，也没有注明缺少条款。［no_clause］" in found.stdout
    as_json = run("lint", faulty, "--json")
    assert json.loads(as_json.stdout)[0]["code"] == "no_clause"
    faulty.write_text("rules: 3", "utf-8")
    assert run("lint", faulty).exit_code == 2
    assert run("lint", tmp_path / "none.yaml").exit_code == 2


def test_loading_fills_the_database_once_and_its_rules_can_be_listed(db: None) -> None:
    count = len(packaged_rules().versions)
    assert run("load").stdout == f"规则：新增 {count} 个版本，已有 0 个不变。\n"
    assert run("load").stdout == f"规则：新增 0 个版本，已有 {count} 个不变。\n"
    RuleVersion.objects.filter(key="price_scale", number=2).delete()
    assert run("show", "price_scale/2", "--database").exit_code == 2
    assert run("show", "price_scale/1", "--database").exit_code == 0


def test_questions_need_neither_settings_nor_database(tmp_path: Path) -> None:
    script = (
        "import sys; from quanheng.cli.main import app;"
        "app(['rules', 'mandatory', '水表', 'T', '--on', '2026-01-01'], standalone_mode=False);"
        "assert 'django' not in sys.modules, 'Django was imported'"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "属强检" in done.stdout
    assert list(tmp_path.iterdir()) == []
