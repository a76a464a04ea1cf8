"""The store of readings: a folder per area with curves.parquet and meters.parquet.  Needs no Django."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanheng.fleet.places import AnyPlace
from quanheng.fleet.store_decode import ALL_COLUMNS, Decoded, Layout, decode_curves
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import CURVES, METERS, commit
from quanheng.fleet.store_format import (
    METERS_SCHEMA,
    MINUTES_PER_DAY,
    STEPS,
    curves_table,
    months,
    write_curves,
    write_meters,
)
from quanheng.fleet.store_index import Index, index_curves, open_curves
from quanheng.fleet.store_meters import CONSUMER, MASTER, Meters, read_meters
from quanheng.kernels.fleet.area import Area, Phase
from quanheng.kernels.fleet.results import FleetFinding

_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class ReadArea:
    """An area, and what was noticed while reading it."""

    area: Area
    findings: tuple[FleetFinding, ...]


def read_area(folder: AnyPlace, since: date | None = None, until: date | None = None) -> ReadArea:
    """Read the readings of an area from ``since`` to ``until``, both days included.

    The window runs from the first to the last day that has a row. A consumer without rows stays in the
    area, all NaN. A single-phase consumer has the voltage of its recorded phase; where that column is
    empty, or the phase unknown, that of the first column with numbers.

    Raises
    ------
    BadArea
        missing_master: no master, several, or one without readings. bad_file: a file is missing, damaged
        or of another schema. mixed_resolution: days of several lengths. duplicate_days: two rows of a
        meter and day that differ. too_few_data: no reading in the window, no consumer.
    """
    meters = read_meters(folder)
    with open_curves(folder) as file:
        index = index_curves(file, (*meters.consumer_ids, meters.master_id), since, until)
        decoded = decode_curves(file, index, _layout(meters))
    if not decoded.has_row[-1].any():
        raise BadArea("missing_master", f"总表 {meters.master_id} 在这段时间没有读数。")
    return ReadArea(_area(meters, index, decoded), tuple(_findings(meters, index, decoded)))


def write_area(folder: Path, area: Area) -> None:
    """Write an area; both files change at once, whatever happens.

    A window that is not of whole days is filled up with NaN. The master is named ``AREA-MASTER``. A
    consumer of unknown phase keeps its voltage in the column of phase A.

    Raises
    ------
    ValueError
        Intervals of other than 15, 30 or 60 minutes, or off their grid.
    OSError
        The disk refused; nothing has changed.
    """
    intervals = STEPS.get(area.step_minutes)
    offset = (area.start - area.start.astype("datetime64[D]")) / np.timedelta64(area.step_minutes, "m")
    if intervals is None or not float(offset).is_integer():
        raise ValueError(f"intervals of {area.step_minutes} min that begin at {area.start}")

    def write(made: Path) -> None:
        write_curves(made / CURVES, _tables(area, intervals, int(offset)))
        write_meters(made / METERS, _meters_table(area))

    commit(folder, write)


def _layout(meters: Meters) -> Layout:
    """Lay the consumers' voltages first, then three lines per three-phase consumer, then the master's three."""
    n = len(meters.consumer_ids)
    is_three = meters.phase == Phase.ABC
    three = int(is_three.sum())
    base = np.arange(n + 1, dtype=np.int64)
    base[:n][is_three] = n + 3 * np.arange(three)
    base[n] = n + 3 * three
    own = np.append(meters.phase, ALL_COLUMNS).astype(np.int8)
    return Layout(base, own, n + 3 * three + 3)


def _area(meters: Meters, index: Index, decoded: Decoded) -> Area:
    n, width = len(meters.consumer_ids), decoded.energy.shape[1]
    return Area(
        area_id=meters.area_id,
        meter_ids=meters.consumer_ids,
        phase=meters.phase,
        mpe_percent=meters.mpe_percent,
        master_mpe_percent=meters.master_mpe_percent,
        start=np.datetime64(index.first_day, "D").astype("datetime64[m]"),
        step_minutes=MINUTES_PER_DAY * index.days // width,
        master=decoded.energy[n],
        master_voltage=decoded.voltage[-3:],
        energy=decoded.energy[:n],
        voltage=decoded.voltage[:n],
        three_phase_voltage=decoded.voltage[n:-3].reshape(-1, 3, width),
    )


def _findings(meters: Meters, index: Index, decoded: Decoded) -> Iterator[FleetFinding]:
    if index.unknown_ids:
        yield FleetFinding(
            "bad_file",
            f"{METERS} 没有列出 {len(index.unknown_ids)} 只有读数的表，没有采用：{_some(index.unknown_ids)}。",
            data={"meters": list(index.unknown_ids)},
        )
    has_rows = np.any(decoded.has_row, axis=1)
    for at, meter in enumerate(meters.consumer_ids):
        if not has_rows[at]:
            yield FleetFinding("missing_readings", "这段时间没有读数。", meter)
    if decoded.repeated:
        rows = {index.ids[meter]: count for meter, count in decoded.repeated.items()}
        yield FleetFinding(
            "duplicate_days",
            f"有 {sum(rows.values())} 行与另一行完全相同，只用一行：{_some(tuple(rows))}。",
            data={"rows": rows},
        )
    if decoded.infinite:
        yield FleetFinding(
            "spikes", f"有 {decoded.infinite} 个值是无穷大，当作缺失。", data={"values": decoded.infinite}
        )


def _some(names: tuple[str, ...]) -> str:
    return "、".join(names[:_SHOWN]) + (" 等" if len(names) > _SHOWN else "")


def _tables(area: Area, intervals: int, offset: int) -> Iterator[pa.Table]:
    days = -(-(offset + area.intervals) // intervals)
    master_id = _master_id(area)
    first = int(area.start.astype("datetime64[D]").astype(int))
    single = [(area.phase == phase) | ((area.phase == Phase.UNKNOWN) & (phase == 0)) for phase in range(3)]
    for month in months(first, days):
        energy = _days(np.vstack([area.master[None], area.energy]), offset, intervals, month, days)
        voltages = []
        for phase in range(3):
            lines = np.full((area.n + 1, area.intervals), np.nan, dtype=np.float32)
            lines[0] = area.master_voltage[phase]
            lines[1:][single[phase]] = area.voltage[single[phase]]
            lines[1:][area.phase == Phase.ABC] = area.three_phase_voltage[:, phase]
            voltages.append(_days(lines, offset, intervals, month, days))
        dates = np.arange(first + month.start, first + month.stop, dtype=np.int32)
        names = [name for name in (master_id, *area.meter_ids) for _day in dates]
        yield curves_table(area.area_id, names, np.tile(dates, area.n + 1), energy, voltages)


def _days(
    lines: NDArray[np.float32], offset: int, intervals: int, month: slice, days: int
) -> NDArray[np.float32]:
    """Return the days of a month, (k·D, N), of lines (k, T) that begin ``offset`` intervals into day 0."""
    whole = np.full((lines.shape[0], days * intervals), np.nan, dtype=np.float32)
    whole[:, offset : offset + lines.shape[1]] = lines
    return whole.reshape(lines.shape[0], days, intervals)[:, month].reshape(-1, intervals)


def _meters_table(area: Area) -> pa.Table:
    phases = [None if value == Phase.UNKNOWN else Phase(value).name for value in area.phase]
    columns = [
        [area.area_id] * (area.n + 1),
        [_master_id(area), *area.meter_ids],
        [MASTER, *[CONSUMER] * area.n],
        ["ABC", *phases],
        [area.master_mpe_percent, *area.mpe_percent.tolist()],
    ]
    return pa.Table.from_arrays(
        [pa.array(column, kind.type) for column, kind in zip(columns, METERS_SCHEMA, strict=True)],
        schema=METERS_SCHEMA,
    )


def _master_id(area: Area) -> str:
    name = f"{area.area_id}-MASTER"
    while name in area.meter_ids:
        name += "-"
    return name
