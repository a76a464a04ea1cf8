"""All tests of a file together, with one rate of false alarms for the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from quanheng.kernels.screening.copies import copy_tests
from quanheng.kernels.screening.edges import edge_tests
from quanheng.kernels.screening.grid import Numbers, on_grid, step_of
from quanheng.kernels.screening.leads import Lead, Tested, Untested
from quanheng.kernels.screening.smooth import smooth_tests

FAMILY_ALPHA = 0.005
"""Probability of any finding in honest data, shared by the tests that were made (Bonferroni)."""
FEWEST_ROWS = 50


@dataclass(frozen=True, slots=True)
class ScreenedPoint:
    """A point of the test: label, limit ± [%], interval to which errors are rounded before they are judged [%]."""

    label: str
    limit: float
    interval: float = 0.0


@dataclass(frozen=True, slots=True)
class Screening:
    """What was found, how many tests were made, which could not be made; ``steps`` is the resolution of each point."""

    rows: int
    tests: int
    steps: tuple[float, ...]
    leads: tuple[Lead, ...]
    untested: tuple[Untested, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data (JSON)."""
        found = asdict(self)
        return found | {name: list(found[name]) for name in ("steps", "leads", "untested")}


def screen(errors: Numbers, points: Sequence[ScreenedPoint], lines: Sequence[int] | None = None) -> Screening:
    """Screen the errors (meters, points) [%] of one file, in the order of the file.

    ``lines`` are the lines of the file that the rows stand in.

    Raises
    ------
    ValueError
        The shape does not fit the points, or an error is not finite.
    """
    errors = np.asarray(errors, dtype=np.float64)
    if errors.ndim != 2 or errors.shape[1] != len(points) or not points:  # noqa: PLR2004
        raise ValueError("每台应有每一点的误差。")
    if not np.isfinite(errors).all():
        raise ValueError("误差应都是有限的数。")
    n = len(errors)
    if n < FEWEST_ROWS:
        reason = f"只有 {n} 台，不到 {FEWEST_ROWS} 台不作筛查。"
        return Screening(n, 0, (), (), (Untested("all", reason),))
    steps = tuple(step_of(errors[:, at]) for at in range(len(points)))
    made = list(_tests(errors, points, steps, lines or range(1, n + 1)))
    tested = [one for one in made if isinstance(one, Tested)]
    threshold = FAMILY_ALPHA / max(len(tested), 1)
    leads = [
        Lead(one.code, one.p_value, threshold, _placed(one, points), one.point, one.figures)
        for one in tested
        if one.p_value < threshold
    ]
    untested = tuple(dict.fromkeys(one for one in made if isinstance(one, Untested)))
    return Screening(n, len(tested), steps, tuple(sorted(leads, key=lambda one: one.p_value)), untested)


def _tests(
    errors: Numbers, points: Sequence[ScreenedPoint], steps: Sequence[float], lines: Sequence[int]
) -> Iterator[Tested | Untested]:
    rows = np.stack([on_grid(errors[:, at], step) for at, step in enumerate(steps)], axis=1)
    residuals = _residuals(rows.astype(np.float64))
    yield from copy_tests(rows, residuals, lines)
    for at, (point, step) in enumerate(zip(points, steps, strict=True)):
        edges = {point.limit, point.limit + point.interval / 2}
        for edge in sorted(edges):
            yield from edge_tests(rows[:, at], edge / step, at, f"{edge:g} %")
        yield from smooth_tests(rows[:, at], residuals[:, at], step, point.limit, at, len(points))


def _residuals(rows: Numbers) -> Numbers:
    """Return what is left of each point after a linear fit by all others, (n, P)."""
    n, points = rows.shape
    left = np.empty_like(rows)
    for at in range(points):
        others = np.column_stack([np.ones(n), np.delete(rows, at, axis=1)])
        fitted = np.linalg.lstsq(others, rows[:, at], rcond=None)[0]
        left[:, at] = rows[:, at] - others @ fitted
    return left


def _placed(one: Tested, points: Sequence[ScreenedPoint]) -> str:
    return one.text if one.point is None else f"{points[one.point].label}：{one.text}"
