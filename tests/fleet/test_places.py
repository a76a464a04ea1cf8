"""A store that is not a folder of this machine: the same answers, one listing, and refusals that name the place."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from quanheng.fleet import places
from quanheng.fleet.folders import area_folders
from quanheng.fleet.places import Place, listed, place_of
from quanheng.fleet.results_file import read_results
from quanheng.fleet.run_errors import CannotRun
from quanheng.fleet.runs import run
from tests.fleet.runs_world import simulated, written


@pytest.fixture
def areas(tmp_path: Path) -> Path:
    """Sound areas, one whose commit was interrupted, one without curves, one truncated, and things that are none."""
    store = tmp_path / "一个 store"
    for at, name in enumerate(("A", "B", "C", "D", ".hidden")):
        simulated(store / name, name, at)
    (store / "B" / ".pending").mkdir()
    simulated(tmp_path / "newer", "B", 9)
    for name in ("curves.parquet", "meters.parquet"):
        (tmp_path / "newer" / name).rename(store / "B" / ".pending" / name)
    (store / "C" / "curves.parquet").unlink()
    (store / "D" / "curves.parquet").write_bytes(b"PAR1")
    (store / "empty").mkdir()
    (store / "file").touch()
    return store


def _local(store: Path) -> bytes:
    out = store.with_name("local.parquet")
    run(store, out)
    return b"".join(written(out))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_store_named_by_a_uri_has_the_same_results_to_the_byte(areas, tmp_path, jobs):
    place = place_of(areas.as_uri() + "/")
    progress = run(place, tmp_path / "out.parquet", jobs=jobs)
    assert (progress.done, progress.unusable) == (4, 2)
    assert b"".join(written(tmp_path / "out.parquet")) == _local(areas)


def test_a_file_system_of_its_own_has_them_too_and_travels_to_a_worker(areas, tmp_path):
    system = SubTreeFileSystem(str(areas.parent), LocalFileSystem())
    place = pickle.loads(pickle.dumps(listed(system, areas.name, "there")))
    run(place, tmp_path / "out.parquet")
    assert b"".join(written(tmp_path / "out.parquet")) == _local(areas)
    run(listed(system, f"{areas.name}/A", "there"), tmp_path / "one.parquet")
    assert [found.area_id for found in read_results(tmp_path / "one.parquet")] == ["A"]


def test_a_run_begun_here_is_resumed_there_by_what_it_kept(areas, tmp_path):
    def stop(progress):
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(areas, tmp_path / "out.parquet", tell=stop)
    assert run(place_of(areas.as_uri()), tmp_path / "out.parquet").resumed == 2


def test_what_vanishes_after_the_listing_is_said_of_its_area_alone(areas, tmp_path):
    place = place_of(areas.as_uri())
    shutil.rmtree(areas / "A")
    assert run(place, tmp_path / "out.parquet").unusable == 3
    found = {each.area_id: each for each in read_results(tmp_path / "out.parquet")}
    assert found["A"].findings[0].code == "bad_file"
    assert found["B"].status != "unusable"


def test_one_listing_serves_a_whole_store(areas):
    place = place_of(areas.as_uri())
    assert isinstance(place, Place)
    shutil.rmtree(areas)
    assert [folder.name for folder in area_folders(place)] == ["A", "B", "C", "D"]
    assert sorted(each.name for each in place.iterdir()) == [".hidden", "A", "B", "C", "D"]
    with pytest.raises(FileNotFoundError):
        (place / "nowhere").stat()


def test_places_that_cannot_be_are_refused_without_their_secrets(areas, tmp_path, monkeypatch):
    with pytest.raises(CannotRun, match="无法打开 foo://…@here/x：") as refused:
        place_of("foo://name:secret@here/x")
    assert (refused.value.code, "secret" in refused.value.text) == ("place", False)
    with pytest.raises(FileNotFoundError):
        place_of((tmp_path / "absent").as_uri())
    with pytest.raises(NotADirectoryError):
        place_of((areas / "file").as_uri())
    with pytest.raises(CannotRun, match="发起的机器上"):
        run(areas, Path("s3://bucket/out.parquet"))

    def down(*_asked):
        raise OSError("When resolving region for bucket: no answer\nmore")

    monkeypatch.setattr(places, "listed", down)
    with pytest.raises(CannotRun, match="no answer$"):
        place_of(areas.as_uri())
