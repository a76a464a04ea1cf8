"""Steps of leakage: found by day, dated by interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.balance import Balance
from quanheng.kernels.fleet.gram import gram
from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.scan import residual_of

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]

_LIKELY = 25.0  # twice the gain in log likelihood that a step must bring, after the best of all days was chosen
_LAST_DAYS = 2  # days that must lie before a step, and after it
CLEAR = 6.0  # standard deviations of its size, once it was estimated


def next_burst(
    rows: Balance, posterior: Posterior, weight: Singles, flow: Floats, per_day: int
) -> int | None:
    """Return the interval in which leakage most clearly changes, None where no day is clear.

    ``flow`` (T,) is how a burst flows.  A day that lies next to a step that the rows know already finds nothing,
    for its row is in the fit.
    """
    residual = residual_of(rows, posterior)
    days = residual.size // per_day
    mornings = np.arange(_LAST_DAYS, days - _LAST_DAYS + 1) * per_day
    if not mornings.size:
        return None
    gains = _gains(residual, flow, mornings, posterior.noise, weight, per_day)
    if gains.max() < _LIKELY:
        return None
    about = int(mornings[gains.argmax()])
    near = np.arange(max(about - per_day, 1), min(about + per_day, residual.size - 1) + 1)
    return int(near[_gains(residual, flow, near, posterior.noise, weight, per_day).argmax()])


def _gains(
    residual: Singles,
    flow: Floats,
    starts: Sequence[int] | NDArray[np.int64],
    noise: Floats,
    weight: Singles,
    per_day: int,
) -> Floats:
    """Return twice the gain in log likelihood of a step at each of ``starts``, its mean level being fitted."""
    steps = np.where(np.arange(residual.size) >= np.asarray(starts)[:, None], flow, 0)
    stacked = np.concatenate([residual[None], flow[None], steps]).astype(np.float32)
    products = np.tensordot(1 / noise, gram(stacked, weight, per_day).products, 1)
    level, with_level = products[1, 1], products[1, 2:]
    score = products[0, 2:] - products[0, 1] * with_level / level
    information = products.diagonal()[2:] - with_level**2 / level
    gains: Floats = score**2 / np.maximum(information, 1e-9 * level)
    return gains
