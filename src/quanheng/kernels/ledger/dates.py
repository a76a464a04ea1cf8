"""Dates of ledgers: every way of writing that says year, month and day; nothing is guessed."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache

from quanheng.kernels.ledger.text import chinese_digits, chinese_number, clean, number_text

FIRST_YEAR, LAST_YEAR = 1990, 2060
ORDER_NAMES = {"mdy": "月/日/年", "dmy": "日/月/年"}
_EPOCH_1900 = dt.date(1899, 12, 30)
_EPOCH_1904 = dt.date(1904, 1, 1)
_SERIAL_DIGITS = 5
_LONGEST = 60

_TIME = r"(?:\s*[T ]?\s*\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?秒?|分)?(?:\s*[AaPp][Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YMD = re.compile(rf"(\d{{4}})\s*[-./,、。年]\s*(\d{{1,2}})\s*[-./,、。月]\s*(\d{{1,2}})\s*[日号.。]?{_TIME}")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMERIC = re.compile(rf"(\d{{1,2}})\s*([-./])\s*(\d{{1,2}})\s*\2\s*(\d{{4}}){_TIME}")
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[A-Za-z]{3,9})"
_DAY_NAME = re.compile(rf"{_DAY}[-\s./,]*{_MONTH}[-\s./,]*(?P<year>\d{{4}}){_TIME}")
_NAME_DAY = re.compile(rf"{_MONTH}[-\s./]*{_DAY}[-\s./,]+(?P<year>\d{{4}}){_TIME}")
_YEAR_MONTH = re.compile(
    r"\d{4}\s*[-./年]\s*\d{1,2}\s*月?|(?:19|20)\d{4}|\d{1,2}[-/.]\d{4}|[A-Za-z]{3,9}[-\s]\d{4}"
)
_SHORT_YEAR = re.compile(r"\d{1,2}[-./年]\d{1,2}[-./月]\d{1,2}日?|\d{6}|\d{1,2}[-\s][A-Za-z]{3,9}[-\s]\d{2}")
_AROUND = re.compile(r"^(?:有效期|检定)?(?:至|到)|(?:止|前)$")
_CN_DATE = re.compile(
    r"([一二三四五六七八九十〇零○]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日?"
)
_NUMERIC_ORDER = re.compile(r"\s*(\d{1,2})\s*([-./])\s*(\d{1,2})\s*\2\s*\d{4}\b")
_MONTH_NAMES = """january february march april may june july august september october november december"""
_MONTHS = {n: i for i, name in enumerate(_MONTH_NAMES.split(), 1) for n in (name, name[:3])} | {"sept": 9}


class BadDate(ValueError):
    """A cell that says no date; ``code`` says why, ``text`` is for people."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(text)


def read_date(value: object, *, order: str = "mdy", is_1904: bool = False) -> dt.date | None:
    """Return the date of a cell, None where it is blank.

    ``order`` is how 3/4/2024 is read: "mdy" or "dmy"; with "?" behind it some date of the sheet
    contradicts it, and what could be either is refused.  A number is a serial day of the workbook's
    calendar or 20240305.  Raises BadDate.
    """
    if isinstance(value, dt.datetime):
        return _within(value.date(), str(value))
    if isinstance(value, dt.date):
        return _within(value, str(value))
    if isinstance(value, bool | dt.time | dt.timedelta):
        raise BadDate("ledger.bad_date", f"“{value}”不是日期。")
    if isinstance(value, int | float):
        return _of_number(value, is_1904=is_1904)
    text = clean(str(value))
    if len(text) > _LONGEST:
        raise BadDate("ledger.bad_date", f"“{text[:_LONGEST]}…”不是日期。")
    return _of_text(text, order, is_1904)


def serial_day(value: float, *, is_1904: bool) -> dt.date | None:
    """Return the day of a serial number of the workbook's calendar, None beyond the calendar."""
    try:
        return (_EPOCH_1904 if is_1904 else _EPOCH_1900) + dt.timedelta(days=int(value))
    except OverflowError:
        return None


def order_of(value: object) -> str:
    """Return what 13/2/2024 shows about the order of a sheet: "dmy", "mdy", "either", or ""."""
    if not isinstance(value, str):
        return ""
    match = _NUMERIC_ORDER.match(clean(value))
    if match is None:
        return ""
    first, second = int(match[1]), int(match[3])
    if first == second:
        return ""
    if first > 12 >= second:  # noqa: PLR2004  months
        return "dmy"
    return "mdy" if second > 12 >= first else "either"  # noqa: PLR2004  months


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day ``months`` later; the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(day, months)


def agrees(last: dt.date, until: dt.date, months: int) -> bool:
    """Whether ``until`` is ``last`` + ``months`` under either convention: that day, or the day before."""
    try:
        end = add_months(last, months)
    except ValueError:
        return False
    return until in (end, end - dt.timedelta(days=1))


@lru_cache(maxsize=65536)
def _of_text(text: str, order: str, is_1904: bool) -> dt.date | None:
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text)
    plain = _AROUND.sub("", plain).strip().rstrip(".。")
    if plain.isascii() and plain.isdigit() and len(plain) in (_SERIAL_DIGITS, 8):
        return _of_number(int(plain), is_1904=is_1904)
    if match := _YMD.fullmatch(plain):
        return _made(match[1], match[2], match[3], text)
    if match := _NUMERIC.fullmatch(plain):
        return _of_numeric(match, order, text)
    if match := _DAY_NAME.fullmatch(plain) or _NAME_DAY.fullmatch(plain):
        return _made(match["year"], _MONTHS.get(match["month"].casefold(), 0), match["day"], text)
    if match := _CN_DATE.fullmatch(plain):
        return _made(
            chinese_digits(match[1]), chinese_number(match[2]) or 0, chinese_number(match[3]) or 0, text
        )
    raise _no_date(plain, text)


def _no_date(plain: str, text: str) -> BadDate:
    if _YEAR_MONTH.fullmatch(plain) and not _SHORT_YEAR.fullmatch(plain):
        return BadDate("ledger.date_incomplete", f"“{text}”没有写明年、月、日。")
    if _SHORT_YEAR.fullmatch(plain):
        if plain.isdigit() and plain.startswith(("19", "20")):
            return BadDate("ledger.date_ambiguous", f"“{text}”可以理解为年月，也可以理解为两位年份的日期。")
        return BadDate("ledger.date_ambiguous", f"“{text}”的年份只有两位，无法确定。")
    return BadDate("ledger.bad_date", f"“{text}”不是日期。")


def _of_numeric(match: re.Match[str], order: str, text: str) -> dt.date:
    first, second = match[1], match[3]
    shown = order_of(f"{first}/{second}/{match[4]}")
    asked = order.removesuffix("?")
    if shown == "either" and match[2] == "." and asked == "mdy":  # 5.3.2024 is day first where it is used
        raise BadDate("ledger.date_order", f"“{text}”的月和日无法分清。请改写为 2024-03-05 的样式。")
    if shown == "either" and asked != order:
        why = f"本表有日期与{ORDER_NAMES[asked]}的顺序矛盾，月和日无法分清。"
        raise BadDate("ledger.date_order", f"“{text}”：{why}")
    if shown in ORDER_NAMES and shown != asked:
        raise BadDate("ledger.date_order", f"“{text}”与{ORDER_NAMES[asked]}的顺序矛盾。")
    month, day = (first, second) if asked == "mdy" else (second, first)
    return _made(match[4], month, day, text)


def _of_number(value: float, *, is_1904: bool) -> dt.date:
    if float(value).is_integer() and (match := _EIGHT.fullmatch(str(int(value)))):
        return _made(match[1], match[2], match[3], str(int(value)))
    shown = number_text(value)
    if FIRST_YEAR <= value <= LAST_YEAR + 1:
        raise BadDate("ledger.date_incomplete", f"“{shown}”没有写明年、月、日。")
    day = serial_day(value, is_1904=is_1904)
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadDate("ledger.bad_date", f"数字 {shown} 不是日期。")
    return day


def _made(year: str | int, month: str | int, day: str | int, text: str) -> dt.date:
    try:
        made = dt.date(int(year), int(month), int(day))
    except ValueError:
        raise BadDate("ledger.bad_date", f"“{text}”不是日期：没有这一天。") from None
    return _within(made, text)


def _within(day: dt.date, text: str) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadDate("ledger.date_range", f"“{text}”不在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间。")
    return day
