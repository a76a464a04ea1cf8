"""What a deadline of an annex says: a last day, or that the work never ends."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

CONTINUOUS = re.compile("持续|长期|常态|经常|全程|每年|每月|每季|日常|贯穿")
_DAY = re.compile(
    r"(\d{4})\s*年\s*(?:(\d{1,2})\s*月\s*(?:(\d{1,2})\s*日)?|(上半年|[一二三四]季度|第[一二三四]季度))?"
)
_HALF_OR_QUARTER = {"上半年": 6, "一季度": 3, "二季度": 6, "三季度": 9, "四季度": 12}


@dataclass(frozen=True)
class Deadline:
    """``on`` is the last day, inclusive; None where the wording names no day."""

    on: date | None
    is_continuous: bool


def read_deadline(text: str) -> Deadline:
    """Read a deadline such as 2025年12月底前, 2025年6月30日, 2024年底 or 持续推进.

    A month or a year without a day ends on its last day; of several days the last counts.
    What does not exist in the calendar (2月30日) is no day.

    >>> read_deadline("2025年6月底前").on
    datetime.date(2025, 6, 30)
    >>> read_deadline("持续推进")
    Deadline(on=None, is_continuous=True)
    """
    days = [day for match in _DAY.finditer(text) if (day := _last_day(*match.groups())) is not None]
    on = max(days, default=None)
    return Deadline(on=on, is_continuous=on is None and bool(CONTINUOUS.search(text)))


def _last_day(year: str, month: str | None, day: str | None, part: str | None) -> date | None:
    last_month = int(month) if month else _HALF_OR_QUARTER[part.removeprefix("第")] if part else 12
    try:
        return date(int(year), last_month, int(day) if day else calendar.monthrange(int(year), last_month)[1])
    except ValueError:  # also calendar.IllegalMonthError
        return None
