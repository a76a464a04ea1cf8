"""Asking for verification: who for whom, which instruments, in how many queries, by when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.instruments.enums import EventKind
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.transparency.models import PendingLeaf
from quanheng.verification.enums import ApplicationState
from quanheng.verification.errors import (
    ApplicationNotFound,
    BadApplication,
    BadReason,
    InstrumentsRefused,
    OutsideScope,
    WrongState,
)
from quanheng.verification.models import Application
from quanheng.verification.selectors import application_for, applications_for, deadlines
from quanheng.verification.services.applications import (
    accept_application,
    cancel_application,
    return_application,
)
from quanheng.verification.services.orders import cancel_verification
from tests.instruments.making import (
    PHOTO,
    TODAY,
    act,
    leaves,
    logged,
    make_party,
    make_place,
    make_scale,
    unit,
)
from tests.verification.making import FULL, a_scale, accepted, apply, concluded, opened, plan, step

People = dict[str, User]


def _step(service: Any, actor: User, application: Application, **given: Any) -> Application:
    present = Application.objects.get(pk=application.pk)
    done: Application = service(actor=actor, public_id=present.public_id, revision=present.revision, **given)
    return done


@pytest.mark.parametrize("name", ["owner", "clerk", "officer", "inspector", "verifier"])
def test_owners_towns_and_staff_at_the_door_apply(
    people: People, shop: Party, one: Instrument, name: str
) -> None:
    application = apply(people[name], shop, one)

    assert application.state == ApplicationState.SUBMITTED
    (leaf,) = leaves("verification:applied")
    assert (leaf["applicant"], leaf["instruments"]) == (shop.person, [f"instrument:{one.public_id}"])
    assert shop.name not in str(leaf)


@pytest.mark.parametrize("name", ["admin", "auditor", "liaison"])
def test_others_do_not_apply(people: People, shop: Party, one: Instrument, name: str) -> None:
    with pytest.raises(OutsideScope):
        apply(people[name], shop, one)


def test_an_owner_applies_for_nobody_else_and_nobody_elses_instruments(
    people: People, shop: Party, one: Instrument
) -> None:
    other = make_party("别家", town="福善镇")
    strange = make_scale(owner=other, serial_no="7", filed_by=people["officer"], **FULL)

    with pytest.raises(OutsideScope):
        apply(people["owner"], other, strange)
    with pytest.raises(OutsideScope):
        apply(people["owner"], shop, one, strange)
    with pytest.raises(OutsideScope):
        apply(people["clerk"], other, strange)
    assert apply(people["officer"], shop, one, strange).items.count() == 2


def test_an_owner_applies_for_the_branches(people: People, shop: Party, one: Instrument) -> None:
    branch = make_party("分店", account=False)
    Party.objects.filter(pk=branch.pk).update(parent=shop)
    theirs = a_scale(people, branch, serial_no="8")

    assert apply(people["owner"], shop, one, theirs).items.count() == 2


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"institute": 0}, "检定机构"),
        ({"applicant": 0}, "申请人"),
        ({"place": 0}, "场所"),
        ({"wished_on": TODAY - timedelta(days=1)}, "希望的日期"),
        ({"instruments": []}, "1 到"),
    ],
)
def test_what_is_missing_from_an_application_is_said(
    people: People, shop: Party, one: Instrument, given: dict[str, Any], word: str
) -> None:
    with pytest.raises(BadApplication, match=word):
        apply(people["officer"], shop, one, **given)


def test_only_an_institute_is_asked(people: People, shop: Party, one: Instrument) -> None:
    with pytest.raises(BadApplication):
        apply(people["officer"], shop, one, institute=unit("区市场监管局").pk)


def test_instruments_that_cannot_be_verified_are_named_and_none_is_applied_for(
    people: People, shop: Party, one: Instrument
) -> None:
    stopped = a_scale(people, shop, serial_no="停1")
    act(people["officer"], stopped, EventKind.STOPPED, data=PHOTO)
    unclear = a_scale(people, shop, serial_no="疑2", name="某种器具")

    with pytest.raises(InstrumentsRefused) as refused:
        apply(people["owner"], shop, one, stopped, unclear)
    assert [gap.code for gap in refused.value.gaps] == ["instrument_out_of_use", "instrument_kind_unknown"]
    assert "停1" in refused.value.text
    assert "疑2" in refused.value.text
    assert not Application.objects.exists()


def test_an_instrument_is_applied_for_once_until_it_is_done(
    people: People, shop: Party, one: Instrument
) -> None:
    first = apply(people["owner"], shop, one)
    for state in ("submitted", "accepted", "planned"):
        with pytest.raises(InstrumentsRefused, match="已经申请"):
            apply(people["owner"], shop, one)
        if state == "submitted":
            first = _step(accept_application, people["checker"], first)
        if state == "accepted":
            plan(people, one, application=first)


@pytest.mark.parametrize("how", ["return", "cancel", "conclude"])
def test_what_was_answered_or_done_may_be_applied_for_again(
    people: People, shop: Party, one: Instrument, how: str
) -> None:
    if how == "conclude":
        concluded(people, one, application=accepted(people, shop, one))
    elif how == "return":
        _step(return_application, people["checker"], apply(people["owner"], shop, one), reason="设备停用")
    else:
        _step(cancel_application, people["owner"], apply(people["owner"], shop, one))

    assert apply(people["owner"], shop, one).pk


def test_the_part_of_an_application_that_no_order_names_stays_applied_for(
    people: People, shop: Party, one: Instrument
) -> None:
    second = a_scale(people, shop, serial_no="2")
    application = accepted(people, shop, one, second)
    concluded(people, one, application=application)

    with pytest.raises(InstrumentsRefused):
        apply(people["owner"], shop, second)
    assert plan(people, second, application=application).pk


def test_three_hundred_scales_of_a_market_are_one_call_and_few_queries(
    people: People, shop: Party, weights: Any, django_assert_max_num_queries: Any
) -> None:
    market = make_place()
    template = make_scale(place=market, owner=shop, **FULL)
    made = [
        Instrument(
            label_code=f"T{at:09d}",
            serial_no=str(at),
            serial_key=str(at),
            **{
                field: getattr(template, field)
                for field in (
                    "name",
                    "kind",
                    "owner",
                    "place",
                    "town",
                    "registered_on",
                    "filing",
                    "maker_key",
                )
            },
        )
        for at in range(300)
    ]
    Instrument.objects.bulk_create(made)
    before = PendingLeaf.objects.count()

    with django_assert_max_num_queries(15):
        application = apply(people["clerk"], shop, *made, place=market.pk)
    assert application.items.count() == 300
    assert PendingLeaf.objects.count() == before + 1
    with django_assert_max_num_queries(15):
        _step(accept_application, people["checker"], application)
    with django_assert_max_num_queries(40):  # three people with their roles among them
        order = plan(people, *made, application=application, place=market.pk)
    assert order.verifications.count() == 300


def test_deadlines_run_in_working_days(people: People, shop: Party, one: Instrument) -> None:
    """5 and 20 working days after Wednesday 2026-05-20, between which no holiday lies."""
    application = accepted(people, shop, one)

    assert application.answer_by == date(2026, 5, 27)
    assert application.finish_by == date(2026, 6, 17)
    (running,) = deadlines(people["checker"])
    assert (running.what, running.due_on, running.is_overdue) == ("finish", date(2026, 6, 17), False)
    assert deadlines(people["checker"], date(2026, 6, 17), overdue_only=True) == []
    assert deadlines(people["checker"], date(2026, 6, 18), overdue_only=True)[0].is_overdue


def test_a_deadline_ends_with_the_last_conclusion(people: People, shop: Party, one: Instrument) -> None:
    second = a_scale(people, shop, serial_no="2")
    application = accepted(people, shop, one, second)
    concluded(people, one, application=application)
    assert len(deadlines(people["checker"])) == 1
    concluded(people, second, application=application)
    assert deadlines(people["checker"]) == []


def test_answering_is_for_the_institute_with_a_reason_where_it_returns(
    people: People, shop: Party, one: Instrument
) -> None:
    application = apply(people["owner"], shop, one)
    for name in ("owner", "officer", "clerk"):
        with pytest.raises(OutsideScope):
            _step(accept_application, people[name], application)
    with pytest.raises(BadReason):
        _step(return_application, people["checker"], application, reason="")
    with pytest.raises(BadReason):
        _step(return_application, people["checker"], application, reason="长" * 301)
    back = _step(return_application, people["checker"], application, reason="请先清洁秤盘")

    assert (back.state, back.decision_reason) == (ApplicationState.RETURNED, "请先清洁秤盘")
    assert "请先清洁秤盘" not in logged()
    with pytest.raises(WrongState):
        _step(accept_application, people["checker"], application)


def test_two_answers_of_one_page_are_told_apart(people: People, shop: Party, one: Instrument) -> None:
    application = apply(people["owner"], shop, one)
    _step(accept_application, people["checker"], application)
    with pytest.raises(StaleRevision):
        return_application(actor=people["verifier"], public_id=application.public_id, revision=1, reason="x")


def test_an_application_is_taken_back_until_work_is_planned(
    people: People, shop: Party, one: Instrument
) -> None:
    application = accepted(people, shop, one)
    plan(people, one, application=application)
    with pytest.raises(WrongState):
        _step(cancel_application, people["owner"], application)


def test_an_application_whose_work_was_cancelled_can_be_ended(
    people: People, shop: Party, one: Instrument
) -> None:
    application = accepted(people, shop, one)
    verification = opened(people, one, application=application)
    step(cancel_verification, people["checker"], verification, reason="器具没有送来")
    assert len(deadlines(people["checker"])) == 1

    ended = _step(cancel_application, people["owner"], application)

    assert ended.state == ApplicationState.CANCELLED
    assert deadlines(people["checker"]) == []


def test_strangers_do_not_take_it_back(people: People, shop: Party, one: Instrument) -> None:
    application = apply(people["owner"], shop, one)
    for name in ("liaison", "verifier"):
        with pytest.raises(OutsideScope):
            _step(cancel_application, people[name], application)
    assert _step(cancel_application, people["clerk"], application).state == ApplicationState.CANCELLED


def test_an_application_is_seen_by_its_owner_its_town_and_its_institute(
    people: People, shop: Party, one: Instrument
) -> None:
    application = apply(people["owner"], shop, one)
    for name in ("owner", "clerk", "verifier", "officer", "auditor", "admin"):
        assert application_for(people[name], application.public_id).count == 1  # type: ignore[attr-defined]
    for name in ("liaison",):
        with pytest.raises(ApplicationNotFound):
            application_for(people[name], application.public_id)
    stranger = User.objects.create_user("stranger")
    stranger.assignments.create(role="instrument_owner", unit=unit("区水务局"))
    assert not applications_for(stranger).exists()


def test_an_order_without_application_is_for_who_stands_at_the_door(people: People, one: Instrument) -> None:
    assert opened(people, one).work_order.application is None
