"""What an import does not take, and what it is refused for; each with its place and its reason."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from quanheng.fleet.readings_import import BadImport, Options, Summary, import_readings
from quanheng.fleet.readings_import.area_import import Reading
from quanheng.fleet.store import read_area
from tests.fleet.readings import long_csv, quarter_hours

HEADING = "area,meter,timestamp,kwh,role,voltage_a_v"
_TIMES = quarter_hours(4)
GOOD = [
    f"T1,{meter},{time},{value},{role},230"
    for meter, role in (("T1-0", "master"), ("T1-1", "consumer"))
    for time, value in zip(_TIMES, (3, 1, 4, 1), strict=True)
]


def _import(folder: Path, *lines: str, timezone: str = "Asia/Shanghai", kind: str = "intervals") -> Summary:
    file = long_csv(folder, [*GOOD, *lines], HEADING)
    return import_readings([file], folder / "store", Options(Reading(kind), timezone))


# Each stands in line 10, below the eight good ones; (line, column, reason, text)
BAD = {
    "T1,T1-1,2026-01-30 01:15,x,consumer,230": ("kwh", "not_a_number", "不是数：x。"),
    "T1,T1-1,2026-01-30 01:15,1e999,consumer,230": ("kwh", "not_a_number", "不是数：1e999。"),
    'T1,T1-1,2026-01-30 01:15,"1,5",consumer,230': ("kwh", "not_a_number", "不是数：1,5。"),
    "T1,T1-1,2026-01-30 01:15,1,consumer,high": ("voltage_a_v", "not_a_number", "不是数：high。"),
    "T1,T1-1,2026-01-30 01:15,1,consumer,0": ("voltage_a_v", "voltage_not_positive", "电压应大于 0：0。"),
    "T1,T1-1,2026-02-30 01:15,1,consumer,230": ("timestamp", "bad_time", "时间无法识别：2026-02-30 01:15。"),
    "T1,T1-1,soon,1,consumer,230": ("timestamp", "bad_time", "时间无法识别：soon。"),
    "T1,T1-1,1899-12-31 00:15,1,consumer,230": ("timestamp", "bad_time", "时间无法识别：1899-12-31 00:15。"),
    "T1,T1-1,,1,consumer,230": ("timestamp", "bad_time", "时间无法识别。"),
    "T1,T1-1,2026-01-30 01:16,1,consumer,230": ("", "off_grid", "时间不在整刻上：2026-01-30 01:16:00。"),
    "T1,,2026-01-30 01:15,1,consumer,230": ("meter", "no_meter", "没有写表号。"),
    ",T1-1,2026-01-30 01:15,1,consumer,230": ("area", "no_area", "没有写台区。"),
    "T1,T1-1,2026-01-30 01:15,1": ("", "columns", "列数与第一行不同：4 列，应为 6 列。"),
    "T1,T1-1,2026-01-30 01:00,2,consumer,230": (
        "",
        "contradiction",
        "同一时刻另有一行，数不相同，两行都没有采用：r.csv 第 9 行为 1，本行为 2（2026-01-30 01:00:00）。",
    ),
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_row_is_reported_with_its_place_and_reason_and_the_others_are_stored(
    tmp_path: Path, line: str
) -> None:
    summary = _import(tmp_path, line)

    found = [(row.file, row.line, row.column, row.reason, row.text) for row in summary.rejections.rows]
    assert found == [("r.csv", 10, *BAD[line])]
    energy = read_area(tmp_path / "store" / "T1").area.energy[0]
    kept = 3 if "contradiction" in BAD[line] else 4
    assert energy[:kept].tolist() == [3, 1, 4, 1][:kept]
    written = (tmp_path / "store" / "rejected.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written[1].startswith("r.csv,10,")


def test_blank_lines_and_empty_cells_are_no_mistakes(tmp_path: Path) -> None:
    summary = _import(
        tmp_path, "", "T1,T1-1,2026-01-30 01:15,,consumer,", ",,,,,", "T1,T1-1,2026-01-30 01:30,--,,NULL"
    )

    assert summary.rejections.total == 0


def test_lines_are_counted_across_blank_and_skipped_ones(tmp_path: Path) -> None:
    summary = _import(tmp_path, "", "short", "", "T1,T1-1,2026-01-30 01:15,x,consumer,230")

    assert [(row.line, row.reason) for row in summary.rejections.rows] == [
        (11, "columns"),
        (13, "not_a_number"),
    ]


def test_identical_rows_are_counted_and_not_rejected(tmp_path: Path) -> None:
    summary = _import(tmp_path, *GOOD[:3])

    assert (summary.areas[0].identical, summary.rejections.total) == (3, 0)


def test_a_contradiction_names_both_lines_and_takes_neither(tmp_path: Path) -> None:
    summary = _import(tmp_path, "T1,T1-1,2026-01-30 00:15,7,consumer,230")

    assert summary.rejections.counts == {"contradiction": 2}
    assert "r.csv 第 6 行为 3，本行为 7" in summary.rejections.rows[0].text
    assert np.isnan(read_area(tmp_path / "store" / "T1").area.energy[0, 0])


def test_registers_below_zero_and_beside_their_neighbours_are_rejected(tmp_path: Path) -> None:
    values = [10, 11, 900, 12, 13, -1, 14, 2, 15]
    lines = [
        f"T1,{meter},{time},{value},{role},"
        for meter, role in (("T1-0", "master"), ("T1-1", "consumer"))
        for time, value in zip(quarter_hours(9), values, strict=True)
    ]

    summary = import_readings(
        [long_csv(tmp_path, lines, HEADING)], tmp_path / "store", Options(Reading("registers"))
    )

    assert summary.rejections.counts == {"register_jumps": 4, "negative_register": 2}
    assert [row.detail for row in summary.rejections.rows] == ["-1", "-1", "900", "2", "900", "2"]
    assert np.nansum(read_area(tmp_path / "store" / "T1").area.energy) == 2


def test_a_meter_with_another_interval_than_its_area_is_rejected(tmp_path: Path) -> None:
    hourly = [f"T1,T1-2,2026-01-30 {hour:02d}:00,{hour},consumer,230" for hour in range(1, 5)]

    summary = _import(tmp_path, *hourly)

    assert summary.rejections.counts == {"mixed_resolution": 4}
    assert summary.rejections.rows[0].text == "这只表的间隔与台区的不同：60 分钟。"


def test_an_area_of_another_interval_than_before_is_refused_and_the_others_are_stored(tmp_path: Path) -> None:
    _import(tmp_path)
    hourly = [
        f"{area},{area}-0,2026-01-31 {hour:02d}:00,{hour},master,230"
        for area in ("T0", "T1")
        for hour in (3, 1, 2)
    ]

    summary = import_readings([long_csv(tmp_path, hourly, HEADING)], tmp_path / "store")

    assert [(outcome.status, outcome.refusal) for outcome in summary.areas] == [
        ("stored", ""),
        ("refused", "已存的间隔是 15 分钟，文件中是 60 分钟"),
    ]
    assert summary.rejections.counts == {"area_refused": 3}


def test_an_area_that_is_damaged_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    _import(tmp_path)
    curves = tmp_path / "store" / "T1" / "curves.parquet"
    curves.write_bytes(curves.read_bytes()[:-30])
    before = curves.read_bytes()

    summary = _import(tmp_path)

    assert summary.areas[0].refusal == "curves.parquet 不是完整的 Parquet 文件。"
    assert curves.read_bytes() == before


def test_meters_that_a_list_does_not_know_are_rejected(tmp_path: Path) -> None:
    meters = long_csv(tmp_path, ["T1,T1-0,master", "T1,T1-1,consumer"], "area,meter,role", "meters.csv")
    more = ["T1,T1-9,2026-01-30 01:15,1,consumer,230", "T9,T1-1,2026-01-30 01:15,1,consumer,230"]

    summary = import_readings(
        [long_csv(tmp_path, GOOD + more, HEADING)], tmp_path / "store", Options(meters=meters)
    )

    assert [(row.line, row.column, row.text) for row in summary.rejections.rows] == [
        (10, "meter", "电表不在这个台区的清单中：T1-9。"),
        (11, "area", "台区不在电表清单中：T9。"),
    ]


def test_local_times_that_the_clock_has_never_or_twice_are_rejected(tmp_path: Path) -> None:
    never, twice = "T1,T1-1,2026-03-29 02:30,1,consumer,230", "T1,T1-1,2026-10-25 02:30,1,consumer,230"

    assert _import(tmp_path, never, timezone="Europe/Berlin").rejections.counts == {"time_skipped": 1}
    assert _import(tmp_path, twice, timezone="Europe/Berlin").rejections.counts == {"time_twice": 1}
    assert _import(tmp_path, never).rejections.total == 0


def test_a_thousand_rows_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    bad = ["T1,T1-1,soon,1,consumer,230"] * 1500

    summary = _import(tmp_path, *bad)

    assert summary.rejections.counts == {"bad_time": 1500}
    assert len(summary.rejections.rows) == 1000
    assert len((tmp_path / "store" / "rejected.csv").read_text(encoding="utf-8-sig").splitlines()) == 1001


REFUSED = {
    "headings": (
        "area,timestamp\n1,2\n",
        "headings",
        "r.csv：第一行没有这些列：meter（电表）、kwh（电量）。",
    ),
    "no master": (
        "area,meter,timestamp,kwh\nT1,T1-1,2026-01-30 00:15,1\n",
        "no_master",
        "r.csv：没有写哪只是总表。请加 role（角色）列，或用 --meters 给出电表清单。",
    ),
    "no area": (
        "meter,timestamp,kwh\nT1-1,2026-01-30 00:15,1\n",
        "headings",
        "r.csv：没有 area（台区）列；或用 --meters 给出电表清单。",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, name: str) -> None:
    content, code, text = REFUSED[name]
    (tmp_path / "r.csv").write_text(content, encoding="utf-8")

    with pytest.raises(BadImport) as caught:
        import_readings([tmp_path / "r.csv"], tmp_path / "store")

    assert (caught.value.code, caught.value.text) == (code, text)


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadImport, match="“kwh”和“电量”是同一列的两个名称"):
        import_readings([long_csv(tmp_path, [], HEADING + ",电量")], tmp_path / "store")


def test_a_truncated_file_stores_nothing_of_any_file(tmp_path: Path) -> None:
    good = long_csv(tmp_path, GOOD, HEADING)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(good.read_bytes() * 50)[:-20])

    with pytest.raises(BadImport, match="cut.csv.gz 读到一半无法继续") as caught:
        import_readings([good, cut], tmp_path / "store")

    assert caught.value.code == "unreadable"
    assert [path.name for path in (tmp_path / "store").iterdir()] == [".import.lock"]


BAD_LISTS = {
    "area,meter,phase\nT1,1,A": "m.csv：没有 role（角色）列，不知道哪只是总表。",
    "area,meter,role\nT1,1,boss": "m.csv 第 2 行：台区、表号、角色（总表或户表）都要写。",
    "area,meter,role\nT1,1,master\nT1,1,master": "m.csv 第 3 行：T1 的 1 写了两次。",
    "area,meter,role,mpe\nT1,1,master,-2": "m.csv 第 2 行：最大允许误差应为大于 0 的数，写的是“-2”。",
    "area,meter,role,倍率\nT1,1,master,x": "m.csv 第 2 行：倍率应为大于 0 的数，写的是“x”。",
    "area,meter,role\nT1,1": "m.csv 第 2 行：列数与第一行不同：2 列，应为 3 列。",
}


@pytest.mark.parametrize("content", BAD_LISTS)
def test_a_list_of_meters_that_is_wrong_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.csv").write_text(content + "\n", encoding="utf-8")
    with pytest.raises(BadImport) as caught:
        import_readings(
            [long_csv(tmp_path, GOOD, HEADING)], tmp_path / "store", Options(meters=tmp_path / "m.csv")
        )
    assert caught.value.text == BAD_LISTS[content]


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadImport, match="没有时区“Sichuan”"):
        _import(tmp_path, timezone="Sichuan")
