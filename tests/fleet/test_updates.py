"""A month added to the memory of an area: as if all months had been read at once, and without opening them."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from quanheng.fleet import updates
from quanheng.fleet.results_file import read_results
from quanheng.fleet.runs import run
from quanheng.fleet.states import state_path
from quanheng.fleet.store import read_area, write_area
from quanheng.fleet.store_format import write_curves
from quanheng.fleet.updates import update
from quanheng.kernels.fleet.results import JUDGED, UNUSABLE
from tests.fleet.runs_world import killed, simulated, written

JANUARY, FEBRUARY, MARCH = (date(2026, month, 1) for month in (1, 2, 3))
NUMBERS = ("error_percent", "standard_uncertainty_percent", "probability_out_of_tolerance", "energy_share")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three areas of January and February."""
    folder = tmp_path_factory.mktemp("made")
    for at in range(3):
        simulated(folder / f"A{at}", f"A{at}", at + 1, meters=20, days=59, start=JANUARY, wrong=1)
    return folder


@pytest.fixture
def areas(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "in"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.parquet"


def _found(out: Path, area_id: str = "A0"):
    return next(found for found in read_results(out) if found.area_id == area_id)


def test_two_months_one_after_the_other_are_the_estimate_over_both(areas, out, tmp_path):
    run(areas, tmp_path / "both.parquet")
    update(areas, JANUARY, out)
    update(areas, FEBRUARY, out)
    for one, other in zip(read_results(out), read_results(tmp_path / "both.parquet"), strict=True):
        assert one.status == other.status == JUDGED
        assert one.meter_status == other.meter_status
        assert one.loss_kwh == pytest.approx(other.loss_kwh, rel=1e-9)
        for name in NUMBERS:
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12)


def test_readings_of_other_months_are_not_opened(areas, out):
    update(areas, JANUARY, out)
    columns = pq.ParquetFile(areas / "A0" / "curves.parquet").metadata.row_group(0)
    energy = next(c for c in map(columns.column, range(columns.num_columns)) if "energy" in c.path_in_schema)
    whole = (areas / "A0" / "curves.parquet").read_bytes()
    middle = energy.data_page_offset + energy.total_compressed_size // 3
    damaged = whole[:middle] + bytes(64) + whole[middle + 64 :]
    (areas / "A0" / "curves.parquet").write_bytes(damaged)
    update(areas, FEBRUARY, out)
    spared = written(out)
    (areas / "A0" / "curves.parquet").write_bytes(whole)
    update(areas, FEBRUARY, out)
    assert written(out) == spared
    (areas / "A0" / "curves.parquet").write_bytes(damaged)
    update(areas, JANUARY, out)
    assert _found(out).findings[0].code == "bad_file"


def test_an_update_that_is_killed_ends_with_the_same_bytes(areas, out, tmp_path):
    shutil.copytree(areas, tmp_path / "other")
    for month in (JANUARY, FEBRUARY):
        update(tmp_path / "other", month, tmp_path / "expected.parquet")
    update(areas, JANUARY, out)
    moment, journal = random.Random(1), out.with_name("out.parquet.journal")
    for jobs in (1, 2):
        killed(journal, moment, partial(update, areas, FEBRUARY, out, jobs=jobs))
        if not journal.exists():
            break
    update(areas, FEBRUARY, out, jobs=2)
    assert written(out) == written(tmp_path / "expected.parquet")
    for name in ("A0", "A1", "A2"):
        for month in (JANUARY, FEBRUARY):
            made_again = state_path(areas / name, month).read_bytes()
            assert made_again == state_path(tmp_path / "other" / name, month).read_bytes()
    update(areas, FEBRUARY, out)
    assert written(out) == written(tmp_path / "expected.parquet")


def test_months_may_come_in_any_order(areas, out, tmp_path):
    update(areas, FEBRUARY, out)
    update(areas, JANUARY, out)
    run(areas, tmp_path / "january.parquet", until=date(2026, 1, 31))
    january = _found(tmp_path / "january.parquet")
    np.testing.assert_allclose(_found(out).error_percent, january.error_percent, atol=1e-9)
    update(areas, FEBRUARY, out)
    late = written(out)
    shutil.rmtree(areas / "A0" / "state")
    update(areas, JANUARY, out)
    update(areas, FEBRUARY, out)
    assert written(out) == late


@pytest.mark.parametrize("spoil", [lambda b: b"", lambda b: b"x" * 50, lambda b: b[: len(b) // 2]])
def test_a_damaged_state_is_named_and_the_others_are_estimated(areas, out, spoil):
    update(areas, JANUARY, out)
    path = state_path(areas / "A1", JANUARY)
    path.write_bytes(spoil(path.read_bytes()))
    assert update(areas, FEBRUARY, out).unusable == 1
    found = _found(out, "A1")
    assert (found.status, found.findings[0].code) == (UNUSABLE, "bad_file")
    assert "state/2026-01.npz 已损坏" in found.findings[0].text
    update(areas, JANUARY, out)
    assert update(areas, FEBRUARY, out).unusable == 0


def test_a_state_with_any_byte_changed_is_read_or_refused(areas, out):
    update(areas / "A0", JANUARY, out)
    path = state_path(areas / "A0", JANUARY)
    whole, moment = path.read_bytes(), random.Random(3)
    for _ in range(40):
        changed = bytearray(whole)
        changed[moment.choice([moment.randrange(len(whole)), -moment.randrange(1, 900)])] ^= (
            1 << moment.randrange(8)
        )
        path.write_bytes(changed)
        found = updates.update_folder(areas / "A0", FEBRUARY)
        assert found.status == JUDGED or "state/2026-01.npz" in found.findings[0].text


def test_a_state_that_changed_after_a_kill_is_taken_anew(areas, out, monkeypatch):
    real = updates.update_folder
    update(areas, JANUARY, out)

    def stop(folder, month):
        if folder.name == "A1":
            raise KeyboardInterrupt
        return real(folder, month)

    monkeypatch.setattr(updates, "update_folder", stop)
    with pytest.raises(KeyboardInterrupt):
        update(areas, FEBRUARY, out)
    monkeypatch.undo()
    simulated(areas / "A0", "A0", 77, meters=20, days=59, start=JANUARY)
    update(areas / "A0", JANUARY, out.with_name("other.parquet"))
    simulated(areas / "A0", "A0", 77, meters=20, days=59, start=JANUARY)
    assert update(areas, FEBRUARY, out).resumed == 0


def test_a_month_without_readings_leaves_the_months_before(areas, out):
    assert update(areas, MARCH, out).unusable == 3
    assert _found(out).findings[0].code == "too_few_data"
    update(areas, FEBRUARY, out)
    before = _found(out)
    assert update(areas, MARCH, out).unusable == 0
    assert _found(out).findings[-1].text == "2026-03：这段时间没有读数。按以前各月估计。"
    np.testing.assert_array_equal(_found(out).error_percent, before.error_percent)


def test_a_meter_that_came_in_the_second_month_begins_there(areas, out, tmp_path):
    area = read_area(areas / "A0").area
    kept = replace(
        area,
        **{
            name: getattr(area, name)[:-1]
            for name in ("meter_ids", "phase", "mpe_percent", "energy", "voltage")
        },
        three_phase_voltage=area.three_phase_voltage[: int((area.phase[:-1] == 3).sum())],
    )
    write_area(areas / "A0", kept)
    update(areas / "A0", JANUARY, out)
    write_area(areas / "A0", area)
    update(areas / "A0", FEBRUARY, out)
    found = _found(out)
    assert area.meter_ids[-1] in found.meter_ids
    assert any(f.data.get("months") == 1 for f in found.findings)


def test_what_was_noticed_while_reading_is_told(areas, out):
    table = pq.read_table(areas / "A0" / "curves.parquet")
    write_curves(areas / "A0" / "curves.parquet", [table, table.slice(0, 1)])
    update(areas / "A0", JANUARY, out)
    assert "duplicate_days" in {f.code for f in _found(out).findings}
    update(areas / "A0", FEBRUARY, out)
    assert "duplicate_days" in {f.code for f in _found(out).findings}
