"""`check` finds each fault of a file, and says on which line; a good file has none."""

from __future__ import annotations

from datetime import date

import pytest

from quanheng.kernels.procedures import Library, packaged_names, packaged_procedures, packaged_text
from quanheng.kernels.procedures.checking import check
from quanheng.kernels.procedures.read import Problem
from tests.kernels.procedures.making import TOY, toy


def found(before: str, after: str) -> list[tuple[str, str]]:
    """Return (line of the file, sentence) of every problem that a change brings."""
    assert TOY.count(before) == 1, before
    text = TOY.replace(before, after)
    lines = text.splitlines()
    return [(lines[problem.line - 1].strip(), problem.text) for problem in check(text)]


def test_a_good_file_has_no_problem() -> None:
    assert check(TOY) == ()


@pytest.mark.parametrize("name", packaged_names())
def test_no_packaged_file_has_a_problem(name: str) -> None:
    assert check(packaged_text(name), library=packaged_procedures()) == ()


NAMES = [
    ("formula: P - load,", "formula: P - lood,", "算式“P - lood”中的“lood”在此处没有定义。是否应为“load”？"),
    ("formula: P - load,", "formula: P - way,", "算式中的“way”是可选项，不能参加计算。"),
    ("formula: P - load,", "formula: P - Ec,", "互相引用：E → Ec → E。"),
    ("default: slack_table", "default: grain + slack", "互相引用：slack → slack。"),
    ("{when: {class: A}, value: max/e", "{when: {class: C}, value: max/e", "“class”没有“C”这一可选值，可选：A、B。"),
    ("{when: {class: A}, value: max/e", "{when: {grade: A}, value: max/e", "没有可选项“grade”。"),
    ("{when: {class: A}, value: max/e", "{when: {e: A}, value: max/e", "“e”是数，条件应为“<= 30”这样的比较。"),
    ("{when: {class: A}, value: max/e", "{when: {class: '> 3'}, value: max/e", "“class”在此处不是数，不能比较。"),
    ("from: -10, to: 40", "from: cold, to: 40", "“cold”在此处没有定义"),
    ("from: 100, to: 1000, text", "from: least, to: 1000, text", "“least”在此处没有定义"),
    ("upper: 0.5*e}", "upper: 0.5*f}", "“f”在此处没有定义"),
    ("show: {reference: load, indication: indication}\n    judge:\n    - {value: R", "show: {reference: lode}\n    judge:\n    - {value: R", "“lode”在此处没有定义"),
    ("- {value: Ec, table: mpe}", "- {value: Ec, table: mpes}", "没有表“mpes”。"),
    ("{label: 砝码, of: load,", "{label: 砝码, of: lode,", "“lode”在此处没有定义。"),
    ("half_width: weight_mpe,", "half_width: weights,", "“weights”在此处没有定义"),
    ("default: limit/3}", "default: limits/3}", "“limits”在此处没有定义"),
    ("default: limit/3}", "default: kit}", "“kit”在此处没有定义"),
    ("best: {label: 最小误差, unit: g,", "best: {label: 最小误差, unit: g, to: sets*e*x,", "“x”在此处没有定义"),
    ("三分之一, tests: [weighing]}", "三分之一, tests: [weighting]}", "没有检定项目“weighting”。"),
    ("from_test: {test: zero, value: Z,", "from_test: {test: nought, value: Z,", "没有检定项目“nought”。"),
    ("from_test: {test: zero, value: Z,", "from_test: {test: zero, value: Y,", "检定项目“zero”中没有数“Y”。"),
    ("group_by: [load]", "group_by: [lode]", "“lode”不是读数的一列。"),
    ("R: {how: range, of: indication", "R: {how: range, of: way", "“way”不是读数中的数，也不是算出的值。"),
    ("Z: {formula: shown - slack", "slack: {formula: shown", "“slack”在 instrument.slack 中已有，请换一个名称。"),
    ("s: {how: std,", "e: {how: std,", "“e”已有别的意思，请换一个名称。"),
    ("sets: {label: 组数", "limit: {label: 组数", "“limit”另有所指，请换一个名称。"),
    ("lean: {label: 倾斜", "pi: {label: 倾斜", "“pi”另有所指，请换一个名称。"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "text"), NAMES)
def test_names_must_be_known_and_mean_one_thing(before: str, after: str, text: str) -> None:
    problems = found(before, after)
    line = after.splitlines()[0].strip()
    assert any(text in said and line in where for where, said in problems), problems


@pytest.mark.parametrize(
    ("before", "after", "where", "text"),
    [
        ("upper: 0.5*e}", "upper: nominal}", "over: load", "“load”在此处没有定义。（用于“零点”）"),
        ("value: Z, how", "value: Z, test: zero, how", "E0:", "“test”重复"),
        (
            "{test: zero, value: Z,",
            "{test: weighing, value: E,",
            "given:",
            "检定项目“weighing”的数取自它自己。",
        ),
    ],
)
def test_a_fault_is_said_where_it_is(before: str, after: str, where: str, text: str) -> None:
    problems = found(before, after)
    assert any(text in said and line.startswith(where) for line, said in problems), problems


RANGES = [
    ("above: 50, below: 200, value: e", "above: 60, below: 200, value: e", "与第 1 行之间有空缺：50 到 60（class＝A、e＝4）。"),
    ("above: 50, below: 200, value: e", "above: 40, below: 200, value: e", "与第 1 行之间有重叠：40 到 50（class＝A、e＝4）。"),
    ("above: 50, below: 200, value: e", "from: 50, below: 200, value: e", "与第 1 行之间有重叠：两行都含 50（class＝A、e＝4）。"),
    ("from: 200, value: 1.5*e", "above: 200, value: 1.5*e", "与第 2 行之间有空缺：两行都不含 200（class＝A、e＝4）。"),
    ("above: 50, below: 200, value: e", "below: 200, value: e", "与第 2 行之间有重叠：0 到 200"),
    ("from: 0, to: 50, value: 0.5*e", "from: 60, to: 50, value: 0.5*e", "范围是空的：60 到 50。"),
    ("from: 0, to: 50, value: 0.5*e", "from: 0, to: 10*d/e, value: 0.5*e", "不相接：一行止于 10 × d ÷ e，一行起于 50（算式应写成一样）"),
    ('{when: {class: B, e: "<= 5"}', '{when: {class: B, e: "< 5"}', "没有哪一行适用于（class＝B、e＝5）。若本来如此，写入 none_for。"),
    ('{when: {class: B, e: "> 5"}', '{when: {class: B, e: ">= 5"}', "与第 4 行之间有重叠：一侧没有界（class＝B、e＝5）。"),
    ("{when: {class: B, stage: first}, value: 0.3}", "{when: {class: A}, value: 0.3}", "与第 1 行都适用"),
    ("{at: 200, value: 2}", "{at: 100, value: 2}", "与第 1 行重复（100）。"),
    ("{at: 200, value: 2}", "{from: 50, value: 2}", "与第 2 行重叠。"),
    ("- {value: 0.2*e*grain}", "- {from: 1, value: 0.2*e*grain}", "这一行有范围，但表没有 over，不知是什么的范围。"),
    ("- {value: 0.2*e*grain}", "- {upper: 0.2*e*grain}", "修约间隔应给 value。"),
    ("table: nominal,", "upper: 1,", "表“标称允差”没有用到。"),
    ("rows:\n    - {value: 0.2*e*grain}", "rows: []", "没有一行；数值未查到的，在 lacks 中写 limits。"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "text"), RANGES)
def test_ranges_have_no_gaps_and_no_overlaps(before: str, after: str, text: str) -> None:
    problems = found(before, after)
    assert any(text in said for _, said in problems), problems


def test_a_gap_is_said_on_the_line_of_the_second_range() -> None:
    line = '- {when: {class: A}, above: 60, below: 200, value: e, clause: "7.0"}'
    problems = found("above: 50, below: 200, value: e", "above: 60, below: 200, value: e")
    assert {where for where, _ in problems} == {line}


def test_combinations_may_be_left_out_on_purpose() -> None:
    text = TOY.replace('    - {when: {class: B, e: "> 5"}, upper: e}\n', "")
    assert [problem.text for problem in check(text)] == [
        "没有哪一行适用于（class＝B、e＝6）。若本来如此，写入 none_for。"
    ]
    over = "    over: load/e\n    times"
    assert check(text.replace(over, '    none_for: [{class: B, e: "> 5"}]\n' + over)) == ()
    assert check(text.replace(over, "    lacks: [limits]\n" + over)) == ()


def test_formula_bounds_meet_where_they_are_written_alike() -> None:
    first, second = "from: 0, to: 50, value: 0.5*e", "above: 50, below: 200, value: e"
    text = TOY.replace(first, first.replace("to: 50", "to: 50*d/e"))
    assert check(text.replace(second, second.replace("above: 50", "above: 50 * d / e"))) == ()
    assert check(text) != ()


UNITS = [
    ("formula: P - load,", "formula: P*load,", "算式“P*load”的结果与此处（g）量纲不同。"),
    ("formula: P - load,", "formula: P - temperature,", "相加、相减或比较的两部分量纲不同"),
    ("added: {label: 附加砝码, symbol: ΔL, unit: g,", "added: {label: 附加砝码, symbol: ΔL, unit: kg,", "单位不同，没有换算"),
    ("from: 0, to: max}", "from: 0, to: temperature}", "量纲不同"),
    ("default: 0.5*e, assumed", "default: 0.5*temperature, assumed", "量纲不同"),
    ("assumed_half_width: 0.6*e", "assumed_half_width: 0.6*temperature", "量纲不同"),
    ("value: max/e, from: 100", "value: max, from: e/max", "量纲不同"),
    ("label: 最大允许误差\n    unit: g", "label: 最大允许误差\n    unit: mL", "判定的值与“最大允许误差”量纲不同。"),
    ("upper: 0.5*e}", "upper: temperature}", "量纲不同"),
    ("expanded_uncertainty: 0.2*e,", "expanded_uncertainty: 0.2*temperature,", "量纲不同"),
    ("formula: P - load,", "formula: load*ln(P),", "函数 ln 的参数有量纲"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "text"), UNITS)
def test_units_must_agree_as_far_as_they_are_known(before: str, after: str, text: str) -> None:
    problems = found(before, after)
    assert any(text in said for _, said in problems), problems


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("formula: P - load,", "formula: 1000*P - load,"),  # a factor that may change a unit hides it
        ("formula: P - load,", "formula: P - load*(1 + 0.5*temperature/temperature),"),
        ("formula: P - load,", 'formula: "sqrt(P^2) - max(load, 0)",'),
        ("formula: P - load,", "formula: P - 0.28434*load*temperature,"),  # a constant may have any unit
    ],
)
def test_what_may_be_right_is_not_called_wrong(before: str, after: str) -> None:
    assert found(before, after) == []


OTHERS = [
    ("lacks: [clause]}", "lacks: []}", "没有条款（clause）；未查到的，在 lacks 中写 clause。"),
    ("lacks: [clause]}", "lacks: [clause, patience]}", "lacks 中没有“patience”一词"),
    ("in_force_from: 2020-01-01", "in_force_from: null", "施行日期未查到的，在 lacks 中写 in_force_from。"),
    ("in_force_from: 2020-01-01", "in_force_from: 2020-01-01, in_force_to: 2019-12-31", "最后一天早于施行日期。"),
    ("names: [试验秤]}", "from: 2021-01-01, to: 2020-12-31}", "to 早于 from。"),
    ("months: null, text: 首次", "months: null", "没有检定周期；未查到的，在 lacks 中写 period。"),
    ("serves:", "stages: [first, in_service]\nserves:", "“stage”没有“subsequent”这一可选值"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "text"), OTHERS)
def test_sources_days_and_stages_are_looked_at(before: str, after: str, text: str) -> None:
    problems = found(before, after)
    assert any(text in said for _, said in problems), problems


def test_no_kind_is_served_twice_on_one_day() -> None:
    library = Library({"toy": toy()})
    text = TOY.replace('edition: "2020"', 'edition: "2025"').replace("2020-01-01", "2025-01-01")
    assert [str(problem) for problem in check(text, library=library)] == [
        "第 4 行 serves.0：“toy_scale”在同一天还适用 JJG 1-2020（2020-01-01 至 今）。"
    ]
    earlier = TOY.replace("names: [试验秤]}", "to: 2024-12-31}")
    ended = Library({"toy": toy().model_copy(update={"serves": read_serves(earlier)})})
    assert check(text, library=ended) == ()
    assert check(TOY, library=library) == ()  # the same edition replaces itself


def read_serves(text: str) -> object:
    from quanheng.kernels.procedures import read_procedure

    return read_procedure(text).serves


def test_problems_come_in_the_order_of_the_lines() -> None:
    text = TOY.replace("formula: P - load,", "formula: P - lood,").replace("value: max/e", "value: max/f")
    problems = check(text)
    assert list(problems) == sorted(problems)
    assert [type(problem) for problem in problems] == [Problem] * len(problems)
    assert len({problem.line for problem in problems}) > 1


def test_the_day_of_the_change_is_a_matter_of_data() -> None:
    before, after = (
        packaged_procedures().find("price_scale", day).regulation.document
        for day in (date(2027, 1, 7), date(2027, 1, 8))
    )
    assert (before, after) == ("JJG 539-2016", "JJG 1204-2025（试行）")
