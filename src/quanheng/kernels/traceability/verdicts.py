"""Past verdicts as arrays: what was measured, with which standards, against which limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Verdicts:
    """V verifications with P points, the points of one verification next to each other.

    numbers
        Names of the verifications (V,).
    day
        Day numbers, `date.toordinal` (V,).
    passed
        The verdict that was given (V,).
    uses
        Indices of the histories of the standards used (V, K), -1 for none.
    first
        Index of the first point of each verification (V,), beginning with 0, rising.
    error, lower, upper
        Measured error and its limits, infinite where there is none (P,) [unit of the error].
    sensitivity
        Change of the error by the deviation of each standard (P, K) [unit/unit of the standard]: -1 for a
        weight (E = I - m), +1 for a reference that is read (E = I - R, its true value is above its reading).
    standard_uncertainty
        Of the reading, without what the standards contribute (P,) [unit]; used with a population only.
    """

    numbers: Sequence[str]
    day: IntArray
    passed: BoolArray
    uses: IntArray
    first: IntArray
    error: FloatArray
    lower: FloatArray
    upper: FloatArray
    sensitivity: FloatArray
    standard_uncertainty: FloatArray

    def __post_init__(self) -> None:
        v, p = len(self.numbers), len(self.error)
        if not v:
            raise BadTraceability("一份检定记录也没有。")
        shapes = [each.shape for each in (self.day, self.passed, self.first)]
        points = [each.shape for each in (self.lower, self.upper, self.standard_uncertainty)]
        if shapes != [(v,)] * 3 or points != [(p,)] * 3 or self.uses.shape[0] != v:
            raise BadTraceability("检定记录的各列长度不同。")
        if self.sensitivity.shape != (p, self.uses.shape[1]) or not self.uses.shape[1]:
            raise BadTraceability("灵敏系数与所用的标准器个数不同。")
        if self.first[0] != 0 or np.any(np.diff(self.first, append=p) < 1):
            raise BadTraceability("每份检定记录至少要有一个点。")
        self._check_numbers()

    def _check_numbers(self) -> None:
        finite = np.isfinite(self.error) & np.all(np.isfinite(self.sensitivity), axis=1)
        for good, reason in (
            (finite, "误差和灵敏系数应为有限的数"),
            (self.lower < self.upper, "下限应当小于上限"),
            (np.isfinite(self.lower) | np.isfinite(self.upper), "上限和下限至少要有一个"),
            (
                (self.standard_uncertainty >= 0) & np.isfinite(self.standard_uncertainty),
                "标准不确定度应当不小于零",
            ),
        ):
            if not np.all(good):
                at = int(np.argmin(good))
                number = self.numbers[int(self.owner[at])]
                place = at - int(self.first[self.owner[at]]) + 1
                raise BadTraceability(f"检定记录 {number} 第 {place} 点：{reason}。")

    @cached_property
    def owner(self) -> IntArray:
        """Return the index of the verification of each point (P,)."""
        return np.repeat(np.arange(len(self.numbers)), np.diff(self.first, append=len(self.error)))

    @cached_property
    def is_within(self) -> BoolArray:
        """Return whether all points of a verification are within their limits as measured (V,)."""
        inside = (self.error >= self.lower) & (self.error <= self.upper)
        return np.asarray(np.logical_and.reduceat(inside, self.first))

    def chosen(self, which: IntArray) -> Verdicts:
        """Return some of the verifications, their indices rising."""
        mask = np.zeros(len(self.numbers), dtype=bool)
        mask[which] = True
        points = mask[self.owner]
        counts = np.diff(self.first, append=len(self.error))[which]
        return Verdicts(
            [self.numbers[at] for at in which],
            self.day[which],
            self.passed[which],
            self.uses[which],
            np.concatenate(([0], np.cumsum(counts)[:-1])),
            self.error[points],
            self.lower[points],
            self.upper[points],
            self.sensitivity[points],
            self.standard_uncertainty[points],
        )
