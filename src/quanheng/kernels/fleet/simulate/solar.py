"""What rooftop panels feed in behind the meter of a home."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.simulate.households import PER_DAY

Floats = NDArray[np.float64]

_NOON, _HALF_DAY = 12.5, 5.0  # hours, a winter day


def solar(rng: np.random.Generator, homes: int, days: int, roofs: tuple[int, ...]) -> Floats:
    """Return the energy fed in (homes, 96·days) [kWh]: 2–5 kW under a sky that the roofs share."""
    energy = np.zeros((homes, days * PER_DAY))
    hours = (np.arange(PER_DAY) + 0.5) / 4
    height = np.cos(np.clip((hours - _NOON) / _HALF_DAY, -1, 1) * np.pi / 2)
    clear = rng.beta(1.5, 1.2, (days, 1)) * np.ones(PER_DAY)
    sky = np.tile(height, (days, 1)) * np.clip(clear * rng.gamma(12.0, 1 / 12.0, clear.shape), 0, 1)
    for roof in roofs:
        own = rng.gamma(40.0, 1 / 40.0, days * PER_DAY)
        energy[roof] = rng.uniform(2.0, 5.0) / 4 * sky.ravel() * own
    return energy
