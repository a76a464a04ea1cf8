"""Plans as data, and the verdict of a plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.sampling.judge import judge
from quanheng.kernels.sampling.plans import (
    BadPlan,
    BadSampling,
    Plan,
    Stage,
    double,
    plan_from_dict,
    plan_to_dict,
    single,
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    accept, reject, stages = -1, 2, []
    for _ in range(draw(st.integers(0, 4))):
        accept = draw(st.integers(accept, accept + 2))
        reject = draw(st.integers(max(reject, accept + 2), max(reject, accept + 2) + 3))
        stages.append(Stage(draw(st.integers(1, 50)), accept, reject))
    last = draw(st.integers(max(accept, reject - 1, 0), max(accept, reject) + 3))
    return Plan((*stages, Stage(last + 1, last, last + 1)))


@given(plans())
def test_a_plan_comes_back_from_its_document(plan: Plan) -> None:
    assert plan_from_dict(plan_to_dict(plan)) == plan


def test_short_forms_are_read() -> None:
    assert plan_from_dict({"n": 50, "c": 1}) == single(50, 1)
    eu = {"lot": "501-3200", "n1": 50, "a1": 2, "r1": 5, "n2": 50, "cum": 100, "a2": 6, "r2": 7}
    assert plan_from_dict(eu) == double(50, 2, 5, 50, 6, 7)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"n": 50},
        {"n": "50", "c": 1},
        {"n": True, "c": 0},
        {"n": 0, "c": 0},
        {"n": 5, "c": 5},
        {"n": 5, "c": -1},
        {"n": 50, "c": 1, "re": 3},
        {"stages": []},
        {"stages": [{"n": 5, "accept": 0, "reject": 1}, {"n": 5, "accept": 1, "reject": 2}]},
        {"stages": [{"n": 5, "accept": 1, "reject": 4}, {"n": 5, "accept": 0, "reject": 1}]},
    ],
)
def test_what_is_no_plan_is_refused_in_chinese(data: dict[str, Any]) -> None:
    with pytest.raises(BadPlan, match="[一-鿿]"):
        plan_from_dict(data)


EU = double(5, 0, 2, 5, 1)


@pytest.mark.parametrize(
    ("results", "outcome", "stage"),
    [
        ([False] * 5, "accept", 1),
        ([True, True, False, False, False], "reject", 1),
        ([True, False, False, False, False], "continue", 2),
        ([True, False, False, False, False, None], "continue", 2),
        ([True, False, False, False, False, False, None], "incomplete", 2),
        ([True, *[False] * 9], "accept", 2),
        ([True, *[False] * 8, True], "reject", 2),
        ([False, None, False, False, False], "incomplete", 1),
        ([], "incomplete", 1),
        ([False] * 5 + [True] * 5, "accept", 1),
    ],
)
def test_a_double_plan_judges_in_the_order_of_the_draw(
    results: list[bool | None], outcome: str, stage: int
) -> None:
    verdict = judge(EU, results)
    assert (verdict.outcome, verdict.stage) == (outcome, stage)


def test_what_is_missing_is_said_with_what_is_certain_already() -> None:
    verdict = judge(single(5, 1), [True, True, None])
    assert (verdict.outcome, verdict.certain, verdict.nonconforming) == ("incomplete", "reject", 2)
    assert "还缺 3 个" in verdict.sentence
    assert judge(single(5, 1), [False] * 4).certain == "accept"


def test_more_results_than_the_plan_has_items_are_refused() -> None:
    with pytest.raises(BadSampling, match="第 6 个"):
        judge(single(5, 1), [False] * 6)
    with pytest.raises(BadSampling, match="合格或不合格"):
        judge(single(5, 1), [3])
    assert judge(single(2, 5, counts_nonconformities=True), [3, 2]).outcome == "accept"
