"""Numbers and pictures: rounded, grouped, in their frame."""

from __future__ import annotations

import doctest
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.uncertainty import distributions
from quanheng.kernels.uncertainty.spellings import INPUT
from quanheng.web.bench import numbers, pictures, shown
from quanheng.web.bench.numbers import NARROW, as_given, result_numbers, significant
from quanheng.web.bench.pictures import density_plot, small_plot, t_density, ticks


@pytest.mark.parametrize("module", [numbers, pictures, shown])
def test_the_examples_in_the_docstrings_are_right(module) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert found.failed == 0


@pytest.mark.parametrize(
    ("value", "uncertainty", "shown_value", "shown_uncertainty"),
    [
        (50.0008383, 0.0000926, "50.000 838", "0.000 093"),
        (12345.6, 996, "12 300", "1 000"),
        (-0.1494, 0.0094, "-0.149 4", "0.009 4"),
        (1.23456e-14, 2e-16, "1.235×10⁻¹⁴", "0.020×10⁻¹⁴"),
        (3e20, 4e18, "3.000×10²⁰", "0.040×10²⁰"),
        (0.0, 4e-20, "0.0×10⁻²⁰", "4.0×10⁻²⁰"),
        (5.0, 0.0, "5.000 00", "0"),
    ],
)
def test_a_result_ends_where_its_uncertainty_ends(
    value: float, uncertainty: float, shown_value: str, shown_uncertainty: str
) -> None:
    found = [text.replace(NARROW, " ") for text in result_numbers(value, uncertainty)]
    assert found == [shown_value, shown_uncertainty]


@given(st.floats(-1e30, 1e30).filter(lambda x: abs(x) > 1e-30), st.integers(1, 9))
def test_significant_digits_are_the_number_to_that_many_digits(value: float, digits: int) -> None:
    text = significant(value, digits).replace(NARROW, "")
    mantissa, _, power = text.partition("×10")
    number = float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    assert number == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))


def test_an_estimate_keeps_its_digits_and_gets_no_zeros() -> None:
    assert [as_given(x).replace(NARROW, " ") for x in (0.0, -0.1, 100.0, 1.15e-5, 0.1 + 0.2)] == [
        "0",
        "-0.1",
        "100",
        "0.000 011 5",
        "0.3",
    ]


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9))
def test_there_are_a_few_ticks_within_the_limits_and_each_reads_differently(low: float, width: float) -> None:
    if low + width <= low or width < 1e-6 * abs(low):
        return
    found = ticks(low, low + width)
    assert 1 <= len(found) <= 11
    assert len({label for _, label in found}) == len(found)
    assert all(low - 1e-6 * width <= value <= low + width + 1e-6 * width for value, _ in found)


def test_the_density_is_one_altogether() -> None:
    x = np.linspace(-60, 60, 24_001)
    for degrees in (3.0, 16.0, float("inf")):
        area = np.trapezoid([t_density(float(at), degrees) for at in x], x)
        assert area == pytest.approx(1, abs=2e-5)


def test_everything_stays_in_the_frame() -> None:
    values = np.random.default_rng(1).normal(size=20_000)
    counts, edges = np.histogram(values, bins=50)
    plot = density_plot(
        edges,
        counts.tolist(),
        20_000,
        lambda x: t_density(x, float("inf")),
        [("gum", -2, 2), ("shortest", -2.1, 1.9)],
    )
    heights = [float(y) for y in re.findall(r"V([-\d.]+)", plot.area)]
    assert all(0 <= y <= 1000 for y in heights)
    for span in plot.spans:
        assert 0 < float(span.low[:-1]) < float(span.high[:-1]) < 100
    assert plot.curve.count("L") > 100


def test_an_input_that_hardly_varies_has_an_empty_picture() -> None:
    assert small_plot(np.full(1000, 5.0)).area == ""
    assert small_plot(np.random.default_rng(1).standard_t(2, 10_000)).area.startswith("M")


def test_every_distribution_of_the_kernel_has_its_word() -> None:
    families = {
        item.name
        for item in vars(distributions).values()
        if isinstance(item, type) and issubclass(item, distributions.Distribution) and hasattr(item, "name")
    }
    assert families == set(shown.DISTRIBUTION_WORDS)


def test_every_key_of_an_input_has_its_heading() -> None:
    not_cells = {"name", "label", "components", "readings_at_points"}
    assert set(INPUT.values()) - not_cells == set(shown.cell_words())
