"""Small histories and verdicts for the tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quanheng.kernels.traceability import Calibration, Course, History, Verdicts


def history(
    code: str = "W",
    found: float = 0.3,
    *,
    u: tuple[float, float] = (0.02, 0.03),
    days: tuple[int, int] = (0, 400),
    diffusion: float = 0.0,
    course: Course = Course.RANDOM,
    by: str = "",
) -> History:
    """A standard that was calibrated twice."""
    first = Calibration(days[0], u[0], by=by)
    return History(code, (first, Calibration(days[1], u[1], found, by=by, course=course)), diffusion)


def verdicts(
    errors: Sequence[Sequence[float]],
    days: Sequence[int],
    *,
    uses: Sequence[int] = (0,),
    sensitivity: Sequence[float] = (-1.0,),
    passed: Sequence[bool] | None = None,
    u: float = 0.0,
) -> Verdicts:
    """Verifications with limits ±1, all with the same standards."""
    counts = [len(each) for each in errors]
    flat = np.array([error for each in errors for error in each])
    as_measured = [all(abs(error) <= 1 for error in each) for each in errors]
    return Verdicts(
        [f"V{at}" for at in range(len(errors))],
        np.array(days),
        np.array(as_measured if passed is None else passed),
        np.tile(np.array(uses), (len(errors), 1)),
        np.concatenate(([0], np.cumsum(counts)[:-1])),
        flat,
        np.full(len(flat), -1.0),
        np.full(len(flat), 1.0),
        np.tile(np.array(sensitivity, dtype=float), (len(flat), 1)),
        np.full(len(flat), u),
    )
