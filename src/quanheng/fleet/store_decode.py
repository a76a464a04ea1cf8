"""The numbers of curves.parquet, each row group decoded once and laid where its meter and day belong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanheng.fleet.store_columns import column_values, day_length
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_format import VOLTAGES
from quanheng.fleet.store_index import Index, read_groups

Rows = NDArray[np.float32]
Places = NDArray[np.int64]
ALL_COLUMNS = 3
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where the voltages of each of k meters go.

    A meter keeps either the three columns, in the lines ``base``, ``base`` + 1, ``base`` + 2, or one of
    them in the line ``base``: that of its own phase, else the first that holds numbers.
    """

    base: NDArray[np.int64]  # (k,)
    own: NDArray[np.int8]  # (k,) 0, 1, 2: the column preferred; −1: any; 3: all three
    lines: int


@dataclass(slots=True, eq=False)
class Decoded:
    """Curves of k meters over D days of N intervals; NaN where there is no number."""

    energy: Rows  # (k, D·N)
    voltage: Rows  # (lines, D·N)
    has_row: NDArray[np.bool_]  # (k, D)
    repeated: dict[int, int] = field(default_factory=dict)  # meter → identical rows that were dropped
    infinite: int = 0  # values beyond all numbers, dropped


@dataclass(frozen=True, slots=True, eq=False)
class _Move:
    """Rows of one column (R, N) on their way into a slab."""

    slab: Rows
    values: Rows
    source: Places  # rows of ``values``
    target: Places  # rows of ``slab``


def decode_curves(file: pq.ParquetFile, index: Index, layout: Layout) -> Decoded:
    """Decode the rows of an index.

    Raises
    ------
    BadArea
        bad_file: damaged, days of another length. mixed_resolution: days of several lengths.
        duplicate_days: two rows of one meter and day that differ.
    """
    meters, days = layout.base.size, index.days
    target = np.where(
        index.meter < 0, -1, index.meter.astype(np.int64) * days + (index.day - index.first_day)
    )
    count = np.bincount(target[target >= 0], minlength=meters * days)
    later = _later(target) if count.max() > 1 else None
    names = [name for name in VOLTAGES if name in file.schema_arrow.names]
    intervals = 0
    energy = voltage = np.empty((0, 0), dtype=np.float32)
    differing: set[int] = set()
    start = 0
    for group, rows in zip(index.groups, index.group_rows, strict=True):
        part = slice(start, start + rows)
        start += rows
        table = read_groups(file, [group], ["energy_kwh", *names])
        if not intervals:
            intervals = day_length(table["energy_kwh"])
            energy = np.full((meters * days, intervals), np.nan, dtype=np.float32)
            voltage = np.full((layout.lines * days, intervals), np.nan, dtype=np.float32)
        for move in _moves(table, intervals, index, part, target, layout, energy, voltage):
            differing |= _carry_out(move, None if later is None else later[part], target[part])
    if differing:
        raise _contradiction(differing, index)
    return Decoded(
        energy.reshape(meters, -1),
        voltage.reshape(layout.lines, -1),
        count.reshape(meters, days) > 0,
        {} if later is None else _tally(target[later] // days),
        _drop_infinite(energy) + _drop_infinite(voltage),
    )


def _moves(
    table: pa.Table,
    intervals: int,
    index: Index,
    part: slice,
    target: Places,
    layout: Layout,
    energy: Rows,
    voltage: Rows,
) -> Iterator[_Move]:
    meter, target = index.meter[part], target[part]
    wanted = target >= 0
    values, valid = column_values(table["energy_kwh"], intervals)
    source = np.flatnonzero(wanted & valid)
    yield _Move(energy, values, source, target[source])
    columns = [column_values(table[name], intervals) for name in table.column_names[1:]]
    if not columns:
        return
    measured = np.stack([valid for _values, valid in columns])  # (columns, R)
    own = layout.own[meter]
    preferred = np.clip(own, 0, len(columns) - 1)
    has_preferred = (own >= 0) & np.take_along_axis(measured, preferred[None, :].astype(np.intp), axis=0)[0]
    chosen = np.where(has_preferred, preferred, measured.argmax(axis=0))
    every = own == ALL_COLUMNS
    line = layout.base[meter] * index.days + (index.day[part] - index.first_day)
    for at, (values, valid) in enumerate(columns):
        source = np.flatnonzero(wanted & valid & (every | (chosen == at)))
        yield _Move(voltage, values, source, line[source] + np.where(every[source], at * index.days, 0))


def _carry_out(move: _Move, later: NDArray[np.bool_] | None, target: Places) -> set[int]:
    """Lay the rows of a move; return the targets of later rows that differ from what was laid before."""
    first = move.source if later is None else move.source[~later[move.source]]
    place = move.target if later is None else move.target[~later[move.source]]
    if place.size:
        is_run = place[-1] - place[0] == place.size - 1 and bool((np.diff(place) == 1).all())
        rows = move.values if first.size == move.values.shape[0] else move.values[first]
        move.slab[slice(place[0], place[-1] + 1) if is_run else place] = rows
    if later is None:
        return set()
    again = later[move.source]
    laid, said = move.slab[move.target[again]], move.values[move.source[again]]
    equal = ((laid == said) | (np.isnan(laid) & np.isnan(said))).all(axis=1)
    return {int(place) for place in target[move.source[again][~equal]]}


def _later(target: Places) -> NDArray[np.bool_]:
    """Return (R,) whether an earlier row has the same meter and day."""
    order = np.argsort(target, kind="stable")
    later = np.zeros(target.size, dtype=bool)
    later[order[1:]] = np.diff(target[order]) == 0
    return later & (target >= 0)


def _contradiction(differing: set[int], index: Index) -> BadArea:
    rows: list[dict[str, object]] = []
    for place in sorted(differing):
        meter, day = divmod(place, index.days)
        rows.append({"meter_id": index.ids[meter], "day": str(np.datetime64(index.first_day + day, "D"))})
    shown = "、".join(f"{row['meter_id']}（{row['day']}）" for row in rows[:_SHOWN])
    return BadArea(
        "duplicate_days",
        f"同一只表同一天有两行，数不相同，共 {len(rows)} 处：{shown}。",
        {"rows": rows[:100], "count": len(rows)},
    )


def _tally(meters: Places) -> dict[int, int]:
    found, counts = np.unique(meters, return_counts=True)
    return {int(meter): int(count) for meter, count in zip(found, counts, strict=True)}


def _drop_infinite(slab: Rows) -> int:
    if not slab.size:
        return 0
    with np.errstate(invalid="ignore"):
        extremes = np.fmax.reduce(slab, axis=None), np.fmin.reduce(slab, axis=None)
    if not np.isinf(extremes).any():
        return 0
    infinite = np.isinf(slab)
    slab[infinite] = np.nan
    return int(infinite.sum())
