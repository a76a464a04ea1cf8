"""How far standards were from the values that were used for them, at any time, given their calibrations.

The deviation of a standard [its unit] is its true value minus the value that was used for it.  After a
calibration it is ``left`` (0 where the new certificate's value is used from then on), at the next one it was
``found``; each with the standard uncertainty of that calibration.  In between the deviation is a random walk
of ``diffusion`` [unit/√year] that is tied to both ends (a Brownian bridge; whatever constant drift there
was, the law of the bridge is the same), or a straight line, or it jumped once at a time that is unknown.
Where a calibration was made with another standard of the file, that one's deviation on that day passes down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.traceability.errors import BadTraceability

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
DAYS_OF_YEAR = 365.2425


class Course(StrEnum):
    """What happened between a calibration and the one before it."""

    RANDOM = "random"
    LINEAR = "linear"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration of a standard.

    ``day`` is a day number (`date.toordinal`).  ``found`` [unit] is the deviation found, from the value used
    until then; the first calibration has none.  ``left`` [unit] is the deviation from the value used from then
    on.  ``by`` is the code of the standard it was made with, where that is of the file too, and
    ``sensitivity`` by how much the deviation found changes with that one's [unit/unit of that].
    ``course`` is what happened since the calibration before.
    """

    day: int
    standard_uncertainty: float
    found: float | None = None
    left: float = 0.0
    by: str = ""
    sensitivity: float = 1.0
    course: Course = Course.RANDOM

    def __post_init__(self) -> None:
        if not (self.standard_uncertainty >= 0 and isfinite(self.standard_uncertainty)):
            raise BadTraceability(f"标准不确定度应当不小于零，这里是 {self.standard_uncertainty:g}。")
        if not all(isfinite(x) for x in (self.left, self.sensitivity, self.found or 0.0)):
            raise BadTraceability("校准结果应为有限的数。")


@dataclass(frozen=True, slots=True)
class History:
    """The calibrations of a standard in the order of time; ``diffusion`` [unit/√year]."""

    code: str
    calibrations: tuple[Calibration, ...]
    diffusion: float = 0.0

    def __post_init__(self) -> None:
        if not self.calibrations:
            raise BadTraceability(f"标准器“{self.code}”没有校准。")
        if not (self.diffusion >= 0 and isfinite(self.diffusion)):
            raise BadTraceability(
                f"标准器“{self.code}”的随机游走系数应当不小于零，这里是 {self.diffusion:g}。"
            )
        for before, after in pairwise(self.calibrations):
            if not before.day < after.day:
                raise BadTraceability(f"标准器“{self.code}”的校准应当按日期排列，一天一次。")
            if after.found is None:
                raise BadTraceability(f"标准器“{self.code}”除第一次以外，每次校准都应给出送到时的偏差。")


class Places(NamedTuple):
    """Standards at days: index of the history, day."""

    standard: IntArray
    day: IntArray

    @classmethod
    def none(cls) -> Places:
        """Return no places."""
        return cls(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


class Jump(NamedTuple):
    """One case of the jump: in which cell of days it fell, and whether before the day in question."""

    first: float
    last: float
    is_before: bool


class Segments(NamedTuple):
    """Where places lie: the calibration before and after (the same where none is after), the weight of the latter."""

    before: IntArray
    after: IntArray
    weight: FloatArray
    mean: FloatArray
    rate: FloatArray
    """Of the variance of the walk [unit²/day]."""


class Moments(NamedTuple):
    """Mean and covariance of the deviations used in each verification: (V, K) and (V, K, K)."""

    mean: FloatArray
    covariance: FloatArray


class Deviations:
    """The joint law of deviations at ``places``, in each case of the jump (one case where nothing jumped).

    Raises
    ------
    BadTraceability
        Standards calibrate each other, one is unknown or given twice, a place is before the first calibration
        of its standard, or more than one interval has a jump.
    """

    def __init__(self, histories: Sequence[History], places: Places) -> None:
        self.histories = histories
        self._index, self._levels = _indexed(histories)
        self._calibrations = [each for known in histories for each in known.calibrations]
        counts = [len(known.calibrations) for known in histories]
        self._first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        self._days = np.array([each.day for each in self._calibrations], dtype=np.float64)
        self._made_with = np.array(
            [at for at, each in enumerate(self._calibrations) if each.by], dtype=np.int64
        )
        nodes = [(self._index[each.by], each.day) for each in self._calibrations if each.by]
        self._nodes = len(nodes)
        above = np.array(nodes, dtype=np.int64).reshape(-1, 2)
        self._places = Places(
            np.concatenate((above[:, 0], places.standard)), np.concatenate((above[:, 1], places.day))
        )
        self._jumping = self._find_jump()
        self._located = self._locate()
        self.jumps = self._find_cases()

    def jump_weights(self, day: IntArray) -> FloatArray:
        """Return the probability of each case for verifications of those days: (cases, V); in the order of time."""
        if self._jumping < 0:
            return np.ones((1, len(day)))
        begin, end = self._days[self._jumping - 1], self._days[self._jumping]
        found = [
            np.minimum(jump.last, day) - jump.first
            if jump.is_before
            else jump.last - np.maximum(jump.first, day)
            for jump in self.jumps
            if jump is not None
        ]
        shares: FloatArray = np.maximum(np.array(found, dtype=np.float64), 0.0) / (end - begin)
        return shares

    def moments(self, case: int, uses: IntArray) -> Moments:
        """Return mean and covariance for verifications that use the places ``uses`` (V, K), -1 being none."""
        segments = self._segments(self.jumps[case])
        errors, spread, bridge = self._errors(segments)
        at = uses + self._nodes
        used = (uses >= 0).astype(np.float64)
        chosen = np.where(uses >= 0, at, 0)
        mean = (segments.mean + _apply(segments, errors))[chosen] * used
        covariance = np.empty((*uses.shape, uses.shape[1]))
        for one in range(uses.shape[1]):
            for other in range(one, uses.shape[1]):
                a, b = chosen[:, one], chosen[:, other]
                found = self._walk_covariance(segments, a, b) + _both(segments, spread, a, b)
                found += _loaded(segments, bridge, a, b) + _loaded(segments, bridge, b, a)
                covariance[:, one, other] = covariance[:, other, one] = found * used[:, one] * used[:, other]
        return Moments(mean, covariance)

    def draw(self, draws: int, generator: np.random.Generator) -> list[FloatArray]:
        """Return joint draws of the deviations at the places, (draws, U) for each case, of the same chance."""
        noise = generator.standard_normal((draws, len(self._calibrations))) * self._uncertainties
        walk = self._draw_walk(draws, generator)
        found = []
        for jump in self.jumps:
            segments = self._segments(jump)
            own = walk * (segments.rate > 0) + segments.mean
            errors = self._solve(segments, (noise + self._passed_down(own[:, : self._nodes].T).T).T)
            found.append((own + _apply(segments, errors).T)[:, self._nodes :])
        return found

    @cached_property
    def _uncertainties(self) -> FloatArray:
        return np.array([each.standard_uncertainty for each in self._calibrations])

    def _find_jump(self) -> int:
        found = [
            first + at
            for known, first in zip(self.histories, self._first, strict=False)
            for at, each in enumerate(known.calibrations)
            if at and each.course is Course.STEP
        ]
        if len(found) > 1:
            raise BadTraceability("一次只能计算一处突变（course: step）。")
        return int(found[0]) if found else -1

    def _find_cases(self) -> list[Jump | None]:
        if self._jumping < 0:
            return [None]
        begin, end = self._days[self._jumping - 1], self._days[self._jumping]
        nodes = slice(0, self._nodes)
        inside = (self._located.after[nodes] == self._jumping) & (self._places.day[nodes] > begin)
        cuts = [begin, *sorted(set(self._places.day[nodes][inside].astype(float))), end]
        return [Jump(first, last, is_before) for first, last in pairwise(cuts) for is_before in (True, False)]

    def _locate(self) -> Segments:
        standard, day = self._places
        before = np.empty(len(day), dtype=np.int64)
        for at, known in enumerate(self.histories):
            mine = standard == at
            days = self._days[self._first[at] : self._first[at + 1]]
            found = np.searchsorted(days, day[mine], side="right") - 1
            if np.any(found < 0):
                raise BadTraceability(f"标准器“{known.code}”在第一次校准以前就使用了，无从计算。")
            before[mine] = found + self._first[at]
        after = np.minimum(before + 1, self._first[standard + 1] - 1)
        length = self._days[after] - self._days[before]
        weight = np.where(length > 0, (day - self._days[before]) / np.where(length > 0, length, 1.0), 0.0)
        left = np.array([each.left for each in self._calibrations])
        found = np.array([each.found or 0.0 for each in self._calibrations])
        rates = np.array([known.diffusion**2 / DAYS_OF_YEAR for known in self.histories])[standard]
        is_random = np.array([each.course is Course.RANDOM for each in self._calibrations])[after]
        mean = (1 - weight) * left[before] + weight * np.where(after == before, 0.0, found[after])
        rate = np.where(is_random | (after == before), rates, 0.0)
        return Segments(before, after, weight, mean, rate)

    def _segments(self, jump: Jump | None) -> Segments:
        """Return where the places lie, with the jump where it is."""
        if jump is None:
            return self._located
        placed = self._located
        jumped = (placed.after == self._jumping) & (placed.before != self._jumping)
        is_node = np.arange(len(placed.weight)) < self._nodes
        passed = np.where(is_node, self._places.day >= jump.last, jump.is_before).astype(np.float64)
        calibrations = self._calibrations
        left, found = calibrations[self._jumping - 1].left, calibrations[self._jumping].found or 0.0
        return placed._replace(
            weight=np.where(jumped, passed, placed.weight),
            mean=np.where(jumped, (1 - passed) * left + passed * found, placed.mean),
        )

    def _errors(self, segments: Segments) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the errors E of the calibrations: mean (C,), covariance (C, C), covariance with the walks (C, U)."""
        nodes = np.arange(self._nodes)
        every = np.arange(len(segments.weight))
        with_walks = self._walk_covariance(segments, nodes[:, None], every[None, :])
        noise = np.diag(self._uncertainties**2)
        passed = with_walks[:, : self._nodes] * np.outer(self._sensitivities, self._sensitivities)
        noise[np.ix_(self._made_with, self._made_with)] += passed
        means = self._solve(segments, self._passed_down(segments.mean[: self._nodes]))
        covariance = self._solve(segments, self._solve(segments, noise).T)
        return means, covariance, self._solve(segments, self._passed_down(with_walks))

    @cached_property
    def _sensitivities(self) -> FloatArray:
        return np.array([self._calibrations[at].sensitivity for at in self._made_with])

    def _passed_down(self, of_nodes: FloatArray) -> FloatArray:
        """Return what deviations of the nodes (N, …) do to the calibrations made with them (C, …)."""
        found = np.zeros((len(self._calibrations), *of_nodes.shape[1:]))
        found[self._made_with] = (of_nodes.T * self._sensitivities).T
        return found

    def _solve(self, segments: Segments, right: FloatArray) -> FloatArray:
        """Return E = right + M H E, where H are the weights of the nodes and M passes them down.

        Repeated as often as there are levels of standards, after which nothing changes.
        """
        found = right
        for _ in range(self._levels):
            found = right + self._passed_down(_apply(segments, found, self._nodes))
        return found

    def _walk_covariance(self, segments: Segments, a: IntArray, b: IntArray) -> FloatArray:
        """Return the covariance of the walks at places ``a`` and ``b``: of the same interval, tied at both ends."""
        begin, end = self._days[segments.before[a]], self._days[segments.after[a]]
        first = np.minimum(self._places.day[a], self._places.day[b]) - begin
        last = np.maximum(self._places.day[a], self._places.day[b]) - begin
        length = end - begin
        tied = np.where(length > 0, 1 - last / np.where(length > 0, length, 1.0), 1.0)
        same = segments.before[a] == segments.before[b]
        return np.where(same, segments.rate[a] * first * tied, 0.0)

    def _draw_walk(self, draws: int, generator: np.random.Generator) -> FloatArray:
        segments = self._located
        found = np.zeros((draws, len(segments.weight)))
        for before in np.unique(segments.before[segments.rate > 0]):
            mine = np.flatnonzero(segments.before == before)
            begin, end = self._days[before], self._days[segments.after[mine[0]]]
            days, back = np.unique(self._places.day[mine].astype(float), return_inverse=True)
            times = np.concatenate((days, [max(end, days[-1])])) - begin
            steps = generator.standard_normal((draws, len(times))) * np.sqrt(np.diff(times, prepend=0.0))
            walk = np.cumsum(steps, axis=1)
            if end > begin:
                walk -= walk[:, -1:] * (times / (end - begin))
            found[:, mine] = walk[:, back] * np.sqrt(segments.rate[mine])
        return found


def _indexed(histories: Sequence[History]) -> tuple[dict[str, int], int]:
    """Return the place of each code, and how many standards stand above the lowest one."""
    index: dict[str, int] = {}
    for at, known in enumerate(histories):
        if known.code in index:
            raise BadTraceability(f"标准器“{known.code}”重复。")
        index[known.code] = at
    above = {known.code: {each.by for each in known.calibrations if each.by} for known in histories}
    for code, upper in above.items():
        if missing := upper - index.keys():
            raise BadTraceability(f"标准器“{code}”的上级标准器“{min(missing)}”不在其中。")
    levels: dict[str, int] = {}
    try:
        for code in TopologicalSorter(above).static_order():
            levels[code] = 1 + max((levels[upper] for upper in above[code]), default=-1)
    except CycleError as error:
        raise BadTraceability(f"标准器相互校准，成环：{' → '.join(error.args[1])}。") from None
    return index, max(levels.values(), default=0)


def _apply(segments: Segments, errors: FloatArray, first: int | None = None) -> FloatArray:
    """Return the weighted errors at the places, or at the ``first`` ones: (C, …) → (U, …)."""
    weight = segments.weight[:first].reshape(-1, *(1,) * (errors.ndim - 1))
    found: FloatArray = (1 - weight) * errors[segments.before[:first]] + weight * errors[
        segments.after[:first]
    ]
    return found


def _both(segments: Segments, spread: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    """Return hₐᵀ Cov(E) h_b."""
    wa, wb = segments.weight[a], segments.weight[b]
    a0, a1, b0, b1 = segments.before[a], segments.after[a], segments.before[b], segments.after[b]
    found: FloatArray = (1 - wa) * ((1 - wb) * spread[a0, b0] + wb * spread[a0, b1])
    found += wa * ((1 - wb) * spread[a1, b0] + wb * spread[a1, b1])
    return found


def _loaded(segments: Segments, bridge: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    """Return the covariance of hₐᵀ E with the walk at ``b``."""
    weight = segments.weight[a]
    found: FloatArray = (1 - weight) * bridge[segments.before[a], b] + weight * bridge[segments.after[a], b]
    return found
