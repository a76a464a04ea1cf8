"""Days with gaps: their noise is given the shape that the statistics expect of a complete day.

Bridged readings add noise of their own in some intervals.  To weight interval by interval would tear apart the
rounding of registers, which returns with the opposite sign in the next interval.  So each such day is multiplied by
the root of the complete day's covariance and the inverse root of its own: what comes out has the complete day's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.gram import FLOOR
from quanheng.kernels.fleet.prepare import Prepared

Singles = NDArray[np.float32]

_SLOW = 0.0004  # usual residual of slow variations, as a share of the mean load
_ABSENT = 1e4  # standard deviation of an interval without the master, in mean loads


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """What rows are multiplied with before their products are taken."""

    weight: Singles  # (T,) of intervals, 1 where ``mixing`` does it
    mixing: Singles | None  # (days, N, N) of the intervals of each day, None where no reading was bridged

    def rows(self, rows: Singles) -> Singles:
        """Return ``rows`` (m, T) with each day mixed."""
        if self.mixing is None:
            return rows
        days, per_day, _ = self.mixing.shape
        by_day = rows.reshape(-1, days, per_day).transpose(1, 0, 2) @ self.mixing.transpose(0, 2, 1)
        mixed: Singles = by_day.transpose(1, 0, 2).reshape(rows.shape)
        return mixed

    def back(self, row: Singles) -> Singles:
        """Return ``row`` (T,) multiplied with the transposed mixing."""
        if self.mixing is None:
            return row
        days, per_day, _ = self.mixing.shape
        mixed: Singles = (row.reshape(days, 1, per_day) @ self.mixing).reshape(-1)
        return mixed

    def over(self, first: int, last: int, per_day: int) -> Whitening:
        """Return the whitening of the days first … last − 1."""
        part = None if self.mixing is None else self.mixing[first:last]
        return Whitening(self.weight[first * per_day : last * per_day], part)


def whitening(prepared: Prepared) -> Whitening:
    """Return the whitening of all days; where nothing was bridged, only the master's gaps have no weight."""
    there = prepared.there.astype(np.float32)
    if prepared.variance is None:
        return Whitening(there, None)
    n = prepared.per_day
    load = max(abs(float(prepared.master[prepared.there].mean())), 1e-9)
    rounding = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    complete = (_SLOW * load) ** 2 * (np.eye(n) + rounding / FLOOR)
    added = prepared.variance.astype(np.float64) + np.where(prepared.there, 0.0, (_ABSENT * load) ** 2)
    found = complete + added.reshape(-1, n)[:, :, None] * np.eye(n)
    mixing = np.linalg.cholesky(complete) @ np.linalg.inv(np.linalg.cholesky(found))
    return Whitening(np.ones_like(there), mixing.astype(np.float32))
