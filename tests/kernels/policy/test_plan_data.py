"""Plans as data: reading them back with clear errors, and what changed between two versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from quanheng.kernels.policy import CompiledPlan, DocumentRefused, compile_plan, diff_plans, plan_from_dict
from tests.kernels.policy.test_annex import BODY, ROWS


def compiled(text: str) -> CompiledPlan:
    return compile_plan(text.encode(), filename="plan.md")


def _set(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan.__setitem__(key, value)


def _set_item(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda plan: plan["items"][0].__setitem__(key, value)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_set("issued_on", "2025年3月1日"), "plan.issued_on: expected a date"),
        (_set("items", "none"), "plan.items: expected list"),
        (lambda plan: plan["items"][0].pop("title"), r"plan.items\[0\].title: missing"),
        (_set_item("lead", ["县水务局", 5]), r"plan.items\[0\].lead: expected names"),
        (_set_item("lead_rule", "somehow"), r"lead_rule: unknown rule 'somehow'"),
        (_set_item("lead", []), "does not go with lead_rule"),
        (_set_item("lead_rule", "none_stated"), "does not go with lead_rule"),
        (lambda plan: plan["annex"][0].__setitem__("row", True), r"plan.annex\[0\].row: expected int"),
        (lambda plan: plan["annex"][0].__setitem__("label", "（九）"), "which the plan does not have"),
        (lambda plan: plan["source"].__setitem__("sha256", "abc"), "expected 64 hexadecimal digits"),
        (_set("source", None), "plan.source: expected dict"),
    ],
)
def test_a_spoiled_plan_is_refused_with_the_place(
    spoil: Callable[[dict[str, Any]], object], message: str
) -> None:
    plan = compiled(BODY + ROWS).to_dict()
    assert plan_from_dict(plan).to_dict() == plan
    spoil(plan)
    with pytest.raises(ValueError, match=message):
        plan_from_dict(plan)


def _changes(old: str, new: str) -> list[tuple[str, str]]:
    return [(c.code, c.label) for c in diff_plans(compiled(old), compiled(new))]


def test_equal_plans_have_no_changes_even_under_other_names() -> None:
    assert _changes(BODY + ROWS, BODY + ROWS) == []
    assert _changes(BODY + ROWS, (BODY + ROWS).replace("县交通运输局", "县交运局")) == []


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("修好主干道。", "修好主干道和支路。", [("text_changed", "（一）")]),
        ("修整道路。", "修整城区道路。", [("task_renamed", "（一）"), ("text_changed", "（一）")]),
        ("（牵头单位：县水务局；", "（牵头单位：县住建局；", [("lead_changed", "（二）")]),
        ("县公安局、各乡镇人民政府）", "县公安局）", [("responsible_changed", "（三）")]),
        ("2025年底", "2026年底", [("deadline_changed", "（三）")]),
        (
            "| 县水务局 | 县财政局 |",
            "| 县财政局 | 县水务局 |",
            [("annex_lead_changed", "（二）"), ("annex_responsible_changed", "（二）")],
        ),
        ("完成三座桥梁的", "完成五座桥梁的", [("annex_content_changed", "（二）")]),
    ],
)
def test_each_change_is_named_once(old: str, new: str, changes: list[tuple[str, str]]) -> None:
    text = BODY + ROWS
    assert old in text
    assert _changes(text, text.replace(old, new, 1)) == changes


def test_added_removed_and_renumbered_tasks() -> None:
    extra = "（四）更换路灯。换成节能灯。（牵头单位：县城管局）\n某县人民政府\n"
    added = BODY.replace("\n某县人民政府\n", "\n" + extra, 1)
    assert _changes(BODY, added) == [("task_added", "（四）")]
    assert _changes(added, BODY) == [("task_removed", "（四）")]
    lines = BODY.splitlines(keepends=True)
    without = "".join(lines[:3] + lines[4:]).replace("（三）", "（二）")
    assert _changes(BODY, without) == [("task_removed", "（二）"), ("task_renumbered", "（二）")]


def test_added_and_removed_annex_rows() -> None:
    row = ROWS.strip().split("\n")[-1]
    shorter = (BODY + ROWS).replace(row + "\n", "")
    assert _changes(BODY + ROWS, shorter) == [("annex_row_removed", "（三）")]
    assert _changes(shorter, BODY + ROWS) == [("annex_row_added", "（三）")]


def test_changes_say_what_was_and_what_is() -> None:
    text = BODY + ROWS
    (change,) = diff_plans(compiled(text), compiled(text.replace("2025年底", "2026年底")))
    assert dict(change.data) == {"row": 3, "old": "2025年底", "new": "2026年底"}
    assert change.text == "附件第3行完成时限由“2025年底”改为“2026年底”。"


def test_a_plan_kept_as_facts_is_read_as_it_was_compiled() -> None:
    plan = compiled(BODY + ROWS)
    kept = yaml.safe_dump(plan.to_dict(), allow_unicode=True, sort_keys=False)

    assert compile_plan(kept.encode(), filename="plan.yaml") == plan


BOMB = "title: &a [甲, 甲]\n" + "".join(
    f"k{n}: &b{n} [{', '.join(['*' + ('a' if n == 0 else f'b{n - 1}')] * 9)}]\n" for n in range(12)
)


TAIL = "\ndoc_number: null\nissued_on: null\n"
HOSTILE = [
    'title: !!int ""',
    'title: !!bool "x"',
    'title: !!timestamp "x"',
    'title: "\\ud800"' + TAIL,
    "title: 甲" + TAIL + "findings: [{code: x, where: y, text: z, data: {d: 2024-01-01}}]",
    "title: 甲" + TAIL + "findings: [{code: x, where: y, text: z, data: {d: .nan}}]",
    "title: " + "长" * 30_000 + TAIL,
    'title: "\\0"' + TAIL,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_facts_that_python_or_a_database_would_choke_on_are_refused(text: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        compile_plan(text.encode(), filename="plan.yaml")

    assert refused.value.code == "policy.bad_facts"


def test_facts_that_name_a_department_without_listing_it_are_refused() -> None:
    facts = compiled(BODY + ROWS).to_dict()
    facts["departments"] = facts["departments"][1:]
    kept = yaml.safe_dump(facts, allow_unicode=True, sort_keys=False)
    with pytest.raises(DocumentRefused, match="departments"):
        compile_plan(kept.encode(), filename="plan.yaml")


@pytest.mark.parametrize("text", ["title: [", "title: 甲\nitems: 3\n", BOMB, "title: " + "[" * 5000])
def test_facts_that_are_none_are_refused_with_the_place(text: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        compile_plan(text.encode(), filename="plan.yaml")

    assert refused.value.code == "policy.bad_facts"
