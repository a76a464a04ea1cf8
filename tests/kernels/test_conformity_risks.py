from __future__ import annotations

import doctest
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from quanheng.kernels.conformity import (
    BadConformity,
    GlobalRisks,
    Limits,
    MixturePrior,
    NormalPrior,
    Prior,
    TabulatedPrior,
    conformity_probability,
    global_risks,
    limits,
    posterior_probability,
    priors,
    risks,
)

TRIANGLE = TabulatedPrior([-2.0, 0.5, 1.5], [0.0, 2.0, 0.5])
MIXED = MixturePrior([3, 1], [NormalPrior(0.1, 0.4), TabulatedPrior.rectangular(-2, 2)])
PRIORS = [NormalPrior(0.2, 0.6), TabulatedPrior.rectangular(-1.5, 1.2), TRIANGLE, MIXED]
DENSITIES = {
    0: stats.norm(0.2, 0.6).pdf,
    1: stats.uniform(-1.5, 2.7).pdf,
    2: lambda y: np.interp(y, TRIANGLE.points, TRIANGLE.densities, left=0, right=0),
    3: lambda y: 0.75 * stats.norm(0.1, 0.4).pdf(y) + 0.25 * stats.uniform(-2, 4).pdf(y),
}
KINKS = [-2.0, -1.5, 0.5, 1.2, 1.5, 2.0]


def integral(of, low: float, high: float, *breaks: float) -> float:
    """Return the integral by an oracle that shares nothing with the code: adaptive quadrature in pieces."""
    edges = sorted({low, high, *(at for at in (*KINKS, *breaks) if low < at < high)})
    return sum(
        integrate.quad(of, a, b, epsabs=1e-13, epsrel=1e-12, limit=200)[0]
        for a, b in itertools.pairwise(edges)
    )


def by_quadrature(density, tolerance, acceptance, u: float) -> tuple[float, float]:
    def accepted(y: float) -> float:
        return special.ndtr((acceptance[1] - y) / u) - special.ndtr((acceptance[0] - y) / u)

    breaks = [a + m * u for a in acceptance if np.isfinite(a) for m in (-8, -3, 0, 3, 8)]
    low, high = (float(np.clip(at, -8, 8)) for at in tolerance)
    consumer = sum(
        integral(lambda y: density(y) * accepted(y), a, b, *breaks)
        for a, b in ((-8.0, low), (high, 8.0))
        if a < b
    )
    producer = integral(lambda y: density(y) * (1 - accepted(y)), low, high, *breaks)
    return consumer, producer


def test_the_examples_of_the_docstrings_hold() -> None:
    assert [doctest.testmod(module).failed for module in (limits, priors, risks)] == [0, 0, 0]


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("u", [0.003, 0.4])
@pytest.mark.parametrize(
    ("tolerance", "acceptance"),
    [
        (Limits(-1, 1), Limits(-1, 1)),
        (Limits(-1, 1), Limits(-0.8, 0.9)),
        (Limits(-1, 1), Limits(-1.3, 1.1)),
        (Limits(upper=0.7), Limits(upper=0.6)),
        (Limits(lower=-0.5), Limits(lower=-0.7)),
        (Limits(0, 1), Limits(0, 1)),
        (Limits(-1, 1), Limits(0.2, 0.2)),
    ],
)
def test_global_risks_are_the_double_integrals(which, u, tolerance, acceptance) -> None:
    found = global_risks(PRIORS[which], tolerance, u, acceptance)
    consumer, producer = by_quadrature(DENSITIES[which], tolerance, acceptance, u)
    assert found.consumer == pytest.approx(consumer, abs=1e-11)
    assert found.producer == pytest.approx(producer, abs=1e-11)
    assert found.conforming == pytest.approx(
        integral(DENSITIES[which], *(float(np.clip(at, -8, 8)) for at in tolerance)), abs=1e-11
    )


def test_many_acceptance_limits_at_once() -> None:
    tolerance, bands = Limits(-1, 1), np.linspace(-0.5, 1.2, 18)
    for prior in PRIORS:
        together = global_risks(prior, tolerance, 0.1, tolerance.guarded(bands))
        alone = [global_risks(prior, tolerance, 0.1, tolerance.guarded(band)) for band in bands]
        assert together.consumer == pytest.approx(np.array([one.consumer for one in alone]), abs=1e-15)
        assert together.producer == pytest.approx(np.array([one.producer for one in alone]), abs=1e-15)
        assert np.all(np.diff(together.consumer) <= 1e-15)
        assert np.all(np.diff(together.producer) >= -1e-15)


def test_limits_that_cross_accept_nothing() -> None:
    found = global_risks(PRIORS[0], Limits(-1, 1), 0.1, Limits(-1, 1).guarded(1.5))
    assert (found.consumer, found.accepted) == (0, 0)
    assert found.producer == found.conforming
    assert np.isnan(found.nonconforming_among_accepted)


@given(
    st.floats(-3, 3),
    st.floats(0.01, 5),
    st.floats(0.001, 5),
    st.floats(-2, 2),
    st.floats(0, 3),
    st.floats(-1, 1),
)
def test_the_four_outcomes_are_all_there_is(mean, sd, u, lower, width, band) -> None:
    tolerance = Limits(lower, lower + width)
    found = global_risks(NormalPrior(mean, sd), tolerance, u, tolerance.guarded(band))
    for one in (found.consumer, found.producer, found.accepted, found.conforming):
        assert 0 <= one <= 1
    assert found.accepted - found.consumer == pytest.approx(found.conforming - found.producer, abs=1e-12)
    assert found.consumer <= 1 - found.conforming + 1e-12


@given(st.floats(-3, 3), st.floats(0.01, 5), st.floats(0.001, 5), st.floats(0.01, 100), st.floats(-5, 5))
def test_unit_and_origin_change_nothing(mean, sd, u, factor, shift) -> None:
    tolerance, acceptance = Limits(-1, 1), Limits(-0.9, 1.1)
    one = global_risks(NormalPrior(mean, sd), tolerance, u, acceptance)
    moved = [
        Limits(factor * (at.lower + shift), factor * (at.upper + shift)) for at in (tolerance, acceptance)
    ]
    prior = NormalPrior(factor * (mean + shift), factor * sd)
    other = global_risks(prior, moved[0], factor * u, moved[1])
    assert other.consumer == pytest.approx(one.consumer, abs=1e-11)
    assert other.producer == pytest.approx(one.producer, abs=1e-11)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=8), st.floats(0.01, 2), st.floats(-2, 2))
def test_refining_a_table_changes_nothing(densities, u, limit) -> None:
    if sum(densities) < 0.1:
        return
    x = np.arange(len(densities), dtype=float)
    fine = np.unique(np.concatenate([x, np.linspace(x[0], x[-1], 37)]))
    coarse_prior, fine_prior = (
        TabulatedPrior(x, densities),
        TabulatedPrior(fine, np.interp(fine, x, densities)),
    )
    tolerance = Limits(0.3, 2.0 + limit / 4)
    one, other = (global_risks(prior, tolerance, u) for prior in (coarse_prior, fine_prior))
    assert other.consumer == pytest.approx(one.consumer, abs=1e-12)
    assert other.producer == pytest.approx(one.producer, abs=1e-12)
    probabilities = [
        posterior_probability(prior, 1.0 + limit, tolerance, u) for prior in (coarse_prior, fine_prior)
    ]
    assert probabilities[1] == pytest.approx(probabilities[0], abs=1e-9, nan_ok=True)


# JCGM 106:2012, 9.5.3.2, precision resistors, as printed there.
def test_the_resistors_of_jcgm_106() -> None:
    tolerance, prior = Limits(1499.8, 1500.2), NormalPrior(1500, 0.12)
    found = global_risks(prior, tolerance, 0.04, tolerance.guarded(0.02))
    assert found.conforming.round(2) == 0.90
    assert (found.consumer.round(2), found.producer.round(2)) == (0.01, 0.07)
    assert (100 * found.accepted).round() in {84, 85}  # printed 84 from the rounded numbers
    assert found.nonconforming_among_accepted.round(2) == 0.01
    assert found.conforming_among_rejected == pytest.approx(0.44, abs=0.01)


# JCGM 106:2012, 9.5.4, ball bearings: gamma prior (4, 4), T = 2 µm, u_m = 0.25 µm, as printed there.
def test_the_ball_bearings_of_jcgm_106() -> None:
    prior = TabulatedPrior.sampled(lambda y: y**3 * np.exp(-4 * y), 0.0, 12.0, 8001)
    tolerance = Limits(0, 2)
    assert (1 - prior.below(np.array(2.0))).round(3) == 0.042
    # Nothing is rejected for being small: equation (24) knows the upper acceptance limit only.
    found = global_risks(prior, tolerance, 0.25, Limits(upper=2 - 2 * 0.65 * 0.25))
    assert found.consumer.round(3) == 0.001
    assert found.producer.round(3) == 0.075

    def accepted(y: float) -> float:
        return special.ndtr((1.675 - y) / 0.25)

    gamma = stats.gamma(4, scale=1 / 4).pdf
    exact = integrate.quad(lambda y: gamma(y) * accepted(y), 2, 12, epsabs=1e-13)[0]
    assert found.consumer == pytest.approx(exact, abs=1e-8)


# JCGM 106:2012, 9.5.6: u_0 = T / 6, simple acceptance.
@pytest.mark.parametrize(("capability", "consumer", "producer"), [(2, 0.001, 0.015), (10, 0.0004, 0.0007)])
def test_the_value_of_a_smaller_uncertainty_by_jcgm_106(capability, consumer, producer) -> None:
    found = global_risks(NormalPrior(0, 1 / 6), Limits(-0.5, 0.5), 1 / (4 * capability))
    assert found.consumer.round(4) == pytest.approx(consumer, abs=1e-4)
    assert found.producer.round(4) == pytest.approx(producer, abs=4e-4)


def rp19(in_tolerance: float, ratio: float) -> GlobalRisks:
    """Return the risks of the NCSLI draft: the share is that of true values, the ratio one of deviations."""
    prior = NormalPrior.from_conforming_share(in_tolerance, 1.0)
    return global_risks(prior, Limits(-1, 1), prior.sd / ratio)


def test_the_false_acceptances_of_the_ncsli_draft(shared: Path) -> None:
    cases = json.loads((shared / "uncertainty/reference_results.json").read_text(encoding="utf-8"))
    case = next(one for one in cases["examples"] if one["id"] == "RP19_PFA")
    found = [rp19(share, case["params"]["TUR"]) for share in case["params"]["itp"]]
    # The source states its values to 1e-6 %: it integrates by Simpson's rule.  Both columns are theirs.
    assert [100 * one.consumer for one in found] == pytest.approx(case["published"]["PFA_percent"], abs=1e-6)
    conditional = [100 * one.nonconforming_among_accepted for one in found]
    assert conditional == pytest.approx(case["published"]["CPFA_percent"], abs=1e-6)


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
def test_the_draft_against_quadrature_to_twelve_digits(share) -> None:
    sd = 1 / special.ndtri((1 + share) / 2)
    consumer, _ = by_quadrature(stats.norm(0, sd).pdf, (-1, 1), (-1, 1), sd / 4)
    assert rp19(share, 4).consumer == pytest.approx(consumer, abs=1e-12)


@pytest.mark.parametrize("which", range(4))
def test_the_risks_are_the_frequencies_of_a_simulated_population(which) -> None:
    chance = np.random.default_rng(106 + which)
    n, u = 2_000_000, 0.15
    pick = chance.random(n)
    table = np.linspace(-2.5, 2.5, 20001)
    true = {
        0: lambda: chance.normal(0.2, 0.6, n),
        1: lambda: chance.uniform(-1.5, 1.2, n),
        2: lambda: np.interp(pick, TRIANGLE.below(table), table),
        3: lambda: np.where(pick < 0.75, chance.normal(0.1, 0.4, n), chance.uniform(-2, 2, n)),
    }[which]()
    measured = true + u * chance.standard_normal(n)
    conforming, accepted = np.abs(true) <= 1, np.abs(measured) <= 0.9
    found = global_risks(PRIORS[which], Limits(-1, 1), u, Limits(-0.9, 0.9))
    for stated, counted in (
        (found.consumer, ~conforming & accepted),
        (found.producer, conforming & ~accepted),
        (found.accepted, accepted),
        (found.conforming, conforming),
    ):
        assert np.mean(counted) == pytest.approx(stated, abs=5 * np.sqrt(stated / n))
    near = np.abs(measured - 0.9) < 0.01
    probability = posterior_probability(PRIORS[which], 0.9, Limits(-1, 1), u)
    assert np.mean(conforming[near]) == pytest.approx(probability, abs=5 * np.sqrt(0.25 / near.sum()))


@pytest.mark.parametrize("which", range(4))
def test_the_posterior_is_bayes_theorem(which) -> None:
    for measured in (-2.2, -0.9, 0.0, 1.05, 2.4):
        for u in (0.05, 0.4):
            likelihood = stats.norm(measured, u).pdf
            breaks = [measured + m * u for m in (-8, -3, 0, 3, 8)]
            joint = [
                integral(lambda y, h=likelihood: DENSITIES[which](y) * h(y), a, b, *breaks)
                for a, b in ((-1, 1), (-8, 8))
            ]
            if joint[1] < 1e-9:
                continue
            found = posterior_probability(PRIORS[which], measured, Limits(-1, 1), u)
            assert found == pytest.approx(joint[0] / joint[1], abs=1e-8)
            evidence = PRIORS[which].evidence(np.array(measured), np.array(u))
            assert evidence == pytest.approx(joint[1], rel=1e-8)


def test_two_gaussians_are_weighed_by_their_variances() -> None:
    # JCGM 106:2012, (A.13), (A.14).
    y, u = NormalPrior(10.0, 2.0).posterior(16.0, 1.0)
    assert y == pytest.approx((10 / 4 + 16) / (1 / 4 + 1))
    assert u == pytest.approx(1 / np.sqrt(1 / 4 + 1))


@given(st.floats(-3, 3), st.floats(0.05, 2))
def test_with_meagre_prior_knowledge_the_measurement_speaks_alone(error, u) -> None:
    # JCGM 106:2012, A.4.4.3.
    alone = conformity_probability(error, 1.0, u)
    assert posterior_probability(NormalPrior(0, 1e7), error, Limits(-1, 1), u) == pytest.approx(
        alone, abs=1e-9
    )
    wide = TabulatedPrior.rectangular(-1e4, 1e4)
    assert posterior_probability(wide, error, Limits(-1, 1), u) == pytest.approx(alone, abs=1e-9)


def test_a_value_that_cannot_come_from_the_population_has_no_probability() -> None:
    assert np.isnan(posterior_probability(TabulatedPrior.rectangular(-1, 1), 100.0, Limits(-1, 1), 0.1))
    assert np.isnan(posterior_probability(MixturePrior([1], [TRIANGLE]), 100.0, Limits(-1, 1), 0.1))


def test_a_mixture_of_one_is_that_one_and_shares_are_normalised() -> None:
    one, other = (
        global_risks(prior, Limits(-1, 1), 0.2) for prior in (TRIANGLE, MixturePrior([7], [TRIANGLE]))
    )
    assert one == other
    same = MixturePrior([30, 10], MIXED.parts)
    assert global_risks(same, Limits(-1, 1), 0.2) == global_risks(MIXED, Limits(-1, 1), 0.2)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: NormalPrior(0, 0), "总体的标准差应当大于零"),
        (lambda: NormalPrior(np.nan, 1), "总体的标准差应当大于零"),
        (lambda: NormalPrior.from_conforming_share(1.0, 1.0), "合格的比例应当在 0 和 1 之间"),
        (lambda: NormalPrior.from_conforming_share(0.9, 0.0), "最大允许误差应当大于零"),
        (lambda: TabulatedPrior([0], [1]), "至少有两个点"),
        (lambda: TabulatedPrior([0, 1], [1]), "至少有两个点"),
        (lambda: TabulatedPrior([0, np.inf], [1, 1]), "至少有两个点"),
        (lambda: TabulatedPrior([1, 0], [1, 1]), "从小到大"),
        (lambda: TabulatedPrior([0, 0], [1, 1]), "从小到大"),
        (lambda: TabulatedPrior([0, 1], [-1, 2]), "密度应当不小于零"),
        (lambda: TabulatedPrior([0, 1], [0, 0]), "密度应当不小于零"),
        (lambda: MixturePrior([], []), "每个部分有一个比例"),
        (lambda: MixturePrior([1, 1], [TRIANGLE]), "每个部分有一个比例"),
        (lambda: MixturePrior([1, -1], [TRIANGLE, TRIANGLE]), "比例应当大于零"),
        (lambda: global_risks(TRIANGLE, Limits(1, -1), 0.1), "下限应当不大于上限"),
        (lambda: global_risks(TRIANGLE, Limits(-1, 1), 0.0), "标准不确定度应当大于零"),
        (lambda: posterior_probability(TRIANGLE, 0.0, Limits(-1, 1), -1.0), "标准不确定度应当大于零"),
    ],
)
def test_a_population_that_is_none_is_refused(make, reason) -> None:
    with pytest.raises(BadConformity, match=reason):
        make()


def test_every_prior_answers_at_and_beyond_the_ends() -> None:
    ends = np.array([-np.inf, -50.0, 50.0, np.inf])
    prior: Prior
    for prior in PRIORS:
        assert prior.below(ends) == pytest.approx([0, 0, 1, 1], abs=1e-15)
        both = prior.both_below(ends[:, None], ends, np.array(0.1))
        assert both == pytest.approx(np.minimum.outer([0, 0, 1, 1], [0, 0, 1, 1]), abs=1e-14)
    at_zero = NormalPrior(0, 1).both_below(np.array(0.0), np.array(0.0), np.array(1.0))
    assert at_zero == pytest.approx(1 / 4 + np.arcsin(1 / np.sqrt(2)) / (2 * np.pi), abs=1e-15)
