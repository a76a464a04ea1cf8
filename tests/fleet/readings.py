"""Areas and files of readings for the tests of the store and of the import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanheng.fleet.store_format import curves_table, write_curves
from quanheng.kernels.fleet.area import Area, Phase

DAY = date(2026, 1, 30)
FIRST = (DAY - date(1970, 1, 1)).days
METERS = [
    {"area_id": "T1", "meter_id": "T1-0", "role": "master", "phase": "ABC", "mpe_percent": 0.5},
    {"area_id": "T1", "meter_id": "T1-1", "role": "consumer", "phase": "A", "mpe_percent": 2.0},
    {"area_id": "T1", "meter_id": "T1-2", "role": "consumer", "phase": "B", "mpe_percent": 2.0},
]
ARRAYS = ("phase", "mpe_percent", "master", "master_voltage", "energy", "voltage", "three_phase_voltage")


def area(phases: Sequence[Phase], days: int, step: int = 60, *, seed: int = 1) -> Area:
    """Return an area of random readings, some of them missing; the rest as a store gives it back."""
    random = np.random.default_rng(seed)
    n, width = len(phases), days * 1440 // step
    three = [at for at, phase in enumerate(phases) if phase is Phase.ABC]

    def numbers(*shape: int) -> np.ndarray:
        values = random.normal(200, 50, shape).astype(np.float32)
        return np.where(random.random(shape) < 0.2, np.float32("nan"), values)

    voltage = numbers(n, width)
    voltage[three] = np.nan
    return Area(
        area_id="台区 7",
        meter_ids=tuple(f"M{at:03d}" for at in range(n)),
        phase=np.array(phases, dtype=np.int8),
        mpe_percent=np.full(n, 2.0),
        master_mpe_percent=0.5,
        start=np.datetime64(DAY).astype("datetime64[m]"),
        step_minutes=step,
        master=numbers(width),
        master_voltage=numbers(3, width),
        energy=numbers(n, width),
        voltage=voltage,
        three_phase_voltage=numbers(len(three), 3, width),
    )


def is_same(one: Area, other: Area) -> bool:
    """Whether two areas hold the same, bit by bit."""
    names = ("area_id", "meter_ids", "master_mpe_percent", "start", "step_minutes")
    return all(getattr(one, name) == getattr(other, name) for name in names) and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in ARRAYS
    )


def rows(
    meters: Sequence[str] = ("T1-0", "T1-1", "T1-2"), days: Iterable[int] = (0, 1), energy: float = 1.0
) -> pa.Table:
    """Return rows of curves.parquet: ``energy`` + the meter's place + the day/10, 230 V in phase A."""
    keys = [(at, day) for at in range(len(meters)) for day in days]
    values = np.array([[energy + at + day / 10] * 96 for at, day in keys], dtype=np.float32)
    volts = np.full_like(values, 230)
    dates = np.array([FIRST + day for _at, day in keys], dtype=np.int32)
    return curves_table("T1", [meters[at] for at, _day in keys], dates, values, [volts, None, None])


def store(
    folder: Path, curves: pa.Table | None = None, meters: list[dict[str, object]] | None = None
) -> Path:
    """Write the two files of an area and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_curves(folder / "curves.parquet", [rows() if curves is None else curves])
    pq.write_table(pa.Table.from_pylist(METERS if meters is None else meters), folder / "meters.parquet")
    return folder


def long_csv(
    folder: Path, lines: Iterable[str], heading: str = "area,meter,timestamp,kwh,role", name: str = "r.csv"
) -> Path:
    """Write a file of readings."""
    path = folder / name
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    return path


def quarter_hours(count: int, start: str = "2026-01-30T00:15") -> list[str]:
    """Return so many timestamps, one per quarter of an hour."""
    first = np.datetime64(start, "m")
    return [str(first + 15 * at).replace("T", " ") for at in range(count)]


def day_after(days: int) -> date:
    """Return the day so many days after the first."""
    return DAY + timedelta(days=days)
