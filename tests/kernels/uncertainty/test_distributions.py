"""Each distribution has the moments and the shape that its clause of JCGM 101:2008, 6.4, gives it."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quanheng.kernels.uncertainty.distributions import (
    Arcsine,
    Beta,
    CurvilinearTrapezoid,
    Exponential,
    Gamma,
    LogNormal,
    Normal,
    Rectangular,
    StudentT,
    Trapezoidal,
    Triangular,
    TwoPoint,
)

DRAWS = 200_000


class InexactLimits(stats.rv_continuous):
    """Density of formula (3), its integral by hand: half-width w = 1, inexactness d."""

    def _cdf(self, x, d):
        far = np.clip(np.abs(x), 1 - d, 1 + d)
        flank = ((1 + d) - far * (1 + np.log((1 + d) / far))) / (4 * d)
        flat = np.log((1 + d) / (1 - d)) / (4 * d) * np.maximum(1 - d - np.abs(x), 0)
        return np.where(x < 0, flank + flat, 1 - flank - flat)


CONTINUOUS = [
    (Normal(2.0), stats.norm(0, 2)),
    (StudentT(0.5, 5.0), stats.t(5, 0, 0.5)),
    (StudentT(0.5, 2.5), stats.t(2.5, 0, 0.5)),
    (Rectangular(3.0), stats.uniform(-3, 6)),
    (Triangular(3.0), stats.triang(0.5, -3, 6)),
    (Trapezoidal(3.0, 0.0), stats.triang(0.5, -3, 6)),
    (Trapezoidal(3.0, 0.4), stats.trapezoid(0.3, 0.7, -3, 6)),
    (Trapezoidal(3.0, 1.0), stats.uniform(-3, 6)),
    (CurvilinearTrapezoid(2.0, 1.0), InexactLimits(a=-2, b=2)(0.5, 0, 2)),
    (Arcsine(3.0), stats.arcsine(-3, 6)),
    (Exponential(2.0), stats.expon(0, 2)),
    (Gamma(4.0, 0.5), stats.gamma(4, 0, 0.5)),
    (Beta(2.0, 5.0, -1.0, 3.0), stats.beta(2, 5, -1, 4)),
    (LogNormal(0.3, 0.5), stats.lognorm(0.5, 0, np.exp(0.3))),
]
NAMES = [f"{distribution.name}-{at}" for at, (distribution, _) in enumerate(CONTINUOUS)]


def drawn(distribution, seed=20261123):
    out = np.empty(DRAWS)
    distribution.fill(np.random.default_rng(seed), out)
    return out


@pytest.mark.parametrize(("distribution", "peer"), CONTINUOUS, ids=NAMES)
def test_mean_and_standard_deviation_are_those_of_the_literature(distribution, peer):
    assert distribution.mean == pytest.approx(peer.mean(), abs=1e-7)
    assert distribution.standard_deviation == pytest.approx(peer.std(), rel=1e-6)


@pytest.mark.parametrize(("distribution", "peer"), CONTINUOUS, ids=NAMES)
def test_draws_follow_the_distribution(distribution, peer):
    draws = drawn(distribution) + distribution.mean
    assert stats.kstest(draws, peer.cdf).pvalue > 0.001


@pytest.mark.parametrize(
    ("distribution", "peer"),
    [each for each in CONTINUOUS if not isinstance(each[0], StudentT)],
    ids=[name for name in NAMES if not name.startswith("t-")],
)
def test_draws_are_deviations_with_mean_0_and_the_standard_deviation(distribution, peer):
    draws = drawn(distribution)
    assert abs(draws.mean()) < 4 * peer.std() / sqrt(DRAWS)
    kurtosis = float(peer.stats(moments="k")) + 3
    assert abs(draws.std() / peer.std() - 1) < 4 * sqrt((kurtosis - 1) / 4 / DRAWS)


def test_the_two_points_are_equally_frequent():
    draws = drawn(TwoPoint(0.5))
    assert set(draws) == {-0.5, 0.5}
    assert stats.binomtest(int(np.sum(draws > 0)), DRAWS).pvalue > 0.001
    assert TwoPoint(0.5).standard_deviation == 0.5


def test_limits_that_are_themselves_inexact_make_the_standard_uncertainty_larger():
    # JCGM 101:2008, 6.4.3.3, example: 10.0 V ± 0.1 V, limits rounded to 0.1 V
    assert CurvilinearTrapezoid(0.1, 0.05).standard_deviation == pytest.approx(0.060, abs=0.0005)
    assert Rectangular(0.1).standard_deviation == pytest.approx(0.058, abs=0.0005)


def test_a_t_is_wider_than_its_scale_says():
    assert StudentT(2.0, 4.0).standard_deviation == pytest.approx(2 * sqrt(2))
    assert StudentT(2.0, 2.0).standard_deviation == inf
    assert StudentT(2.0, 1.0).standard_deviation == inf


@given(st.floats(1e-9, 1e9), st.floats(2.1, 1e6))
def test_a_t_given_by_its_standard_deviation_has_it(spread, degrees):
    assert StudentT.from_standard_deviation(spread, degrees).standard_deviation == pytest.approx(spread)


def test_a_t_without_standard_deviation_cannot_be_given_by_it():
    with pytest.raises(ValueError, match="自由度不大于 2 时没有标准差"):
        StudentT.from_standard_deviation(1.0, 2.0)


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 10))
def test_a_lognormal_given_by_its_moments_has_them(mean, relative):
    found = LogNormal.from_moments(mean, relative * mean)
    assert found.mean == pytest.approx(mean)
    assert found.standard_deviation == pytest.approx(relative * mean)


def test_counted_events_have_a_gamma():
    # JCGM 101:2008, 6.4.11: q = 8 counted
    assert Gamma(9.0, 1.0).mean == 9
    assert Gamma(9.0, 1.0).standard_deviation == 3


def test_parameters_of_many_points_are_taken_point_by_point():
    many = Beta(2.0, 5.0, np.array([0.0, 1.0]), np.array([1.0, 3.0]))
    assert list(many.standard_deviation) == pytest.approx(
        [many.at(0).standard_deviation, many.at(1).standard_deviation]
    )
    assert many.at(1).upper == 3.0
    assert many.at(1).alpha == 2.0


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Normal(0.0), "正态分布：标准差应当为正数"),
        (lambda: Normal(float("nan")), "正态分布：标准差应当为正数"),
        (lambda: Normal(np.array([1.0, -1.0])), "正态分布：标准差应当为正数"),
        (lambda: StudentT(-1.0, 3.0), "t 分布：尺度参数应当为正数"),
        (lambda: StudentT(1.0, 0.0), "t 分布：自由度应当为正数"),
        (lambda: Rectangular(0.0), "矩形（均匀）分布：半宽应当为正数"),
        (lambda: Triangular(inf), "三角分布：半宽应当为正数"),
        (lambda: Trapezoidal(1.0, 1.5), "梯形分布：β 应当在 0 与 1 之间"),
        (lambda: CurvilinearTrapezoid(1.0, 0.0), "曲线梯形分布：界限的不准确程度应当为正数"),
        (lambda: CurvilinearTrapezoid(1.0, 1.5), "曲线梯形分布：界限的不准确程度应当不大于半宽"),
        (lambda: Arcsine(-1.0), "反正弦（U 形）分布：半宽应当为正数"),
        (lambda: TwoPoint(0.0), "两点分布：半宽应当为正数"),
        (lambda: Exponential(0.0), "指数分布：期望应当为正数"),
        (lambda: Gamma(0.0, 1.0), "伽马分布：形状参数应当为正数"),
        (lambda: Gamma(1.0, 0.0), "伽马分布：尺度参数应当为正数"),
        (lambda: Beta(0.0, 1.0), "贝塔分布：形状参数应当为正数"),
        (lambda: Beta(1.0, 1.0, 2.0, 1.0), "贝塔分布：上限应当大于下限"),
        (lambda: LogNormal(inf, 1.0), "对数正态分布：对数的期望应当是有限的数"),
        (lambda: LogNormal(0.0, -1.0), "对数正态分布：对数的标准差应当为正数"),
        (lambda: LogNormal.from_moments(-1.0, 1.0), "对数正态分布：期望和标准差应当为正数"),
    ],
)
def test_impossible_parameters_are_refused(make, reason):
    with pytest.raises(ValueError, match=reason):
        make()
