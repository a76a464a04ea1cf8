"""The readings of one supply area: a master meter, the consumers behind it, and their voltages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

PHASES = ("A", "B", "C")


class Phase(IntEnum):
    """The phase that a consumer is connected to, as recorded."""

    UNKNOWN = -1
    A = 0
    B = 1
    C = 2
    ABC = 3

    @classmethod
    def of(cls, text: str | None) -> Phase:
        """Return the phase of A, B, C or ABC; anything else is unknown."""
        return cls.__members__.get((text or "").strip().upper(), cls.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """One area over one window: n consumers, T intervals; NaN where nothing was measured.

    Interval k runs from ``start + k·step`` to ``start + (k + 1)·step``, local time of the area.
    Consumers stand in the order of their identifiers, whatever the order of the files.
    """

    area_id: str
    meter_ids: tuple[str, ...]  # (n,)
    phase: NDArray[np.int8]  # (n,) values of Phase
    mpe_percent: Floats  # (n,) maximum permissible error, ± [%]
    master_mpe_percent: float  # of the master meter, ± [%]
    start: np.datetime64  # beginning of the first interval
    step_minutes: int
    master: NDArray[np.float32]  # (T,) [kWh]
    master_voltage: NDArray[np.float32]  # (3, T) [V]
    energy: NDArray[np.float32]  # (n, T) [kWh]; negative where a consumer feeds back
    voltage: NDArray[np.float32]  # (n, T) [V], of the consumer's own phase; NaN for a three-phase consumer
    three_phase_voltage: NDArray[np.float32]  # (m, 3, T) [V], of the m consumers with Phase.ABC, in order

    @property
    def n(self) -> int:
        """Return the number of consumers."""
        return len(self.meter_ids)

    @property
    def intervals(self) -> int:
        """Return the number of intervals T."""
        return int(self.master.shape[0])
