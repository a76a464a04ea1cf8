"""All points within their limits, under jointly normal errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr

from quanheng.kernels.traceability.within import Points, probabilities


def points(value, direction, lower=-1.0, upper=1.0) -> Points:
    value = np.array(value, dtype=float)
    count = len(value)
    limits = np.broadcast_to(lower, count), np.broadcast_to(upper, count)
    return Points(
        value, np.array(direction, dtype=float), *limits, np.array([0]), np.zeros(count, dtype=np.int64)
    )


def test_one_dimension_is_one_interval() -> None:
    found = probabilities(points([0.5, -0.2], [[1.0], [-0.5]]))
    assert found.within[0] == pytest.approx(
        ndtr(0.5) - ndtr(-1.5)
    )  # of 1: z in [-1.5, 0.5]; of 2: [-2.4, 1.6]
    assert found.within[0] + found.outside[0] == pytest.approx(1)


def test_small_probabilities_keep_their_digits_on_both_sides() -> None:
    assert probabilities(points([0.0], [[0.1]])).outside[0] == pytest.approx(2 * ndtr(-10), rel=1e-9)
    assert probabilities(points([-2.0], [[0.1]])).within[0] == pytest.approx(ndtr(-10), rel=1e-9)


def test_points_that_contradict_each_other_are_never_all_within() -> None:
    found = probabilities(points([3.0, -3.0], [[1.0], [1.0]]))
    assert (found.within[0], found.outside[0]) == (0, 1)


def test_a_point_that_no_standard_moves_decides_alone() -> None:
    assert probabilities(points([0.5, 0.0], [[0.0], [1e-9]])).within[0] == 1
    assert probabilities(points([1.5, 0.0], [[0.0], [1e-9]])).within[0] == 0


@pytest.mark.parametrize("dimensions", [2, 3, 4])
def test_more_dimensions_agree_with_the_normal_integral_of_scipy(dimensions: int) -> None:
    generator = np.random.default_rng(dimensions)
    for _ in range(8):
        value = generator.normal(0, 0.5, dimensions)
        direction = generator.normal(0, 0.6, (dimensions, dimensions))
        found = probabilities(points(value, direction)).within[0]
        law = stats.multivariate_normal(value, direction @ direction.T)
        expected = law.cdf(np.ones(dimensions), lower_limit=-np.ones(dimensions), rng=1)
        assert found == pytest.approx(expected, abs=2e-3)


def test_dimensions_along_one_line_need_no_quadrature() -> None:
    both = np.array([[0.3, 0.4], [-0.6, -0.8]])
    turned = probabilities(points([0.5, 0.1], both))
    alone = probabilities(points([0.5, 0.1], [[0.5], [-1.0]]))
    assert turned.within[0] == pytest.approx(alone.within[0], rel=1e-12)
