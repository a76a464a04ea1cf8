"""The results that a plan can end with, and the share of orders in which each is reached; in whole numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb, factorial

from quanheng.kernels.sampling.plans import Plan


@dataclass(frozen=True, slots=True)
class End:
    """A result of a stage: ``found`` of ``n`` cumulative, and the share of its orders that come so far."""

    stage: int
    n: int
    found: int
    share: float


@cache
def accepting(plan: Plan) -> tuple[End, ...]:
    """Return the results that accept."""
    return tuple(
        end
        for stage, ends in zip(plan.stages, _results(plan), strict=True)
        for end in ends
        if end.found <= stage.accept
    )


@cache
def walked(plan: Plan) -> tuple[tuple[tuple[End, ...], bool], ...]:
    """Return of each stage but the last the results that go on, or those that end it, whichever are fewer."""
    found = []
    for stage, ends in zip(plan.stages[:-1], _results(plan), strict=False):
        goes_on = tuple(end for end in ends if stage.accept < end.found < stage.reject)
        stops = tuple(end for end in ends if not stage.accept < end.found < stage.reject)
        # With more than an item a stage, the results that reject run beyond those that were counted.
        found.append((goes_on, True) if stage.n > 1 or len(goes_on) <= len(stops) else (stops, False))
    return tuple(found)


def _results(plan: Plan) -> Iterator[tuple[End, ...]]:
    """Yield of each stage every result below its rejection number; of a stage of one item, that one too."""
    ways: dict[int, Fraction | int] = {0: 1}
    n = 0
    for at, stage in enumerate(plan.stages, 1):
        n += stage.n
        most = stage.reject if stage.n == 1 else stage.reject - 1
        if at == 1:
            ends = {d: 1.0 for d in range(most + 1) if plan.counts_nonconformities or d <= n}
            reached = {d: _orders(plan, n, d) for d in ends} if len(plan.stages) > 1 else {}
        else:
            reached = _convolved(plan, ways, stage.n, most)
            ends = {d: float(w / _orders(plan, n, d)) for d, w in reached.items()}
        yield tuple(End(at, n, d, share) for d, share in ends.items())
        ways = {d: w for d, w in reached.items() if stage.accept < d < stage.reject}


def _convolved(plan: Plan, ways: dict[int, Fraction | int], n: int, most: int) -> dict[int, Fraction | int]:
    reached: dict[int, Fraction | int] = {}
    for before, w in ways.items():
        for new in range(most - before + 1):
            if new > n and not plan.counts_nonconformities:
                break
            reached[before + new] = reached.get(before + new, 0) + w * _orders(plan, n, new)
    return reached


def _orders(plan: Plan, n: int, d: int) -> Fraction | int:
    return Fraction(n**d, factorial(d)) if plan.counts_nonconformities else comb(n, d)
