"""The physics of a scenario: who draws what where, and the voltages that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from quanheng.kernels.fleet.area import Phase
from quanheng.kernels.fleet.simulate.cables import BUSBAR, Cabling
from quanheng.kernels.fleet.simulate.households import PER_DAY
from quanheng.kernels.fleet.simulate.scenario import UNMETERED_LOAD, Scenario
from quanheng.kernels.fleet.simulate.sweep import Complexes, Loads, solve

Floats = NDArray[np.float64]

WATTS_PER_KWH = 4000.0  # of the mean power in a quarter of an hour
_HIDDEN = 1 + 0.3j  # active and reactive, of an unmetered load
_TURN = np.exp(-2j * np.pi / 3 * np.arange(3))


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What n consumers draw over T quarters of an hour, and what an unmetered load draws."""

    consumption: Floats  # (n, T) [kWh]
    solar: Floats  # (n, T) [kWh] fed in behind the same meter
    reactive: Floats  # (n, T) [kvarh]
    phase: NDArray[np.int8]  # (n,) Phase A, B, C or ABC
    split: Floats  # (m, 3, T) shares of the phases, of the m three-phase consumers
    unmetered: tuple[Unmetered, ...]

    @property
    def energy(self) -> Floats:
        """Return the net energy through each meter (n, T) [kWh]."""
        return self.consumption - self.solar


@dataclass(frozen=True, slots=True, eq=False)
class Unmetered:
    """A load that no meter sees."""

    bus: int
    phase: int
    energy: Floats  # (T,) [kWh]


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """The solved area, every quarter of an hour."""

    energy: Floats  # (n, T) [kWh], true
    voltage: Floats  # (n, T) [V] of single-phase consumers; of the others their first phase
    three_phase_voltage: Floats  # (m, 3, T) [V]
    master: Floats  # (T,) [kWh], true
    master_voltage: Floats  # (3, T) [V]
    loss: float  # [kWh]


def drift(rng: np.random.Generator, shape: tuple[int, int], hours: float) -> Floats:
    """Return slow noise of standard deviation 1 (rows, T), correlated over ``hours``."""
    keep = np.exp(-0.25 / hours)
    white = rng.normal(0, np.sqrt(1 - keep**2), shape)
    white[:, 0] /= np.sqrt(1 - keep**2)
    slow: Floats = lfilter([1.0], [1.0, -keep], white, axis=1)
    return slow


def source_voltage(scenario: Scenario, rng: np.random.Generator) -> Complexes:
    """Return the slowly varying voltage behind the transformer (3, T) [V]."""
    intervals = scenario.days * PER_DAY
    by_hour = 0.004 * np.cos(2 * np.pi * (np.arange(intervals) / PER_DAY - rng.uniform(0, 0.3)))
    common = by_hour + 0.002 * drift(rng, (1, intervals), 3.0)
    own = 0.0015 * rng.normal(size=(3, 1)) + 0.0007 * drift(rng, (3, intervals), 1.0)
    source: Complexes = scenario.source_volts * (1 + common + own) * _TURN[:, None]
    return source


def power_factors(rng: np.random.Generator, consumption: Floats) -> Floats:
    """Return the reactive energy (n, T) [kvarh]: power factors 0.9 … 1, lagging, that vary a little."""
    factor = 0.9 + 0.1 * rng.beta(3.0, 1.5, consumption.shape[0])
    tangent = np.sqrt(1 / factor**2 - 1)[:, None]
    vary = np.clip(1 + 0.2 * drift(rng, (tangent.shape[0], consumption.shape[1]), 2.0), 0, 2)
    reactive: Floats = consumption * tangent * vary
    return reactive


def phase_split(rng: np.random.Generator, consumers: int, intervals: int) -> Floats:
    """Return the shares of the phases of three-phase consumers (m, 3, T); they sum to 1."""
    level = rng.dirichlet((20.0, 20.0, 20.0), consumers)[:, :, None]
    weight = level * np.exp(
        0.3 * drift(rng, (3 * consumers, intervals), 1.0).reshape(consumers, 3, intervals)
    )
    split: Floats = weight / weight.sum(axis=1, keepdims=True)
    return split


def unmetered_loads(
    scenario: Scenario, rng: np.random.Generator, cabling: Cabling, total_kwh: float
) -> tuple[Unmetered, ...]:
    """Return the loads that no meter sees: some hours of each day, 0.6–3 % of the area's energy."""
    found = []
    for _ in range(scenario.count(UNMETERED_LOAD)):
        hours = (np.arange(PER_DAY) / 4 - rng.uniform(0, 24)) % 24 < rng.uniform(5, 14)
        shape = np.tile(hours, scenario.days) * rng.gamma(8.0, 1 / 8.0, scenario.days * PER_DAY)
        energy = shape * (rng.uniform(0.006, 0.03) * total_kwh / shape.sum())
        found.append(Unmetered(int(rng.choice(cabling.pole_bus)), int(rng.integers(0, 3)), energy))
    return tuple(found)


def loads_of(demand: Demand, cabling: Cabling) -> Loads:
    """Return the loads of a demand: single-phase consumers, three rows of each other one, unmetered ones."""
    single, three = _rows(demand.phase)
    power = demand.energy + 1j * demand.reactive
    spread = (power[three][:, None, :] * demand.split).reshape(3 * len(three), power.shape[1])
    hidden = [load.energy * _HIDDEN for load in demand.unmetered]
    each = np.tile(np.arange(3), len(three))
    at = cabling.consumer_bus
    return Loads(
        np.array([*at[single], *at[three].repeat(3), *(x.bus for x in demand.unmetered)], dtype=np.int64),
        np.array([*demand.phase[single], *each, *(x.phase for x in demand.unmetered)], dtype=np.int64),
        (WATTS_PER_KWH * np.vstack([power[single], spread, *hidden])).astype(np.complex128),
    )


def supply(demand: Demand, cabling: Cabling, source: Complexes) -> Supply:
    """Solve the area.

    Raises
    ------
    NotSimulable
        More is drawn at some time than the cables can carry.
    """
    flow = solve(cabling.network, source, loads_of(demand, cabling), BUSBAR)
    single, three = _rows(demand.phase)
    volts = np.abs(flow.voltage)
    own = np.empty_like(demand.consumption)
    own[single] = volts[: len(single)]
    triple = volts[len(single) : len(single) + 3 * len(three)].reshape(len(three), 3, own.shape[1])
    own[three] = triple[:, 0]
    return Supply(
        demand.energy,
        own,
        triple,
        flow.head_power.real / WATTS_PER_KWH,
        np.abs(flow.head_voltage),
        float(flow.loss.sum() / WATTS_PER_KWH),
    )


def _rows(phase: NDArray[np.int8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the consumers of one phase and those of three."""
    return np.flatnonzero(phase != Phase.ABC), np.flatnonzero(phase == Phase.ABC)
