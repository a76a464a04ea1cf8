from __future__ import annotations

import doctest
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels import quantities
from quanheng.kernels.quantities import (
    QUANTITY_NAMES,
    UNITS,
    BadQuantity,
    Quantity,
    convert,
    parse_quantity,
    unit,
)

ENDLESS = {"mmHg", "m/s", "rad"}  # divisors with which most decimals do not end
every_unit = st.sampled_from(UNITS)
pairs = every_unit.flatmap(
    lambda one: st.tuples(
        st.just(one), st.sampled_from([two for two in UNITS if two.quantity is one.quantity])
    )
)
readings = st.decimals(-(10**9), 10**9, places=6)


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(quantities).failed == 0


@given(pairs, readings)
def test_there_and_back_changes_nothing(units, value) -> None:
    one, two = units
    back = convert(convert(value, one, two), two, one)
    if {one.symbol, two.symbol} & (ENDLESS | {"min", "h", "d", "kWh", "Wh", "MWh", "L/min", "L/s", "kg/min"}):
        assert abs(back - value) <= Decimal("1E-50") * max(abs(value), 1)
    else:
        assert back == value
    assert convert(convert(float(value), one, two), two, one) == pytest.approx(
        float(value), rel=3e-16, abs=1e-13
    )


@given(pairs, st.lists(st.floats(-1e9, 1e9), max_size=5))
def test_an_array_there_and_back_moves_by_a_few_units_in_the_last_place(units, values) -> None:
    one, two = units
    given_values = np.array(values)
    back = convert(convert(given_values, one, two), two, one)
    zero = 274.0 if one.quantity is Quantity.TEMPERATURE else 0.0
    assert np.all(np.abs(back - given_values) <= 1e-15 * (np.abs(given_values) + zero) + 1e-300)
    assert back.shape == given_values.shape


@given(pairs, readings)
def test_decimal_float_and_array_agree(units, value) -> None:
    exact = float(convert(value, *units))
    assert convert(float(value), *units) == pytest.approx(exact, rel=3e-16, abs=1e-300)
    zero = 274.0 if units[0].quantity is Quantity.TEMPERATURE else 0.0
    assert float(convert(np.array(float(value)), *units)) == pytest.approx(exact, rel=1e-15, abs=zero * 1e-15)


@given(every_unit, readings)
def test_what_is_printed_is_read_again(one, value) -> None:
    if one.symbol != "1":
        assert parse_quantity(f"{value} {one.symbol}", one) == value
    assert unit(one.symbol) == one


def test_every_quantity_has_a_name_and_a_base_unit() -> None:
    assert set(QUANTITY_NAMES) == set(Quantity) == {one.quantity for one in UNITS}
    for quantity in Quantity:
        assert any(one.factor == 1 and one.zero == 0 for one in UNITS if one.quantity is quantity)


# SI Brochure, 9th edition; the conventional mmHg is 13.5951 × 9.80665 Pa.
@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("15 kg", "g", "15000"),
        ("15", "kg", "15"),
        ("15公斤", "kg", "15"),
        ("3 斤", "kg", "1.5"),
        ("1两", "g", "50"),
        ("２５ ｋｇ", "kg", "25"),
        ("1,234.5 kg", "kg", "1234.5"),
        ("1，000 克", "kg", "1"),
        ("0.5%", "%", "0.5"),
        ("0.5 ％", "1", "0.005"),
        ("5‰", "%", "0.5"),
        ("-0.2 kPa", "Pa", "-200"),
        ("－0.2千帕", "kPa", "-0.2"),
        ("−4 mmHg", "mmHg", "-4"),
        ("100 mmHg", "kPa", "13.3322387415"),
        ("0.6兆帕", "kPa", "600"),
        ("1 bar", "MPa", "0.1"),
        ("20 ℃", "℃", "20"),
        ("20°C", "℃", "20"),
        ("20 摄氏度", "K", "293.15"),
        ("300 K", "℃", "26.85"),
        ("0.1 Δ℃", "ΔK", "0.1"),
        ("25 m3/h", "L/h", "25000"),
        ("25 m³/h", "L/h", "25000"),
        ("25 ㎥/h", "L/h", "25000"),
        ("25 m^3 / h", "L/h", "25000"),
        ("25立方米/小时", "m³/h", "25"),
        ("60 L/min", "m³/h", "3.6"),
        ("1.2 kg/min", "kg/h", "72"),
        ("36 km/h", "m/s", "10"),
        ("72公里/小时", "km/h", "72"),
        ("1 kWh", "MJ", "3.6"),
        ("2度", "kWh", "2"),
        ("1 kW·h", "kJ", "3600"),
        ("0.0108 GJ", "kWh", "3"),
        ("24.15 GHz", "MHz", "24150"),
        ("10 \N{GREEK SMALL LETTER MU}V", "mV", "0.01"),
        ("10 \N{MICRO SIGN}V", "mV", "0.01"),
        ("2 k\N{GREEK CAPITAL LETTER OMEGA}", "ohm", "2000"),
        ("2 k\N{OHM SIGN}", "ohm", "2000"),
        ("50 ppm", "µmol/mol", "50"),
        ("20 % LEL", "%LEL", "20"),
        ("0.25 mg/L", "µg/L", "250"),
        ("18 %vol", "%vol", "18"),
        ("0.5 s/d", "秒/日", "0.5"),
        ("180 °", "deg", "180"),
        ("1.5e3 g", "kg", "1.5"),
        (".5 t", "kg", "500"),
        ("90秒", "min", "1.5"),
    ],
)
def test_quantities_are_read_as_people_write_them(text: str, wanted: str, expected: str) -> None:
    assert parse_quantity(text, wanted) == Decimal(expected)


@pytest.mark.parametrize("number", [36.6, 3, Decimal("36.60"), np.float64(36.6)])
def test_a_number_is_in_the_unit_that_was_expected(number) -> None:
    assert parse_quantity(number, "℃") == Decimal(str(number))


def test_half_a_turn_is_pi() -> None:
    assert convert(180.0, "°", "rad") == np.pi


def test_errors_of_temperatures_are_differences() -> None:
    assert unit("℃").difference == unit("Δ℃")
    assert convert(Decimal("0.1"), unit("℃").difference, unit("K").difference) == Decimal("0.1")
    assert unit("kg").difference == unit("kg")


@pytest.mark.parametrize(
    ("text", "wanted", "reason"),
    [
        ("20 ℃", "kg", "“20 ℃”：“℃”是温度的单位，这里要用质量的单位（kg）。"),
        ("5 ppm", "%LEL", "“5 ppm”：“µmol/mol”是摩尔分数的单位，这里要用爆炸下限百分比的单位（%LEL）。"),
        ("5 ppm", "mg/m³", "“µmol/mol”是摩尔分数的单位，这里要用质量浓度的单位"),
        ("1 kg/h", "L/h", "“kg/h”是质量流量的单位，这里要用体积流量的单位"),
        ("36.5 度", "℃", "“kWh”是能量的单位，这里要用温度的单位"),
        ("0.1 ℃", "Δ℃", "“℃”是温度的单位，这里要用温度差的单位"),
        ("5 %", "%LEL", "“%”是比值的单位"),
    ],
)
def test_another_quantity_is_refused_and_both_are_named(text: str, wanted: str, reason: str) -> None:
    with pytest.raises(BadQuantity, match=reason.replace("（", ".").replace("）", ".")):
        parse_quantity(text, wanted)


def test_a_conversion_between_quantities_is_refused_for_every_kind_of_value() -> None:
    for value in (Decimal(1), 1.0, np.array([1.0])):
        with pytest.raises(BadQuantity, match="“kg”是质量的单位，“L”是体积的单位，不能换算。"):
            convert(value, "kg", "L")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有读到数值"),
        ("kg", "没有读到数值"),
        ("e5", "没有读到数值"),
        ("+.e5 kg", "没有读到数值"),
        ("± 5 kg", "没有读到数值"),
        ("nan", "没有读到数值"),
        ("２⑤ kg", "不认识的单位"),
        ("10³ kg", "不认识的单位"),
        ("10^3 kg", "不认识的单位"),
        ("1,5 kg", "不认识的单位"),
        ("1 000 kg", "不认识的单位"),
        ("1,0000 kg", "没有读到数值|不认识的单位"),
        ("5 1", "没有读到数值"),
        ("5 kg 200 g", "不认识的单位"),
        ("5 mpa", "不认识的单位"),
        ("5 M", "不认识的单位"),
        ("5 m s", "不认识的单位"),
        ("1e999 kg", "超出范围"),
        ("1e9999 kg", "没有读到数值|不认识的单位"),
        ("1" * 60, "位数超过 50 位"),
        ("5; import os", "不认识的单位"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadQuantity, match=reason):
        parse_quantity(text, "kg")


@pytest.mark.parametrize(
    "number", [True, float("nan"), float("inf"), Decimal("NaN"), 10**500, None, [1], {}, [0, [1], 0]]
)
def test_a_number_that_is_none_is_refused(number) -> None:
    with pytest.raises(BadQuantity, match="不是数值"):
        parse_quantity(number, "kg")


def test_letter_case_is_part_of_a_symbol() -> None:
    assert unit("MPa") != unit("Pa")
    assert unit("mV").factor < unit("kV").factor
    with pytest.raises(BadQuantity, match="不认识的单位“mPa”。"):
        unit(" mPa ")
