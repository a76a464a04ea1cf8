"""The worked examples of the regulations: exact, and explained as a person would write them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from quanheng.kernels.procedures import (
    Judgement,
    Point,
    Sheet,
    Stage,
    explain,
    figure,
    judge,
    packaged_procedures,
)
from tests.kernels.procedures.making import numbers, rows

ON = date(2026, 11, 23)


def scale(stage: Stage = Stage.FIRST, *, indication: float = 1000, on: date = ON) -> Judgement:
    """R 76-1, A.4.4.3: e = 5 g, L = 1000 g, I = 1000 g, 1.5 g added until the change, E0 = +0.5 g."""
    sheet = Sheet(
        1,
        instrument={"class": np.array([0], dtype=np.int16), "e": numbers(5), "max": numbers(15000)},
        given={"weighing": {"E0": numbers(0.5)}},
        tests={"weighing": rows([0], load=[1000], indication=[indication], added=[1.5])},
    )
    return judge(packaged_procedures().find("nawi_digital" if on == ON else "price_scale", on), sheet, stage)


def dispenser(indication: float, on: date = ON) -> Judgement:
    readings = rows([0], indication=[indication], reference=[20], t_dispenser=[20], t_measure=[20])
    return judge(
        packaged_procedures().find("fuel_dispenser", on), Sheet(1, tests={"delivery": readings}), Stage.FIRST
    )


def first(judged: Judgement) -> Point:
    return next(judged.points(0))


def test_the_change_point_method() -> None:
    point = first(scale())
    assert point.values == {"P": 1001.0, "E": 1.0, "Ec": 0.5}
    assert (point.error, point.lower, point.upper, point.half_width, point.passed) == (
        0.5,
        -2.5,
        2.5,
        2.5,
        True,
    )


def test_in_service_the_limits_are_twice_as_wide() -> None:
    assert (first(scale(Stage.IN_SERVICE)).lower, first(scale(Stage.IN_SERVICE)).upper) == (-5, 5)


def test_an_error_beyond_the_limit_is_rejected_even_where_readings_are_missing() -> None:
    judged = scale(indication=1005)
    assert (first(judged).error, first(judged).passed) == (5.5, False)
    assert judged.conclusion(0).text == "不合格"


def test_the_new_edition_takes_over_on_its_day_and_says_whose_limits_it_uses() -> None:
    before, after = (scale(on=day) for day in (date(2027, 1, 7), date(2027, 1, 8)))
    assert first(before) == first(after)
    assert [judged.procedure.regulation.number for judged in (before, after)] == ["JJG 539", "JJG 1204"]
    assert {one.regulation for one in after.unconfirmed(0) if one.what == "最大允许误差"} == {"JJG 539-2016"}


@pytest.mark.parametrize(
    ("accuracy", "divisions", "limit"),
    [
        *((0, 0, 0.5), (0, 500, 0.5), (0, 501, 1.0), (0, 2000, 1.0), (0, 2001, 1.5), (0, 10000, 1.5)),
        *((1, 0, 0.5), (1, 50, 0.5), (1, 51, 1.0), (1, 200, 1.0), (1, 201, 1.5), (1, 1000, 1.5)),
    ],
)
def test_limits_by_class_and_load(accuracy: int, divisions: float, limit: float) -> None:
    """R 76-1:2006, table 6, class III and class IIII; beyond the last line nothing is decided."""
    most = (10000, 1000)[accuracy] * 5.0
    loads = [divisions * 5.0, most + 5]
    sheet = Sheet(
        1,
        instrument={"class": np.array([accuracy], dtype=np.int16), "e": numbers(5), "max": numbers(most + 5)},
        tests={"weighing": rows([0, 0], load=loads, indication=loads)},
    )
    judged = judge(packaged_procedures().find("price_scale", ON), sheet, Stage.FIRST)
    found, beyond = judged.points(0)
    assert (found.lower, found.upper) == (-limit * 5, limit * 5)
    assert beyond.passed is None


@pytest.mark.parametrize(("added", "passed"), [(1.25, True), (1.2, False), (3.75, True), (3.8, False)])
def test_zero_is_set_to_a_quarter_of_a_division(added: float, passed: bool) -> None:
    sheet = Sheet(
        1,
        instrument={"class": np.array([0], dtype=np.int16), "e": numbers(5), "max": numbers(15000)},
        tests={"zero": rows([0], indication=[0], added=[added])},
    )
    judged = judge(packaged_procedures().find("price_scale", ON), sheet, Stage.FIRST)
    assert first(judged).passed is passed


@pytest.mark.parametrize(("indication", "error", "passed"), [(20.04, "0.2", True), (20.08, "0.4", False)])
@pytest.mark.parametrize("on", [ON, date(2024, 4, 30)])
def test_a_delivery_of_fuel(indication: float, error: str, passed: bool, on: date) -> None:
    point = first(dispenser(indication, on))
    assert (figure(point.error), point.unit, point.passed) == (error, "%", passed)
    assert (point.lower, point.upper) == (-0.3, 0.3)


@pytest.mark.parametrize(("indication", "passed"), [(20.06, True), (20.0601, False), (19.94, True)])
def test_an_error_that_equals_the_limit_on_paper_passes(indication: float, passed: bool) -> None:
    assert first(dispenser(indication)).passed is passed


def test_fuel_that_is_warmer_in_the_measure_has_grown() -> None:
    procedure = packaged_procedures().find("fuel_dispenser", ON)
    readings = rows([0], indication=[20], reference=[20], t_dispenser=[22], t_measure=[25])
    judged = judge(procedure, Sheet(1, tests={"delivery": readings}), Stage.FIRST)
    volume = 20 * (1 + 1.2e-3 * (22 - 25) + 50e-6 * (25 - 20))
    assert first(judged).values["V_Bt"] == pytest.approx(volume, rel=1e-15)
    assert {"油品体膨胀系数", "量器体膨胀系数"} <= {one.what for one in judged.unconfirmed(0)}


@pytest.mark.parametrize(
    ("fuel", "material", "fuel_expansion", "measure_expansion"),
    [(0, 0, 1.2e-3, 50e-6), (1, 0, 0.9e-3, 50e-6), (2, 1, 0.9e-3, 33e-6)],
)
def test_fuels_and_measures_expand_as_the_table_says(
    fuel: int, material: int, fuel_expansion: float, measure_expansion: float
) -> None:
    procedure = packaged_procedures().find("fuel_dispenser", ON)
    choices = {"fuel": np.array([fuel], dtype=np.int16), "material": np.array([material], dtype=np.int16)}
    readings = rows([0], indication=[20], reference=[20], t_dispenser=[30], t_measure=[10])
    judged = judge(procedure, Sheet(1, instrument=choices, tests={"delivery": readings}), Stage.FIRST)
    assert first(judged).values["V_Bt"] == pytest.approx(
        20 * (1 + 20 * fuel_expansion - 10 * measure_expansion)
    )


def test_the_arithmetic_is_written_as_a_person_would() -> None:
    assert explain(scale(), 0) == [
        "称量 第 1 行",
        "  P = I + 0.5 × e − ΔL = 1000 + 0.5 × 5 − 1.5 = 1001 g",
        "  E = P − L = 1001 − 1000 = 1 g",
        "  Ec = E − E₀ = 1 − 0.5 = 0.5 g",
        "  最大允许误差：L ÷ e = 1000 ÷ 5 = 200，第 1 行，0.5 × e = 0.5 × 5 = 2.5 g",
        "  标准砝码：半宽 0.833 ÷ √3，贡献 0.481 g",
        "  附加砝码的步长：半宽 0.25 ÷ √3，贡献 0.144 g",
        "  零点误差：半宽 0.25 ÷ √3，贡献 0.144 g",
        "  u = √(0.481² + 0.144² + 0.144²) = 0.523 g，U = 2u = 1.05 g",
        "  Ec = 0.5 g，在限值之内 ±2.5 g；符合的概率 99.99 %",
    ]
    assert explain(scale(Stage.IN_SERVICE), 0)[4] == (
        "  最大允许误差：L ÷ e = 1000 ÷ 5 = 200，第 1 行，0.5 × e = 0.5 × 5 = 2.5，使用中检查乘以 2，得 5 g"
    )


def test_a_negative_number_is_put_in_brackets() -> None:
    procedure = packaged_procedures().find("fuel_dispenser", ON)
    readings = rows([0], indication=[20], reference=[20], t_dispenser=[-5], t_measure=[-3])
    judged = judge(procedure, Sheet(1, tests={"delivery": readings}), Stage.FIRST)
    assert explain(judged, 0)[1] == (
        "  V_Bt = V_B × (1 + β_Y × (t_J − t_B) + β_B × (t_B − 20)) = "
        "20 × (1 + 0.0012 × (−5 − (−3)) + 0.00005 × (−3 − 20)) = 19.929 L"
    )
