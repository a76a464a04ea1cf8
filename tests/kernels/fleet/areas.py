"""Small simulated areas for the tests of the estimator: made once a run, changed by copies."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np

from quanheng.kernels.fleet.area import Area, Phase
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.results import OUT_OF_TOLERANCE, AreaEstimate
from quanheng.kernels.fleet.simulate import Scenario, Truth, simulate

SMALL = Scenario(seed=1, meters=30, days=28, wrong=2)


@cache
def made(*faults: str, **values: object) -> tuple[Area, Truth]:
    """The area of SMALL with faults and other values."""
    return simulate(replace(SMALL, faults=faults, **values))


@cache
def estimated(*faults: str, **values: object) -> AreaEstimate:
    return estimate(made(*faults, **values)[0])


def changed(area: Area, **values: object) -> Area:
    """A copy of which every array may be written, with other values."""
    own = {
        field.name: value.copy() if isinstance(value := getattr(area, field.name), np.ndarray) else value
        for field in fields(area)
    }
    return Area(**(own | values))


def days_of(area: Area, days: int) -> Area:
    """The first days."""
    end = days * 24 * 60 // area.step_minutes
    return changed(
        area,
        master=area.master[:end],
        energy=area.energy[:, :end],
        voltage=area.voltage[:, :end],
        master_voltage=area.master_voltage[:, :end],
        three_phase_voltage=area.three_phase_voltage[:, :, :end],
    )


def consumers_of(area: Area, rows: list[int], **values: object) -> Area:
    """Some of the consumers."""
    three = np.flatnonzero(area.phase == Phase.ABC)
    kept = {
        "meter_ids": tuple(area.meter_ids[i] for i in rows),
        "phase": area.phase[rows],
        "mpe_percent": area.mpe_percent[rows],
        "energy": area.energy[rows],
        "voltage": area.voltage[rows],
        "three_phase_voltage": area.three_phase_voltage[[k for k, i in enumerate(three) if i in rows]],
    }
    return changed(area, **(kept | values))


def accused(answer: AreaEstimate) -> set[str]:
    return {m for m, s in zip(answer.meter_ids, answer.meter_status, strict=True) if s == OUT_OF_TOLERANCE}


def codes(answer: AreaEstimate) -> set[str]:
    return {finding.code for finding in answer.findings}


def told(answer: AreaEstimate, code: str) -> list[str | None]:
    """The meters of the findings with this code."""
    return [finding.meter_id for finding in answer.findings if finding.code == code]


def loads(n: int, days: int, seed: int = 0, per_day: int = 96) -> np.ndarray:
    """Independent loads (n, T) [kWh] without physics."""
    rng = np.random.default_rng(seed)
    return rng.gamma(0.5, 0.2, (n, days * per_day)).astype(np.float32)
