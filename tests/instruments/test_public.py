from __future__ import annotations

from datetime import date

import pytest

from quanheng.core.models import User
from quanheng.instruments.enums import EventKind, Use, Verdict
from quanheng.instruments.models import Instrument
from quanheng.instruments.public import Answer, PublicStatus, public_status
from quanheng.parties.models import Party
from tests.instruments.making import TODAY, act, fresh, make_scale, verify

pytestmark = pytest.mark.usefixtures("on_one_day")


@pytest.fixture
def scale(people: dict[str, User], shop: Party) -> Instrument:
    return make_scale(filed_by=people["officer"], owner=shop)


def told(instrument: Instrument) -> PublicStatus:
    return public_status(fresh(instrument))


def test_what_was_never_verified_is_told_so(scale: Instrument) -> None:
    status = told(scale)
    assert (status.answer, status.until, status.last) == (Answer.NEVER, None, None)
    assert "属强检" in status.obligation


def test_verified_is_valid_through_its_last_day_and_expired_after_it(
    people: dict[str, User], scale: Instrument
) -> None:
    verify(people["officer"], scale, date(2025, 6, 1))
    present = fresh(scale)
    on_last, after = (public_status(present, day) for day in (date(2026, 5, 31), date(2026, 6, 1)))

    assert (on_last.answer, on_last.until) == (Answer.VALID, date(2026, 5, 31))
    assert (after.answer, after.until) == (Answer.EXPIRED, date(2026, 5, 31))
    assert on_last.rule_id == "price_scale/1"
    assert not on_last.is_confirmed
    assert "12 个月" in on_last.reason


def test_the_earlier_of_rule_and_certificate_holds(people: dict[str, User], scale: Instrument) -> None:
    verify(people["officer"], scale, date(2025, 6, 1), valid_until=date(2026, 5, 1))
    assert (told(scale).answer, told(scale).until) == (Answer.EXPIRED, date(2026, 5, 1))


def test_the_last_verdict_counts(people: dict[str, User], scale: Instrument) -> None:
    verify(people["officer"], scale, date(2025, 6, 1))
    verify(people["officer"], scale, date(2026, 5, 1), verdict=Verdict.REJECTED)
    assert (told(scale).answer, told(scale).until) == (Answer.REJECTED, None)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (EventKind.STOPPED, Answer.STOPPED),
        (EventKind.SEALED, Answer.STOPPED),
        (EventKind.SCRAPPED, Answer.SCRAPPED),
    ],
)
def test_out_of_use_goes_before_any_certificate(
    people: dict[str, User], scale: Instrument, kind: EventKind, answer: Answer
) -> None:
    verify(people["officer"], scale, date(2026, 5, 1))
    act(people["officer"], scale, kind, data=b"\xff\xd8 photo")
    assert told(scale).answer == answer


def test_what_came_back_into_use_unverified_is_not_called_valid_for_its_old_certificate(
    people: dict[str, User], scale: Instrument
) -> None:
    verify(people["officer"], scale, date(2026, 3, 1))
    act(people["officer"], scale, EventKind.STOPPED, date(2026, 4, 1), data=b"\xff\xd8 photo")
    act(people["officer"], scale, EventKind.RESUMED, date(2026, 5, 1))
    assert (told(scale).answer, told(scale).until) == (Answer.EXPIRED, date(2026, 5, 1))
    assert public_status(fresh(scale), TODAY).reason


def test_what_the_rules_do_not_oblige_is_told_so_or_by_its_own_certificate(
    people: dict[str, User], shop: Party
) -> None:
    other = make_scale(filed_by=people["officer"], owner=shop, use=Use.OTHER)
    assert told(other).answer == Answer.VOLUNTARY
    verify(people["officer"], other, date(2026, 5, 1), valid_until=date(2027, 4, 30))
    assert (told(other).answer, told(other).until) == (Answer.VALID, date(2027, 4, 30))


def test_verified_without_a_known_end_is_not_called_valid(people: dict[str, User], shop: Party) -> None:
    unclear = make_scale(filed_by=people["officer"], owner=shop, use=Use.UNKNOWN)
    assert told(unclear).answer == Answer.NEVER
    verify(people["officer"], unclear, date(2026, 5, 1))
    assert (told(unclear).answer, told(unclear).until) == (Answer.UNKNOWN, None)


def test_what_is_verified_once_for_all_is_called_so(people: dict[str, User], shop: Party) -> None:
    meter = make_scale(
        filed_by=people["officer"], owner=shop, name="玻璃体温计", kind="glass_thermometer", use=Use.MEDICAL
    )
    verify(people["officer"], meter, date(2026, 5, 1))
    assert told(meter).answer == Answer.VALID_ONCE
