"""Replacement: only what a test confirmed, what a lot's sample said or what is past its day; registry and lot follow."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.sheets import read_rows, write_sheet
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.followups.enums import Finding, FollowUpState, ReplacementReason, ReplacementState
from quanheng.followups.errors import BadFollowUpReason, BadReplacement, WrongFollowUpState
from quanheng.followups.models import ReplacementOrder
from quanheng.followups.services.replacements import (
    Done,
    cancel_replacement,
    complete_replacement,
    order_lot_replacements,
    order_replacement,
)
from quanheng.followups.services.results import take_in_results
from quanheng.followups.sheets import FILLED_IN, INSTALLED, NEW, OLD, ON, REMOVED, crew_sheet, take_crew_sheet
from quanheng.followups.sheets import ORDER as NUMBER
from quanheng.instruments.enums import Condition, Filing
from quanheng.kernels.text_keys import name_key, serial_key
from quanheng.lots.enums import MeterCondition, Origin
from quanheng.lots.models import Lot, LotMeter
from quanheng.parties.models import Party
from tests.followups.making import (
    PHOTO,
    concluded_for,
    done,
    equip_for_meters,
    found_wrong,
    fresh,
    ordered,
    to_replace,
)

pytestmark = pytest.mark.django_db
People = dict[str, User]
MAKER = "演示电表厂"


def complete(
    people: People, order: ReplacementOrder, facts: Done | None = None, **given: Any
) -> ReplacementOrder:
    arguments = {
        "actor": people["inspector"],
        "public_id": order.public_id,
        "revision": order.revision,
        "done": facts or done(),
        "data": PHOTO,
        "filename": "新旧表.jpg",
    }
    return complete_replacement(**arguments | given)  # type: ignore[arg-type]


def a_lot(utility: Party, *meters: tuple[str, str, date | None]) -> Lot:
    """A lot in service with meters: serial, id of the readings, last valid day."""
    lot = Lot.objects.create(
        origin=Origin.IN_SERVICE,
        number="2018-A",
        kind="household_electricity_meter",
        maker=MAKER,
        maker_key=name_key(MAKER),
        model="DDZY-1",
        first_verified_in=2018,
        utility=utility,
        created_at=clock.now(),
    )
    for serial, meter_id, until in meters:
        LotMeter.objects.create(
            lot=lot,
            origin=lot.origin,
            maker_key=lot.maker_key,
            serial_no=serial,
            serial_key=serial_key(serial),
            area_id="A1" if meter_id else "",
            meter_id=meter_id,
            valid_until=until,
        )
    return lot


def test_from_a_concluded_verification_to_a_new_meter(people: People, utility: Party) -> None:
    equip_for_meters(people)
    lot = a_lot(utility, ("SN-A1-m02", "A1-m02", None))
    follow_up = ordered(people, utility)
    concluded_for(people, follow_up)
    take_in_results()
    follow_up = fresh(follow_up)
    order = order_replacement(
        actor=people["officer"], public_id=follow_up.public_id, revision=follow_up.revision
    )
    assert (order.reason, order.old_serial) == (ReplacementReason.CONFIRMED, "SN-A1-m02")
    made = complete(people, order)

    old, new = follow_up.instrument, made.new_instrument
    assert old is not None
    assert new is not None
    old.refresh_from_db()
    assert (old.condition, old.condition_on) == (Condition.SCRAPPED, clock.today())
    assert (new.serial_no, new.owner, new.kind, new.filing) == ("NEW-1", utility, old.kind, Filing.SUBMITTED)
    assert new.in_use_on == clock.today()
    assert fresh(follow_up).state == FollowUpState.REPLACED
    meter = lot.meters.get()
    assert (meter.condition, meter.condition_on) == (MeterCondition.REPLACED, clock.today())
    assert made.removed_kwh == Decimal("12345.67")


def test_an_estimate_alone_or_a_good_meter_is_no_reason_to_replace(people: People, utility: Party) -> None:
    good = found_wrong(people, finding=Finding.CONFORMING, error_percent=0.3).follow_up
    with pytest.raises(BadReplacement, match="远程估计不是检定结论"):
        order_replacement(actor=people["officer"], public_id=good.public_id, revision=good.revision)
    with pytest.raises(NotPermitted):
        order_replacement(actor=people["inspector"], public_id=good.public_id, revision=good.revision)
    assert not ReplacementOrder.objects.exists()


def test_a_meter_has_one_order_until_that_is_taken_back(people: People, utility: Party) -> None:
    order = to_replace(people)
    assert order.follow_up is not None
    again = {
        "actor": people["officer"],
        "public_id": order.follow_up.public_id,
        "revision": order.follow_up.revision,
    }
    with pytest.raises(BadReplacement, match="已下达"):
        order_replacement(**again)  # type: ignore[arg-type]
    with pytest.raises(BadFollowUpReason):
        cancel_replacement(
            actor=people["officer"], public_id=order.public_id, revision=order.revision, reason=""
        )
    cancel_replacement(
        actor=people["officer"], public_id=order.public_id, revision=order.revision, reason="用户销户"
    )
    assert order_replacement(**again).state == ReplacementState.ORDERED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"new_serial": " "}, "新表编号"),
        ({"new_serial": "a1-M02"}, "与旧表相同"),
        ({"replaced_on": date(2026, 5, 21)}, "更换日期"),
        ({"replaced_on": date(2026, 5, 19)}, "更换日期"),
        ({"removed_kwh": Decimal(-1)}, "止码"),
        ({"installed_kwh": Decimal("NaN")}, "止码"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_half_done(
    people: People, utility: Party, facts: dict[str, Any], reason: str
) -> None:
    order = to_replace(people)
    with pytest.raises(BadReplacement, match=reason):
        complete(people, order, done(**facts))
    order.refresh_from_db()
    assert (order.state, order.new_serial) == (ReplacementState.ORDERED, "")


def test_evidence_is_needed_and_who_saves_second_is_told(people: People, utility: Party) -> None:
    order = to_replace(people)
    with pytest.raises(BadReplacement, match="照片"):
        complete(people, order, data=b"")
    with pytest.raises(StaleRevision):
        complete(people, order, revision=order.revision + 1)
    complete(people, order)
    with pytest.raises(WrongFollowUpState):
        complete(people, order, revision=None)


def test_meters_of_a_lot_past_their_day_are_ordered_once(people: People, utility: Party) -> None:
    past, later = clock.today() - timedelta(days=1), clock.today()
    lot = a_lot(utility, ("L1", "", past), ("L2", "", later), ("L3", "", past))
    made = order_lot_replacements(actor=people["officer"], lot=lot)
    assert sorted(one.old_serial for one in made) == ["L1", "L3"]
    assert {one.reason for one in made} == {ReplacementReason.EXPIRED}
    with pytest.raises(BadReplacement, match="没有要更换的"):
        order_lot_replacements(actor=people["officer"], lot=lot)


def test_a_crews_list_goes_out_comes_back_and_each_row_stands_alone(people: People, utility: Party) -> None:
    past = clock.today() - timedelta(days=1)
    lot = a_lot(utility, *((f"L{n}", "", past) for n in range(1, 6)))
    order_lot_replacements(actor=people["officer"], lot=lot)
    orders = ReplacementOrder.objects.order_by("pk")
    out = crew_sheet(orders).getvalue()
    rows = [row.cells for row in read_rows(out, "out.xlsx", [NUMBER, OLD, *FILLED_IN])]
    assert [row[OLD] for row in rows] == ["L1", "L2", "L3", "L4", "L5"]
    today = clock.today().isoformat()
    for row, new in zip(rows[:4], ("N1", "N2", "N3", "N1"), strict=True):
        row |= {NEW: new, ON: today, REMOVED: "100.5", INSTALLED: 0}
    rows[1][REMOVED] = "很多"
    rows[2][OLD] = "L9"
    back = write_sheet("更换单", list(rows[0]), [list(row.values()) for row in rows]).getvalue()
    report = take_crew_sheet(actor=people["inspector"], data=back, filename="back.xlsx")
    assert report.accepted == 1
    assert [(one.row, one.column) for one in report.rejected] == [(3, REMOVED), (4, OLD), (5, "")]
    assert "已装在别处" in report.rejected[2].reason
    assert lot.meters.filter(condition=MeterCondition.REPLACED).count() == 1
    assert orders.filter(state=ReplacementState.ORDERED).count() == 4
    again = take_crew_sheet(actor=people["inspector"], data=back, filename="back.xlsx")
    assert again.accepted == 0
