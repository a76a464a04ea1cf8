"""Files of readings become areas: registers or energies, in any zone, in parts, again."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from quanheng.cli.fleet_import import import_command
from quanheng.fleet import store_files
from quanheng.fleet.readings_import import BadImport, Options, Summary, import_readings
from quanheng.fleet.readings_import import importing as importing_module
from quanheng.fleet.readings_import.area_import import Reading
from quanheng.fleet.store import read_area
from quanheng.kernels.fleet.area import Area, Phase
from tests.fleet.readings import is_same, long_csv, quarter_hours

STEPS = 8


def _readings(values: list[float], meter: str, role: str, times: list[str] | None = None) -> list[str]:
    times = times or quarter_hours(len(values))
    return [f"T1,{meter},{time},{value:.2f},{role}" for time, value in zip(times, values, strict=True)]


def _both(
    consumer: list[float], master: list[float] | None = None, times: list[str] | None = None
) -> list[str]:
    master = master or [value + 1 for value in consumer]
    return _readings(master, "T1-0", "master", times) + _readings(consumer, "T1-1", "consumer", times)


def _import(folder: Path, *files: Path, **reading: object) -> tuple[Summary, Area]:
    summary = import_readings(files, folder / "store", Options(Reading(**reading)))  # type: ignore[arg-type]
    return summary, read_area(folder / "store" / "T1").area


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=STEPS, max_size=40), st.integers(0, 99_000_00))
def test_registers_give_the_same_area_as_the_energies_between_them(
    tmp_path_factory: pytest.TempPathFactory, energies: list[int], first: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("import")
    registers = (first + np.cumsum([0, *energies])) / 100
    times = quarter_hours(len(registers), "2026-01-30T00:00")
    one = long_csv(tmp_path, _both(list(registers), list(registers + 7), times), name="registers.csv")
    quantities = [value / 100 for value in energies]
    two = long_csv(tmp_path, _both(quantities, quantities, times[1:]), name="energies.csv")

    _summary, by_register = _import(tmp_path / "a", one, kind="registers")
    _summary, by_energy = _import(tmp_path / "b", two, kind="intervals")

    assert is_same(by_register, by_energy)
    assert by_energy.energy[0, : len(energies)].tolist() == pytest.approx(quantities)


def test_a_time_is_where_an_energy_ends_unless_told_that_it_begins(tmp_path: Path) -> None:
    file = long_csv(tmp_path, _both([1, 2, 3, 4], times=quarter_hours(4)))

    assert _import(tmp_path / "a", file)[1].energy[0, :5].tolist()[:4] == [1, 2, 3, 4]
    assert _import(tmp_path / "b", file, at_start=True)[1].energy[0, 1:5].tolist() == [1, 2, 3, 4]


def test_registers_are_recognised_and_said(tmp_path: Path) -> None:
    grows = list(np.cumsum([5, 1, 2, 0.5, 1, 1, 3]))
    varies = [5, 1, 2, 0.5, 1, 1, 3]

    assert _import(tmp_path / "a", long_csv(tmp_path, _both(grows)))[0].areas[0].kind == "registers"
    assert _import(tmp_path / "b", long_csv(tmp_path, _both(varies)))[0].areas[0].kind == "intervals"
    chinese = "台区,电表,时间,示值(kWh),角色"
    assert _import(tmp_path / "c", long_csv(tmp_path, _both([5, 6]), chinese))[0].areas[0].kind == "registers"


@pytest.mark.parametrize(("apart", "intervals"), [(15, 96), (30, 48), (60, 24)])
def test_the_step_is_recognised(tmp_path: Path, apart: int, intervals: int) -> None:
    times = [str(np.datetime64("2026-01-30T00:00") + apart * at) for at in range(1, 7)]

    summary, area = _import(tmp_path, long_csv(tmp_path, _both([3, 1, 2, 3, 1, 2], times=times)))

    assert summary.areas[0].step_minutes == area.step_minutes == apart
    assert area.intervals == intervals


def test_times_with_an_offset_are_converted_and_others_are_local(tmp_path: Path) -> None:
    local = quarter_hours(4, "2026-01-30T08:15")
    utc = [time.replace(" ", "T") + "Z" for time in quarter_hours(4)]
    named = ["2026/1/30 8:15", "2026年1月30日 8:30", "20260130084500", "2026-01-30T09:00:00+08:00"]

    areas = [
        _import(tmp_path / str(at), long_csv(tmp_path, _both([1, 4, 2, 3], times=times)))[1]
        for at, times in enumerate((local, utc, named))
    ]

    assert is_same(areas[0], areas[1])
    assert is_same(areas[0], areas[2])
    assert areas[0].energy[0, 32:36].tolist() == [1, 4, 2, 3]


def test_a_day_may_end_at_24_00(tmp_path: Path) -> None:
    times = ["2026-01-30 23:30", "2026-01-30 23:45", "2026-01-30 24:00"]

    _summary, area = _import(tmp_path, long_csv(tmp_path, _both([1, 3, 2], times=times)))

    assert area.intervals == 96
    assert area.energy[0, -3:].tolist() == [1, 3, 2]


def test_summer_time_leaves_no_gap_and_no_second_hour_where_offsets_are_written(tmp_path: Path) -> None:
    utc = [time.replace(" ", "T") + "Z" for time in quarter_hours(16, "2025-10-25T23:00")]
    file = long_csv(tmp_path, _both([*range(3, 19)], times=utc))

    summary = import_readings([file], tmp_path / "store", Options(Reading("intervals"), "Europe/Berlin"))
    area = read_area(tmp_path / "store" / "T1").area

    assert summary.rejections.total == 0
    assert np.isfinite(area.energy).sum() == 16


def test_a_register_that_turns_over_goes_on_and_one_that_begins_anew_leaves_a_gap(tmp_path: Path) -> None:
    turned = [99998.5, 99999.2, 99999.9, 0.6, 1.3, 2.0]
    began = [5120.0, 5120.5, 5121.0, 0.0, 0.4, 0.9]
    lines = _readings(turned, "T1-0", "master") + _readings(began, "T1-1", "consumer")

    summary, area = _import(tmp_path, long_csv(tmp_path, lines), kind="registers")

    assert area.master[1:6].tolist() == pytest.approx([0.7] * 5, rel=1e-6)
    assert np.isnan(area.energy[0, 3])
    assert area.energy[0, [1, 2, 4, 5]].tolist() == pytest.approx([0.5, 0.5, 0.4, 0.5])
    falls = [(meter, fall.moment, fall.is_rollover) for meter, fall in summary.areas[0].falls]
    assert falls == [("T1-0", "2026-01-30 01:00:00", True), ("T1-1", "2026-01-30 01:00:00", False)]


def test_a_gap_between_registers_is_not_shared_out(tmp_path: Path) -> None:
    times = [time for at, time in enumerate(quarter_hours(8)) if at not in {3, 4}]

    summary, area = _import(
        tmp_path, long_csv(tmp_path, _both([1, 2, 3, 6, 7, 8], times=times)), kind="registers"
    )

    assert np.isnan(area.energy[0, 3:6]).all()
    assert area.energy[0, [1, 2, 6, 7]].tolist() == [1, 1, 1, 1]
    assert summary.areas[0].missing_values == 6


def test_voltages_go_to_their_phase_and_unsorted_rows_to_their_time(tmp_path: Path) -> None:
    heading = "area,meter,timestamp,kwh,role,phase,volts,voltage_b_v"
    times = quarter_hours(3)
    lines = [f"T1,T1-0,{time},{5 + at},master,ABC,231,229" for at, time in enumerate(times)]
    lines += [f"T1,T1-1,{time},{at},用户,C相,{220 + at}," for at, time in enumerate(times)]

    _summary, area = _import(tmp_path, long_csv(tmp_path, reversed(lines), heading), kind="intervals")

    assert area.phase.tolist() == [Phase.C]
    assert area.voltage[0, :3].tolist() == [220, 221, 222]
    assert area.master_voltage[:2, 0].tolist() == [231, 229]


def test_chinese_headings_gbk_gzip_and_parquet_say_the_same(tmp_path: Path) -> None:
    lines = [line.replace("master", "总表").replace("consumer", "户表") for line in _both([4, 1, 2, 3])]
    chinese = long_csv(tmp_path, lines, "台区,电表,时间,电量,角色")
    expected = _import(tmp_path / "utf8", chinese)[1]
    gbk = tmp_path / "gbk.csv"
    gbk.write_bytes(chinese.read_text(encoding="utf-8").encode("gbk"))
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(chinese.read_bytes()))
    columns = list(zip(*(line.split(",") for line in lines), strict=True))
    stamps = pa.array(np.array([time.replace(" ", "T") for time in columns[2]], dtype="datetime64[ns]"))
    table = pa.table(
        {
            "area": pa.array(columns[0]).dictionary_encode(),
            "meter": columns[1],
            "time": stamps,
            "energy": np.array(columns[3], dtype=np.float32),
            "role": columns[4],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")

    for name in ("gbk.csv", "packed.csv.gz", "t.parquet"):
        assert is_same(_import(tmp_path / name.replace(".", "-"), tmp_path / name)[1], expected), name


def test_a_list_of_meters_gives_roles_phases_limits_and_ratios(tmp_path: Path) -> None:
    meters = long_csv(
        tmp_path,
        ["T1,T1-0,总表,三相,0.5,40", "T1,T1-1,户表,B,1,", "T1,T1-2,户表,,,"],
        "台区,表号,角色,相别,最大允许误差(%),倍率",
        "meters.csv",
    )
    file = long_csv(
        tmp_path,
        [line.removeprefix("T1,").rsplit(",", 1)[0] for line in _both([1, 4, 2])],
        "meter,timestamp,kwh",
    )

    import_readings([file], tmp_path / "store", Options(meters=meters))
    read = read_area(tmp_path / "store" / "T1")

    assert read.area.meter_ids == ("T1-1", "T1-2")
    assert read.area.mpe_percent.tolist() == [1, 2]
    assert read.area.phase.tolist() == [Phase.B, Phase.UNKNOWN]
    assert read.area.master[:3].tolist() == [80, 200, 120]
    assert [(found.code, found.meter_id) for found in read.findings] == [("missing_readings", "T1-2")]


def test_parts_in_any_order_give_the_area_of_the_whole(tmp_path: Path) -> None:
    times = quarter_hours(96 * 4)
    values = list(np.random.default_rng(5).integers(0, 90, len(times)) / 10)
    lines = _both(values, times=times)
    whole = _import(tmp_path / "whole", long_csv(tmp_path, lines), kind="intervals")[1]
    cut = [long_csv(tmp_path, lines[at::3], name=f"{at}.csv") for at in range(3)]

    for file in reversed(cut):
        import_readings([file], tmp_path / "parts" / "store", Options(Reading("intervals", 15)))
    again = _import(tmp_path / "parts", cut[1], kind="intervals", step_minutes=15)

    assert is_same(again[1], whole)
    assert again[0].areas[0].status == "unchanged"


def test_a_stored_day_changes_only_when_told(tmp_path: Path) -> None:
    _import(tmp_path, long_csv(tmp_path, _both([1, 2, 3, 1])))
    other = long_csv(tmp_path, _both([1, 2, 9, 1], [2, 3, 4, 2]), name="other.csv")

    kept, old = _import(tmp_path, other)
    replaced, new = _import(tmp_path, other, replace=True)

    assert (kept.areas[0].status, old.energy[0, 2]) == ("unchanged", 3)
    assert [(row.file, row.line, row.text) for row in kept.rejections.rows] == [
        ("other.csv", 6, "已存的这一天数不相同，没有改动；要改用 --replace：T1-1（2026-01-30）。")
    ]
    assert kept.rejections.total == 4
    assert (replaced.areas[0].status, new.energy[0, 2], replaced.rejections.total) == ("stored", 9, 0)


def test_many_areas_in_many_parts_are_each_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_module, "parts_for", lambda _bytes: 3)
    lines = [line.replace("T1", f"区{at}/x") for at in range(7) for line in _both([at, 1, at, 2])]

    summary = import_readings(
        [long_csv(tmp_path, lines[::-1])], tmp_path / "s", Options(Reading("intervals"))
    )

    assert [outcome.folder for outcome in summary.areas] == [f"区{at}%2Fx" for at in range(7)]
    assert read_area(tmp_path / "s" / "区5%2Fx").area.energy[0, :4].tolist() == [5, 1, 5, 2]
    assert sorted(path.name for path in (tmp_path / "s").iterdir() if path.name.startswith(".")) == [
        ".import.lock"
    ]


def test_a_killed_import_leaves_every_area_old_or_new_and_the_next_one_clears_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = long_csv(tmp_path, [line.replace("T1", at) for at in "PQ" for line in _both([1, 2, 1])])
    import_readings([first], tmp_path / "s", Options(Reading("intervals")))
    old = {at: read_area(tmp_path / "s" / at).area for at in "PQ"}
    second = long_csv(
        tmp_path,
        [
            line.replace("T1", at)
            for at in "PQ"
            for line in _both([5, 6, 5], times=quarter_hours(3, "2026-02-03T00:15"))
        ],
    )
    commits = []

    def dies_after_the_first(folder: Path) -> None:
        commits.append(folder)
        if len(commits) == 2:
            raise KeyboardInterrupt
        settle(folder)

    settle = store_files.settle
    with monkeypatch.context() as patched:
        patched.setattr(store_files, "settle", dies_after_the_first)
        patched.setattr(shutil, "rmtree", lambda *_args, **_options: None)
        with pytest.raises(KeyboardInterrupt):
            import_readings([second], tmp_path / "s", Options(Reading("intervals")))

    assert read_area(tmp_path / "s" / "P").area.intervals == 5 * 96
    assert is_same(read_area(tmp_path / "s" / "Q").area, old["Q"])
    done = import_readings([second], tmp_path / "s", Options(Reading("intervals")))
    assert [outcome.status for outcome in done.areas] == ["unchanged", "stored"]
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [".import.lock", "P", "Q"]
    assert sorted(path.name for path in (tmp_path / "s" / "P").iterdir()) == [
        "curves.parquet",
        "meters.parquet",
    ]


def test_the_command_says_what_it_did_and_exits_by_it(tmp_path: Path) -> None:
    good = long_csv(tmp_path, _both([1, 4, 2]), name="good.csv")
    bad = long_csv(tmp_path, ["T1,T1-1,2026-01-30 02:00,many,consumer"], name="bad.csv")

    fine, store = _command(good, tmp_path / "s"), tmp_path / "s"
    poor = _command(bad, store, "--json")
    refused = _command(tmp_path / "absent.csv", store, "--json")

    assert fine.exit_code == 0
    assert "T1　已存入　2 只表，15 分钟，按区间电量，6 个电量，缺 0 个，重复 0 行" in fine.stdout
    assert poor.exit_code == 1
    assert json.loads(poor.stdout)["rejected"]["reasons"] == {"not_a_number": 1}
    assert (store / "rejected.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "file,line,column,reason,text",
        "bad.csv,2,kwh,not_a_number,不是数：many。",
    ]
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["error"]["code"] == "not_found"


def _command(file: Path, store: Path, *more: str):
    import typer

    app = typer.Typer()
    app.command()(import_command)
    return CliRunner().invoke(app, [str(file), "-o", str(store), *more])


def test_an_area_is_no_store(tmp_path: Path) -> None:
    file = long_csv(tmp_path, _both([1, 4, 2]))
    _import(tmp_path, file)
    with pytest.raises(BadImport, match="本身是一个台区"):
        import_readings([file], tmp_path / "store" / "T1")
