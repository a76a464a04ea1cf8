"""What a model file may say, and what is refused: with the line, and why."""

from __future__ import annotations

import json
from math import inf, sqrt

import numpy as np
import pytest

from quanheng.kernels.marked_yaml import load_marked
from quanheng.kernels.uncertainty import (
    BadModel,
    evaluate,
    example_text,
    load_model,
    read_model,
)
from quanheng.kernels.uncertainty.spellings import (
    COMPONENT,
    DISTRIBUTIONS,
    FIT,
    INPUT,
    MODEL,
)
from tests.kernels.uncertainty.building import single

SIMPLE = "inputs:\n  a: {value: 2, std: 0.1}\n  b: {value: 4, half_width: 0.3}\nmodel: y = a*b\n"

# (what is wrong, file, line, part of the message)
REFUSED = [
    ("no yaml", "inputs: [", 1, "不是有效的 YAML"),
    ("a key twice", "inputs:\n  a: {value: 1, std: 1}\n  a: {value: 2, std: 1}\nmodel: y = a", 3, "“a”重复"),
    ("not a mapping", "- 1\n- 2", 1, "模型文件应写成"),
    ("unknown key", SIMPLE + "modle: x", 5, "没有“modle”这一项。是否为“model”？"),
    ("unknown key of an input", SIMPLE.replace("std", "sdt"), 2, "没有“sdt”这一项。是否为“std”？"),
    ("one key in two spellings", SIMPLE.replace("std: 0.1", "std: 0.1, u: 0.1"), 2, "是同一项，只能给一个"),
    ("no inputs", "model: y = 1", 1, "缺少“inputs”"),
    ("no model", "inputs:\n  a: {value: 1, std: 1}", 1, "缺少“model”"),
    ("empty inputs", "inputs: {}\nmodel: y = 1", 1, "输入量一个也没有"),
    # names
    ("an undefined name", SIMPLE.replace("a*b", "a*c2"), 4, "“c2”没有定义"),
    ("a name nearly right", SIMPLE.replace("a*b", "a*bb"), 4, "“bb”没有定义。是否为“b”？"),
    ("an input and a constant", "constants: {a: 1}\n" + SIMPLE, 3, "“a”已经是常数，不能再是输入量"),
    ("an input and a formula", SIMPLE.replace("y = a*b", "a = b"), 4, "“a”已经是输入量，不能再是算式"),
    ("two inputs of one name", "inputs:\n - {name: a, value: 1, std: 1}\n - {name: a, value: 1, std: 1}\nmodel: a", 3,
     "输入量“a”有两个"),
    ("two formulas of one name", "inputs: {a: {value: 1, std: 1}}\nmodel:\n  - y = a\n  - y = 2*a", 4, "“y”有两个算式"),
    ("the name of a function", SIMPLE.replace("  b:", "  sin:"), 3, "“sin”是函数名"),
    ("the name of the number", SIMPLE.replace("  b:", "  pi:"), 3, "不能是 pi"),
    ("no name", SIMPLE.replace("  b:", "  2b:"), 3, "“2b”不能作名称"),
    # formulas
    ("code", SIMPLE.replace("a*b", "__import__('os').system('id')"), 4, "不能用字符“_”"),
    ("an attribute", SIMPLE.replace("a*b", "a.real"), 4, "不能用字符“.”"),
    ("an unknown function", SIMPLE.replace("a*b", "eval(a)"), 4, "没有函数“eval”"),
    ("a broken formula", SIMPLE.replace("a*b", "a*(b"), 4, "缺少右括号"),
    ("several without names", "inputs: {a: {value: 1, std: 1}}\nmodel:\n  - y = a\n  - 2*a", 4, "应写作“名称 = 算式”"),
    ("a later line", "inputs: {a: {value: 1, std: 1}}\nmodel: |\n  y = a\n  z = q", 4, "“q”没有定义"),
    # values at the estimates
    ("division by zero", SIMPLE.replace("a*b", "1/(a - 2)"), 4, "y：在最佳估计值处没有数值"),
    ("a logarithm of nothing", SIMPLE.replace("a*b", "ln(b - 4)"), 4, "没有数值"),
    ("an infinite derivative", SIMPLE.replace("a*b", "sqrt(b - 4) + a"), 4, "没有有限的导数"),
    ("a kink", SIMPLE.replace("a*b", "abs(a - 2)"), 4, "没有有限的导数"),
    ("the part that is at fault", "inputs: {a: {value: 0, std: 1}}\nmodel:\n  x: a + 1\n  z: 1/a\n  y: x*z", 4, "z："),
    # uncertainties
    ("zero", SIMPLE.replace("std: 0.1", "std: 0"), 2, "“std”应当大于零；没有不确定度的量请放入 constants"),
    ("negative", SIMPLE.replace("half_width: 0.3", "half_width: -0.3"), 3, "“half_width”应当大于零"),
    ("none", SIMPLE.replace(", std: 0.1", ""), 2, "没有给出不确定度"),
    ("two", SIMPLE.replace("std: 0.1", "std: 0.1, std_percent: 5"), 2, "“std”和“std_percent”只能给一个"),
    ("no number", SIMPLE.replace("0.1", "about"), 2, "“about”不是数，也没有这个常数"),
    ("true", SIMPLE.replace("0.1", "true"), 2, "“True”不是数"),
    ("infinite", SIMPLE.replace("0.1", ".inf"), 2, "“inf”不是有限的数"),
    ("too large a number", SIMPLE.replace("0.1", "1" + "0" * 400), 2, "不是有限的数"),
    ("unknown distribution", SIMPLE.replace("std: 0.1", "std: 1, distribution: cauchy"), 2, "没有分布“cauchy”"),
    ("no k", SIMPLE.replace("std: 0.1", "expanded_uncertainty: 1"), 2, "应给出 coverage_factor"),
    ("k for nothing", SIMPLE.replace("std: 0.1", "std: 0.1, k: 2"), 2, "不用“k”这一项"),
    ("probability of 1", SIMPLE.replace("std: 0.1", "U: 1, p: 1"), 2, "应在 0 与 1 之间"),
    ("no percent", SIMPLE.replace("std: 0.1", "U: 1, p: x%"), 2, "应写作 0.95 或 95%"),
    ("t without freedom", SIMPLE.replace("std: 0.1", "std: 1, distribution: t"), 2, "t 分布应给出有限的自由度"),
    ("t without variance", SIMPLE.replace("std: 0.1", "std: 1, distribution: t, dof: 2"), 2, "自由度不大于 2"),
    ("too little freedom", SIMPLE.replace("std: 0.1", "std: 1, dof: 0.5"), 2, "自由度应不小于 1"),
    ("limits reversed", SIMPLE.replace("value: 4, half_width: 0.3", "lower: 2, upper: 1"), 3, "下限应小于上限"),
    ("one limit", SIMPLE.replace("value: 4, half_width: 0.3", "lower: 2"), 3, "缺少“upper”"),
    ("limits around another", SIMPLE.replace("half_width: 0.3", "lower: 3, upper: 6"), 3, "估计值应为上下限的中点"),
    ("std of limits", SIMPLE.replace("value: 4, half_width: 0.3", "lower: 3, upper: 6, std: 1"), 3, "不用“std”"),
    ("a trapezoid without beta", SIMPLE.replace("half_width: 0.3", "half_width: 1, distribution: 梯形"), 3, "缺少“beta”"),
    ("beta beyond 1", SIMPLE.replace("half_width: 0.3", "a: 1, distribution: 梯形, beta: 2"), 3, "β 应当在 0 与 1 之间"),
    ("percent of nothing", SIMPLE.replace("value: 4, half_width: 0.3", "value: 0, std_percent: 1"), 3, "估计值为零"),
    ("no estimate", SIMPLE.replace("value: 4, ", ""), 3, "缺少估计值 value"),
    ("no components", SIMPLE.replace("std: 0.1", "components: []"), 2, "分量一个也没有"),
    ("beside components", SIMPLE.replace("std: 0.1", "half_width: 1, components: [{std: 1}]"), 2, "不用“half_width”"),
    ("two estimates", SIMPLE.replace("value: 2, std: 0.1", "components: [{readings: [1, 2]}, {readings: [1, 3]}]"), 2,
     "估计值多于一个"),
    ("a kind", SIMPLE.replace("std: 0.1", "std: 0.1, type: C"), 2, "类别应为 A 或 B"),
    # readings
    ("one reading", SIMPLE.replace("value: 2, std: 0.1", "readings: [1]"), 2, "读数至少要 2 个"),
    ("equal readings", SIMPLE.replace("value: 2, std: 0.1", "readings: [1, 1, 1]"), 2, "读数全部相同"),
    ("a word among readings", SIMPLE.replace("value: 2, std: 0.1", "readings: [1, x]"), 2, "“x”不是数"),
    ("unequal groups", SIMPLE.replace("value: 2, std: 0.1", "readings: [[1, 2], [1, 2, 3]]"), 2, "各组长度不同"),
    ("groups of one", SIMPLE.replace("value: 2, std: 0.1", "readings: [[1], [2]]"), 2, "读数至少要 2 个"),
    ("one group", SIMPLE.replace("value: 2, std: 0.1", "readings: [[1, 2, 4]]"), 2, "至少要 2 组"),
    ("readings with a shape", SIMPLE.replace("value: 2, std: 0.1", "readings: [1, 2], distribution: normal"), 2,
     "读数不用“distribution”"),
    ("half a reading", SIMPLE.replace("std: 0.1", "pooled_std: 1, n: 2.5, dof: 9"), 2, "读数个数应为正整数"),
    ("levels of 2", SIMPLE.replace("value: 2, std: 0.1", "readings: [[1, 2], [2, 1]], significance: 2"), 2, "0 与 1 之间"),
    ("groups of other numbers", SIMPLE.replace(
        "value: 2, std: 0.1", "group_means: [1, 2], group_stds: [1], group_size: 3"), 2, "个数应相同"),
    # points
    ("unequal lists", SIMPLE.replace("value: 2", "value: [1, 2]").replace("value: 4", "value: [1, 2, 3]"), 3,
     "有 3 个值，而第 2 行有 2 个"),
    ("an empty list", SIMPLE.replace("value: 2", "value: []"), 2, "列表是空的"),
    ("a list in a list", SIMPLE.replace("value: 2", "value: [[1]]"), 2, "“[1]”不是数"),
    # correlations
    ("unknown input", SIMPLE + "correlations:\n  - [a, c, 0.5]", 6, "没有输入量“c”"),
    ("with itself", SIMPLE + "correlations:\n  - [a, a, 0.5]", 6, "与自身的相关系数总是 1"),
    ("beyond 1", SIMPLE + "correlations:\n  - [a, b, 1.5]", 6, "a 与 b 的相关系数 1.5 不在 -1 与 1 之间"),
    ("twice", SIMPLE + "correlations:\n  - [a, b, 0.5]\n  - [b, a, 0.4]", 7, "的相关系数已经有了"),
    ("two entries", SIMPLE + "correlations:\n  - [a, b]", 6, "应写作 [输入量, 输入量, 相关系数]"),
    ("no list", SIMPLE + "correlations: 0.5", 5, "应为 [输入量, 输入量, 相关系数] 的列表"),
    ("not symmetric", SIMPLE + "correlations:\n  inputs: [a, b]\n  matrix: [[1, 0.5], [0.4, 1]]", 7, "矩阵不对称"),
    ("not square", SIMPLE + "correlations:\n  inputs: [a, b]\n  matrix: [[1, 0.5]]", 7, "矩阵应为 2 行 2 列"),
    ("diagonal", SIMPLE + "correlations:\n  inputs: [a, b]\n  matrix: [[1, 0.5], [0.5, 2]]", 7, "对角线上应为 1"),
    ("no section", "inputs: {a: [5]}\nmodel: y = a", 1, "“a”只写了一个值：输入量要有不确定度"),
    ("a bare number", "inputs:\n  a: 5\nmodel: y = a", 2, "没有不确定度的量请放入 constants"),
    # what people write for numbers
    ("a comma in a number", "inputs:\n  a:\n    value: 1,000.5\n    std: 1\nmodel: a", 3, "数中不要用逗号分节"),
    ("a comma in a flow mapping", SIMPLE.replace("value: 2", "value: 1,000.5"), 2, "数中不要用逗号分节"),
    ("plus-minus", SIMPLE.replace("value: 2", "value: 20 ± 0.5"), 2, "估计值和不确定度要分开写"),
    ("a percentage of the value", SIMPLE.replace("half_width: 0.3", "half_width: 0.5%"), 3, "half_width_percent"),
    ("a bad name before a bad formula", SIMPLE.replace("  b:", "  b':").replace("a*b", "a*b'"), 3, "不能作名称"),
    ("a bad percentage", SIMPLE.replace("std: 0.1", "std: 1, relative_uncertainty_of_uncertainty: x%"), 2, "0.95 或 95%"),
    ("a distribution nearly right", SIMPLE.replace("std: 0.1", "std: 1, distribution: Triangula"), 2, "是否为“triangular”？"),
    ("points among readings", "constants: {c: [1, 2]}\n" + SIMPLE.replace("value: 2, std: 0.1", "readings: [1, c]"), 3,
     "列表中每一项应为一个数"),
    ("a list of coefficients", SIMPLE + "correlations:\n  - [a, b, [0.1, 0.2]]", 6, "相关系数应为一个数，各点相同"),
    # shapes
    ("inputs as a number", "inputs: 5\nmodel: y = 1", 1, "输入量应写成“名称: {…}”"),
    ("an empty model", SIMPLE.replace("y = a*b", "[]"), 4, "算式一个也没有"),
    ("a formula of lists", SIMPLE.replace("y = a*b", "{y: [a]}"), 4, "应为算式"),
    ("a unit of lists", SIMPLE.replace("std: 0.1", "std: 0.1, unit: [m]"), 2, "应为文字"),
    ("an unlike key", SIMPLE + "qqqqqq: 1", 5, "可用：title、"),
    ("many degrees of freedom", SIMPLE.replace("std: 0.1", "std: 0.1, dof: [1, 2]"), 2, "“dof”应为一个数"),
    ("percent without estimate", SIMPLE.replace("value: 2, std: 0.1", "components: [{std_percent: 1}]"), 2, "相对值要有估计值"),
    ("a constant of points among points", "constants: {k: [1, 2]}\n" + SIMPLE.replace("value: 2", "value: [k, 1]"), 3,
     "列表中每一项应为一个数"),
    ("a word for points", SIMPLE.replace("value: 2, std: 0.1", "readings_at_points: [1, 2]"), 2, "应为各点读数的列表"),
    ("pooled groups", SIMPLE.replace("value: 2, std: 0.1", "readings: [[1, 2]], pooled_std: 1, dof: 9"), 2, "应为一列读数"),
    ("groups of half", SIMPLE.replace(
        "value: 2, std: 0.1", "group_means: [1, 2], group_stds: [1, 1], group_size: 2.5"), 2, "每组个数应为正整数"),
    ("readings as a number", SIMPLE.replace("value: 2, std: 0.1", "readings: 5"), 2, "应为列表"),
    ("joint as a word", SIMPLE + "joint: a", 5, "应为同时观测的输入量的列表"),
    # joint observations
    ("joint of other lengths", "inputs:\n  a: {readings: [1, 2, 4]}\n  b: {readings: [1, 2, 4, 5]}\n"
     "joint:\n  - [a, b]\nmodel: y = a*b", 5, "同时观测的读数个数不同"),
    ("joint with one without", "inputs:\n  a: {readings: [1, 2, 4]}\n  b: {value: 1, std: 1}\n"
     "joint:\n  - [a, b]\nmodel: y = a*b", 5, "应当都有一列读数"),
    ("too few joint", "inputs:\n  a: {readings: [1, 2]}\n  b: {readings: [1, 3]}\njoint:\n  - [a, b]\nmodel: y = a*b", 5,
     "至少要有 3 组读数"),
    ("joint and alone", "inputs:\n  a: {readings: [1, 2, 4]}\njoint:\n  - [a]\nmodel: y = a", 4, "至少两个"),
    ("joint and unknown", "inputs:\n  a: {readings: [1, 2, 4]}\njoint:\n  - [a, c]\nmodel: y = a", 4, "没有输入量“c”"),
    ("joint twice", "inputs:\n  a: {value: 1, std: 1}\n  b: {value: 1, std: 1}\njoint:\n  - [a, b]\n  - [b, a]\nmodel: y = a*b",
     6, "有两次"),
    ("joint and another effect", "inputs:\n  a: {value: 1, components: [{std: 1}, {std: 2}]}\n  b: {value: 1, std: 1}\n"
     "joint:\n  - [a, b]\nmodel: y = a*b", 5, "不能再有别的分量"),
    ("joint of other freedom", "inputs:\n  a: {value: 1, std: 1, dof: 3}\n  b: {value: 1, std: 1, dof: 4}\n"
     "joint:\n  - [a, b]\nmodel: y = a*b", 5, "相同的自由度"),
    ("joint of other shapes", "inputs:\n  a: {value: 1, half_width: 1}\n  b: {value: 1, std: 1}\n"
     "joint:\n  - [a, b]\nmodel: y = a*b", 5, "应为正态分布或 t 分布"),
    ("joint and correlated", "inputs:\n  a: {readings: [1, 2, 4]}\n  b: {readings: [1, 3, 4]}\njoint:\n  - [a, b]\n"
     "correlations:\n  - [a, b, 0.3]\nmodel: y = a*b", 7, "的相关系数已经有了"),
    ("joint and correlated elsewhere", "inputs:\n  a: {readings: [1, 2, 4]}\n  b: {readings: [1, 3, 4]}\n"
     "  c: {value: 1, std: 1}\njoint:\n  - [a, b]\ncorrelations:\n  - [a, c, 0.3]\nmodel: y = a*b*c", 8, "其相关系数由数据求得"),
    # outputs, coverage
    ("unknown output", SIMPLE + "outputs: [z]", 5, "没有算式给出“z”"),
    ("output twice", SIMPLE + "outputs: [y, y]", 5, "输出量“y”有两个"),
    ("no outputs", SIMPLE + "outputs: []", 5, "输出量一个也没有"),
    ("k and p", SIMPLE + "coverage_factor: 2\ncoverage_probability: 0.95", 6, "只能给一个"),
    ("k of 0", SIMPLE + "coverage_factor: 0", 5, "包含因子应当大于零"),
    ("p of 95", SIMPLE + "coverage_probability: 95", 5, "如 0.95 或 95%"),
    ("second order of yes", SIMPLE + "second_order: 1", 5, "应为 true 或 false"),
    # constants
    ("a constant of an input", "constants: {c: a}\n" + SIMPLE, 1, "“a”不是数，也没有这个常数"),
    ("no constant", "constants: {c: 1/0}\n" + SIMPLE, 1, "不是有限的数"),
    ("constants as a list", "constants: [1]\n" + SIMPLE, 1, "常数应写成"),
    # equations
    ("equations too few", SIMPLE.replace("model: y = a*b", "implicit:\n  equations: [x = a]\n  unknowns: {x: 1, z: 1}"),
     5, "2 个未知量要有 2 个方程"),
    ("no unknowns", SIMPLE.replace("model: y = a*b", "implicit: {equations: [x = a], unknowns: [x]}"), 4, "名称: 初值"),
    ("no solution", SIMPLE.replace("model: y = a*b", "implicit: {equations: [x^2 = -a], unknowns: {x: 1}}"), 4,
     "方程组在最佳估计值处没有解"),
    ("dependent equations", SIMPLE.replace(
        "model: y = a*b", "implicit: {equations: [x + z = a, 2*x + 2*z = b], unknowns: {x: 1, z: 1}}"), 4, "没有解"),
    ("an undefined name in an equation", SIMPLE.replace(
        "model: y = a*b", "implicit: {equations: [x = q], unknowns: {x: 1}}"), 4, "“q”没有定义"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_bad_file_is_refused_with_its_line(text, line, message):
    with pytest.raises(BadModel) as refused:
        load_model(text)
    assert (refused.value.line, message in refused.value.reason) == (line, True), str(refused.value)
    assert str(refused.value).startswith(f"第 {line} 行：")


def test_a_cycle_is_refused_with_its_names():
    with pytest.raises(BadModel, match="互相引用：") as refused:
        load_model("inputs: {a: {value: 1, std: 1}}\nmodel:\n  x: a + z\n  y: 2*x\n  z: y - 1\n")
    assert set("xyz") <= set(refused.value.reason)
    assert refused.value.line in {3, 4, 5}


def impossible(a: float, b: float, c: float) -> str:
    return (
        "inputs: {a: {value: 1, std: 1}, b: {value: 1, std: 1}, c: {value: 1, std: 1}}\n"
        f"correlations: [[a, b, {a}], [a, c, {b}], [b, c, {c}]]\nmodel: y = a + b + c"
    )


def test_correlations_that_contradict_one_another_are_refused():
    with pytest.raises(BadModel, match="a、b、c的相关系数互相矛盾：相关矩阵不是半正定的") as refused:
        load_model(impossible(0.9, 0.9, -0.9))
    assert refused.value.line == 2
    load_model(impossible(0.9, 0.9, 0.9))


def test_a_singular_matrix_is_refused_unless_quantities_are_simply_the_same():
    with pytest.raises(BadModel, match="a、b、c的相关矩阵是奇异的") as refused:
        load_model(impossible(0.6, 0.8, 0.0).replace("[b, c, 0.0]", "[b, c, 0]"))
    assert refused.value.line == 2
    model = load_model(impossible(1, 0.5, 0.5))
    assert [found.code for found in model.findings] == ["fully_correlated"]


def test_full_correlation_needs_the_same_correlations_with_others():
    with pytest.raises(BadModel, match="互相矛盾"):
        load_model(impossible(1, 0.5, 0.4))


def test_a_mapping_is_refused_with_its_place():
    with pytest.raises(BadModel, match=r"^inputs.a.std：") as refused:
        read_model({"inputs": {"a": {"value": 1, "std": -1}}, "model": "y = a"})
    assert refused.value.line is None
    with pytest.raises(BadModel, match=r"^inputs.\[2\].dof：") as refused:
        read_model(
            {
                "inputs": [
                    {"name": "a", "value": 1, "std": 1},
                    {"name": "b", "value": 1, "std": 1, "dof": 0},
                ],
                "model": "a",
            }
        )


def test_a_mapping_and_its_yaml_are_the_same_model():
    data = load_marked(example_text()).data
    one, other = evaluate(load_model(example_text())), evaluate(read_model(json.loads(json.dumps(data))))
    assert one["l"].standard_uncertainty == other["l"].standard_uncertainty


@pytest.mark.parametrize(
    ("text", "estimate", "u", "name"),
    [
        ("value: 1, std: 0.2", 1, 0.2, "normal"),
        ("value: 1, standard_uncertainty: 0.2", 1, 0.2, "normal"),
        ("估计值: 1, 标准不确定度: 0.2, 分布: 正态", 1, 0.2, "normal"),
        ("value: 50, std_percent: 2", 50, 1, "normal"),
        ("value: -50, std_percent: 2", -50, 1, "normal"),
        ("value: 1, U: 0.3, k: 3", 1, 0.1, "normal"),
        ("value: 1, U: 0.3, p: 0.95", 1, 0.3 / 1.959963985, "normal"),
        ("value: 1, U: 0.3, p: 95%, dof: 5", 1, 0.3 / 2.570581836, "t"),
        ("value: 1, std: 0.2, dof: 5", 1, 0.2, "t"),
        ("value: 1, dist: normal, std: 0.2, dof: 5", 1, 0.2, "t"),
        ("value: 1, dist: t, std: 0.2, dof: 5", 1, 0.2, "t"),
        ("value: 1, scale: 0.2, dof: 5", 1, 0.2, "t"),
        ("value: 1, std: 0.2, dof: null", 1, 0.2, "normal"),
        ("value: 1, std: 0.2, dof: .inf", 1, 0.2, "normal"),
        ("value: 1, half_width: 3", 1, sqrt(3), "rectangular"),
        ("value: 60, half_width_percent: 5", 60, sqrt(3), "rectangular"),
        ("lower: -2, upper: 4", 1, sqrt(3), "rectangular"),
        ("value: 1, lower: -2, upper: 4", 1, sqrt(3), "rectangular"),
        ("value: 1, resolution: 0.6", 1, 0.3 / sqrt(3), "rectangular"),
        ("value: 1, dist: uniform, std: 2", 1, 2, "rectangular"),
        ("value: 1, dist: triangular, half_width: 6", 1, sqrt(6), "triangular"),
        ("value: 1, 分布: U形, 半宽: 2", 1, sqrt(2), "arcsine"),
        ("value: 1, dist: arcsine, std: 2", 1, 2, "arcsine"),
        ("value: 1, dist: two_point, half_width: 2", 1, 2, "two_point"),
        ("value: 1, dist: 梯形, half_width: 1, beta: 0.5", 1, sqrt(1.25 / 6), "trapezoidal"),
        (
            "lower: 0, upper: 2, dist: ctrap, inexactness: 0.5",
            1,
            sqrt(1 / 3 + 0.25 / 9),
            "curvilinear_trapezoid",
        ),
        ("dist: exponential, value: 2", 2, 2, "exponential"),
        ("dist: gamma, shape: 4, scale: 0.5", 2, 1, "gamma"),
        ("dist: poisson, count: 99", 100, 10, "gamma"),
        ("dist: beta, alpha: 1, beta: 1", 0.5, 1 / sqrt(12), "beta"),
        ("dist: beta, alpha: 1, beta: 1, lower: 1, upper: 3", 2, 1 / sqrt(3), "beta"),
        ("dist: lognormal, value: 2, std: 0.5", 2, 0.5, "lognormal"),
        ("dist: lognormal, mu: 0, sigma: 1", np.exp(0.5), np.exp(0.5) * sqrt(np.exp(1) - 1), "lognormal"),
        ("value: pi/2, std: 1/4", np.pi / 2, 0.25, "normal"),
    ],
)
def test_an_input_is_what_its_parameters_say(text, estimate, u, name):
    known, distribution = single(text)
    assert known.estimate == pytest.approx([estimate], rel=1e-9)
    assert known.standard_uncertainty == pytest.approx([u], rel=1e-9)
    assert distribution.name == name


def test_only_the_std_of_a_t_is_its_standard_deviation():
    assert single("value: 0, dist: t, std: 2, dof: 4")[1].standard_deviation == pytest.approx([2])
    for other in ("std: 2, dof: 4", "dist: t, scale: 2, dof: 4", "dist: normal, std: 2, dof: 4"):
        assert single(f"value: 0, {other}")[1].standard_deviation == pytest.approx([2 * sqrt(2)])


def test_pooled_deviations_and_readings():
    known, _ = single("value: 3, pooled_std: 13, number_of_readings: 5, dof: 24")
    assert (known.standard_uncertainty[0], known.degrees_of_freedom[0]) == (pytest.approx(13 / sqrt(5)), 24)
    known, _ = single("readings: [1, 2, 3, 4], pooled_std: 1, dof: 24")
    assert (known.estimate[0], known.standard_uncertainty[0]) == (2.5, 0.5)
    assert known.kind == "A"


def test_a_reading_that_never_varies_needs_another_effect():
    model = load_model("inputs: {x: {components: [{readings: [5, 5, 5]}, {resolution: 0.1}]}}\nmodel: y = x")
    assert model.inputs[0].estimate == [5]
    assert model.inputs[0].standard_uncertainty == pytest.approx([0.05 / sqrt(3)])
    assert [found.code for found in model.findings] == ["readings_all_equal"]


def test_components_count_and_a_stated_total_beside_them_is_compared():
    text = "inputs: {x: {value: 1, std: TOTAL, components: [{std: 3}, {std: 4}]}}\nmodel: y = x"
    assert load_model(text.replace("TOTAL", "5.1")).findings == ()
    model = load_model(text.replace("TOTAL", "7"))
    assert model.inputs[0].standard_uncertainty == [5]
    assert [found.code for found in model.findings] == ["components_differ"]


def test_degrees_of_freedom_of_components_follow_welch_and_satterthwaite():
    known, _ = single("value: 1, components: [{std: 3, dof: 9}, {std: 4}]")
    assert known.degrees_of_freedom == pytest.approx([9 * (5 / 3) ** 4])
    known, _ = single("value: 1, components: [{std: 3}, {std: 4}]")
    assert known.degrees_of_freedom == [inf]


def test_formulas_may_stand_in_any_order_and_form():
    inputs = "inputs: {a: {value: 2, std: 0.1}}\n"
    forms = (
        "model: {y: 2*x, x: a + 1}",
        "model: [y = 2*x, x = a + 1]",
        "model: y = 2*x; x = a + 1",
        "model: |\n  x = a + 1\n  y = 2*x\n",
        "model:\n  y: 2×x\n  x: a ＋ 1",
        "模型: y ＝ 2*x；x ＝ a + 1",
    )
    for form in forms:
        model = load_model(inputs + form)
        assert model.outputs == ("y",)
        assert evaluate(model)["y"].value == [6]


def test_a_formula_without_a_name_gives_y():
    assert load_model("inputs: {a: {value: 2, std: 0.1}}\nmodel: 2*a").outputs == ("y",)


def test_outputs_are_what_no_formula_uses_or_what_is_asked_for():
    text = "inputs: {a: {value: 2, std: 0.1}}\nmodel: {x: 2*a, y: x^2, z: a + 1}\n"
    assert set(load_model(text).outputs) == {"y", "z"}
    assert load_model(text + "outputs: [x, y]").outputs == ("x", "y")
    model = load_model(text + "outputs: {x: {unit: m, label: 长度}}")
    assert (model.units["x"], model.labels["x"]) == ("m", "长度")
    model = load_model(text + "outputs: [{name: x, unit: m}]")
    assert model.units["x"] == "m"


def test_an_input_that_nothing_uses_is_remarked():
    model = load_model(SIMPLE.replace("a*b", "2*a"))
    assert [(found.code, found.data["input"]) for found in model.findings] == [("unused_input", "b")]


def test_lists_are_points():
    model = load_model("""
constants: {k: [1, 2, 3]}
inputs:
  a: {value: [10, 20, 30], std: [0.1, 0.2, 0.3]}
  b: {value: 1, half_width: 0.1*k}
  q: {components: [{readings_at_points: [[1, 3], [4, 4], [5, 6]]}, {resolution: 1}]}
model: y = k*a*b
""")
    assert model.points == 3
    assert model.inputs[2].estimate.tolist() == [2, 4, 5.5]
    assert model.inputs[2].standard_uncertainty[1] == pytest.approx(0.5 / sqrt(3))
    result = evaluate(model)["y"]
    assert result.value.tolist() == [10, 40, 90]
    assert result.standard_uncertainty == pytest.approx(
        [np.hypot(k * 0.1 * k, k * 10 * k * 0.1 * k / sqrt(3)) for k in (1, 2, 3)]
    )


def test_readings_of_one_point_that_never_vary_are_refused():
    with pytest.raises(BadModel, match="读数全部相同"):
        load_model("inputs: {a: {readings_at_points: [[1, 2], [3, 3]]}}\nmodel: y = a")


def test_a_joint_observation_has_its_correlation_and_multivariate_t():
    model = load_model(
        "inputs:\n  a: {readings: [1, 2, 4, 5, 3]}\n  b: {readings: [2, 1, 3, 6, 3]}\njoint: [[b, a]]\nmodel: y = a - b"
    )
    r = np.corrcoef([1, 2, 4, 5, 3], [2, 1, 3, 6, 3])[0, 1]
    assert model.correlation == pytest.approx(np.array([[1, r], [r, 1]]))
    assert {known.degrees_of_freedom[0] for known in model.inputs} == {4}
    assert {known.parts[0].distribution.degrees_of_freedom for known in model.inputs} == {3}
    assert len(model.ensembles) == 1


def test_a_joint_observation_may_be_given_by_its_results():
    model = load_model(
        "inputs:\n  a: {value: 1, std: 1, dof: 4}\n  b: {value: 2, std: 2, dof: 4}\njoint: [[a, b]]\n"
        "correlations: [[a, b, 0.5]]\nmodel: y = a - b"
    )
    assert evaluate(model)["y"].degrees_of_freedom == pytest.approx([4])
    assert model.findings == ()


@pytest.mark.parametrize("words", [MODEL, INPUT, COMPONENT, FIT, DISTRIBUTIONS])
def test_no_spelling_means_two_things(words):
    assert all(words[name] == name for name in words.values())


def test_the_example_is_a_model_without_remarks():
    model = load_model(example_text())
    assert model.findings == ()
    assert evaluate(model)["l"].expanded_uncertainty == pytest.approx([92.5], abs=0.05)
