"""Results of a run in their two files."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanheng import __version__
from quanheng.fleet import results_file
from quanheng.fleet.results_file import (
    BadResults,
    about,
    areas_path,
    read_area_result,
    read_results,
    write_results,
)
from quanheng.kernels.fleet.results import CONFORMING, AreaEstimate, FleetFinding
from tests.fleet.making import METERS, NAN, estimate, unusable, withheld


def same(first: AreaEstimate, second: AreaEstimate) -> bool:
    """Whether two estimates say the same; NaN equals NaN."""
    return all(
        np.array_equal(a, b, equal_nan=True)
        if isinstance(a, np.ndarray)
        else a == b or (isinstance(a, float) and np.isnan(a) and np.isnan(b))
        for a, b in (
            (getattr(first, name), getattr(second, name)) for name in AreaEstimate.__dataclass_fields__
        )
    )


@pytest.fixture
def out(tmp_path):
    path = tmp_path / "OUT.parquet"
    write_results(path, [estimate(), withheld(), unusable()])
    return path


def test_what_is_written_is_read(out):
    found = list(read_results(out))
    assert all(map(same, found, [estimate(), withheld(), unusable()]))
    assert same(read_area_result(out, "A2"), withheld())
    assert read_area_result(out, "A3").meter_ids == ()
    assert read_area_result(out, "A0") is None


def test_columns_are_those_of_the_contract_and_nan_is_null(out):
    rows = pq.read_table(out).to_pylist()
    assert list(rows[0]) == [
        "area_id",
        "meter_id",
        "status",
        "error_percent",
        "standard_uncertainty_percent",
        "probability_out_of_tolerance",
        "energy_share",
        "reason",
        "mpe_percent",
    ]
    assert rows[3]["error_percent"] is None
    assert pq.read_table(areas_path(out)).column_names == [
        "area_id",
        "status",
        "findings",
        "loss_kwh",
        "loss_percent",
        "residual_sd_kwh",
    ]


def test_equal_estimates_give_equal_bytes_and_rows_stand_in_order(tmp_path, monkeypatch):
    backwards = estimate(meters=METERS[::-1])
    write_results(tmp_path / "a.parquet", [estimate(), withheld()])
    write_results(tmp_path / "b.parquet", [backwards, withheld()])
    for name in ("{}.parquet", "{}.areas.parquet"):
        first, second = ((tmp_path / name.format(each)).read_bytes() for each in "ab")
        assert first == second
    monkeypatch.setattr(results_file, "_GROUP_ROWS", 3)
    write_results(tmp_path / "c.parquet", [estimate(), withheld()])
    assert pq.ParquetFile(tmp_path / "c.parquet").num_row_groups > 1
    assert all(map(same, read_results(tmp_path / "c.parquet"), [estimate(), withheld()]))
    assert same(read_area_result(tmp_path / "c.parquet", "A2"), withheld())


def test_a_run_that_fails_leaves_the_files_of_the_last(out):
    def broken():
        yield estimate("B1")
        raise KeyboardInterrupt

    before = out.read_bytes(), areas_path(out).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        write_results(out, broken())
    assert (out.read_bytes(), areas_path(out).read_bytes()) == before
    assert len(list(out.parent.iterdir())) == 2
    with pytest.raises(ValueError, match="out of order"):
        write_results(out, [withheld(), estimate()])


def test_the_file_says_which_readings_and_which_version(tmp_path, out):
    path = tmp_path / "month.parquet"
    write_results(path, [], since=date(2026, 3, 1), until=date(2026, 3, 31))
    assert about(path) == results_file.About(__version__, date(2026, 3, 1), date(2026, 3, 31))
    assert about(out).since is None
    assert list(read_results(path)) == []


def test_data_of_a_finding_become_plain_json(tmp_path):
    data = {"kwh": np.float32(1.5), "n": np.int64(3), "no": NAN, "list": np.array([1.0, NAN]), "on": date.min}
    write_results(tmp_path / "x.parquet", [estimate(findings=[FleetFinding("spikes", "尖峰。", None, data)])])
    (found,) = read_results(tmp_path / "x.parquet")
    assert found.findings[0].data == {
        "kwh": 1.5,
        "n": 3,
        "no": None,
        "list": [1.0, None],
        "on": "0001-01-01",
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "guilty"}, "状态"),
        ({"probability_out_of_tolerance": 1.5}, "概率"),
        ({"standard_uncertainty_percent": -1.0}, "小于零"),
        ({"error_percent": float("inf")}, "数值"),
        ({"meter_id": "A1-m02"}, "重复"),
        ({"meter_id": None}, "没有台区编号"),
        ({"area_id": "A9"}, "应有位置"),
        ({"area_id": "A0"}, "应有位置"),
    ],
)
def test_a_row_that_cannot_be_is_refused(out, change, said):
    rows = pq.read_table(out).to_pylist()
    rows[2] |= change
    pq.write_table(pa.Table.from_pylist(rows, results_file.METERS), out)
    with pytest.raises(BadResults, match=said):
        list(read_results(out))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "fine"}, "状态"),
        ({"findings": "[1]"}, "发现"),
        ({"findings": None}, "发现"),
        ({"findings": "[" * 100_000}, "发现"),
        ({"loss_kwh": float("inf")}, "数值"),
        ({"area_id": "A1"}, "重复"),
        ({"area_id": ""}, "没有台区编号"),
    ],
)
def test_an_area_that_cannot_be_is_refused(out, change, said):
    rows = pq.read_table(areas_path(out)).to_pylist()
    rows[1] |= change
    pq.write_table(pa.Table.from_pylist(rows, results_file.AREAS), areas_path(out))
    with pytest.raises(BadResults, match=said):
        list(read_results(out))


def test_a_broken_file_is_refused(out, tmp_path):
    whole = out.read_bytes()
    for content in (b"", b"PAR1", whole[:-20], whole[: len(whole) // 2], b"area_id,meter_id\n"):
        out.write_bytes(content)
        with pytest.raises(BadResults):
            list(read_results(out))
    pq.write_table(pa.table({"area_id": ["A1"]}), out)
    with pytest.raises(BadResults, match="缺少列"):
        list(read_results(out))
    with pytest.raises(FileNotFoundError):
        list(read_results(tmp_path / "none.parquet"))


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
NUMBER = st.floats(-1e6, 1e6) | st.just(NAN)
METER = st.tuples(TEXT, st.just(CONFORMING), NUMBER, st.just(0.5), st.floats(0, 1), NUMBER, TEXT)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        TEXT, st.lists(METER, max_size=4, unique_by=lambda meter: meter[0]).map(sorted), max_size=4
    )
)
def test_reading_is_the_inverse_of_writing(tmp_path, areas):
    given_areas = [estimate(name, areas[name]) for name in sorted(areas)]
    write_results(tmp_path / "any.parquet", given_areas)
    found = list(read_results(tmp_path / "any.parquet"))
    assert len(found) == len(given_areas)
    assert all(map(same, found, given_areas))


def test_a_file_of_before_the_mpe_was_written_is_still_read_and_one_that_cannot_be_is_refused(out):
    table = pq.read_table(out)
    pq.write_table(table.drop_columns(["mpe_percent"]), out)
    assert np.isnan(next(read_results(out)).mpe_percent).all()
    pq.write_table(table.set_column(8, "mpe_percent", pa.array([0.0] * table.num_rows)), out)
    with pytest.raises(BadResults, match="最大允许误差"):
        list(read_results(out))
