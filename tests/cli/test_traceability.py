"""`quanheng traceability …` as a person and as a program use it."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli import traceability_text
from quanheng.cli.traceability import app

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples/traceability"
WEIGHT, ROWS = EXAMPLES / "weight.yaml", EXAMPLES / "verifications.csv"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(*arguments: object, code: int = 0) -> dict[str, Any]:
    found = run(*arguments, "--json")
    assert found.exit_code == code, found.stderr
    return dict(json.loads(found.stdout))


def test_the_examples_of_the_texts_run() -> None:
    assert doctest.testmod(traceability_text).failed == 0


def test_a_recall_gives_the_ranking_with_its_arithmetic() -> None:
    found = answer("recall", WEIGHT, ROWS)
    ranking = found["ranking"]
    assert len(ranking) == found["verifications"] == found["passed"] + found["failed"] == 25
    chances = [each["flip_probability"] for each in ranking]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(found["expected_flips"])
    low, high = found["flips_interval"]
    assert low <= found["expected_flips"] <= high
    for each in ranking:
        assert each["corrected_error"] == pytest.approx(each["error"] + each["correction"])
    assert found["decision"] is None


def test_the_text_shows_as_many_as_are_asked_for() -> None:
    found = run("recall", WEIGHT, ROWS, "--top", 2)
    assert "另有 23 份" in found.stdout
    assert "衡字第2026-0201号" in found.stdout


def test_costs_say_who_is_told() -> None:
    found = answer("recall", WEIGHT, ROWS, "--costs", "1:20")
    told = [each for each in found["ranking"] if each["is_told"]]
    assert len(told) == found["decision"]["told"]
    assert all(each["flip_probability"] >= 0.05 for each in told)
    assert "通知概率不小于 5" in run("recall", WEIGHT, ROWS, "--costs", "1:20").stdout


def test_a_chain_with_a_gap_is_drawn_and_ends_with_one(tmp_path: Path) -> None:
    out = tmp_path / "chain.svg"
    found = answer("chain", EXAMPLES / "chain.yaml", "--svg", out, code=1)
    assert [each["code"] for each in found["findings"]] == ["not_valid"]
    assert "已过有效期" in out.read_text(encoding="utf-8")


def test_a_whole_chain_ends_with_zero(tmp_path: Path) -> None:
    whole = tmp_path / "chain.yaml"
    text = (EXAMPLES / "chain.yaml").read_text(encoding="utf-8")
    whole.write_text(text.replace("valid_until: 2025-08-19", "valid_until: 2026-08-19"), encoding="utf-8")
    found = run("chain", whole)
    assert (found.exit_code, "溯源链完整" in found.stdout) == (0, True)


def test_a_chart_says_at_which_point_on_which_day(tmp_path: Path) -> None:
    found = answer("chart", EXAMPLES / "checks.csv", code=1)
    points = [each["data"]["point"] for each in found["findings"]]
    assert points == sorted(points)
    assert min(points) > found["baseline"]
    calm = tmp_path / "calm.csv"
    calm.write_text("value\n" + "1\n-1\n0.5\n-0.5\n" * 6, encoding="utf-8")
    assert "没有失控的迹象" in run("chart", calm).stdout


def test_drift_recommends_an_interval_where_a_limit_is_given() -> None:
    found = answer("drift", WEIGHT, "--limit", 3)["standards"]
    assert [each["standard"] for each in found] == ["M1-07"]
    assert 0 < found[0]["recommended_months"] < 12
    assert answer("drift", WEIGHT)["standards"][0]["recommended_months"] is None
    assert "个月之内" in run("drift", WEIGHT, "--limit", 3).stdout


def test_the_reliability_table_is_repeatable() -> None:
    first, again = (run("simulate", "--seed", 3, "--chains", 60).stdout for _ in range(2))
    assert first == again
    assert "真的改变" in first
    assert answer("simulate", "--chains", 60, "--course", "step")["bins"]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("recall", EXAMPLES / "absent.yaml"), "not_found", "无法读取"),
        (("recall", WEIGHT, EXAMPLES / "checks.csv"), "bad_file", "checks.csv 第 1 行：没有“value”这一列"),
        (("recall", EXAMPLES / "chain.yaml"), "bad_file", "chain.yaml 第 2 行：没有“verification”"),
        (("recall", WEIGHT, "--costs", "ten"), "refused", "代价应为两个数"),
        (("recall", WEIGHT, "--costs", "0:1"), "refused", "代价应当大于零"),
        (("chain", WEIGHT), "bad_file", "没有“title”"),
        (("chain", EXAMPLES / "chain.yaml", "--svg", "/nonexistent/x.svg"), "not_written", "无法写入"),
        (("chart", EXAMPLES / "checks.csv", "--baseline", 99), "refused", "定控制限的点数"),
        (("drift", WEIGHT, "--limit", -1), "refused", "限值应当大于零"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(
    arguments: tuple[object, ...], code: str, reason: str
) -> None:
    refused = run(*arguments, "--json")
    assert refused.exit_code == 2
    error = json.loads(refused.stdout)["error"]
    assert error["code"] == f"traceability.{code}"
    assert reason in error["message"]
    assert reason in refused.stderr


def test_a_course_that_is_not_known_is_refused() -> None:
    assert run("simulate", "--course", "bent").exit_code == 2
