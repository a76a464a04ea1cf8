"""The format of an area on disk: schemas, and tables made from arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

VOLTAGES = ("voltage_a_v", "voltage_b_v", "voltage_c_v")
MINUTES_PER_DAY = 1440
# Intervals of a day, by the minutes of an interval.
STEPS = {15: 96, 30: 48, 60: 24}

METERS_SCHEMA = pa.schema(
    [
        ("area_id", pa.string()),
        ("meter_id", pa.string()),
        ("role", pa.string()),
        ("phase", pa.string()),
        ("mpe_percent", pa.float64()),
    ]
)
# Readings repeat (registers have steps), so that dictionaries beat byte streams in size and in speed.
_WRITING = {
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": True,
    "sorting_columns": None,
    "write_page_checksum": True,
}


def curves_schema(intervals: int) -> pa.Schema:
    """Return the schema of curves.parquet for days of ``intervals``; numbers are never null, but may be NaN."""
    curve = pa.list_(pa.field("element", pa.float32(), nullable=False), intervals)
    return pa.schema(
        [
            pa.field("area_id", pa.string(), nullable=False),
            pa.field("meter_id", pa.string(), nullable=False),
            pa.field("day", pa.date32(), nullable=False),
            pa.field("energy_kwh", curve, nullable=False),
            *(pa.field(name, curve) for name in VOLTAGES),
        ]
    )


def curves_table(
    area_id: str,
    meter_ids: Sequence[str],
    days: NDArray[np.int32],
    energy: NDArray[np.float32],
    voltages: Sequence[NDArray[np.float32] | None],
) -> pa.Table:
    """Return rows of curves.parquet.

    ``days`` (R,) since 1970; ``energy`` (R, N) [kWh]; each of ``voltages`` (R, N) [V] or None. A row of
    voltages without a number becomes null.
    """
    rows, intervals = energy.shape
    schema = curves_schema(intervals)
    curve = schema.field("voltage_a_v").type
    columns = [
        pa.repeat(pa.scalar(area_id), rows),
        pa.array(meter_ids, pa.string()),
        pa.array(days, pa.date32()),
        pa.FixedSizeListArray.from_arrays(_flat(energy), type=schema.field("energy_kwh").type),
    ]
    for voltage in voltages:
        if voltage is None:
            columns.append(pa.nulls(rows, curve))
            continue
        empty = np.isnan(voltage).all(axis=1)
        columns.append(pa.FixedSizeListArray.from_arrays(_flat(voltage), type=curve, mask=pa.array(empty)))
    return pa.Table.from_arrays(columns, schema=schema)


def write_curves(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables that share a schema, each as one row group; a month is one, so that windows read little."""
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            writer = writer or pq.ParquetWriter(path, table.schema, **_WRITING)
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
    finally:
        if writer is not None:
            writer.close()


def write_meters(path: Path, table: pa.Table) -> None:
    """Write meters.parquet."""
    pq.write_table(table, path, compression="zstd")


def months(first_day: int, days: int) -> Iterator[slice]:
    """Yield slices of ``range(days)`` that lie in one month; ``first_day`` counts from 1970."""
    dates = np.datetime64(first_day, "D") + np.arange(days)
    starts = np.flatnonzero(np.diff(dates.astype("datetime64[M]").astype(int), prepend=-1))
    for start, stop in zip(starts, [*starts[1:], days], strict=True):
        yield slice(int(start), int(stop))


def _flat(values: NDArray[np.float32]) -> pa.Array:
    return pa.array(np.ascontiguousarray(values, dtype=np.float32).reshape(-1))
