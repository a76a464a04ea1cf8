"""YAML with lines: what is read, and where what is wrong stands."""

import json
from datetime import date
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.marked_yaml import BadYaml, load_marked, load_node


def test_scalars_follow_yaml_1_2():
    text = "a: 1e-6\nb: on\nc: no\nd: 12:30\ne: 0123\nf: .inf\ng: 2024-01-02\nh:\ni: true\nj: -.INF\n'1': y\n"

    assert load_marked(text).data == {
        "a": 1e-6, "b": "on", "c": "no", "d": "12:30", "e": 123, "f": inf,
        "g": date(2024, 1, 2), "h": None, "i": True, "j": -inf, "1": "y",
    }  # fmt: skip


def test_every_value_knows_its_line_and_the_unknown_one_the_line_around_it():
    marked = load_marked("a:\n  b: 1\n  c:\n  - 2\n  - {d: 3}\n")

    assert marked.line(("a", "b")) == 2
    assert marked.line(("a", "c", 1, "d")) == 5
    assert marked.line(("a", "absent", "deep")) == 1
    assert marked.line(()) == 1


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: 2\na: 3", 3, "“a”重复，第 1 行已有。"),
        ("a:\n  x: 1\n  x: 2", 3, "“x”重复"),
        ("a: &x 1\nb: *x", 2, "不支持引用"),
        ("- &a [*a]", 1, "不支持引用"),
        ("a: [1", 1, "不是有效的 YAML"),
        ("a: 2024-13-40", 1, "不能读取"),
        ("a: !!python/object:os.system x", 1, "不是有效的 YAML"),
        ("a: !mine 1", 1, "不支持标记"),
        ("ok: 1\na: \x00", 2, "不能使用的字符"),
        ("? [1, 2]\n: 3", 1, "名称应为文字"),
        ("a: " + "9" * 5000, 1, "不能读取"),
        (b"ok: 1\n\xff\xfe", 2, "不是 UTF-8"),
        ("[" * 5000, 1, "嵌套太深"),
        ("[" * 40 + "]" * 40, 1, "嵌套太深"),
        ("a: 1\n" + "#" * 2**20, 1, "超过 1 MiB"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text, line, reason):
    with pytest.raises(BadYaml, match=reason) as refusal:
        load_marked(text)

    assert refusal.value.line == line


words = st.text(st.characters(exclude_categories=["Cc", "Cn", "Cs", "Zl", "Zp"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_what_json_says_yaml_says(value):
    assert load_marked(json.dumps(value, ensure_ascii=False)).data == value


def test_the_nodes_of_a_text_stand_where_they_say_and_no_more_are_read_than_asked_for() -> None:
    text = "a: 1  # one\nb: [2, 3]\n"
    root = load_node(text, 7)
    assert root is not None
    assert [text[value.start_mark.index : value.end_mark.index] for _key, value in root.value] == [
        "1",
        "[2, 3]",
    ]
    assert load_node("", 7) is None
    for bad in ("a: &x 1\nb: *x", "a: 1\na: 2", "? [a]\n: 1", text + "c: 4"):
        with pytest.raises(BadYaml):
            load_node(bad, 7)
