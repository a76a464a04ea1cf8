"""Monte Carlo with as many trials as it takes until the result is stable.

Source: JCGM 101:2008, 7.9; JCGM 102:2011, 7.8.  As 7.8.3, NOTE 3 of the latter recommends for one output too, the first
test is made after eleven sets of trials.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty.coverage import (
    INTERVALS,
    IntervalKind,
    Moments,
    correlation_of,
    ellipsoid_factor,
    moments,
    rectangle_factor,
)
from quanheng.kernels.uncertainty.distributions import Array
from quanheng.kernels.uncertainty.model import Model
from quanheng.kernels.uncertainty.monte_carlo import (
    MEMORY_LIMIT,
    Runner,
    Sampled,
    TooManyTrials,
    closed_up,
    evaluated,
    least_trials,
    memory_needed,
    outputs_depending_on,
    require_defined,
    summarised,
    workers,
)
from quanheng.kernels.uncertainty.sampling import Sampler
from quanheng.kernels.uncertainty.tolerance import numerical_tolerance

_LEAST_SET = 10_000
_SETS_BEFORE_TEST = 10
_AT_ONCE = 8
_VALIDATION = 0.2  # JCGM 101:2008, 8.2: a fifth of the tolerance where the GUM is to be validated
MOST_TRIALS = 10_000_000


class NoVariance(ValueError):
    """Outputs without a variance, of which no stable result can be expected (JCGM 102:2011, 7.8.3, NOTE 1)."""

    def __init__(self, outputs: tuple[str, ...]) -> None:
        self.outputs = outputs
        super().__init__(
            f"{'、'.join(outputs)} 的方差不存在（依赖自由度不大于 2 的 t 分布），自适应方法不收敛，请给定试验次数。"
        )


class _Set(NamedTuple):
    """What one set of trials says: its moments, and all figures that have to be stable."""

    moments: Moments
    figures: Array


class _Asked(NamedTuple):
    digits: int
    share: float
    interval: IntervalKind | None
    seed: int
    most_trials: int
    memory_limit: int


def sample_until_stable(
    model: Model,
    *,
    digits: int = 2,
    share: float = _VALIDATION,
    interval: IntervalKind | None = "symmetric",
    seed: int = 1,
    threads: int = 2,
    most_trials: int = MOST_TRIALS,
    memory_limit: int = MEMORY_LIMIT,
) -> tuple[Sampled, ...]:
    """Return the result of Monte Carlo at each point, with as many trials as make it stable.

    Estimates, standard uncertainties, the ends of the coverage intervals and, of several outputs, the correlation
    matrix and the coverage factors of the regions are stable when twice the standard deviation of their means over
    the sets is at most the tolerance.  JCGM 102 does not ask this of the intervals of several outputs; since they are
    given, it is asked here.

    Parameters
    ----------
    model : Model
    digits : int
        Meaningful digits of the figures, usually 1 or 2.
    share : float
        Of the numerical tolerance that is asked for; the default is right for `validate`.  [1]
    interval : "symmetric", "shortest" or None
        Which has to be stable, if any (JCGM 101:2008, 7.9.4, NOTE 5).  The ends of the shortest converge slowly.
    seed, threads, memory_limit
        As for `monte_carlo.sample`.
    most_trials : int
        After so many a result that is not stable is given with a finding that says so.

    Raises
    ------
    NoVariance
    TooManyTrials
        Not even the sets before the first test fit into the memory.
    UndefinedDraws
        As for `monte_carlo.sample`.
    """
    with workers(threads) as run:
        return tuple(
            _stable_point(model, point, _Asked(digits, share, interval, seed, most_trials, memory_limit), run)
            for point in range(model.points)
        )


def _stable_point(model: Model, point: int, asked: _Asked, run: Runner) -> Sampled:
    sampler = Sampler(model, point, asked.seed)
    without_variance = outputs_depending_on(model, sampler.without_variance)
    if without_variance:
        raise NoVariance(without_variance)
    size = max(least_trials(model.coverage_probability), _LEAST_SET)
    most = _most_sets(model, size, asked)
    values = np.empty((len(model.outputs), size * most))  # pages that are not written to take no memory
    fill = partial(_fill_set, model, point, sampler, values, size, asked.interval)
    sets: list[_Set] = []
    is_stable = False
    while not is_stable and len(sets) < most:
        for each in list(run(fill, range(len(sets), min(len(sets) + _AT_ONCE, most)))):
            sets.append(each)
            is_stable = len(sets) > _SETS_BEFORE_TEST and _is_stable(sets, asked)
            if is_stable:
                break
        require_defined(sum(each.moments.count for each in sets), size * len(sets))
    found = [each.moments for each in sets]
    values = closed_up(values, range(0, size * len(sets), size), found)
    undefined = size * len(sets) - values.shape[1]
    result = summarised(model, sampler, values, found, undefined, run)
    if is_stable:
        return result
    text = f"{result.trials} 次试验后结果仍未稳定到 {asked.digits} 位有效数字的要求（JCGM 101:2008，7.9）。"
    return replace(
        result, findings=(*result.findings, Finding("not_stable", text, {"trials": result.trials}))
    )


def _most_sets(model: Model, size: int, asked: _Asked) -> int:
    """Return how many sets of ``size`` trials may be made."""
    least = size * (_SETS_BEFORE_TEST + 1)
    needed = memory_needed(model, least)
    if needed > asked.memory_limit:
        raise TooManyTrials(least, needed, asked.memory_limit)
    return max(least, min(asked.most_trials, least * asked.memory_limit // needed)) // size


def _fill_set(
    model: Model,
    point: int,
    sampler: Sampler,
    values: Array,
    size: int,
    interval: IntervalKind | None,
    number: int,
) -> _Set:
    defined = evaluated(model, point, sampler, number, size)
    values[:, number * size : number * size + defined.shape[1]] = defined
    found, probability = moments(defined), model.coverage_probability
    spread, joint = found.standard_deviation, np.full(3, np.nan)
    if len(defined) > 1 and np.all(spread > 0):
        joint[0] = np.linalg.eigvalsh(correlation_of(found.covariance))[-1]
        joint[1] = ellipsoid_factor(defined, found, probability) or np.nan
        joint[2] = rectangle_factor(defined, found, probability)
    ends = np.zeros((len(defined), 2))
    if interval is not None:
        defined.sort(axis=1)
        ends = np.array([INTERVALS[interval](row, probability) for row in defined])
    return _Set(found, np.concatenate([found.mean, spread, ends.T.ravel(), joint]))


def _is_stable(sets: list[_Set], asked: _Asked) -> bool:
    """Return whether twice the standard deviation of the mean of each figure is within its tolerance (7.9.4 g to k)."""
    figures = np.array([each.figures for each in sets])
    total = sets[0].moments
    for each in sets[1:]:
        total = total.joined(each.moments)
    of_outputs = [numerical_tolerance(u, asked.digits) for u in total.standard_deviation]
    of_joint = [numerical_tolerance(mean, asked.digits) for mean in np.mean(figures[:, -3:], axis=0)]
    tolerance = asked.share * np.array([*of_outputs * 4, *of_joint])
    doubt = 2 * np.std(figures, axis=0, ddof=1) / np.sqrt(len(sets))
    return not np.any(doubt > tolerance)
