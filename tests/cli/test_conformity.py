"""`quanheng conformity …` as a person and as a program use it."""

from __future__ import annotations

import doctest
import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli import conformity_text
from quanheng.cli.conformity import app
from quanheng.kernels.conformity import ILAC_G8_RULES

LIMITS = ("--lower", -1, "--upper", 1, "--u", 0.1)
POPULATION = ("--conforming-share", "95%")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(*arguments: object) -> dict[str, Any]:
    found = run(*arguments, "--json")
    assert found.exit_code == 0, found.stderr
    return dict(json.loads(found.stdout))


def test_the_examples_of_the_texts_run() -> None:
    assert doctest.testmod(conformity_text).failed == 0


def test_a_value_inside_the_limits_conforms_and_the_risk_is_the_consumers() -> None:
    found = answer("judge", "--value", 0.8, *LIMITS)
    assert found["conforms"] is True
    assert round(found["probability_of_conformity"], 4) == 0.9772
    assert found["specific_consumer_risk"] == pytest.approx(1 - found["probability_of_conformity"])
    assert found["specific_producer_risk"] is None
    assert found["capability_index"] == 5


def test_a_value_outside_the_limits_does_not_conform_and_the_risk_is_the_producers() -> None:
    found = answer("judge", "--value", 1.05, *LIMITS)
    assert found["conforms"] is False
    assert found["specific_producer_risk"] == found["probability_of_conformity"]
    assert found["specific_consumer_risk"] is None


def test_one_limit_is_enough_and_an_index_of_capability_needs_two() -> None:
    zener = answer("judge", "--value", -5.47, "--upper", -5.40, "--u", 0.05)  # JCGM 106:2012, 7.3
    assert round(zener["probability_of_conformity"], 2) == 0.92
    assert zener["lower"] is None
    assert zener["capability_index"] is None


def test_degrees_of_freedom_and_resolution_make_a_value_less_certain() -> None:
    sure, few, coarse = (
        answer("judge", "--value", 0.8, *LIMITS, *more)["probability_of_conformity"]
        for more in (("--dof", "inf"), ("--dof", 4), ("--resolution", 0.2))
    )
    assert few < sure
    assert coarse < sure


def test_an_interval_makes_the_rounded_value_decide() -> None:
    rounded = answer("judge", "--value", 1.04, *LIMITS, "--interval", 0.1)
    assert (rounded["rounded_value"], rounded["conforms"]) == (1.0, True)
    assert answer("judge", "--value", 1.04, *LIMITS)["conforms"] is False
    said = run("judge", "--value", 1.04, *LIMITS, "--interval", 0.1).stdout
    assert "按间隔 0.1 修约为 1；" in said
    assert "只看修约后的值是否超出限值" in said


@pytest.mark.parametrize(
    ("value", "statement"),
    [(0.8, "通过"), (0.9, "有条件通过"), (1.1, "有条件不通过"), (1.3, "不通过")],
)
def test_a_guard_band_makes_four_statements(value: float, statement: str) -> None:
    assert answer("judge", "--value", value, *LIMITS)["guard_rule"]["statement_text"] == statement
    assert f"声明：{statement}。" in run("judge", "--value", value, *LIMITS).stdout


@pytest.mark.parametrize("rule", ILAC_G8_RULES)
def test_every_rule_can_be_asked_for_and_is_marked_as_not_compared_with_its_text(rule: str) -> None:
    judged = answer("judge", "--value", 0, *LIMITS, "--rule", rule)["guard_rule"]
    drawn = answer("guard-band", *LIMITS, "--rule", rule)
    assert judged["statement"] == "pass"
    assert judged["guard_band"] == drawn["guard_band"] == pytest.approx(ILAC_G8_RULES[rule].multiple * 0.2)
    assert judged["is_confirmed"] is drawn["is_confirmed"] is False
    assert "未与 ILAC-G8 原文核对" in run("guard-band", *LIMITS, "--rule", rule).stdout


@pytest.mark.parametrize(("value", "statement"), [(1.15, "pass"), (1.25, "fail")])
def test_a_rule_that_accepts_beyond_the_limits_has_two_statements(value: float, statement: str) -> None:
    found = answer("judge", "--value", value, *LIMITS, "--rule", "uncritical")
    assert found["guard_rule"]["statement"] == statement


def test_the_coverage_factor_scales_the_guard_band() -> None:
    assert answer("judge", "--value", 0, *LIMITS, "--k", 3)["guard_rule"]["guard_band"] == 0.3


def test_knowing_the_population_makes_a_value_near_the_limit_more_certain() -> None:
    limits = ("--lower", -2.5, "--upper", 2.5, "--u", 0.3)
    plain = answer("judge", "--value", 2.1, *limits)
    known = answer("judge", "--value", 2.1, *limits, "--prior-mean", 0, "--prior-sd", 1)
    assert plain["prior"] is None
    assert known["probability_of_conformity"] == plain["probability_of_conformity"]
    assert known["prior"]["probability_of_conformity"] > plain["probability_of_conformity"]
    assert known["prior"]["estimate"] == pytest.approx(2.1 / 1.09)
    assert (
        "真值的最佳估计 1.92661"
        in run("judge", "--value", 2.1, *limits, "--prior-mean=0", "--prior-sd=1").stdout
    )


def test_global_risks_are_those_of_the_published_example() -> None:
    # JCGM 106:2012, 9.5.3.2: precision resistors
    resistors = ("--lower", 1499.8, "--upper", 1500.2, "--u", 0.04, "--prior-mean", 1500, "--prior-sd", 0.12)
    found = answer("risk", *resistors, "--guard-band", 0.02)
    assert (round(found["consumer_risk"], 2), round(found["producer_risk"], 2)) == (0.01, 0.07)
    assert found["acceptance"] == [1499.82, 1500.18]
    said = run("risk", *resistors, "--guard-band", 0.02).stdout
    assert "使用方的风险：0.988%。每 1000 台约 9.9 台，不符合而被接受" in said
    assert "生产方的风险：6.90%。每 100 台约 6.9 台，符合而被拒绝" in said


def test_a_share_that_conforms_stands_for_a_centred_population() -> None:
    found = answer("risk", "--lower", 0, "--upper", 2 * 1.96, "--u", 0.1, *POPULATION)
    assert found["prior"]["mean"] == pytest.approx(1.96)
    assert found["prior"]["sd"] == pytest.approx(1, abs=1e-4)
    assert found["conforming"] == pytest.approx(0.95)


def test_judging_the_rounded_value_moves_risk_from_producer_to_consumer() -> None:
    plain = answer("risk", *LIMITS, *POPULATION)
    rounded = answer("risk", *LIMITS, *POPULATION, "--interval", 0.1)
    assert rounded["acceptance"] == [-1.05, 1.05]
    assert rounded["consumer_risk"] > plain["consumer_risk"]
    assert rounded["producer_risk"] < plain["producer_risk"]


def test_a_demanded_risk_is_met_at_the_limit_of_acceptance() -> None:
    found = answer("guard-band", "--upper", 10, "--u", 1, "--risk", "5%")
    assert round(found["guard_band"], 4) == 1.6449
    assert found["probability_at_acceptance_limit"] == pytest.approx(0.95)


def test_guarded_rejection_is_that_of_the_published_example() -> None:
    # JCGM 106:2012, 8.3.3: nandrolone
    nandrolone = ("--upper", 2, "--u", 0.2, "--dof", 9, "--risk", "5%", "--of", "rejection")
    found = answer("guard-band", *nandrolone)
    assert round(found["acceptance"][1], 2) == 2.37
    assert "每侧宽这么多" in run("guard-band", *nandrolone).stdout


def test_a_demanded_global_risk_is_met() -> None:
    found = answer("guard-band", *LIMITS, *POPULATION, "--risk", "0.5%", "--of", "global")
    risks = found["global_risks"]
    assert risks["with_guard_band"]["consumer_risk"] == pytest.approx(0.005)
    assert risks["without"]["consumer_risk"] > 0.005
    assert (
        "这样判定：使用方的风险 0.500%"
        in run("guard-band", *LIMITS, *POPULATION, "--risk", "0.5%", "--of", "global").stdout
    )


def test_costs_draw_the_line_where_they_are_least() -> None:
    best = answer("guard-band", *LIMITS, *POPULATION, "--costs", "10:1")

    def cost(band: float) -> float:
        risks = answer("risk", *LIMITS, *POPULATION, "--guard-band", band)
        return float(10 * risks["consumer_risk"] + risks["producer_risk"])

    assert cost(best["guard_band"]) < min(cost(best["guard_band"] + step) for step in (-0.01, 0.01))


@pytest.mark.parametrize(
    ("population", "decision", "said"),
    [
        (("--prior-mean", 3, "--prior-sd", 0.1), "reject_all", "一律拒绝，代价最小"),
        (("--prior-mean", 0, "--prior-sd", 0.01), "accept_all", "一律接受，代价最小"),
    ],
)
def test_costs_may_say_that_measuring_is_not_worth_it(
    population: tuple[object, ...], decision: str, said: str
) -> None:
    arguments = ("guard-band", *LIMITS, *population, "--costs", "1:1")
    assert answer(*arguments)["decision"] == decision
    assert said in run(*arguments).stdout


def test_a_guard_band_wider_than_the_limits_leaves_nothing_to_accept() -> None:
    arguments = ("guard-band", "--lower", -1, "--upper", 1, "--u", 1, "--rule", "six_sigma")
    assert answer(*arguments)["decision"] == "reject_all"
    assert answer(*arguments)["probability_at_acceptance_limit"] is None
    assert "没有可以接受的测得值" in run(*arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("judge", "--value", 1, "--u", 1), "没有限值"),
        (("judge", "--value", 1, "--u", 0, "--upper", 2), "标准不确定度应当大于零，这里是 0"),
        (("judge", "--value", 1, "--u", 1, "--lower", 3, "--upper", 2), "下限应当小于上限，这里是 3 和 2"),
        (("judge", "--value", 1, *LIMITS, "--dof", 0), "自由度应当大于零"),
        (("judge", "--value", 1, *LIMITS, "--resolution", -1), "分辨力应当不小于零"),
        (("judge", "--value", 1, *LIMITS, "--interval", 0), "修约间隔应当大于零"),
        (("judge", "--value", 1, *LIMITS, "--k", 0), "--k 应当大于零"),
        (("judge", "--value", 1, *LIMITS, "--rule", "strict"), "没有“strict”这一规则。可用：six_sigma"),
        (("judge", "--value", 1, *LIMITS, *POPULATION, "--dof", 5), "不能给 --dof 和 --resolution"),
        (("judge", "--value", 1, *LIMITS, *POPULATION, "--prior-sd", 5), "不能同时给"),
        (("judge", "--value", 1, *LIMITS, "--prior-mean", 5), "要一起给"),
        (("risk", *LIMITS), "要有总体"),
        (("risk", *LIMITS, "--prior-mean", 0, "--prior-sd", 0), "总体的标准差应当大于零"),
        (("risk", *LIMITS, "--conforming-share", "100%"), "合格的比例应当在 0 和 1 之间"),
        (("risk", "--upper", 1, "--u", 0.1, *POPULATION), "只有一侧限值"),
        (("risk", *LIMITS, *POPULATION, "--interval", 0.1, "--guard-band", 0.1), "只能给一个"),
        (("risk", *LIMITS, *POPULATION, "--interval", 0), "--interval 应当大于零"),
        (("guard-band", *LIMITS), "只给一种"),
        (("guard-band", *LIMITS, "--rule", "simple", "--risk", 0.05), "只给一种"),
        (("guard-band", *LIMITS, "--risk", "60%"), "不大于 0.5"),
        (("guard-band", *LIMITS, "--risk", "5%", "--of", "all"), "没有“all”这一种"),
        (("guard-band", *LIMITS, "--risk", "5%", "--of", "global"), "要有总体"),
        (("guard-band", "--lower", -1, "--upper", 1, "--u", 1, "--risk", "5%"), "测量不确定度太大"),
        (("guard-band", *LIMITS, *POPULATION, "--costs", "10"), "应为两个数"),
        (("guard-band", *LIMITS, *POPULATION, "--costs", "10:0"), "代价都应当大于零"),
        (("guard-band", *LIMITS, "--costs", "10:1"), "要有总体"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_reason(
    arguments: tuple[object, ...], reason: str
) -> None:
    refused = run(*arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert reason in refused.stderr

    as_json = run(*arguments, "--json")
    assert as_json.exit_code == 2
    assert reason in json.loads(as_json.stdout)["error"]["message"]


@pytest.mark.parametrize("number", ["nan", "inf", "1,5", "两克", "__import__"])
def test_what_is_not_a_number_is_refused(number: str) -> None:
    refused = run("judge", "--value", number, *LIMITS)
    assert refused.exit_code == 2
    assert "不是数值" in refused.stderr
