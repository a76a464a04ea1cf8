from __future__ import annotations

from datetime import date, timedelta

import pytest

from quanheng.core.models import User
from quanheng.instruments.due import WEEK, due_rows
from quanheng.instruments.models import Instrument, Place
from quanheng.instruments.selectors import ListQuery
from quanheng.instruments.services.appointments import Asked, make_appointments
from quanheng.instruments.waves import WavePlan, wave_plan
from quanheng.kernels.dates import WorkingCalendar
from quanheng.parties.models import Party
from tests.instruments.due_making import due_scale
from tests.instruments.making import TODAY, make_party, make_place

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_one_day")]
DAY = timedelta(days=1)
NEXT = date(2026, 5, 25)  # the Monday after TODAY
PLAIN = WorkingCalendar(frozenset(), frozenset(), {2026: "made for the test"})


@pytest.fixture
def officer(people: dict[str, User]) -> User:
    return people["officer"]


def plan(**given: object) -> WavePlan:
    return wave_plan(due_rows(None, ListQuery(), TODAY), TODAY, **{"calendar": PLAIN} | given)  # type: ignore[arg-type]


def weeks_of(found: WavePlan) -> dict[str, date | None]:
    return {ask.name: ask.week_on for ask in found.asks}


def test_nobody_is_asked_for_a_week_that_ends_after_the_due_date(officer: User, shop: Party) -> None:
    """Due on a Thursday means the week before, due on the Friday or at the weekend that week."""
    for offset, expected in ((3, NEXT), (4, NEXT + WEEK), (6, NEXT + WEEK)):
        place = make_place(f"市场{offset}")
        due_scale(officer, NEXT + WEEK + offset * DAY, owner=shop, place=place)
        assert weeks_of(plan(capacity=10))[place.name] == expected


def test_a_week_whose_friday_is_off_ends_on_its_thursday(officer: User, shop: Party, market: Place) -> None:
    friday = NEXT + 4 * DAY
    off = WorkingCalendar(frozenset({friday}), frozenset(), {2026: "made for the test"})
    due_scale(officer, friday - DAY, owner=shop, place=market)
    assert weeks_of(plan(calendar=off)) == {market.name: NEXT}


def test_weeks_without_workdays_have_no_capacity_and_short_ones_their_share(
    officer: User, shop: Party, market: Place
) -> None:
    second = NEXT + WEEK
    off = frozenset({NEXT, NEXT + DAY, *(second + n * DAY for n in range(7))})
    found = plan(
        calendar=WorkingCalendar(off, frozenset(), {2026: "made for the test"}), capacity=10, weeks=3
    )
    assert [(week.workdays, week.capacity) for week in found.weeks] == [(3, 6), (0, 0), (5, 10)]


def test_what_a_place_has_due_within_four_weeks_is_one_visit_and_the_rest_another(
    officer: User, shop: Party, market: Place
) -> None:
    first = NEXT + 4 * DAY
    due_scale(officer, first, owner=shop, place=market, times=2)
    due_scale(officer, first + 28 * DAY, owner=shop, place=market)
    due_scale(officer, first + 29 * DAY, owner=shop, place=market)
    asks = plan(capacity=10).asks
    assert [(ask.week_on, len(ask.instruments)) for ask in asks] == [(NEXT, 3), (NEXT + 4 * WEEK, 1)]
    assert asks[0].lost_days == 28
    assert (asks[0].due_on, asks[0].last_due_on) == (first, first + 28 * DAY)


def test_what_stands_in_no_place_is_asked_of_its_owner(officer: User, shop: Party) -> None:
    due_scale(officer, NEXT + 4 * DAY, owner=shop)
    [ask] = plan().asks
    assert (ask.who, ask.name, ask.town) == (("owner", shop.pk), shop.name, "亭子镇")
    Instrument.objects.update(owner=None)
    from quanheng.instruments.services.standing import sweep

    sweep()
    assert (plan().asks, plan().unreachable) == ((), 1)


def test_without_a_capacity_one_is_found_with_which_all_are_in_time(officer: User, shop: Party) -> None:
    for n in range(6):
        due_scale(officer, NEXT + 2 * WEEK + 4 * DAY, owner=shop, place=make_place(f"市场{n}"))
    found = plan()
    assert (found.least, found.capacity, found.unplaced) == (2, 2, ())
    assert [week.planned for week in found.weeks][:4] == [2, 2, 2, 0]
    assert [week.due for week in found.weeks][:4] == [0, 0, 6, 0]
    assert found.peak is not None
    assert found.peak.on == NEXT + 2 * WEEK
    tight = plan(capacity=1)
    assert len(tight.unplaced) == 3
    assert all(ask.is_late for ask in tight.unplaced)


@pytest.mark.parametrize(("size", "capacity", "weeks"), [(5, 5, 1), (45, 20, 3)])
def test_a_suggested_capacity_splits_no_visit_of_twenty_or_less(
    officer: User, shop: Party, market: Place, size: int, capacity: int, weeks: int
) -> None:
    due_scale(officer, NEXT + 9 * WEEK + 4 * DAY, owner=shop, place=market, times=size)
    found = plan()
    assert found.capacity == capacity
    assert found.least < capacity
    assert len(found.asks) == weeks
    assert len(plan(capacity=found.least).asks) > weeks


def test_a_market_larger_than_a_week_comes_in_parts_the_earliest_due_first(
    officer: User, shop: Party, market: Place
) -> None:
    due_scale(officer, NEXT + WEEK + 5 * DAY, owner=shop, place=market, times=2)
    [early] = due_scale(officer, NEXT + WEEK + 4 * DAY, owner=shop, place=market)
    first, second = plan(capacity=2).asks
    assert (first.week_on, first.instruments) == (NEXT, (early.pk,))
    assert (second.week_on, len(second.instruments)) == (NEXT + WEEK, 2)


def test_the_overdue_are_asked_for_the_first_week_and_marked(
    officer: User, shop: Party, market: Place
) -> None:
    due_scale(officer, TODAY - 30 * DAY, owner=shop, place=market)
    found = plan(capacity=5)
    [ask] = found.asks
    assert (ask.week_on, ask.is_late, ask.lost_days, found.behind) == (NEXT, True, 0, 1)


def test_who_is_asked_already_is_not_asked_again_and_takes_room(officer: User, shop: Party) -> None:
    made = []
    for name in ("东市场", "西市场"):
        place = make_place(name)
        made.append((place, due_scale(officer, NEXT + 4 * DAY, owner=shop, place=place)[0]))
    place, instrument = made[0]
    make_appointments(actor=officer, asked=[Asked(NEXT, (instrument.pk,), place_id=place.pk)])
    found = plan(capacity=1)
    assert [ask.name for ask in found.unplaced] == ["西市场"]
    assert (found.weeks[0].booked, found.weeks[0].planned, found.weeks[0].load) == (1, 0, 1)
    assert weeks_of(plan(capacity=2)) == {"西市场": NEXT}


def test_weeks_of_years_without_holidays_known_are_marked(officer: User) -> None:
    found = plan(weeks=34)
    assert next(week.on for week in found.weeks if not week.is_certain) == date(2026, 12, 28)


def test_an_empty_county_has_an_empty_plan(officer: User) -> None:
    found = plan()
    assert (found.asks, found.unplaced, found.peak, found.top_load) == ((), (), None, 0)


def test_a_token_fits_only_the_plan_that_it_was_made_for(officer: User, shop: Party, market: Place) -> None:
    due_scale(officer, NEXT + 4 * DAY, owner=shop, place=market)
    [before] = plan().asks
    due_scale(officer, NEXT + 5 * DAY, owner=shop, place=market)
    [after] = plan().asks
    assert before.token != after.token
    make_party("别家", account=False)
    assert plan().asks[0].token == after.token
