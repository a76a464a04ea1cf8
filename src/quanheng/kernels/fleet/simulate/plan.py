"""Which meters of a scenario are wrong, and which faults befall which meter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import PHASES, Phase
from quanheng.kernels.fleet.simulate.errors import NotSimulable
from quanheng.kernels.fleet.simulate.scenario import (
    CLOCK_SHIFT,
    LISTED_ELSEWHERE,
    METER_EXCHANGED,
    MISSING_METER,
    OF_ONE_METER,
    REVERSE_FLOW,
    STEP_CHANGE,
    WRONG_PHASE,
    WRONG_TOPOLOGY,
    Scenario,
)

Floats = NDArray[np.float64]

_LEAST_WRONG_PERCENT, _MOST_WRONG_PERCENT = 2.5, 12.0
_LEAST_ENERGY = 0.4  # of the mean home, for a meter with a fault: else nobody could see it
_AT_HOME = tuple(kind for kind in OF_ONE_METER if kind != WRONG_TOPOLOGY)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one meter; ``meter`` is the index of the consumer."""

    kind: str
    meter: int
    day: int = 0  # from which the change holds
    error_after: float = 0.0  # ratio
    intervals: int = 0  # by which the clock is late
    moves_voltage: bool = False  # whether the clock of the voltages is late too
    listed: Phase = Phase.UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Errors and faults of n consumers."""

    error: Floats  # (n,) ratio on the first day
    faults: tuple[Fault, ...]
    solar: tuple[int, ...]  # homes with a roof that feeds back

    def of(self, *kinds: str) -> tuple[Fault, ...]:
        """Return the faults of these kinds."""
        return tuple(fault for fault in self.faults if fault.kind in kinds)

    @property
    def unlisted(self) -> tuple[int, ...]:
        """Return the consumers that the area's list lacks."""
        return tuple(fault.meter for fault in self.of(MISSING_METER, LISTED_ELSEWHERE))


def plan(scenario: Scenario, rng: np.random.Generator, phase: NDArray[np.int8], energy: Floats) -> Plan:
    """Return who is wrong and who has which fault, each meter at most one; ``energy`` (n,) is of the window.

    Raises
    ------
    NotSimulable
        More faults than single-phase consumers with consumption.
    """
    order = rng.permutation(scenario.meters)
    tolerance = scenario.tolerance_percent / 100
    error = np.clip(rng.normal(0, scenario.good_sd_percent / 100, scenario.meters), -tolerance, tolerance)
    error[order[: scenario.wrong]] = [_wrong(scenario, rng) for _ in range(scenario.wrong)]
    homes = order[phase[order] != Phase.ABC]
    roofs = round(scenario.solar_share * scenario.meters) if scenario.count(REVERSE_FLOW) else 0
    others = order[scenario.wrong :]
    fit = others[(phase[others] != Phase.ABC) & (energy[others] >= _LEAST_ENERGY * energy.mean())]
    kinds = [kind for kind in scenario.faults if kind in _AT_HOME]
    if len(kinds) > len(fit):
        raise NotSimulable(f"有用电量的单相户只有 {len(fit)} 户，放不下 {len(kinds)} 个故障")
    faults = tuple(
        _fault(scenario, rng, kind, meter, Phase(phase[meter]))
        for kind, meter in zip(kinds, fit.tolist(), strict=False)
    )
    return Plan(error, faults, tuple(sorted(homes[:roofs].tolist())))


def _wrong(scenario: Scenario, rng: np.random.Generator) -> float:
    """Return an error beyond the tolerance, to either side, as a ratio."""
    least = max(_LEAST_WRONG_PERCENT, 1.25 * scenario.tolerance_percent)
    return float(rng.choice((-1, 1)) * rng.uniform(least, max(_MOST_WRONG_PERCENT, least)) / 100)


def _fault(scenario: Scenario, rng: np.random.Generator, kind: str, meter: int, phase: Phase) -> Fault:
    if kind in {METER_EXCHANGED, STEP_CHANGE}:
        day = int(rng.integers(scenario.days // 3, max(scenario.days // 3 + 1, 2 * scenario.days // 3)))
        return Fault(kind, meter, day=day, error_after=_wrong(scenario, rng))
    if kind == CLOCK_SHIFT:
        return Fault(kind, meter, intervals=int(rng.choice((-1, 1))), moves_voltage=bool(rng.random() < 0.5))  # noqa: PLR2004
    if kind == WRONG_PHASE:
        listed = Phase((phase + int(rng.integers(1, len(PHASES)))) % len(PHASES))
        return Fault(kind, meter, listed=listed)
    return Fault(kind, meter)
