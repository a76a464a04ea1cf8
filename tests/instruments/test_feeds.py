from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from quanheng.base import clock
from quanheng.core.errors import UnitNotFound
from quanheng.core.models import User
from quanheng.instruments import feeds
from quanheng.instruments.enums import EventKind
from quanheng.instruments.errors import FeedNotFound, OutsideScope
from quanheng.instruments.feeds import feed_by_token, feed_calendar, feeds_visible
from quanheng.instruments.models import CalendarFeed, Instrument, Place
from quanheng.instruments.services.feeds import close_feed, open_owner_feed, open_unit_feed, renew_feed
from quanheng.parties.errors import PartyNotFound
from quanheng.parties.models import Party
from tests.instruments.making import TODAY, act, logged, make_party, make_place, make_scale, unit, verify

pytestmark = pytest.mark.usefixtures("on_one_day")
BASE = "https://metrology.example"
INSTITUTE = "达川区计量检定所（演示）"


@pytest.fixture
def feed(people: dict[str, User], shop: Party) -> CalendarFeed:
    return open_owner_feed(actor=people["owner"], public_id=shop.public_id)


def scale(
    people: dict[str, User], verified_on: date | None = date(2025, 7, 1), **given: object
) -> Instrument:
    made = make_scale(filed_by=people["officer"], **given)
    if verified_on is not None:
        verify(people["officer"], made, verified_on)
    return made


def events(feed: CalendarFeed) -> list[Event]:
    return list(Calendar.from_ical(feed_calendar(feed, base_url=BASE)).walk("VEVENT"))


def test_one_event_of_a_whole_day_for_each_day_and_place(
    people: dict[str, User], feed: CalendarFeed, shop: Party, market: Place
) -> None:
    other = make_place("石桥铺集贸市场")
    for n in range(3):
        scale(people, owner=shop, place=market, serial_no=f"A{n}", spot=f"{n} 号摊位")
    scale(people, owner=shop, place=other, serial_no="B0")
    scale(people, date(2025, 8, 1), owner=shop, place=market, serial_no="C0")

    found = events(feed)
    assert [(item["dtstart"].dt, str(item["location"])) for item in found] == [
        (date(2026, 6, 30), market.name),
        (date(2026, 6, 30), other.name),
        (date(2026, 7, 31), market.name),
    ]
    assert all(item["dtend"].dt - item["dtstart"].dt == timedelta(days=1) for item in found)
    assert "3 台" in found[0]["summary"]
    assert str(found[0]["description"]).split("\n") == [f"电子计价秤 A{n} {n} 号摊位" for n in range(3)]


def test_each_event_reminds_in_the_morning_of_the_last_two_reminder_days(
    people: dict[str, User], feed: CalendarFeed, shop: Party
) -> None:
    scale(people, owner=shop)
    (event,) = events(feed)

    begins = datetime.combine(event["dtstart"].dt, datetime.min.time())
    rings = [str(begins + alarm["trigger"].dt) for alarm in event.walk("VALARM")]
    assert rings == ["2026-05-31 09:00:00", "2026-06-23 09:00:00"]
    assert {str(alarm["action"]) for alarm in event.walk("VALARM")} == {"DISPLAY"}


def test_an_event_keeps_its_identity_and_says_when_it_changed(
    people: dict[str, User], feed: CalendarFeed, shop: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scale(people, owner=shop, serial_no="A1")
    (before,) = events(feed)
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: later)
    scale(people, owner=shop, serial_no="A2")
    (after,) = events(feed)

    assert before["uid"] == after["uid"]
    assert before["last-modified"].dt < after["last-modified"].dt
    assert after["last-modified"].dt == after["dtstamp"].dt == later.replace(microsecond=0)
    assert feed_calendar(feed, base_url=BASE) == feed_calendar(feed, base_url=BASE)
    verify(people["officer"], first, date(2026, 5, 1))
    assert len({str(event["uid"]) for event in events(feed)}) == 2


def test_what_is_overdue_stays_on_the_present_day(
    people: dict[str, User], feed: CalendarFeed, shop: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale(people, date(2025, 3, 1), owner=shop, serial_no="A1")
    scale(people, date(2025, 4, 1), owner=shop, serial_no="A2")
    (first,) = events(feed)
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY + timedelta(days=1))
    (second,) = events(feed)

    assert (first["dtstart"].dt, second["dtstart"].dt) == (TODAY, TODAY + timedelta(days=1))
    assert first["uid"] == second["uid"]
    assert "2 台" in first["summary"]
    assert "A1" in first["description"]


def test_what_is_stopped_with_a_photo_or_far_ahead_is_not_in_the_calendar(
    people: dict[str, User], feed: CalendarFeed, shop: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = scale(people, owner=shop)
    assert len(events(feed)) == 1
    monkeypatch.setattr(feeds, "HORIZON", timedelta(days=10))
    assert events(feed) == []
    monkeypatch.undo()
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    act(people["officer"], stopped, EventKind.STOPPED, data=b"\xff\xd8 photo")
    assert events(feed) == []


def test_the_calendar_of_a_chain_holds_its_branches_and_nobody_elses(
    people: dict[str, User], feed: CalendarFeed, shop: Party
) -> None:
    branch = make_party("达川演示超市二店", account=False, parent_id=shop.pk)
    scale(people, owner=branch, serial_no="A1")
    scale(people, owner=make_party("亭子镇粮油店", account=False), serial_no="A2")

    (event,) = events(feed)
    assert "A1" in event["description"]
    assert "A2" not in event["description"]


def test_the_calendar_of_an_institute_holds_what_it_verifies(people: dict[str, User], shop: Party) -> None:
    scale(people, owner=shop, serial_no="A1", institute=unit(INSTITUTE))
    scale(people, owner=shop, serial_no="A2")
    feed = open_unit_feed(actor=people["verifier"], unit_id=unit(INSTITUTE).pk)

    (event,) = events(feed)
    assert "A1" in event["description"]
    assert "A2" not in event["description"]


def test_long_descriptions_are_cut_and_say_by_how_much(
    people: dict[str, User], feed: CalendarFeed, shop: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_LINES", 2)
    for n in range(5):
        scale(people, owner=shop, serial_no=f"A{n}")
    (event,) = events(feed)
    assert str(event["description"]).split("\n")[2:] == ["另有 3 台"]


def test_lines_of_chinese_are_folded_at_75_octets_and_read_back(
    people: dict[str, User], feed: CalendarFeed, shop: Party
) -> None:
    spot = "二楼东区、水产区;转角\\" + "长" * 60
    scale(people, owner=shop, spot=spot)
    body = feed_calendar(feed, base_url=BASE)

    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    assert body.endswith(b"END:VCALENDAR\r\n")
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert str(event["description"]).endswith(spot)


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200))
def test_any_text_survives_the_calendar(text: str) -> None:
    event = Event()
    event.add("description", text)
    assert str(Event.from_ical(event.to_ical())["description"]) == text


def test_the_calendar_names_itself_and_how_often_to_ask(feed: CalendarFeed) -> None:
    calendar = Calendar.from_ical(feed_calendar(feed, base_url=BASE))

    assert str(calendar["version"]) == "2.0"
    assert "达川演示超市" in calendar["x-wr-calname"]
    assert calendar["refresh-interval"].dt == timedelta(hours=12)
    assert calendar.walk("VEVENT") == []


def test_a_line_break_in_a_name_breaks_no_calendar(people: dict[str, User]) -> None:
    """Such a name is refused today; one that is kept from before must not break the feed."""
    shop = make_party("甲店", account=False)
    Party.objects.filter(pk=shop.pk).update(name="甲店\r\nATTENDEE:乙\n店")
    shop.refresh_from_db()
    named = open_owner_feed(actor=people["officer"], public_id=shop.public_id)
    calendar = Calendar.from_ical(feed_calendar(named, base_url=BASE))
    assert calendar["x-wr-calname"] == "强制检定到期：甲店 ATTENDEE:乙 店"
    assert "attendee" not in calendar


def test_an_address_is_a_secret_and_stands_nowhere_in_the_log(feed: CalendarFeed) -> None:
    assert len(feed.token) == 43
    assert feed_by_token(feed.token) == feed
    assert feed.token not in logged()
    assert "feed:opened" in logged()


def test_opening_twice_keeps_the_address(people: dict[str, User], feed: CalendarFeed, shop: Party) -> None:
    assert open_owner_feed(actor=people["officer"], public_id=shop.public_id).token == feed.token


def test_a_renewed_or_closed_feed_ends_its_former_address(
    people: dict[str, User], feed: CalendarFeed
) -> None:
    former = feed.token
    renewed = renew_feed(actor=people["owner"], feed_id=feed.pk)
    assert feed_by_token(renewed.token) == feed
    with pytest.raises(FeedNotFound):
        feed_by_token(former)
    close_feed(actor=people["owner"], feed_id=feed.pk)
    with pytest.raises(FeedNotFound):
        feed_by_token(renewed.token)
    for event in ("feed:renewed", "feed:closed"):
        assert event in logged()


@pytest.mark.parametrize("username", ["clerk", "verifier", "auditor", "admin", "inspector", "liaison"])
def test_only_the_owner_and_who_plans_due_work_open_and_end_an_owners_feed(
    people: dict[str, User], feed: CalendarFeed, shop: Party, username: str
) -> None:
    actor = people[username]
    with pytest.raises(OutsideScope):
        open_owner_feed(actor=actor, public_id=shop.public_id)
    with pytest.raises(OutsideScope):
        renew_feed(actor=actor, feed_id=feed.pk)
    with pytest.raises(OutsideScope):
        close_feed(actor=actor, feed_id=feed.pk)
    assert not feeds_visible(actor)
    assert feed_by_token(feed.token) == feed


def test_a_feed_is_for_a_known_owner_or_an_institute(people: dict[str, User], feed: CalendarFeed) -> None:
    with pytest.raises(UnitNotFound):
        open_unit_feed(actor=people["officer"], unit_id=unit("区水务局").pk)
    with pytest.raises(PartyNotFound):
        open_owner_feed(actor=people["officer"], public_id=people["officer"].public_id)
    with pytest.raises(FeedNotFound):
        renew_feed(actor=people["officer"], feed_id=feed.pk + 1)
