"""An import can be killed anywhere, run twice, run again: the registry is the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import serializers
from django.db import DatabaseError

from quanheng.base.locks import lock_for_process
from quanheng.core.models import User
from quanheng.instruments.enums import BatchState
from quanheng.instruments.jobs import ask_for_import, ask_to_resume, run_asked_import
from quanheng.instruments.models import (
    ImportBatch,
    ImportRow,
    Instrument,
    InstrumentEvent,
    Place,
    Standing,
    VerificationRecord,
)
from quanheng.instruments.services.importing import running
from quanheng.instruments.services.importing.batches import confirm_import, stop_import
from quanheng.instruments.services.importing.running import (
    interrupted,
    lock_file,
    resume_interrupted,
    rows_hash,
    run_import,
)
from quanheng.instruments.services.standing import stale_standings
from quanheng.parties.models import Party
from quanheng.transparency.models import PendingLeaf
from tests.instruments.imports.conftest import imported, ledger, numbered, row, tried

pytestmark = pytest.mark.django_db
TABLES = (Party, Place, Instrument, VerificationRecord, Standing, InstrumentEvent)


def everything() -> dict[str, str]:
    """Every row of the registry."""
    return {model.__name__: serializers.serialize("json", model.objects.order_by("pk")) for model in TABLES}


def counted() -> list[int]:
    return [model.objects.count() for model in TABLES]


def mixed() -> list[dict[str, str]]:
    """Rows of every kind: good, poor, twice, without a number."""
    return [
        *numbered(5),
        row(使用单位=""),
        row(出厂编号=""),
        row(出厂编号=""),
        row(出厂编号="SN0000002", 检定日期="2025-01-05", 有效期至="2026-01-04", 证书编号="旧"),
        row(出厂编号="SN88", 使用单位="石桥镇加油站", 安装地点="2号机"),
    ]


def confirmed(title: str = "一") -> ImportBatch:
    batch = tried(ledger(*mixed(), title=title))
    return confirm_import(actor=None, public_id=batch.public_id, revision=batch.revision)


def test_the_same_rows_from_another_file_change_nothing_at_all() -> None:
    first = imported(ledger(*mixed(), title="一"))
    before = everything()
    second = imported(ledger(*mixed(), title="二"), chunk=4)
    assert everything() == before
    assert second.counts == {"unchanged": 9, "rejected": 1}
    assert rows_hash(first) == rows_hash(second)
    assert stale_standings(Instrument.objects.values_list("pk", flat=True)) == []


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("chunks", [1, 2, 3, 4])
def test_an_import_that_ends_after_any_chunk_goes_on_where_it_was(chunks: int) -> None:
    whole = imported(ledger(*mixed(), title="整的"))
    expected, hashed = counted(), rows_hash(whole)
    for model in (
        ImportRow,
        InstrumentEvent,
        VerificationRecord,
        Standing,
        Instrument,
        ImportBatch,
        Place,
        Party,
    ):
        model.objects.all().delete()
    batch = confirmed("断的")
    left = iter([True] * (chunks - 1) + [False])

    def end(_position: int) -> None:
        if not next(left):
            raise Killed

    with pytest.raises(Killed):
        run_import(batch.public_id, chunk=3, after_chunk=end)
    batch.refresh_from_db()
    assert batch.state == BatchState.RUNNING
    assert batch.rows.count() == sum(batch.counts.values()) == min(chunks * 3, 10)
    assert [b.pk for b in interrupted()] == [batch.pk]
    (done,) = resume_interrupted()
    assert (done.state, done.counts, rows_hash(done)) == (BatchState.DONE, whole.counts, hashed)
    assert counted() == expected
    assert resume_interrupted() == []


def test_a_chunk_that_fails_leaves_nothing_of_itself_and_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = confirmed()
    write, calls = running.write_chunk, []

    def failing(*args: object, **options: object) -> None:
        calls.append(1)
        write(*args, **options)  # type: ignore[arg-type]
        if len(calls) == 2:
            raise DatabaseError("disk full")

    monkeypatch.setattr(running, "write_chunk", failing)
    with pytest.raises(DatabaseError):
        run_import(batch.public_id, chunk=3)
    batch.refresh_from_db()
    assert (batch.state, batch.rows.count(), Instrument.objects.count()) == (BatchState.FAILED, 3, 3)
    assert "稍后继续" in batch.failure
    ask_to_resume(public_id=batch.public_id)
    assert run_import(batch.public_id, chunk=3).counts == {"created": 8, "updated": 1, "rejected": 1}


def test_a_batch_that_another_process_has_in_hand_is_left_alone() -> None:
    batch = confirmed()
    with lock_for_process(lock_file(batch.public_id)) as is_free:
        assert is_free
        assert run_import(batch.public_id).state == BatchState.QUEUED
        assert interrupted() == []
    assert not Instrument.objects.exists()
    assert run_import(batch.public_id).state == BatchState.DONE


def test_a_stopped_import_keeps_whole_chunks_and_goes_on_later(people: dict[str, User]) -> None:
    batch = confirmed()

    def stop(position: int) -> None:
        if position < 7:
            stop_import(actor=people["officer"], public_id=batch.public_id)

    assert run_import(batch.public_id, chunk=3, after_chunk=stop).state == BatchState.FAILED
    batch.refresh_from_db()
    assert (batch.rows.count(), "计量股甲" in batch.failure) == (3, True)
    assert PendingLeaf.objects.filter(kind="instruments:import_stopped").count() == 1
    ask_to_resume(public_id=batch.public_id)
    assert run_import(batch.public_id).state == BatchState.DONE


def test_a_job_that_comes_twice_or_late_does_nothing_more(people: dict[str, User]) -> None:
    batch = tried(ledger(row()))
    ask_for_import(actor=people["officer"], public_id=batch.public_id, revision=batch.revision)
    for _ in range(2):
        run_asked_import.call(str(batch.public_id))
    assert Instrument.objects.count() == 1
    assert PendingLeaf.objects.filter(kind="instruments:imported").count() == 1


def test_an_import_is_one_leaf_without_the_name_of_anybody(people: dict[str, User]) -> None:
    batch = imported(ledger(*mixed()), actor=people["officer"])
    (leaf,) = PendingLeaf.objects.filter(kind="instruments:imported")
    body = json.loads(bytes(leaf.entry))["data"]
    assert body["sha256"] == batch.file_sha256
    assert body["rows"] == {"created": 8, "updated": 1, "unchanged": 0, "rejected": 1}
    assert body["rows_sha256"] == rows_hash(batch)
    assert set(body["file_name"]) == set(body["by"]) == {"commitment"}
    assert "计量股甲" not in bytes(leaf.entry).decode()


def test_two_batches_take_turns_and_find_each_others_instruments() -> None:
    first, second = confirmed("一"), confirmed("二")
    turns = iter([True, False])

    def between(_position: int) -> None:
        if next(turns, False):
            run_import(second.public_id, chunk=2)

    run_import(first.public_id, chunk=2, after_chunk=between)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == second.state == BatchState.DONE
    assert Instrument.objects.count() == 8
    assert VerificationRecord.objects.count() == 9


@pytest.mark.parametrize(("where", "rows"), [("between", 3), ("within", 3)])
def test_a_process_that_is_killed_leaves_whole_chunks_and_no_lock(
    where: str, rows: int, tmp_path: Path, migrated_home: Path
) -> None:
    shutil.copytree(migrated_home, tmp_path / "home")
    (tmp_path / "台账.csv").write_bytes(ledger(*numbered(8)))
    environment = {name: value for name, value in os.environ.items() if name != "QUANHENG_DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.instruments.imports.crash", tmp_path / "台账.csv", where],
        env=environment | {"QUANHENG_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == {
        "killed": True,
        "left": [rows] * 4,
        "waits": 1,
        "after": [8] * 4,
        "state": "done",
    }
