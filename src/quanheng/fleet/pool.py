"""Work on many areas at once, by processes that end with the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import Protocol

from quanheng.fleet.places import PlaceT
from quanheng.kernels.fleet.results import AreaEstimate

_AHEAD = 4  # areas a process that are under way or waiting to be written


class Engine(Protocol):
    """What does ``work`` on many areas and yields each with its answer as soon as it is there.

    An area that cannot be worked on has the answer ``lost``; what keeps all from being worked on is a CannotRun.
    """

    def __call__(
        self,
        work: Callable[[PlaceT], AreaEstimate],
        folders: list[PlaceT],
        *,
        lost: Callable[[PlaceT], AreaEstimate],
    ) -> Iterator[tuple[PlaceT, AreaEstimate]]:
        """Yield every folder once, in any order."""


def processes(jobs: int) -> Engine:
    """Return the engine of this machine."""

    def engine(
        work: Callable[[PlaceT], AreaEstimate],
        folders: list[PlaceT],
        *,
        lost: Callable[[PlaceT], AreaEstimate],
    ) -> Iterator[tuple[PlaceT, AreaEstimate]]:
        return mapped(work, folders, jobs, lost)

    return engine


def mapped(
    work: Callable[[PlaceT], AreaEstimate],
    folders: list[PlaceT],
    jobs: int,
    lost: Callable[[PlaceT], AreaEstimate],
) -> Iterator[tuple[PlaceT, AreaEstimate]]:
    """Yield each folder with its answer as soon as it is there, holding a few at a time.

    Where a process dies at work, the areas under way are done again, each by a process of its own; one that
    dies again has the answer ``lost``.
    """
    if jobs <= 1 or len(folders) <= 1:
        for folder in folders:
            yield folder, work(folder)
        return
    left = deque(folders)
    while left:
        for folder in (yield from _pooled(work, left, min(jobs, len(left)))):
            yield folder, _alone(work, folder, lost)


def _pooled(
    work: Callable[[PlaceT], AreaEstimate], left: deque[PlaceT], jobs: int
) -> Generator[tuple[PlaceT, AreaEstimate], None, list[PlaceT]]:
    """Yield answers until none is ``left``; return the folders that were under way when a process died."""
    under_way: dict[Future[AreaEstimate], PlaceT] = {}
    with _pool(jobs) as pool:
        try:
            while left or under_way:
                while left and len(under_way) < _AHEAD * jobs:
                    future = pool.submit(work, left[0])
                    under_way[future] = left.popleft()
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    answer = future.result()
                    yield under_way.pop(future), answer
        except BrokenProcessPool:
            return list(under_way.values())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return []


def _alone(
    work: Callable[[PlaceT], AreaEstimate], folder: PlaceT, lost: Callable[[PlaceT], AreaEstimate]
) -> AreaEstimate:
    with _pool(1) as pool:
        try:
            return pool.submit(work, folder).result()
        except BrokenProcessPool:
            return lost(folder)


def _pool(jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end when it ends: a killed one would leave its processes waiting for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)
