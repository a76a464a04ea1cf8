"""The maximum permissible errors that a picture draws: those of the results, else those recorded with the readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quanheng.fleet.models import MeterResult
from quanheng.fleet.readings_at_hand import limits_at_hand
from quanheng.kernels.fleet.results import AreaEstimate


def limits_of(meters: Iterable[MeterResult], folder: Path | None) -> dict[str, float]:
    """Return the limit of each meter that has one, ± [%].

    The readings in ``folder`` are asked only where results of before 24 November 2026 do not say it.
    """
    rows = list(meters)
    known = {row.meter_id: row.mpe_percent for row in rows if row.mpe_percent is not None}
    if folder is not None and len(known) < len({row.meter_id for row in rows}):
        known = limits_at_hand(folder) | known
    return known


def limits_array(estimate: AreaEstimate, limits: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the limit of each meter of an estimate, (n,), ± [%]; NaN where it is not known."""
    return np.array([limits.get(meter, np.nan) for meter in estimate.meter_ids], dtype=np.float64)
