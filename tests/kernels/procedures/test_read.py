"""Reading files: strict, every fault with its line; what one file takes over from another."""

from __future__ import annotations

from typing import Any

import pytest

from quanheng.kernels.procedures import BadProcedure, Procedure, read_procedure
from tests.kernels.procedures.making import TOY

HEAD = """\
format: 1
based_on: toy
regulation: {number: JJG 9, edition: "2030", title: 新试验秤, in_force_from: 2030-01-01, confidence: found, source: 自拟, clause: 全文}
serves:
- {kind: toy_scale}
"""


def refused(text: str | bytes, **bases: str) -> list[tuple[int, str]]:
    with pytest.raises(BadProcedure) as error:
        read(text, **bases)
    return [(problem.line, problem.text) for problem in error.value.problems]


def read(text: str | bytes, **bases: str) -> Procedure:
    return read_procedure(text, lambda name: bases[name].encode())


def changed(before: str, after: str) -> str:
    assert TOY.count(before) == 1, before
    return TOY.replace(before, after)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("format: 1\n", "format: 2\n", "应为 1。"),
        ("format: 1\n", "", "缺少这一项。"),
        ("title: 称量", "titel: 称量", "没有“titel”这一项，请核对拼写。是否应为“title”？"),
        ("choices: [A, B]}", "choices: [1, 2]}", "应为文字；数字请加引号。"),
        ("choices: [A, B]}", "choices: [A, A]}", "可选值重复。"),
        ("choices: [A, B]}", "choices: [A, B], unit: g}", "可选项（choices）不能有单位或上下限。"),
        ("choices: [A, B]}", "choices: [A, B], default: C}", "默认值不在可选值（choices）之内。"),
        ("choices: [A, B]}", "choices: [A, B], assumed_half_width: 1}", "可选项没有 assumed_half_width。"),
        ("formula: P - load,", "formula: P -,", "“P -”：算式第 4 个字符处：算式不完整。"),
        ("formula: P - load,", "formula: __import__('os'),", "不能用字符"),
        ("formula: P - load,", "formula: [P],", "应为数或算式。"),
        ("formula: P - load,", "formula: true,", "应为数或算式。"),
        ("upper: 0.5*e}", "upper: 0.5*e, table: mpe}", "给 table，或给 lower、upper（可只给一侧）。"),
        ("from: 0, to: 50, value", "from: 0, above: 0, to: 50, value", "一侧只能有一个界"),
        ("from: 0, to: 50, value: 0.5*e}", "from: 0, to: 50}", "每行给 value，或给 lower、upper"),
        ("{at: 100, value: 1}", "{at: 100, from: 1, value: 1}", "给了 at 就不能再给范围。"),
        ("half_width: weight_mpe, distribution: rectangular", "half_width: weight_mpe", "应同时给出。"),
        (
            "distribution: triangular",
            "distribution: round",
            "应为 'rectangular', 'triangular' or 'arcsine' 之一。",
        ),
        ("expanded_uncertainty: 0.2*e, coverage_factor: 2", "expanded_uncertainty: 0.2*e", "应同时给出。"),
        ("standard_uncertainty: 0.1*e,", "standard_uncertainty: 0.1*e, half_width: 1,", "三者给一个。"),
        ("{when: {class: A}, value: max/e", "{when: {class: 1}, value: max/e", "数字请加引号。"),
        ("times: {in_service: 2}", "times: {in_service: 0}", "应大于 0。"),
        ("at_least_groups: 2", "at_least_groups: two", "应为整数。"),
        ("in_force_from: 2020-01-01", "in_force_from: soon", "应为日期，如 2027-01-08。"),
        ("  zero:\n", "  2zero:\n", "名称只能用字母、数字和下划线，不能以数字开头。"),
        ("judge:\n    - {value: Z, upper: 0.5*e}", "judge: {value: Z, upper: 0.5*e}", "应为列表。"),
        (
            "    readings:\n      shown: {label: 零点示值, unit: g}\n",
            "    readings: {}\n",
            "至少要有一列读数。",
        ),
        ("  seal: {text: 封印}", "  seal: 封印", "应为“名称: 值”的形式。"),
    ],
)
def test_what_is_not_of_the_format_is_refused_with_its_line(before: str, after: str, text: str) -> None:
    problems = refused(changed(before, after))
    assert any(text in said for _, said in problems), problems
    lines = changed(before, after).splitlines()
    wanted = after.splitlines()[0].strip() if after else "format"
    assert after == "" or any(
        wanted in lines[line - 1] or lines[line - 1].strip() in after for line, _ in problems
    )


def test_a_standard_has_no_choices() -> None:
    ((line, text),) = refused(
        changed("kit: {label: 加载装置, unit: g}", "kit: {label: 加载装置, choices: [x]}")
    )
    assert (TOY.splitlines()[line - 1], text) == ("  fields:", "标准器的各项只能是数，没有可选项。")


def test_all_faults_are_said_at_once() -> None:
    text = changed("title: 称量", "titel: 称量").replace("format: 1\n", "format: 2\n")
    assert len(refused(text)) == 3


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: [", 1, "不是有效的 YAML"),
        ("- a", 1, "文件应为“名称: 值”的形式。"),
        ("", 1, "文件应为“名称: 值”的形式。"),
        ("a: 1\na: 2", 2, "“a”重复"),
        (b"a: \xff", 1, "文件不是 UTF-8 编码。"),
    ],
)
def test_what_is_no_file_of_names_is_refused(text: str | bytes, line: int, reason: str) -> None:
    ((where, said),) = refused(text)
    assert (where, reason in said) == (line, True)


def test_a_file_takes_over_what_it_does_not_replace_and_says_from_where() -> None:
    own = (
        HEAD
        + """\
tables:
  mpe: {label: 新允差, unit: g, rows: [{value: e}]}
checks:
  seal: null
standard:
  fields:
    kit: null
    other: {label: 其他, unit: g}
"""
    )
    procedure = read(own, toy=TOY)
    assert procedure.regulation.document == "JJG 9-2030"
    assert procedure.tables["mpe"].label == "新允差"
    assert procedure.tables["mpe"].regulation is None
    assert procedure.tables["interval"].regulation == "JJG 1-2020"
    assert procedure.tables["interval"].confidence == "memory_low"
    assert procedure.tables["interval"].lacks == {"clause"}
    assert set(procedure.checks) == {"door", "paint"}
    assert procedure.checks["paint"].regulation == "JJG 1-2020"
    assert set(procedure.standard.fields) == {"weight_mpe", "best", "grade", "other"}
    assert procedure.standard.require[0].regulation == "JJG 1-2020"
    weighing, zero = procedure.tests["weighing"].judge[0], procedure.tests["zero"].judge[0]
    assert (weighing.regulation, zero.regulation) == (None, "JJG 1-2020")  # a table says it for itself
    assert [one.kind for one in procedure.serves] == ["toy_scale"]
    assert len(procedure.serves[0].names) == 0


def test_a_chain_of_editions_keeps_the_first_source() -> None:
    middle = HEAD.replace("JJG 9", "JJG 5")
    procedure = read(HEAD.replace("based_on: toy", "based_on: middle"), middle=middle, toy=TOY)
    assert procedure.tables["interval"].regulation == "JJG 1-2020"


@pytest.mark.parametrize(
    ("bases", "text"),
    [
        ({}, "没有文件“toy”。"),
        ({"toy": "a: ["}, "文件“toy”有错。"),
        ({"toy": HEAD}, "沿用的文件一个接一个，太多了。"),
    ],
)
def test_a_base_that_cannot_be_used_is_said_on_its_line(bases: dict[str, Any], text: str) -> None:
    assert refused(HEAD, **bases) == [(2, text)]


def test_faults_of_what_was_taken_over_are_said_where_the_file_says_so() -> None:
    ((line, text),) = refused(HEAD, toy=changed("    title: 称量\n", ""))
    assert (line, text) == (2, "缺少这一项。（沿用自“toy”）")
