"""The grammar of formulas: what is one, what is refused and where."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.expressions import (
    BadExpression,
    Binary,
    Call,
    Cycle,
    Name,
    Negative,
    Number,
    evaluate,
    in_order,
    names,
    parse,
    render,
)
from quanheng.kernels.expressions.syntax import MAX_DEPTH, MAX_LENGTH, MAX_NODES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7),
        ("(1 + 2)*3", 9),
        ("8/4/2", 1),
        ("2 - 3 - 4", -5),
        ("2^3^2", 512),
        ("2**-1", 0.5),
        ("-2^2", -4),
        ("--2", 2),
        ("+2", 2),
        ("1.5e3 + .5 + 2.", 1502.5),
        ("2×3÷4−1", 0.5),
        ("（1＋2）＊3", 9),
        ("pi/π", 1),
        ("atan2(1, 1)*4", math.pi),
        ("max(1, 5, 3) - min(4, 2)", 3),
        ("lg(1000) + log2(8) + ln(exp(2)) + log(exp(1))", 9),
        ("abs(-3)", 3),
    ],
)
def test_formulas_mean_what_is_written(text, value):
    assert evaluate(parse(text), {}) == pytest.approx(value)


def test_a_name_is_of_any_script():
    assert evaluate(parse("体积_1*β"), {"体积_1": 2.0, "β": 3.0}) == 6


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 1, "不完整"),
        ("1 +", 4, "不完整"),
        ("(1", 3, "缺少右括号"),
        ("1)", 2, "此处不应是“)”"),
        ("a b", 3, "此处不应是“b”"),
        ("1,2", 2, "此处不应是“,”"),
        ("a..b", 2, "不能用字符"),
        ("a = 1", 3, "不能用字符“=”"),
        ("x²", 2, "不能用字符“²”"),
        ("foo(1)", 1, "没有函数“foo”"),
        ("__import__('os')", 1, "不能用字符“_”"),
        ("os.system('x')", 3, "不能用字符“.”"),
        ("eval(x)", 1, "没有函数“eval”"),
        ("a[0]", 2, "不能用字符“[”"),
        ("lambda: 1", 7, "不能用字符“:”"),
        ("1 if a else 2", 3, "此处不应是“if”"),
        ("sin()", 5, "此处不应是“)”"),
        ("sin(1, 2)", 1, "应有 1 个参数"),
        ("atan2(1)", 1, "应有 2 个参数"),
        ("min(1)", 1, "应有 2～16 个参数"),
        ("*2", 1, "此处不应是“*”"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text, position, reason):
    with pytest.raises(BadExpression, match="第") as refusal:
        parse(text)

    assert reason in refusal.value.reason
    assert refusal.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        "1" * (MAX_LENGTH + 1),
        "+".join("1" * (MAX_NODES // 2 + 2)),
        "(" * (MAX_DEPTH + 2) + "1" + ")" * (MAX_DEPTH + 2),
        "-" * (MAX_DEPTH + 2) + "1",
        "2^" * (MAX_DEPTH + 2) + "1",
        "abs(" * (MAX_DEPTH + 2) + "1" + ")" * (MAX_DEPTH + 2),
    ],
)
def test_too_long_or_too_deep_is_refused(text):
    with pytest.raises(BadExpression, match="超过|太深"):
        parse(text)


def test_a_sum_as_long_as_allowed_is_evaluated_and_written():
    tree = parse("+".join("a" * (MAX_NODES // 2)))

    assert evaluate(tree, {"a": 1}) == MAX_NODES // 2
    assert names(tree) == ("a",)
    assert parse(render(tree)) == tree


def test_names_stand_in_their_first_order():
    assert names(parse("b*a + sin(c)^b - pi")) == ("b", "a", "c")


def test_definitions_come_after_what_they_use():
    ordered = in_order({"y": parse("x + 1"), "x": parse("2*z"), "z": parse("input")})

    assert list(ordered) == ["z", "x", "y"]


@pytest.mark.parametrize(
    ("formulas", "circle"), [({"a": "b", "b": "a"}, {"a", "b"}), ({"a": "a + 1"}, {"a"})]
)
def test_definitions_in_a_circle_are_refused(formulas, circle):
    with pytest.raises(Cycle) as refusal:
        in_order({name: parse(text) for name, text in formulas.items()})

    assert refusal.value.names[0] == refusal.value.names[-1]
    assert set(refusal.value.names) == circle


def test_a_circle_is_told_in_the_direction_of_use():
    with pytest.raises(Cycle, match="a → b → c → a|b → c → a → b|c → a → b → c"):
        in_order({"a": parse("b"), "b": parse("c"), "c": parse("a")})


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("I + 0.5*e - dL", "I + 0.5 × e − dL"),
        ("(a + b)*c", "(a + b) × c"),
        ("a - (b - c)", "a − (b − c)"),
        ("a + (b + c)", "a + (b + c)"),
        ("a - (b + c)", "a − (b + c)"),
        ("a/(b*c)", "a ÷ (b × c)"),
        ("(-a)^2", "(−a)^2"),
        ("-a^2", "−a^2"),
        ("(a^b)^c", "(a^b)^c"),
        ("a^b^c", "a^b^c"),
        ("a*(-b)", "a × (−b)"),
        ("sqrt(a + b)/2", "sqrt(a + b) ÷ 2"),
    ],
)
def test_a_formula_is_written_with_the_brackets_it_needs(text, written):
    assert render(parse(text)) == written


def test_numbers_take_the_place_of_names_and_negative_ones_get_brackets():
    assert render(parse("a - b*a^2"), {"a": "-2", "b": "3"}) == "-2 − 3 × (-2)^2"


numbers = st.integers(0, 9).map(lambda n: Number(float(n), str(n)))
trees = st.recursive(
    numbers | st.sampled_from("abc").map(Name),
    lambda inner: (
        st.builds(Negative, inner)
        | st.builds(Binary, st.sampled_from("+-*/^"), inner, inner)
        | st.builds(lambda a: Call("sin", (a,)), inner)
        | st.builds(lambda a, b: Call("max", (a, b)), inner, inner)
    ),
    max_leaves=15,
)


@given(trees)
def test_what_is_written_is_parsed_back(tree):
    assert parse(render(tree)) == tree


def test_values_that_do_not_exist_are_infinite_or_nan_without_a_warning(recwarn):
    assert math.isinf(evaluate(parse("1/a"), {"a": 0.0}))
    assert math.isnan(evaluate(parse("(-8)^(1/3)"), {}))
    assert math.isnan(evaluate(parse("ln(-1)"), {}))
    assert math.isinf(evaluate(parse("10^400"), {}))
    assert not recwarn.list
