"""Statistics by band: a transform that keeps lengths, sums that add, noise that is undone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.fleet.gram import Gram, bands, gram, whiten_twice


def rows_of(seed: int, m: int, days: int, per_day: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (m, days * per_day))


def scale(per_day: int) -> np.ndarray:
    """By what the transform is divided: the spectrum of registers over a floor of white noise."""
    return np.sqrt(1 + 16 * (2 - 2 * np.cos(np.pi * np.arange(per_day) / per_day)))


@pytest.mark.parametrize("per_day", [24, 48, 96])
def test_the_transform_is_orthonormal_before_it_is_scaled(per_day: int):
    turn = np.concatenate(bands(per_day)) * scale(per_day)[:, None]
    assert np.abs(turn @ turn.T - np.eye(per_day)).max() < 1e-5


@pytest.mark.parametrize("per_day", [24, 48, 96])
def test_the_bands_hold_every_frequency_once_the_mean_of_the_day_first(per_day: int):
    widths = [len(band) for band in bands(per_day)]
    assert sum(widths) == per_day
    assert widths[0] == 1
    assert np.ptp(bands(per_day)[0]) < 1e-6


def test_the_bands_together_hold_the_products_of_the_scaled_rows():
    rows = rows_of(1, 3, 4, 96)
    spectrum = np.concatenate(bands(96)).astype(float) @ rows.reshape(-1, 96).T
    turned = spectrum.reshape(96, 3, 4)
    expected = np.einsum("kid,kjd->ij", turned, turned)
    assert gram(rows, np.ones(4 * 96), 96).products.sum(axis=0) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(2, 6), st.sampled_from([24, 48, 96]))
def test_a_whole_is_the_sum_of_its_days(seed: int, m: int, days: int, per_day: int):
    rows = rows_of(seed, m, days, per_day)
    weight = np.ones(days * per_day)
    whole = gram(rows, weight, per_day)
    parts = [slice(day * per_day, (day + 1) * per_day) for day in range(days)]
    total = gram(rows[:, parts[0]], weight[parts[0]], per_day)
    for part in parts[1:]:
        total = total + gram(rows[:, part], weight[part], per_day)
    size = np.abs(whole.products).max()
    assert np.abs(total.products - whole.products).max() <= 1e-12 * size
    assert total.counts == pytest.approx(whole.counts, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_what_was_added_can_be_taken_out(seed: int, m: int):
    one, other = (gram(rows_of(seed + k, m, 2, 24), np.ones(48), 24) for k in range(2))
    left = (one + other) - other
    assert np.abs(left.products - one.products).max() <= 1e-12 * np.abs((one + other).products).max()
    assert left.counts == pytest.approx(one.counts)


def test_statistics_of_other_rows_do_not_add():
    one, other = (Gram(np.zeros((6, m, m)), np.zeros(6)) for m in (3, 4))
    with pytest.raises(ValueError, match=r"cannot add \(6, 3, 3\) and \(6, 4, 4\)"):
        one + other


def test_a_part_of_a_day_is_refused():
    with pytest.raises(ValueError, match="100 intervals are not whole days of 96"):
        gram(np.zeros((2, 100)), np.ones(100), 96)


def test_an_interval_without_weight_does_not_count():
    rows = rows_of(2, 3, 4, 24)
    weight = np.ones(96)
    weight[[5, 30, 31]] = 0
    spoiled = rows.copy()
    spoiled[:, weight == 0] = 1e6
    found, expected = gram(spoiled, weight, 24), gram(rows * weight, np.ones(96), 24)
    assert found.products == pytest.approx(expected.products)
    assert found.counts == pytest.approx(expected.counts * 93 / 96)


def test_a_weight_scales_a_row_in_both_factors():
    rows = rows_of(3, 2, 2, 24)
    half = gram(rows, np.full(48, 0.5), 24)
    assert half.products == pytest.approx(gram(rows, np.ones(48), 24).products / 4)
    assert half.counts == pytest.approx(gram(rows, np.ones(48), 24).counts)


def test_to_whiten_twice_is_to_multiply_with_the_inverse_covariance():
    per_day, days = 24, 3
    rng = np.random.default_rng(4)
    noise = rng.uniform(0.5, 3.0, len(bands(per_day)))
    weight = rng.uniform(0.1, 1.0, days * per_day)
    residual = rng.normal(0, 1, days * per_day)
    variance = np.repeat(noise, [len(band) for band in bands(per_day)])
    turn = np.concatenate(bands(per_day)).astype(float) * scale(per_day)[:, None]
    day = turn.T @ np.diag(variance * scale(per_day) ** 2) @ turn
    covariance = np.kron(np.eye(days), day) / np.outer(weight, weight)
    expected = np.linalg.solve(covariance, residual)
    assert whiten_twice(residual, noise, weight, per_day) == pytest.approx(expected, rel=1e-4, abs=1e-5)
