"""Refusals of the scoring kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class BadForecasts(ValueError):
    """Forecasts and outcomes that cannot be scored; the text is Chinese."""


def checked(probability: ArrayLike, happened: ArrayLike) -> tuple[Floats, Bools]:
    """Return both as arrays of one shape (n,).  BadForecasts where they are none."""
    p, o = np.asarray(probability, dtype=np.float64), np.asarray(happened, dtype=np.bool_)
    if p.ndim != 1 or p.shape != o.shape:
        raise BadForecasts("概率与结果的个数不同。")
    if p.size == 0:
        raise BadForecasts("没有已经核实的电能表，无从评分。")
    if not (np.isfinite(p).all() and (p >= 0).all() and (p <= 1).all()):
        raise BadForecasts("概率应在 0 到 1 之间。")
    return p, o
