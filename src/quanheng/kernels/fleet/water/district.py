"""The readings of one district: the meter at its inlet, the consumers behind it, and the pressure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area, Phase

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class District:
    """One district over one window: n consumers, T intervals; NaN where nothing was measured.

    Interval k runs from ``start + k·step`` to ``start + (k + 1)·step``, local time.
    """

    district_id: str
    meter_ids: tuple[str, ...]  # (n,)
    mpe_percent: NDArray[np.floating]  # (n,) maximum permissible error where most water flows, ± [%]
    inflow_mpe_percent: float  # of the district meter, ± [%]
    start: np.datetime64  # beginning of the first interval
    step_minutes: int
    inflow: Singles  # (T,) [m³]
    pressure: (
        Singles | None
    )  # (T,) [kPa], one point that stands for the district; None where none is measured
    volume: Singles  # (n, T) [m³]

    @property
    def n(self) -> int:
        """Return the number of consumers."""
        return len(self.meter_ids)

    def as_area(self) -> Area:
        """Return volumes in the place of energies, without voltages, for what needs nothing else."""
        intervals = self.inflow.shape[0]
        return Area(
            self.district_id,
            self.meter_ids,
            np.full(self.n, Phase.UNKNOWN, np.int8),
            self.mpe_percent,
            self.inflow_mpe_percent,
            self.start,
            self.step_minutes,
            self.inflow,
            np.full((3, intervals), np.nan, np.float32),
            self.volume,
            np.full((self.n, intervals), np.nan, np.float32),
            np.empty((0, 3, intervals), np.float32),
        )
