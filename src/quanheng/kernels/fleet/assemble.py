"""From prepared readings to rows and statistics, month by month.

Each calendar month is referred to the master with its own voltage calibration, so that months are independent and
their statistics add.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.balance import Balance, Split, balance
from quanheng.kernels.fleet.gram import Gram, gram
from quanheng.kernels.fleet.prepare import Prepared
from quanheng.kernels.fleet.voltage import Wiring, refer

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_SHORT = 10  # days; a shorter month is taken together with its neighbour


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """All that the inference needs, and the rows for whoever looks at the residual."""

    balance: Balance  # over all months
    gram: Gram
    uncertainty: Floats  # (n,) standard uncertainty of the voltage ratio at zero load
    drop: Floats  # (n,) energy-weighted mean of that ratio − 1


def months(start: np.datetime64, days: int) -> list[tuple[int, int]]:
    """Return the calendar months as ranges of days, first and last + 1; one of under ten days joins its neighbour."""
    calendar = (start.astype("datetime64[D]") + np.arange(days)).astype("datetime64[M]")
    cuts = [0, *(np.flatnonzero(np.diff(calendar.astype(int))) + 1).tolist(), days]
    spans = list(pairwise(cuts))
    joined: list[tuple[int, int]] = []
    for span in spans:
        short = span[1] - span[0] < _SHORT
        if joined and (short or joined[-1][1] - joined[-1][0] < _SHORT):
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    return joined


def assemble(
    area: Area, prepared: Prepared, wiring: Wiring, energy: Singles, splits: Sequence[Split] = ()
) -> Assembled:
    """Return rows and statistics of ``energy`` (n, T), the prepared readings after corrections."""
    parts: list[Balance] = []
    total: Gram | None = None
    weights = np.zeros(area.n)
    variance = np.zeros(area.n)
    moved = np.zeros(area.n)
    per_day = prepared.per_day
    for first, last in months(area.start, energy.shape[1] // per_day):
        span = slice(first * per_day, last * per_day)
        inside = energy[:, span]
        referral = refer(area, wiring, inside, span)
        later = [Split(split.meter, min(max(split.day - first, 0), last - first)) for split in splits]
        part = balance(
            inside, prepared.master[span], referral, wiring, area.master_mpe_percent, later, per_day
        )
        statistics = gram(part.rows, prepared.weight[span], per_day)
        total = statistics if total is None else total + statistics
        used = np.abs(inside).sum(axis=1, dtype=np.float64)
        weights += used
        variance += (used * referral.uncertainty) ** 2
        moved += (part.rows[1 : area.n + 1] - inside).sum(axis=1, dtype=np.float64)
        parts.append(part)
    if total is None:
        raise ValueError("no whole day")
    weights = np.maximum(weights, 1e-9)
    drop = np.clip(moved / weights, -0.3, 0.3)
    first_part = parts[0]
    rows = first_part.rows if len(parts) == 1 else np.concatenate([part.rows for part in parts], axis=1)
    whole = Balance(rows, area.n, first_part.prior_sd, first_part.learned)
    return Assembled(whole, total, np.sqrt(variance) / weights, drop)
