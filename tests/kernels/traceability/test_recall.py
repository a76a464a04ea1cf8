"""The probability that a verdict flips: by hand where it can be, by drawing where it cannot."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from quanheng.kernels.traceability import (
    BadTraceability,
    Calibration,
    Course,
    History,
    Population,
    decide,
    recall,
)
from quanheng.kernels.traceability.histories import DAYS_OF_YEAR, Deviations
from quanheng.kernels.traceability.recall import _places
from tests.kernels.traceability.chains import history, verdicts


def probability(*arguments, **named) -> float:
    return float(recall(*arguments, draws=0, **named).flip_probability[0])


def test_a_straight_drift_is_interpolated_with_the_uncertainties_of_both_calibrations() -> None:
    known = history(course=Course.LINEAR)
    found = probability([known], verdicts([[-0.9]], [100]))
    mean, u = 0.25 * 0.3, np.hypot(0.75 * 0.02, 0.25 * 0.03)
    assert found == pytest.approx(ndtr((-1 - (-0.9 - mean)) / u), abs=1e-12)


def test_a_random_walk_is_tied_to_both_calibrations() -> None:
    known = history(diffusion=0.2)
    found = recall([known], verdicts([[-0.9]], [100]), draws=0)
    walk = 0.2**2 / DAYS_OF_YEAR * 100 * 300 / 400
    u = np.sqrt((0.75 * 0.02) ** 2 + (0.25 * 0.03) ** 2 + walk)
    assert found.correction_uncertainty[0] == pytest.approx(u)
    assert found.flip_probability[0] == pytest.approx(ndtr((-1 + 0.9 + 0.075) / u))


def test_on_the_day_of_a_calibration_only_that_one_counts() -> None:
    found = recall([history(diffusion=5.0)], verdicts([[0.5]], [0]), draws=0)
    assert (found.correction[0], found.correction_uncertainty[0]) == (0.0, pytest.approx(0.02))


def test_after_the_last_calibration_the_walk_is_free() -> None:
    found = recall([history(diffusion=0.2)], verdicts([[0.5]], [500]), draws=0)
    assert found.correction[0] == 0.0
    assert found.correction_uncertainty[0] == pytest.approx(np.sqrt(0.03**2 + 0.04 * 100 / DAYS_OF_YEAR))


def test_a_jump_at_an_unknown_time_is_a_mixture_of_before_and_after() -> None:
    found = recall([history(course=Course.STEP)], verdicts([[-0.9]], [100]), draws=0)
    after, before = ndtr((-1 + 0.9 + 0.3) / 0.03), ndtr((-1 + 0.9) / 0.02)
    assert found.flip_probability[0] == pytest.approx(0.25 * after + 0.75 * before)
    assert found.correction[0] == pytest.approx(-0.25 * 0.3)
    spread = 0.25 * (0.03**2 + 0.225**2) + 0.75 * (0.02**2 + 0.075**2)
    assert found.correction_uncertainty[0] == pytest.approx(np.sqrt(spread))


def test_points_of_one_verification_share_the_error_of_the_standard() -> None:
    known = history(course=Course.LINEAR)
    one, two = (probability([known], verdicts([errors], [200])) for errors in ([-0.88], [-0.88, -0.88]))
    assert one == pytest.approx(two)
    assert 0.01 < one < 0.99


def test_a_failed_verdict_flips_where_all_points_come_inside() -> None:
    known = history(course=Course.LINEAR)
    found = probability([known], verdicts([[1.1, 1.2]], [200]))
    u = np.hypot(0.5 * 0.02, 0.5 * 0.03)
    assert found == pytest.approx(ndtr((1 - (1.2 - 0.15)) / u))


def test_failed_for_another_reason_stays_failed() -> None:
    found = recall([history()], verdicts([[0.0]], [200], passed=[False]), draws=0)
    assert found.flip_probability[0] == 0
    assert found.cannot_flip[0]


def test_drift_of_a_reference_passes_down_with_its_value_on_the_day_of_the_calibration() -> None:
    reference = history("R", 0.8, course=Course.LINEAR)
    working = Calibration(200, 0.01, by="R", sensitivity=0.5)
    found = recall(
        [reference, History("W", (working,))], verdicts([[0.3], [0.3]], [300, 350], uses=[1]), draws=0
    )
    assert found.correction == pytest.approx([-0.2, -0.2])  # 0.5 of the 0.4 on day 200, whenever used
    u = np.sqrt(0.01**2 + 0.25 * (0.25 * 0.02**2 + 0.25 * 0.03**2))
    assert found.correction_uncertainty == pytest.approx([u, u])


def test_two_standards_of_one_chain_are_correlated() -> None:
    reference = history("R", 0.8, course=Course.LINEAR)
    chain = [reference, History("W", (Calibration(200, 0.0, by="R"),))]
    same_day = verdicts([[0.3]], [200], uses=[0, 1], sensitivity=[-1.0, 1.0])
    found = recall(chain, same_day, draws=0)
    assert found.correction_uncertainty[0] == pytest.approx(0.0, abs=1e-9)  # what both have in common cancels


@pytest.mark.parametrize(("course", "by", "count"), list(product(Course, ("", "R"), (1, 2, 3))), ids=str)
def test_the_probability_is_the_share_of_draws_that_flip(course: Course, by: str, count: int) -> None:
    known = [
        history("R", 0.3, diffusion=0.2, course=course if by else Course.RANDOM),
        history("W", 0.2, days=(50, 390), diffusion=0.1, by=by, course=Course.RANDOM if by else course),
        history("S", -0.2, days=(10, 380), diffusion=0.15),
    ]
    generator = np.random.default_rng(4)
    errors = generator.normal(0, 0.6, (80, 3)).tolist()
    asked = verdicts(
        errors,
        generator.integers(60, 370, 80).tolist(),
        uses=[1, 0, 2][:count],
        sensitivity=[-1.0, 0.7, -0.5][:count],
    )
    places, uses = _places(asked)
    law = Deviations(known, places)
    shares = np.zeros(80)
    for weight, drawn in zip(
        law.jump_weights(asked.day), law.draw(6000, np.random.default_rng(2)), strict=True
    ):
        moved = np.einsum("npk,pk->np", drawn[:, uses][:, asked.owner], asked.sensitivity)
        corrected = asked.error + moved
        inside = np.logical_and.reduceat(np.abs(corrected) <= 1, asked.first, axis=1)
        shares += weight * (inside != asked.passed).mean(axis=0)
    found = recall(known, asked, draws=0).flip_probability
    assert np.abs(shares - found).max() < 0.03


def test_the_number_of_flips_spreads_more_than_independent_verdicts_would() -> None:
    known = history(diffusion=0.3)
    asked = verdicts([[-0.93]] * 400, [200] * 400)
    found = recall([known], asked, draws=400)
    p = found.flip_probability[0]
    assert found.flips_interval == (0, 400)  # one standard, one day: all or none
    assert found.expected_flips == pytest.approx(400 * p)


def test_the_same_seed_gives_the_same_interval() -> None:
    asked = verdicts([[-0.9], [-0.7], [-0.95]], [100, 200, 300])
    first, second = (recall([history(diffusion=0.3)], asked, seed=5) for _ in range(2))
    assert first.flips_interval == second.flips_interval


def test_the_ranking_begins_with_the_most_probable() -> None:
    found = recall([history(diffusion=0.1)], verdicts([[0.0], [-0.9], [-0.8]], [200] * 3), draws=0)
    assert found.ranking.tolist() == [1, 2, 0]


def test_readings_of_a_known_population_say_something_about_the_standard() -> None:
    """By hand: δ ~ N(m, s²), and e - δ ~ N(0, τ²): the ordinary product of two normals."""
    known = history(found=0.2, course=Course.LINEAR, u=(0.1, 0.1))
    asked = verdicts([[0.9]], [200])
    population = Population(0.0, 0.4)
    found = recall([known], asked, population=population, draws=0)
    m, s2 = 0.1, 0.25 * 0.02
    gain = s2 / (s2 + 0.16)
    assert found.correction[0] == pytest.approx(-(m + gain * (0.9 - m)))
    assert found.correction_uncertainty[0] == pytest.approx(np.sqrt(s2 * (1 - gain)))


def test_a_wide_population_says_nothing() -> None:
    known = [history(diffusion=0.2), history("R", -0.2, diffusion=0.1)]
    asked = verdicts([[0.9, -0.2], [-0.95, 0.3]], [100, 300], uses=[0, 1], sensitivity=[-1, 0.5])
    without, wide = (
        recall(known, asked, population=each, draws=0).flip_probability for each in (None, Population(0, 1e4))
    )
    assert wide == pytest.approx(without, abs=1e-6)


def test_with_a_jump_the_readings_say_when_it_was() -> None:
    known = history(found=0.8, course=Course.STEP)
    asked = verdicts([[0.8], [0.0]], [200, 200])
    found = recall([known], asked, population=Population(0, 0.15), draws=0)
    high, low = found.correction
    assert high < -0.75
    assert low > -0.05


def test_whom_to_tell_follows_from_the_costs() -> None:
    p = np.array([0.9, 0.2, 0.01, 0.05])
    found = decide(p, 1.0, 20.0)
    assert found.threshold == 0.05
    assert found.is_told.tolist() == [True, True, False, True]
    assert (found.found, found.missed) == (pytest.approx(1.15), pytest.approx(0.01))
    assert found.cost == pytest.approx(3 + 0.2)
    for threshold in (0.0, 0.03, 0.1, 0.5, 1.0):
        told = p >= threshold
        assert found.cost <= told.sum() + 20 * p[~told].sum() + 1e-12


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.1, 10), st.floats(0.1, 100))
def test_the_decision_never_costs_more_than_all_or_none(p: list[float], notice: float, wrong: float) -> None:
    found = decide(np.array(p), notice, wrong)
    assert found.cost <= min(found.cost_of_all, found.cost_of_none) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: recall([history(days=(100, 400))], verdicts([[0.0]], [50])), "第一次校准以前"),
        (lambda: recall([history(by="X")], verdicts([[0.0]], [50])), "上级标准器“X”不在其中"),
        (lambda: recall([history(by="W")], verdicts([[0.0]], [50])), "成环"),
        (lambda: recall([history(), history()], verdicts([[0.0]], [50])), "重复"),
        (lambda: recall([history()], verdicts([[0.0]], [50], uses=[3])), "不在其中"),
        (lambda: recall([history()], verdicts([[0.0]], [50]), draws=3), "抽样次数"),
        (lambda: history(u=(-1.0, 0.1)), "标准不确定度应当不小于零"),
        (lambda: history(days=(400, 0)), "按日期排列"),
        (lambda: history(found=float("nan")), "有限"),
        (lambda: history(diffusion=-1), "随机游走"),
        (lambda: History("W", ()), "没有校准"),
        (lambda: verdicts([[float("nan")]], [1]), "有限的数"),
        (lambda: verdicts([[0.1], []], [1, 2]), "至少要有一个点"),
        (lambda: verdicts([[0.1]], [1], u=-1), "不小于零"),
        (lambda: Population(0, 0), "标准差应当大于零"),
        (lambda: Population(0, 1, 1), "相关系数"),
        (lambda: decide(np.array([0.5]), 0, 1), "代价应当大于零"),
        (
            lambda: recall(
                [history("A", course=Course.STEP), history("B", course=Course.STEP)], verdicts([[0.0]], [50])
            ),
            "一处突变",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(make, reason: str) -> None:
    with pytest.raises(BadTraceability, match=reason):
        make()
