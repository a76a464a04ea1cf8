from __future__ import annotations

from datetime import date, timedelta

import pytest

from quanheng.core.models import User
from quanheng.instruments.due import (
    DueCounts,
    Expiry,
    due_by_day,
    due_rows,
    due_today,
    forecast,
    kind_name,
    monday,
    month_end,
    overview,
)
from quanheng.instruments.due_choices import due_choices
from quanheng.instruments.models import Place
from quanheng.instruments.selectors import ListQuery, listed
from quanheng.parties.models import Party
from tests.instruments.due_making import due_scale
from tests.instruments.making import TODAY, make_party, make_scale, unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
DAY = timedelta(days=1)


@pytest.fixture
def officer(people: dict[str, User]) -> User:
    return people["officer"]


def test_counts_are_those_of_the_lists_behind_them(officer: User, shop: Party, market: Place) -> None:
    other = make_party("石桥镇小店", town="石桥镇", account=False)
    due_scale(officer, TODAY - DAY, owner=shop, place=market, times=2)
    due_scale(officer, TODAY, owner=shop, place=market)
    due_scale(officer, TODAY + 300 * DAY, owner=other)
    make_scale(officer, owner=shop, serial_no="a draft has no due date")
    found = overview(due_rows(officer, ListQuery(), TODAY), TODAY)
    assert found.counts == DueCounts(overdue=2, soon=1, later=1)
    assert found.by_town == {unit("亭子镇").pk: DueCounts(2, 1, 0), unit("石桥镇").pk: DueCounts(0, 0, 1)}
    assert found.by_kind == {"price_scale": found.counts}
    assert found.overdue_by_setting == {"market": 2}
    for word in ("overdue", "soon", "later"):
        assert listed(officer, ListQuery(due=word), TODAY).count() == getattr(found.counts, word)


def test_reminders_share_out_the_days_without_overlap(officer: User, shop: Party) -> None:
    for days in (0, 7, 8, 30, 31, 60, 61, 90, 91):
        due_scale(officer, TODAY + days * DAY, owner=shop)
    found = overview(due_rows(officer, ListQuery(), TODAY), TODAY)
    assert due_choices().reminder_days == (90, 60, 30, 7)
    assert [(one.days, one.count) for one in found.reminders] == [(7, 2), (30, 2), (60, 2), (90, 2)]
    for one in found.reminders:
        query = ListQuery(due_from=one.first, due_to=one.last)
        assert listed(officer, query, TODAY).count() == one.count
    assert (found.month_to, found.this_month) == (date(2026, 5, 31), 3)


def test_what_must_be_applied_for_today_is_counted_in_working_days(officer: User, shop: Party) -> None:
    # 21 May to 10 June 2026: three weeks of Monday to Friday, no holiday among them.
    last = date(2026, 6, 10)
    due_scale(officer, last, owner=shop)
    due_scale(officer, last + DAY, owner=shop)
    found = overview(due_rows(officer, ListQuery(), TODAY), TODAY)
    assert (found.apply_by.on, found.apply_by.is_certain, found.to_apply) == (last, True, 1)


def test_a_deadline_beyond_the_holiday_table_says_that_it_is_not_certain(officer: User) -> None:
    far = date(2031, 3, 3)
    assert not overview(due_rows(officer, ListQuery(), far), far).apply_by.is_certain


def test_the_forecast_counts_each_period_again_and_the_overdue_from_today(officer: User, shop: Party) -> None:
    due_scale(officer, date(2026, 7, 31), owner=shop, times=2)
    due_scale(officer, TODAY - 40 * DAY, owner=shop)
    found = forecast(due_rows(officer, ListQuery(), TODAY), TODAY, 24)
    assert found == {
        ("price_scale", date(2026, 7, 1)): Expiry(first=2),
        ("price_scale", date(2027, 7, 1)): Expiry(again=2),
        ("price_scale", date(2027, 5, 1)): Expiry(again=1),
    }


def test_the_calendar_counts_by_day_and_leaves_out_what_lies_beyond(officer: User, shop: Party) -> None:
    due_scale(officer, TODAY, owner=shop, times=2)
    due_scale(officer, TODAY + 9 * DAY, owner=shop)
    rows = due_rows(None, ListQuery(), TODAY)
    assert due_by_day(rows, TODAY, TODAY + 8 * DAY) == {TODAY: 2}
    assert due_by_day(rows, TODAY + DAY, TODAY + 9 * DAY) == {TODAY + 9 * DAY: 1}


def test_everybody_counts_only_what_they_may_see(people: dict[str, User], shop: Party) -> None:
    officer = people["officer"]
    elsewhere = make_party("石桥镇小店", town="石桥镇", account=False)
    due_scale(officer, TODAY - DAY, owner=shop)
    due_scale(officer, TODAY - DAY, owner=elsewhere)
    seen = {
        name: due_rows(people[name], ListQuery(), TODAY).count() for name in ("officer", "clerk", "owner")
    }
    assert seen == {"officer": 2, "clerk": 1, "owner": 1}


def test_today_tells_each_person_what_waits_for_them(people: dict[str, User], shop: Party) -> None:
    officer = people["officer"]
    due_scale(officer, TODAY - 3 * DAY, owner=shop)
    due_scale(officer, TODAY - 9 * DAY, owner=shop)
    due_scale(officer, TODAY + 7 * DAY, owner=shop)
    due_scale(officer, TODAY + 8 * DAY, owner=shop)
    make_scale(officer, owner=shop, submit=True, serial_no="waits for review")
    bureau, owner = due_today(officer), due_today(people["owner"])
    assert bureau is not None
    assert owner is not None
    # The submitted one was never verified, and is due as of today.
    assert (bureau.overdue, bureau.overdue_since, bureau.soon) == (2, TODAY - 9 * DAY, 2)
    assert (bureau.submitted, owner.submitted) == (1, 0)
    assert (owner.overdue, owner.soon) == (2, 2)
    assert due_today(people["liaison"]) is None


def test_weeks_begin_on_monday_and_months_end_on_their_last_day() -> None:
    assert [monday(date(2026, 5, 18) + n * DAY) for n in range(7)] == [date(2026, 5, 18)] * 7
    assert month_end(date(2028, 2, 3)) == date(2028, 2, 29)


def test_a_kind_that_is_not_known_has_no_name() -> None:
    assert kind_name("price_scale") == "电子计价秤"
    assert kind_name("") == kind_name("no such kind") == ""
