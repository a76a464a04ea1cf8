"""Simulated chains on which the probabilities of `recall` are held against what really happened.

A reference drifts, a working standard is calibrated with it twice and drifts itself, and instruments of a known
population are verified with the working standard, half of them with the reference as well.  Then both are
calibrated, `recall` gives its probabilities, and the simulation knows which verdicts flip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanheng.kernels.traceability.drift import estimate_diffusion
from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import (
    DAYS_OF_YEAR,
    BoolArray,
    Calibration,
    Course,
    FloatArray,
    History,
    IntArray,
)
from quanheng.kernels.traceability.population import Population
from quanheng.kernels.traceability.recall import recall
from quanheng.kernels.traceability.verdicts import Verdicts

_BLOCK = 20
_LAST, _FIRST_USE, _LAST_USE = 730, 200, 700
_U_REFERENCE, _U_WORKING, _U_READING = 0.02, 0.04, 0.05
_RATE, _WALK = 0.25, 0.12  # of both standards, a year and a square root of one; limits are ±1
_POPULATION = Population(0.0, 0.5, 0.5)
_POINTS = 3
_SENSITIVITY = (-1.0, -0.5)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the simulation does with the reference, and what `recall` is told."""

    course: Course = Course.RANDOM
    knows_population: bool = True
    knows_diffusion: bool = True


class Simulated(NamedTuple):
    """Probability, whether the verdict flipped, and the chain of each verification."""

    probability: FloatArray
    flipped: BoolArray
    chain: IntArray


class Row(NamedTuple):
    """A bin of the reliability table: its ends, verifications, chains, mean probability, share that flipped."""

    low: float
    high: float
    verifications: int
    chains: int
    probability: float
    flipped: float


def simulate(
    seed: int, chains: int, verifications: int = 12, assumptions: Assumptions | None = None
) -> Simulated:
    """Return probabilities and flips of ``chains`` chains with ``verifications`` each.

    Raises
    ------
    BadTraceability
        A number is not positive.
    """
    if chains < 1 or verifications < 1:
        raise BadTraceability("链数和每条链的检定数应当大于零。")
    told = assumptions or Assumptions()
    generator = np.random.default_rng(seed)
    size = 1 if told.course is Course.STEP else _BLOCK
    parts = [
        _simulate(generator, min(size, chains - begin), verifications, told)
        for begin in range(0, chains, size)
    ]
    count = np.repeat(np.arange(chains), verifications)
    return Simulated(np.concatenate([a for a, _b in parts]), np.concatenate([b for _a, b in parts]), count)


def reliability(simulated: Simulated, bins: int = 10) -> list[Row]:
    """Return the reliability table; bins without verifications are left out."""
    place = np.minimum((simulated.probability * bins).astype(int), bins - 1)
    rows = []
    for at in range(bins):
        mine = place == at
        if np.any(mine):
            rows.append(
                Row(
                    at / bins,
                    (at + 1) / bins,
                    int(mine.sum()),
                    len(np.unique(simulated.chain[mine])),
                    float(simulated.probability[mine].mean()),
                    float(simulated.flipped[mine].mean()),
                )
            )
    return rows


class _True(NamedTuple):
    """True deviations on the days of use (B, n), and what the last calibrations found (B,)."""

    reference: FloatArray
    working: FloatArray
    reference_found: FloatArray
    working_found: FloatArray


def _simulate(
    generator: np.random.Generator, chains: int, n: int, told: Assumptions
) -> tuple[FloatArray, BoolArray]:
    day = np.sort(generator.integers(_FIRST_USE + 1, _LAST_USE, (chains, n)), axis=1)
    true = _deviations(generator, day, told.course)
    uses = np.stack((np.arange(chains) * 2 + 1, np.arange(chains) * 2), axis=1).repeat(n, axis=0)
    has_reference = np.tile(np.arange(n) % 2 == 1, chains)
    uses[~has_reference, 1] = -1
    deviation = np.stack((true.working, true.reference), axis=-1).reshape(-1, 2)
    shift = deviation @ np.array(_SENSITIVITY) - np.where(
        has_reference, 0.0, deviation[:, 1] * _SENSITIVITY[1]
    )
    corrected = _readings(generator, chains * n)
    error = corrected - shift[:, None]
    passed, would_pass = (np.all(np.abs(each) <= 1, axis=1) for each in (error, corrected))
    size = error.size
    verdicts = Verdicts(
        [str(at) for at in range(chains * n)],
        day.ravel(),
        passed,
        uses,
        np.arange(chains * n) * _POINTS,
        error.ravel(),
        np.full(size, -1.0),
        np.full(size, 1.0),
        np.tile(_SENSITIVITY, (size, 1)),
        np.full(size, _U_READING),
    )
    histories = [each for at in range(chains) for each in _histories(true, at, told)]
    population = _POPULATION if told.knows_population else None
    found = recall(histories, verdicts, population=population, draws=0)
    return found.flip_probability, passed != would_pass


def _readings(generator: np.random.Generator, count: int) -> FloatArray:
    """Return what the instruments read against true standards (count, points)."""
    rho, shape = _POPULATION.correlation, (count, _POINTS)
    same = np.sqrt(rho) * generator.standard_normal((count, 1))
    true = _POPULATION.sd * (same + np.sqrt(1 - rho) * generator.standard_normal(shape))
    return np.asarray(true + _U_READING * generator.standard_normal(shape))


def _deviations(generator: np.random.Generator, day: IntArray, course: Course) -> _True:
    chains = len(day)
    edges = [np.full((chains, 1), _FIRST_USE), day, np.full((chains, 1), _LAST_USE)]
    days = np.concatenate((*edges, np.full((chains, 1), _LAST)), axis=1).astype(np.float64)
    reference = _U_REFERENCE * generator.standard_normal((chains, 1))
    if course is Course.STEP:
        jump = 2 * _RATE * generator.standard_normal((chains, 1))
        reference = reference + jump * (days > _LAST * generator.random((chains, 1)))
    else:
        walk = 0.0 if course is Course.LINEAR else _WALK
        reference = reference + _course(generator, days, walk)
    working = _course(generator, days[:, :-1] - _FIRST_USE, _WALK) + reference[:, :1]
    working += _U_WORKING * generator.standard_normal((chains, 1))
    noise = generator.standard_normal((2, chains))
    return _True(
        reference[:, 1:-2],
        working[:, 1:-1],
        reference[:, -1] + _U_REFERENCE * noise[0],
        working[:, -1] - reference[:, -2] + _U_WORKING * noise[1],
    )


def _course(generator: np.random.Generator, days: FloatArray, walk: float) -> FloatArray:
    """Return a constant rate and a random walk from 0 at day 0, at rising days (B, T)."""
    years = days / DAYS_OF_YEAR
    steps = np.sqrt(np.diff(years, axis=1, prepend=0.0)) * generator.standard_normal(days.shape)
    rate = _RATE * generator.standard_normal((len(days), 1))
    found: FloatArray = rate * years + walk * np.cumsum(steps, axis=1)
    return found


def _histories(true: _True, at: int, told: Assumptions) -> tuple[History, History]:
    name = f"R{at}"
    reference = (
        Calibration(0, _U_REFERENCE),
        Calibration(_LAST, _U_REFERENCE, float(true.reference_found[at]), course=told.course),
    )
    working = (
        Calibration(_FIRST_USE, _U_WORKING, by=name),
        Calibration(_LAST_USE, _U_WORKING, float(true.working_found[at]), by=name),
    )
    walks = (
        (_WALK, _WALK)
        if told.knows_diffusion
        else (estimate_diffusion(reference), estimate_diffusion(working))
    )
    return History(name, reference, walks[0]), History(f"W{at}", working, walks[1])
