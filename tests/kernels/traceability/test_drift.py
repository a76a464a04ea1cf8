"""Drift from calibrations: rate, walk, prediction, interval."""

from __future__ import annotations

import doctest
from collections.abc import Sequence

import numpy as np
import pytest

from quanheng.kernels.traceability import (
    BadTraceability,
    Calibration,
    Course,
    estimate_diffusion,
    estimate_drift,
    predict,
    recommended_months,
    within_limit,
)
from quanheng.kernels.traceability.histories import DAYS_OF_YEAR


def series(values: Sequence[float], u: float = 0.1, step: int = 365) -> list[Calibration]:
    """Calibrations after each of which the new value is used: only the change is found."""
    found = [None, *np.diff(values)]
    return [Calibration(step * at, u, None if each is None else float(each)) for at, each in enumerate(found)]


def test_two_calibrations_give_the_slope_between_them() -> None:
    found = estimate_drift(series([0.0, 0.6], step=730))
    years = 730 / DAYS_OF_YEAR
    assert found.rate == pytest.approx(0.6 / years)
    assert found.rate_uncertainty == pytest.approx(np.hypot(0.1, 0.1) / years)
    assert found.diffusion == 0


def test_without_a_walk_the_rate_is_that_of_weighted_least_squares() -> None:
    values = np.array([0.0, 0.9, 2.3, 2.8, 4.2])
    found = estimate_drift(series(values.tolist()), course=Course.LINEAR)
    years = np.arange(5) * 365 / DAYS_OF_YEAR
    slope = np.polyfit(years, values, 1)[0]
    assert found.rate == pytest.approx(slope)
    assert found.rate_uncertainty == pytest.approx(0.1 / np.sqrt(np.sum((years - years.mean()) ** 2)))


def test_an_adjustment_is_no_drift() -> None:
    plain = [Calibration(0, 0.1), Calibration(365, 0.1, 0.5, left=0.5), Calibration(730, 0.1, 1.0)]
    adjusted = [Calibration(0, 0.1), Calibration(365, 0.1, 0.5, left=0.0), Calibration(730, 0.1, 0.5)]
    first, second = (estimate_drift(each, course=Course.LINEAR) for each in (plain, adjusted))
    assert first.rate == pytest.approx(second.rate)
    assert first.rate_uncertainty == pytest.approx(second.rate_uncertainty)


def test_a_jump_is_no_drift() -> None:
    calm = series([0.0, 0.1, 0.2, 0.3])
    jumped = [*calm, Calibration(4 * 365, 0.1, 9.0, course=Course.STEP)]
    assert estimate_drift(jumped).rate == pytest.approx(estimate_drift(calm).rate)
    assert estimate_diffusion(jumped) == estimate_diffusion(calm)


def test_a_change_explained_by_the_uncertainties_needs_no_walk() -> None:
    assert estimate_diffusion(series([0.0, 0.1])) == 0


def test_one_change_has_the_walk_that_is_left_after_the_uncertainties() -> None:
    expected = np.sqrt((1.0 - 0.02) / (365 / DAYS_OF_YEAR))
    assert estimate_diffusion(series([0.0, 1.0])) == pytest.approx(expected, rel=1e-4)


def test_the_interval_of_the_rate_holds_the_true_one_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        steps = 0.5 * 365 / DAYS_OF_YEAR + 0.3 * generator.standard_normal(9)
        values = np.concatenate(([0.0], np.cumsum(steps))) + 0.05 * generator.standard_normal(10)
        low, high = estimate_drift(series(values.tolist(), u=0.05)).rate_interval
        hits += low <= 0.5 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_the_diffusion_is_found_on_average() -> None:
    generator = np.random.default_rng(2)
    found = [
        estimate_diffusion(series(np.cumsum(0.3 * generator.standard_normal(12)).tolist(), u=0.02)) ** 2
        for _ in range(200)
    ]
    assert np.sqrt(np.mean(found)) == pytest.approx(0.3, rel=0.08)


def test_the_prediction_grows_uncertain_and_the_interval_ends_before_the_limit() -> None:
    drift = estimate_drift(series([0.0, 0.5, 0.9, 1.5, 2.0]))
    here, later = (predict(drift, drift.last_day + days) for days in (0, 365))
    assert here == (0.0, pytest.approx(0.1))
    assert later[1] > here[1]
    months = recommended_months(drift, 1.0, 0.95, 60)
    assert 12 <= months < 24
    assert within_limit(drift, 1.0, months / 12) >= 0.95 > within_limit(drift, 1.0, (months + 1) / 12)


def test_a_stricter_target_or_limit_never_lengthens_the_interval() -> None:
    drift = estimate_drift(series([0.0, 0.5, 0.9, 1.5, 2.0]))
    assert recommended_months(drift, 1.0, 0.99, 60) <= recommended_months(drift, 1.0, 0.9, 60)
    assert recommended_months(drift, 0.5, 0.95, 60) <= recommended_months(drift, 1.0, 0.95, 60)
    assert recommended_months(drift, 1e6, 0.95, 60) == 60
    assert recommended_months(drift, 0.01, 0.95, 60) == 0


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: estimate_drift(series([1.0])), "至少要有两次"),
        (lambda: estimate_drift([Calibration(9, 0.1), Calibration(9, 0.1, 1.0)]), "按日期排列"),
        (lambda: estimate_drift([Calibration(0, 0.1), Calibration(9, 0.1)]), "送到时的偏差"),
        (lambda: estimate_drift(series([0.0, 1.0], u=0.0)), "都是零"),
        (lambda: predict(estimate_drift(series([0.0, 1.0])), 0), "最后一次校准以后"),
        (lambda: recommended_months(estimate_drift(series([0.0, 1.0])), -1, 0.9, 60), "限值"),
        (lambda: recommended_months(estimate_drift(series([0.0, 1.0])), 1, 1, 60), "可靠性"),
    ],
)
def test_what_cannot_be_estimated_is_refused(make, reason: str) -> None:
    with pytest.raises(BadTraceability, match=reason):
        make()


def test_the_examples_of_the_modules_run() -> None:
    from quanheng.kernels.traceability import charts, comparison

    assert [doctest.testmod(module).failed for module in (charts, comparison)] == [0, 0]
