"""Propagation of distributions by Monte Carlo, for one output or several.

Trials are drawn and evaluated in blocks, each with a random stream of its own, so that the result depends on the seed
and the number of trials, not on the number of threads.  The same seed gives the same figures bit by bit with the same
release of NumPy on the same kind of processor.  Every point of a model is drawn from the same streams: a point evaluated alone gives what it gives
among others.

Source: JCGM 101:2008 (JJF 1059.2-2012), clause 7; JCGM 102:2011, clause 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import ceil, inf, nan
from typing import Any, TypeVar

import numpy as np

from quanheng.kernels.expressions import names
from quanheng.kernels.findings import Finding
from quanheng.kernels.uncertainty.coverage import (
    Histogram,
    Interval,
    Moments,
    Regions,
    correlation_of,
    histogram,
    moments,
    regions,
    shortest_errors,
    shortest_interval,
    symmetric_errors,
    symmetric_interval,
)
from quanheng.kernels.uncertainty.distributions import Array
from quanheng.kernels.uncertainty.implicit import solve
from quanheng.kernels.uncertainty.model import Model
from quanheng.kernels.uncertainty.sampling import Sampler

BLOCK = 1 << 15
MEMORY_LIMIT = 1 << 30  # bytes
_BYTES, _GIB = 8, 1 << 30
_MOST_UNDEFINED = 1e-3
_LEAST_DEFINED = 0.5  # of one block: with fewer there is no need to go on
_ENOUGH = 10_000  # JCGM 101:2008, 7.2.2: trials should be at least so many times 1/(1 - p)

T = TypeVar("T")


class TooManyTrials(ValueError):
    """The values would not fit: ``needed`` bytes of ``allowed``."""

    def __init__(self, trials: int, needed: int, allowed: int) -> None:
        self.needed, self.allowed = needed, allowed
        most = trials * allowed // needed
        super().__init__(
            f"{trials} 次试验需要 {needed / _GIB:.1f} GiB 内存，允许 {allowed / _GIB:.1f} GiB，最多 {most} 次。"
        )


class TooFewTrials(ValueError):
    """So few trials that the ends of a coverage interval are not found (JCGM 101:2008, 7.9.4 b)."""

    def __init__(self, trials: int, least: int) -> None:
        super().__init__(f"{trials} 次试验太少，这个包含概率至少要 {least} 次。")


class UndefinedDraws(ValueError):
    """The model has no value at too many draws of its inputs."""

    def __init__(self, share: float) -> None:
        self.share = share
        super().__init__(
            f"模型在 {share:.2%} 的抽样点没有值（例如负数的对数、除以零、方程无解），结果没有意义。"
        )


@dataclass(frozen=True)
class SampledOutput:
    """What Monte Carlo says of one output.

    Attributes
    ----------
    name : str
    estimate : float
        Mean of the values; NaN where the output depends on an input whose mean does not exist.  [unit of the output]
    standard_uncertainty : float
        Their standard deviation; infinite where the variance of an input that matters is.  [unit of the output]
    symmetric, shortest : Interval
        Coverage intervals.  [unit of the output]
    symmetric_errors, shortest_errors : Interval
        Standard errors of their ends, from the finite number of trials.  [unit of the output]
    histogram : Histogram
    """

    name: str
    estimate: float
    standard_uncertainty: float
    symmetric: Interval
    shortest: Interval
    symmetric_errors: Interval
    shortest_errors: Interval
    histogram: Histogram


@dataclass(frozen=True)
class Sampled:
    """What Monte Carlo says of all outputs at one point: ``trials`` made, of which ``undefined`` had no value."""

    trials: int
    undefined: int
    coverage_probability: float
    outputs: tuple[SampledOutput, ...]
    correlation: Array
    regions: Regions | None
    findings: tuple[Finding, ...]


def least_trials(probability: float) -> int:
    """Return J, the least number of trials (JCGM 101:2008, 7.9.4 b).

    >>> least_trials(0.95), least_trials(0.99)
    (2000, 10000)
    """
    return ceil(round(100 / (1 - probability), 6))


def memory_needed(model: Model, trials: int) -> int:
    """Return the memory that the values of so many trials take. [byte]"""
    columns = len(model.outputs) + (len(model.outputs) > 1)
    return trials * columns * _BYTES


def sample(
    model: Model,
    trials: int,
    *,
    seed: int = 1,
    threads: int = 2,
    memory_limit: int = MEMORY_LIMIT,
) -> tuple[Sampled, ...]:
    """Return the result of ``trials`` Monte Carlo trials at each point of a model.

    Parameters
    ----------
    model : Model
    trials : int
        M.  [1]
    seed : int
        Not negative; the same seed gives the same result.
    threads : int
        How many draw at the same time; has no influence on the result.
    memory_limit : int
        For the values of one point; the points follow one another.  [byte]

    Raises
    ------
    TooManyTrials, TooFewTrials
        Before anything is drawn.
    UndefinedDraws
        The model has no value at more than 1 in 1000 draws.  Up to that it is evaluated without them, and a finding
        says so.
    """
    _require_trials(model, trials, memory_limit)
    with workers(threads) as run:
        return tuple(_sample_point(model, point, trials, seed, run) for point in range(model.points))


def _require_trials(model: Model, trials: int, memory_limit: int) -> None:
    """Refuse a number of trials that is too small to mean anything or too large for the memory."""
    if trials < least_trials(model.coverage_probability):
        raise TooFewTrials(trials, least_trials(model.coverage_probability))
    if memory_needed(model, trials) > memory_limit:
        raise TooManyTrials(trials, memory_needed(model, trials), memory_limit)


Runner = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


@contextmanager
def workers(threads: int) -> Iterator[Runner]:
    """Yield a ``map`` that runs in so many threads and keeps the order."""
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads) as pool:
        yield pool.map


def _sample_point(model: Model, point: int, trials: int, seed: int, run: Runner) -> Sampled:
    sampler = Sampler(model, point, seed)
    values = np.empty((len(model.outputs), trials))
    starts = range(0, trials, BLOCK)
    fill = partial(_fill_block, model, point, sampler, values)
    found = list(run(fill, starts))
    undefined = trials - sum(each.count for each in found)
    if undefined:
        values = closed_up(values, starts, found)
    return summarised(model, sampler, values, found, undefined, run)


def _fill_block(model: Model, point: int, sampler: Sampler, values: Array, start: int) -> Moments:
    part = values[:, start : start + BLOCK]
    defined = evaluated(model, point, sampler, start // BLOCK, part.shape[1])
    part[:, : defined.shape[1]] = defined
    return moments(defined)


def evaluated(model: Model, point: int, sampler: Sampler, block: int, size: int) -> Array:
    """Return the values of the outputs (outputs, up to ``size``) for one block of draws, without the undefined.

    Raises
    ------
    UndefinedDraws
        More than half are.
    """
    inputs = sampler.draw(block, size)
    found = solve(model, dict(zip(sampler.names, inputs, strict=True)), point=point)
    values = np.empty((len(model.outputs), size))
    for row, name in zip(values, model.outputs, strict=True):
        row[:] = found[name]
    is_defined = np.isfinite(values).all(axis=0)
    if is_defined.mean() < _LEAST_DEFINED:
        raise UndefinedDraws(1 - is_defined.mean())
    return values if is_defined.all() else values[:, is_defined]


def require_defined(defined: int, trials: int) -> None:
    """Refuse values of which more than 1 in 1000 are missing."""
    if trials - defined > _MOST_UNDEFINED * trials:
        raise UndefinedDraws(1 - defined / trials)


def closed_up(values: Array, starts: Sequence[int], found: Sequence[Moments]) -> Array:
    """Return the defined values, moved together over the gaps that undefined ones left."""
    end = 0
    for start, each in zip(starts, found, strict=True):
        values[:, end : end + each.count] = values[:, start : start + each.count]
        end += each.count
    return values[:, :end]


def summarised(
    model: Model, sampler: Sampler, values: Array, found: Sequence[Moments], undefined: int, run: Runner
) -> Sampled:
    """Return what is said of ``values`` (outputs, trials), which are put in increasing order in their place.

    ``found`` are the moments of the blocks they consist of.
    """
    trials = values.shape[1] + undefined
    require_defined(values.shape[1], trials)
    total = found[0]
    for each in found[1:]:
        total = total.joined(each)
    without_variance = outputs_depending_on(model, sampler.without_variance)
    without_mean = outputs_depending_on(model, sampler.without_mean)
    probability = model.coverage_probability
    joint = None
    # Equal values may have a deviation of more than nothing: the rounding of their mean.
    varies = np.all(total.standard_deviation > 0) and np.all(values.min(axis=1) < values.max(axis=1))
    if len(values) > 1 and not without_variance and varies:
        joint = regions(values, total, probability)
    list(run(np.ndarray.sort, values))
    outputs = tuple(
        _sampled_output(
            name,
            nan if name in without_mean else float(mean),
            inf if name in without_variance else float(spread),
            row,
            probability,
        )
        for name, mean, spread, row in zip(
            model.outputs, total.mean, total.standard_deviation, values, strict=True
        )
    )
    return Sampled(
        trials=trials,
        undefined=undefined,
        coverage_probability=probability,
        outputs=outputs,
        correlation=correlation_of(total.covariance),
        regions=joint,
        findings=(
            *sampler.findings,
            *_findings(model, trials, undefined, (without_variance, without_mean), joint),
        ),
    )


def _sampled_output(
    name: str, estimate: float, standard_uncertainty: float, values: Array, probability: float
) -> SampledOutput:
    """Return what ``values``, in increasing order, say of one output."""
    return SampledOutput(
        name=name,
        estimate=estimate,
        standard_uncertainty=standard_uncertainty,
        symmetric=symmetric_interval(values, probability),
        shortest=shortest_interval(values, probability),
        symmetric_errors=symmetric_errors(values, probability),
        shortest_errors=shortest_errors(values, probability),
        histogram=histogram(values),
    )


def outputs_depending_on(model: Model, inputs: frozenset[str]) -> tuple[str, ...]:
    """Return the outputs that depend on any of some inputs."""
    if not inputs:
        return ()
    tainted = set(inputs)
    if model.implicit is not None:
        tainted |= set(model.implicit.unknowns)
    for name, node in model.definitions.items():
        if not tainted.isdisjoint(names(node)):
            tainted.add(name)
    return tuple(name for name in model.outputs if name in tainted)


def _findings(
    model: Model,
    trials: int,
    undefined: int,
    without: tuple[tuple[str, ...], tuple[str, ...]],
    joint: Regions | None,
) -> Iterator[Finding]:
    without_variance, without_mean = without
    enough = _ENOUGH * least_trials(model.coverage_probability) // 100
    if trials < enough:
        text = f"试验 {trials} 次，少于建议的 {enough} 次，包含区间的端点不够稳定（JCGM 101:2008，7.2.2）。"
        yield Finding("few_trials", text, {"trials": trials, "recommended": enough})
    if undefined:
        text = f"{trials} 次试验中有 {undefined} 次模型没有值，结果不含这些点。"
        yield Finding("undefined_draws", text, {"undefined": undefined, "trials": trials})
    if without_variance:
        text = (
            f"{'、'.join(without_variance)} 依赖自由度不大于 2 的 t 分布，方差不存在，"
            "只给出包含区间，不给标准不确定度（JCGM 101:2008，7.6 注 2）。"
        )
        yield Finding("no_variance", text, {"outputs": without_variance})
    if without_mean:
        text = (
            f"{'、'.join(without_mean)} 依赖自由度不大于 1 的 t 分布，期望也不存在，不给蒙特卡洛法的估计值"
            "（JCGM 101:2008，6.4.9.4）。"
        )
        yield Finding("no_mean", text, {"outputs": without_mean})
    if joint is not None and joint.ellipsoid is None:
        text = "各输出量的协方差矩阵奇异，没有椭球形的包含区域（JCGM 102:2011，7.8.1.2 注 6）。"
        yield Finding("singular_covariance", text)
