"""From a suspicion to a test: proposing, asking the institute; the refusals beside each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from quanheng.base import clock
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.fleet.models import MeterResult
from quanheng.followups.enums import FollowUpState, Selection
from quanheng.followups.errors import (
    BadFollowUpReason,
    BadOrder,
    FollowUpNotFound,
    MeterFollowed,
    WrongFollowUpState,
)
from quanheng.followups.models import FollowUp
from quanheng.followups.services.orders import (
    close_follow_up,
    order_tests,
    propose_follow_ups,
)
from quanheng.instruments.enums import Filing
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import WorkPlace
from quanheng.verification.errors import BadApplication
from quanheng.verification.models import Application
from tests.followups.making import fresh, ordered, plate, proposed, suspect
from tests.workforce.making import laboratory

pytestmark = pytest.mark.django_db
People = dict[str, User]


def last_result(meter_id: str) -> MeterResult:
    return MeterResult.objects.filter(meter_id=meter_id).latest("pk")


def test_a_follow_up_keeps_the_estimate_as_it_was(people: People, utility: Party) -> None:
    found = proposed(people)
    row = suspect()
    assert (found.error_percent, found.standard_uncertainty_percent) == (-5.2, 0.4)
    assert (found.probability, found.mpe_percent) == (row.probability_out_of_tolerance, 2.0)
    assert (found.selection, found.state) == (Selection.SUSPECT, FollowUpState.PROPOSED)


def test_a_follow_up_judges_by_the_mpe_of_the_estimate_and_refuses_one_that_does_not_say_it(
    people: People, utility: Party
) -> None:
    MeterResult.objects.filter(meter_id="A1-m02").update(mpe_percent=1.0)
    assert proposed(people).mpe_percent == 1.0
    MeterResult.objects.filter(meter_id="A1-m03").update(mpe_percent=None)
    with pytest.raises(BadOrder, match="重新估计"):
        propose_follow_ups(actor=people["officer"], results=[last_result("A1-m03").pk])


def test_the_leaf_of_a_follow_up_names_no_meter_of_a_home(people: People, utility: Party) -> None:
    proposed(people)
    leaf = PendingLeaf.objects.get(kind="followup:proposed")
    assert b"A1-m02" not in bytes(leaf.entry)


def test_a_meter_that_is_followed_is_not_followed_twice(people: People, utility: Party) -> None:
    proposed(people)
    with pytest.raises(MeterFollowed, match="A1-m02"):
        proposed(people)
    assert FollowUp.objects.count() == 1


def test_only_the_officer_orders(people: People, utility: Party) -> None:
    with pytest.raises(NotPermitted):
        propose_follow_ups(actor=people["inspector"], results=[suspect().pk])


def test_a_meter_without_an_estimate_or_probability_is_refused_by_its_name(
    people: People, utility: Party
) -> None:
    for meter, reason in (("A1-m04", "没有估计"), ("A2-m01", "先查清台区的问题")):
        with pytest.raises(BadOrder, match=f"{meter}.*{reason}"):
            propose_follow_ups(actor=people["officer"], results=[last_result(meter).pk])
    for nothing in ([], [10**9]):
        with pytest.raises(BadOrder):
            propose_follow_ups(actor=people["officer"], results=nothing)


def test_an_order_registers_files_and_applies_for_the_utility(people: People, utility: Party) -> None:
    follow_up = fresh(ordered(people, utility))
    instrument, application = follow_up.instrument, follow_up.application
    assert instrument is not None
    assert application is not None
    assert follow_up.state == FollowUpState.ORDERED
    assert (instrument.kind, instrument.owner, instrument.filing) == (
        "household_electricity_meter",
        utility,
        Filing.FILED,
    )
    assert instrument.details == {"Ib": "5 A", "Imax": "60 A"}
    assert (application.applicant, application.institute) == (utility, laboratory())
    assert application.work_place == WorkPlace.ON_SITE
    assert [item.instrument for item in application.items.all()] == [instrument]


def test_a_registered_meter_is_found_and_one_proposed_is_ordered(people: People, utility: Party) -> None:
    first = ordered(people, utility)
    known = Instrument.objects.get()
    Application.objects.update(state="cancelled")
    FollowUp.objects.update(state=FollowUpState.CLOSED, reason="撤回")
    second = proposed(people)
    again = ordered(people, utility)
    assert again.pk == second.pk != first.pk
    assert fresh(again).instrument == known == Instrument.objects.get()


def test_an_order_is_all_or_none(people: People, utility: Party) -> None:
    officer, row, other = people["officer"], suspect(), last_result("A1-m01")
    given = {"actor": officer, "utility": utility.pk, "institute": laboratory().pk}
    for meters, reason in (
        ([plate(row, serial_no=" ")], "出厂编号"),
        ([plate(row, serial_no="1"), plate(other, serial_no="1 ")], "两次"),
        ([plate(row), plate(other, ratings="60")], "5\\(60\\) A"),
    ):
        with pytest.raises(BadOrder, match=reason):
            order_tests(meters=meters, **given)  # type: ignore[arg-type]
    with pytest.raises(BadOrder, match="供电企业"):
        order_tests(meters=[plate(row)], **given | {"utility": 10**9})  # type: ignore[arg-type]
    with pytest.raises(BadApplication):
        order_tests(
            meters=[plate(row)],
            wished_on=clock.today() - timedelta(days=1),
            **given,  # type: ignore[arg-type]
        )
    assert not FollowUp.objects.exists()
    assert not Instrument.objects.exists()
    assert not Application.objects.exists()


def test_a_follow_up_is_closed_with_a_reason_and_not_while_the_institute_is_asked(
    people: People, utility: Party
) -> None:
    officer, found = people["officer"], proposed(people)
    with pytest.raises(BadFollowUpReason):
        close_follow_up(actor=officer, public_id=found.public_id, revision=found.revision, reason=" ")
    with pytest.raises(FollowUpNotFound):
        close_follow_up(actor=officer, public_id=utility.public_id, revision=1, reason="查明")
    close_follow_up(actor=officer, public_id=found.public_id, revision=found.revision, reason="用户已销户")
    assert fresh(found).reason == "用户已销户"
    asked = ordered(people, utility)
    with pytest.raises(WrongFollowUpState):
        close_follow_up(
            actor=officer, public_id=asked.public_id, revision=fresh(asked).revision, reason="查明"
        )
