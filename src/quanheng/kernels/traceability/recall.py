"""Which past verdicts flip, now that it is known how far a standard was off: probabilities, count, costs.

A verdict flips where the same readings, corrected by the true deviation of the standards on that day, would have
got the other verdict.  Readings are not taken again; what an instrument did since is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import (
    BoolArray,
    Deviations,
    FloatArray,
    History,
    IntArray,
    Moments,
    Places,
)
from quanheng.kernels.traceability.population import Population, condition
from quanheng.kernels.traceability.verdicts import Verdicts
from quanheng.kernels.traceability.within import Points, bounds, probabilities

_OPEN = 1e-4  # below it, or above its complement, a verdict does not take part in the draws
_BUDGET = 50_000_000  # points times draws
_LEAST_DRAWS = 100


@dataclass(frozen=True)
class Recall:
    """The answer: V verifications, P points.

    flip_probability
        That the verdict flips (V,).
    correction, correction_uncertainty
        Mean and standard deviation of what has to be added to the measured error (P,) [unit].
    point_probability
        That a point is outside its limits after the correction (P,).
    expected_flips, flips_interval, draws
        Number of flips: mean, the interval that holds 95 % of the draws (None without draws), and how many draws;
        all verdicts of one draw share the course of the standards.
    cannot_flip
        Failed though all points were within: failed for another reason, and stays so (V,).
    """

    flip_probability: FloatArray
    correction: FloatArray
    correction_uncertainty: FloatArray
    point_probability: FloatArray
    expected_flips: float
    flips_interval: tuple[int, int] | None
    draws: int
    cannot_flip: BoolArray

    @property
    def ranking(self) -> IntArray:
        """Return the verifications, the most probable flip first; equal ones in their order."""
        return np.argsort(-self.flip_probability, kind="stable")


class _Case(NamedTuple):
    """One case of the jump: its weights (V,), the law before and after the readings, the points."""

    weight: FloatArray
    prior: Moments
    points: Points


def recall(
    histories: Sequence[History],
    verdicts: Verdicts,
    *,
    population: Population | None = None,
    draws: int = 500,
    seed: int = 1,
) -> Recall:
    """Return how probable it is that each verdict flips.

    Parameters
    ----------
    histories
        The standards with their calibrations, those before and after the finding.
    verdicts
        What was measured with them; ``uses`` are indices of ``histories``.
    population
        What is known of the instruments themselves; None is nothing.
    draws, seed
        Of the interval of the number of flips; many verdicts are given fewer draws, at least 100; 0 is no interval.

    Raises
    ------
    BadTraceability
        As `Deviations`; ``uses`` names no history; draws that are neither 0 nor at least 100; a population with one-sided limits.
    """
    if verdicts.uses.max() >= len(histories) or verdicts.uses.min() < -1:
        raise BadTraceability("检定记录所用的标准器不在其中。")
    if draws and draws < _LEAST_DRAWS:
        raise BadTraceability(f"抽样次数应当不小于 {_LEAST_DRAWS}。")
    places, uses = _places(verdicts)
    deviations = Deviations(histories, places)
    cases = _cases(deviations, uses, verdicts, population)
    found = [probabilities(case.points) for case in cases]
    within = sum(case.weight * each.within for case, each in zip(cases, found, strict=True))
    outside = sum(case.weight * each.outside for case, each in zip(cases, found, strict=True))
    cannot_flip = ~verdicts.passed & verdicts.is_within
    flip = np.where(cannot_flip, 0.0, np.where(verdicts.passed, outside, within))
    owner = verdicts.owner
    mean = sum(case.weight[owner] * (case.points.value - verdicts.error) for case in cases)
    square = sum(
        case.weight[owner]
        * (np.sum(case.points.direction**2, axis=1) + (case.points.value - verdicts.error - mean) ** 2)
        for case in cases
    )
    counts = _count(deviations, uses, verdicts, cases, np.asarray(flip), draws, seed)
    return Recall(
        np.asarray(flip),
        np.asarray(mean),
        np.sqrt(square),
        np.asarray(
            sum(case.weight[owner] * each.point_outside for case, each in zip(cases, found, strict=True))
        ),
        float(np.sum(flip)),
        counts[0],
        counts[1],
        cannot_flip,
    )


class Decision(NamedTuple):
    """Who is told: from ``threshold`` on; expected numbers and cost, beside telling nobody and everybody."""

    threshold: float
    is_told: BoolArray
    found: float
    missed: float
    cost: float
    cost_of_none: float
    cost_of_all: float


def decide(flip_probability: FloatArray, cost_of_notice: float, cost_of_wrong: float) -> Decision:
    """Return whom to tell so that the expected cost is least.

    A notice (with the second verification that it brings) costs ``cost_of_notice``, a wrong verdict that stands
    ``cost_of_wrong`` [same unit]: it pays where p · cost_of_wrong ≥ cost_of_notice.

    Raises
    ------
    BadTraceability
        A cost is not positive.
    """
    if not (0 < cost_of_notice < np.inf and 0 < cost_of_wrong < np.inf):
        raise BadTraceability("代价应当大于零。")
    threshold = cost_of_notice / cost_of_wrong
    told = flip_probability >= threshold
    found, total = float(flip_probability[told].sum()), float(flip_probability.sum())
    cost = cost_of_notice * int(told.sum()) + cost_of_wrong * (total - found)
    everybody = cost_of_notice * len(flip_probability)
    return Decision(threshold, told, found, total - found, cost, cost_of_wrong * total, everybody)


def _places(verdicts: Verdicts) -> tuple[Places, IntArray]:
    """Return each standard on each day once, and which of these a verification uses (V, K)."""
    used = verdicts.uses >= 0
    days = np.broadcast_to(verdicts.day[:, None], used.shape)
    span = int(verdicts.day.max()) + 1
    keys, at = np.unique(verdicts.uses[used] * span + days[used], return_inverse=True)
    uses = np.full(used.shape, -1, dtype=np.int64)
    uses[used] = at
    return Places(keys // span, keys % span), uses


def _cases(
    deviations: Deviations, uses: IntArray, verdicts: Verdicts, population: Population | None
) -> list[_Case]:
    weights = deviations.jump_weights(verdicts.day)
    priors = [deviations.moments(at, uses) for at in range(len(deviations.jumps))]
    laws = priors
    if population is not None:
        found = [condition(prior, verdicts, population) for prior in priors]
        laws = [each.moments for each in found]
        likelihoods = np.array([each.log_likelihood for each in found])
        weights = weights * np.exp(likelihoods - likelihoods.max(axis=0))
        weights /= weights.sum(axis=0)
    cases = []
    for weight, prior, law in zip(weights, priors, laws, strict=True):
        mean = np.sum(verdicts.sensitivity * law.mean[verdicts.owner], axis=1)
        root = _root(law.covariance)[verdicts.owner]
        direction = np.einsum("pk,pkl->pl", verdicts.sensitivity, root)
        limits = verdicts.lower, verdicts.upper, verdicts.first, verdicts.owner
        cases.append(_Case(weight, prior, Points(verdicts.error + mean, direction, *limits)))
    return cases


def _root(covariance: FloatArray) -> FloatArray:
    """Return the symmetric square root of each covariance (V, K, K)."""
    if covariance.shape[1] == 1:
        return np.sqrt(np.maximum(covariance, 0.0))
    values, vectors = np.linalg.eigh(covariance)
    found: FloatArray = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ vectors.transpose(0, 2, 1)
    return found


def _count(
    deviations: Deviations,
    uses: IntArray,
    verdicts: Verdicts,
    cases: Sequence[_Case],
    flip: FloatArray,
    draws: int,
    seed: int,
) -> tuple[tuple[int, int] | None, int]:
    """Return the interval of the number of flips, and the number of draws."""
    if not draws:
        return None, 0
    which = np.flatnonzero((flip > _OPEN) & (flip < 1 - _OPEN))
    certain = float(flip.sum() - flip[which].sum())
    if not len(which):
        return (round(certain), round(certain)), 0
    some = verdicts.chosen(which)
    work = len(which) if uses.shape[1] == 1 else len(some.error)
    draws = int(np.clip(_BUDGET // max(work, 1), min(_LEAST_DRAWS, draws), draws))
    generator = np.random.default_rng(seed)
    time = generator.random(draws)
    drawn = deviations.draw(draws, generator)
    parts = [_draw_part(case, which, some) for case in cases]
    steps = np.cumsum([case.weight[which] for case in cases], axis=0)[:-1]
    counts = np.empty(draws)
    for at in range(draws):
        case_of = np.sum(steps < time[at], axis=0) if len(steps) else np.zeros(len(which), dtype=np.int64)
        flips = np.zeros(len(which), dtype=bool)
        for case, part in enumerate(parts):
            flips |= (case_of == case) & part.flips(drawn[case][at], uses[which])
        counts[at] = np.count_nonzero(flips)
    low, high = np.quantile(counts + certain, (0.025, 0.975))
    return (int(np.floor(low)), int(np.ceil(high))), draws


class _Part(NamedTuple):
    """What is needed to say who flips in a draw; the readings' law keeps its own marginal (a Gaussian copula)."""

    mean: FloatArray
    inverse: FloatArray
    points: Points
    bounds: tuple[FloatArray, FloatArray]
    passed: BoolArray

    def flips(self, deviation: FloatArray, uses: IntArray) -> BoolArray:
        apart = np.where(uses >= 0, deviation[uses], 0.0) - self.mean
        if apart.shape[1] == 1:
            z = apart[:, 0] * self.inverse[:, 0, 0]
            within = (z >= self.bounds[0]) & (z <= self.bounds[1])
        else:
            z = np.einsum("vkl,vl->vk", self.inverse, apart)
            value = self.points.value + np.sum(self.points.direction * z[self.points.owner], axis=1)
            inside = (value >= self.points.lower) & (value <= self.points.upper)
            within = np.logical_and.reduceat(inside, self.points.first)
        return np.asarray(within != self.passed)


def _draw_part(case: _Case, which: IntArray, some: Verdicts) -> _Part:
    mask = np.zeros(len(case.weight), dtype=bool)
    mask[which] = True
    chosen = mask[case.points.owner]
    points = Points(
        case.points.value[chosen],
        case.points.direction[chosen],
        some.lower,
        some.upper,
        some.first,
        some.owner,
    )
    root = _root(case.prior.covariance[which])
    inverse = np.asarray(np.linalg.pinv(root, hermitian=True), dtype=np.float64)
    return _Part(case.prior.mean[which], inverse, points, bounds(points), some.passed)
