"""What to simulate: the size and shape of an area, its meters, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.simulate.errors import NotSimulable

UNMETERED_LOAD = "unmetered_load"
MISSING_METER = "missing_meter"
WRONG_PHASE = "wrong_phase"
CLOCK_SHIFT = "clock_shift"
METER_EXCHANGED = "meter_exchanged"
STEP_CHANGE = "step_change"
MISSING_READINGS = "missing_readings"
WRONG_TOPOLOGY = "wrong_topology"  # a consumer of another area is listed here
LISTED_ELSEWHERE = "listed_elsewhere"  # one of ours is listed in another area; its note is a wrong_topology
REVERSE_FLOW = "reverse_flow"
NO_VOLTAGE = "no_voltage"

OF_ONE_METER = (
    MISSING_METER,
    LISTED_ELSEWHERE,
    WRONG_PHASE,
    CLOCK_SHIFT,
    METER_EXCHANGED,
    STEP_CHANGE,
    WRONG_TOPOLOGY,
)
OF_THE_AREA = (UNMETERED_LOAD, MISSING_READINGS, REVERSE_FLOW, NO_VOLTAGE)
FAULTS = OF_ONE_METER + OF_THE_AREA

STEPS = (15, 30, 60)
LEAST_METERS, MOST_METERS = 2, 2000
MOST_DAYS = 800
MOST_FEEDERS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One area to simulate; the same scenario gives the same readings.

    Raises
    ------
    NotSimulable
        Where a value is outside its range.
    """

    seed: int = 1
    area_id: str = "A001"
    meters: int = 120  # consumers on the network, listed or not
    days: int = 42
    step_minutes: int = 15
    start: date = date(2026, 1, 5)
    loss_percent: float | None = 1.5  # technical loss wanted, of the master's energy; None: as the cables are
    feeders: int | None = None  # None: by the number of meters, 1 to 6
    express_share: float = 0.3  # of the length of a feeder, before its first consumer: far settlements
    three_phase_share: float = 0.04  # of the consumers
    unbalance: float = (
        0.5  # share of the consumers on any phase; the others go round A, B, C along their feeder
    )
    source_volts: float = 235.0  # phase to neutral, behind the transformer
    daily_kwh: float = 6.5  # median home of the built-in households
    profiles: NDArray[np.float64] | None = (
        None  # (homes, intervals of 15 min) [kWh] in place of the built-in ones
    )
    wrong: int = 3  # meters beyond their tolerance from the first day
    tolerance_percent: float = 2.0
    master_mpe_percent: float = 0.5
    good_sd_percent: float = 0.4  # of the errors of good meters
    master_sd_percent: float = 0.15
    register_kwh: float = 0.01  # smallest step of a consumer's register
    master_register_kwh: float = 0.1
    voltage_gain_sd_percent: float = 0.5  # constant, of each voltage channel
    voltage_noise_sd_percent: float = 0.11  # of each voltage channel and 15 minutes
    voltage_reading: str = "mean"  # over the step, or the "last" quarter of an hour of it
    missing_share: float = 0.05  # of the readings, with missing_readings
    solar_share: float = 0.2  # of the homes, with reverse_flow
    faults: tuple[str, ...] = ()  # of FAULTS; one named twice occurs twice

    def __post_init__(self) -> None:
        """Refuse a scenario that cannot be simulated."""
        for ok, text in self._rules():
            if not ok:
                raise NotSimulable(text)

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        loss = self.loss_percent
        unknown = [fault for fault in self.faults if fault not in FAULTS]
        distinct = self.wrong + sum(fault in OF_ONE_METER for fault in self.faults)
        return (
            (self.seed >= 0, "种子不能为负"),
            (LEAST_METERS <= self.meters <= MOST_METERS, f"表数应在 {LEAST_METERS} 到 {MOST_METERS} 之间"),
            (1 <= self.days <= MOST_DAYS, f"天数应在 1 到 {MOST_DAYS} 之间"),
            (self.step_minutes in STEPS, "采集间隔只能是 15、30 或 60 分钟"),
            (loss is None or 0 < loss <= 15, "技术线损率应大于 0、不超过 15 %"),  # noqa: PLR2004
            (
                self.feeders is None or 1 <= self.feeders <= MOST_FEEDERS,
                f"出线数应在 1 到 {MOST_FEEDERS} 之间",
            ),
            (0 <= self.express_share < 1, "首户前的线长占比应在 0 到 1 之间"),
            (0 <= self.three_phase_share <= 1, "三相户占比应在 0 到 1 之间"),
            (0 <= self.unbalance <= 1, "相别随意的户占比应在 0 到 1 之间"),
            (self.voltage_reading in {"mean", "last"}, "电压取值方式只能是 mean 或 last"),
            (not unknown, f"没有这种故障：{'、'.join(unknown)}；可选：{'、'.join(FAULTS)}"),
            (self.wrong >= 0, "超差表数不能为负"),
            (distinct <= self.meters // 2, "超差和故障的表合起来不能超过一半"),
        )

    def count(self, fault: str) -> int:
        """Return how often a fault occurs."""
        return self.faults.count(fault)
