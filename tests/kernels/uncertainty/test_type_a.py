"""Means, pooled deviations and the analysis of variance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from quanheng.kernels.uncertainty import (
    analysis_of_variance,
    joint_means,
    load_model,
    mean_of,
    pooled,
    variances_of_groups,
)

NUMBERS = st.floats(-1e3, 1e3)

# NCSL International, section meeting 2018-06-04, as in the tests of suncal: one-way analysis of variance in Excel.
GROUPS = [
    [0.999156418, 0.999474238, 0.999339856, 1.000160754, 1.000744245, 1.000737791, 1.000495481, 0.9995736,
     1.000723728, 1.00060071],
    [1.000349612, 0.999883249, 0.999050897, 1.00017474, 0.999602596, 1.000824172, 0.999356241, 0.999806955,
     1.000643518, 1.000444615],
    [0.999757491, 0.999817772, 1.000194482, 0.999679647, 1.000937242, 1.000470251, 0.999027869, 0.999911651,
     0.999590441, 1.000451023],
    [0.999719098, 0.99964781, 1.000822782, 0.999409639, 0.999109266, 1.000785761, 0.999307039, 1.000469276,
     1.000654864, 1.000987112],
]  # fmt: skip


@given(st.lists(NUMBERS, min_size=2, max_size=30), st.floats(-100, 100), st.randoms())
def test_a_mean_follows_its_readings_and_their_order_does_not_matter(readings, shift, random):
    mean = mean_of(readings)
    moved = readings.copy()
    random.shuffle(moved)
    other = mean_of(np.array(moved) + shift)
    assert other.estimate == pytest.approx(mean.estimate + shift, abs=1e-9)
    assert other.standard_uncertainty == pytest.approx(mean.standard_uncertainty, rel=1e-6, abs=1e-9)


def test_one_reading_says_nothing_of_its_spread():
    with pytest.raises(ValueError, match="读数至少要 2 个"):
        mean_of([1.0])


def test_means_of_many_points():
    mean = mean_of([[1, 2, 3], [4, 4, 4]])
    assert mean.estimate.tolist() == [2, 4]
    assert mean.standard_uncertainty == pytest.approx([1 / np.sqrt(3), 0])


def test_joint_means_are_correlated_as_their_readings():
    series = [[1, 2, 4, 5], [2, 1, 3, 6], [5, 4, 3, 1]]
    mean, correlation = joint_means(series)
    covariance = np.cov(series) / 4
    u = mean.standard_uncertainty
    assert correlation * np.outer(u, u) == pytest.approx(covariance)
    with pytest.raises(ValueError, match="不能求相关系数"):
        joint_means([[1, 2, 3], [4, 4, 4]])


def test_pooling_one_series_changes_nothing():
    assert pooled([3.0], [4]) == (3.0, 4.0)


def test_the_analysis_of_variance_is_that_of_excel():
    found = analysis_of_variance(GROUPS)
    assert found.f == pytest.approx(0.0850416, abs=1e-7)
    assert found.f_critical == pytest.approx(2.866266, abs=1e-6)
    assert found.probability == pytest.approx(0.96777478, abs=1e-7)
    assert found.within == pytest.approx(624.4e-6, abs=1e-7)
    assert found.means_deviation == pytest.approx(57.6e-6, abs=1e-7)
    assert not found.is_significant
    assert (found.chosen, found.between) == (found.rejected, 0)
    assert (found.accepted.degrees_of_freedom, found.rejected.degrees_of_freedom) == (3, 39)


@given(st.lists(st.lists(st.floats(-10, 10), min_size=3, max_size=3), min_size=2, max_size=6))
def test_rejecting_the_effect_is_to_take_all_readings_as_one_series(groups):
    table = np.array(groups)
    assume(table.var(axis=1).min() > 1e-3)
    found = analysis_of_variance(table)
    whole = mean_of(table.ravel())
    assert found.rejected.standard_uncertainty == pytest.approx(whole.standard_uncertainty, rel=1e-9)
    assert found.rejected.degrees_of_freedom == whole.degrees_of_freedom
    assert found.accepted.standard_uncertainty == pytest.approx(
        mean_of(table.mean(axis=1)).standard_uncertainty, rel=1e-9, abs=1e-12
    )
    assert found.f == pytest.approx(stats.f_oneway(*table).statistic, rel=1e-6, abs=1e-9)
    expected = stats.f(len(table) - 1, 2 * len(table)).sf(found.f)
    assert found.probability == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_large_effect_is_accepted_and_its_size_stated():
    found = analysis_of_variance([[1.0, 1.1, 0.9], [2.0, 2.1, 1.9], [3.0, 3.1, 2.9]])
    assert found.is_significant
    assert found.chosen is found.accepted
    assert found.between == pytest.approx(np.sqrt(1 - 0.01 / 3))


@pytest.mark.parametrize("groups", [[[1, 2]], [[1], [2]], [[1, 1], [2, 2]]])
def test_groups_that_show_no_variation_are_refused(groups):
    with pytest.raises(ValueError, match="读数"):
        analysis_of_variance(groups)
    with pytest.raises(ValueError, match="读数"):
        variances_of_groups([1.0], [0.1], 3)


def test_groups_in_a_file_are_tested_and_both_results_are_reported():
    model = load_model(f"inputs: {{x: {{readings: {GROUPS}}}}}\nmodel: y = x")
    known, (finding,) = model.inputs[0], model.findings
    assert known.degrees_of_freedom == [39]
    assert finding.code == "analysis_of_variance"
    assert finding.data["is_significant"] is False
    assert finding.data["standard_uncertainty_without_effect"] == pytest.approx(known.standard_uncertainty[0])
    assert finding.data["standard_uncertainty_with_effect"] == pytest.approx(57.6e-6 / 2, abs=1e-7)
    assert "组间效应在 0.05 的水平上不显著" in finding.text
    assert finding.text.endswith("采用后者。")
