from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from quanheng.base import clock
from quanheng.base.disk import write_atomic
from quanheng.base.locks import lock_for_process
from quanheng.kernels.tlog.notes import ED25519, SigningKey
from quanheng.kernels.tlog.tiles import Edge
from quanheng.transparency import publishing, sequencer, signing
from quanheng.transparency.errors import (
    ClockWentBack,
    DatabaseBehind,
    KeyDiffers,
    KeyMissing,
    KeyUnreadable,
    LeavesAltered,
    LogCorrupt,
)
from quanheng.transparency.models import Leaf, PendingLeaf, SignedCheckpoint
from quanheng.transparency.sequencer import sequence
from tests.append_only import drop_statements
from tests.transparency.making import stage
from tests.transparency.published import check_codes, published_entries, published_size

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def log(home: Path) -> Path:
    return home / "log"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.glob("**/*")
        if path.is_file()
    }


def test_leaves_get_the_numbers_from_zero_without_a_gap(log: Path) -> None:
    entries = [bytes(row.entry) for row in stage(300) + stage(7)]
    assert sequence() == 307
    assert list(Leaf.objects.values_list("index", flat=True)) == list(range(307))
    assert published_entries(log) == entries
    assert check_codes(log) == []
    assert not PendingLeaf.objects.exists()


def test_nothing_waiting_signs_nothing(log: Path) -> None:
    assert sequence() == 0
    assert signing.load_key() is None
    stage(1)
    assert (sequence(), sequence()) == (1, 0)
    assert SignedCheckpoint.objects.count() == 1


def test_a_batch_bounds_the_leaves_of_one_checkpoint(log: Path) -> None:
    stage(25)
    assert sequence(batch=10) == 25
    assert list(SignedCheckpoint.objects.values_list("tree_size", flat=True)) == [10, 20, 25]
    assert check_codes(log) == []


@pytest.mark.django_db(transaction=True)
def test_commits_are_synced_before_they_are_published(log: Path) -> None:
    stage(1)
    with CaptureQueriesContext(connection) as queries:
        sequence()
    # PostgreSQL does so by default.
    is_asked = any(query["sql"] == "PRAGMA synchronous=FULL" for query in queries)
    assert is_asked is (connection.vendor == "sqlite")


@pytest.mark.parametrize("batch", [0, sequencer.MAX_BATCH + 1])
def test_a_batch_out_of_bounds_is_refused(log: Path, batch: int) -> None:
    with pytest.raises(ValueError, match="batch must be between"):
        sequence(batch=batch)


@pytest.mark.parametrize(
    ("subject", "origin"),
    [("county:511703", "quanheng/511703"), ("county:A +1", "quanheng/A%20%2B1"), ("", "quanheng/unnamed")],
)
def test_a_log_is_named_after_its_first_county_for_ever(log: Path, subject: str, origin: str) -> None:
    stage(1)
    if subject:
        _stage_county(subject)
    sequence()
    _stage_county("county:other")
    sequence()
    assert (log / "checkpoint").read_text().startswith(f"{origin}\n2\n" if not subject else f"{origin}\n3\n")
    assert (log / "log.vkey").read_text().startswith(f"{origin}+")


def _stage_county(subject: str) -> None:
    row = stage(1, kind="county:loaded")[0]
    PendingLeaf.objects.filter(pk=row.pk).update(subject=subject)


def test_sequencing_inside_a_transaction_is_refused(log: Path) -> None:
    # What is published could not be rolled back with it.
    stage(1)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        sequence()
    assert sequence() == 1


def test_while_another_process_sequences_nothing_is_done(log: Path) -> None:
    stage(2)
    with lock_for_process(sequencer.lock_path()):
        assert sequence() == 0
        assert PendingLeaf.objects.count() == 2
    assert sequence() == 2


def test_of_two_that_extend_one_checkpoint_one_signs(log: Path) -> None:
    stage(3)
    key = sequencer.signing_key()
    sequencer._stage(2)
    assert sequencer._commit(key, Edge(), 10, NOON) == 2
    sequencer._stage(1)
    assert sequencer._commit(key, Edge(), 10, NOON) == 0
    assert [head.tree_size for head in SignedCheckpoint.objects.all()] == [2]
    assert sequence() == 1


def test_a_clock_that_went_back_signs_nothing_and_loses_nothing(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    stage(2)
    sequence()
    before = files(log)
    stage(3)
    monkeypatch.setattr(clock, "now", lambda: NOON - timedelta(seconds=1))
    with pytest.raises(ClockWentBack, match="系统时钟倒退"):
        sequence()
    assert PendingLeaf.objects.count() == 3
    assert files(log) == before
    monkeypatch.setattr(clock, "now", lambda: NOON)
    assert sequence() == 3


def test_a_disk_full_at_any_write_leaves_a_whole_log(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage(250)
    sequence()
    writes = attempts = 0

    def write(path: Path, data: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes > min(attempts, 1):  # first none, then one more at each attempt
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write_atomic(path, data)

    monkeypatch.setattr(publishing, "write_atomic", write)
    stage(20)
    for attempts in range(6):  # noqa: B007  two bundles, three tiles, the checkpoint
        writes = 0
        with pytest.raises(OSError, match="No space left"):
            sequence()
        assert (check_codes(log), published_size(log)) == ([], 250)
    writes, attempts = 0, 6
    sequence()
    assert (check_codes(log), published_size(log)) == ([], 270)


def test_a_full_tile_with_other_bytes_is_named_and_kept(log: Path) -> None:
    stage(300)
    tile = log / "tile/0/000"
    tile.parent.mkdir(parents=True)
    tile.write_bytes(b"foreign")
    with pytest.raises(LogCorrupt, match="tile/0/000"):
        sequence()
    assert tile.read_bytes() == b"foreign"
    assert published_size(log) == 0
    tile.unlink()
    sequence()
    assert (check_codes(log), published_size(log)) == ([], 300)


@pytest.mark.parametrize("path", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44", "checkpoint"])
@pytest.mark.parametrize("damage", ["bit", "cut", "gone"])
def test_a_damaged_edge_is_named_and_nothing_is_appended(log: Path, path: str, damage: str) -> None:
    stage(300)
    sequence()
    whole = (log / path).read_bytes()
    if damage == "gone" and path != "checkpoint":
        (log / path).unlink()
    else:
        (log / path).write_bytes(whole[:-5] if damage == "cut" else whole[:-3] + b"\x00" + whole[-2:])
    stage(1)
    with pytest.raises(LogCorrupt) as refusal:
        sequence()
    assert path in refusal.value.text
    assert PendingLeaf.objects.count() == 1
    (log / path).write_bytes(whole)
    assert sequence() == 1
    assert check_codes(log) == []


def test_a_lost_log_is_published_again_from_the_database(log: Path) -> None:
    for count in (5, 290, 600):
        stage(count)
        sequence()
    before = files(log)
    log.rename(log.with_name("lost"))
    assert sequence() == 0
    assert files(log) == before


def test_a_database_older_than_the_published_log_is_refused(log: Path) -> None:
    stage(2)
    sequence()
    with transaction.atomic():
        vars(connection.atomic_blocks[-1])["_from_testcase"] = True  # lets sequencing in it pass
        stage(2)
        sequence()
        transaction.set_rollback(True)
    stage(1)
    before = files(log)
    with pytest.raises(DatabaseBehind, match="4"):
        sequence()
    assert files(log) == before
    assert PendingLeaf.objects.count() == 1


def test_leaves_altered_behind_the_triggers_are_not_published(log: Path) -> None:
    stage(4)

    def alter(step: str) -> None:
        if step == "committed":
            for statement in drop_statements(connection.vendor):
                connection.cursor().execute(statement)
            Leaf.objects.filter(index=2).update(entry=b"{}")

    with pytest.raises(LeavesAltered, match="0 至 3"):
        sequence(after_step=alter)
    assert published_size(log) == 0


def test_a_lost_key_is_not_replaced(log: Path) -> None:
    stage(1)
    sequence()
    signing.key_path().unlink()
    stage(1)
    with pytest.raises(KeyMissing, match=r"log\.key"):
        sequence()
    assert not signing.key_path().exists()


@pytest.mark.parametrize("origin", ["quanheng/unnamed", "quanheng/other"])
def test_another_key_or_origin_is_refused(log: Path, origin: str) -> None:
    stage(1)
    sequence()
    right = signing.key_path().read_text()
    signing.key_path().write_text(SigningKey(origin, ED25519, bytes(32)).skey + "\n")
    stage(1)
    with pytest.raises(KeyDiffers, match="两者不符"):
        sequence()
    signing.key_path().write_text(right)
    assert sequence() == 1


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+broken\n", "\udcff"])
def test_an_unreadable_key_is_named(log: Path, text: str) -> None:
    stage(1)
    signing.key_path().parent.mkdir()
    signing.key_path().write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(KeyUnreadable, match="已损坏"):
        sequence()


def test_partial_tiles_go_when_the_full_one_is_there(log: Path) -> None:
    stage(10)
    sequence()
    stage(20)
    sequence()
    partial = {"tile/0/000.p/10", "tile/0/000.p/30", "tile/entries/000.p/10", "tile/entries/000.p/30"}
    assert partial <= set(files(log))  # a reader of the older checkpoint may still ask for them
    stage(300)
    sequence()
    assert {path for path in files(log) if ".p/" in path} == {
        "tile/0/001.p/74",
        "tile/1/000.p/1",
        "tile/entries/001.p/74",
    }
    assert check_codes(log) == []


def test_what_a_killed_writer_left_half_written_is_removed(log: Path) -> None:
    stage(1)
    (log / "tile/0/000.p").mkdir(parents=True)
    for left in (log / "tile/0/000.p/.tmp-1", log / ".tmp-2"):
        left.write_bytes(b"half")
    sequence()
    assert not [path for path in files(log) if ".tmp-" in path]
