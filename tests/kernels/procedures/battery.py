"""What the engine must do, worked out by hand: run on the engine itself, and on mutants of it.

Each case takes the function `judge` to be examined and raises AssertionError where it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan, sqrt
from typing import Any

import numpy as np
import pytest

from quanheng.kernels.procedures import Stage
from tests.kernels.procedures.making import numbers, rows, sheet, toy

Judge = Callable[..., Any]
Case = Callable[[Judge], None]

PROCEDURE = toy()
REJECTED, PASSED, OPEN = 0, 1, 2
LABELS = {
    "weighing": ("修正误差", "宽限"),
    "zero": ("零点差",),
    "repeat": ("极差", "平均误差"),
    "both": ("平均",),
    "pieces": ("偏差", "相对", "下偏", "次数"),
}
CASES: list[Case] = []


def case(function: Case) -> Case:
    CASES.append(function)
    return function


def points(judged: Any, test: str, entry: int = 0, instrument: int = 0) -> list[Any]:
    """Return the points of one judge entry."""
    label = LABELS[test][entry]
    return [point for point in judged.points(instrument) if (point.test, point.label) == (test, label)]


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def said(judged: Any, instrument: int = 0) -> dict[str, list[str]]:
    return {name: judged.said(instrument, name) for name in ("missing", "finding", "remark")}


@case
def a_complete_sheet_passes(judge: Judge) -> None:
    judged = judge(PROCEDURE, sheet(), Stage.FIRST)
    assert judged.outcomes.tolist() == [PASSED]
    assert judged.of_measured.tolist() == [PASSED]
    assert said(judged)["missing"] == []
    assert said(judged)["finding"] == []
    assert said(judged)["remark"] == [
        "器具：实际分度值未给，按 e 计。",
        "器具：余量未给，按 “余量表” 计。",
        "器具：偏置未给，按 0 计。",
        "器具：倾斜未给，按 −1 计。",
        "器具：组数未给，按 5 计。",
        "器具：粒度未给，按 1 计。",
        "称量：零点误差未给，按 0 计。",
        "称量：系数未给，按 1 计。",
        "称量：方向未给，按“加”计。",
        "称量：附加砝码未给，按 0.5 × e 计。",
        "称量：最小误差未给，按 0 计。",
        "称量：级别未给，按 1 计。",
        "称量：砝码误差未给，按 限值 ÷ 3 计。",
        "重复：方向未给，按“加”计。",
    ]
    reasons = judged.decided_by(0)
    assert [(one.test, one.clause, one.regulation, one.text) for one in reasons] == [
        ("weighing", None, "JJG 1-2020", "修正误差 2 处全部在限值之内。"),
        ("repeat", "7.0", "JJG 1-2020", "极差 2 处全部在限值之内。"),
        ("repeat", "7.0", "JJG 1-2020", "平均误差 2 处全部在限值之内。"),
        ("seal", None, "JJG 1-2020", "封印：合格。"),
        ("paint", None, "JJG 1-2020", "漆：合格。"),
    ]
    assert judged.period(0).months == 12


@case
def values_follow_their_formulas_and_numbers_keep_their_rows(judge: Judge) -> None:
    tests = {"weighing": rows([0, 0], load=[100, 1000], indication=[105, 1010], added=[1.5, 2])}
    judged = judge(PROCEDURE, sheet(tests=tests, given={"weighing": {"E0": numbers(0.5)}}), Stage.FIRST)
    first, second = points(judged, "weighing")
    assert first.values == {"E": 6.0, "P": 106.0, "Ec": 5.5}
    assert second.values == {"E": 10.5, "P": 1010.5, "Ec": 10.0}
    assert (first.row, first.reference, first.indication, first.error, first.judged) == (
        1,
        100,
        105,
        5.5,
        5.5,
    )
    assert (second.row, second.unit, second.title, second.by_group) == (2, "g", "称量", False)
    assert (first.lower, first.upper, first.half_width, first.passed) == (-2.5, 2.5, 2.5, False)
    assert (second.lower, second.upper, second.passed) == (-7.5, 7.5, False)
    assert judged.outcomes.tolist() == [REJECTED]
    assert [one.text for one in judged.decided_by(0)] == [
        "第 1 行：修正误差 5.5 g，超出限值 ±2.5 g。",
        "第 2 行：修正误差 10 g，超出限值 ±7.5 g。",
    ]
    assert [(one.clause, one.regulation) for one in judged.decided_by(0)] == [
        (None, "JJG 1-2020"),
        ("7.1", "JJG 2-2019"),
    ]


@case
def a_line_holds_within_its_range(judge: Judge) -> None:
    loads = [0, 250, 250.0000001, 255, 999.9, 1000, 3000]
    tests = {"weighing": rows([0] * 7, load=loads, indication=loads)}
    found = [point.upper for point in points(judge(PROCEDURE, sheet(tests=tests), Stage.FIRST), "weighing")]
    assert found == [2.5, 2.5, 2.5, 5, 5, 7.5, 7.5]  # 250.0000001/5 differs from 50 by less than 1e-9 of it


@case
def the_stage_multiplies_the_limits(judge: Judge) -> None:
    judged = judge(PROCEDURE, sheet(), Stage.IN_SERVICE)
    assert [point.upper for point in points(judged, "weighing")] == [5, 15]
    assert [point.lower for point in points(judged, "weighing")] == [-5, -15]
    parts = {"class": np.array([1], dtype=np.int16)}
    judged = judge(PROCEDURE, sheet(instrument=parts), Stage.IN_SERVICE)
    assert [(point.lower, point.upper) for point in points(judged, "weighing")] == [(-30, 20), (-30, 20)]
    for stage, slack in ((Stage.FIRST, 0.3), (Stage.IN_SERVICE, 0.2)):
        tests = {"zero": rows([0], shown=[1])}
        judged = judge(PROCEDURE, sheet(instrument=parts, tests=tests), stage)
        close(points(judged, "zero")[0].error, 1 - slack)


@case
def limits_may_be_of_two_sizes_or_on_one_side(judge: Judge) -> None:
    for e, bounds in ((5.0, (-15, 10)), (6.0, (-inf, 6))):
        parts = {"class": np.array([1], dtype=np.int16), "e": numbers(e)}
        checks = {"door": np.array([1], dtype=np.int16)}
        judged = judge(PROCEDURE, sheet(instrument=parts, checks=checks), Stage.FIRST)
        point = points(judged, "weighing")[0]
        assert (point.lower, point.upper) == bounds
        assert point.half_width == (12.5 if e == 5 else 6)
        assert point.passed is True
        assert judged.outcomes.tolist() == [PASSED]
        assert judged.period(0).months is None


@case
def what_equals_a_limit_passes_and_what_is_beyond_fails(judge: Judge) -> None:
    for error, passed in (
        (2.5, True),
        (2.5 + 1e-6, False),
        (-2.5, True),
        (-2.5 - 1e-6, False),
        (2.5 + 1e-10, True),
    ):
        tests = {"weighing": rows([0, 0], load=[100, 1000], indication=[100 + error, 1000])}
        judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
        assert points(judged, "weighing")[0].passed is passed
        assert judged.outcomes.tolist() == [PASSED if passed else REJECTED]


@case
def small_limits_are_as_sharp(judge: Judge) -> None:
    parts = {"e": numbers(1e-3), "max": numbers(1), "slack": numbers(0)}
    tests = {"zero": rows([0], shown=[5e-4 + 5e-10]), "weighing": None, "repeat": None}
    judged = judge(PROCEDURE, sheet(instrument=parts, tests=tests), Stage.FIRST)
    assert [point.passed for point in points(judged, "zero")] == [False]
    tests = {"weighing": rows([0, 0], load=[0, -1e-10], indication=[0, 0], weight_mpe=[5e-4 / 3 + 5e-10] * 2)}
    judged = judge(PROCEDURE, sheet(instrument=parts, tests=tests), Stage.FIRST)
    assert said(judged)["finding"] == [
        "称量第 2 行：载荷 -1e-10 g，应不小于 0、不大于 1 g。",
        "称量：标准器不符合要求（不超过三分之一）：0.000166667166667，应不大于 0.000166666666667。",
    ]


@case
def a_bound_belongs_to_its_range_or_does_not(judge: Judge) -> None:
    for name, bad in (("offset", 1e-12), ("lean", 0.0), ("e", 0.0)):
        judged = judge(PROCEDURE, sheet(instrument={name: numbers(bad)}), Stage.FIRST)
        assert len(said(judged)["finding"]) == 1
    judged = judge(PROCEDURE, sheet(instrument={"lean": numbers(-1e-12)}), Stage.FIRST)
    assert said(judged)["finding"] == []
    judged = judge(PROCEDURE, sheet(environment={"humidity": numbers(80 - 1e-9)}), Stage.FIRST)
    assert said(judged)["finding"] == ["环境：湿度 79.999999999 %，应小于 80 %。"]


@case
def values_are_rounded_before_they_are_judged(judge: Judge) -> None:
    for e, mean, wanted in (
        *((5, 0.5 + 1e-11, 0), (5, 0.5 + 1e-8, 1), (5, 1.5 - 1e-11, 2), (5, -0.5, 0), (5, 7.4, 7)),
        *((10, 1 + 1.5e-9, 0), (10, 1 + 3e-9, 2), (10, 3, 4)),
    ):
        tests = {"repeat": rows([0, 0], load=[1500, 1500], indication=[1500 + mean] * 2)}
        judged = judge(PROCEDURE, sheet(instrument={"e": numbers(e)}, tests=tests), Stage.FIRST)
        assert [point.judged for point in points(judged, "repeat", 1)] == [wanted]
    tests = {"repeat": rows([0, 0], load=[1500, 1500], indication=[1507.9] * 2)}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert [one.text for one in judged.decided_by(0)] == [
        "第 1 行起的一组：平均误差 7.9 g，修约后 8 g，超出限值 ±7.5 g。"
    ]
    judged = judge(PROCEDURE, sheet(instrument={"grain": numbers(0)}), Stage.FIRST)
    assert said(judged)["finding"] == [
        "重复第 1 行起的一组：平均误差或其限值算不出来（除数为零，或者读数太少）。",
        "重复第 2 行起的一组：平均误差或其限值算不出来（除数为零，或者读数太少）。",
    ]


@case
def readings_at_one_load_belong_together(judge: Judge) -> None:
    for first, second, groups in (
        *(
            (0.1 + 0.2, 0.3, 1),
            (1, 1 + 2e-12, 1),
            (1, 1 + 4e-12, 1),
            (1, 1 + 6e-12, 2),
            (5000, 5000 + 2e-9, 1),
        ),
        *((5000, 5000 + 1e-8, 2), (0, 0, 1), (0, 1e-300, 2), (-5, 5, 2), (None, None, 1)),
    ):
        tests = {"repeat": rows([0, 0], load=[first, second], indication=[1, 1])}
        judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
        assert len(points(judged, "repeat")) == groups


@case
def a_limit_of_zero_has_the_scale_of_the_other(judge: Judge) -> None:
    for error, passed in ((-3e-9, True), (-1e-6, False)):
        tests = {"pieces": rows([0], load=[100], found=[100 + error])}
        judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
        assert points(judged, "pieces", 2)[0].passed is passed


@case
def decisions_are_made_only_where_their_condition_holds(judge: Judge) -> None:
    tests = {"weighing": rows([0, 0, 0], load=[100] * 3, indication=[100, 103, 106], way=["加", "减", "减"])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    wide = points(judged, "weighing", 1)
    assert [(point.row, point.error, point.lower, point.upper, point.passed) for point in wide] == [
        (2, 3, -5, 5, True),
        (3, 6, -5, 5, False),
    ]
    assert [(point.reference, point.indication) for point in wide] == [(100, 103), (100, 106)]
    assert [point.values["E"] for point in wide] == [3, 6]
    assert [point.passed for point in points(judged, "weighing")] == [True, False, False]
    assert [one.clause for one in judged.decided_by(0)] == [None, None, "9"]


@case
def uncertainty_adds_what_each_quantity_contributes(judge: Judge) -> None:
    tests = {"weighing": rows([0, 0], load=[100, 1000], indication=[101, 1000], added=[2.5, None])}
    given = {"weighing": {"E0": numbers(0.5), "gain": numbers(2)}}
    judged = judge(PROCEDURE, sheet(tests=tests, given=given), Stage.FIRST)
    first, second = points(judged, "weighing")
    weights = (2 * 2.5 / 3 / sqrt(3), 2 * 7.5 / 3 / sqrt(3))
    zero, kit = 0.06 * 5 / sqrt(6), 0.5
    u = sqrt(weights[0] ** 2 + (2 * 0.5) ** 2 + zero**2 + kit**2)
    close(first.standard_uncertainty, u)
    close(first.degrees_of_freedom, u**4 / (kit**4 / 4))
    close(second.standard_uncertainty, sqrt(weights[1] ** 2 + (2 * 3 / sqrt(3)) ** 2 + zero**2 + kit**2))
    close((first.expanded_uncertainty, first.coverage_factor), (2 * u, 2))
    close(first.probability_of_conformity, 0.7464632010372555)  # scipy.stats.t: cdf(1/u, nu) - cdf(-4/u, nu)
    alone = sheet(tests=tests, given=given, instrument={"sets": numbers(1)})
    first = points(judge(PROCEDURE, alone, Stage.FIRST), "weighing")[0]
    close(first.standard_uncertainty, u)
    assert isnan(first.probability_of_conformity)  # no degrees of freedom: nothing is known
    for gain in (0.0, -1.0, -2.0):
        tests = {"weighing": rows([0], load=[100], indication=[100], added=[2.5], way=["减"])}
        given = {"weighing": {"gain": numbers(gain), "E0": numbers(0)}}
        crossed = sheet(tests=tests, given=given, standard={"weight_mpe": numbers(0.1)})
        found = points(judge(PROCEDURE, crossed, Stage.FIRST), "weighing", 1)[0]
        assert (found.lower, found.upper, found.passed) == (-5, 5 * gain, gain == 0)
        assert isnan(found.probability_of_conformity) is (gain == -2)
    tests = {"weighing": rows([0, 0], load=[100, 1000], indication=[101, 1000], added=[2.5, None])}
    given = {"weighing": {"gain": numbers(2)}}
    judged = judge(PROCEDURE, sheet(tests=tests, given=given), Stage.FIRST)
    zero = 0.3 * 5 / sqrt(3)
    close(points(judged, "weighing")[0].standard_uncertainty, sqrt(weights[0] ** 2 + 1 + zero**2 + kit**2))


@case
def what_is_certain_has_no_probability(judge: Judge) -> None:
    for kit in (0.0, sqrt(2)):
        judged = judge(PROCEDURE, sheet(standard={"kit": numbers(kit)}), Stage.FIRST)
        spread, exact = points(judged, "repeat", 1)
        close(exact.standard_uncertainty, kit / sqrt(2))
        close(spread.standard_uncertainty, sqrt(6.25 + kit**2 / 2))
        assert isnan(exact.probability_of_conformity) is (kit == 0)
        assert not isnan(spread.probability_of_conformity)
    tests = {"pieces": rows([0, 0], load=[100, 150], found=[100.5, 150.5])}
    found = points(judge(PROCEDURE, sheet(tests=tests), Stage.FIRST), "pieces")
    close(found[0].standard_uncertainty, sqrt(12.5))
    close(found[1].standard_uncertainty, sqrt(12.5))
    assert isnan(found[1].probability_of_conformity)  # there are no limits
    close(found[0].probability_of_conformity, 0.22054483773870615)  # scipy.stats.norm
    tests = {"pieces": rows([0], load=[100], found=[100.5])}
    readings = rows([0, 0], load=[100, 100], indication=[100, 100.2])
    found = points(judge(PROCEDURE, sheet(tests={**tests, "repeat": readings}), Stage.FIRST), "pieces")
    close(found[0].probability_of_conformity, 0.9997965239912775)


@case
def a_test_may_take_numbers_from_another(judge: Judge) -> None:
    tests = {"zero": rows([0, 0, 0], shown=[0.6, -1.4, 0.2])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    close([point.error for point in points(judged, "zero")], [0.5, -1.5, 0.1])
    close([point.error for point in points(judged, "weighing")], [-1.5, -1.5])
    given = {"weighing": {"E0": numbers(0.25)}}
    judged = judge(PROCEDURE, sheet(tests=tests, given=given), Stage.FIRST)
    close([point.error for point in points(judged, "weighing")], [-0.25, -0.25])
    size = sheet(2, tests={"zero": rows([1], shown=[1.1])}, given={"weighing": {"E0": numbers(None, None)}})
    judged = judge(PROCEDURE, size, Stage.FIRST)
    close([points(judged, "weighing", 0, at)[0].error for at in (0, 1)], [0, -1])


@case
def a_test_may_take_statistics_and_readings_of_groups(judge: Judge) -> None:
    tests = {"pieces": rows([0], load=[100], found=[100.5])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert [point.error for point in points(judged, "pieces", 3)] == [4]  # rows, not groups


@case
def groups_may_be_of_one_choice(judge: Judge) -> None:
    tests = {"both": rows([0, 0, 0, 0], way=["加", "减", "加", "减"], x=[9, 2, 9, 3])}
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    assert [(point.row, point.error, point.passed, point.clause) for point in points(judged, "both")] == [
        (2, 2.5, True, None)
    ]


@case
def groups_are_judged_as_one(judge: Judge) -> None:
    tests = {
        "repeat": rows(
            [0] * 6,
            load=[1500, 500, 1500, 500, 1500, 0.1 + 0.2],
            indication=[1500, 501, 1503, 502, 1512, 0.3],
            way=["加", "加", "减", "加", "加", "加"],
        )
    }
    judged = judge(PROCEDURE, sheet(tests=tests), Stage.FIRST)
    spread = points(judged, "repeat")
    assert [(one.row, one.reference, one.error, one.upper, one.passed) for one in spread] == [
        (1, 1500, 12, 7.5, False),
        (2, 500, 1, 5, True),
        (6, 0.1 + 0.2, 0, 2.5, True),
    ]
    assert all(one.by_group and isnan(one.indication) and one.lower == -inf for one in spread)
    mean = points(judged, "repeat", 1)
    close([one.error for one in mean], [6, 1.5, 0])
    close([one.judged for one in mean], [6, 2, 0])  # to 1 g: 1.5 is a tie and goes to 2
    close(mean[0].values["s"], sqrt(39))
    close(mean[0].values["down"], 1503)
    assert isnan(mean[1].values["down"])
    assert [one.values["n"] for one in mean] == [3, 2, 1]
    close(mean[0].standard_uncertainty, sqrt(13 + 0.3**2 / 2))
    close(mean[0].degrees_of_freedom, (13 + 0.045) ** 2 / (13**2 / 2))
    assert isnan(mean[2].standard_uncertainty)  # one reading has no standard deviation
    assert mean[2].passed is True
    assert [(test, row, found["n"]) for test, row, found in judged.statistics(0)] == [
        ("repeat", 1, 3),
        ("repeat", 2, 2),
        ("repeat", 6, 1),
    ]
    assert said(judged)["missing"] == ["“重复”读数不足：每组至少 2 行，第 6 行起的一组只有 1 行。"]
    assert [one.text for one in judged.decided_by(0)] == ["第 1 行起的一组：极差 12 g，超出限值 ≤ 7.5 g。"]


@case
def groups_know_their_own_instrument(judge: Judge) -> None:
    tests = {
        "repeat": rows(
            [1, 0, 1, 0, 1, 0, 0, 1],
            load=[500, 500, 500, 500, 1500, 1500, 1500, 1500],
            indication=[500, 500, 502, 501, 1500, 1500, 1500, 1509],
        )
    }
    judged = judge(PROCEDURE, sheet(2, tests=tests), Stage.FIRST)
    assert [one.error for one in points(judged, "repeat", 0, 0)] == [1, 0]
    assert [one.error for one in points(judged, "repeat", 0, 1)] == [2, 9]
    assert judged.outcomes.tolist() == [PASSED, REJECTED]


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
