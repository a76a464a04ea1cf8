"""The balance of an area day by day: where the difference between the master and the consumers went.

    master − Σ readings = loss in the lines + Σ aᵢ·referred readings + what is left

The first part is what the voltages say of the lines, with the master's own error and the fixed loss; the second is what
the estimated errors explain; see ``balance.py``.  The three add up to the loss, as it was indicated, on every day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.estimate import examine
from quanheng.kernels.fleet.scan import residual_of

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class DayBalance:
    """Energy by day, arrays (D,) [kWh]; intervals without the master, or without a consumer's bridge, are left out."""

    first_day: np.datetime64
    master: Floats
    consumers: Floats
    lines: Floats
    errors: Floats
    residual: Floats
    complete: Floats  # share of the day's intervals at which the master is there, 0 … 1

    @property
    def loss(self) -> Floats:
        """Return master minus consumers, as indicated."""
        return self.master - self.consumers

    @property
    def days(self) -> NDArray[np.datetime64]:
        """Return the days, (D,)."""
        days: NDArray[np.datetime64] = self.first_day + np.arange(self.master.shape[0])
        return days


def day_balance(area: Area) -> DayBalance:
    """Return the balance of the whole days of ``area``; gaps of consumers are bridged as for the estimate.

    Raises CannotEstimate where there is nothing to work with, as ``examine``.
    """
    found = examine(area)
    rows, posterior, prepared = found.assembled.balance, found.posterior, found.prepared
    there, per_day = prepared.there, prepared.per_day

    def by_day(values: NDArray[np.floating]) -> Floats:
        kept = np.where(there, values, 0).astype(np.float64)
        sums: Floats = kept.reshape(-1, per_day).sum(axis=1)
        return sums

    master, consumers = by_day(prepared.master), by_day(prepared.energy.sum(axis=0, dtype=np.float64))
    errors = by_day(posterior.seen @ rows.rows[1 : rows.n + 1])
    residual = by_day(residual_of(rows, posterior))
    return DayBalance(
        area.start.astype("datetime64[D]"),
        master,
        consumers,
        master - consumers - errors - residual,
        errors,
        residual,
        there.reshape(-1, per_day).mean(axis=1),
    )
