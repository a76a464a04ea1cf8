"""Years left from measured errors."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.lifetime import BadLifetime, Measured, drift_years_left
from quanheng.kernels.lifetime.errors_drift import _restricted, _sums


def _lot(n: int, *, is_followed: bool, seed: int = 3, skew: float = 0.0) -> list[Measured]:
    rng = np.random.default_rng(seed)
    found = []
    for at in range(n):
        offset, drift = rng.normal(0.1, 0.4) + skew * rng.exponential(), rng.normal(0.06, 0.05)
        for age in (2.0, 5.0, 8.0) if is_followed else ((2.0, 5.0, 8.0)[at % 3],):
            noise = rng.normal(0, 0.1) if is_followed else 0.0
            found.append(Measured(f"D{at}", age, float(offset + drift * age + noise)))
    return found


def test_the_restricted_likelihood_is_that_of_the_whole_matrix() -> None:
    measured = _lot(12, is_followed=True)[:-2]
    variances = np.array([[0.02, 0.1, 0.003], [0.05, 0.2, 0.01]])
    logs, centre, covariance = _restricted(_sums(measured), variances)
    t, y = np.array([each.age for each in measured]), np.array([each.error for each in measured])
    same = np.array([[one.meter == two.meter for one in measured] for two in measured])
    x = np.column_stack((np.ones(len(t)), t))
    for at, (noise, offset, drift) in enumerate(variances):
        whole = np.linalg.inv(noise * np.eye(len(t)) + same * (offset + drift * np.outer(t, t)))
        information = x.T @ whole @ x
        line = np.linalg.solve(information, x.T @ whole @ y)
        rest = y - x @ line
        expected = -0.5 * (
            np.linalg.slogdet(information)[1] - np.linalg.slogdet(whole)[1] + rest @ whole @ rest
        )
        assert logs[at] == pytest.approx(expected)
        assert centre[at] == pytest.approx(line)
        assert covariance[at] == pytest.approx(np.linalg.inv(information))


@pytest.mark.parametrize("is_followed", [False, True])
def test_years_are_about_the_true_ones(is_followed: bool) -> None:
    found = drift_years_left(_lot(300, is_followed=is_followed), 2.0, 0.05, 8.0)
    assert found.low < 3.9 < found.high  # the normal fraction beyond ±2 reaches 5 % at 11.96 years
    assert found.low <= found.at_least <= found.years <= found.high
    assert found.rate == pytest.approx(0.06, abs=0.02)
    assert not found.is_withheld


def test_errors_that_are_not_normal_withhold_the_years() -> None:
    found = drift_years_left(_lot(300, is_followed=False, skew=1.5), 2.0, 0.05, 8.0)
    assert found.is_withheld
    assert "not_normal" in {finding.code for finding in found.findings}


def test_a_lot_beyond_the_limit_has_no_year_left() -> None:
    found = drift_years_left(_lot(60, is_followed=False), 0.3, 0.05, 8.0)
    assert (found.years, found.at_least) == (0, 0)


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        ([Measured(str(at), 4.0, 0.1 * at) for at in range(30)], "两个年龄"),
        (_lot(5, is_followed=True), "10 只表"),
        ([Measured(str(at), 1.0 + at % 4, 0.5) for at in range(30)], "没有散布"),
        ([Measured(str(at), 1.0 + at % 4, float("nan")) for at in range(30)], "不是合理的数值"),
    ],
)
def test_too_little_to_tell_a_drift_is_refused(measured: list[Measured], reason: str) -> None:
    with pytest.raises(BadLifetime, match=reason):
        drift_years_left(measured, 2.0, 0.05, 8.0)


def test_a_limit_that_is_none_is_refused() -> None:
    with pytest.raises(BadLifetime, match="大于零"):
        drift_years_left(_lot(30, is_followed=False), 0.0, 0.05, 8.0)
