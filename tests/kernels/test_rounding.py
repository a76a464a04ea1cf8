from __future__ import annotations

import doctest
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quanheng.kernels import rounding
from quanheng.kernels.rounding import (
    BadRounding,
    decimal_of,
    round_array,
    round_to_digits,
    round_to_interval,
    round_uncertainty,
    slack,
)

INTERVALS = ["0.1", "0.2", "0.5", "5", "1", "0.01", "0.02", "0.05", "0.25", "10", "20", "1e-6", "0.001", "3"]
intervals = st.sampled_from(INTERVALS)
written = st.builds(  # what a person writes or a display shows: at most 15 significant digits
    lambda number, places: Decimal(number).scaleb(-places),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(0, 9),
)


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(rounding).failed == 0


# GB/T 8170-2008, clauses 3.2 and 3.4: the examples of the standard.
@pytest.mark.parametrize(
    ("value", "interval", "expected"),
    [
        ("12.1498", "1", "12"),
        ("12.1498", "0.1", "12.1"),
        ("1268", "100", "1300"),
        ("10.5002", "1", "11"),
        ("1.050", "0.1", "1.0"),
        ("0.35", "0.1", "0.4"),
        ("2500", "1000", "2000"),
        ("3500", "1000", "4000"),
        ("-355", "10", "-360"),
        ("-325", "10", "-320"),
        ("-365", "10", "-360"),
        ("-0.0365", "0.001", "-0.036"),
        ("15.4546", "1", "15"),
        ("60.25", "0.5", "60.0"),
        ("60.38", "0.5", "60.5"),
        ("60.28", "0.5", "60.5"),
        ("-60.75", "0.5", "-61.0"),
        ("830", "20", "840"),
        ("842", "20", "840"),
        ("832", "20", "840"),
        ("-930", "20", "-920"),
    ],
)
def test_the_examples_of_the_standard(value: str, interval: str, expected: str) -> None:
    assert f"{round_to_interval(Decimal(value), Decimal(interval)):f}" == expected
    assert round_array(float(value), float(interval)) == float(expected)


@given(written, intervals)
def test_the_rounded_value_is_a_multiple_no_further_than_half_and_even_at_a_tie(value, interval) -> None:
    step = Decimal(interval)
    rounded = round_to_interval(value, step)
    count = rounded / step
    assert count == int(count)
    assert abs(rounded - value) * 2 <= step
    if abs(rounded - value) * 2 == step:
        assert int(count) % 2 == 0


@given(written, intervals)
def test_rounding_is_odd_and_done_once(value, interval) -> None:
    step = Decimal(interval)
    rounded = round_to_interval(value, step)
    assert round_to_interval(-value, step) == -rounded
    assert round_to_interval(rounded, step) == rounded


@given(st.decimals(-1000, 1000, places=4), st.integers(-2, 3))
def test_places_are_the_interval_of_that_power_of_ten(value, places) -> None:
    assert round_to_digits(value, places) == round_to_interval(value, Decimal(10) ** -places)


@given(st.lists(written, min_size=1, max_size=20), intervals)
def test_an_array_is_rounded_as_the_decimals_that_it_stands_for(values, interval) -> None:
    rounded = round_array([float(value) for value in values], float(interval))
    exact = [float(round_to_interval(value, Decimal(interval))) for value in values]
    assert rounded.tolist() == exact


@given(st.floats(-1e300, 1e300), intervals)
def test_any_double_is_rounded_as_its_shortest_decimal_unless_it_is_within_noise_of_a_tie(
    value, interval
) -> None:
    step = Decimal(interval)
    exact = decimal_of(value)
    halves = exact / (step / 2)
    if abs(halves) < 10**12 and (nearest := halves.to_integral_value()) % 2:
        assume(abs(halves - nearest) > Decimal(2 * rounding.NOISE) * abs(halves))
    assert round_array(value, float(interval)) == float(round_to_interval(exact, step))


@given(st.integers(-(10**6), 10**6), intervals, st.integers(-2, 2))
def test_a_value_a_few_units_in_the_last_place_from_a_tie_is_the_tie(count, interval, ulps) -> None:
    tie = (Decimal(count) + Decimal("0.5")) * Decimal(interval)
    value = float(tie)
    for _ in range(abs(ulps)):
        value = np.nextafter(value, np.inf * np.sign(ulps))
    assert round_array(value, float(interval)) == float(round_to_interval(tie, Decimal(interval)))


@given(st.integers(-500, 500), st.integers(0, 10**7))
def test_a_difference_is_rounded_as_written_when_the_size_of_its_parts_is_known(error, reference) -> None:
    shown = float(Decimal(reference) + Decimal(error) / 100) - float(reference)
    expected = round_to_interval(Decimal(error) / 100, Decimal("0.1"))
    assert round_array(shown, 0.1, magnitude=reference + 5) == float(expected)


def test_without_the_size_of_its_parts_a_difference_keeps_the_noise_of_them() -> None:
    assert round_array(1000.15 - 1000, 0.1) == 0.1  # 0.14999999999997726
    assert round_array(1000.15 - 1000, 0.1, magnitude=1000.15) == 0.2


def test_noise_as_wide_as_the_interval_is_refused() -> None:
    assert round_array(0.15, 0.1, magnitude=1e13) == 0.2
    with pytest.raises(BadRounding, match="分辨不出修约间隔 0.1"):
        round_array(0.15, 0.1, magnitude=1e14)


def test_noise_belongs_to_each_value_alone() -> None:
    rounded = round_array([1000.15 - 1000, 0.14999999999997726], 0.1, magnitude=[1000, 0])
    assert rounded.tolist() == [0.2, 0.1]


def test_missing_and_infinite_values_stay_and_no_zero_is_negative() -> None:
    rounded = round_array([np.nan, np.inf, -np.inf, -0.01, -0.0], 0.1)
    assert np.isnan(rounded[0])
    assert rounded[1:].tolist() == [np.inf, -np.inf, 0, 0]
    assert not np.signbit(rounded[3:]).any()
    assert str(round_to_interval(Decimal("-0.01"), Decimal("0.1"))) == "0.0"


def test_shapes_stay() -> None:
    assert round_array(np.zeros((2, 3)), 0.1).shape == (2, 3)
    assert round_array(0.25, 0.1).shape == ()
    assert np.isnan(slack([1.0, np.nan])).tolist() == [False, True]


@pytest.mark.parametrize("interval", [0.0, -0.1, float("nan"), float("inf")])
def test_an_interval_that_is_not_positive_is_refused(interval) -> None:
    with pytest.raises(BadRounding, match="修约间隔应当大于零|不是有限的数"):
        round_array(1.0, interval)
    with pytest.raises(BadRounding, match="修约间隔应当大于零|不是有限的数"):
        round_to_interval(Decimal(1), Decimal(interval))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+999999999", "1E-999999999"])
def test_what_is_no_ordinary_number_is_refused_and_fills_no_memory(value) -> None:
    with pytest.raises(BadRounding, match="不能修约"):
        round_to_interval(Decimal(value), Decimal("0.1"))


# JCGM 100:2008, 7.2.4 and H.1: results as they are printed there.
@pytest.mark.parametrize(
    ("value", "uncertainty", "digits", "printed"),
    [
        (100.02147, 0.00035, 2, ("100.02147", "0.00035")),
        (100.021472, 0.000353, 1, ("100.0215", "0.0004")),
        (50.000838, 0.0000929, 2, ("50.000838", "0.000093")),
        (10.0, 0.0996, 2, ("10.00", "0.10")),
        (10.04, 0.096, 1, ("10.0", "0.1")),
        (-0.04, 1.24, 2, ("0.0", "1.2")),
        (12345.6, 95, 1, ("12300", "100")),
        (Decimal("0.25"), Decimal("0.1"), 1, ("0.2", "0.1")),
    ],
)
def test_value_and_uncertainty_are_printed_to_the_same_place(value, uncertainty, digits, printed) -> None:
    reported = round_uncertainty(value, uncertainty, digits)
    assert (f"{reported.value:f}", f"{reported.uncertainty:f}") == printed


@given(written, st.decimals("1e-9", "1e9", allow_nan=False), st.sampled_from([1, 2]))
def test_the_printed_uncertainty_has_its_digits_and_the_value_its_place(value, uncertainty, digits) -> None:
    reported = round_uncertainty(value, uncertainty, digits)
    assert len(reported.uncertainty.as_tuple().digits) in {digits, digits + 1}
    assert reported.uncertainty.as_tuple().exponent == reported.value.as_tuple().exponent
    assert (
        abs(reported.uncertainty - uncertainty) * 2 <= Decimal(10) ** reported.uncertainty.as_tuple().exponent
    )


@pytest.mark.parametrize(("uncertainty", "digits"), [(0, 2), (-1, 2), (float("nan"), 2), (1, 3), (1, 0)])
def test_an_uncertainty_that_is_none_cannot_be_printed(uncertainty, digits) -> None:
    with pytest.raises(BadRounding, match="不确定度"):
        round_uncertainty(1.0, uncertainty, digits)
