"""Locks: by name to the end of a transaction, and by file to the end of a process."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction


def lock_for_transaction(name: str) -> None:
    """Hold the lock ``name`` until the transaction ends; wait for whoever has it.

    PostgreSQL: an advisory lock.  SQLite: nothing to do, for every transaction of ours begins
    IMMEDIATE and therefore is the only writer already.

    Raises
    ------
    TransactionManagementError
        If called outside an atomic block, where the lock would end at once.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"lock {name!r} needs a transaction")
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


@contextmanager
def lock_for_process(path: Path) -> Iterator[bool]:
    """Try to hold the lock file ``path``; yield whether it is held.

    The operating system lets go of it when the process ends in whatever way, so what a kill -9
    left behind is never mistaken for work in progress.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
