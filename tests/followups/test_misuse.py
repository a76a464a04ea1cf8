"""A meter is ordered once by whatever way, figures beyond sense are refused by row, erased people are blanked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from quanheng.base import clock
from quanheng.base.sheets import write_sheet
from quanheng.core.models import RoleAssignment, User
from quanheng.followups.errors import BadCompensationInput, BadReplacement
from quanheng.followups.models import ReplacementOrder
from quanheng.followups.rules import ONSETS
from quanheng.followups.services.compensations import compute_compensation
from quanheng.followups.services.orders import close_follow_up
from quanheng.followups.services.replacements import order_lot_replacements, order_replacement
from quanheng.followups.sheets import FILLED_IN, OLD, REMOVED, take_crew_sheet
from quanheng.followups.sheets import ORDER as NUMBER
from quanheng.parties.models import Party
from quanheng.taskboard.services.people import erase_person_everywhere
from tests.followups.making import complete_order, found_wrong, fresh, proposed, to_replace
from tests.followups.test_replacements import a_lot

pytestmark = pytest.mark.django_db
People = dict[str, User]


def test_a_meter_that_its_lot_replaces_is_not_ordered_again(people: People, utility: Party) -> None:
    follow_up = found_wrong(people).follow_up
    lot = a_lot(utility, ("S1", follow_up.meter_id, date(2020, 1, 1)))
    order_lot_replacements(actor=people["officer"], lot=lot)
    with pytest.raises(BadReplacement, match="已下达更换单"):
        order_replacement(actor=people["officer"], public_id=follow_up.public_id, revision=follow_up.revision)
    assert ReplacementOrder.objects.count() == 1


@pytest.mark.parametrize("kwh", ["1e999999", "-1e999999", "sNaN", "Infinity"])
def test_a_register_beyond_sense_is_refused_by_its_row(people: People, utility: Party, kwh: str) -> None:
    order = to_replace(people)
    row = (order.number, order.old_serial, "N1", "m", clock.today(), kwh, "0", "")
    sheet = write_sheet("更换单", (NUMBER, OLD, *FILLED_IN), [row])
    report = take_crew_sheet(actor=people["inspector"], data=sheet.getvalue(), filename="x.xlsx")
    assert report.accepted == 0
    assert [(one.row, one.column) for one in report.rejected] == [(2, REMOVED)]


def test_an_amount_that_no_household_paid_is_refused(people: People, utility: Party) -> None:
    follow_up = found_wrong(people, error_percent=99.0).follow_up
    with pytest.raises(BadCompensationInput, match="超出可能的范围"):
        compute_compensation(
            actor=people["officer"],
            public_id=follow_up.public_id,
            revision=follow_up.revision,
            method=ONSETS[0],
            period_from=date(2020, 1, 1),
            period_to=clock.today(),
            registered_kwh=Decimal(999_999_999),
            price=Decimal("99.9"),
        )


def test_a_reason_is_blanked_with_whoever_wrote_it_and_with_nobody_else(
    people: People, utility: Party
) -> None:
    officer, admin = people["officer"], people["admin"]
    held = RoleAssignment.objects.filter(user=officer).first()
    assert held is not None
    closer = people["inspector"]
    RoleAssignment.objects.create(user=closer, role=held.role, unit=held.unit)
    follow_up = proposed(people)
    close_follow_up(
        actor=closer, public_id=follow_up.public_id, revision=follow_up.revision, reason="与张三谈过"
    )
    for person, left in ((officer, "与张三谈过"), (closer, "已删除")):
        erase_person_everywhere(
            actor=admin, public_id=person.public_id, revision=person.revision, reason="要求"
        )
        assert fresh(follow_up).reason == left


def test_the_names_of_crews_and_files_go_with_whoever_entered_them(people: People, utility: Party) -> None:
    order = complete_order(people, to_replace(people))
    inspector = people["inspector"]
    erase_person_everywhere(
        actor=people["admin"], public_id=inspector.public_id, revision=inspector.revision, reason="要求"
    )
    order.refresh_from_db()
    assert order.crew == "已删除"
    assert order.follow_up is not None
    assert order.follow_up.test.file_name == "已删除"
