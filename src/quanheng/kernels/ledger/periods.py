"""Periods: 12个月, 一年, 半年, 365天, 12 months.  A bare number has no unit and is not a period."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from quanheng.kernels.ledger.text import chinese_number

LONGEST_MONTHS = 600
_LONGEST_TEXT = 30
_DAYS_OF_YEAR = 365
_NUMBER = r"(\d+(?:\.\d+)?|[一二两三四五六七八九十百]+)"
_YEARS = r"(?:周年|年|years?|yrs?|y|a)"
_MONTHS = r"(?:个月|月|months?|mths?|mos?\.?|m)"
_DAYS = r"(?:天|日|days?)"
_TAIL = r"(?:/次|1次|一次)?"
_YEARS_MONTHS = re.compile(rf"每?{_NUMBER}{_YEARS}(?:零?{_NUMBER}{_MONTHS}|(半))?{_TAIL}")
_ONLY_MONTHS = re.compile(rf"每?{_NUMBER}{_MONTHS}{_TAIL}")
_ONLY_DAYS = re.compile(rf"每?{_NUMBER}{_DAYS}{_TAIL}")
_BARE = re.compile(r"\d+(?:\.\d+)?")
_FIXED = {
    "半年": 6,
    "每半年": 6,
    "半年一次": 6,
    "半年/次": 6,
    "每半年一次": 6,
    "每年": 12,
    "每年一次": 12,
    "每月": 1,
    "每季度": 3,
    "每季度一次": 3,
    "一个季度": 3,
}
_FIXED |= {
    "每月一次": 1,
    "annual": 12,
    "annually": 12,
    "yearly": 12,
    "monthly": 1,
    "半年1次": 6,
    "每年1次": 12,
}
_FIXED |= {"一年半": 18, "1年半": 18}


@dataclass(frozen=True, slots=True)
class Period:
    """What a cell says: whole ``months``, a ``bare`` number without unit, ``days``, or none of them."""

    months: int | None = None
    bare: float | None = None
    days: float | None = None


def read_period(text: str, unit: str = "") -> Period:
    """Read a period; ``unit`` is the heading's: "year", "month", "day" or ""."""
    return _read(text, unit) if len(text) <= _LONGEST_TEXT else Period()


@lru_cache(maxsize=4096)
def _read(text: str, unit: str) -> Period:
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
    if plain in _FIXED:
        return Period(_FIXED[plain])
    if match := _YEARS_MONTHS.fullmatch(plain):
        years, months = _number(match[1]), _number(match[2] or "0")
        return _whole(
            None if years is None or months is None else years * 12 + months + (6 if match[3] else 0)
        )
    if match := _ONLY_MONTHS.fullmatch(plain):
        return _whole(_number(match[1]))
    if match := _ONLY_DAYS.fullmatch(plain):
        return _of_days(_number(match[1]))
    return of_number(float(plain), unit) if _BARE.fullmatch(plain) else Period()


def of_number(value: float, unit: str) -> Period:
    """Return the period of a number under a heading that states its unit, or a bare number."""
    if unit == "month":
        return _whole(value)
    if unit == "year":
        return _whole(value * 12)
    return _of_days(value) if unit == "day" else Period(bare=value)


def _number(text: str) -> float | None:
    return float(text) if text[0].isdigit() else chinese_number(text)


def _whole(months: float | None) -> Period:
    if months is None or months != int(months) or not 0 < months <= LONGEST_MONTHS:
        return Period()
    return Period(int(months))


def _of_days(days: float | None) -> Period:
    if days is None or days <= 0 or days % _DAYS_OF_YEAR:
        return Period(days=days)
    return _whole(days / _DAYS_OF_YEAR * 12)
