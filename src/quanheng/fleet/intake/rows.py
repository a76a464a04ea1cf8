"""One reading as JSON says it, checked by itself; and as a line of a segment."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import isfinite
from typing import Any

from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS, VOLTAGE_COLUMNS, field_of
from quanheng.fleet.readings_import.times import Clock
from quanheng.kernels.text_keys import has_control

MAX_ID = 100
COLUMNS = ("area", "meter", "timestamp", "kwh", *VOLTAGE_COLUMNS, "volts", "phase", "role")
CHECK = "crc32"
# What the energies are called in a segment, so that the import need not guess what they are.
ENERGY_HEADING = {INTERVALS: "energy_kwh", REGISTERS: "register_kwh"}
_IN_TIMES = frozenset("0123456789T:+-/. Z年月日时分秒")
_REMEMBERED = 50_000
_NUMBERS = ("kwh", "volts", *VOLTAGE_COLUMNS)


class BadReading(ValueError):
    """A reading that is not taken; ``reason`` is one of `rejections.REASONS`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        # What was sent may hold halves of characters, which no file and no answer can.
        self.reason, self.detail = reason, detail.encode(errors="backslashreplace").decode()
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Row:
    """A reading that may be stored: texts as they stand in a segment, and what its energy is."""

    kind: str
    cells: tuple[str, ...]  # in the order of COLUMNS


class Times:
    """Says whether a time can be: written so that it is understood, and not later than the clock allows."""

    def __init__(self, zone: tzinfo, tolerance: timedelta) -> None:
        self._zone, self._tolerance = zone, tolerance
        self._clock, self._seen = Clock(zone), 0

    def reason(self, text: object, now: datetime) -> str:
        """Return why a time is refused, as text or as a moment; "" where it is not."""
        self._seen += 1
        if self._seen > _REMEMBERED:
            self._clock, self._seen = Clock(self._zone), 0
        if isinstance(text, str) and not _IN_TIMES.issuperset(text):
            return "bad_time"
        found = self._clock.seconds(text)
        if isinstance(found, str):
            return found
        return "future" if found > self._latest(now) else ""

    def _latest(self, now: datetime) -> float:
        local = (now + self._tolerance).astimezone(self._zone)
        standard = local.replace(tzinfo=UTC) - (local.dst() or timedelta())
        return standard.timestamp()


def read_json(data: bytes) -> Any:
    """Return what a text of JSON says.  BadReading (not_json), also for numbers that are none."""
    try:
        return json.loads(data, parse_constant=_no_number)
    except RecursionError as error:
        raise BadReading("not_json", "嵌套太深") from error
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadReading("not_json", str(error)[:100]) from error


def row_of(said: Any, times: Times, now: datetime, *, kind: str, known: Mapping[str, str] = {}) -> Row:
    """Return one reading.

    ``kind`` is what an energy called ``kwh`` is; ``known`` is what its topic says of area and meter.

    Raises
    ------
    BadReading
        not_an_object, wrong_type, no_area, no_meter, bad_time, time_skipped, time_twice, future, topic_differs,
        voltage_not_positive, negative_register.
    """
    if not isinstance(said, dict):
        raise BadReading("not_an_object", type(said).__name__)
    given: dict[str, Any] = {}
    for name, value in said.items():
        field, says = field_of(str(name))
        if field is None or value is None:
            continue
        if field in given:
            raise BadReading("wrong_type", f"{field} 写了两次")
        given[field] = value
        if field == "kwh":
            kind = says or kind
    for field, value in known.items():
        if str(given.setdefault(field, value)) != value:
            raise BadReading("topic_differs", f"{field}：{str(given[field])[:MAX_ID]} ≠ {value}")
    for field in ("area", "meter"):
        given[field] = _name(given.get(field), field)
    _spread(given)
    numbers = {field: _number(given.get(field), field) for field in _NUMBERS}
    if not numbers["kwh"]:
        raise BadReading("wrong_type", "没有 kwh")
    if kind == REGISTERS and numbers["kwh"].startswith("-"):
        raise BadReading("negative_register", numbers["kwh"])
    for field in ("phase", "role"):
        given[field] = _word(given.get(field, ""), field)
    given["timestamp"] = _time(given.get("timestamp"), times, now)
    cells = {**given, **numbers}
    return Row(kind, tuple(str(cells.get(name, "")) for name in COLUMNS))


def line_of(cells: tuple[str, ...]) -> str:
    """Return a line of a segment: the cells, and the CRC-32 of all that stands before the last comma."""
    text = ",".join([_quoted(cell) if '"' in cell or "," in cell else cell for cell in cells])
    return f"{text},{zlib.crc32(text.encode()):08x}\n"


def is_whole(line: bytes) -> bool:
    """Whether a line of a segment is as it was written."""
    text, comma, check = line.rstrip(b"\n").rpartition(b",")
    return line.endswith(b"\n") and bool(comma) and f"{zlib.crc32(text):08x}".encode() == check


def name_reason(text: str) -> str:
    """Return why a name of an area or a meter cannot be kept; "" where it can."""
    if len(text) > MAX_ID:
        return f"超过 {MAX_ID} 个字"
    return "有看不见的字符" if has_control(text) else ""


def _name(value: Any, field: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise BadReading("wrong_type", field)
    text = "" if value is None else str(value).strip()
    if not text:
        raise BadReading(f"no_{field}")
    if why := name_reason(text):
        raise BadReading("wrong_type", f"{field} {why}")
    return text


def _number(value: Any, field: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadReading("wrong_type", field)
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number):
        raise BadReading("wrong_type", field)
    if field != "kwh" and number <= 0:
        raise BadReading("voltage_not_positive", f"{field} {number:g}")
    return repr(number)


def _word(value: Any, field: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_ID or has_control(value):
        raise BadReading("wrong_type", field)
    return value.strip()


def _time(value: Any, times: Times, now: datetime) -> str:
    if not isinstance(value, str):
        raise BadReading("wrong_type" if value is not None else "bad_time", "timestamp")
    text = value.strip()
    if reason := times.reason(text, now):
        raise BadReading(reason, text[:40])
    return text


def _spread(given: dict[str, Any]) -> None:
    """Take voltages that are a list for those of phases A, B, C."""
    volts = given.get("volts")
    if not isinstance(volts, list):
        return
    if len(volts) > len(VOLTAGE_COLUMNS):
        raise BadReading("wrong_type", "volts")
    del given["volts"]
    for name, value in zip(VOLTAGE_COLUMNS, volts, strict=False):
        given.setdefault(name, value)


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _no_number(text: str) -> Any:
    raise BadReading("not_json", text)
