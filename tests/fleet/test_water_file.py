"""A table of one water district is read by the rules of readings; bad rows are named by line."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.fleet.readings_import.refusals import BadImport
from quanheng.fleet.water_file import WaterReading, read_district
from quanheng.kernels.fleet.water import DistrictScenario, simulate_district
from tests.fleet.water_tables import HEADER, intervals, registers, write

DISTRICT, _ = simulate_district(DistrictScenario(homes=4, shops=1, days=8, wrong=0))


def same(one, other) -> None:
    assert one.meter_ids == other.meter_ids
    assert (one.start, one.step_minutes) == (other.start, other.step_minutes)
    assert np.allclose(one.volume, other.volume, atol=1e-5, equal_nan=True)
    assert np.allclose(one.inflow, other.inflow, atol=1e-5, equal_nan=True)
    assert np.allclose(one.pressure, other.pressure, equal_nan=True)


def test_intervals_are_read_as_they_are(tmp_path):
    read, rejections = read_district(write(tmp_path, intervals(DISTRICT)))
    same(read, DISTRICT)
    assert rejections.total == 0


def test_registers_are_recognised_and_differenced(tmp_path):
    read, rejections = read_district(write(tmp_path, registers(DISTRICT)))
    same(read, DISTRICT)
    assert rejections.total == 0


def test_without_pressure_there_is_none(tmp_path):
    rows = [row[:3] + row[4:] for row in intervals(DISTRICT)]
    read, _ = read_district(write(tmp_path, rows, HEADER[:3] + HEADER[4:]))
    assert read.pressure is None


def test_limits_are_those_asked_for(tmp_path):
    reading = WaterReading(mpe_percent=5.0, inflow_mpe_percent=0.5)
    read, _ = read_district(write(tmp_path, intervals(DISTRICT)), reading)
    assert (read.mpe_percent == 5.0).all()
    assert read.inflow_mpe_percent == 0.5


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, "", "no_meter"),
        (1, "昨天", "bad_time"),
        (1, "2026-03-03 01:07", "off_grid"),
        (2, "很多", "not_a_number"),
        (2, "inf", "not_a_number"),
        (3, "高", "not_a_number"),
        (4, "水厂", "unknown_meter"),
    ],
)
def test_a_bad_row_is_named_by_line_and_the_others_are_taken(tmp_path, at, value, reason):
    rows = intervals(DISTRICT)
    rows[40][at] = value
    read, rejections = read_district(write(tmp_path, rows))
    (row,) = rejections.rows
    assert (row.line, row.reason) == (42, reason)
    missing = np.isnan(read.inflow).sum() + np.isnan(read.volume).sum()
    assert missing == 1


def test_a_second_district_meter_and_contradictions_are_rejected(tmp_path):
    rows = intervals(DISTRICT)
    rows.append([rows[-1][0], rows[-1][1], "9.5", "", "户表"])
    rows.append([rows[-2][0], rows[-2][1], "1", "", "考核表"])
    _, rejections = read_district(write(tmp_path, rows))
    assert set(rejections.counts) == {"contradiction"}


def test_rows_of_another_width_are_rejected(tmp_path):
    rows = intervals(DISTRICT)
    rows[3] = rows[3][:2]
    _, rejections = read_district(write(tmp_path, rows))
    assert [(row.line, row.reason) for row in rejections.rows] == [(5, "columns")]


@pytest.mark.parametrize(
    ("header", "rows", "code"),
    [
        (["meter", "timestamp"], [], "headings"),
        ([*HEADER, "示值"], [], "headings"),
        (HEADER, [["a", "2026-03-02 01:00", "1", "", "户表"]], "no_master"),
        (HEADER, [["a", "2026-03-02 01:00", "1", "", "考核表"]], "too_few_data"),
    ],
)
def test_a_table_that_is_no_district_is_refused(tmp_path, header, rows, code):
    with pytest.raises(BadImport) as refused:
        read_district(write(tmp_path, rows, header))
    assert refused.value.code == code


def test_no_file_and_no_table_are_refused(tmp_path):
    with pytest.raises(BadImport, match="没有文件"):
        read_district(tmp_path / "none.csv")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\x00\x00")
    with pytest.raises(BadImport) as refused:
        read_district(tmp_path / "picture.csv")
    assert refused.value.code == "unreadable"


def test_times_that_are_years_apart_are_refused(tmp_path):
    rows = intervals(DISTRICT)
    rows[-1][1] = "2099-01-01 00:00"
    with pytest.raises(BadImport, match="年"):
        read_district(write(tmp_path, rows))
