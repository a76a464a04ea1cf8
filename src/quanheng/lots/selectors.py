"""Reads: lots with what needs someone, their samples, what was estimated of their meters from afar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.fleet.enums import MeterStatus
from quanheng.fleet.models import MeterResult
from quanheng.instruments.models import Instrument
from quanheng.kernels.dates import add_months
from quanheng.lots.enums import Decision, ItemResult, MeterCondition, Origin
from quanheng.lots.errors import LotNotFound
from quanheng.lots.extension_rules import sample_within_months
from quanheng.lots.members import FoundMeter
from quanheng.lots.models import Lot, LotMeter, Sample, SampleItem
from quanheng.verification.enums import Conclusion, VerificationState
from quanheng.verification.models import Verification


def lots_visible(user: User) -> QuerySet[Lot]:
    """Return the lots that this person may see: the bureau all, a maker its own."""
    if scope_of(user, "lots.view").is_all:
        return Lot.objects.all()
    return Lot.objects.filter(maker_unit__in=scope_of(user, "manufacturers.view").unit_ids)


def lot_for(user: User, public_id: UUID) -> Lot:
    """Return one lot.  LotNotFound where there is none for this person."""
    rows = lots_visible(user).select_related("utility", "maker_unit", "created_by")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise LotNotFound(public_id=str(public_id))
    return found


def with_last_sample(rows: QuerySet[Lot]) -> QuerySet[Lot]:
    """Add to each lot its last sample: ``drawn`` (its key), ``decision``, ``decided``."""
    last = Sample.objects.filter(lot=OuterRef("pk")).order_by("-position")
    return rows.annotate(
        drawn=Subquery(last.values("pk")[:1]),
        decision=Subquery(last.values("decision")[:1]),
        decided=Subquery(last.values("decided_at")[:1]),
    )


def states(on: date) -> Mapping[str, Q]:
    """Return what a lot may need, in the order of urgency; each lot `with_last_sample` is in exactly one."""
    soon = add_months(on, sample_within_months())
    is_open = Q(is_complete=False)
    waits = Q(is_complete=True, drawn__isnull=False, decision="")
    decided = Q(
        is_complete=True,
        decision__in=[Decision.ACCEPTED, Decision.REJECTED, Decision.REPLACE],
    )
    # An extended lot is due again when its new end comes near; a sample given up must be drawn again.
    again = Q(is_complete=True) & (Q(drawn=None) | Q(decision__in=[Decision.RESAMPLE, Decision.EXTENDED]))
    near = Q(origin=Origin.FACTORY) & ~Q(decision=Decision.EXTENDED) | Q(due_on__lte=soon)
    return {
        "due": again & (near | Q(decision=Decision.RESAMPLE)),
        "waiting": waits,
        "open": is_open,
        "decided": decided | (Q(is_complete=True, decision=Decision.EXTENDED, due_on__gt=soon)),
        "later": Q(is_complete=True, drawn=None) & ~near,
    }


def samples_of(lot: Lot) -> list[Sample]:
    """Return the samples of a lot, the last first."""
    return list(lot.samples.select_related("drawn_by", "decided_by").order_by("-position"))


def items_of(sample: Sample) -> list[SampleItem]:
    """Return everything drawn, reserve included, in the order of the draw, with the meters."""
    return list(sample.items.select_related("meter__town", "verification").order_by("position"))


def present_meters(lot: Lot) -> QuerySet[LotMeter]:
    """Return the meters of a lot that are still in use."""
    return lot.meters.filter(condition=MeterCondition.PRESENT)


@dataclass(frozen=True, slots=True)
class Remote:
    """What the last estimates say of the meters of a lot: evidence for choosing what to sample, never a verdict.

    ``expected`` is the sum of the probabilities to be out of tolerance, over the ``judged`` ones.
    """

    meters: int
    judged: int
    suspected: int
    expected: float

    @property
    def share(self) -> float | None:
        """The expected share of meters out of tolerance; None where none could be judged."""
        return self.expected / self.judged if self.judged else None


def remote_of(lot: Lot) -> Remote:
    """Count what the latest estimates say of the meters in use of a lot."""
    ours = present_meters(lot).filter(area_id=OuterRef("area_result__area__area_id"))
    rows = MeterResult.objects.filter(
        Exists(ours.filter(meter_id=OuterRef("meter_id"))),
        area_result__area__latest=F("area_result"),
    )
    judged = Q(status__in=[MeterStatus.OUT_OF_TOLERANCE, MeterStatus.CONFORMING])
    found = rows.order_by().aggregate(
        meters=Count("pk"),
        judged=Count("pk", filter=judged),
        suspected=Count("pk", filter=Q(status=MeterStatus.OUT_OF_TOLERANCE)),
        expected=Sum("probability_out_of_tolerance", filter=judged, default=0.0),
    )
    return Remote(**found)


def verified_meters(sample: Sample) -> list[FoundMeter]:
    """Return results of drawn meters that wait, from verifications that were concluded after the draw."""
    waiting = {
        item.meter.serial_key: item.meter
        for item in sample.items.filter(result=ItemResult.WAITING, stage__gte=1).select_related("meter")
    }
    lot = sample.lot
    instruments = Instrument.objects.filter(
        serial_key__in=waiting, maker_key=lot.maker_key, kind=lot.kind
    ).values("pk")
    rows = Verification.objects.filter(
        instrument__in=instruments,
        state=VerificationState.CONCLUDED,
        conclusion__in=[Conclusion.PASSED, Conclusion.REJECTED],
        performed_on__gte=timezone.localdate(sample.drawn_at),
    ).select_related("instrument")
    last = {row.instrument.serial_key: row for row in rows.order_by("performed_on", "pk")}
    return [
        FoundMeter(
            serial_no=waiting[key].serial_no,
            result=ItemResult.CONFORMING if row.conclusion == Conclusion.PASSED else ItemResult.NONCONFORMING,
            tested_on=row.performed_on,
            verification=row,
        )
        for key, row in last.items()
    ]
