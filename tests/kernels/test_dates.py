"""Last valid days by both conventions, and deadlines in working days."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.dates import ValidityConvention, WorkingCalendar, add_months, last_valid_day
from quanheng.regulations.packaged import working_calendar

BEFORE, SAME = ValidityConvention.DAY_BEFORE, ValidityConvention.SAME_DAY
DAY = timedelta(days=1)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
periods = st.integers(1, 240)


@pytest.mark.parametrize(
    ("on", "months", "convention", "last"),
    [
        (date(2024, 3, 5), 12, BEFORE, date(2025, 3, 4)),
        (date(2024, 3, 5), 12, SAME, date(2025, 3, 5)),
        (date(2024, 3, 1), 12, BEFORE, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, BEFORE, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, SAME, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, BEFORE, date(2028, 2, 28)),
        (date(2024, 8, 31), 6, BEFORE, date(2025, 2, 28)),
        (date(2024, 8, 31), 1, SAME, date(2024, 9, 30)),
        (date(2024, 1, 1), 6, BEFORE, date(2024, 6, 30)),
    ],
)
def test_the_last_valid_day_follows_the_convention(
    on: date, months: int, convention: ValidityConvention, last: date
) -> None:
    assert last_valid_day(on, months=months, convention=convention) == last


@given(days, periods)
def test_the_two_conventions_differ_by_a_day_unless_the_month_has_no_such_day(on: date, months: int) -> None:
    before = last_valid_day(on, months=months, convention=BEFORE)
    same = last_valid_day(on, months=months, convention=SAME)
    assert same - before == (DAY if same.day == on.day else timedelta(0))
    assert (same + DAY).day == 1 or same.day == on.day


@given(days, days, periods)
def test_a_later_verification_is_never_valid_for_less(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    for convention in ValidityConvention:
        assert last_valid_day(first, months=months, convention=convention) <= last_valid_day(
            second, months=months, convention=convention
        )


@given(days, st.integers(-240, 240))
def test_months_forward_and_back_return_unless_the_day_was_cut(on: date, months: int) -> None:
    there = add_months(on, months)
    back = add_months(there, -months)
    assert back == on if there.day == on.day else back < on and there.day >= 28


@pytest.mark.parametrize("months", [0, -12])
def test_a_period_that_is_none_is_refused(months: int) -> None:
    with pytest.raises(ValueError, match=str(months)):
        last_valid_day(date(2024, 1, 1), months=months, convention=BEFORE)


def test_months_that_leave_the_calendar_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        add_months(date(9999, 1, 1), 12)


def test_all_reference_deadlines_and_years_agree(shared: Path) -> None:
    reference = json.loads((shared / "registry/calendar.json").read_text(encoding="utf-8"))
    calendar = working_calendar()
    for case in reference["due_date_cases"]:
        found = calendar.due_day(date.fromisoformat(case["accepted"]), case["workdays"])
        assert (found.on.isoformat(), found.is_certain) == (case["due"], True), case
    assert len(reference["due_date_cases"]) == 60
    for year, row in reference["years"].items():
        first = date(int(year), 1, 1)
        in_year = [first + DAY * n for n in range(366) if (first + DAY * n).year == int(year)]
        assert sum(map(calendar.is_workday, in_year)) == row["n_workdays"], year
        off = list(map(date.fromisoformat, row["statutory_days_off"]))
        worked = list(map(date.fromisoformat, row["make_up_workdays"]))
        assert not any(map(calendar.is_workday, off)), year
        assert all(map(calendar.is_workday, worked)), year


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 2, 14), True),  # a Saturday, made up
        (date(2026, 2, 15), False),
        (date(2026, 2, 23), False),  # a Monday
        (date(2026, 2, 24), True),
        (date(2026, 10, 8), True),
        (date(2025, 10, 8), False),
        (date(2026, 11, 22), False),  # a Sunday
    ],
)
def test_the_announced_days_of_the_last_years_hold(day: date, is_worked: bool) -> None:
    assert working_calendar().is_workday(day) is is_worked


def test_a_deadline_beyond_the_announced_years_is_told_to_be_uncertain() -> None:
    calendar = working_calendar()
    inside = calendar.due_day(calendar.last_day - 10 * DAY, 1)
    beyond = calendar.due_day(calendar.last_day, 5)
    assert (inside.is_certain, inside.missing_years) == (True, ())
    assert (beyond.is_certain, beyond.missing_years) == (False, (calendar.last_day.year + 1,))
    assert beyond.on == date(2027, 1, 7)  # by Monday to Friday; New Year's Day is not known to be off


@given(st.dates(date(2019, 1, 1), date(2026, 6, 30)), st.integers(1, 60))
def test_between_acceptance_and_deadline_lie_exactly_the_working_days(accepted: date, workdays: int) -> None:
    calendar = working_calendar()
    due = calendar.due_day(accepted, workdays).on
    between = [accepted + DAY * n for n in range(1, (due - accepted).days + 1)]
    assert sum(map(calendar.is_workday, between)) == workdays
    assert calendar.is_workday(due)


def test_no_working_days_are_refused() -> None:
    with pytest.raises(ValueError, match="0 working days"):
        working_calendar().due_day(date(2026, 1, 5), 0)


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    day = date(2026, 1, 1)
    with pytest.raises(ValueError, match="both off and worked"):
        WorkingCalendar(frozenset({day}), frozenset({day}), {2026: "notice"})
    with pytest.raises(ValueError, match="without a source"):
        WorkingCalendar(frozenset({day}), frozenset(), {2025: "notice"})
