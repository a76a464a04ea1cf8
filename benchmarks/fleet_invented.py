"""Invented loads and registers, quick to make: for speed, and for data that a model describes exactly.

Nothing here enters a figure of accuracy: those come from power flows (fleet_cases) and from reference data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area, Phase

Floats = NDArray[np.float64]

REGISTER_STEP = 0.01  # [kWh]
VOLTAGE_STEP = 0.1  # [V]
SUPPLY = 235.0  # [V]
GOOD_SD = 0.004  # error of a good meter, as a ratio
START = np.datetime64("2026-01-05T00:00")


def loads(dice: np.random.Generator, meters: int, days: int, per_day: int) -> NDArray[np.float32]:
    """Return household energies (meters, days·per_day) [kWh]: a daily shape, noise and heavy appliances."""
    hours = np.arange(days * per_day) % per_day * 24 / per_day
    base = dice.lognormal(np.log(0.4), 0.6, (meters, 1)).astype(np.float32)  # [kW]
    morning, evening = dice.normal(7.5, 1.0, (meters, 1)), dice.normal(19.5, 1.2, (meters, 1))
    shape = 0.35 + np.exp(-(((hours - morning) / 1.5) ** 2)) + 1.8 * np.exp(-(((hours - evening) / 2.0) ** 2))
    noise = dice.standard_normal((meters, hours.size), dtype=np.float32)
    power = base * shape.astype(np.float32) * np.exp(0.5 * noise - 0.12)
    heavy = dice.random((meters, hours.size), dtype=np.float32) < 0.02 * shape
    power += heavy * dice.uniform(0.8, 2.5, (meters, 1)).astype(np.float32)
    energy: NDArray[np.float32] = power * np.float32(24 / per_day)
    return energy


def registered(energy: Floats) -> Floats:
    """Return what a register of 0.01 kWh advances by in each interval; energy (n, T) [kWh]."""
    register = np.floor(np.cumsum(energy, axis=-1) / REGISTER_STEP + 1e-9)
    return np.diff(register, axis=-1, prepend=0.0) * REGISTER_STEP


def planted_errors(dice: np.random.Generator, meters: int, wrong: int) -> Floats:
    """Return errors (meters,) as ratios: ``wrong`` of them of 3–12 %, either sign, the others good."""
    error = dice.normal(0.0, GOOD_SD, meters)
    chosen = dice.choice(meters, wrong, replace=False)
    error[chosen] = dice.uniform(0.03, 0.12, wrong) * dice.choice([-1.0, 1.0], wrong)
    return error


def energies_only(master: Floats, energy: Floats) -> Area:
    """Return the area of master (T,) and energy (n, T) [kWh], 15 minutes, without voltages."""
    meters, intervals = energy.shape
    return Area(
        area_id="invented",
        meter_ids=tuple(f"M{number:04d}" for number in range(meters)),
        phase=np.full(meters, Phase.A, np.int8),
        mpe_percent=np.full(meters, 2.0),
        master_mpe_percent=0.5,
        start=START,
        step_minutes=15,
        master=master.astype(np.float32),
        master_voltage=np.full((3, intervals), np.nan, np.float32),
        energy=energy.astype(np.float32),
        voltage=np.full((meters, intervals), np.nan, np.float32),
        three_phase_voltage=np.empty((0, 3, intervals), np.float32),
    )
