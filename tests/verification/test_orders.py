"""Work orders: people with the role, standards of the institute, instruments that may be verified."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from quanheng.verification.enums import WorkKind
from quanheng.verification.errors import (
    ApplicationNotFound,
    BadWorkOrder,
    InstrumentsRefused,
    OutsideScope,
    VerificationNotFound,
    WrongState,
)
from quanheng.verification.models import WorkOrder
from quanheng.verification.selectors import (
    next_for,
    planning_gaps,
    verification_for,
    verifications_for,
    work_order_for,
    work_orders_for,
)
from tests.instruments.making import TODAY, leaves
from tests.standards.making import make_standard
from tests.verification.making import a_scale, accepted, apply, checked, opened, plan
from tests.workforce.making import laboratory, other_laboratory

People = dict[str, User]


def test_an_order_opens_a_verification_for_each_instrument(
    people: People, shop: Party, one: Instrument
) -> None:
    second = a_scale(people, shop, serial_no="2")
    order = plan(people, one, second, application=accepted(people, shop, one, second))

    assert {row.instrument for row in order.verifications.all()} == {one, second}
    assert leaves("verification:planned")[0]["standards"]


@pytest.mark.parametrize("role", ["verifier", "checker", "signatory"])
def test_people_hold_the_role_at_the_institute(people: People, one: Instrument, role: str) -> None:
    with pytest.raises(BadWorkOrder):
        plan(people, one, **{role: people["officer"].pk})
    people[role].is_active = False
    people[role].save()
    with pytest.raises((BadWorkOrder, OutsideScope)):
        plan(people, one)


def test_verifier_and_checker_are_two(people: People, one: Instrument) -> None:
    with pytest.raises(BadWorkOrder, match="同一人"):
        plan(people, one, checker=people["verifier"].pk)


@pytest.mark.parametrize(
    ("role", "kind", "is_refused"),
    [("verifier", "periodic", True), ("checker", "periodic", False), ("checker", "calibration", True)],
)
def test_no_signatory_is_planned_who_may_not_sign_it(
    people: People, one: Instrument, role: str, kind: str, *, is_refused: bool
) -> None:
    people[role].assignments.create(role="signatory", unit=laboratory())
    given: dict[str, Any] = {"signatory": people[role].pk, "kind": WorkKind(kind)}
    if is_refused:
        with pytest.raises(BadWorkOrder, match="不能同时作批准人"):
            plan(people, one, **given)
    else:
        assert plan(people, one, **given).signatory == people[role]


@pytest.mark.parametrize("how", ["none", "strange", "unknown"])
def test_standards_are_the_institutes_own(people: People, one: Instrument, how: str) -> None:
    given = {"none": [], "strange": [make_standard(other_laboratory()).public_id], "unknown": [uuid4()]}[how]
    with pytest.raises(BadWorkOrder, match="计量标准"):
        plan(people, one, standards=given)


@pytest.mark.parametrize("given", [{"instruments": []}, {"instruments": [uuid4()]}, {"place": 0}])
def test_what_is_missing_from_an_order_is_said(
    people: People, one: Instrument, given: dict[str, Any]
) -> None:
    with pytest.raises(BadWorkOrder):
        plan(people, one, **given)
    assert not WorkOrder.objects.exists()


def test_only_accepted_applications_and_their_instruments_are_planned(
    people: People, shop: Party, one: Instrument
) -> None:
    second = a_scale(people, shop, serial_no="2")
    application = apply(people["owner"], shop, one)
    with pytest.raises(WrongState):
        plan(people, one, application=application)
    application.state = "accepted"
    application.save()
    with pytest.raises(BadWorkOrder, match="申请之内"):
        plan(people, one, second, application=application)
    application.public_id = uuid4()
    with pytest.raises(ApplicationNotFound):
        plan(people, one, application=application)


def test_an_instrument_under_work_is_not_planned_again(people: People, one: Instrument) -> None:
    opened(people, one)
    with pytest.raises(InstrumentsRefused, match="正在检定"):
        plan(people, one)


def test_another_institutes_work_is_not_planned(people: People, one: Instrument) -> None:
    with pytest.raises(OutsideScope):
        plan(people, one, unit=other_laboratory())


def test_what_would_be_missing_on_the_day_is_told_before(
    people: People, weights: MeasurementStandard
) -> None:
    def codes(on: date, *kinds: str) -> set[str]:
        given = {"unit": laboratory(), "verifier": people["verifier"], "checker": people["checker"]}
        gaps = planning_gaps(**given, standards=[weights], kinds=kinds, on=on)  # type: ignore[arg-type]
        return {gap.code for gap in gaps}

    assert codes(TODAY, "price_scale", "platform_scale") == set()
    assert codes(date(2027, 1, 1), "platform_scale") == {
        "authorisation_over",
        "registration_over",
        "not_qualified",
        "certificate_over",
    }
    assert codes(TODAY, "unheard") == {"no_edition"}


def test_work_is_seen_by_the_institute_the_owner_and_the_bureau(
    people: People, shop: Party, one: Instrument
) -> None:
    verification = opened(people, one)
    for name in ("verifier", "owner", "clerk", "officer", "auditor"):
        assert verification_for(people[name], verification.public_id) == verification
        assert work_order_for(people[name], verification.work_order.public_id).open == 1  # type: ignore[attr-defined]
    with pytest.raises(VerificationNotFound):
        verification_for(people["liaison"], verification.public_id)
    assert not work_orders_for(people["liaison"]).exists()


def test_each_finds_what_waits_for_them(people: People, shop: Party, one: Instrument) -> None:
    first = opened(people, one)
    second = checked(people, a_scale(people, shop, serial_no="2"))

    assert list(next_for(people["verifier"])) == [first]
    assert list(next_for(people["checker"])) == []
    assert list(next_for(people["signatory"])) == [second]
    assert list(verifications_for(people["officer"], "checked")) == [second]  # type: ignore[arg-type]
