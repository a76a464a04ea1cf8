"""Whose turn it is to compute for a public page: so many at a time in each web process, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from quanheng.evaluations.errors import BenchBusy

# The web process has three threads (cli/server.py): one is always left for every other page.
AT_ONCE = 2
_TURNS = BoundedSemaphore(AT_ONCE)
_PATIENCE_SECONDS = 1.0


@contextmanager
def turn() -> Iterator[None]:
    """Hold one of the places for computing; wait for it a moment.

    Raises
    ------
    BenchBusy
        Others hold them all.
    """
    if not _TURNS.acquire(timeout=_PATIENCE_SECONDS):
        raise BenchBusy()
    try:
        yield
    finally:
        _TURNS.release()
