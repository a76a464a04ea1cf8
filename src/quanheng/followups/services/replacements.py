"""Replacement orders: from a confirmed suspicion, a lot to be replaced or meters past their day, to the new meter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.followups.enums import Finding, FollowUpState, ReplacementReason, ReplacementState
from quanheng.followups.errors import BadReplacement, ReplacementNotFound, WrongFollowUpState
from quanheng.followups.models import MAX_SERIAL, FollowUp, ReplacementOrder
from quanheng.followups.selectors import lot_meter_of, result_of
from quanheng.followups.services.shared import (
    ORDER,
    RECORD,
    locked_follow_up,
    log,
    move,
    needed,
    refuse_unpermitted,
)
from quanheng.instruments.enums import Condition, EventKind
from quanheng.instruments.models import Instrument
from quanheng.instruments.services.conditions import change_condition
from quanheng.instruments.services.registry import (
    InstrumentDetails,
    details_of,
    kept_file,
    register_instrument,
)
from quanheng.kernels.text_keys import has_control, serial_key
from quanheng.lots.enums import Decision, MeterCondition
from quanheng.lots.models import Lot, LotMeter

MOST_KWH = Decimal(10) ** 9
_AT_ONCE = 2000
# A meter is ordered to be replaced once, and a new one hangs in one place: whoever writes that waits for whoever does.
_ORDERS = "followups.replacements"


@dataclass(frozen=True)
class Done:
    """What a crew tells of a replacement; registers in [kWh]."""

    new_serial: str
    replaced_on: date
    removed_kwh: Decimal
    installed_kwh: Decimal
    new_maker: str = ""
    crew: str = ""


@transaction.atomic
def order_replacement(
    *, actor: User, public_id: UUID, revision: int, planned_on: date | None = None
) -> ReplacementOrder:
    """Order that the meter of a follow-up be replaced: only after a test found it nonconforming.

    Raises
    ------
    NotPermitted, FollowUpNotFound, StaleRevision, WrongFollowUpState
        As `shared.locked_follow_up`; nothing was tested yet.
    BadReplacement
        The test found it conforming; ordered already; its serial is not known; a day in the past.
    """
    refuse_unpermitted(actor, ORDER)
    follow_up = locked_follow_up(public_id, revision, {FollowUpState.TESTED})
    test = result_of(follow_up)
    if test is None or test.finding != Finding.NONCONFORMING:
        raise BadReplacement(reason=_("检定合格，没有更换的理由；远程估计不是检定结论。"))
    lock_for_transaction(_ORDERS)
    lot_meter = lot_meter_of(follow_up.area.area_id, follow_up.meter_id)
    standing = ReplacementOrder.objects.exclude(state=ReplacementState.CANCELLED)
    same = Q(follow_up=follow_up) | (Q(lot_meter=lot_meter) if lot_meter else Q())
    if standing.filter(same).exists():
        raise BadReplacement(reason=_("已下达更换单。"))
    serial = follow_up.instrument.serial_no if follow_up.instrument else ""
    serial = serial or (lot_meter.serial_no if lot_meter else "") or follow_up.meter_id
    _refuse_past(planned_on)
    order = ReplacementOrder.objects.create(
        reason=ReplacementReason.CONFIRMED,
        follow_up=follow_up,
        lot_meter=lot_meter,
        instrument=follow_up.instrument,
        old_serial=serial[:MAX_SERIAL],
        planned_on=planned_on,
        ordered_by=actor,
        ordered_at=clock.now(),
        is_demo=follow_up.is_demo,
    )
    log(
        "replacement_ordered",
        f"replacement:{order.public_id}",
        actor,
        why=str(order.reason),
        followup=f"followup:{follow_up.public_id}",
        demo=order.is_demo,
    )
    return order


@transaction.atomic
def order_lot_replacements(
    *, actor: User, lot: Lot, planned_on: date | None = None
) -> list[ReplacementOrder]:
    """Order the replacement of a lot: all meters where its sample said so, else those past their last valid day.

    Raises
    ------
    NotPermitted, BadReplacement
        The person may not order; nothing of the lot is to be replaced, or is ordered already; a day in the past.
    """
    refuse_unpermitted(actor, ORDER)
    _refuse_past(planned_on)
    lock_for_transaction(_ORDERS)
    reason, rows = lot_meters_to_replace(lot)
    meters = list(rows)
    if not meters:
        raise BadReplacement(reason=_("这一批没有要更换的电能表，或都已下达更换单。"))
    now = clock.now()
    instruments = _registered(meters)
    made = ReplacementOrder.objects.bulk_create(
        [
            ReplacementOrder(
                reason=reason,
                lot_meter=meter,
                instrument=instruments.get(meter.serial_key),
                old_serial=meter.serial_no,
                planned_on=planned_on,
                ordered_by=actor,
                ordered_at=now,
                is_demo=lot.is_demo,
            )
            for meter in meters
        ],
        batch_size=_AT_ONCE,
    )
    log(
        "lot_replacement_ordered",
        f"lot:{lot.public_id}",
        actor,
        why=str(reason),
        count=len(made),
        demo=lot.is_demo,
    )
    return made


def lot_meters_to_replace(lot: Lot) -> tuple[ReplacementReason, QuerySet[LotMeter]]:
    """Return why meters of a lot are to be replaced, and those without an order: all, or those past their day."""
    present = lot.meters.filter(condition=MeterCondition.PRESENT).exclude(
        replacements__state__in=(ReplacementState.ORDERED, ReplacementState.DONE)
    )
    latest = lot.samples.exclude(decision="").order_by("-position").first()
    if latest is not None and latest.decision == Decision.REPLACE:
        return ReplacementReason.LOT, present
    return ReplacementReason.EXPIRED, present.filter(valid_until__lt=clock.today())


@transaction.atomic
def complete_replacement(
    *, actor: User, public_id: UUID, revision: int | None, done: Done, data: bytes, filename: str
) -> ReplacementOrder:
    """Record that a meter was replaced: the old one is scrapped, the new one registered, the lot told.

    ``data`` is a photograph of both registers, or the list that a crew sent; ``revision`` None takes the present one.

    Raises
    ------
    NotPermitted, ReplacementNotFound, StaleRevision, WrongFollowUpState
        The person may not record; not there; saved by another meanwhile; ended already.
    BadReplacement, quanheng.instruments.errors.*
        A serial, day or register that cannot be, no evidence; what scrapping and registering refuse.
    """
    refuse_unpermitted(actor, RECORD)
    lock_for_transaction(_ORDERS)
    order = _locked(public_id, revision)
    _refuse_bad(order, done, data)
    order.evidence_sha256 = kept_file(data)
    order.new_serial, order.new_maker = done.new_serial.strip(), done.new_maker.strip()
    order.replaced_on, order.crew = done.replaced_on, done.crew.strip()
    order.removed_kwh, order.installed_kwh = done.removed_kwh, done.installed_kwh
    if order.instrument is not None:
        order.new_instrument = _exchange(actor, order, order.instrument, data, filename)
    if order.lot_meter is not None:
        order.lot_meter.condition = MeterCondition.REPLACED
        order.lot_meter.condition_on = done.replaced_on
        order.lot_meter.save(update_fields=["condition", "condition_on"])
    _end(order, actor, ReplacementState.DONE)
    if order.follow_up is not None:
        move(FollowUp.objects.select_for_update().get(pk=order.follow_up.pk), FollowUpState.REPLACED)
    log(
        "replaced",
        f"replacement:{order.public_id}",
        actor,
        on=done.replaced_on.isoformat(),
        of_home={"removed_kwh": str(done.removed_kwh), "installed_kwh": str(done.installed_kwh)},
        file_sha256=order.evidence_sha256,
        instrument=f"instrument:{order.new_instrument.public_id}" if order.new_instrument else "",
        demo=order.is_demo,
    )
    return order


@transaction.atomic
def cancel_replacement(*, actor: User, public_id: UUID, revision: int, reason: str) -> ReplacementOrder:
    """Take an order back with a reason; raises as `complete_replacement`, and BadFollowUpReason."""
    refuse_unpermitted(actor, ORDER)
    order = _locked(public_id, revision)
    order.ended_reason = needed(reason)
    _end(order, actor, ReplacementState.CANCELLED)
    log(
        "replacement_cancelled",
        f"replacement:{order.public_id}",
        actor,
        reason=order.ended_reason,
        demo=order.is_demo,
    )
    return order


def _locked(public_id: UUID, revision: int | None) -> ReplacementOrder:
    rows = ReplacementOrder.objects.select_for_update(of=("self",)).select_related(
        "follow_up", "lot_meter", "instrument__owner", "instrument__place", "instrument__town"
    )
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise ReplacementNotFound(public_id=str(public_id))
    if revision is not None and found.revision != revision:
        raise StaleRevision(yours=revision, present=found.revision)
    if found.state != ReplacementState.ORDERED:
        raise WrongFollowUpState(present=found.get_state_display())
    return found


def _end(order: ReplacementOrder, actor: User, state: ReplacementState) -> None:
    order.state, order.done_by, order.done_at = state, actor, clock.now()
    order.revision += 1
    order.save()


def _refuse_past(planned_on: date | None) -> None:
    if planned_on is not None and planned_on < clock.today():
        raise BadReplacement(reason=_("计划的日期不能早于今天。"))


def _refuse_bad(order: ReplacementOrder, done: Done, data: bytes) -> None:
    key = serial_key(done.new_serial)
    if not key or len(done.new_serial.strip()) > MAX_SERIAL:
        raise BadReplacement(reason=_("请填写新表编号，不超过 %(most)s 个字。") % {"most": MAX_SERIAL})
    if key == serial_key(order.old_serial):
        raise BadReplacement(reason=_("新表编号与旧表相同。"))
    twin = ReplacementOrder.objects.filter(
        new_serial=done.new_serial.strip(), new_maker=done.new_maker.strip()
    )
    if twin.exists():
        raise BadReplacement(reason=_("新表 %(serial)s 已装在别处。") % {"serial": done.new_serial.strip()})
    if any(has_control(text) or len(text.strip()) > 100 for text in (done.new_maker, done.crew)):  # noqa: PLR2004  of the field
        raise BadReplacement(reason=_("文字太长，或有看不见的字符。"))
    if not timezone.localdate(order.ordered_at) <= done.replaced_on <= clock.today():
        raise BadReplacement(reason=_("更换日期不能晚于今天，也不能早于下单日期。"))
    for kwh in (done.removed_kwh, done.installed_kwh):
        if not kwh.is_finite() or not 0 <= kwh < MOST_KWH:
            raise BadReplacement(reason=_("止码和起码应是不小于 0 的数（kWh）。"))
    if not data:
        raise BadReplacement(reason=_("请附新旧表读数的照片，或施工单位的清单。"))


def _exchange(
    actor: User, order: ReplacementOrder, old: Instrument, data: bytes, filename: str
) -> Instrument:
    """Scrap the old meter with its evidence, and register the new one in its place."""
    if order.replaced_on is None:
        raise ValueError(f"no day: {order}")
    details = details_of(old)
    if old.condition not in {Condition.SCRAPPED, Condition.MERGED}:
        change_condition(
            actor=actor,
            public_id=old.public_id,
            revision=old.revision,
            act=EventKind.SCRAPPED,
            happened_on=order.replaced_on,
            reason=_("已更换，更换单 %(number)s") % {"number": order.number},
            data=data,
            filename=filename,
        )
    new = InstrumentDetails(
        name=details.name,
        kind=details.kind,
        serial_no=order.new_serial,
        manufacturer=order.new_maker,
        use=details.use,
        owner=details.owner,
        place=details.place,
        town=details.town,
        spot=details.spot,
        institute=details.institute,
        in_use_on=order.replaced_on,
    )
    return register_instrument(
        actor=actor, details=new, submit=True, is_demo=order.is_demo, data=data, filename=filename
    )


def _registered(meters: Sequence[LotMeter]) -> dict[str, Instrument]:
    """Return the registered instruments of these meters by serial, where maker and serial agree."""
    makers = {meter.maker_key for meter in meters}
    found: dict[str, Instrument] = {}
    for start in range(0, len(meters), _AT_ONCE):
        keys = [meter.serial_key for meter in meters[start : start + _AT_ONCE]]
        rows = Instrument.objects.filter(serial_key__in=keys, maker_key__in=makers)
        found |= {row.serial_key: row for row in rows.exclude(condition=Condition.MERGED)}
    return found
