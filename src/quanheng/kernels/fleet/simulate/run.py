"""Simulate an area: the truth, and the readings that a platform would have of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import PHASES, Area, Phase
from quanheng.kernels.fleet.simulate.cables import Cabling, radial
from quanheng.kernels.fleet.simulate.households import PER_DAY, given, households
from quanheng.kernels.fleet.simulate.metering import gaps, late, registered, sampled, summed
from quanheng.kernels.fleet.simulate.notes import notes_of
from quanheng.kernels.fleet.simulate.plan import Plan, plan
from quanheng.kernels.fleet.simulate.scale import with_loss
from quanheng.kernels.fleet.simulate.scenario import (
    CLOCK_SHIFT,
    METER_EXCHANGED,
    MISSING_READINGS,
    NO_VOLTAGE,
    STEP_CHANGE,
    WRONG_PHASE,
    WRONG_TOPOLOGY,
    Scenario,
)
from quanheng.kernels.fleet.simulate.solar import solar
from quanheng.kernels.fleet.simulate.supply import (
    Demand,
    Supply,
    drift,
    loads_of,
    phase_split,
    power_factors,
    source_voltage,
    supply,
    unmetered_loads,
)
from quanheng.kernels.fleet.simulate.truth import Truth

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_STREAMS = ("network", "homes", "power", "source", "faults", "solar", "energy", "voltage", "gaps", "foreign")


@dataclass(frozen=True, slots=True, eq=False)
class _Readings:
    """Readings of the consumers, then of the meters of other areas that are listed here."""

    phase: NDArray[np.int8]  # (n,) as listed
    error: Floats  # (n,) on the first day
    true_energy: Floats  # (n,) of the window [kWh]
    energy: Singles  # (n, T)
    voltage: Singles  # (n, T)
    three_phase_voltage: Singles  # (m, 3, T)


def simulate(scenario: Scenario) -> tuple[Area, Truth]:
    """Return the readings of a scenario and what is true of them; the same scenario gives the same bytes.

    Each aspect draws from a stream of its own, so that a fault changes neither the network nor the homes.

    Raises
    ------
    NotSimulable
        More is drawn than the cables can carry, or too few meters for the faults.
    """
    seeds = np.random.SeedSequence(scenario.seed).spawn(len(_STREAMS))
    rngs = {name: np.random.default_rng(seed) for name, seed in zip(_STREAMS, seeds, strict=True)}
    cabling = radial(rngs["network"], scenario.meters, scenario.feeders, scenario.express_share)
    phase = _phases(scenario, rngs["network"], cabling)
    homes = _consumption(scenario, rngs, phase)
    todo = plan(scenario, rngs["faults"], phase, homes[: scenario.meters].sum(axis=1))
    demand = _demand(scenario, rngs, (phase, homes[: scenario.meters]), (cabling, todo))
    source = source_voltage(scenario, rngs["source"])
    if scenario.loss_percent is not None:
        cabling = with_loss(cabling, source, loads_of(demand, cabling), scenario.loss_percent / 100)
    solved = supply(demand, cabling, source)
    readings = _consumers(scenario, rngs, (todo, demand, solved))
    readings = _foreign(scenario, rngs["foreign"], readings, (np.abs(source[0]), homes[scenario.meters :]))
    return _area(scenario, rngs, (todo, demand, solved), readings)


def _phases(scenario: Scenario, rng: np.random.Generator, cabling: Cabling) -> NDArray[np.int8]:
    """Return the phases of the consumers (n,): round along each feeder, or anyhow."""
    shares = rng.dirichlet((8.0, 8.0, 8.0))
    phase = (cabling.consumer_bus % len(PHASES)).astype(np.int8)
    anyhow = rng.random(scenario.meters) < scenario.unbalance
    phase[anyhow] = rng.choice(len(PHASES), int(anyhow.sum()), p=shares)
    three = rng.permutation(scenario.meters)[: round(scenario.three_phase_share * scenario.meters)]
    phase[three] = Phase.ABC
    return phase


def _consumption(scenario: Scenario, rngs: dict[str, np.random.Generator], phase: NDArray[np.int8]) -> Floats:
    """Return what the homes use, then those of other areas (n + foreign, T) [kWh]."""
    foreign = scenario.count(WRONG_TOPOLOGY)
    if scenario.profiles is not None:
        count = scenario.meters + foreign
        used = given(rngs["homes"], scenario.profiles, count, scenario.days * PER_DAY)
    else:
        size = (scenario.days, scenario.start.weekday(), scenario.daily_kwh)
        used = households(rngs["homes"], scenario.meters, *size)
        if foreign:
            used = np.concatenate([used, households(rngs["foreign"], foreign, *size)])
    three = np.flatnonzero(phase == Phase.ABC)
    used[three] *= rngs["network"].uniform(1.5, 3.0, (len(three), 1))
    return used


def _demand(
    scenario: Scenario,
    rngs: dict[str, np.random.Generator],
    homes: tuple[NDArray[np.int8], Floats],
    where: tuple[Cabling, Plan],
) -> Demand:
    phase, used = homes
    cabling, todo = where
    return Demand(
        used,
        solar(rngs["solar"], scenario.meters, scenario.days, todo.solar),
        power_factors(rngs["power"], used),
        phase,
        phase_split(rngs["power"], int((phase == Phase.ABC).sum()), used.shape[1]),
        unmetered_loads(scenario, rngs["faults"], cabling, float(used.sum())),
    )


def _consumers(
    scenario: Scenario, rngs: dict[str, np.random.Generator], world: tuple[Plan, Demand, Supply]
) -> _Readings:
    """Return what the consumers' own meters record."""
    todo, demand, solved = world
    error = np.repeat(todo.error[:, None], scenario.days, axis=1)
    gain = np.repeat(_gains(scenario, rngs["voltage"], scenario.meters), scenario.days, axis=1)
    for fault in todo.of(METER_EXCHANGED, STEP_CHANGE):
        error[fault.meter, fault.day :] = fault.error_after
    for fault in todo.of(METER_EXCHANGED):
        gain[fault.meter, fault.day :] = _gains(scenario, rngs["faults"], 1)
    energy = registered(
        rngs["energy"], summed(solved.energy, scenario.step_minutes), error, scenario.register_kwh
    )
    volts = _sampled(scenario, rngs["voltage"], solved.voltage, gain)
    phase = demand.phase.copy()
    volts[phase == Phase.ABC] = np.nan
    for fault in todo.of(CLOCK_SHIFT):
        energy[fault.meter] = late(energy[fault.meter], fault.intervals)
        if fault.moves_voltage:
            volts[fault.meter] = late(volts[fault.meter], fault.intervals)
    for fault in todo.of(WRONG_PHASE):
        phase[fault.meter] = fault.listed
    triple = _triple(scenario, rngs["voltage"], solved.three_phase_voltage)
    return _Readings(phase, todo.error, solved.energy.sum(axis=1), energy, volts, triple)


def _foreign(
    scenario: Scenario, rng: np.random.Generator, ours: _Readings, elsewhere: tuple[Floats, Floats]
) -> _Readings:
    """Add the meters of other areas: their loads are not on this network, nor are their voltages."""
    source, used = elsewhere
    count = used.shape[0]
    if not count:
        return ours
    error = np.clip(rng.normal(0, scenario.good_sd_percent / 100, count), -0.02, 0.02)
    days = (count, scenario.days)
    drop = rng.uniform(2, 6, (count, 1)) + rng.uniform(1, 4, (count, 1)) * (
        drift(rng, used.shape, 1.0) + 4 * used
    )
    volts = source * (1 + 0.002 * drift(rng, used.shape, 3.0)) - np.maximum(drop, 0)
    gain = np.broadcast_to(_gains(scenario, rng, count), days)
    energy = summed(used, scenario.step_minutes)
    return _Readings(
        np.concatenate([ours.phase, rng.integers(0, 3, count).astype(np.int8)]),
        np.concatenate([ours.error, error]),
        np.concatenate([ours.true_energy, np.zeros(count)]),
        np.concatenate(
            [
                ours.energy,
                registered(rng, energy, np.broadcast_to(error[:, None], days), scenario.register_kwh),
            ]
        ),
        np.concatenate([ours.voltage, _sampled(scenario, rng, volts, gain)]),
        ours.three_phase_voltage,
    )


def _area(
    scenario: Scenario,
    rngs: dict[str, np.random.Generator],
    world: tuple[Plan, Demand, Supply],
    readings: _Readings,
) -> tuple[Area, Truth]:
    """Return the area as listed, with gaps, and its truth."""
    todo, demand, solved = world
    count = readings.energy.shape[0]
    width = max(3, len(str(count - 1)))
    names = tuple(f"{scenario.area_id}-M{index:0{width}d}" for index in range(count))
    listed = np.setdiff1d(np.arange(count), todo.unlisted)
    master_error = float(rngs["energy"].normal(0, scenario.master_sd_percent / 100))
    _lose(scenario, rngs["gaps"], readings)
    area = Area(
        scenario.area_id,
        tuple(names[index] for index in listed),
        readings.phase[listed],
        np.full(len(listed), scenario.tolerance_percent),
        scenario.master_mpe_percent,
        np.datetime64(scenario.start.isoformat(), "m"),
        scenario.step_minutes,
        _master_energy(scenario, rngs["energy"], solved.master, master_error),
        _triple(scenario, rngs["voltage"], solved.master_voltage[None])[0],
        readings.energy[listed],
        readings.voltage[listed],
        readings.three_phase_voltage,
    )
    if scenario.count(NO_VOLTAGE):
        for volts in (area.master_voltage, area.voltage, area.three_phase_voltage):
            volts[...] = np.nan
    return area, _truth(scenario, (todo, demand, solved), readings, (names, listed, master_error))


def _lose(scenario: Scenario, rng: np.random.Generator, readings: _Readings) -> None:
    """Put NaN for the readings that did not arrive, and for their voltages."""
    if not scenario.count(MISSING_READINGS):
        return
    missing = gaps(rng, readings.energy.shape, scenario.missing_share)
    readings.energy[missing] = np.nan
    readings.voltage[missing] = np.nan
    channels = missing[readings.phase == Phase.ABC][:, None, :].repeat(len(PHASES), axis=1)
    readings.three_phase_voltage[channels] = np.nan


def _truth(
    scenario: Scenario,
    world: tuple[Plan, Demand, Supply],
    readings: _Readings,
    listing: tuple[tuple[str, ...], NDArray[np.int64], float],
) -> Truth:
    todo, demand, solved = world
    names, listed, master_error = listing
    energy = readings.true_energy[listed]
    percent = 100 * readings.error[listed]
    listed_names = [names[index] for index in listed]
    return Truth(
        scenario.area_id,
        scenario.seed,
        scenario.days,
        float(solved.loss / solved.master.sum()),
        float(min(solved.voltage.min(), solved.three_phase_voltage.min(initial=np.inf))),
        dict(zip(listed_names, percent.tolist(), strict=True)),
        tuple(
            name for name, p in zip(listed_names, percent, strict=True) if abs(p) > scenario.tolerance_percent
        ),
        dict(zip(listed_names, (energy / energy.sum()).tolist(), strict=True)),
        notes_of(scenario, todo, (demand, solved), names),
        100 * master_error,
    )


def _gains(scenario: Scenario, rng: np.random.Generator, channels: int) -> Floats:
    """Return the relative errors of voltage channels (channels, 1)."""
    return rng.normal(0, scenario.voltage_gain_sd_percent / 100, (channels, 1))


def _sampled(scenario: Scenario, rng: np.random.Generator, volts: Floats, gain: Floats) -> Singles:
    reading = (scenario.step_minutes, scenario.voltage_reading)
    return sampled(rng, volts, gain, scenario.voltage_noise_sd_percent / 100, reading)


def _triple(scenario: Scenario, rng: np.random.Generator, volts: Floats) -> Singles:
    """Return what meters with three channels record (m, 3, steps) of the voltages (m, 3, T)."""
    flat = volts.reshape(-1, volts.shape[2])
    gain = np.repeat(_gains(scenario, rng, flat.shape[0]), scenario.days, axis=1)
    taken = _sampled(scenario, rng, flat, gain)
    return taken.reshape(volts.shape[0], 3, taken.shape[1])


def _master_energy(scenario: Scenario, rng: np.random.Generator, energy: Floats, error: float) -> Singles:
    by_step = summed(energy[None], scenario.step_minutes)
    errors = np.full((1, scenario.days), error)
    return registered(rng, by_step, errors, scenario.master_register_kwh).reshape(-1)
