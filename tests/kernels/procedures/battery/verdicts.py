"""What is missing, out of range or not for an instrument; standards, checks, many instruments: the verdict."""

from __future__ import annotations

from math import isnan, sqrt

import numpy as np
import pytest

from quanheng.kernels.procedures import Stage
from tests.kernels.procedures.battery.common import (
    OPEN,
    PASSED,
    PROCEDURE,
    REJECTED,
    Judge,
    case,
    close,
    points,
    said,
)
from tests.kernels.procedures.making import numbers, rows, sheet


@case
def tables_may_hold_for_single_values(judge: Judge) -> None:
    tests = {"pieces": rows([0, 0, 0], load=[100, 200, 150], found=[101, 203, 150.5])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    found = points(judged, "pieces")
    assert [(one.upper, one.passed, one.clause) for one in found[:2]] == [(1, True, "8"), (2, False, "8")]
    assert found[2].passed is None
    assert isnan(found[2].upper)
    assert said(judged)["finding"] == ["单值第 3 行：不在“标称允差”所列的范围之内，不能判定。"]
    assert judged.outcomes.tolist() == [REJECTED]


@case
def what_cannot_be_computed_leaves_the_verdict_open(judge: Judge) -> None:
    tests = {"pieces": rows([0], load=[100], found=[100])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert said(judged)["finding"] == ["单值第 1 行：相对或其限值算不出来（除数为零，或者读数太少）。"]
    assert judged.outcomes.tolist() == [OPEN]
    assert judged.of_measured.tolist() == [OPEN]
    assert judged.decided_by(0) == []


@case
def a_test_is_for_some_instruments_and_stages(judge: Judge) -> None:
    parts = {"class": np.array([1], dtype=np.int16)}
    tests = {"pieces": rows([0], load=[100], found=[500])}
    judged = judge(PROCEDURE, sheet(instrument=parts, tests=tests), Stage.SUBSEQUENT)
    assert {point.test for point in judged.points(0)} == {"weighing"}
    assert [text for text in said(judged)["remark"] if "不适用" in text] == [
        "重复：不适用，所给的读数未用。",
        "单值：不适用，所给的读数未用。",
    ]
    assert judged.outcomes.tolist() == [PASSED]
    both = {"class": np.array([1, 0], dtype=np.int16)}
    tests = {"pieces": rows([0, 1, 0], load=[100] * 3, found=[500, 101, 500])}
    judged = judge(PROCEDURE, sheet(2, instrument=both, tests=tests), Stage.SUBSEQUENT)
    assert [len(points(judged, "pieces", 0, at)) for at in (0, 1)] == [0, 1]
    assert points(judged, "pieces", 0, 1)[0].error == 1
    neither = {"class": np.array([1, 1], dtype=np.int16)}
    judged = judge(PROCEDURE, sheet(2, instrument=neither, tests=tests), Stage.SUBSEQUENT)
    assert "单值：不适用，所给的读数未用。" in said(judged, 1)["remark"]
    tests = {"pieces": rows([0, 0], load=[100] * 2, found=[500, 500])}
    judged = judge(PROCEDURE, sheet(2, instrument=neither, tests=tests), Stage.SUBSEQUENT)
    assert "单值：不适用，所给的读数未用。" not in said(judged, 1)["remark"]


@case
def what_is_required_is_missed(judge: Judge) -> None:
    judged = judge(PROCEDURE, sheet(tests={"weighing": None, "repeat": None}), Stage.FIRST)
    assert said(judged)["missing"] == ["缺少“称量”的读数。", "缺少“重复”的读数。"]
    assert [text for text in said(judged)["remark"] if not text.startswith("器具")] == []
    assert judged.outcomes.tolist() == [OPEN]
    judged = judge(PROCEDURE, sheet(tests={"repeat": None}), Stage.IN_SERVICE)
    assert judged.outcomes.tolist() == [PASSED]
    judged = judge(PROCEDURE, sheet(tests={"weighing": rows([0], load=[100], indication=[100])}), Stage.FIRST)
    assert said(judged)["missing"] == ["“称量”读数不足：至少 2 行，给了 1 行。"]
    assert (judged.outcomes.tolist(), judged.of_measured.tolist()) == ([OPEN], [PASSED])
    tests = {"weighing": rows([0], load=[100], indication=[100])}
    assert judge(PROCEDURE, sheet(tests=tests), Stage.SUBSEQUENT).outcomes.tolist() == [PASSED]
    tests = {"repeat": rows([0, 0], load=[500, 500], indication=[500, 500])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert said(judged)["missing"] == ["“重复”读数不足：至少 2 组，给了 1 组。"]


@case
def a_failure_rejects_whatever_is_missing(judge: Judge) -> None:
    tests = {"weighing": rows([0], load=[100], indication=[110])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert (judged.outcomes.tolist(), judged.of_measured.tolist()) == ([REJECTED], [REJECTED])
    assert said(judged)["missing"] != []


@case
def a_missing_reading_is_named_with_its_row(judge: Judge) -> None:
    tests = {"weighing": rows([0, 0], load=[100, None], indication=[None, 1000])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert said(judged)["missing"] == ["称量第 2 行：缺少载荷。", "称量第 1 行：缺少示值。"]
    assert said(judged)["finding"] == []
    assert [point.passed for point in points(judged, "weighing")] == [None, None]
    assert judged.outcomes.tolist() == [OPEN]
    tests = {"repeat": rows([0] * 4, load=[500, 500, 600, 600], indication=[500, None, 600, 600])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert [point.passed for point in points(judged, "repeat")] == [None, True]
    assert said(judged)["finding"] == []


@case
def instruments_must_be_known(judge: Judge) -> None:
    parts = {"class": np.array([-1], dtype=np.int16), "e": numbers(None)}
    judged = judge(PROCEDURE, sheet(instrument=parts), Stage.FIRST)
    assert said(judged)["missing"] == ["器具：缺少等级。", "器具：缺少分度值。"]
    assert said(judged)["finding"] == []
    assert judged.outcomes.tolist() == [OPEN]
    judged = judge(PROCEDURE, sheet(instrument={"e": numbers(-5)}), Stage.FIRST)
    assert said(judged)["finding"] == ["器具：分度值 -5 g，应大于 0 g。"]
    assert said(judged)["missing"] == []
    assert judged.outcomes.tolist() == [OPEN]
    judged = judge(PROCEDURE, sheet(instrument={"d": numbers(1)}), Stage.FIRST)
    assert "器具：实际分度值未给，按 e 计。" not in said(judged)["remark"]


@case
def instruments_must_be_of_their_class(judge: Judge) -> None:
    for most, outcome in ((5000.0, PASSED), (5005.0, OPEN)):
        judged = judge(PROCEDURE, sheet(instrument={"max": numbers(most)}), Stage.FIRST)
        assert judged.outcomes.tolist() == [outcome]
    assert said(judged)["finding"] == ["器具不符合要求：分度数 1001，应不小于 100、不大于 1000。"]
    parts = {"class": np.array([1], dtype=np.int16), "max": numbers(9000)}
    checks = {"door": np.array([1], dtype=np.int16)}
    assert judge(PROCEDURE, sheet(instrument=parts, checks=checks), Stage.FIRST).outcomes.tolist() == [PASSED]


@case
def what_is_set_out_of_range_is_not_judged_but_any_indication_is(judge: Judge) -> None:
    tests = {"weighing": rows([0, 0], load=[100, 3500], indication=[-400, 3500])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert said(judged)["finding"] == [
        "称量第 2 行：载荷 3500 g，应不小于 0、不大于 3000 g。",
        "称量第 1 行：示值 -400 g，应不小于 0 g。",
    ]
    assert [point.passed for point in points(judged, "weighing")] == [False, None]
    assert judged.outcomes.tolist() == [REJECTED]


@case
def the_environment_counts(judge: Judge) -> None:
    for temperature, outcome in ((40.0, PASSED), (40.5, OPEN), (-11.0, OPEN), (None, OPEN)):
        judged = judge(PROCEDURE, sheet(environment={"temperature": numbers(temperature)}), Stage.FIRST)
        assert judged.outcomes.tolist() == [outcome]
        assert judged.of_measured.tolist() == [PASSED]
    assert said(judged)["missing"] == ["环境：缺少温度。"]
    for humidity, outcome in ((79.9, PASSED), (80.0, OPEN), (None, PASSED)):
        judged = judge(PROCEDURE, sheet(environment={"humidity": numbers(humidity)}), Stage.FIRST)
        assert judged.outcomes.tolist() == [outcome]


@case
def the_reference_standard_must_do(judge: Judge) -> None:
    for weight, outcome in ((2.5 / 3, PASSED), (0.9, OPEN), (-0.1, OPEN)):
        judged = judge(PROCEDURE, sheet(standard={"weight_mpe": numbers(weight)}), Stage.FIRST)
        assert judged.outcomes.tolist() == [outcome]
    judged = judge(PROCEDURE, sheet(standard={"weight_mpe": numbers(0.9)}), Stage.FIRST)
    assert said(judged)["finding"] == [
        "称量：标准器不符合要求（不超过三分之一）：0.9，应不大于 0.833333333333。"
    ]
    tests = {"weighing": rows([0, 0], load=[100, 1000], indication=[100, 1000], weight_mpe=[0.3, None])}
    parts = sheet(tests=tests, standard={"weight_mpe": numbers(2.4)})
    first, second = points(judge(PROCEDURE, parts, Stage.FIRST), "weighing")
    rest = 3 + 0.75 + 0.25  # added and zero as assumed, and what adds by itself
    close(first.standard_uncertainty, sqrt(0.03 + 9 / 3 + 2.25 / 3 + 0.25))
    close(second.standard_uncertainty, sqrt(2.4**2 / 3 + rest))
    best = {"weight_mpe": numbers(0.1), "best": numbers(0.2)}
    for grade, outcome in ((1, OPEN), (0, PASSED)):
        judged = judge(PROCEDURE, sheet(standard={**best, "grade": numbers(grade)}), Stage.FIRST)
        assert judged.outcomes.tolist() == [outcome]
    judged = judge(PROCEDURE, sheet(standard={"kit": numbers(None)}), Stage.FIRST)
    assert said(judged)["missing"] == ["重复：缺少加载装置。"]
    parts = {"class": np.array([1], dtype=np.int16)}
    checks = {"door": np.array([1], dtype=np.int16)}
    judged = judge(
        PROCEDURE, sheet(instrument=parts, standard={"kit": numbers(9)}, checks=checks), Stage.FIRST
    )
    assert said(judged)["finding"] == ["重复：标准器不符合要求（加载装置）：9，应小于 9。"]
    assert judge(PROCEDURE, sheet(standard={"kit": numbers(9)}), Stage.FIRST).outcomes.tolist() == [PASSED]
    unknown = sheet(instrument=parts, standard={"kit": numbers(None)}, checks=checks)
    assert said(judge(PROCEDURE, unknown, Stage.FIRST))["finding"] == []
    tests = {"pieces": rows([0], load=[100], found=[100.5])}
    judged = judge(PROCEDURE, sheet(standard={"weight_mpe": numbers(0.8)}, tests=tests), Stage.FIRST)
    assert judged.outcomes.tolist() == [PASSED]  # what is required of the weights is required in weighing


@case
def checks_decide_too(judge: Judge) -> None:
    for seal, outcome, of_measured in ((0, REJECTED, REJECTED), (-1, OPEN, PASSED)):
        checks = {"seal": np.array([seal], dtype=np.int16), "paint": np.array([-1], dtype=np.int16)}
        judged = judge(PROCEDURE, sheet(checks=checks), Stage.FIRST)
        assert (judged.outcomes.tolist(), judged.of_measured.tolist()) == ([outcome], [of_measured])
    assert said(judged)["missing"] == ["未检查：封印。"]
    paint = {"paint": np.array([-1], dtype=np.int16)}
    assert judge(PROCEDURE, sheet(checks=paint), Stage.FIRST).outcomes.tolist() == [PASSED]
    assert judge(PROCEDURE, sheet(checks=paint), Stage.IN_SERVICE).outcomes.tolist() == [OPEN]
    parts = {"class": np.array([1], dtype=np.int16)}
    judged = judge(PROCEDURE, sheet(instrument=parts), Stage.FIRST)
    assert said(judged)["missing"] == ["未检查：门。"]
    door = {"door": np.array([0], dtype=np.int16)}
    assert judge(PROCEDURE, sheet(instrument=parts, checks=door), Stage.FIRST).outcomes.tolist() == [REJECTED]
    assert judge(PROCEDURE, sheet(checks=door), Stage.FIRST).outcomes.tolist() == [PASSED]
    assert judge(PROCEDURE, sheet(checks=door), Stage.IN_SERVICE).outcomes.tolist() == [PASSED]


@case
def nothing_measured_is_no_verdict(judge: Judge) -> None:
    unchecked = {name: np.array([-1], dtype=np.int16) for name in ("seal", "paint")}
    bare = sheet(tests={"weighing": None, "repeat": None}, checks=unchecked)
    judged = judge(PROCEDURE, bare, Stage.SUBSEQUENT)
    assert (judged.outcomes.tolist(), judged.of_measured.tolist()) == ([OPEN], [OPEN])


@case
def each_instrument_is_judged_for_itself(judge: Judge) -> None:
    tests = {
        "weighing": rows([0, 0, 1, 1, 2, 2], load=[100] * 6, indication=[100, 100, 100, 110, 100, None]),
        "zero": rows([2], shown=[99]),
    }
    many = sheet(3, tests=tests, environment={"temperature": numbers(20, 20, 20)})
    judged = judge(PROCEDURE, many, Stage.FIRST)
    assert judged.outcomes.tolist() == [PASSED, REJECTED, REJECTED]
    assert [len(list(judged.points(at))) for at in range(3)] == [6, 6, 7]
    assert said(judged, 2)["missing"] == ["称量第 2 行：缺少示值。"]
    assert said(judged, 1)["missing"] == []
    marks = judged.unconfirmed(2)
    assert [one.what for one in marks] == [
        *("最大允许误差", "零点：零点差", "重复：极差", *["最大允许误差"] * 2, "修约间隔", "余量表"),
    ]
    assert [(one.clause, one.regulation) for one in marks[:2] + marks[3:5]] == [
        *((None, "JJG 1-2020"), (None, "JJG 1-2020"), ("7.0", "JJG 1-2020"), ("7.1", "JJG 2-2019")),
    ]
    assert {one.confidence for one in judged.unconfirmed(2)} == {"memory_low"}


@case
def a_sheet_must_fit(judge: Judge) -> None:
    with pytest.raises(ValueError, match="^器具中没有“mass”。$"):
        judge(PROCEDURE, sheet(instrument={"mass": numbers(1)}), Stage.FIRST)


@case
def many_instruments_are_read_out_one_by_one(judge: Judge) -> None:
    size = 600
    owner = np.repeat(np.arange(size), 2).tolist()
    tests = {"weighing": rows(owner, load=[100] * 2 * size, indication=[100 + at / 1000 for at in owner])}
    judged = judge(PROCEDURE, sheet(size, tests=tests), Stage.FIRST)
    for at in (599, 0, 511, 512, 300):
        close([point.error for point in points(judged, "weighing", 0, at)], [at / 1000] * 2)
