"""Values, limits, uncertainty, statistics: what a single decision is made of."""

from __future__ import annotations

from math import inf, isnan, sqrt

import numpy as np

from quanheng.kernels.procedures import Stage
from tests.kernels.procedures.battery.common import (
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
