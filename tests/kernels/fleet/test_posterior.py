"""The inference on synthetic balances: what it learns, how far its intervals can be trusted, in what order it may see."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.fleet.gram import bands, gram
from quanheng.kernels.fleet.mixture import Mixture
from quanheng.kernels.fleet.posterior import Posterior, infer
from quanheng.kernels.fleet.suspects import explain

PER_DAY, DAYS = 24, 30
TOLERANCE = 0.02
SHAPE = np.sqrt(1 + 16 * (2 - 2 * np.cos(np.pi * np.arange(PER_DAY) / PER_DAY)))


def errors(rng: np.random.Generator, n: int, wrong: int = 1) -> np.ndarray:
    a = rng.normal(0, 0.0044, n)
    a[:wrong] = rng.choice([-1, 1], wrong) * rng.uniform(0.05, 0.1, wrong)
    return a


def solved(seed: int, n: int = 12, noise: float = 0.02, wrong: int = 1) -> tuple[np.ndarray, Posterior]:
    """The truth a (n,) and the posterior, of a balance with the noise that the model assumes and one fixed loss."""
    rng = np.random.default_rng(seed)
    a = errors(rng, n, wrong)
    loads = rng.gamma(0.6, 0.4, (n, DAYS * PER_DAY))
    turn = np.concatenate(bands(PER_DAY)).astype(float) * SHAPE[:, None]
    coloured = (rng.normal(0, noise, (DAYS, PER_DAY)) * SHAPE) @ turn
    target = a @ loads + 0.03 + coloured.ravel()
    rows = np.concatenate([target[None], loads, np.ones((1, DAYS * PER_DAY))])
    belief = Mixture(TOLERANCE, np.zeros(n), np.zeros(n))
    return a, infer(gram(rows, np.ones(DAYS * PER_DAY), PER_DAY), n, np.array([0.1]), (), belief)


@pytest.fixture(scope="module")
def many() -> list[tuple[np.ndarray, Posterior]]:
    return [solved(seed) for seed in range(200)]


def test_intervals_cover_what_they_promise_or_a_little_more(many: list[tuple[np.ndarray, Posterior]]):
    z = np.concatenate([(p.mean - a) / np.sqrt(p.variance) for a, p in many])
    assert 0.93 <= np.mean(np.abs(z) < 1.96) <= 0.985
    assert abs(z.mean()) < 0.15


def test_wrong_meters_are_found_and_good_ones_left_alone(many: list[tuple[np.ndarray, Posterior]]):
    bad = np.array([p.kinds.bad for _, p in many])
    assert np.mean(bad[:, 0] > 0.95) > 0.97
    assert np.mean(bad[:, 1:] > 0.95) < 0.002


def test_the_noise_is_found_within_ten_percent(many: list[tuple[np.ndarray, Posterior]]):
    noise = np.array([p.noise for _, p in many])
    assert np.sqrt(noise.mean(axis=0)) == pytest.approx(np.full(noise.shape[1], 0.02), rel=0.1)
    assert np.sqrt(noise[:, -1]) == pytest.approx(np.full(len(many), 0.02), rel=0.15)


def test_the_nuisance_is_found_within_its_uncertainty(many: list[tuple[np.ndarray, Posterior]]):
    z = np.array([(p.nuisance[0] - 0.03) / np.sqrt(p.nuisance_variance[0]) for _, p in many])
    assert np.mean(np.abs(z) < 1.96) >= 0.9


def test_it_comes_to_rest(many: list[tuple[np.ndarray, Posterior]]):
    assert max(p.rounds for _, p in many) < 60


def test_a_start_from_the_answer_stays_there():
    rng = np.random.default_rng(5)
    loads = rng.gamma(0.6, 0.4, (8, DAYS * PER_DAY))
    rows = np.concatenate([rng.normal(0, 0.05, (1, DAYS * PER_DAY)), loads, np.ones((1, DAYS * PER_DAY))])
    statistics = gram(rows, np.ones(DAYS * PER_DAY), PER_DAY)

    def once(noise: np.ndarray | None) -> Posterior:
        return infer(statistics, 8, np.array([0.1]), (), Mixture(TOLERANCE, np.zeros(8), np.zeros(8)), noise)

    first = once(None)
    again = once(first.noise)
    assert again.mean == pytest.approx(first.mean, abs=1e-5)
    assert again.rounds <= first.rounds


def test_the_order_of_the_meters_does_not_matter():
    rng = np.random.default_rng(6)
    a = errors(rng, 10)
    loads = rng.gamma(0.6, 0.4, (10, DAYS * PER_DAY))
    target = a @ loads + rng.normal(0, 0.05, DAYS * PER_DAY)
    order = rng.permutation(10)

    def of(which: np.ndarray) -> Posterior:
        rows = np.concatenate([target[None], loads[which], np.ones((1, DAYS * PER_DAY))])
        belief = Mixture(TOLERANCE, np.zeros(10), np.zeros(10))
        return infer(gram(rows, np.ones(DAYS * PER_DAY), PER_DAY), 10, np.array([0.1]), (), belief)

    plain, mixed = of(np.arange(10)), of(order)
    assert mixed.mean == pytest.approx(plain.mean[order], abs=1e-7)
    assert mixed.variance == pytest.approx(plain.variance[order], rel=1e-4)


def test_a_meter_without_load_keeps_what_is_believed_of_meters():
    rng = np.random.default_rng(7)
    loads = rng.gamma(0.6, 0.4, (8, DAYS * PER_DAY))
    loads[3] = 0
    rows = np.concatenate([rng.normal(0, 0.05, (1, DAYS * PER_DAY)), loads, np.ones((1, DAYS * PER_DAY))])
    belief = Mixture(TOLERANCE, np.zeros(8), np.zeros(8))
    found = infer(gram(rows, np.ones(DAYS * PER_DAY), PER_DAY), 8, np.array([0.1]), (), belief)
    assert found.mean[3] == pytest.approx(0, abs=1e-9)
    assert found.data_variance[3] > 1e3 * np.delete(found.data_variance, 3).max()
    assert found.kinds.bad[3] == pytest.approx(found.belief.share, rel=0.05)


class TestMixture:
    """What is believed of meters, and what it learns."""

    @staticmethod
    def learnt(a: np.ndarray, drop: np.ndarray | None = None, rounds: int = 30) -> Mixture:
        """The belief after it saw each a (n,) with almost no noise."""
        n = len(a)
        belief = Mixture(TOLERANCE, np.zeros(n), np.zeros(n) if drop is None else drop)
        for _ in range(rounds):
            good, wrong = belief.precisions()
            belief.learn(explain(np.diag(np.full(n, 1e12)), 1e12 * a, good, wrong, belief.share))
        return belief

    def test_it_learns_how_many_are_bad(self):
        rng = np.random.default_rng(1)
        a = rng.normal(0, 0.003, 100)
        a[:20] = rng.choice([-1, 1], 20) * rng.uniform(0.04, 0.1, 20)
        assert self.learnt(a).share == pytest.approx(21 / 120, rel=0.15)
        assert self.learnt(a[20:]).share < 0.02

    @pytest.mark.parametrize("spread", [0.002, 0.006])
    def test_it_learns_how_good_the_good_ones_are(self, spread: float):
        a = np.random.default_rng(2).normal(0, spread, 200)
        assert self.learnt(a).spread == pytest.approx(spread, rel=0.15)

    def test_few_meters_teach_little(self):
        belief = self.learnt(np.full(2, 1e-4))
        assert belief.spread == pytest.approx(0.0044, rel=0.1)

    def test_what_grows_with_the_drop_is_loss_and_no_error(self):
        rng = np.random.default_rng(3)
        drop = rng.uniform(0.01, 0.06, 200)
        much = self.learnt(rng.normal(0, 0.003, 200) + 0.2 * drop * rng.normal(0, 1, 200), drop, 60)
        little = self.learnt(rng.normal(0, 0.003, 200), drop, 60)
        assert little.slack < 0.08
        assert 0.13 < much.slack < 0.22

    def test_what_lies_beside_the_meter_widens_its_interval(self):
        kinds = []
        for fixed in (0.0, 0.005):
            belief = Mixture(TOLERANCE, np.full(4, fixed), np.zeros(4))
            good, wrong = belief.precisions()
            found = explain(np.eye(4) * 1e8, np.full(4, 1e8 * 0.003), good, wrong, belief.share)
            kinds.append(belief.kinds(found))
        assert np.all(kinds[1].good_variance > 2 * kinds[0].good_variance)
        assert np.all(np.abs(kinds[1].good_mean) < np.abs(kinds[0].good_mean))

    def test_the_moments_are_those_of_both_kinds(self):
        belief = Mixture(TOLERANCE, np.zeros(1), np.zeros(1))
        good, wrong = belief.precisions()
        kinds = belief.kinds(explain(np.eye(1) * 2e4, np.array([2e4 * 0.02]), good, wrong, belief.share))
        mean, variance = kinds.moments()
        rng = np.random.default_rng(4)
        is_bad = rng.random(400_000) < kinds.bad[0]
        drawn = np.where(
            is_bad,
            rng.normal(kinds.bad_mean[0], np.sqrt(kinds.bad_variance[0]), is_bad.size),
            rng.normal(kinds.good_mean[0], np.sqrt(kinds.good_variance[0]), is_bad.size),
        )
        assert mean[0] == pytest.approx(drawn.mean(), abs=1e-4)
        assert np.sqrt(variance[0]) == pytest.approx(drawn.std(), rel=0.01)
