"""The rows of one area into its folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from quanheng.fleet.readings_import.area_rows import AreaRows, on_grid, once, step_of
from quanheng.fleet.readings_import.book import Meter
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS
from quanheng.fleet.readings_import.month import Month, merged, months_of, new_months, stored_month
from quanheng.fleet.readings_import.registers import Fall, energies, kind_of
from quanheng.fleet.readings_import.rejections import Rejections
from quanheng.fleet.store_columns import day_length
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import CURVES, METERS, commit, is_area
from quanheng.fleet.store_format import METERS_SCHEMA, MINUTES_PER_DAY, write_curves, write_meters
from quanheng.fleet.store_index import index_curves, open_curves, read_groups
from quanheng.fleet.store_meters import (
    CONSUMER,
    CONSUMER_MPE_PERCENT,
    MASTER,
    MASTER_MPE_PERCENT,
    meter_rows,
)

STORED, UNCHANGED, REFUSED = "stored", "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the numbers are read."""

    kind: str | None = None  # REGISTERS, INTERVALS; None: as the values look
    step_minutes: int | None = None  # None: as the times look
    at_start: bool = False  # of intervals: the time is where they begin
    replace: bool = False  # stored numbers are replaced where new ones differ
    keeps_step: bool = False  # the interval that is stored is that of the rows, whatever few rows look like


@dataclass(slots=True)
class AreaOutcome:
    """What became of an area."""

    area_id: str
    folder: str
    status: str  # STORED, UNCHANGED or REFUSED
    kind: str = ""
    step_minutes: int = 0
    meters: int = 0
    values: int = 0  # energies that the rows gave
    identical: int = 0  # rows that stood twice
    missing_values: int = 0  # intervals without energy, between a meter's first and last
    falls: list[tuple[str, Fall]] = field(default_factory=list)
    has_master: bool = True
    refusal: str = ""
    until: str = ""  # the last moment with an energy, on the area's clock


def import_area(
    folder: Path, area_id: str, meters: list[Meter], rows: AreaRows, reading: Reading, rejections: Rejections
) -> AreaOutcome:
    """Store the rows of an area; ``rows.meter`` are places in ``meters``.

    Either all of it is stored or nothing: then the outcome says why, and its rows are rejected.
    """
    outcome = AreaOutcome(area_id, folder.name, REFUSED, meters=len(meters))
    outcome.has_master = sum(meter.role == MASTER for meter in meters) == 1
    try:
        rows, step, at_start = _energies(
            rows.sorted(), meters, reading, _stored_step(folder), outcome, rejections
        )
        _store(
            folder,
            meters,
            list(new_months(rows, step, len(meters), at_start=at_start)),
            reading,
            outcome,
            rejections,
        )
    except (BadArea, OSError) as error:
        outcome.refusal = error.text if isinstance(error, BadArea) else f"无法写入：{error.strerror}。"
        rejections.add(
            rows.origin[:1], "", "area_refused", f"{area_id}，{outcome.refusal}".rstrip("。"), count=len(rows)
        )
    return outcome


def _energies(
    rows: AreaRows,
    meters: list[Meter],
    reading: Reading,
    stored_step: int | None,
    outcome: AreaOutcome,
    rejections: Rejections,
) -> tuple[AreaRows, int, bool]:
    """Return (rows whose values are energies, minutes of an interval, whether a time is where it begins)."""
    kept = stored_step if reading.keeps_step else None
    step = reading.step_minutes or kept or step_of(rows) or stored_step
    if step is None:
        raise BadArea("mixed_resolution", "看不出读数的间隔，请用 --step 写明 15、30 或 60")
    if stored_step not in {None, step}:
        raise BadArea("mixed_resolution", f"已存的间隔是 {stored_step} 分钟，文件中是 {step} 分钟")
    rows = on_grid(rows, step, rejections)
    rows, outcome.identical = once(rows, rejections)
    outcome.step_minutes, outcome.kind = step, reading.kind or kind_of(rows) or INTERVALS
    if outcome.kind == REGISTERS:
        rows, falls = energies(rows, step, rejections)
        outcome.falls = [(meters[fall.meter].meter, fall) for fall in falls]
    multiplier = np.array([meter.multiplier for meter in meters])
    rows = replace(rows, value=rows.value * multiplier[rows.meter])
    known = rows.only(np.isfinite(rows.value))
    outcome.values = len(known)
    if len(known):
        outcome.until = str(known.second.max().astype("datetime64[s]"))
    ends = np.flatnonzero(np.diff(known.meter, prepend=-1, append=-1))
    spans = (known.second[ends[1:] - 1] - known.second[ends[:-1]]) // (60 * step) + 1
    outcome.missing_values = int(spans.sum()) - len(known)
    return rows, step, reading.at_start and outcome.kind == INTERVALS


def _store(
    folder: Path,
    meters: list[Meter],
    new: list[Month],
    reading: Reading,
    outcome: AreaOutcome,
    rejections: Rejections,
) -> None:
    names = [meter.meter for meter in meters]
    stored_months: list[int] = []
    is_stored = is_area(folder)
    if is_stored:
        with open_curves(folder) as file:
            index = index_curves(file, names, None, None)
        names += index.unknown_ids
        days = np.unique(index.day).astype(np.int64)
        stored_months = [int(day) for day in np.unique(months_of(days)).astype("datetime64[D]").astype(int)]
    months: dict[int, Month | None] = dict.fromkeys(stored_months)
    is_changed = not is_stored or _is_listed_otherwise(folder, meters)
    for month in new:
        length = month.curves.shape[2]
        padded = month.with_meters(len(names))
        old = stored_month(folder, names, month.first_day, length) if is_stored else None
        together = padded if old is None else merged(old, padded, rejections, names, replace=reading.replace)
        together = together.without_empty_days()
        if old is None and not np.isfinite(together.curves[0]).any():
            continue
        is_changed |= old is None or not np.array_equal(old.curves, together.curves, equal_nan=True)
        months[month.first_day] = together
    if not months:
        raise BadArea("too_few_data", "没有一个区间的电量是已知的")
    outcome.status = STORED if is_changed else UNCHANGED
    if is_changed:
        _write(folder, outcome.area_id, meters, names, months)


def _write(
    folder: Path, area_id: str, meters: list[Meter], names: list[str], months: dict[int, Month | None]
) -> None:
    def tables() -> Iterator[pa.Table]:
        for first, known in sorted(months.items()):
            start = np.datetime64(first, "D").astype("datetime64[M]")
            length = int((start + 1).astype("datetime64[D]").astype(int)) - first
            month = known or stored_month(folder, names, first, length)
            table = None if month is None else month.table(area_id, names)
            if table is not None and table.num_rows:
                yield table

    def write(made: Path) -> None:
        write_curves(made / CURVES, tables())
        write_meters(made / METERS, _listed(meters))

    commit(folder, write)


def _listed(meters: list[Meter]) -> pa.Table:
    rows = [
        {
            "area_id": meter.area,
            "meter_id": meter.meter,
            "role": meter.role or CONSUMER,
            "phase": meter.phase or ("ABC" if meter.role == MASTER else None),
            "mpe_percent": meter.mpe_percent
            or (MASTER_MPE_PERCENT if meter.role == MASTER else CONSUMER_MPE_PERCENT),
        }
        for meter in meters
    ]
    return pa.Table.from_pylist(rows, METERS_SCHEMA)


def _is_listed_otherwise(folder: Path, meters: list[Meter]) -> bool:
    kept = [{name: row[name] for name in METERS_SCHEMA.names} for row in meter_rows(folder)]
    listed: list[dict[str, object]] = _listed(meters).to_pylist()
    return sorted(kept, key=_meter_id) != sorted(listed, key=_meter_id)


def _meter_id(row: dict[str, object]) -> str:
    return str(row["meter_id"])


def _stored_step(folder: Path) -> int | None:
    if not is_area(folder):
        return None
    with open_curves(folder) as file:
        kind = file.schema_arrow.field("energy_kwh").type
        if pa.types.is_fixed_size_list(kind):
            return MINUTES_PER_DAY // int(kind.list_size)
        return MINUTES_PER_DAY // day_length(read_groups(file, range(1), ["energy_kwh"])["energy_kwh"])
