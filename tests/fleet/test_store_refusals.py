"""An area whose files cannot be used is refused with a code and a sentence; another is not touched by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanheng.fleet.store import read_area
from quanheng.fleet.store_errors import BadArea
from tests.fleet.readings import FIRST, METERS, day_after, rows, store


def _meters(*chosen: dict[str, object]) -> Callable[[Path], object]:
    return lambda folder: store(folder, meters=list(chosen))


def _curves(table: Callable[[], pa.Table]) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        store(folder)
        pq.write_table(table(), folder / "curves.parquet")

    return write


def _lists(*lengths: int, voltage: int = 96) -> pa.Table:
    curve = pa.list_(pa.float32())
    count = len(lengths)
    return pa.table(
        {
            "meter_id": [f"T1-{at % 3}" for at in range(count)],
            "day": pa.array([FIRST + at // 3 for at in range(count)], pa.int32()).cast(pa.date32()),
            "energy_kwh": pa.array([[1.0] * length for length in lengths], curve),
            "voltage_a_v": pa.array([[230.0] * voltage] * count, curve),
        }
    )


def _truncated(name: str) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        path = store(folder) / name
        path.write_bytes(path.read_bytes()[:-40])

    return write


def _damaged(folder: Path) -> None:
    path = store(folder, rows(days=range(2), energy=0.5)) / "curves.parquet"
    data = bytearray(path.read_bytes())
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(3)
    at = chunk.data_page_offset + chunk.total_compressed_size // 2
    data[at : at + 8] = bytes(byte ^ 0x55 for byte in data[at : at + 8])
    path.write_bytes(data)


def _without(name: str) -> Callable[[Path], object]:
    return lambda folder: (store(folder) / name).unlink()


BAD = {
    "no meters.parquet": (_without("meters.parquet"), "bad_file", "没有 meters.parquet。"),
    "no curves.parquet": (_without("curves.parquet"), "bad_file", "没有 curves.parquet。"),
    "truncated curves": (
        _truncated("curves.parquet"),
        "bad_file",
        "curves.parquet 不是完整的 Parquet 文件。",
    ),
    "truncated meters": (
        _truncated("meters.parquet"),
        "bad_file",
        "meters.parquet 不是完整的 Parquet 文件。",
    ),
    "damaged": (_damaged, "bad_file", "curves.parquet 已损坏，无法读出。"),
    "another schema": (
        _curves(lambda: pa.table({"meter": ["T1-0"], "kwh": [1.0]})),
        "bad_file",
        "curves.parquet 没有这些列：meter_id、day、energy_kwh。",
    ),
    "energies that are no lists": (
        _curves(lambda: pa.table({"meter_id": ["T1-0"], "day": [date(2026, 1, 1)], "energy_kwh": [1.0]})),
        "bad_file",
        "curves.parquet 的 energy_kwh 应为数的列表，实为 double。",
    ),
    "days that are texts": (
        _curves(lambda: _lists(96).set_column(1, "day", pa.array(["2026-01-30"]))),
        "bad_file",
        "curves.parquet 的 day 应为日期，每行都有。",
    ),
    "92 values": (
        _curves(lambda: _lists(92, 92)),
        "bad_file",
        "curves.parquet 一天有 92 个值，应为 96、48 或 24 个。",
    ),
    "96 and 24 values": (
        _curves(lambda: _lists(96, 24, 96)),
        "mixed_resolution",
        "curves.parquet 中一天的值有 24、96 个几种，应当只有一种。",
    ),
    "24 voltages": (
        _curves(lambda: _lists(96, 96, voltage=24)),
        "mixed_resolution",
        "curves.parquet 中一天的值有 24、96 个几种，应当只有一种。",
    ),
    "no master": (_meters(*METERS[1:]), "missing_master", "meters.parquet 没有写哪只是总表。"),
    "two masters": (
        _meters(METERS[0], {**METERS[0], "meter_id": "T1-9"}, METERS[1]),
        "missing_master",
        "有 2 只总表：T1-0、T1-9。",
    ),
    "no consumer": (_meters(METERS[0]), "too_few_data", "meters.parquet 中没有用户表。"),
    "a meter twice": (_meters(*METERS, METERS[1]), "bad_file", "meters.parquet 中有表号重复：T1-1。"),
    "two areas": (
        _meters(*METERS[:2], {**METERS[2], "area_id": "T2"}),
        "bad_file",
        "meters.parquet 应当只写一个台区，写了 2 个。",
    ),
    "an unknown role": (
        _meters(*METERS[:2], {**METERS[2], "role": "boss"}),
        "bad_file",
        "meters.parquet 的 role 应为 master 或 consumer，写了：boss。",
    ),
    "an MPE of nothing": (
        _meters(*METERS[:2], {**METERS[2], "mpe_percent": 0.0}),
        "bad_file",
        "meters.parquet 中 T1-2 的最大允许误差应大于 0、小于 100。",
    ),
    "a list of meters of another schema": (
        _meters({"id": "T1-0"}),
        "bad_file",
        "meters.parquet 没有这些列：area_id、meter_id、role。",
    ),
    "a master without readings": (
        lambda folder: store(folder, rows(("T1-1", "T1-2"))),
        "missing_master",
        "总表 T1-0 在这段时间没有读数。",
    ),
    "days that differ": (
        lambda folder: store(folder, pa.concat_tables([rows(), rows(("T1-0", "T1-1"), (1,), energy=9.0)])),
        "duplicate_days",
        "同一只表同一天有两行，数不相同，共 2 处：T1-1（2026-01-31）、T1-0（2026-01-31）。",
    ),
    "a year that is wrong": (
        lambda folder: store(folder, pa.concat_tables([rows(), rows(("T1-1",), (3653,))])),
        "bad_file",
        "日期从 2026-01-30 至 2036-01-31，绝大多数日子没有读数；应有日期写错。",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_area_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    write, code, text = BAD[name]
    write(tmp_path / "a")

    with pytest.raises(BadArea) as caught:
        read_area(tmp_path / "a")

    assert (caught.value.code, caught.value.text) == (code, text)


def test_an_empty_window_is_too_few_data(tmp_path: Path) -> None:
    folder = store(tmp_path)
    assert read_area(folder, day_after(1)).area.intervals == 96
    with pytest.raises(BadArea, match="这段时间没有读数") as caught:
        read_area(folder, day_after(2))
    assert caught.value.code == "too_few_data"


def test_an_empty_file_is_too_few_data(tmp_path: Path) -> None:
    folder = store(tmp_path)
    pq.write_table(rows().slice(0, 0), folder / "curves.parquet")
    with pytest.raises(BadArea, match="没有读数"):
        read_area(folder)


def test_a_contradiction_outside_of_the_window_does_not_matter(tmp_path: Path) -> None:
    folder = store(tmp_path, pa.concat_tables([rows(), rows(("T1-0",), (0,), energy=9.0)]))

    assert np.isfinite(read_area(folder, day_after(1)).area.energy).all()
    with pytest.raises(BadArea) as caught:
        read_area(folder)
    assert caught.value.data == {"rows": [{"meter_id": "T1-0", "day": "2026-01-30"}], "count": 1}
