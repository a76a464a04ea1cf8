"""The maximum permissible errors that a picture draws: those recorded with the readings, else that of a household."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.results import AreaEstimate
from quanheng.kernels.fleet.words import HOUSEHOLD_MPE_PERCENT


def limits_array(estimate: AreaEstimate, limits: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the limit of each meter of an estimate, (n,), ± [%]."""
    return np.array(
        [limits.get(meter, HOUSEHOLD_MPE_PERCENT) for meter in estimate.meter_ids], dtype=np.float64
    )
