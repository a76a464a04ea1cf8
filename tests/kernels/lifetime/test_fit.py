"""The most likely life distribution, against published fits."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from scipy.stats import lognorm, weibull_min

from quanheng.kernels.lifetime import (
    LOGNORMAL,
    WEIBULL,
    BadLifetime,
    Seen,
    ShapePrior,
    fit,
    lifetimes,
    seen_once,
    turnbull,
)
from quanheng.kernels.lifetime.fit import log_likelihood
from tests.kernels.lifetime.published import breast, parts, wheels


def test_nelsons_turbine_parts_have_the_published_weibull_fit() -> None:
    found = fit(lifetimes(parts()))  # SAS/QC, The RELIABILITY Procedure, gives these figures
    assert [found.mu, found.sigma] == pytest.approx([4.2724, 0.6732], abs=5e-5)
    assert [found.scale, found.shape] == pytest.approx([71.6904, 1.4854], abs=5e-5)
    assert found.covariance[0, 0] ** 0.5 == pytest.approx(0.0744, abs=1e-4)
    assert found.covariance[1, 1] ** 0.5 * found.sigma == pytest.approx(0.0664, abs=1e-4)


def test_the_wheels_fail_by_wear_in_both_families() -> None:
    data = lifetimes(wheels())
    assert (data.meters, data.failed) == (432, 106)
    assert 1.5 < fit(data).shape < 3
    assert fit(data).log_likelihood > fit(data, LOGNORMAL).log_likelihood


def test_turnbulls_curve_of_the_breast_data_is_the_published_one() -> None:
    found = turnbull(lifetimes(breast()))  # Fay and Shaw, J. Stat. Software 36 (2) (2010)
    kept = found.mass > 1e-4
    assert found.is_converged
    assert list(zip(found.left[kept], found.right[kept], strict=True)) == [
        (4, 5),
        (6, 7),
        (7, 8),
        (11, 12),
        (24, 25),
        (33, 34),
        (38, 40),
        (46, 48),
    ]
    published = (0.0463, 0.0334, 0.0887, 0.0708, 0.0926, 0.0818, 0.1209, 0.4656)
    assert found.mass[kept] == pytest.approx(published, abs=5e-5)


def test_turnbulls_curve_is_the_share_that_failed_where_all_share_their_looks() -> None:
    found = turnbull(lifetimes(parts()))
    assert found.mass * 167 == pytest.approx((5, 16, 12, 18, 18, 2, 6, 17, 73))
    least, most = found.fraction(np.array([19.92, 25.0]))
    assert (least[1], most[1]) == (pytest.approx(21 / 167), pytest.approx(33 / 167))
    assert least[0] == most[0] == pytest.approx(21 / 167)


def test_turnbulls_curve_with_entries_divides_by_those_under_watch() -> None:
    """Exact looks and entries: the product-limit estimate of left-truncated data."""
    rows = [Seen(1, 2, 0), Seen(2, 3, 1), Seen(3, 4, 2), Seen(4, entry=0, count=2), Seen(4, entry=2)]
    found = turnbull(lifetimes(rows))
    least, _most = found.fraction(np.array([2.0, 3.0, 4.0]))
    assert found.is_converged
    assert 1 - least == pytest.approx([3 / 4, 3 / 4 * 5 / 6 * 1.0, 3 / 4 * 5 / 6 * 3 / 4], abs=0.12)


@pytest.mark.parametrize(("family", "law"), [(WEIBULL, "weibull"), (LOGNORMAL, "lognormal")])
def test_the_likelihood_is_that_of_truncated_intervals(family: object, law: str) -> None:
    mu, sigma = 2.3, 0.4
    exact = weibull_min(1 / sigma, scale=np.exp(mu)) if law == "weibull" else lognorm(sigma, scale=np.exp(mu))
    data = lifetimes([Seen(4, 7, 2, 3), Seen(9, inf, 5, 2), Seen(0, 6)])
    expected = 3 * np.log((exact.sf(4) - exact.sf(7)) / exact.sf(2)) + 2 * np.log(exact.sf(9) / exact.sf(5))
    expected += np.log(exact.cdf(6))
    assert float(log_likelihood(data, family, np.array(mu), np.array(sigma))) == pytest.approx(expected)  # type: ignore[arg-type]


def test_ignoring_the_entry_makes_a_lot_look_younger_than_it_is() -> None:
    rng = np.random.default_rng(4)
    lives = 12 * rng.weibull(2.0, 4000)
    lives = lives[lives > 5]
    rows = [_seen(life) for life in lives]
    true, blind = fit(lifetimes(rows)), fit(lifetimes([replace(row, entry=0.0) for row in rows]))
    assert true.scale == pytest.approx(12, rel=0.08)
    assert blind.fraction(6) < 0.5 * true.fraction(6)


def _seen(life: float) -> Seen:
    looks = (5.0, 7.0, 9.0, 12.0, 15.0)
    last = max(age for age in looks if age < life)
    return Seen(last, next((age for age in looks if age >= life), inf), 5.0)


@pytest.mark.parametrize(
    ("rows", "prior", "reason"),
    [
        (seen_once(8, 80, 0), ShapePrior(), "没有一只表不合格"),
        (seen_once(8, 0, 80), ShapePrior(), "第一次检查就已不合格"),
        (seen_once(8, 77, 3), None, "只在一个年龄检查过"),
    ],
)
def test_what_the_data_cannot_say_is_refused(rows: list[Seen], prior: ShapePrior | None, reason: str) -> None:
    with pytest.raises(BadLifetime, match=reason):
        fit(lifetimes(rows), WEIBULL, prior)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (Seen(5, 5), "first_bad", "区间宽度为零"),
        (Seen(6, 5), "first_bad", "区间颠倒"),
        (Seen(4, 6, 5), "entry", "晚于最后合格的年龄"),
        (Seen(-1, 6), "last_good", "0～200"),
        (Seen(float("nan")), "last_good", "不是数值"),
        (Seen(2, count=0), "count", "正整数"),
        (Seen(2, 1e9), "first_bad", "0～200"),
    ],
)
def test_a_bad_row_is_told_with_its_place(row: Seen, column: str, reason: str) -> None:
    with pytest.raises(BadLifetime, match=reason) as caught:
        lifetimes([Seen(8), row])
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [(2, column)]


def test_rows_that_tell_nothing_are_left_out_and_doubles_are_counted() -> None:
    data = lifetimes([Seen(8), Seen(8, count=4), Seen(3, entry=3), Seen(0)])
    assert (data.meters, len(data.count)) == (5, 1)
    with pytest.raises(BadLifetime, match="没有一只表在进入观察以后检查过"):
        lifetimes([Seen(3, entry=3)])
