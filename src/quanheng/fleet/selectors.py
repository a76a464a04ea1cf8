"""Reads: the areas of the county with their latest results, and one of them as the kernel tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db.models import (
    Case,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    OrderBy,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Expression
from django.db.models.functions import Cast, NullIf

from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.fleet.enums import AreaStatus, MeterStatus
from quanheng.fleet.errors import SupplyAreaNotFound
from quanheng.fleet.models import AreaResult, MeterResult, SupplyArea
from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding
from quanheng.kernels.fleet.words import reason_kind

# What an area needs; each area is in exactly one.
STATES: Mapping[str, Q] = {
    "suspects": Q(latest__suspects__gt=0),
    "withheld": Q(latest__status=AreaStatus.WITHHELD),
    "unusable": Q(latest__status=AreaStatus.UNUSABLE),
    "clear": Q(latest__status=AreaStatus.JUDGED, latest__suspects=0),
}
# Name of a sorting → what it sorts by.
SORTS: Mapping[str, F | Expression] = {
    "area": F("area_id"),
    "town": F("town__position"),
    "loss": F("latest__loss_percent"),
    "meters": F("latest__meters"),
    "suspects": F("latest__suspects"),
    "undetermined": F("latest__undetermined"),
    "share": ExpressionWrapper(
        Cast("latest__undetermined", FloatField()) / NullIf(F("latest__meters"), 0), FloatField()
    ),
}


@dataclass(frozen=True)
class Totals:
    """Counts over a list of areas; ``states`` counts areas by a name of `STATES`."""

    areas: int
    meters: int
    suspects: int
    undetermined: int
    states: Mapping[str, int]


def areas_visible(user: User) -> QuerySet[SupplyArea]:
    """Return the areas that this person may see, each with its latest result, the most urgent first."""
    scope = scope_of(user, "fleet.view")
    rows = SupplyArea.objects.exclude(latest=None).select_related("latest__run", "town")
    rows = rows if scope.is_all else rows.filter(town__in=scope.unit_ids)
    urgency = Case(*(When(state, Value(at)) for at, state in enumerate(STATES.values())))
    return rows.order_by(urgency, "-latest__suspects", "area_id")


def area_for(user: User, public_id: UUID) -> SupplyArea:
    """Return one area.  SupplyAreaNotFound where there is none for this person."""
    found = areas_visible(user).filter(public_id=public_id).first()
    if found is None:
        raise SupplyAreaNotFound(public_id=str(public_id))
    return found


def sorted_areas(rows: QuerySet[SupplyArea], sort: str, *, descending: bool) -> QuerySet[SupplyArea]:
    """Return areas in the order of a name of `SORTS`; what has no value comes last."""
    return rows.order_by(OrderBy(SORTS[sort], descending=descending, nulls_last=True), "area_id")


def totals(rows: QuerySet[SupplyArea]) -> Totals:
    """Count areas and their meters."""
    counted = rows.order_by().aggregate(
        areas=Count("pk"),
        meters=Sum("latest__meters", default=0),
        suspects=Sum("latest__suspects", default=0),
        undetermined=Sum("latest__undetermined", default=0),
        **{f"state_{name}": Count("pk", filter=state) for name, state in STATES.items()},
    )
    states = {name: counted.pop(f"state_{name}") for name in STATES}
    return Totals(**counted, states=states)


def ranked_meters(result: AreaResult) -> QuerySet[MeterResult]:
    """Return the meters of a result: suspects first, then what cannot be judged; the most probable first."""
    order = Case(*(When(status=status, then=Value(at)) for at, status in enumerate(MeterStatus.values)))
    probable = OrderBy(F("probability_out_of_tolerance"), descending=True, nulls_last=True)
    return result.meter_results.order_by(order, probable, "meter_id")


def meter_history(area: SupplyArea, meter_id: str) -> QuerySet[MeterResult]:
    """Return what every run said of a meter of an area, the oldest run first."""
    rows = MeterResult.objects.filter(area_result__area=area, meter_id=meter_id)
    return rows.select_related("area_result__run").order_by("area_result__run_id")


def reasons_counted(result: AreaResult) -> list[tuple[str, int]]:
    """Return why meters of a result cannot be judged, alike ones together, the most frequent first."""
    rows = result.meter_results.filter(status=MeterStatus.UNDETERMINED).values_list("reason", flat=True)
    return Counter(reason_kind(reason) for reason in rows).most_common()


def estimate_of(result: AreaResult) -> AreaEstimate:
    """Return a result as the estimator gave it."""
    meters = list(result.meter_results.order_by("meter_id"))

    def array(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([_float(getattr(meter, name)) for meter in meters], dtype=np.float64)

    return AreaEstimate(
        area_id=result.area.area_id,
        status=result.status,
        findings=tuple(FleetFinding(**found) for found in result.findings),
        loss_kwh=_float(result.loss_kwh),
        loss_percent=_float(result.loss_percent),
        residual_sd_kwh=_float(result.residual_sd_kwh),
        meter_ids=tuple(meter.meter_id for meter in meters),
        meter_status=tuple(meter.status for meter in meters),
        error_percent=array("error_percent"),
        standard_uncertainty_percent=array("standard_uncertainty_percent"),
        probability_out_of_tolerance=array("probability_out_of_tolerance"),
        energy_share=array("energy_share"),
        reason=tuple(meter.reason for meter in meters),
        mpe_percent=array("mpe_percent"),
    )


def _float(value: float | None) -> float:
    return float("nan") if value is None else value
