"""`quanheng uncertainty …` as a person and as a program use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from quanheng.cli.uncertainty import app
from quanheng.kernels.uncertainty import example_text

IMPEDANCE = """
title: 阻抗
inputs:
  V: {readings: [5.007, 4.994, 5.005, 4.990, 4.999], unit: V, label: 电压}
  I: {readings: [19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3], unit: A}
  phi: {readings: [1.0456, 1.0438, 1.0468, 1.0428, 1.0433]}
joint: [[V, I, phi]]
model: {R: V/I*cos(phi), X: V/I*sin(phi)}
outputs: {R: {unit: Ω, label: 电阻}, X: {unit: Ω}}
"""


@pytest.fixture
def write(tmp_path: Path):
    def written(text: str) -> Path:
        file = tmp_path / "model.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_budget_can_be_read_by_a_person(write):
    lines = run("eval", write(example_text())).stdout.splitlines()
    assert lines[0] == "50 mm 量块校准（JCGM 100:2008，H.1）"
    assert lines[1] == "  l = lS + d − lS × (dalpha × theta + alphaS × dtheta)"
    assert lines[3:7] == [
        "l（被校量块 20 ℃ 时的长度） = 50000838 nm",
        "  合成标准不确定度 31.7 nm，有效自由度 16.7",
        "  扩展不确定度 U = 92 nm（k = 2.92，包含概率 0.99）",
        "  包含区间 [50000746, 50000930] nm",
    ]
    rows = [line.split() for line in lines[7:]]
    assert rows[0][:3] == ["输入量", "估计值", "标准不确定度"]
    assert rows[1] == [
        "lS",
        "50000623",
        "25",
        "t",
        "分布",
        "18",
        "1",
        "25",
        "62.4%",
        "标准量块",
        "20",
        "℃",
        "时的长度",
    ]
    assert rows[3] == ["分量", "5.81", "t", "分布", "24", "重复观测"]


def test_several_outputs_come_with_their_correlation(write):
    shown = run("eval", write(IMPEDANCE)).stdout
    assert "R（电阻） = 127.73 Ω" in shown
    assert "输出量的相关系数" in shown
    assert "-0.588" in shown


def test_the_json_has_what_the_page_promises(write):
    found = json.loads(run("eval", write(IMPEDANCE), "--json").stdout)
    assert [output["name"] for output in found["outputs"]] == ["R", "X"]
    assert found["outputs"][0]["standard_uncertainty"] == pytest.approx(0.0711, abs=1e-4)
    assert found["correlation"][0][1] == pytest.approx(-0.588, abs=1e-3)
    assert found["monte_carlo"] is None


def test_monte_carlo_is_seeded_and_compared_with_the_gum(write):
    file = write(example_text())
    one, same, other = (
        json.loads(
            run("eval", file, "--monte-carlo", trials, "--seed", seed, "--threads", threads, "--json").stdout
        )
        for trials, seed, threads in (("40000", 1, 1), ("4e4", 1, 2), ("40000", 2, 2))
    )
    assert one["monte_carlo"] == same["monte_carlo"] != other["monte_carlo"]
    drawn = one["monte_carlo"]
    assert (drawn["trials"], drawn["seed"]) == (40_000, 1)
    assert drawn["outputs"][0]["standard_uncertainty"] == pytest.approx(35.4, abs=0.7)
    assert (
        drawn["validation"]["is_valid"] is None
    )  # 40 000 trials find the ends of 99 % within 1 nm; δ is 0.5 nm
    assert drawn["validation"]["interval"] == "symmetric"
    shown = run("eval", file, "--monte-carlo", "40000").stdout
    assert "蒙特卡洛法：试验 40000 次，种子 1" in shown
    assert "GUM 法的包含区间" in shown


def test_several_outputs_are_compared_together_too(write):
    linear = "inputs: {a: {value: 1, std: 0.1}, b: {value: 2, std: 0.1}}\nmodel: {y: a + b, z: a - b}"
    agreed = run("eval", write(linear), "--monte-carlo", "200000").stdout
    assert "各输出量合起来：GUM 法得到验证" in agreed
    curved = "inputs: {a: {value: 1, std: 1}, b: {value: 2, std: 0.1}}\nmodel: {y: a^2, z: a*b}"
    apart = run("eval", write(curved), "--monte-carlo", "200000").stdout
    assert "各输出量合起来：GUM 法没有得到验证（y 的估计值相差" in apart
    assert "椭球形包含区域的因子相差" in apart


def test_the_adaptive_procedure_chooses_the_number_of_trials(write):
    file = write("inputs: {a: {value: 1, std: 0.1}}\nmodel: y = 2*a")
    found = json.loads(run("eval", file, "--monte-carlo", "auto", "--json").stdout)["monte_carlo"]
    assert found["trials"] >= 110_000
    assert found["outputs"][0]["standard_uncertainty"] == pytest.approx(0.2, rel=0.01)


def test_second_order_is_added_on_request_or_by_the_file(write):
    text = example_text()
    asked = json.loads(run("eval", write(text), "--second-order", "--json").stdout)["outputs"][0]
    stated = json.loads(run("eval", write(text + "\nsecond_order: true"), "--json").stdout)["outputs"][0]
    assert asked == stated
    assert asked["standard_uncertainty"] == pytest.approx(33.8, abs=0.05)
    assert "已计入二阶项" in run("eval", write(text), "--second-order").stdout


def test_every_point_is_shown(write):
    file = write("inputs: {a: {value: [1, 2, 3], std: 0.1}}\nmodel: y = 2*a")
    shown = run("eval", file).stdout
    assert shown.count("y = ") == 4
    assert "第 3 点" in shown
    assert [row["point"] for row in json.loads(run("eval", file, "--json").stdout)["outputs"]] == [1, 2, 3]


@pytest.mark.parametrize("command", ["eval", "check"])
def test_a_bad_file_is_refused_with_its_line(write, command):
    refused = run(command, write("inputs:\n  a: {value: 1, sdt: 1}\nmodel: y = a"))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "model.yaml 第 2 行：输入量没有“sdt”这一项。是否为“std”？\n"
    answer = run(command, write("inputs:\n  a: {value: 1, std: 0}\nmodel: y = a"), "--json")
    error = json.loads(answer.stdout)["error"]
    assert (answer.exit_code, error["code"], error["line"]) == (2, "uncertainty.bad_model", 2)


def test_a_missing_file_is_refused(tmp_path: Path):
    refused = run("eval", tmp_path / "none.yaml")
    assert refused.exit_code == 2
    assert "无法读取" in refused.stderr


@pytest.mark.parametrize(
    ("trials", "reason"),
    [
        ("1000000000", "需要 7.5 GiB 内存"),
        ("1e9", "需要 7.5 GiB 内存"),
        ("10", "次试验太少"),
        ("0", "应为正整数"),
        ("-5", "应为正整数"),
        ("1.5", "应为正整数"),
        ("many", "应为正整数"),
        ("inf", "应为正整数"),
    ],
)
def test_a_number_of_trials_that_cannot_be_is_refused(write, trials, reason):
    refused = run("eval", write(example_text()), "--monte-carlo", trials)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert reason in refused.stderr.replace("\n", "").replace("│", "")


def test_a_model_without_value_at_many_draws_is_refused(write):
    file = write("inputs: {a: {value: 0.1, std: 1}}\nmodel: y = ln(a)")
    refused = run("eval", file, "--monte-carlo", "40000", "--json")
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["error"]["code"] == "uncertainty.not_sampled"


def test_derivatives_that_only_the_second_order_needs_are_refused_then(write):
    file = write("inputs: {a: {value: 0, std: 1}, b: {value: 1, std: 1}}\nmodel: y = b + a^2.5")
    assert run("eval", file).exit_code == 0
    refused = run("eval", file, "--second-order")
    assert refused.exit_code == 2
    assert "高阶导数" in refused.stderr


def test_check_says_what_the_file_holds(write):
    assert run("check", write(example_text())).stdout == (
        "模型可用：输入量 lS、d、alphaS、theta、dalpha、dtheta；输出量 l；1 点。\n"
    )
    file = write("inputs: {a: {value: 1, std: 1}, b: {value: 1, std: 1}}\nmodel: y = a")
    assert run("check", file).stdout.splitlines()[1] == "输入量 b 没有算式使用。［unused_input］"
    found = json.loads(run("check", file, "--json").stdout)
    assert (found["outputs"], found["findings"][0]["code"]) == (["y"], "unused_input")


def test_the_example_can_be_evaluated_as_it_is_printed(write):
    assert run("check", write(run("example").stdout)).exit_code == 0


def test_the_command_needs_no_django(write):
    code = (
        "import sys; from typer.testing import CliRunner; from quanheng.cli.uncertainty import app;"
        f"assert CliRunner().invoke(app, ['eval', {str(write(example_text()))!r}]).exit_code == 0;"
        "assert 'django' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_interval_and_the_digits_of_the_validation_can_be_chosen(write):
    file = write("inputs: {b: {value: 1, std: 0.99}}\nmodel: y = b")
    unsure = run("eval", file, "--monte-carlo", "200000").stdout
    assert "y：GUM 法的包含区间是否得到验证，试验次数不足以判断，请增加试验次数（与概率对称区间" in unsure
    coarse = run("eval", file, "--monte-carlo", "200000", "--digits", "1").stdout
    assert "y：GUM 法的包含区间得到验证（与概率对称区间" in coarse
    shortest = json.loads(
        run("eval", file, "--monte-carlo", "2e5", "--interval", "shortest", "--json").stdout
    )
    assert shortest["monte_carlo"]["validation"]["interval"] == "shortest"
    for wrong in (("--interval", "both"), ("--digits", "3")):
        assert run("eval", file, *wrong).exit_code == 2


def test_the_adaptive_procedure_holds_the_chosen_interval_to_the_tolerance(write):
    file = write("inputs: {a: {value: 1, std: 0.1}}\nmodel: y = 2*a")
    trials = {
        interval: json.loads(
            run(
                "eval", file, "--monte-carlo", "auto", "--digits", "1", "--interval", interval, "--json"
            ).stdout
        )["monte_carlo"]["trials"]
        for interval in ("symmetric", "shortest")
    }
    assert trials["symmetric"] == 110_000 <= trials["shortest"]


def test_what_does_not_exist_is_said_not_to(write):
    shown = run(
        "eval", write("inputs: {b: {value: 1, std: 0.1, dof: 1}}\nmodel: y = b"), "--monte-carlo", "1e5"
    ).stdout
    assert "  y 的期望不存在，标准不确定度不存在" in shown
    assert "［no_mean］" in shown


def test_a_table_has_one_notation(write):
    plain = run("eval", write("inputs: {a: {value: 50000623, std: 1.15e-6}}\nmodel: y = 2*a")).stdout
    assert " 50000623 " in plain
    assert " 0.00000115 " in plain
    powers = run("eval", write("inputs: {a: {value: 50, std: 2e-15}}\nmodel: y = 2*a")).stdout
    row = next(line for line in powers.splitlines() if line.startswith("  a "))
    assert row.split()[1:3] == ["5e+01", "2e-15"]
