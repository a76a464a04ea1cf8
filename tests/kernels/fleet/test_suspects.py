"""Which meters are bad: against all subsets, and against dense conditioning."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.fleet.suspects import Explained, explain

SHARE, GOOD_SD, BAD_SD = 0.05, 0.004, 0.06


def case(seed: int, n: int, noise: float, alike: float = 0.0) -> tuple[np.ndarray, np.ndarray, set[int]]:
    """Information and score of n meters, of which up to two are bad; ``alike`` is how much loads have in common."""
    rng = np.random.default_rng(seed)
    loads = rng.gamma(0.7, 1.0, (400, n)) * (1 - alike) + alike * rng.gamma(0.7, 1.0, (400, 1))
    bad = set(rng.permutation(n)[: rng.integers(0, 3)].tolist())
    b = rng.normal(0, GOOD_SD, n)
    b[list(bad)] = rng.choice([-1, 1], len(bad)) * rng.uniform(0.03, 0.12, len(bad))
    seen = loads @ b + rng.normal(0, noise, 400)
    return loads.T @ loads / noise**2, loads.T @ seen / noise**2, bad


def precisions(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full(n, GOOD_SD**-2), np.full(n, BAD_SD**-2)


def explained(information: np.ndarray, score: np.ndarray) -> Explained:
    return explain(information, score, *precisions(len(score)), SHARE)


def brute(information: np.ndarray, score: np.ndarray) -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray]:
    """All sets, their probabilities, best first; and P(bad) of each meter."""
    n = len(score)
    good, wrong = precisions(n)
    subsets = list(chain.from_iterable(combinations(range(n), k) for k in range(n + 1)))
    logs = []
    for subset in subsets:
        prior = good.copy()
        prior[list(subset)] = wrong[list(subset)]
        system = information + np.diag(prior)
        evidence = 0.5 * (
            np.log(prior).sum() - np.linalg.slogdet(system)[1] + score @ np.linalg.solve(system, score)
        )
        logs.append(evidence + len(subset) * np.log(SHARE / (1 - SHARE)))
    weight = np.exp(np.array(logs) - max(logs))
    weight /= weight.sum()
    bad = np.array([sum(w for s, w in zip(subsets, weight, strict=True) if i in s) for i in range(n)])
    order = np.argsort(-weight)
    return [subsets[k] for k in order], weight[order], bad


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8), st.sampled_from([(0.02, 0.0), (0.02, 0.5), (0.1, 0.0)]))
def test_a_clear_set_is_found_as_among_all_subsets(seed: int, n: int, how: tuple[float, float]):
    information, score, _ = case(seed, n, *how)
    sets, weight, bad = brute(information, score)
    found = explained(information, score)
    if weight[0] > 0.7:
        assert found.suspects == sets[0]
        assert np.abs(found.bad - bad).max() < 0.05


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8))
def test_probabilities_are_those_of_all_subsets_where_the_data_say_much(seed: int, n: int):
    information, score, _ = case(seed, n, 0.02)
    _, _, bad = brute(information, score)
    found = explained(information, score)
    assert np.abs(found.bad - bad).max() < 0.02
    assert set(np.flatnonzero(found.bad > 0.5)) == set(np.flatnonzero(bad > 0.5))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_given_the_set_the_posterior_is_that_of_dense_conditioning(seed: int, n: int):
    information, score, _ = case(seed, n, 0.1)
    good, wrong = precisions(n)
    found = explained(information, score)
    prior = good.copy()
    prior[list(found.suspects)] = wrong[list(found.suspects)]
    covariance = np.linalg.inv(information + np.diag(prior))
    assert found.covariance == pytest.approx(covariance, rel=1e-6, abs=1e-12)
    assert found.mean == pytest.approx(covariance @ score, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_as_a_good_one_a_meter_is_what_all_sets_without_it_say(seed: int):
    rng = np.random.default_rng(seed)
    loads = rng.gamma(0.7, 1.0, (400, 5))
    loads[:, 4] = loads[:, 3] * (1 + 0.05 * rng.normal(size=400))
    seen = loads @ np.array([0, 0, 0, 0, 0.08]) + rng.normal(0, 0.2, 400)
    information, score = loads.T @ loads / 0.04, loads.T @ seen / 0.04
    good, wrong = precisions(5)
    found = explained(information, score)
    sets, weight, _ = brute(information, score)
    for i in found.suspects:
        mean = share = 0.0
        for subset, w in zip(sets, weight, strict=True):
            if i not in subset:
                prior = good.copy()
                prior[list(subset)] = wrong[list(subset)]
                mean += w * np.linalg.solve(information + np.diag(prior), score)[i]
                share += w
        assert found.good_mean[i] == pytest.approx(mean / share, abs=5e-4)


@pytest.mark.parametrize("as_bad", [True, False])
def test_a_meter_as_the_other_kind_is_that_of_dense_conditioning(as_bad: bool):
    information, score, truth = case(11, 6, 0.002)
    good, wrong = precisions(6)
    found = explained(information, score)
    assert set(found.suspects) == truth != set()
    for i in range(6):
        prior = good.copy()
        members = [k for k in found.suspects if k != i] + ([i] if as_bad else [])
        prior[members] = wrong[members]
        covariance = np.linalg.inv(information + np.diag(prior))
        mean, variance = (
            (found.bad_mean[i], found.bad_variance[i])
            if as_bad
            else (found.good_mean[i], found.good_variance[i])
        )
        assert variance == pytest.approx(covariance[i, i], rel=1e-6)
        assert mean == pytest.approx((covariance @ score)[i], rel=1e-6)


def test_without_data_every_meter_is_as_before():
    found = explained(np.zeros((5, 5)), np.zeros(5))
    assert found.suspects == ()
    assert found.bad == pytest.approx(np.full(5, SHARE), rel=1e-6)
    assert found.mean == pytest.approx(np.zeros(5))


@pytest.mark.parametrize("seed", range(6))
def test_of_two_meters_with_the_same_load_neither_is_accused(seed: int):
    rng = np.random.default_rng(seed)
    loads = rng.gamma(0.7, 1.0, (400, 6))
    loads[:, 4] = loads[:, 5] * (1 + 1e-4 * rng.normal(size=400))
    b = np.zeros(6)
    b[4] = 0.08
    seen = loads @ b + rng.normal(0, 0.02, 400)
    found = explained(loads.T @ loads / 0.02**2, loads.T @ seen / 0.02**2)
    assert found.bad[[4, 5]].max() < 0.95
    assert found.bad[[4, 5]].min() > 0.25
    assert found.bad[:4].max() < 0.05


def test_where_to_begin_does_not_matter():
    information, score, truth = case(3, 8, 0.05)
    cold = explained(information, score)
    warm = explain(information, score, *precisions(8), SHARE, start=[0, 7])
    assert set(cold.suspects) == set(warm.suspects) == truth
    assert warm.bad == pytest.approx(cold.bad, abs=1e-6)
