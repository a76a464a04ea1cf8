"""`quanheng sampling …`: plans, characteristics, the draw, the verdict and the switching rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.main import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["sampling", *(str(argument) for argument in arguments)])


def answer(*arguments: object, code: int = 0) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_plan_of_the_tables_names_both_letters() -> None:
    found = answer("plan", "--lot", 1000, "--aql", 0.4)
    assert (found["code_by_lot"], found["code_used"], found["n"], found["ac"], found["re"]) == (
        "J",
        "K",
        125,
        1,
        2,
    )
    assert found["full_inspection"] is False
    assert found["unconfirmed"] == ""
    assert "按箭头改用 K" in run("plan", "--lot", 1000, "--aql", 0.4).stdout
    assert (
        "没有与标准文本核对"
        in answer("plan", "--lot", 1000, "--aql", 1, "--severity", "reduced")["unconfirmed"]
    )


def test_a_plan_is_computed_from_risks() -> None:
    found = answer("plan", "--lot", 1000000, "--lq", "8%", "--producer", "2%,5%")
    assert (found["n"], found["ac"]) == (98, 4)
    assert found["points"][1]["accept"] <= 0.1
    same = answer("plan", "--lot", 1000000, "--consumer", "0.08,0.1", "--producer", "0.02,0.05")
    assert same["plan"] == found["plan"]
    kinds = [
        answer("plan", "--lq", "8%", "--producer", "2%,5%", "--kind", kind)
        for kind in ("double", "sequential")
    ]
    assert [len(one["plan"]["stages"]) for one in kinds] == [2, kinds[1]["total"]]


def test_a_plan_of_a_rule_needs_its_day() -> None:
    found = answer("plan", "--lot", 15000, "--rule", "fr_electricity_normal", "--on", "2026-07-01")
    assert found["plan"] == {"stages": [{"n": 106, "accept": 10, "reject": 11}]}
    assert (found["reserve"], found["unconfirmed"], found["may_extend"]) == (54, True, False)
    assert "--on" in run("plan", "--lot", 15000, "--rule", "fr_electricity_normal").stderr
    assert (
        "2010-01-01"
        in run("plan", "--lot", 9, "--rule", "fr_electricity_normal", "--on", "2010-01-01").stderr
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--lot", 100),
        ("plan", "--lot", 100, "--aql", 1, "--lq", 0.08),
        ("plan", "--lot", 100, "--aql", 1.1),
        ("plan", "--lot", 100, "--lq", "x"),
        ("plan", "--aql", 1),
        ("plan", "--lq", 0.08, "--producer", "0.02"),
        ("plan", "--lot", 100, "--rule", "none", "--on", "2026-07-01"),
        ("oc", "--n", 50),
        ("oc", "--lot", 20, "--n", 50, "--c", 1),
        ("oc", "--n", 50, "--c", 1, "--at", "2"),
        ("judge", "nowhere.yaml"),
        ("draw", "--list", "nowhere.txt", "--count", 1, "--seed", "00" * 16),
    ],
)
def test_what_cannot_be_answered_is_refused_in_chinese(arguments: tuple[object, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert any("一" <= letter <= "鿿" for letter in result.stderr)


def test_a_characteristic_is_written_as_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "oc.svg"
    found = answer("oc", "--lot", 1200, "--n", 50, "--c", 1, "--at", "1%,0.05", "--consumer", "8%", "-o", out)
    assert [round(row["accept"], 4) for row in found["points"]] == [0.914, 0.273, 0.0783]
    ElementTree.fromstring(out.read_text(encoding="utf-8"))
    assert "无法写入" in run("oc", "--n", 50, "--c", 1, "-o", tmp_path / "no" / "oc.svg").stderr


def test_a_draw_is_made_again_from_the_list_and_the_checkpoint(tmp_path: Path) -> None:
    listed, checkpoint = tmp_path / "list.csv", tmp_path / "checkpoint"
    listed.write_text("表号,地址\n" + "".join(f"M{n},\n" for n in range(30)), encoding="utf-8")
    checkpoint.write_text("log.example\n7\nabc=\n", encoding="utf-8")
    found = answer("draw", "--list", listed, "--checkpoint", checkpoint, "--count", 5)
    again = answer("draw", "--list", listed, "--seed", found["seed"], "--count", 7)
    assert (found["lot"], again["drawn"][:5]) == (30, found["drawn"])
    assert "只有 30 个" in run("draw", "--list", listed, "--seed", found["seed"], "--count", 31).stderr
    listed.write_text("".join(f"M{n}\n" for n in range(30) if f"M{n}" != found["drawn"][0]), encoding="utf-8")
    since = ("draw", "--list", listed, "--checkpoint", checkpoint, "--count", 4)
    assert answer(*since, "--closed-sha256", found["list_sha256"])["drawn"] == found["drawn"][1:]
    assert "64 位" in run(*since, "--closed-sha256", "abc").stderr
    listed.write_text("M1\nM2\nM1\n", encoding="utf-8")
    assert (
        "第 3 行：编号 M1 与第 1 行重复"
        in run("draw", "--list", listed, "--seed", "00" * 16, "--count", 1).stderr
    )


SAMPLE = """\
lot: {size: 300}
plan: {n1: 5, a1: 0, r1: 2, n2: 5, a2: 1}
drawn: [m1, m2, m3, m4, m5, m6, m7]
results:
  - {serial: m1, result: 合格, maker: 甲}
  - {serial: m2, result: 不合格, maker: 甲}
  - {serial: m3, result: excluded, reason: 铅封破坏}
  - {serial: m4, result: conforming}
  - {serial: m5, result: conforming}
  - {serial: m6, result: conforming}
"""


@pytest.mark.parametrize(
    ("added", "outcome", "code", "words"),
    [
        ("", "continue", 0, "第 2 阶段的 5 个"),
        ("  - {serial: m7, result: 不合格}\n", "incomplete", 0, "还缺 4 个"),
        ("  - {serial: x9, result: 合格}\n", "invalid", 1, "x9（第 11 行）不在抽出的名单里"),
        ("  - {serial: m6, result: 合格}\n", "invalid", 1, "m6 有 2 个结果（第 10、11 行）"),
        ("  - {serial: m7, result: 合格, maker: 乙}\n", "invalid", 1, "不同的厂家"),
    ],
)
def test_a_file_is_judged(tmp_path: Path, added: str, outcome: str, code: int, words: str) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(SAMPLE + added, encoding="utf-8")
    found = answer("judge", file, code=code)
    assert found["outcome"] == outcome
    assert words in run("judge", file).stdout


def test_json_and_csv_are_judged_too(tmp_path: Path) -> None:
    file = tmp_path / "sample.json"
    file.write_text(json.dumps({"plan": {"n": 3, "c": 0}, "results": [False, True, None]}), encoding="utf-8")
    found = answer("judge", file)
    assert (found["outcome"], found["certain"]) == ("incomplete", "reject")
    table = tmp_path / "sample.csv"
    table.write_bytes("表号,结果,原因\nA1,合格,\nA2,不合格,\nA3,合格,\n".encode("gb18030"))
    assert answer("judge", table, "--n", 3, "--c", 1)["outcome"] == "accept"
    assert answer("judge", table, "--n", 3, "--c", 0, code=1)["outcome"] == "reject"
    assert "抽样方案" in run("judge", table).stderr
    table.write_text("表号,结果\nA1,好\n", encoding="utf-8")
    assert "第 2 行，result：“好”" in run("judge", table, "--n", 1, "--c", 0).stderr


def test_lots_walk_through_the_switching_rules(tmp_path: Path) -> None:
    file = tmp_path / "lots.yaml"
    lots = "".join(f"  - {{size: 1000, nonconforming: {found}}}\n" for found in (0, 4, 3, 0))
    file.write_text("aql: 1.0\nlots:\n" + lots, encoding="utf-8")
    found = answer("switching", file)
    assert [row["severity"] for row in found["lots"]] == ["normal", "normal", "normal", "tightened"]
    assert [row["ac"] for row in found["lots"]] == [2, 2, 2, 1]
    assert found["next"] == "tightened"
    file.write_text("aql: 1.0\nlots:\n  - {size: 1000, nonconforming: 81}\n", encoding="utf-8")
    assert "第 3 行：样本只有 80 个" in run("switching", file).stderr


def test_the_risk_of_an_accepted_lot_is_said_with_and_without_the_prior() -> None:
    found = answer(
        "risk", "--lot", 1000, "--n", 64, "--c", 2, "--lq", "8%", "--expected", "10%", "--worth", 20
    )
    assert found["accept_at_limiting_quality"] == pytest.approx(0.0974, abs=1e-4)
    assert found["worse_before"] > found["worse_if_accepted"] > 0


def test_the_rules_are_listed_with_what_is_not_confirmed() -> None:
    rows = {row["key"]: row for row in answer("rules", "--on", "2026-07-01")["rules"]}
    assert rows["cn_lq_isolated"]["extension_years"] == 4
    assert [key for key, row in rows.items() if row["may_extend"]] == ["cn_lq_isolated"]
    assert all(row["unconfirmed"] for row in rows.values())
