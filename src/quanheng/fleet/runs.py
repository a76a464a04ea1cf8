"""A run: every area of a store estimated, on the processes of this machine or by another engine.

Each finished area is a line of a journal beside the results, so that a run that was killed goes on where it stood;
the bytes of the results are the same for any engine, any number of processes and however often it was killed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from quanheng import __version__
from quanheng.fleet.folders import area_folders
from quanheng.fleet.journal import Journal
from quanheng.fleet.places import AnyPlace, PlaceT, is_uri
from quanheng.fleet.pool import Engine, processes
from quanheng.fleet.results_file import write_results
from quanheng.fleet.run_errors import CannotRun
from quanheng.fleet.store import read_area
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import CURVES, METERS, stored
from quanheng.fleet.store_meters import CONSUMER, meter_rows
from quanheng.kernels.fleet.estimate import estimate
from quanheng.kernels.fleet.prepare import CannotEstimate
from quanheng.kernels.fleet.report import Cast, unusable
from quanheng.kernels.fleet.results import UNUSABLE, AreaEstimate, FleetFinding


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: areas done, all areas, areas taken from an earlier run, areas that are unusable."""

    done: int
    areas: int
    resumed: int
    unusable: int


def run(
    directory: AnyPlace,
    out: Path,
    *,
    since: date | None = None,
    until: date | None = None,
    jobs: int = 1,
    engine: Engine | None = None,
    tell: Callable[[Progress], None] = lambda _progress: None,
) -> Progress:
    """Estimate every area under ``directory`` into ``out``; return what became of it.

    ``engine`` does the work where it is given, else ``jobs`` processes of this machine.

    Raises
    ------
    CannotRun
        No folder holds readings; the window ends before it begins; ``out`` is a folder, or holds readings; another
        process is writing it; the engine cannot work.
    OSError
        The disk refused; what was estimated stays in the journal.
    """
    if since and until and since > until:
        raise CannotRun("window", f"从 {since} 到 {until}：止日在起日之前。")
    work = partial(estimate_folder, since=since, until=until)
    through = engine or processes(jobs)
    return run_over(directory, out, work, f"{since} {until}", through, tell=tell, since=since, until=until)


def run_over(
    directory: PlaceT,
    out: Path,
    work: Callable[[PlaceT], AreaEstimate],
    what: str,
    engine: Engine,
    *,
    tell: Callable[[Progress], None],
    also: Callable[[PlaceT], list[Path]] = lambda _folder: [],
    since: date | None = None,
    until: date | None = None,
) -> Progress:
    """Do ``work`` on every area; ``what`` distinguishes it from other work on the same files.

    ``also`` gives the files besides the readings that an answer depends on.  Raises as ``run``.
    """
    folders = area_folders(directory)
    if not folders:
        raise CannotRun("no_areas", f"{directory} 中没有台区：台区的文件夹里应有 curves.parquet。")
    _check_out(out)
    with Journal(out.with_name(out.name + ".journal")) as journal:
        keys = {folder: _key(folder, what, also(folder)) for folder in folders}
        waiting = [folder for folder in folders if keys[folder] not in journal]
        resumed = done = len(folders) - len(waiting)
        bad = sum(journal.is_unusable(key) for key in keys.values())
        tell(Progress(done, len(folders), resumed, bad))
        for folder, found in engine(work, waiting, lost=_lost):
            journal.append(keys[folder], found)
            done += 1
            bad += found.status == UNUSABLE
            tell(Progress(done, len(folders), resumed, bad))
        bad = _write(out, journal, keys, since, until)
        journal.remove()
    return Progress(done, len(folders), resumed, bad)


def _write(
    out: Path, journal: Journal, keys: Mapping[PlaceT, str], since: date | None, until: date | None
) -> int:
    """Write the results from the journal in the order of the areas; return how many are unusable."""
    named: dict[str, PlaceT] = {}
    for folder, key in keys.items():
        name = journal.area_of(key)
        while name in named:
            name = f"{name}（{_printed(folder)}）"
        named[name] = folder
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


def estimate_folder(folder: AnyPlace, since: date | None = None, until: date | None = None) -> AreaEstimate:
    """Return the estimate of one area's folder on one thread; whatever happens, it is an answer for this area."""
    try:
        with threadpool_limits(1):
            read = read_area(folder, since, until)
            found = estimate(read.area)
    except Exception as error:  # one area must not stop a county; the answer says what happened
        return broken(folder, finding_of(error))
    return replace(found, findings=(*read.findings, *found.findings)) if read.findings else found


def finding_of(error: Exception) -> FleetFinding:
    """Return what to say of an area where this was raised."""
    if isinstance(error, BadArea):
        return FleetFinding(error.code, error.text, data=error.data)
    if isinstance(error, CannotEstimate):
        return error.finding
    if isinstance(error, OSError):
        return FleetFinding("bad_file", f"文件无法读写（{error.strerror or error}），这个台区没有结果。")
    return FleetFinding("bad_file", f"估计时出错（{type(error).__name__}：{error}），这个台区没有结果。")


def broken(folder: AnyPlace, finding: FleetFinding) -> AreaEstimate:
    """Return the answer for an area that cannot be read: its meters, where they are recorded, are undetermined."""
    nobody = Cast(_printed(folder), (), np.zeros(0))
    try:
        rows = meter_rows(folder)
    except (BadArea, OSError, ValueError):
        return unusable(nobody, (finding,))
    area_ids = {str(row["area_id"]) for row in rows}
    ids = sorted(str(row["meter_id"]) for row in rows if row["role"] == CONSUMER)
    cast = Cast(area_ids.pop(), tuple(ids), np.full(len(ids), np.nan)) if len(area_ids) == 1 else nobody
    return unusable(cast, (finding,))


def _lost(folder: AnyPlace) -> AreaEstimate:
    text = "处理这个台区的进程意外终止，可能是内存不足，或文件已损坏。"
    return broken(folder, FleetFinding("bad_file", text))


def _printed(folder: AnyPlace) -> str:
    """Return the name of a folder as text, whatever its bytes."""
    name = folder.name or (folder.resolve().name if isinstance(folder, Path) else "")
    return os.fsencode(name).decode(errors="replace") or "/"


def _check_out(out: Path) -> None:
    if is_uri(out):
        raise CannotRun("out", f"{out} 不是本机的路径；结果和日志写在发起的机器上。")
    if not out.name or out.is_dir():
        raise CannotRun("out", f"{out} 是文件夹；-o 后应写结果的文件名。")
    if out.name in {CURVES, METERS} and out.exists():
        raise CannotRun("out", f"{out} 是台区的读数，不能把结果写在上面。")


def _key(folder: AnyPlace, what: str, also: list[Path]) -> str:
    """Return what the result depends on: the files as they are, what is done, the version."""
    parts = [__version__.encode(), os.fsencode(folder.name), what.encode()]
    files: list[tuple[AnyPlace, str]] = [(folder, CURVES), (folder, METERS)]
    files += [(path.parent, path.name) for path in also]
    parts += [f"{name} {_state(parent, name)}".encode() for parent, name in files]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _state(folder: AnyPlace, name: str) -> str:
    try:
        state = stored(folder, name).stat()
    except OSError:
        return "-"
    return f"{state.st_size} {state.st_mtime_ns}"
