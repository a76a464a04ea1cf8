"""Simulated districts with known truth: households and shops, pressure, leakage, bursts, meters that do not start.

A mechanical meter registers the share max(0, 1 − (q_s/q)³) of a flow q: nothing below its starting flow q_s, 97 % at
three times that.  Use comes in events above Q2, a small part of it at low flow, and in some homes something drips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.water.district import District

Floats = NDArray[np.float64]

_HOME_DAILY, _SHOP_DAILY = 0.35, 2.5  # median [m³]
_EVENT = 0.015  # mean volume of an event [m³], as a shower or a machine
_LOW_SHARE, _LOW_FLOW, _LOW_SPREAD = 0.05, 40.0, 0.6  # of the use; median [L/h] and sd of the logarithm
_DRIPPING, _DRIP = 0.25, (2.0, 15.0)  # share of homes; [L/h]
_STATIC, _SUPPLY = 300.0, 15.0  # pressure at rest, and how far it moves over a day [kPa]
_DROP = 8.0  # pressure lost on the way at the mean inflow [kPa]
_HEAD_LOSS = 1.852  # exponent of the flow (Hazen-Williams)
_PRESSURE_NOISE, _PRESSURE_STEP = 1.0, 1.0  # [kPa]
_FLOW_NOISE = 0.002  # of the district meter, of one interval
_RESTLESS = 0.02  # standard deviation of a day's leakage from what pressure says, as a ratio


@dataclass(frozen=True, slots=True)
class DistrictScenario:
    """What is simulated; the same values give the same readings."""

    seed: int = 1
    homes: int = 56
    shops: int = 4
    days: int = 60
    step_minutes: int = 60
    start: str = "2026-03-02"
    leakage_percent: float = 20.0  # of the inflow, before a burst
    n1: float = 1.0  # exponent of leakage with pressure
    has_pressure: bool = True
    has_valve: bool = False  # one that lowers the pressure at night, by 60 kPa from 23 to 5 o'clock
    wrong: int = 3
    wrong_percent: tuple[float, float] = (5.0, 12.0)  # size of their errors, of either sign
    good_sd_percent: float = 0.5
    common_percent: float = 0.0  # error that all consumers share
    mpe_percent: float = 2.0
    inflow_mpe_percent: float = 1.0  # its error lies anywhere within
    register_m3: float = 0.001
    inflow_register_m3: float = 0.01
    clock_sd_seconds: float = 20.0
    starting_flow: float = 0.0  # median of the meters [L/h]; about 8 new, 20 worn
    burst_day: float | None = None  # when it begins, days from the start
    burst_m3_per_day: float = 6.0
    repaired_day: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DistrictTruth:
    """What was simulated."""

    error_percent: Floats  # (n,) of what the meter registers at normal flow
    in_use_percent: Floats  # (n,) indicated over used, all that dripped included
    wrong: tuple[int, ...]
    inflow_error_percent: float
    leakage_m3: float  # all of it, over the window
    unregistered_m3: float  # that dripped through meters that do not start
    burst_interval: int | None


def simulate_district(scenario: DistrictScenario) -> tuple[District, DistrictTruth]:
    """Return a district and its truth.  Raises ValueError for a step that no hour consists of."""
    if 60 % scenario.step_minutes:
        raise ValueError(f"no hour consists of {scenario.step_minutes} minutes")
    dice = np.random.default_rng(scenario.seed)
    n, per_day = scenario.homes + scenario.shops, 24 * 60 // scenario.step_minutes
    used = _use(dice, scenario, per_day)
    hours = scenario.step_minutes / 60
    drips = (dice.random(n) < _DRIPPING) * dice.uniform(*_DRIP, n)
    drips[scenario.homes :] = 0
    dripped = drips / 1000 * hours
    error, wrong = _errors(dice, scenario)
    starting = scenario.starting_flow * np.exp(dice.normal(0, 0.3, n))
    low = _LOW_FLOW * np.exp(_LOW_SPREAD * dice.standard_normal(2000))
    at_low = _registered_share(low[None, :], starting[:, None]).mean(axis=1)
    slope = (1 + error) * (1 - _LOW_SHARE * (1 - at_low))
    share = _registered_share(drips, starting)
    indicated = slope[:, None] * used + ((1 + error) * share * dripped)[:, None]
    demand = used.sum(axis=0) + dripped.sum()
    pressure = _pressure(dice, scenario, demand, per_day)
    leakage, burst = _leakage(dice, scenario, demand, pressure, per_day)
    inflow_error = dice.uniform(-1, 1) * scenario.inflow_mpe_percent / 100
    seen = (demand + leakage) * (1 + inflow_error) * (1 + _FLOW_NOISE * dice.standard_normal(demand.size))
    measured = pressure + _PRESSURE_NOISE * dice.standard_normal(demand.size)
    measured = np.round(measured / _PRESSURE_STEP) * _PRESSURE_STEP
    district = District(
        f"D{scenario.seed:03d}",
        tuple(f"W{k + 1:04d}" for k in range(n)),
        np.full(n, scenario.mpe_percent),
        scenario.inflow_mpe_percent,
        np.datetime64(scenario.start, "m"),
        scenario.step_minutes,
        _counted(dice, seen[None], scenario.inflow_register_m3)[0],
        measured.astype(np.float32) if scenario.has_pressure else None,
        _counted(dice, _late(dice, indicated, scenario), scenario.register_m3),
    )
    total = used.sum(axis=1) + dripped * demand.size
    truth = DistrictTruth(
        100 * (slope - 1),
        100 * (indicated.sum(axis=1) / total - 1),
        wrong,
        100 * inflow_error,
        float(leakage.sum()),
        float(((1 - share) * dripped).sum() * demand.size),
        burst,
    )
    return district, truth


def _use(dice: np.random.Generator, scenario: DistrictScenario, per_day: int) -> Floats:
    """Return what flows above Q2 (n, T) [m³]: events of homes by their habits, shops while they are open."""
    hours = (np.arange(per_day) + 0.5) * 24 / per_day
    homes, days = scenario.homes, scenario.days
    centres = np.array([7.0, 12.0, 19.5])[:, None] + dice.normal(0, 0.8, (3, homes))
    habit = dice.dirichlet((2, 1.5, 3), homes).T
    bumps = np.exp(-(((hours[:, None, None] - centres) / 1.6) ** 2))
    shape = 0.03 + (habit * bumps).sum(axis=1).T
    daily = _HOME_DAILY * np.exp(dice.normal(0, 0.5, homes))
    rate = (daily / _EVENT / shape.sum(axis=1))[:, None] * shape
    present = np.exp(dice.normal(0, 0.25, (homes, days))) * (dice.random((homes, days)) > 0.06)  # noqa: PLR2004
    events = dice.poisson(present[:, :, None] * rate[:, None, :])
    home = _EVENT * dice.gamma(np.maximum(events, 1e-9)) * (events > 0)
    opened = np.where((hours > 8) & (hours < 21), 1.0, 0.05)  # noqa: PLR2004
    business = _SHOP_DAILY * np.exp(dice.normal(0, 0.5, (scenario.shops, days, 1)))
    bustle = dice.gamma(6.0, 1 / 6.0, (scenario.shops, days, per_day))
    shop = business * opened / opened.sum() * bustle
    return np.concatenate([home, shop]).reshape(homes + scenario.shops, -1)


def _errors(dice: np.random.Generator, scenario: DistrictScenario) -> tuple[Floats, tuple[int, ...]]:
    """Return the errors (n,) at normal flow, ratios, and which consumers are planted wrong."""
    n = scenario.homes + scenario.shops
    error = (scenario.common_percent + scenario.good_sd_percent * dice.standard_normal(n)) / 100
    wrong = dice.choice(n, scenario.wrong, replace=False)
    error[wrong] = dice.uniform(*scenario.wrong_percent, wrong.size) / 100 * dice.choice([-1, 1], wrong.size)
    return error, tuple(sorted(wrong.tolist()))


def _registered_share(flow: Floats, starting: Floats) -> Floats:
    """Return which share of a flow a meter registers; both [L/h]."""
    ratio = np.divide(starting, flow, out=np.zeros(np.broadcast(starting, flow).shape), where=flow > 0)
    share: Floats = np.maximum(0, 1 - ratio**3)
    return share


def _pressure(dice: np.random.Generator, scenario: DistrictScenario, demand: Floats, per_day: int) -> Floats:
    """Return the true pressure (T,) [kPa]: the supply's, less what is lost on the way, less the valve's."""
    hours = (np.arange(demand.size) % per_day + 0.5) * 24 / per_day
    moving = np.repeat(dice.normal(0, _SUPPLY / 2, scenario.days), per_day)
    supply = _STATIC + _SUPPLY * np.cos(2 * np.pi * (hours - 3) / 24) + moving
    lost = _DROP * (demand / demand.mean()) ** _HEAD_LOSS
    lowered = 60.0 * ((hours > 23) | (hours < 5)) if scenario.has_valve else 0.0  # noqa: PLR2004
    pressure: Floats = np.maximum(supply - lost - lowered, 50.0)
    return pressure


def _leakage(
    dice: np.random.Generator, scenario: DistrictScenario, demand: Floats, pressure: Floats, per_day: int
) -> tuple[Floats, int | None]:
    """Return the leakage (T,) [m³], and the interval in which the burst begins."""
    share = scenario.leakage_percent / 100
    by_pressure = (pressure / pressure.mean()) ** scenario.n1
    restless = np.repeat(np.exp(_RESTLESS * dice.standard_normal(scenario.days)), per_day)
    leakage = by_pressure / by_pressure.mean() * restless * demand.mean() * share / (1 - share)
    if scenario.burst_day is None:
        return leakage, None
    first = round(scenario.burst_day * per_day)
    last = demand.size if scenario.repaired_day is None else round(scenario.repaired_day * per_day)
    orifice = np.sqrt(pressure / pressure.mean()) * scenario.burst_m3_per_day / per_day
    leakage[first:last] += orifice[first:last]
    return leakage, first


def _late(dice: np.random.Generator, indicated: Floats, scenario: DistrictScenario) -> Floats:
    """Return the volumes (n, T) as clocks that are some seconds ahead or behind cut them."""
    moved = dice.normal(0, scenario.clock_sd_seconds, len(indicated)) / (60 * scenario.step_minutes)
    part = np.abs(moved)[:, None]
    neighbour = np.where(moved[:, None] > 0, np.roll(indicated, 1, axis=1), np.roll(indicated, -1, axis=1))
    cut: Floats = (1 - part) * indicated + part * neighbour
    return cut


def _counted(dice: np.random.Generator, volume: Floats, step: float) -> NDArray[np.float32]:
    """Return what registers (m, T) that show whole steps [m³] advance by."""
    register = np.floor(np.cumsum(volume / step, axis=1) + dice.random((len(volume), 1)))
    return (np.diff(register, axis=1, prepend=0.0) * step).astype(np.float32)
