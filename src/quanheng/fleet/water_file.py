"""A long table of one water district: which meter, when, how much, at what pressure.

Times, registers, duplicates and the grid are read by the same rules as tables of energy (`readings_import`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quanheng.fleet.readings_import.area_rows import AreaRows, on_grid, once, step_of
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS
from quanheng.fleet.readings_import.refusals import BadImport
from quanheng.fleet.readings_import.registers import energies, kind_of
from quanheng.fleet.readings_import.rejections import Rejections, origins
from quanheng.fleet.readings_import.times import Clock, zone_of
from quanheng.kernels.fleet.water import District
from quanheng.kernels.ledger.delimited import decode
from quanheng.kernels.ledger.refusals import UnreadableLedger

_NAMES = {
    "meter": ("meter", "meter_id", "水表", "表号", "水表编号"),
    "timestamp": ("timestamp", "time", "datetime", "时间", "采集时间"),
    "m3": ("m3", "volume", "register", "水量", "示值", "示数", "读数"),
    "pressure_kpa": ("pressure_kpa", "pressure", "压力"),
    "role": ("role", "角色", "表类型"),
}
_FIELDS = {name: column for column, names in _NAMES.items() for name in names}
_NEEDED = ("meter", "timestamp", "m3", "role")
_INFLOW = frozenset({"master", "inflow", "district", "总表", "考核表"})
_CONSUMER = frozenset({"", "consumer", "户表", "用户表"})
_UNIT = re.compile(r"[(（\[].*?[)）\]]|\s")
_MOST_YEARS = 5


@dataclass(frozen=True, slots=True)
class WaterReading:
    """How a file is read."""

    kind: str | None = None  # REGISTERS, INTERVALS; None: as the values look
    timezone: str = "Asia/Shanghai"
    mpe_percent: float = 2.0  # of the consumers' meters, ± [%]
    inflow_mpe_percent: float = 2.0  # of the district meter, ± [%]


@dataclass(slots=True)
class _Rows:
    meters: dict[str, int] = field(default_factory=dict)  # meter → place
    inflow: str = ""  # the district meter
    meter: list[int] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    pressure: list[float] = field(default_factory=list)
    line: list[int] = field(default_factory=list)


def read_district(path: Path, reading: WaterReading = WaterReading()) -> tuple[District, Rejections]:
    """Return the district of a CSV file and its rows that were not taken.

    A time is where its interval ends.  Pressure may stand in any row.

    Raises
    ------
    BadImport
        not_found, unreadable, headings, timezone, no_master, too_few_data.
    """
    rejections = Rejections()
    file = rejections.file(path.name)
    rows = _Rows()
    clock = Clock(zone_of(reading.timezone))
    for line, cells in _lines(path, rejections, file):
        _take(rows, line, cells, clock, rejections, file)
    if not rows.inflow:
        raise BadImport("no_master", f"{path.name}：没有考核表。请在 role（角色）列写明哪只是考核表。")
    return _district(path.stem, rows, reading, rejections, file), rejections


def _lines(path: Path, rejections: Rejections, file: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its line, by field; rows of another width are rejected, blank ones left out."""
    try:
        text, _ = decode(path.read_bytes())
    except FileNotFoundError:
        raise BadImport("not_found", f"没有文件 {path}。") from None
    except UnreadableLedger as error:
        raise BadImport("unreadable", f"{path.name}：{error.text}") from error
    except OSError as error:
        raise BadImport("unreadable", f"无法读取 {path}：{error.strerror}。") from error
    table = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    try:
        header = next(table, [])
        columns = [_FIELDS.get(_UNIT.sub("", name).lower()) for name in header]
        _check_headings(path, columns)
        for cells in table:
            if len(cells) == len(header):
                named = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if name}
                if any(named.values()):
                    yield table.line_num, named
            elif any(cells):
                said = f"{len(cells)} 列，应为 {len(header)} 列"
                rejections.add(origins(file, np.array([table.line_num])), "", "columns", said)
    except csv.Error as error:
        raise BadImport("unreadable", f"{path.name} 第 {table.line_num} 行无法读取：{error}") from error


def _check_headings(path: Path, columns: list[str | None]) -> None:
    if missing := [name for name in _NEEDED if name not in columns]:
        said = "、".join(f"{name}（{_NAMES[name][-1]}）" for name in missing)
        raise BadImport("headings", f"{path.name}：第一行没有这些列：{said}。")
    if twice := [name for name in _NAMES if columns.count(name) > 1]:
        raise BadImport("headings", f"{path.name}：{twice[0]} 有两列，请只留一列。")


def _take(
    rows: _Rows, line: int, cells: dict[str, str], clock: Clock, rejections: Rejections, file: int
) -> None:
    """Add a row, or reject it with its reason."""

    def reject(column: str, reason: str) -> None:
        rejections.add(origins(file, np.array([line])), column, reason, cells.get(column, ""))

    meter, role = cells["meter"], cells["role"].lower()
    if not meter:
        return reject("meter", "no_meter")
    if role not in _INFLOW | _CONSUMER or (role in _INFLOW and rows.inflow not in {"", meter}):
        return reject("role", "contradiction" if role in _INFLOW else "unknown_meter")
    second = clock.seconds(cells["timestamp"])
    if isinstance(second, str):
        return reject("timestamp", second)
    value, pressure = _number(cells["m3"]), _number(cells.get("pressure_kpa", ""))
    if value is None:
        return reject("m3", "not_a_number")
    if pressure is None:
        return reject("pressure_kpa", "not_a_number")
    if role in _INFLOW:
        rows.inflow = meter
    rows.meter.append(rows.meters.setdefault(meter, len(rows.meters)))
    rows.second.append(second)
    rows.value.append(value)
    rows.pressure.append(pressure)
    rows.line.append(line)
    return None


def _number(text: str) -> float | None:
    """Return a number, NaN for an empty cell, None for anything else."""
    if not text:
        return float("nan")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _district(name: str, rows: _Rows, reading: WaterReading, rejections: Rejections, file: int) -> District:
    """Return the rows as arrays on one grid of time, consumers in the order of their identifiers."""
    pressure = np.array(rows.pressure, dtype=np.float32)
    told = AreaRows(
        np.array(rows.meter, dtype=np.int64),
        np.array(rows.second, dtype=np.int64),
        np.array(rows.value),
        np.repeat(pressure[:, None], 3, axis=1),
        origins(file, np.array(rows.line, dtype=np.int64)),
    ).sorted()
    step = step_of(told)
    if step is None:
        raise BadImport("too_few_data", "看不出读数的间隔：应为 15、30 或 60 分钟。")
    told, _ = once(on_grid(told, step, rejections), rejections)
    measured = told.only(np.isfinite(told.volts[:, 0]))
    if (reading.kind or kind_of(told) or INTERVALS) == REGISTERS:
        told, _ = energies(told, step, rejections)
    known = told.only(np.isfinite(told.value))
    if not len(known):
        raise BadImport("too_few_data", "没有一个区间的水量是已知的。")
    first = int(known.second.min())
    length = (int(known.second.max()) - first) // (60 * step) + 1
    if length > _MOST_YEARS * 366 * 24 * 60 // step:
        raise BadImport("too_few_data", f"读数跨越超过 {_MOST_YEARS} 年，请检查时间。")
    grid = np.full((len(rows.meters), length), np.nan, dtype=np.float32)
    grid[known.meter, (known.second - first) // (60 * step)] = known.value
    consumers = sorted(meter for meter in rows.meters if meter != rows.inflow)
    return District(
        name,
        tuple(consumers),
        np.full(len(consumers), reading.mpe_percent),
        reading.inflow_mpe_percent,
        np.datetime64(first - 60 * step, "s").astype("datetime64[m]"),
        step,
        grid[rows.meters[rows.inflow]],
        _pressure(measured, first, step, length),
        grid[[rows.meters[meter] for meter in consumers]],
    )


def _pressure(measured: AreaRows, first: int, step: int, length: int) -> NDArray[np.float32] | None:
    """Return the pressure (T,) [kPa], the mean of what stands at each time; None where none does."""
    at = (measured.second - first) // (60 * step)
    inside = (at >= 0) & (at < length)
    if not inside.any():
        return None
    count = np.bincount(at[inside], minlength=length)
    total = np.bincount(at[inside], measured.volts[inside, 0], minlength=length)
    mean = np.divide(total, count, out=np.full(length, np.nan), where=count > 0)
    pressure: NDArray[np.float32] = mean.astype(np.float32)
    return pressure
