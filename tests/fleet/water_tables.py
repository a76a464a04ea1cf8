"""Districts as tables, as a utility would export them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from quanheng.kernels.fleet.water import District

HEADER = ["meter", "timestamp", "m3", "pressure_kpa", "role"]


def intervals(district: District) -> list[list[str]]:
    """Return one row a meter and interval, the district meter first with the pressure; times are ends."""
    return _rows(district, district.inflow[None], district.volume, 1)


def registers(district: District) -> list[list[str]]:
    """Return the same as registers, which begin before the first interval."""
    both = (np.cumsum(v, axis=1, dtype=float) for v in (district.inflow[None], district.volume))
    started = [np.concatenate([np.full((len(v), 1), 7.0), v + 7.0], axis=1) for v in both]
    return _rows(district, *started, 0)


def write(folder: Path, rows: list[list[str]], header: list[str] = HEADER) -> Path:
    """Write a table and return its path."""
    path = folder / "小区一.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows([header, *rows])
    return path


def _rows(district: District, inflow: np.ndarray, volume: np.ndarray, first: int) -> list[list[str]]:
    rows = []
    named = [
        ("K1", "考核表", inflow[0]),
        *zip(district.meter_ids, ["户表"] * district.n, volume, strict=True),
    ]
    for meter, role, values in named:
        for k, value in enumerate(values, start=first):
            moment = str(district.start + k * district.step_minutes).replace("T", " ")
            pressure = f"{district.pressure[k - 1]:g}" if meter == "K1" and k > 0 else ""
            rows.append([meter, moment, f"{value:.6f}", pressure, role])
    return rows
