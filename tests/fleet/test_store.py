"""What is written is read; what is legal but poor is read, and said."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.fleet import store_files
from quanheng.fleet.folders import area_folders
from quanheng.fleet.store import read_area, write_area
from quanheng.kernels.fleet.area import Phase
from tests.fleet.readings import DAY, METERS, area, day_after, is_same, rows, store

_PHASES = st.lists(st.sampled_from(list(Phase)), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(
    phases=_PHASES,
    days=st.integers(1, 35),
    step=st.sampled_from([15, 30, 60]),
    seed=st.integers(0, 2**32 - 1),
)
def test_an_area_comes_back_as_it_was_written(phases: list[Phase], days: int, step: int, seed: int) -> None:
    made = area(phases, days, step, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        write_area(Path(folder), made)
        read = read_area(Path(folder))

    assert is_same(read.area, made)
    assert read.findings == ()


def test_a_window_is_the_same_part_of_the_area_and_reads_only_its_months(tmp_path: Path) -> None:
    made = area([Phase.A, Phase.ABC, Phase.UNKNOWN], days=40)
    write_area(tmp_path, made)

    part = read_area(tmp_path, day_after(5), day_after(6)).area

    assert part.start == np.datetime64(day_after(5))
    assert np.array_equal(part.energy, made.energy[:, 5 * 24 : 7 * 24], equal_nan=True)
    assert np.array_equal(
        part.three_phase_voltage, made.three_phase_voltage[..., 5 * 24 : 7 * 24], equal_nan=True
    )
    assert (
        pq.ParquetFile(tmp_path / "curves.parquet").metadata.num_row_groups == 3
    )  # January, February, March


def test_a_window_that_is_not_of_whole_days_is_filled_up_with_nothing(tmp_path: Path) -> None:
    whole = area([Phase.B], days=2)
    late = type(whole)(
        **{name: getattr(whole, name) for name in ("area_id", "meter_ids", "phase", "mpe_percent")},
        master_mpe_percent=0.5,
        start=whole.start + np.timedelta64(3, "h"),
        step_minutes=60,
        master=whole.master[3:],
        **{
            name: getattr(whole, name)[..., 3:]
            for name in ("master_voltage", "energy", "voltage", "three_phase_voltage")
        },
    )
    write_area(tmp_path, late)

    read = read_area(tmp_path).area

    assert read.start == whole.start
    assert np.isnan(read.energy[:, :3]).all()
    assert np.array_equal(read.energy[:, 3:], whole.energy[:, 3:], equal_nan=True)
    with pytest.raises(ValueError, match="60 min"):
        write_area(tmp_path, type(whole)(**{**_fields(late), "start": whole.start + np.timedelta64(7, "m")}))


def _fields(made: object) -> dict[str, object]:
    return {name: getattr(made, name) for name in made.__slots__}  # type: ignore[attr-defined]


def test_rows_may_stand_in_any_order_in_any_row_groups(tmp_path: Path) -> None:
    expected = read_area(store(tmp_path / "sorted")).area
    table = rows()
    shuffled = table.take(pa.array(np.random.default_rng(3).permutation(table.num_rows)))
    folder = store(tmp_path / "shuffled", shuffled)
    pq.write_table(shuffled, folder / "curves.parquet", row_group_size=2)

    assert is_same(read_area(folder).area, expected)


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float64(), 96)]
)
def test_lists_of_other_types_and_ids_as_dictionaries_are_read(tmp_path: Path, kind: pa.DataType) -> None:
    expected = read_area(store(tmp_path / "own")).area
    table = rows()
    columns = {name: table[name].to_pylist() for name in table.column_names}
    columns["energy_kwh"][1][5] = None
    other = pa.table(
        {
            "meter_id": pa.array(columns["meter_id"]).dictionary_encode(),
            "day": pa.array(columns["day"]).cast(pa.timestamp("ms")),
            "energy_kwh": pa.array(columns["energy_kwh"], kind),
            "voltage_a_v": pa.array(columns["voltage_a_v"], kind),
        }
    )
    folder = store(tmp_path / "other")
    pq.write_table(other, folder / "curves.parquet")

    read = read_area(folder).area

    assert np.isnan(read.master[96 + 5])
    assert np.array_equal(read.energy, expected.energy)
    assert np.array_equal(read.voltage, expected.voltage)


def test_a_meter_has_the_voltage_of_its_phase_else_of_the_column_that_has_numbers(tmp_path: Path) -> None:
    table = rows(days=(0,))
    volts = [[[200.0] * 96] * 3, [None, None, [210.0] * 96], [None] * 3]
    for at, name in enumerate(("voltage_a_v", "voltage_b_v", "voltage_c_v")):
        column = pa.array(volts[at], table.schema.field(name).type)
        table = table.set_column(table.column_names.index(name), name, column)
    unknown = [{**METERS[1], "phase": None}, {**METERS[1], "meter_id": "T1-3", "phase": "C"}]
    folder = store(
        tmp_path / "a",
        pa.concat_tables([table, _renamed(table.slice(0, 1), "T1-3")]),
        [*METERS[::2], *unknown],
    )

    read = read_area(folder).area

    assert read.meter_ids == ("T1-1", "T1-2", "T1-3")
    assert read.voltage[:, 0].tolist() == [200, 210, 200]
    assert read.phase.tolist() == [Phase.UNKNOWN, Phase.B, Phase.C]


def _renamed(table: pa.Table, meter: str) -> pa.Table:
    at = table.column_names.index("meter_id")
    return table.set_column(at, table.schema.field(at), pa.array([meter] * table.num_rows))


def test_identical_rows_of_a_day_are_one_and_said(tmp_path: Path) -> None:
    table = rows()
    folder = store(tmp_path / "a", pa.concat_tables([table, table.slice(2, 2)]))

    read = read_area(folder)

    assert is_same(read.area, read_area(store(tmp_path / "b")).area)
    assert [(found.code, found.text) for found in read.findings] == [
        ("duplicate_days", "有 2 行与另一行完全相同，只用一行：T1-1。")
    ]
    assert read.findings[0].data == {"rows": {"T1-1": 2}}


def test_meters_that_only_one_of_the_files_knows_are_said(tmp_path: Path) -> None:
    folder = store(tmp_path, rows(("T1-0", "T1-1", "X")))

    read = read_area(folder)

    assert [(found.code, found.meter_id, found.text) for found in read.findings] == [
        ("bad_file", None, "meters.parquet 没有列出 1 只有读数的表，没有采用：X。"),
        ("missing_readings", "T1-2", "这段时间没有读数。"),
    ]
    assert np.isnan(read.area.energy[1]).all()


def test_infinite_values_are_missing_ones_and_said(tmp_path: Path) -> None:
    read = read_area(store(tmp_path, rows(("T1-0", "T1-1", "T1-2"), energy=float("inf"))))

    assert np.isnan(read.area.energy).all()
    assert [found.code for found in read.findings] == ["spikes"]


def test_a_folder_is_an_area_or_holds_areas(tmp_path: Path) -> None:
    for name in ("b", "a"):
        store(tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "rejected.csv").touch()

    assert area_folders(tmp_path) == [tmp_path / "a", tmp_path / "b"]
    assert area_folders(tmp_path / "a") == [tmp_path / "a"]
    assert area_folders(tmp_path / "empty") == []
    with pytest.raises(FileNotFoundError):
        area_folders(tmp_path / "absent")


@pytest.mark.parametrize("step", ["write_curves", "write_meters", "rename", "first move", "second move"])
def test_an_interrupted_write_leaves_the_old_area_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    old, new = area([Phase.A], days=2, seed=1), area([Phase.A, Phase.B], days=3, seed=2)
    write_area(tmp_path, old)
    with monkeypatch.context() as patched:
        _break(patched, step)
        with pytest.raises(KeyboardInterrupt):
            write_area(tmp_path, new)

    assert is_same(read_area(tmp_path).area, new if "move" in step else old)
    assert area_folders(tmp_path) == [tmp_path]
    write_area(tmp_path, new)
    assert is_same(read_area(tmp_path).area, new)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.parquet", "meters.parquet"]


def _break(patched: pytest.MonkeyPatch, step: str) -> None:
    """Stop as a kill would: nothing is cleaned up."""
    patched.setattr(store_files.shutil, "rmtree", lambda *_args, **_options: None)
    moves = iter([step == "first move", True])

    def stop(*_args: object) -> None:
        raise KeyboardInterrupt

    def replace(path: Path, target: Path) -> None:
        if next(moves):
            raise KeyboardInterrupt
        path.rename(target)

    match step:
        case "rename":
            patched.setattr(Path, "rename", stop)
        case "first move" | "second move":
            patched.setattr(Path, "replace", replace)
        case name:
            patched.setattr(f"quanheng.fleet.store.{name}", stop)


def test_the_reference_areas_are_read_with_every_reading(shared: Path) -> None:
    for folder in area_folders(shared / "fleet"):
        table = pq.read_table(folder / "curves.parquet", columns=["meter_id", "energy_kwh"])
        read = read_area(folder)
        total = np.nansum(
            table["energy_kwh"].combine_chunks().flatten().to_numpy(zero_copy_only=False), dtype=float
        )
        ours = np.nansum(read.area.energy, dtype=float) + np.nansum(read.area.master, dtype=float)
        assert ours == pytest.approx(total, rel=1e-9), folder.name
        assert read.area.start.astype("datetime64[D]").astype(object) <= DAY
        assert read.findings == ()
