from __future__ import annotations

import hashlib
import multiprocessing
import resource
from pathlib import Path

import pytest

from quanheng.base.disk import write_atomic
from quanheng.base.files import store_file, stored_path
from quanheng.base.locks import lock_for_process


def test_a_file_is_kept_under_its_own_hash_and_twice_is_once(home: Path) -> None:
    digest = store_file(b"evidence")

    assert store_file(b"evidence") == digest == hashlib.sha256(b"evidence").hexdigest()
    assert stored_path(digest).read_bytes() == b"evidence"
    assert len(list((home / "files").rglob("*"))) == 2  # one folder, one file


def _write_beyond_limit(path: str) -> None:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    try:
        write_atomic(Path(path), b"x" * 5000)
    except OSError:
        raise SystemExit(7) from None


def test_a_full_disk_leaves_the_old_file_whole_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    write_atomic(path, b"old")
    process = multiprocessing.get_context("spawn").Process(target=_write_beyond_limit, args=(str(path),))
    process.start()
    process.join(30)

    assert process.exitcode == 7
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["checkpoint"]


def test_a_process_lock_is_held_by_one_and_free_again_after(tmp_path: Path) -> None:
    path = tmp_path / "day.lock"
    with lock_for_process(path) as first, lock_for_process(path) as second:
        assert (first, second) == (True, False)
    with lock_for_process(path) as again:
        assert again


def test_a_transaction_lock_outside_a_transaction_is_refused(transactional_db: None) -> None:
    from django.db.transaction import TransactionManagementError

    from quanheng.base.locks import lock_for_transaction

    with pytest.raises(TransactionManagementError):
        lock_for_transaction("anything")
