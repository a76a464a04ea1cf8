"""Years left: limits that hold, bounds where nothing failed, edges."""

from __future__ import annotations

from math import inf, log
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from quanheng.kernels.lifetime import (
    LOGNORMAL,
    BadLifetime,
    Seen,
    ShapePrior,
    Stay,
    curve,
    life_model,
    lifetimes,
    picture,
    replacement_curve,
    seen_once,
    years_left,
)
from tests.kernels.lifetime.published import parts


@pytest.mark.parametrize(("n", "bad"), [(80, 0), (80, 1), (80, 3), (200, 10), (50, 49)])
def test_one_look_gives_the_exact_limits_of_clopper_and_pearson(n: int, bad: int) -> None:
    left = years_left(lifetimes(seen_once(8, n - bad, bad)), 0.05, 8)
    low = beta.ppf(0.025, bad, n - bad + 1) if bad else 0.0
    assert left.fraction_now_low == pytest.approx(low, rel=0.03)
    assert left.fraction_now_high == pytest.approx(beta.ppf(0.975, bad + 1, n - bad), rel=0.03)
    assert left.fraction_now is None or left.fraction_now == pytest.approx(bad / n, rel=1e-3)


@pytest.mark.parametrize("shape", [1.0, 2.0, 4.0])
def test_no_failure_gives_weibayes_where_the_shape_is_known(shape: float) -> None:
    """n meters without failure until age a: −ln(1 − confidence) failures at most, so the age of p is at least …"""
    n, age, limit = 200, 8.0, 0.05
    model = life_model(lifetimes(seen_once(age, n, 0)), prior=ShapePrior(shape, 1e-3))
    left = years_left(model, limit, age)
    bound = age * (n * -log(1 - limit) / -log(0.05)) ** (1 / shape) - age
    assert age + left.at_least == pytest.approx(age + bound, rel=0.01)
    assert (left.stay, left.years, left.high) == (Stay.BOUND, None, inf)
    assert "界限" in left.sentence
    assert "no_failures" in {finding.code for finding in left.findings}


def test_too_few_meters_without_failure_prove_nothing() -> None:
    left = years_left(lifetimes(seen_once(8, 20, 0)), 0.05, 8)
    assert (left.at_least, left.stay) == (0, Stay.BOUND)
    assert "太少" in left.sentence


def test_a_lot_of_which_all_failed_may_not_stay() -> None:
    left = years_left(lifetimes(seen_once(8, 0, 30)), 0.05, 8)
    assert (left.years, left.low, left.high, left.stay) == (0, 0, 0, Stay.OVER)
    assert "all_failed" in {finding.code for finding in left.findings}


def test_a_lot_beyond_the_limit_has_no_year_left() -> None:
    left = years_left(lifetimes(seen_once(8, 150, 50)), 0.05, 8)
    assert (left.years, left.high, left.stay) == (0, 0, Stay.OVER)


def test_the_answer_orders_its_numbers_and_names_what_it_rests_on() -> None:
    left = years_left(lifetimes(seen_once(8, 393, 7)), 0.05, 8)
    assert 0 < left.low < left.at_least < (left.years or 0) < left.high
    assert left.stay is Stay.STAY
    assert {"single_age", "extrapolated"} <= {finding.code for finding in left.findings}
    assert f"至少 {left.at_least:.1f} 年" in left.sentence


@given(
    st.integers(1, 8), st.floats(0.02, 0.3), st.floats(4, 12), st.sampled_from([0.0, 3.0]), st.integers(2, 9)
)
@settings(max_examples=20, deadline=None)
def test_more_is_permitted_the_longer_it_may_stay(
    bad: int, limit: float, now: float, clean: float, more: int
) -> None:
    model = life_model(lifetimes([*seen_once(4, 100, bad), Seen(4, 8, 3, more), Seen(8, entry=3, count=90)]))
    strict, loose = (years_left(model, p, now, clean_at=clean) for p in (limit, 2 * limit))
    for one, two in zip(
        (strict.low, strict.at_least, strict.years, strict.high),
        (loose.low, loose.at_least, loose.years, loose.high),
        strict=True,
    ):
        assert one is not None
        assert two is not None
        assert 0 <= one <= two
    replaced = years_left(model, limit, now, clean_at=now)
    assert (replaced.years or 0) >= (years_left(model, limit, now).years or 0)
    assert replaced.fraction_now == 0


def test_years_count_from_now() -> None:
    model = life_model(lifetimes(parts()))
    early, late = years_left(model, 0.5, 10), years_left(model, 0.5, 30)
    assert (early.years or 0) - (late.years or 0) == pytest.approx(20)
    assert early.low - late.low == pytest.approx(20)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """A small walk of benchmarks/lifetime.py; 95 % of 60 lots is 57, and 52 is four standard deviations away."""
    rng = np.random.default_rng(7)
    held = above = 0
    for _lot in range(60):
        lives = 40 * rng.weibull(2.0, 300)
        rows = [
            Seen(0.0, age) if life <= age else Seen(age)
            for life, age in zip(lives, [4.0, 6.0, 8.0] * 100, strict=True)
        ]
        left = years_left(lifetimes(rows), 0.05, 8)
        truth = 40 * (-log(0.95)) ** 0.5 - 8
        held += left.low <= truth <= left.high
        above += left.at_least > truth
    assert held >= 52
    assert above <= 8


def test_the_curve_rises_within_its_band() -> None:
    model = life_model(lifetimes(parts()))
    found = curve(model, np.linspace(0, 80, 41))
    assert found.fraction is not None
    assert (found.low <= found.fraction).all()
    assert (found.fraction <= found.high).all()
    for line in (found.low, found.fraction, found.high):
        assert (np.diff(line) >= -1e-9).all()
    cleaned = curve(model, np.array([5.0, 10.0, 20.0]), clean_at=10)
    assert cleaned.fraction is not None
    assert list(cleaned.fraction[:2]) == [0, 0]


def test_replacements_of_all_years_are_those_that_fail() -> None:
    model = life_model(lifetimes(parts()))
    found = replacement_curve(model, 1000, 20, 60)
    assert model.fit is not None
    now, end = (float(model.fit.fraction(age)) for age in (20, 80))
    assert sum(year.expected or 0 for year in found) == pytest.approx(1000 * (end - now) / (1 - now))
    assert all(year.low <= (year.expected or 0) <= year.high for year in found)
    wide, narrow = replacement_curve(model, 100, 20, 1)[0], replacement_curve(model, 10_000, 20, 1)[0]
    assert wide.high / 100 > narrow.high / 10_000  # chance counts more in a small lot
    none = replacement_curve(lifetimes(seen_once(8, 100, 0)), 1000, 8, 1)[0]
    assert (none.expected, none.low) == (None, 0)
    assert none.high > 0


@pytest.mark.parametrize(
    "given_values",
    [{"max_fraction": 0}, {"max_fraction": 1.2}, {"now_age": -1}, {"confidence": 1}, {"clean_at": 9}],
)
def test_a_parameter_beyond_reason_is_refused(given_values: dict[str, float]) -> None:
    values = {"max_fraction": 0.05, "now_age": 8.0, "confidence": 0.95, "clean_at": 0.0, **given_values}
    with pytest.raises(BadLifetime):
        years_left(
            lifetimes(seen_once(8, 70, 2)),
            values["max_fraction"],
            values["now_age"],
            confidence=values["confidence"],
            clean_at=values["clean_at"],
        )
    with pytest.raises(BadLifetime):
        life_model(lifetimes(seen_once(8, 70, 2)), prior=ShapePrior(-1))
    with pytest.raises(BadLifetime):
        replacement_curve(lifetimes(seen_once(8, 70, 2)), 0, 8, 1)


@pytest.mark.parametrize("rows", [parts(), seen_once(8, 80, 0), seen_once(8, 0, 9), seen_once(8, 70, 3)])
def test_the_picture_is_whole_whatever_the_data(rows: list[Seen]) -> None:
    model = life_model(lifetimes(rows), LOGNORMAL)
    left = years_left(model, 0.3)
    drawn = picture(model, left, title="甲厂 <1> 批")
    root = ElementTree.fromstring(drawn)
    assert "nan" not in drawn
    assert "inf" not in drawn
    assert left.sentence in "".join(root.itertext())
