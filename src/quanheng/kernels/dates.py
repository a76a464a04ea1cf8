"""Last days of validity, and deadlines in working days over a calendar that is given in."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from enum import StrEnum

_MONTHS_A_YEAR = 12
_DAY = timedelta(days=1)
_SATURDAY = 5


class ValidityConvention(StrEnum):
    """How 有效期至 follows from the day of verification."""

    DAY_BEFORE = "day_before"
    SAME_DAY = "same_day"


def add_months(on: date, months: int) -> date:
    """Return the corresponding day ``months`` later (earlier where negative); a month's end where there is none.

    >>> add_months(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(on.year * _MONTHS_A_YEAR + on.month - 1 + months, _MONTHS_A_YEAR)
    if not MINYEAR <= year <= MAXYEAR:
        raise ValueError(f"{on} + {months} months is outside the calendar")
    month += 1
    if on.day <= 28:  # noqa: PLR2004  every month has these days
        return on.replace(year, month)
    return on.replace(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def last_valid_day(on: date, *, months: int, convention: ValidityConvention) -> date:
    """Return the last day, inclusive, of a period that begins with a verification ``on``.

    ``DAY_BEFORE`` is what certificates usually print: the day before the corresponding day.  Where
    the last month has no corresponding day, its end is the last day (Civil Code art. 202).
    ``SAME_DAY`` is the corresponding day itself.

    >>> last_valid_day(date(2024, 3, 5), months=12, convention=ValidityConvention.DAY_BEFORE)
    datetime.date(2025, 3, 4)
    >>> last_valid_day(date(2024, 2, 29), months=12, convention=ValidityConvention.DAY_BEFORE)
    datetime.date(2025, 2, 28)
    """
    if months <= 0:
        raise ValueError(f"a period of {months} months")
    corresponding = add_months(on, months)
    if convention == ValidityConvention.SAME_DAY or corresponding.day != on.day:
        return corresponding
    return corresponding - _DAY


@dataclass(frozen=True, slots=True)
class DueDay:
    """The last day of a deadline.

    Where it is not certain, the days of ``missing_years`` were counted as Monday to Friday,
    because the calendar does not know their holidays: the reader must be told.
    """

    on: date
    is_certain: bool
    missing_years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked, for the years whose holidays have been announced.

    Parameters
    ----------
    days_off : frozenset of date
        Days off, among them weekends of a long holiday.
    workdays : frozenset of date
        Saturdays and Sundays that are worked to make up.
    sources : mapping
        Year → the announcement that its days are from.
    """

    days_off: frozenset[date]
    workdays: frozenset[date]
    sources: Mapping[int, str]

    def __post_init__(self) -> None:
        if both := self.days_off & self.workdays:
            raise ValueError(f"both off and worked: {sorted(both)}")
        outside = sorted(day for day in self.days_off | self.workdays if day.year not in self.sources)
        if outside:
            raise ValueError(f"days of years without a source: {outside}")

    @property
    def last_day(self) -> date:
        """The last day that the calendar knows."""
        return date(max(self.sources), 12, 31)

    def covers(self, day: date) -> bool:
        """Whether the holidays of that year are known."""
        return day.year in self.sources

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` is worked; Monday to Friday where the year is not covered (see `covers`)."""
        if day in self.workdays:
            return True
        return day not in self.days_off and day.weekday() < _SATURDAY

    def due_day(self, accepted: date, workdays: int) -> DueDay:
        """Return the ``workdays``-th working day after ``accepted``, which itself does not count.

        Civil Code art. 201; Administrative Licensing Law art. 82: working days, without holidays.
        """
        if workdays <= 0:
            raise ValueError(f"a deadline of {workdays} working days")
        day, left, missing = accepted, workdays, set[int]()
        while left:
            day += _DAY
            left -= self.is_workday(day)
            if not self.covers(day):
                missing.add(day.year)
        return DueDay(day, not missing, tuple(sorted(missing)))
