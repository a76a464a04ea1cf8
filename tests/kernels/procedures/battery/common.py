"""What cases of the engine have in common: the regulation, and how results are looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.kernels.procedures.making import toy

Judge = Callable[..., Any]
Case = Callable[[Judge], None]

PROCEDURE = toy()
REJECTED, PASSED, OPEN = 0, 1, 2
LABELS = {
    "weighing": ("修正误差", "宽限"),
    "zero": ("零点差",),
    "repeat": ("极差", "平均误差"),
    "both": ("平均",),
    "pieces": ("偏差", "相对", "下偏", "次数"),
}
CASES: list[Case] = []


def case(function: Case) -> Case:
    CASES.append(function)
    return function


def points(judged: Any, test: str, entry: int = 0, instrument: int = 0) -> list[Any]:
    """Return the points of one judge entry."""
    label = LABELS[test][entry]
    return [point for point in judged.points(instrument) if (point.test, point.label) == (test, label)]


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def said(judged: Any, instrument: int = 0) -> dict[str, list[str]]:
    return {name: judged.said(instrument, name) for name in ("missing", "finding", "remark")}
