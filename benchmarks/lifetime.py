"""Claim: the 95 % interval of the years left holds the truth in 92 % of lots or more, and so does the bound alone.

    python benchmarks/lifetime.py [--lots 300] [--seed 1] [--json]

Lots are drawn from a known Weibull distribution and inspected; the truth is the age at which the fraction
nonconforming reaches 5 %, minus the age now.  Of each scenario: the share of lots whose interval holds the truth,
the share whose one-sided 95 % bound is not above it, and how often the truth lies below and above the interval.
The last column is the median of the bound over the truth: how much a lot gives away for certainty.

    one look       one sample at 8 years
    three looks    samples at 4, 6 and 8 years
    followed       the same meters at 4, 6 and 8 years
    truncated      meters that had failed before 3 years are missing; the others are seen at 6 and 8 years
    shape drawn    the shape of each lot is drawn from the prior; elsewhere it is fixed
    drift          errors measured instead: mean and spread grow, 5 % beyond ±2 %
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import isfinite, log

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from quanheng.kernels.lifetime import (
    Measured,
    Seen,
    ShapePrior,
    drift_years_left,
    life_model,
    lifetimes,
    years_left,
)

LIMIT, NOW = 0.05, 8.0
Draw = Callable[[np.random.Generator], tuple[list[Seen], float]]


@dataclass(frozen=True)
class Scenario:
    """``fraction`` is what has failed at 8 years; shape 0 draws it from the prior."""

    name: str
    meters: int
    fraction: float
    shape: float
    ages: tuple[float, ...]
    is_followed: bool = False
    entry: float = 0.0


SCENARIOS = (
    *(
        Scenario("one look, shape drawn", n, p, 0.0, (8.0,))
        for n, p in ((80, 0.02), (200, 0.02), (200, 0.04))
    ),
    *(Scenario("one look", 200, 0.02, shape, (8.0,)) for shape in (1.0, 2.0, 4.0)),
    *(Scenario("three looks", n, 0.02, 2.0, (4.0, 6.0, 8.0)) for n in (240, 600, 2000)),
    *(Scenario("three looks", 600, 0.02, shape, (4.0, 6.0, 8.0)) for shape in (1.0, 4.0)),
    *(Scenario("followed", n, 0.02, 2.0, (4.0, 6.0, 8.0), is_followed=True) for n in (100, 400, 2000)),
    *(Scenario("truncated", n, 0.02, 2.0, (6.0, 8.0), is_followed=True, entry=3.0) for n in (100, 400)),
)


@dataclass(frozen=True)
class Row:
    name: str
    meters: int
    fraction: float
    shape: float
    lots: int
    covered: float
    bound_holds: float
    truth_below: float
    truth_above: float
    bound_over_truth: float


def draw(scenario: Scenario, rng: np.random.Generator) -> tuple[list[Seen], float]:
    """Return what was seen of one lot, and the true years left."""
    prior = ShapePrior()
    shape = scenario.shape or float(np.exp(rng.normal(log(prior.middle), prior.spread)))
    scale = NOW / (-np.log1p(-scenario.fraction)) ** (1 / shape)
    truth = scale * (-np.log1p(-LIMIT)) ** (1 / shape) - NOW
    hazard_at_entry = (scenario.entry / scale) ** shape
    lives = scale * (hazard_at_entry + rng.exponential(size=scenario.meters)) ** (1 / shape)
    seen = []
    for at, life in enumerate(lives):
        looks = scenario.ages if scenario.is_followed else (scenario.ages[at % len(scenario.ages)],)
        last = scenario.entry
        for age in looks:
            if life <= age:
                seen.append(Seen(last, age, scenario.entry))
                break
            last = age
        else:
            seen.append(Seen(last, entry=scenario.entry))
    return seen, truth


def measure(scenario: Scenario, lots: int, seed: int) -> Row:
    """Return the coverage over so many lots."""
    rng = np.random.default_rng(seed)
    below = above = over = 0
    ratios = []
    for _lot in range(lots):
        seen, truth = draw(scenario, rng)
        left = years_left(life_model(lifetimes(seen)), LIMIT, NOW)
        below += truth < left.low
        above += truth > left.high and isfinite(left.high)
        over += left.at_least > truth
        ratios.append(left.at_least / truth)
    return Row(
        scenario.name,
        scenario.meters,
        scenario.fraction,
        scenario.shape,
        lots,
        1 - (below + above) / lots,
        1 - over / lots,
        below / lots,
        above / lots,
        float(np.median(ratios)),
    )


def measure_drift(meters: int, *, is_followed: bool, lots: int, seed: int) -> Row:
    """Return the coverage of the years left from measured errors."""
    rng = np.random.default_rng(seed)
    mean, rate, offset, drift, noise = 0.1, 0.06, 0.4, 0.05, 0.1 if is_followed else 0.0

    def beyond(age: float) -> float:
        sd, at = (offset**2 + (drift * age) ** 2) ** 0.5, mean + rate * age
        return float(ndtr((-2 - at) / sd) + ndtr((at - 2) / sd))

    truth = float(brentq(lambda age: beyond(age) - LIMIT, NOW, 60.0)) - NOW
    below = above = over = 0
    ratios = []
    for _lot in range(lots):
        measured = []
        for at in range(meters):
            own = rng.normal(mean, offset), rng.normal(rate, drift)
            ages = (4.0, 6.0, 8.0) if is_followed else ((4.0, 6.0, 8.0)[at % 3],)
            errors = [float(own[0] + own[1] * age + rng.normal(0, noise)) for age in ages]
            measured += [Measured(str(at), age, error) for age, error in zip(ages, errors, strict=True)]
        left = drift_years_left(measured, 2.0, LIMIT, NOW)
        below += truth < left.low
        above += truth > left.high
        over += left.at_least > truth
        ratios.append(left.at_least / truth)
    name = "drift, followed" if is_followed else "drift, one look each"
    covered = 1 - (below + above) / lots
    return Row(
        name,
        meters,
        beyond(NOW),
        0.0,
        lots,
        covered,
        1 - over / lots,
        below / lots,
        above / lots,
        float(np.median(ratios)),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--lots", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    start = time.perf_counter()
    rows = [measure(scenario, given.lots, given.seed + at) for at, scenario in enumerate(SCENARIOS)]
    rows += [
        measure_drift(meters, is_followed=followed, lots=given.lots, seed=given.seed)
        for meters, followed in ((120, False), (120, True))
    ]
    if given.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        print(
            f"{'scenario':24}{'meters':>7}{'bad now':>9}{'shape':>7}{'covered':>9}{'bound':>8}{'below':>8}{'above':>8}{'bound/truth':>13}"
        )
        for row in rows:
            shape = f"{row.shape:g}" if row.shape else "–"
            print(
                f"{row.name:24}{row.meters:7}{row.fraction:9.1%}{shape:>7}{row.covered:9.1%}{row.bound_holds:8.1%}"
                f"{row.truth_below:8.1%}{row.truth_above:8.1%}{row.bound_over_truth:13.2f}"
            )
        print(f"{given.lots} lots each, {time.perf_counter() - start:.0f} s")
    return 0 if all(row.covered >= 0.92 and row.bound_holds >= 0.92 for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
