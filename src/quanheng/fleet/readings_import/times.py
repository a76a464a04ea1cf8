"""Timestamps as they are written, on the clock of the area: its zone's standard time, all year.

Standard time has neither a missing nor a repeated hour, so that a day always has the same intervals.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from quanheng.fleet.readings_import.refusals import BadImport

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1990, 2100)
_WRITTEN = re.compile(
    r"\s*(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))"
    r"[T\s]*(?:(\d{1,2})[:时](\d{1,2})分?(?::?(\d{1,2})秒?)?|(\d{2})(\d{2})(\d{2})?)\s*"
)
_MIDNIGHT = 24


class BadTime(ValueError):
    """A time that is none; ``reason`` as in the rejections."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name.  BadImport (timezone) for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadImport("timezone", f"没有时区“{name}”。例：Asia/Shanghai。") from None


class Clock:
    """Reads timestamps of one zone; remembers them, for each occurs once per meter."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[object, int | str] = {}

    def seconds(self, written: object) -> int | str:
        """Return the seconds since 1970 on the area's clock, or the reason why there are none."""
        found = self._known.get(written)
        if found is None:
            try:
                found = self._seconds(written if isinstance(written, datetime) else _parsed(str(written)))
            except BadTime as error:
                found = error.reason
            self._known[written] = found
        return found

    def _seconds(self, moment: datetime) -> int:
        if moment.year not in _YEARS or moment.microsecond:
            raise BadTime("bad_time")
        if moment.tzinfo is not None:
            local = moment.astimezone(self._zone)
        else:
            local = moment.replace(tzinfo=self._zone)
            if local.utcoffset() != local.replace(fold=1).utcoffset():
                back = local.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None)
                raise BadTime("time_twice" if back == moment else "time_skipped")
        standard = local.replace(tzinfo=UTC) - (local.dst() or timedelta())
        return int((standard - _EPOCH).total_seconds())


def _parsed(text: str) -> datetime:
    """Return the moment that a text says.

    >>> _parsed("2026年1月5日 24:00"), _parsed("20260105001500")
    (datetime.datetime(2026, 1, 6, 0, 0), datetime.datetime(2026, 1, 5, 0, 15))
    """
    match = _WRITTEN.fullmatch(text)
    try:
        if match is None:
            return datetime.fromisoformat(text.strip())
        numbers = [int(part) for part in match.groups() if part is not None]
        year, month, day, hour, minute, second = [*numbers, 0][:6]
        is_end = hour == _MIDNIGHT and minute == 0 and second == 0
        moment = datetime(year, month, day, 0 if is_end else hour, minute, second)  # noqa: DTZ001 - local
        return moment + timedelta(days=is_end)
    except (ValueError, OverflowError):
        raise BadTime("bad_time") from None
