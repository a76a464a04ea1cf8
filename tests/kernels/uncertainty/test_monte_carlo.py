"""Monte Carlo: what it refuses, what it depends on, and that it covers the truth."""

from dataclasses import replace
from math import inf, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quanheng.kernels.uncertainty.combine import evaluate
from quanheng.kernels.uncertainty.coverage import (
    moments,
    shortest_errors,
    shortest_interval,
    symmetric_errors,
    symmetric_interval,
)
from quanheng.kernels.uncertainty.distributions import Exponential, Normal, Rectangular, StudentT, Triangular
from quanheng.kernels.uncertainty.monte_carlo import (
    BLOCK,
    TooFewTrials,
    TooManyTrials,
    UndefinedDraws,
    least_trials,
    sample,
)
from quanheng.kernels.uncertainty.report import report
from quanheng.kernels.uncertainty.validate import validate
from tests.kernels.uncertainty.building import known, model

SUM = model([known("a", 1, Normal(3.0)), known("b", 2, Rectangular(2.0))], {"y": "a + b"})
PRODUCT = model([known("a", 1, Normal(0.5)), known("b", 3, StudentT(0.5, 6.0))], {"y": "a*b", "z": "a + b"})


def same(one, other):
    """Whether two results agree bit by bit."""
    return repr(one) == repr(other) and all(
        np.array_equal(a.histogram.counts, b.histogram.counts)
        for first, second in zip(one, other, strict=True)
        for a, b in zip(first.outputs, second.outputs, strict=True)
    )


@pytest.mark.parametrize("trials", [BLOCK - 1, BLOCK, 3 * BLOCK + 17])
def test_the_number_of_threads_changes_no_bit(trials):
    one = sample(PRODUCT, trials, threads=1)
    assert same(one, sample(PRODUCT, trials, threads=2))
    assert same(one, sample(PRODUCT, trials, threads=7))


def test_the_seed_decides():
    first = sample(SUM, 10_000, seed=1)
    assert same(first, sample(SUM, 10_000, seed=1))
    assert not same(first, sample(SUM, 10_000, seed=2))


def test_more_trials_begin_with_the_same_ones():
    few, more = sample(SUM, BLOCK, seed=3)[0], sample(SUM, 2 * BLOCK, seed=3)[0]
    assert few.outputs[0].estimate != more.outputs[0].estimate
    assert few.outputs[0].estimate == pytest.approx(more.outputs[0].estimate, abs=0.1)


def test_a_point_alone_gives_what_it_gives_among_others():
    estimates = np.array([1.0, 5.0, 25.0])
    width = np.array([0.1, 0.2, 0.3])
    many = model([known("a", estimates, Rectangular(width))], {"y": "a^2"})
    alone = model([known("a", 5.0, Rectangular(0.2))], {"y": "a^2"})
    assert same(sample(many, 5000)[1:2], sample(alone, 5000))


def test_a_billion_trials_are_refused_with_the_memory_they_take():
    with pytest.raises(
        TooManyTrials, match=r"1000000000 次试验需要 7\.5 GiB 内存，允许 1\.0 GiB，最多 134217728 次"
    ):
        sample(SUM, 10**9)
    with pytest.raises(TooManyTrials) as caught:
        sample(PRODUCT, 10**9, memory_limit=1 << 34)
    assert caught.value.needed == 3 * 8 * 10**9  # two outputs, and the distances for their regions


def test_as_many_trials_as_fit_are_made():
    assert sample(SUM, 4000, memory_limit=32_000)[0].trials == 4000
    with pytest.raises(TooManyTrials, match="最多 4000 次"):
        sample(SUM, 4001, memory_limit=32_000)


def test_too_few_trials_for_the_probability_are_refused():
    assert least_trials(0.95) == 2000
    assert sample(SUM, 2000)[0].trials == 2000
    with pytest.raises(TooFewTrials, match="1999 次试验太少，这个包含概率至少要 2000 次"):
        sample(SUM, 1999)
    with pytest.raises(TooFewTrials, match="至少要 10000 次"):
        sample(replace(SUM, coverage_probability=0.99), 2000)


def test_fewer_trials_than_recommended_are_said():
    assert [each.code for each in sample(SUM, 199_999)[0].findings] == ["few_trials"]
    assert sample(SUM, 200_000)[0].findings == ()


def test_a_model_without_value_at_many_draws_is_refused():
    log = model([known("a", 1, Normal(1.0))], {"y": "ln(a)"})
    with pytest.raises(UndefinedDraws, match=r"模型在 1\d\.\d\d% 的抽样点没有值"):
        sample(log, 10_000)
    never = model([known("a", 1, Normal(1.0))], {"y": "sqrt(-a^2)"})
    with pytest.raises(UndefinedDraws, match=r"100\.00%"):
        sample(never, 10_000)


def test_a_model_without_value_at_few_draws_is_evaluated_without_them_and_says_so():
    log = model([known("a", 3.5, Normal(1.0)), known("b", 0, Normal(1.0))], {"y": "ln(a)", "z": "b"})
    found = sample(log, 4 * BLOCK + 5)[0]
    assert 0 < found.undefined < 1e-3 * found.trials
    text = [each.text for each in found.findings if each.code == "undefined_draws"]
    assert text == [f"131077 次试验中有 {found.undefined} 次模型没有值，结果不含这些点。"]
    assert np.isfinite([found.outputs[0].estimate, *found.outputs[0].shortest]).all()
    assert found.outputs[1].standard_uncertainty == pytest.approx(1, abs=0.01)


def test_an_implicit_model_gives_what_the_explicit_one_gives():
    inputs = [known("a", 9.0, Normal(0.5))]
    explicit = sample(model(inputs, {"y": "sqrt(a)"}), 5000)[0].outputs[0]
    implicit = sample(model(inputs, {}, outputs=("y",), implicit=(("y^2 - a",), {"y": 1.0})), 5000)[
        0
    ].outputs[0]
    assert implicit.estimate == pytest.approx(explicit.estimate, rel=1e-12)
    assert implicit.shortest == pytest.approx(explicit.shortest, rel=1e-12)


def test_parts_of_an_input_add_up():
    found = sample(model([known("a", 5, Normal(3.0), Normal(4.0))], {"y": "a"}), 300_000)[0].outputs[0]
    assert found.standard_uncertainty == pytest.approx(5, rel=0.01)
    assert found.estimate == pytest.approx(5, abs=0.05)


def test_an_output_without_uncertainty_has_none():
    found = sample(model([known("a", 5, Normal(1.0))], {"y": "a", "z": "3"}), 5000)[0]
    assert found.outputs[1].standard_uncertainty == 0
    assert found.outputs[1].shortest == (3, 3)
    assert found.regions is None
    assert np.array_equal(found.correlation, np.eye(2))


def test_a_variance_that_does_not_exist_is_not_given():
    inputs = [known("a", 1, StudentT(1.0, 2.0)), known("b", 1, StudentT(1.0, 3.0))]
    found = sample(model(inputs, {"h": "2*a", "y": "h + b", "z": "b"}), 200_000)[0]
    assert [each.standard_uncertainty == inf for each in found.outputs] == [True, True, False]
    assert found.outputs[0].symmetric == pytest.approx(
        [2 + 2 * stats.t(2).ppf(0.025), 2 + 2 * stats.t(2).ppf(0.975)], rel=0.03
    )
    texts = [each.text for each in found.findings]
    assert texts == [
        "h、y 依赖自由度不大于 2 的 t 分布，方差不存在，只给出包含区间，不给标准不确定度（JCGM 101:2008，7.6 注 2）。"
    ]


def test_the_gum_is_compared_at_each_point():
    x = np.array([0.0, 1000.0])
    asked = model([known("x", x, Normal(1.0))], {"y": "x^2"})
    result, found = evaluate(asked), sample(asked, 1_000_000)
    assert [each.is_valid for each in validate(result, found, interval="symmetric")] == [False, True]
    assert not validate(result, found, digits=4, interval="symmetric")[1].is_valid


def test_where_the_variance_does_not_exist_the_tolerance_is_that_of_the_gum():
    asked = model([known("x", 1, StudentT(0.3, 2.0)), known("z", 0, Normal(1.0))], {"y": "x", "w": "z"})
    verdict = validate(evaluate(asked), sample(asked, 100_000))[0]
    assert [each.tolerance for each in verdict.outputs] == pytest.approx([0.005, 0.05])
    assert {each.output for each in verdict.joint} == {"w"}


# The truth is covered as often as is said.


def test_intervals_of_few_readings_cover_the_truth_as_often_as_they_say():
    generator = np.random.default_rng(7)
    points, readings = 3000, 4
    observed = generator.normal(10.0, 2.0, (points, readings))
    scale = observed.std(axis=1, ddof=1) / sqrt(readings)
    offset = generator.uniform(-1.0, 1.0, points)
    asked = model(
        [known("x", observed.mean(axis=1) + offset, StudentT(scale, readings - 1.0), Rectangular(1.0))],
        {"y": "3*x"},
    )
    intervals = np.array([each.outputs[0].symmetric for each in sample(asked, 2000)])
    share = np.mean((intervals[:, 0] <= 30) & (intervals[:, 1] >= 30))
    assert share == pytest.approx(0.95, abs=0.015)


def test_ellipses_of_few_joint_readings_cover_the_truth_as_often_as_they_say():
    generator = np.random.default_rng(11)
    truth, n, covered = np.array([10.0, -3.0]), 7, 0
    repeats = 1500
    for observed in generator.multivariate_normal(truth, [[4, 2.4], [2.4, 2.25]], (repeats, n)):
        centre, covariance = observed.mean(axis=0), np.cov(observed.T) / n
        inputs = [
            known(name, mean, StudentT.of_joint_means(float(u), n, 2), ensemble="readings")
            for name, mean, u in zip("ab", centre, np.sqrt(np.diagonal(covariance)), strict=True)
        ]
        asked = model(inputs, {"y": "a", "z": "b"}, correlation=np.corrcoef(observed.T))
        found = sample(asked, 2000, threads=1)[0]
        u = np.array([each.standard_uncertainty for each in found.outputs])
        apart = (truth - [each.estimate for each in found.outputs]) / u
        covered += apart @ np.linalg.solve(found.correlation, apart) <= found.regions.ellipsoid**2
    assert covered / repeats == pytest.approx(0.95, abs=0.02)


def test_the_shortest_interval_covers_marginally_less_as_the_standard_says():
    # JCGM 101:2008, 7.7.2, NOTE and example: 10⁵ draws of R(0, 1), mean 94.92 %, standard deviation 0.06 %
    generator = np.random.default_rng(1)
    covered = []
    for _ in range(300):
        low, high = shortest_interval(np.sort(generator.random(100_000)), 0.95)
        covered.append(high - low)
    assert np.mean(covered) == pytest.approx(0.9492, abs=0.0001)
    assert np.std(covered) == pytest.approx(0.0006, abs=0.0001)


values = st.lists(st.floats(-1e6, 1e6), min_size=21, max_size=60)


@given(values, st.sampled_from([0.5, 0.9, 0.95]))
def test_no_interval_with_as_many_values_is_shorter(found, probability):
    ordered = np.sort(found)
    steps = min(int(probability * ordered.size + 0.5), ordered.size - 1)
    shortest, symmetric = shortest_interval(ordered, probability), symmetric_interval(ordered, probability)
    lengths = [ordered[r + steps] - ordered[r] for r in range(ordered.size - steps)]
    assert shortest.high - shortest.low == min(lengths)
    below, above = np.sum(ordered < symmetric.low), np.sum(ordered > symmetric.high)
    assert shortest.high - shortest.low <= symmetric.high - symmetric.low
    if len(set(found)) == len(found):
        assert abs(int(below) - int(above)) <= 1


@given(values, values)
def test_moments_of_blocks_join_to_those_of_the_whole(one, other):
    first, second = (np.array([each, np.square(each)]) for each in (one, other))
    joined = moments(first).joined(moments(second))
    whole = moments(np.concatenate([first, second], axis=1))
    size = np.abs(whole.products).max() + 1
    assert joined.count == whole.count
    assert joined.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-9)
    assert np.abs(joined.products - whole.products).max() <= 1e-9 * size


def test_a_small_uncertainty_of_a_large_value_keeps_its_digits():
    found = sample(model([known("a", 1e12, Rectangular(sqrt(3) * 0.01))], {"y": "a"}), 500_000)[0].outputs[0]
    assert found.standard_uncertainty == pytest.approx(0.01, rel=0.01)


def test_the_histogram_counts_what_lies_between_its_edges():
    found = sample(SUM, 100_000)[0].outputs[0].histogram
    assert found.counts.sum() == pytest.approx(99_800, abs=2)
    middle = (found.edges[1:] + found.edges[:-1]) / 2
    assert np.average(middle, weights=found.counts) == pytest.approx(3, abs=0.05)


def test_the_area_of_a_circle_comes_out_by_its_probability():
    inside = model([known("a", 0, Rectangular(1.0)), known("b", 0, Rectangular(1.0))], {"y": "a", "z": "b"})
    found = sample(inside, 400_000)[0]
    # of a square of side 2 the circle that holds π/4 of it has radius 1 = k_p / √3
    circle = sample(replace(inside, coverage_probability=pi / 4), 400_000)[0]
    assert circle.regions.ellipsoid == pytest.approx(sqrt(3), rel=0.01)
    assert circle.regions.ellipsoid_volume == pytest.approx(pi, rel=0.02)
    assert found.regions.rectangle == pytest.approx(sqrt(0.95) * sqrt(3), rel=0.01)
    assert found.regions.rectangle_volume == pytest.approx(4 * 0.95, rel=0.01)


def test_dependent_outputs_have_no_ellipsoid():
    found = sample(model([known("a", 0, Normal(1.0))], {"y": "a", "z": "2*a"}), 300_000)[0]
    assert found.regions.ellipsoid is None
    assert found.regions.rectangle == pytest.approx(1.96, rel=0.01)
    assert [each.code for each in found.findings] == ["singular_covariance"]


def test_three_outputs_have_no_mesh():
    inputs = [known(name, 0, Triangular(1.0)) for name in "abc"]
    found = sample(model(inputs, {"x": "a", "y": "b", "z": "c"}), 5000)[0].regions
    assert found.smallest is None
    assert found.ellipsoid is not None


def test_a_skewed_quantity_has_its_mean_where_it_belongs():
    found = sample(model([known("a", 2.0, Exponential(2.0))], {"y": "a"}), 300_000)[0].outputs[0]
    assert found.estimate == pytest.approx(2, rel=0.01)
    assert found.shortest.low == pytest.approx(0, abs=0.001)
    assert found.shortest.high == pytest.approx(2 * np.log(20), rel=0.02)
    assert found.symmetric == pytest.approx([2 * -np.log(0.975), 2 * -np.log(0.025)], rel=0.02)


# Is the GUM validated?  Too few trials do not decide.

EXACT = model([known("b", 1, Normal(0.99))], {"y": "b"})


def test_a_normal_output_is_hardly_ever_said_to_refute_the_gum_because_of_few_trials():
    verdicts = {
        interval: [
            validate(evaluate(EXACT), sample(EXACT, 200_000, seed=seed), interval=interval)[0]
            for seed in range(12)
        ]
        for interval in ("symmetric", "shortest")
    }
    for found in verdicts.values():  # two standard errors leave a few in a hundred
        assert [each.is_valid for each in found].count(False) <= 1
        assert [each.is_valid for each in found].count(None) >= 11
    assert {each.interval for each in verdicts["shortest"]} == {"shortest"}


def test_enough_trials_validate_the_gum_or_do_not():
    wide = model([known("b", 1, Normal(1.0))], {"y": "b"})
    assert validate(evaluate(wide), sample(wide, 200_000))[0].is_valid is True
    flat = model([known("b", 1, Rectangular(1.0))], {"y": "b"})
    assert validate(evaluate(flat), sample(flat, 200_000))[0].is_valid is False


@pytest.mark.parametrize(
    ("interval", "errors"), [(symmetric_interval, symmetric_errors), (shortest_interval, shortest_errors)]
)
def test_the_standard_errors_of_the_ends_are_their_scatter_over_seeds(interval, errors):
    samples = [np.sort(np.random.default_rng(seed).normal(size=20_000)) for seed in range(80)]
    scatter = np.std([interval(each, 0.95) for each in samples], axis=0)
    stated = np.sqrt(np.mean(np.square([errors(each, 0.95) for each in samples]), axis=0))
    assert (stated > 0.7 * scatter).all()  # rather too cautious than too sure
    assert (stated < 1.6 * scatter).all()


def test_a_mean_that_does_not_exist_is_not_given():
    asked = model(
        [known("a", 1, StudentT(0.1, 1.0)), known("b", 1, StudentT(0.1, 2.0))], {"y": "a + b", "z": "b"}
    )
    found = sample(asked, 20_000)[0]
    assert np.isnan(found.outputs[0].estimate)
    assert found.outputs[1].estimate == pytest.approx(1, abs=0.05)
    assert [each.data["outputs"] for each in found.findings if each.code == "no_mean"] == [("y",)]
    given = report(evaluate(asked), [found], seed=1)["monte_carlo"]["outputs"]
    assert (given[0]["value"], given[0]["standard_uncertainty"]) == (None, None)


def test_outputs_that_the_computer_cannot_tell_apart_have_no_joint_region():
    """Their deviation is the rounding of their mean."""
    inputs = [known("x", 1e140, Normal(np.array([1e70]))), known("w", 0.0, Normal(np.array([1.0])))]
    [found] = sample(model(inputs, {"y": "x", "z": "2*x + w"}), 20_000, seed=1)
    assert found.regions is None
