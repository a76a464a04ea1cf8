"""Which suspected meters to visit under a budget: what is avoided against trips and visits.

A trip to an area costs once, each meter there costs again; the best set is a small integer programme.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, exp, inf, isfinite, pi, sqrt

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

_SECONDS = 10.0
_TOLERANCE = 1e-6


class BadVisits(ValueError):
    """Costs, a budget or meters that are none; the text is Chinese."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A meter that could be visited; ``value`` is what a visit avoids in a year [kWh]."""

    key: str
    area: str
    value: float


@dataclass(frozen=True, slots=True)
class AreaTrip:
    """A trip of the plan: its meters, what it avoids [kWh] and costs; ``rate`` is one by the other."""

    area: str
    keys: tuple[str, ...]
    value: float
    cost: float

    @property
    def rate(self) -> float:
        return self.value / self.cost if self.cost else inf


@dataclass(frozen=True, slots=True)
class VisitPlan:
    """The best set of visits under a budget; ``gap`` > 0 where time ran out before it was proved [kWh]."""

    trips: tuple[AreaTrip, ...]  # the best rate first
    value: float
    cost: float
    left_out: tuple[str, ...]
    gap: float


def expected_unfair_kwh(
    annual_kwh: float, error_percent: float, standard_uncertainty_percent: float, probability: float
) -> float:
    """Return the energy that is expected to be billed unfairly in a year if a meter stays [kWh].

    Probability of being out of tolerance [1] × mean size of the error (that of a normal distribution about the estimate,
    both [%]) × energy of a year [kWh].  Too much and too little count alike.

    Raises
    ------
    BadVisits
        A figure that is none or negative, a probability beyond 0 … 1.
    """
    given = (annual_kwh, error_percent, standard_uncertainty_percent, probability)
    if not all(map(isfinite, given)) or annual_kwh < 0 or standard_uncertainty_percent < 0:
        raise BadVisits("电量、误差和不确定度应是数，电量和不确定度不能是负的。")
    if not 0 <= probability <= 1:
        raise BadVisits("概率应在 0 到 1 之间。")
    return annual_kwh * probability * _mean_size(error_percent, standard_uncertainty_percent) / 100


def plan_visits(
    candidates: Sequence[Candidate], *, budget: float, cost_of_trip: float, cost_of_meter: float
) -> VisitPlan:
    """Return the visits that avoid most for the money.

    Raises
    ------
    BadVisits
        Costs or a budget that are none or negative, visits for nothing, a meter twice, a value that is none.
    """
    _refuse_bad(candidates, (budget, cost_of_trip, cost_of_meter))
    worth = [one for one in candidates if one.value > 0]
    chosen, gap = _solved(worth, budget, cost_of_trip, cost_of_meter)
    by_area: dict[str, list[Candidate]] = defaultdict(list)
    for one in chosen:
        by_area[one.area].append(one)
    trips = tuple(
        sorted(
            (_trip(area, found, cost_of_trip, cost_of_meter) for area, found in by_area.items()),
            key=lambda trip: (-trip.rate, trip.area),
        )
    )
    taken = {one.key for one in chosen}
    return VisitPlan(
        trips,
        sum(trip.value for trip in trips),
        sum(trip.cost for trip in trips),
        tuple(one.key for one in candidates if one.key not in taken),
        gap,
    )


def _solved(
    worth: Sequence[Candidate], budget: float, trip: float, meter: float
) -> tuple[list[Candidate], float]:
    """Solve max Σ v·x subject to Σ meter·x + Σ trip·y ≤ budget and x ≤ y of its area, x and y 0 or 1."""
    if not worth:
        return [], 0.0
    areas = {area: at for at, area in enumerate(sorted({one.area for one in worth}))}
    n, m = len(worth), len(areas)
    values = np.array([one.value for one in worth])
    scale = values.max()
    rows = np.concatenate([np.zeros(n + m), np.repeat(np.arange(1, n + 1), 2)])
    columns = np.concatenate(
        [np.arange(n + m), np.ravel([(at, n + areas[one.area]) for at, one in enumerate(worth)])]
    )
    entries = np.concatenate([np.full(n, meter), np.full(m, trip), np.tile([1.0, -1.0], n)])
    table = coo_array((entries, (rows.astype(int), columns.astype(int))), shape=(n + 1, n + m))
    limits = np.concatenate([[budget], np.zeros(n)])
    answer = milp(
        np.concatenate([-values / scale, np.zeros(m)]),
        integrality=np.ones(n + m, dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(table.tocsr(), -np.inf, limits),
        options={"time_limit": _SECONDS, "mip_rel_gap": 0.0},
    )
    if answer.x is None:
        raise BadVisits("在限定的时间内没有算出名单，请减少候选的电能表。")
    chosen = [one for one, x in zip(worth, answer.x, strict=False) if x > 1 / 2]
    reached, bound = sum(one.value for one in chosen) / scale, -float(answer.mip_dual_bound)
    gap = (bound - reached) * scale
    return chosen, gap if gap > _TOLERANCE * scale else 0.0


def _trip(area: str, found: Sequence[Candidate], trip: float, meter: float) -> AreaTrip:
    ordered = sorted(found, key=lambda one: (-one.value, one.key))
    keys = tuple(one.key for one in ordered)
    return AreaTrip(area, keys, sum(one.value for one in ordered), trip + meter * len(keys))


def _mean_size(mean: float, deviation: float) -> float:
    """Return E|X| of a normal distribution (the folded normal distribution)."""
    if deviation == 0:
        return abs(mean)
    z = mean / deviation
    return deviation * sqrt(2 / pi) * exp(-z * z / 2) + mean * erf(z / sqrt(2))


def _refuse_bad(candidates: Sequence[Candidate], money: tuple[float, float, float]) -> None:
    if not all(isfinite(one) and one >= 0 for one in money):
        raise BadVisits("预算和费用应是不小于 0 的数。")
    if money[1] == money[2] == 0:
        raise BadVisits("每趟和每台的费用不能都是 0。")
    if not all(isfinite(one.value) for one in candidates):
        raise BadVisits("有的电能表没有算出可以避免的电量。")
    if len({one.key for one in candidates}) != len(candidates):
        raise BadVisits("有的电能表出现了两次。")
