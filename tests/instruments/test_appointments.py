from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from quanheng.core.models import User
from quanheng.instruments.due import WEEK, appointments_visible
from quanheng.instruments.errors import AppointmentNotFound, BadAppointment
from quanheng.instruments.models import Appointment, Instrument, Place
from quanheng.instruments.services.appointments import Asked, cancel_appointment, make_appointments
from quanheng.parties.models import Party
from tests.instruments.making import leaves, logged, make_party, make_scale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
NEXT = date(2026, 5, 25)
DAY = timedelta(days=1)


@pytest.fixture
def officer(people: dict[str, User]) -> User:
    return people["officer"]


@pytest.fixture
def stall(officer: User, shop: Party, market: Place) -> Instrument:
    return make_scale(officer, filed_by=officer, owner=shop, place=market)


def make(officer: User, *asked: Asked) -> list[Appointment]:
    return make_appointments(actor=officer, asked=asked)


def test_an_appointment_names_its_instruments_and_is_logged_without_names(
    officer: User, market: Place, stall: Instrument
) -> None:
    [made] = make(officer, Asked(NEXT, (stall.pk,), place_id=market.pk))
    assert (made.place, made.week_on, list(made.instruments.all())) == (market, NEXT, [stall])
    [leaf] = leaves("appointment:made")
    assert (leaf["week"], leaf["instruments"], leaf["place"]) == (
        "2026-05-25",
        1,
        str(market.public_id),
    )
    assert officer.display_name not in logged()


def test_an_owner_is_asked_only_with_what_stands_in_no_place(
    officer: User, shop: Party, stall: Instrument
) -> None:
    with pytest.raises(BadAppointment, match="已不在"):
        make(officer, Asked(NEXT, (stall.pk,), owner_id=shop.pk))
    loose = make_scale(officer, filed_by=officer, owner=shop, serial_no="L1")
    [made] = make(officer, Asked(NEXT, (loose.pk,), owner_id=shop.pk))
    assert made.owner == shop


@pytest.mark.parametrize(
    ("week", "says"), [(NEXT + DAY, "星期一"), (NEXT - 2 * WEEK, "星期一"), (NEXT, "一个场所")]
)
def test_a_bad_week_or_nobody_is_refused(
    officer: User, market: Place, stall: Instrument, week: date, says: str
) -> None:
    place_id = None if week == NEXT else market.pk
    with pytest.raises(BadAppointment, match=says):
        make(officer, Asked(week, (stall.pk,), place_id=place_id))
    with pytest.raises(BadAppointment, match="请先选择"):
        make(officer)


def test_an_instrument_is_asked_once_and_a_refusal_makes_none_of_them(
    officer: User, shop: Party, market: Place, stall: Instrument
) -> None:
    make(officer, Asked(NEXT, (stall.pk,), place_id=market.pk))
    loose = make_scale(officer, filed_by=officer, owner=shop, serial_no="L1")
    with pytest.raises(BadAppointment, match="已经约过"):
        make(
            officer,
            Asked(NEXT, (loose.pk,), owner_id=shop.pk),
            Asked(NEXT + WEEK, (stall.pk,), place_id=market.pk),
        )
    assert Appointment.objects.count() == len(leaves("appointment:made")) == 1


def test_a_cancelled_appointment_stays_with_its_reason_and_frees_its_instruments(
    officer: User, market: Place, stall: Instrument
) -> None:
    [made] = make(officer, Asked(NEXT, (stall.pk,), place_id=market.pk))
    with pytest.raises(BadAppointment, match="理由"):
        cancel_appointment(actor=officer, public_id=made.public_id, reason=" ")
    done = cancel_appointment(actor=officer, public_id=made.public_id, reason="市场停业")
    assert (done.cancel_reason, done.cancelled_at is None) == ("市场停业", False)
    assert len(leaves("appointment:cancelled")) == 1
    assert "市场停业" not in logged()
    with pytest.raises(AppointmentNotFound):
        cancel_appointment(actor=officer, public_id=made.public_id, reason="再来")
    with pytest.raises(AppointmentNotFound):
        cancel_appointment(actor=officer, public_id=uuid4(), reason="没有")
    assert make(officer, Asked(NEXT, (stall.pk,), place_id=market.pk))


def test_appointments_are_seen_by_those_whose_instruments_they_name(
    people: dict[str, User], market: Place, stall: Instrument
) -> None:
    officer = people["officer"]
    other = make_party("石桥镇小店", town="石桥镇", account=False)
    more = make_scale(officer, filed_by=officer, owner=other, place=market, serial_no="M1")
    [made] = make(officer, Asked(NEXT, (stall.pk, more.pk), place_id=market.pk))
    for name in ("officer", "clerk", "owner"):
        assert [(one.pk, one.size) for one in appointments_visible(people[name])] == [(made.pk, 2)]
    cancel_appointment(actor=officer, public_id=made.public_id, reason="停业")
    assert not appointments_visible(officer).exists()
