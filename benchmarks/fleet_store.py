"""Stores of invented areas for the speed of the fleet estimator: quick to make, in the format of the store.

Energies come in steps of 0.01 kWh and voltages in steps of 0.1 V, as meters record them: random digits
would neither compress nor decode as readings do.  The master obeys the voltage-referred balance.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fleet_invented import SUPPLY, VOLTAGE_STEP, loads, planted_errors, registered
from quanheng.fleet.store_format import METERS_SCHEMA, curves_table, months, write_curves, write_meters

PER_DAY = 96
FIRST = np.datetime64("2026-01-01")
SEED = 20261123
MPE_PERCENT, MASTER_MPE_PERCENT = 2.0, 0.5
WRONG_SHARE = 0.02
SUPPLY_SD, DROP_SD = (
    1.5,
    0.25,
)  # voltage of the supply over hours, and at each meter [V]: bytes as of real curves
FURTHEST_DROP = 10.0  # at the end of the area, at its highest load [V]

Readings = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is in a store."""

    areas: int
    meters: int
    months: int

    @classmethod
    def of(cls, text: str) -> Size:
        """Read AREASxMETERSxMONTHS."""
        areas, meters, count = text.split("x")
        return cls(int(areas), int(meters), int(count))

    @property
    def days(self) -> int:
        """Return the days of the months, from January 2026."""
        return int(
            ((FIRST.astype("datetime64[M]") + self.months).astype("datetime64[D]") - FIRST).astype(int)
        )

    @property
    def intervals(self) -> int:
        """Return the intervals of one area."""
        return self.days * PER_DAY

    @property
    def readings(self) -> int:
        """Return one per meter and interval, masters included."""
        return self.areas * (self.meters + 1) * self.intervals

    def __str__(self) -> str:
        return f"{self.areas:,} × {self.meters} × {self.months}"


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What the areas of a store share before meters, days and errors are drawn."""

    energy: Readings  # (n, T) true [kWh]
    phase: NDArray[np.int64]  # (n,)
    resistance: Readings  # (n,) [V per kWh of the phase in an interval]


def make_store(folder: Path, size: Size, jobs: int) -> int:
    """Write the areas below an empty folder and return their bytes."""
    dice = np.random.default_rng(SEED)
    phase = np.arange(size.meters) % 3
    energy = loads(dice, size.meters, size.days, PER_DAY)
    highest = float(energy.sum(axis=0).max()) / 3  # [kWh per interval], of one phase
    resistance = dice.uniform(0.1, 1.0, size.meters) * (FURTHEST_DROP / highest)
    template = Template(energy, phase, resistance.astype(np.float32))
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        return sum(pool.map(partial(_write_area, folder, template), range(size.areas)))


def _write_area(folder: Path, template: Template, number: int) -> int:
    dice = np.random.default_rng([SEED, number])
    n, intervals = template.energy.shape
    order = dice.permutation(n)
    days = intervals // PER_DAY
    true = np.roll(template.energy[order], int(dice.integers(days)) * PER_DAY, axis=1)
    phase = template.phase[order]
    supply, voltage = _voltages(dice, true, phase, template.resistance[order])
    master = registered((true * (supply[phase] / voltage)).sum(axis=0, dtype=float)[None])
    error = planted_errors(dice, n, max(1, int(WRONG_SHARE * n)))
    energy = registered(true * (1 + error)[:, None])
    area_id = f"AREA-{number:05d}"
    place = folder / area_id
    place.mkdir(parents=True)
    ids = [f"{area_id}-{meter:04d}" for meter in range(n)]
    _write_meters(place, area_id, ids, phase)
    _write_curves(place, area_id, ids, np.concatenate([master, energy]), _by_phase(supply, voltage, phase))
    (place / "truth.json").write_text(json.dumps({"error_percent": dict(zip(ids, error * 100, strict=True))}))
    return sum(file.stat().st_size for file in place.glob("*.parquet"))


def _voltages(
    dice: np.random.Generator, true: Readings, phase: NDArray[np.int64], resistance: Readings
) -> tuple[Readings, Readings]:
    """Return voltages of the master (3, T) and of the meters (n, T) [V], in steps."""
    total = np.stack([true[phase == p].sum(axis=0) for p in range(3)])
    slow = np.repeat(dice.standard_normal((3, true.shape[1] // 4), dtype=np.float32), 4, axis=1)
    supply = np.float32(SUPPLY) + np.float32(SUPPLY_SD) * slow
    voltage = supply[phase] - resistance[:, None] * total[phase]
    voltage += np.float32(DROP_SD) * dice.standard_normal(true.shape, dtype=np.float32)
    step = np.float32(1 / VOLTAGE_STEP)
    return np.rint(supply * step) / step, np.rint(voltage * step) / step


def _by_phase(supply: Readings, voltage: Readings, phase: NDArray[np.int64]) -> list[Readings]:
    """Return for each phase the voltages (1 + n, T) of master and meters, NaN for meters of another one."""
    out = []
    for p in range(3):
        own = np.full((len(phase) + 1, voltage.shape[1]), np.nan, np.float32)
        own[0] = supply[p]
        own[1:][phase == p] = voltage[phase == p]
        out.append(own)
    return out


def _write_meters(place: Path, area_id: str, ids: list[str], phase: NDArray[np.int64]) -> None:
    rows = [(area_id, f"{area_id}-MASTER", "master", "ABC", MASTER_MPE_PERCENT)]
    rows += [(area_id, meter, "consumer", "ABC"[p], MPE_PERCENT) for meter, p in zip(ids, phase, strict=True)]
    columns = [
        pa.array(column, field.type)
        for column, field in zip(zip(*rows, strict=True), METERS_SCHEMA, strict=True)
    ]
    write_meters(place / "meters.parquet", pa.Table.from_arrays(columns, schema=METERS_SCHEMA))


def _write_curves(
    place: Path, area_id: str, ids: list[str], energy: NDArray[np.float64], voltages: list[Readings]
) -> None:
    """Write one row group a month, meters in order, days in order, as the store does."""
    first, days = int(FIRST.astype(int)), energy.shape[1] // PER_DAY
    every = [f"{area_id}-MASTER", *ids]

    def tables() -> list[pa.Table]:
        return [
            curves_table(
                area_id,
                np.repeat(every, month.stop - month.start).tolist(),
                np.tile(np.arange(first + month.start, first + month.stop, dtype=np.int32), len(every)),
                _days(energy, month).astype(np.float32),
                [_days(voltage, month) for voltage in voltages],
            )
            for month in months(first, days)
        ]

    write_curves(place / "curves.parquet", tables())


def _days(values: NDArray[np.floating], month: slice) -> NDArray[np.floating]:
    """Return the days of a month (meters · days, 96) of values (meters, T)."""
    return values[:, month.start * PER_DAY : month.stop * PER_DAY].reshape(-1, PER_DAY)
