"""A run: every area of a store estimated on the processes of this machine, in the order of the folders.

Each finished area is a line of a journal beside the results, so that a run that was killed goes on where it stood;
the bytes of the results are the same for any number of processes and however often it was killed.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from quanheng import __version__
from quanheng.fleet.folders import area_folders
from quanheng.fleet.journal import Journal
from quanheng.fleet.results_file import write_results
from quanheng.fleet.store import read_area
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import stored
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.report import Cast, unusable
from quanheng.kernels.fleet.results import UNUSABLE, AreaEstimate, FleetFinding

_AHEAD = 4  # areas a process that are under way or waiting to be written


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: areas done, all areas, areas taken from an earlier run, areas that are unusable."""

    done: int
    areas: int
    resumed: int
    unusable: int


class NoAreas(ValueError):
    """The folder holds no area."""


def run(
    directory: Path,
    out: Path,
    *,
    since: date | None = None,
    until: date | None = None,
    jobs: int = 1,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> Progress:
    """Estimate every area under ``directory`` into ``out``; return what became of it.

    Raises
    ------
    NoAreas
        No folder holds readings.
    OSError
        The disk refused; what was estimated stays in the journal.
    """
    work = partial(estimate_folder, since=since, until=until)
    return run_over(directory, out, work, f"{since} {until}", jobs=jobs, tell=tell, since=since, until=until)


def run_over(
    directory: Path,
    out: Path,
    work: Callable[[Path], AreaEstimate],
    what: str,
    *,
    jobs: int,
    tell: Callable[[Progress], None],
    since: date | None = None,
    until: date | None = None,
) -> Progress:
    """Do ``work`` on every area; ``what`` distinguishes it from other work on the same files.  Raises as ``run``."""
    folders = area_folders(directory)
    if not folders:
        raise NoAreas(f"{directory} 中没有台区：台区的文件夹里应有 curves.parquet。")
    with Journal(out.with_name(out.name + ".journal")) as journal:
        keys = {folder: _key(folder, what) for folder in folders}
        waiting = [folder for folder in folders if keys[folder] not in journal]
        resumed = done = len(folders) - len(waiting)
        tell(Progress(done, len(folders), resumed, 0))
        for folder, found in _mapped(work, waiting, jobs):
            journal.append(keys[folder], found)
            done += 1
            tell(Progress(done, len(folders), resumed, 0))
        bad = _write(out, journal, keys, since, until)
    journal.remove()
    return Progress(done, len(folders), resumed, bad)


def _write(out: Path, journal: Journal, keys: dict[Path, str], since: date | None, until: date | None) -> int:
    """Write the results from the journal in the order of the areas; return how many are unusable."""
    named: dict[str, Path] = {}
    for folder, key in keys.items():
        name = journal.area_of(key)
        named[name if name not in named else f"{name}（{folder.name}）"] = folder
    bad = 0

    def in_order() -> Iterator[AreaEstimate]:
        nonlocal bad
        for name in sorted(named):
            found = journal.read(keys[named[name]])
            if found.area_id != name:
                text = f"另一个文件夹也是台区 {found.area_id}，这一个没有用。"
                found = unusable(Cast(name, (), np.zeros(0)), (FleetFinding("bad_file", text),))
            bad += found.status == UNUSABLE
            yield found

    write_results(out, in_order(), since=since, until=until)
    return bad


def estimate_folder(folder: Path, since: date | None = None, until: date | None = None) -> AreaEstimate:
    """Return the estimate of one area's folder on one thread; whatever happens, it is an answer for this area."""
    try:
        read = read_area(folder, since, until)
    except BadArea as bad:
        return broken(folder, FleetFinding(bad.code, bad.text, data=bad.data))
    try:
        with threadpool_limits(1):
            found = estimate(read.area)
    except Exception as error:  # one area must not stop a county; the answer says what happened
        return broken(folder, failed(error))
    return replace(found, findings=(*read.findings, *found.findings)) if read.findings else found


def failed(error: Exception) -> FleetFinding:
    """Return the finding for an area whose estimate failed as it must not."""
    return FleetFinding("bad_file", f"估计时出错（{type(error).__name__}：{error}），这个台区没有结果。")


def broken(folder: Path, finding: FleetFinding) -> AreaEstimate:
    """Return the answer for a folder of which nothing is known but what is wrong."""
    return unusable(Cast(folder.name, (), np.zeros(0)), (finding,))


def _key(folder: Path, what: str) -> str:
    """Return what the result depends on: the folder's files as they are, what is done, the version."""
    parts = [__version__, folder.name, what]
    for name in ("curves.parquet", "meters.parquet"):
        path = stored(folder, name)
        state = path.stat() if path.exists() else None
        parts.append(f"{name} {state.st_size} {state.st_mtime_ns}" if state else f"{name} -")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _mapped(
    work: Callable[[Path], AreaEstimate], folders: list[Path], jobs: int
) -> Iterator[tuple[Path, AreaEstimate]]:
    """Yield each folder with its answer as soon as it is there, holding a few at a time."""
    if jobs <= 1 or len(folders) <= 1:
        for folder in folders:
            yield folder, work(folder)
        return
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    with ProcessPoolExecutor(min(jobs, len(folders)), mp_context=context) as pool:
        rest = iter(folders)
        under_way: dict[Future[AreaEstimate], Path] = {}
        while True:
            for folder in islice(rest, _AHEAD * jobs - len(under_way)):
                under_way[pool.submit(work, folder)] = folder
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                yield under_way.pop(future), future.result()
