"""The demonstration county's lots: one that stays by its sample, one whose sample waits, one that is to be drawn."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from quanheng.base import clock
from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit
from quanheng.fleet.models import MeterResult
from quanheng.kernels.dates import add_months
from quanheng.lots.enums import ItemResult, MeterCondition, Origin
from quanheng.lots.members import FoundMeter, NewMeter
from quanheng.lots.models import Lot, Sample
from quanheng.lots.plan_rules import plan_for
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.lots.services.samples import decide, draw_sample, record_results
from quanheng.transparency.sequencer import sequence

_KIND = "household_electricity_meter"
_RULE = "cn_lq_isolated"
_LIFE_MONTHS = 96
_NONCONFORMING, _TAMPERED = 3, 5  # places in the draw


def load_demo_lots() -> int:
    """Make the lots, once; return how many were made.  Not inside a transaction: the log signs in between."""
    if Lot.objects.exists():
        return 0
    today = clock.today()
    passing = _lot("演示-甲-01", "演示电表厂甲", add_months(today, 5 - _LIFE_MONTHS), 240, "JA")
    waiting = _lot(
        "演示-乙-01", "演示电表厂乙", add_months(today, 8 - _LIFE_MONTHS), 180, "YB", estimated=True
    )
    _lot("演示-丙-01", "演示电表厂丙", add_months(today, 11 - _LIFE_MONTHS), 120, "BC")
    sequence()
    _decided(_drawn(passing, today), timezone.localdate())
    _drawn(waiting, today)
    return Lot.objects.count()


def _lot(number: str, maker: str, verified: date, count: int, prefix: str, *, estimated: bool = False) -> Lot:
    verified = verified.replace(day=10)
    lot = open_lot(
        actor=None,
        origin=Origin.IN_SERVICE,
        number=number,
        kind=_KIND,
        maker=maker,
        model="DDZY-演示",
        accuracy_class="2",
        first_verified_in=verified.year,
        is_demo=True,
    )
    towns = list(
        OrgUnit.objects.filter(kind__in=(UnitKind.TOWN, UnitKind.SUBDISTRICT)).order_by("position", "pk")[:6]
    )
    areas = _estimated(count) if estimated else []
    meters = []
    for at in range(count):
        area, meter = areas[at] if at < len(areas) else ("", "")
        meters.append(
            NewMeter(
                serial_no=f"{prefix}{at + 1:06}",
                row=at + 2,
                verified_on=verified,
                town=towns[at % len(towns)].name if towns else "",
                area_id=area,
                meter_id=meter,
            )
        )
    add_meters(actor=None, lot=lot, meters=meters)
    return close_list(actor=None, lot=lot)


def _estimated(most: int) -> list[tuple[str, str]]:
    """Return areas and meters of the latest estimates, so that the two demonstrations meet."""
    rows = MeterResult.objects.filter(area_result__run__isnull=False).order_by(
        "area_result__area__area_id", "meter_id"
    )
    return list(rows.values_list("area_result__area__area_id", "meter_id")[:most])


def _drawn(lot: Lot, today: date) -> Sample:
    return draw_sample(actor=None, lot=lot, plan=plan_for(_RULE, lot.size, today))


def _decided(sample: Sample, today: date) -> None:
    """Record a sample with one nonconforming and one tampered meter, and decide."""
    first = [_found(item.position, item.meter.serial_no, today) for item in sample.items.filter(stage=1)]
    record_results(actor=None, sample=sample, results=first)
    rest = sample.items.filter(stage=1, result=ItemResult.WAITING)
    record_results(
        actor=None, sample=sample, results=[_found(0, item.meter.serial_no, today) for item in rest]
    )
    sample.refresh_from_db()
    decide(actor=None, sample=sample, revision=sample.revision)


def _found(position: int, serial_no: str, today: date) -> FoundMeter:
    if position == _TAMPERED:
        return FoundMeter(
            serial_no,
            ItemResult.EXCLUDED,
            tested_on=today,
            reason="表盖封印被打开（演示数据）",
            condition=MeterCondition.TAMPERED,
        )
    is_bad = position == _NONCONFORMING
    error = 2.6 if is_bad else (position % 7 - 3) * 0.2
    result = ItemResult.NONCONFORMING if is_bad else ItemResult.CONFORMING
    return FoundMeter(serial_no, result, tested_on=today, errors=(round(error, 2),))
