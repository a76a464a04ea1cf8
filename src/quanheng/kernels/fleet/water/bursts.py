"""Steps of leakage: found and dated by interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.balance import Balance
from quanheng.kernels.fleet.gram import bands
from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.scan import residual_of

Singles = NDArray[np.float32]
Floats = NDArray[np.floating]

_LIKELY = 30.0  # twice the gain in log likelihood that a step must bring, after the best interval was chosen
_LAST_DAYS = 2  # days that must lie before a step, and after it
CLEAR = 6.0  # standard deviations of its size, once it was estimated


def next_burst(
    rows: Balance, posterior: Posterior, weight: Singles, flow: Floats, per_day: int
) -> int | None:
    """Return the interval in which leakage most clearly changes, None where it does so nowhere.

    ``flow`` (T,) is how a burst flows.  Steps that the rows know already have nothing left to gain.
    """
    gains = step_gains(residual_of(rows, posterior), flow, posterior.noise, weight, per_day)
    edge = _LAST_DAYS * per_day
    inside = gains[edge : gains.size - edge]
    if not inside.size or inside.max() < _LIKELY:
        return None
    return edge + int(inside.argmax())


def step_gains(residual: Singles, flow: Floats, noise: Floats, weight: Singles, per_day: int) -> Floats:
    """Return for each interval (T,) twice the gain in log likelihood of a step that begins in it.

    The mean level of ``flow`` is fitted beside the step; the noise is independent from day to day, and within a day
    has the variance ``noise`` (B,) of its bands.
    """
    precision = sum(
        (band.T.astype(np.float64) @ band) / v for band, v in zip(bands(per_day), noise, strict=True)
    )
    by_day = (flow * weight).reshape(-1, per_day)
    pull = by_day * ((residual * weight).reshape(-1, per_day) @ precision)
    score = np.cumsum(pull.reshape(-1)[::-1])[::-1]
    pairs = by_day[:, :, None] * precision * by_day[:, None, :]
    tails = pairs[:, ::-1, ::-1].cumsum(axis=1).cumsum(axis=2)[:, ::-1, ::-1]
    whole = tails[:, 0, 0]
    level = float(whole.sum())
    later = (level - np.cumsum(whole))[:, None]
    with_level = (tails[:, :, 0] + later).reshape(-1)
    own = (tails.diagonal(axis1=1, axis2=2) + later).reshape(-1)
    excess = score - score[0] * with_level / level
    gains: Floats = excess**2 / np.maximum(own - with_level**2 / level, 1e-6 * level)
    return gains
