"""Reads over many areas: energy that is expected to be billed wrong, sums by town and of the county.

The sums of each area are made by the database; `kernels.fleet.unfair` says what they are, and `quanheng fleet county`
makes them again from the meters, by the kernel alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from django.db.models import F, FloatField, Q, QuerySet, Sum, Value
from django.db.models.functions import Abs, Power

from quanheng.core.models import OrgUnit
from quanheng.fleet.models import AreaResult, MeterResult, SupplyArea
from quanheng.fleet.selectors import estimate_of
from quanheng.kernels.fleet.results import JUDGED, OUT_OF_TOLERANCE, UNDETERMINED, AreaEstimate
from quanheng.kernels.fleet.unfair import STOPPED_PERCENT, Moments, Unfair, consumers_kwh, moments, unfair

_P, _S = F("probability_out_of_tolerance"), F("energy_share")
_TRUE = F("error_percent") / 100.0 + 1.0
_G = F("error_percent") / 100.0 / _TRUE
_SPREAD = F("standard_uncertainty_percent") / 100.0 / Power(_TRUE, 2)
_PART = _P * _S * Abs(_G)
_VARIANCE = Power(_S, 2) * (_P * (Power(_G, 2) + Power(_SPREAD, 2)) - Power(_P * _G, 2))


@dataclass
class Count:
    """Sums over areas, and what is expected to be billed wrong in them."""

    areas: int = 0
    meters: int = 0
    suspects: int = 0
    undetermined: int = 0
    states: dict[str, int] = field(default_factory=dict)
    loss_kwh: float = 0.0
    supplied_kwh: float = 0.0
    parts: list[tuple[float, Moments]] = field(default_factory=list)

    @property
    def loss_percent(self) -> float | None:
        """Return the loss of the areas together, in [%] of what their masters saw; None where nothing is known."""
        return 100 * self.loss_kwh / self.supplied_kwh if self.supplied_kwh else None

    @property
    def undetermined_percent(self) -> float | None:
        """Return the share of meters that cannot be judged [%]; None where there is no meter."""
        return 100 * self.undetermined / self.meters if self.meters else None

    @property
    def unfair(self) -> Unfair:
        """Return what is expected to be billed wrong."""
        return unfair(self.parts)


@dataclass
class TownCount:
    """The areas of one town; ``town`` is None for those without one."""

    town: OrgUnit | None
    count: Count


def unfair_by_result(results: Iterable[int] | QuerySet[AreaResult]) -> Mapping[int, Moments]:
    """Return the sums over the meters of each of these results, by its primary key; nothing for one without figures."""
    told = MeterResult.objects.filter(
        area_result__in=results, error_percent__gt=STOPPED_PERCENT, standard_uncertainty_percent__isnull=False
    ).exclude(Q(probability_out_of_tolerance=None) | Q(energy_share=None))
    nothing = Value(0.0, FloatField())
    rows = (
        told.order_by()
        .values("area_result")
        .annotate(
            over=Sum(_PART, filter=Q(error_percent__gt=0), default=nothing, output_field=FloatField()),
            under=Sum(_PART, filter=Q(error_percent__lt=0), default=nothing, output_field=FloatField()),
            variance=Sum(_VARIANCE, default=nothing, output_field=FloatField()),
        )
    )
    return {row["area_result"]: Moments(row["over"], row["under"], row["variance"]) for row in rows}


def unfair_of(result: AreaResult, found: Moments | None) -> Unfair | None:
    """Return what one area is expected to bill wrong; None where the energy or every estimate is missing."""
    energy = consumers_kwh(result.loss_kwh, result.loss_percent)
    return unfair([(energy, found)]) if found is not None and energy == energy else None  # noqa: PLR0124  NaN


def by_town(rows: QuerySet[SupplyArea]) -> list[TownCount]:
    """Return the areas summed by town, the town with most suspects first; two queries, however many areas."""
    areas = list(rows)
    told = unfair_by_result([area.latest_id for area in areas if area.latest_id])
    towns: dict[int | None, TownCount] = {}
    for area in areas:
        if area.latest is not None:
            town = towns.setdefault(area.town_id, TownCount(area.town, Count()))
            _add(town.count, area.latest, told.get(area.latest.pk))
    return sorted(towns.values(), key=_urgency)


def together(counts: Iterable[Count]) -> Count:
    """Return several counts as one."""
    whole = Count()
    for one in counts:
        for name in ("areas", "meters", "suspects", "undetermined", "loss_kwh", "supplied_kwh"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for state, n in one.states.items():
            whole.states[state] = whole.states.get(state, 0) + n
        whole.parts += one.parts
    return whole


def count_of(estimates: Iterable[AreaEstimate]) -> Count:
    """Return the same sums of results as a run wrote them, by the kernel alone."""
    whole = Count()
    for one in estimates:
        suspects, undetermined = (one.meter_status.count(s) for s in (OUT_OF_TOLERANCE, UNDETERMINED))
        found = moments(
            one.error_percent,
            one.standard_uncertainty_percent,
            one.probability_out_of_tolerance,
            one.energy_share,
        )
        _sum(
            whole, one.status, (len(one.meter_ids), suspects, undetermined), (one.loss_kwh, one.loss_percent)
        )
        whole.parts.append((consumers_kwh(one.loss_kwh, one.loss_percent), found))
    return whole


def estimates_kept(rows: QuerySet[SupplyArea]) -> Iterator[AreaEstimate]:
    """Yield the latest results of areas as the estimator gave them, one area at a time."""
    for area in rows.select_related("latest__area").iterator():
        if area.latest is not None:
            yield estimate_of(area.latest)


def _add(count: Count, result: AreaResult, found: Moments | None) -> None:
    numbers = (result.meters, result.suspects, result.undetermined)
    _sum(count, result.status, numbers, (result.loss_kwh, result.loss_percent))
    if found is not None:
        count.parts.append((consumers_kwh(result.loss_kwh, result.loss_percent), found))


def _sum(
    count: Count, status: str, numbers: tuple[int, int, int], loss: tuple[float | None, float | None]
) -> None:
    meters, suspects, undetermined = numbers
    state = ("suspects" if suspects else "clear") if status == JUDGED else status
    count.areas += 1
    count.meters += meters
    count.suspects += suspects
    count.undetermined += undetermined
    count.states[state] = count.states.get(state, 0) + 1
    energy = consumers_kwh(*loss)
    if loss[0] is not None and np.isfinite(energy):
        count.loss_kwh += loss[0]
        count.supplied_kwh += energy + loss[0]


def _urgency(one: TownCount) -> tuple[int, int, bool, int]:
    position = one.town.position if one.town else 0
    return (-one.count.suspects, -one.count.states.get("withheld", 0), one.town is None, position)
