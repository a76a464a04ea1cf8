"""`quanheng fleet simulate`: areas in files, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from quanheng.cli.fleet_simulate import simulate_command
from quanheng.fleet.store import read_area

SMALL = ("--meters", "8", "--days", "2", "--wrong", "1")

app = typer.Typer()
app.command()(simulate_command)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_it_writes_areas_that_can_be_read_and_their_truth(tmp_path: Path):
    result = run("-o", tmp_path, "--areas", 2, *SMALL, "--fault", "clock_shift", "--step", 60)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("A001：8 台户表，2 天，线损 1.")
    for name in ("A001", "A002"):
        area = read_area(tmp_path / name).area
        truth = json.loads((tmp_path / name / "truth.json").read_text(encoding="utf-8"))
        assert (area.area_id, area.n, area.intervals, area.step_minutes) == (name, 8, 48, 60)
        assert set(truth["error_percent"]) == set(area.meter_ids)
        assert truth["stress"] == ["clock_shift"]
        assert np.isfinite(area.master_voltage).all()
    first, second = (read_area(tmp_path / name).area.energy for name in ("A001", "A002"))
    assert not np.array_equal(first, second, equal_nan=True)


def test_the_same_command_writes_the_same_bytes(tmp_path: Path):
    for folder in ("one", "two"):
        assert run("-o", tmp_path / folder, *SMALL, "--seed", 3).exit_code == 0
    one, two = (sorted((tmp_path / f / "A001").glob("*.*")) for f in ("one", "two"))
    assert [file.name for file in one] == ["curves.parquet", "meters.parquet", "truth.json"]
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


def test_voltages_can_be_left_out(tmp_path: Path):
    assert run("-o", tmp_path, *SMALL, "--no-voltage", "--start", "2026-02-01").exit_code == 0
    area = read_area(tmp_path / "A001").area
    assert np.isnan(area.voltage).all()
    assert area.start == np.datetime64("2026-02-01")


@pytest.mark.parametrize(("name", "scale"), [("kwh", 1), ("wh", 1000)])
def test_profiles_of_a_file_are_used(tmp_path: Path, name: str, scale: float):
    np.savez(tmp_path / "loads.npz", **{name: np.full((4, 96), 0.25 * scale)})
    result = run("-o", tmp_path / "out", *SMALL, "--profiles", tmp_path / "loads.npz")
    assert result.exit_code == 0, result.output
    area = read_area(tmp_path / "out" / "A001").area
    assert np.median(area.energy.sum(axis=1)) == pytest.approx(48, rel=0.02)


def test_files_that_are_there_are_not_overwritten(tmp_path: Path):
    assert run("-o", tmp_path, *SMALL).exit_code == 0
    again = run("-o", tmp_path, *SMALL)
    assert again.exit_code == 2
    assert "不覆盖" in again.stderr


def test_what_cannot_be_simulated_is_refused_in_chinese(tmp_path: Path):
    for arguments, text in (
        (("--fault", "theft"), "没有这种故障：theft"),
        (("--step", 20), "采集间隔只能是"),
        (("--loss", 14), "达不到 14 %"),
        (("--profiles", tmp_path / "none.npz"), "无法读取"),
    ):
        refused = run("-o", tmp_path / "out", *SMALL, *arguments)
        assert refused.exit_code == 2, arguments
        assert text in refused.stderr
        assert not (tmp_path / "out").exists()


def test_a_file_without_profiles_is_refused(tmp_path: Path):
    (tmp_path / "text.npz").write_text("负荷")
    np.savez(tmp_path / "other.npz", power=np.zeros((2, 96)))
    for name, text in (("text.npz", "不是"), ("other.npz", "没有数组 kwh 或 wh")):
        refused = run("-o", tmp_path / "out", *SMALL, "--profiles", tmp_path / name)
        assert refused.exit_code == 2
        assert text in refused.stderr
