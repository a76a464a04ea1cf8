"""把读数库中的一个台区写成 CSV，一行一只表一个时刻，每月一个文件，另有电表清单。

python to_csv.py 台区的文件夹 写到哪里
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime, time, timedelta
from math import isnan
from pathlib import Path

import pyarrow.parquet as pq

PHASES = ("voltage_a_v", "voltage_b_v", "voltage_c_v")


def main(area: Path, out: Path) -> None:
    """Write YYYY-MM.csv of each month and meters.csv."""
    out.mkdir(exist_ok=True)
    meters = pq.read_table(area / "meters.parquet").to_pylist()
    with (out / "meters.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["台区", "电表", "角色", "相别", "最大允许误差"])
        for meter in meters:
            rows.writerow(
                [meter["area_id"], meter["meter_id"], meter["role"], meter["phase"], meter["mpe_percent"]]
            )
    days = pq.read_table(area / "curves.parquet").to_pylist()
    for month in sorted({f"{row['day']:%Y-%m}" for row in days}):
        with (out / f"{month}.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["台区", "电表", "时间", "电量", "电压A", "电压B", "电压C"])
            for row in days:
                if f"{row['day']:%Y-%m}" == month:
                    rows.writerows(_of_day(row))


def _of_day(row: dict[str, object]) -> list[list[object]]:
    """Return the rows of one meter and day; an interval has the time of its end."""
    energy = row["energy_kwh"]
    step = timedelta(days=1) / len(energy)
    midnight = datetime.combine(row["day"], time())
    volts = [row[phase] or [None] * len(energy) for phase in PHASES]
    return [
        [row["area_id"], row["meter_id"], midnight + (k + 1) * step, _text(kwh), *map(_text, at)]
        for k, (kwh, *at) in enumerate(zip(energy, *volts, strict=True))
    ]


def _text(value: float | None) -> str:
    return "" if value is None or isnan(value) else f"{value:.6g}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
