"""Made-up household loads: no two homes alike, every quarter of an hour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.simulate.errors import NotSimulable

Floats = NDArray[np.float64]

PER_DAY = 96
_HOURS = (np.arange(PER_DAY) + 0.5) / 4
_QUARTER = 0.25  # hours
_DAYS_OF_WEEK, _SATURDAY = 7, 5
_LEAST_DAILY, _MOST_DAILY = 0.3, 2.5  # of the median home
_SPREAD = 0.55  # of the logarithm of the daily energy between homes
_MOST_STEADY = 0.6  # of a home's energy that its base load and its refrigerator take
_EMPTY, _AWAY, _ELECTRIC_CARS = 0.02, 0.1, 0.04  # shares of homes
_NIGHTS = 0.35  # on which a car is charged
_BREAKER_KW = 4.4  # of a home that is made up: 20 A
_MOST_KW = 10.0  # of a given profile


def households(
    rng: np.random.Generator, homes: int, days: int, first_weekday: int, median_daily_kwh: float
) -> Floats:
    """Return the energy of each home (homes, 96·days) [kWh]; ``first_weekday`` 0 is a Monday."""
    daily = median_daily_kwh * np.clip(np.exp(rng.normal(0, _SPREAD, homes)), _LEAST_DAILY, _MOST_DAILY)
    weekend = (first_weekday + np.arange(days)) % _DAYS_OF_WEEK >= _SATURDAY
    present = _presence(rng, homes, days)
    lively = _lively(rng, homes, weekend) * present[:, :, None]
    lively = lively.reshape(homes, -1)
    steady = _steady(rng, daily, days)
    wanted = daily - steady.sum(axis=1) / days
    lively *= (wanted * days / np.maximum(lively.sum(axis=1), 1e-9))[:, None]
    energy = steady + lively + _charging(rng, homes, days)
    empty = rng.random(homes) < _EMPTY
    energy[empty] = rng.choice((0.0, 0.003), (int(empty.sum()), 1)) * _QUARTER
    limited: Floats = np.minimum(energy, _BREAKER_KW * _QUARTER)
    return limited


def given(rng: np.random.Generator, profiles: Floats, homes: int, intervals: int) -> Floats:
    """Return ``homes`` of the given profiles (m, t) [kWh], each once where there are enough.

    A home used again starts at another day.  Negative and missing values become 0, and spikes above
    10 kW are cut: they are faults of the meters that recorded them.

    Raises
    ------
    NotSimulable
        No profile, or less than a day of 15-minute values.
    """
    if profiles.ndim != 2 or profiles.shape[0] == 0 or profiles.shape[1] < PER_DAY:  # noqa: PLR2004
        raise NotSimulable("负荷曲线应为二维数组：每户一行，15 分钟一列，至少一天")
    count, length = profiles.shape
    whole = length - length % PER_DAY
    order = np.concatenate([rng.permutation(count) for _ in range(-(-homes // count))])[:homes]
    shift = np.where(np.arange(homes) < count, 0, rng.integers(0, whole // PER_DAY, homes) * PER_DAY)
    column = (np.arange(intervals)[None, :] + shift[:, None]) % whole
    energy = np.nan_to_num(profiles[order[:, None], column].astype(np.float64), posinf=0.0, neginf=0.0)
    limited: Floats = np.clip(energy, 0.0, _MOST_KW * _QUARTER)
    return limited


def _presence(rng: np.random.Generator, homes: int, days: int) -> Floats:
    """Return 1 where somebody is at home, about 0 where the home is away (homes, days)."""
    weather = rng.normal(0, 0.08, days)
    present = np.exp(weather + rng.normal(0, 0.25, (homes, days)))
    for home in np.flatnonzero(rng.random(homes) < _AWAY):
        first = int(rng.integers(0, days))
        present[home, first : first + int(rng.integers(2, 9))] = 0.02
    return present


def _lively(rng: np.random.Generator, homes: int, weekend: NDArray[np.bool_]) -> Floats:
    """Return what people at home use (homes, days, 96), in any unit: habits, and events of a few minutes."""
    days = weekend.shape[0]
    habit = rng.dirichlet((2.0, 1.5, 4.0, 0.8), homes)  # morning, noon, evening, night
    centre = np.array([7.2, 12.2, 19.3, 23.5]) + rng.normal(0, (0.9, 0.7, 1.2, 1.5), (homes, 4))
    width = np.array([1.2, 1.3, 2.4, 3.0]) * np.exp(rng.normal(0, 0.25, (homes, 4)))
    activity = np.full((homes, days, PER_DAY), 0.03)
    for part in range(4):
        noon_at_home = np.where(weekend & (part == 1), 2.0, 1.0)
        jittered = centre[:, part, None] + rng.normal(0, 0.5, (homes, days)) + weekend * (part == 0)
        away = (_HOURS - jittered[:, :, None] + 12) % 24 - 12
        bump = np.exp(-0.5 * (away / width[:, part, None, None]) ** 2) / width[:, part, None, None]
        activity += (habit[:, part, None] * noon_at_home)[:, :, None] * bump
    peaky = rng.uniform(0.2, 0.65, (homes, 1, 1))
    rate = activity * rng.uniform(1.5, 6.0, (homes, 1, 1))
    events = rng.poisson(rate) * rng.gamma(1.5, 1 / 1.5, activity.shape)
    smooth = activity * rng.gamma(6.0, 1 / 6.0, activity.shape)
    lively: Floats = (1 - peaky) * smooth + peaky * events * activity.mean() / max(float(events.mean()), 1e-9)
    return lively


def _steady(rng: np.random.Generator, daily: Floats, days: int) -> Floats:
    """Return base load and refrigerator (homes, 96·days) [kWh]: it runs for a share of each of its cycles."""
    homes = daily.shape[0]
    base = rng.uniform(0.03, 0.15, (homes, 1))  # kW
    cycle = rng.uniform(0.6, 1.6, (homes, 1))  # hours
    duty = rng.uniform(0.25, 0.5, (homes, 1))
    watts = rng.uniform(0.06, 0.14, (homes, 1))
    edges = np.arange(PER_DAY * days + 1) * _QUARTER + rng.uniform(0, 2, (homes, 1))
    cycles = np.floor(edges / cycle)
    run = cycles * duty * cycle + np.minimum(edges - cycles * cycle, duty * cycle)
    steady = base * _QUARTER + watts * np.diff(run, axis=1)
    too_much = steady.sum(axis=1) / days / (_MOST_STEADY * daily)
    limited: Floats = steady / np.maximum(too_much, 1.0)[:, None]
    return limited


def _charging(rng: np.random.Generator, homes: int, days: int) -> Floats:
    """Return what electric cars take on some nights (homes, 96·days) [kWh]."""
    energy = np.zeros((homes, PER_DAY * days))
    for home in np.flatnonzero(rng.random(homes) < _ELECTRIC_CARS):
        kw = rng.choice((1.6, 2.2, 3.3))
        for night in np.flatnonzero(rng.random(days) < _NIGHTS).tolist():
            first = night * PER_DAY + int(rng.integers(72, 92))
            energy[home, first : first + int(rng.integers(4, 20))] = kw * _QUARTER
    return energy
