"""What an estimate says of an area and of each meter behind its master."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

OUT_OF_TOLERANCE = "out_of_tolerance"
CONFORMING = "conforming"
UNDETERMINED = "undetermined"

JUDGED = "judged"  # its meters have verdicts
WITHHELD = "withheld"  # something else must be cleared up first: its meters stay undetermined
UNUSABLE = "unusable"  # the readings cannot be estimated at all


@dataclass(frozen=True, slots=True)
class FleetFinding:
    """One thing found in an area: ``code`` is a contract, ``text`` for the reader, ``data`` for programs."""

    code: str
    text: str
    meter_id: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Return the text with the meter that it is about."""
        return f"{self.meter_id}：{self.text}" if self.meter_id else self.text


@dataclass(frozen=True, slots=True, eq=False)
class AreaEstimate:
    """The estimate of one area; arrays are (n,), in the order of ``meter_ids``; NaN where nothing can be said."""

    area_id: str
    status: str  # JUDGED, WITHHELD or UNUSABLE
    findings: tuple[FleetFinding, ...]
    loss_kwh: float  # master minus consumers, as indicated
    loss_percent: float  # of the master's energy
    residual_sd_kwh: float  # of the balance, per interval
    meter_ids: tuple[str, ...]
    meter_status: tuple[str, ...]
    error_percent: Floats
    standard_uncertainty_percent: Floats
    probability_out_of_tolerance: Floats
    energy_share: Floats  # of the energy of all consumers, 0 … 1
    reason: tuple[
        str, ...
    ]  # Chinese, why a meter is undetermined or out of tolerance; "" for a conforming one
    mpe_percent: (
        Floats  # ± [%], by which it was judged; NaN where results of before 24 November 2026 do not say
    )
