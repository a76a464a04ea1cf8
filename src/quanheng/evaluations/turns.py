"""Whose turn it is to compute for a public page: so many at a time in each web process, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from quanheng.evaluations.errors import BenchBusy

# The web process has three threads (cli/server.py).  Nobody waits for a turn, so that two threads at most compute
# and the third is left for every other page, and for the refusals.
AT_ONCE = 2
_TURNS = BoundedSemaphore(AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Hold one of the places for computing; never wait for it.  Not to be taken within another turn.

    Raises
    ------
    BenchBusy
        Others hold them all.
    """
    if not _TURNS.acquire(blocking=False):
        raise BenchBusy()
    try:
        yield
    finally:
        _TURNS.release()
