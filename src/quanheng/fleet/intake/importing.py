"""From the spool into the store of areas.

A segment leaves the spool only after its readings are in the store; whatever is interrupted is done again, and what is
stored already changes nothing.  Segments of areas that could not be stored wait, for some days: more readings, or a
list of meters, may be all that they lack.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from quanheng.base.disk import write_atomic
from quanheng.base.locks import lock_for_process
from quanheng.fleet.intake.places import Intake, sync_folder
from quanheng.fleet.intake.rows import CHECK
from quanheng.fleet.intake.segments import closed_segments, is_sound, kind_of_segment, open_segments, recover
from quanheng.fleet.readings_import import BadImport, Options, import_readings
from quanheng.fleet.readings_import.area_import import REFUSED, STORED, AreaOutcome, Reading
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS
from quanheng.fleet.readings_import.rejections import Rejected

METERS_LIST = "meters.csv"
_AREAS = "areas.json"
# An energy is the difference of two registers, which may have come in different segments.
_LOOK_BACK = timedelta(days=3)
_PATIENCE = timedelta(days=7)
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(slots=True)
class Moved:
    """What became of the segments of the spool."""

    segments: int = 0  # that were read
    waiting: int = 0  # that stay in the spool
    open: int = 0  # that are being written
    rows: int = 0
    stored: list[str] = field(default_factory=list)  # areas that changed
    refused: list[tuple[str, str]] = field(default_factory=list)  # area, why
    rejected: Counter[str] = field(default_factory=Counter)
    rejects: Path | None = None
    damaged: list[str] = field(default_factory=list)  # segments that were set aside


def import_spool(
    intake: Intake,
    store: Path,
    now: datetime,
    *,
    timezone: str = "Asia/Shanghai",
    keep: timedelta = timedelta(days=30),
    again: bool = False,
    tell: Callable[[str], None] = lambda _text: None,
) -> Moved:
    """Move every closed segment into ``store``; with ``again`` also those that were stored before.

    The list of meters is ``meters.csv`` in the store, where there is one.

    Raises
    ------
    BadImport
        in_progress: another process does so.  Others as `import_readings`; nothing is lost, the segments wait.
    OSError
        The disk refuses.
    """
    if not intake.spool.is_dir() and not again:
        return Moved()
    intake.spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock_for_process(intake.spool / ".import.lock") as is_held:
        if not is_held:
            raise BadImport("in_progress", "另一个进程正在存入收到的读数。")
        recover(intake.spool)
        moved = Moved(open=len(open_segments(intake.spool)))
        rows: list[Rejected] = []
        for kind in (INTERVALS, REGISTERS):
            _import_kind(intake, store, kind, now, timezone, moved, rows, again=again, tell=tell)
        if rows:
            moved.rejects = _list_rejects(intake.rejects, rows, now)
        moved.waiting = len(closed_segments(intake.spool))
        _forget(intake.done, now - keep)
    return moved


def heard(intake: Intake) -> dict[str, dict[str, str]]:
    """Return what was last stored of each area: ``until`` (the last reading) and ``at`` (when it was stored)."""
    try:
        found = json.loads((intake.status / _AREAS).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _import_kind(
    intake: Intake,
    store: Path,
    kind: str,
    now: datetime,
    timezone: str,
    moved: Moved,
    rejected: list[Rejected],
    *,
    again: bool,
    tell: Callable[[str], None],
) -> None:
    new = _sound(
        [path for path in closed_segments(intake.spool) if kind_of_segment(path) == kind], intake, moved
    )
    before = [path for path in closed_segments(intake.done) if kind_of_segment(path) == kind]
    if not again:
        before = [path for path in before if kind == REGISTERS and _is_since(path, now - _LOOK_BACK)]
    if not (new or again) or not new + before:
        return
    store.mkdir(parents=True, exist_ok=True)
    meters = store / METERS_LIST
    options = Options(
        Reading(kind, keeps_step=True),
        timezone,
        meters if meters.is_file() else None,
        frozenset({CHECK}),
        needs_role=True,
    )
    summary = import_readings([*before, *new], store, options, tell)
    refused = [outcome for outcome in summary.areas if outcome.status == REFUSED]
    names = {path.name for path in new} | ({path.name for path in before} if again else set())
    rejected += [row for row in summary.rejections.rows if row.file in names]
    moved.segments += len(new)
    moved.rows += summary.rows
    moved.rejected += summary.rejections.counts
    moved.stored += [outcome.area_id for outcome in summary.areas if outcome.status == STORED]
    moved.refused += [(outcome.area_id, outcome.refusal) for outcome in refused]
    _remember(intake, summary.areas, now)
    # What the rows lack is known to the readers of the line: the segments wait for it.
    is_lacking = bool(refused) or (summary.rows > 0 and not summary.areas)
    leaving = [path for path in new if not (is_lacking and _is_since(path, now - _PATIENCE))]
    _move(leaving, intake.done)


def _sound(segments: list[Path], intake: Intake, moved: Moved) -> list[Path]:
    """Return the segments that are as they were written; set aside the others, which the disk has damaged."""
    sound = []
    for path in segments:
        if is_sound(path):
            sound.append(path)
            continue
        intake.rejects.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.rename(intake.rejects / f"{path.name}.damaged")
        moved.damaged.append(path.name)
    return sound


def _move(segments: Sequence[Path], done: Path) -> None:
    if not segments:
        return
    done.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in segments:
        path.rename(done / path.name)
    sync_folder(done)
    sync_folder(segments[0].parent)


def _remember(intake: Intake, outcomes: Sequence[AreaOutcome], now: datetime) -> None:
    found: dict[str, Any] = heard(intake)
    for outcome in outcomes:
        if outcome.status != REFUSED and outcome.until:
            until = max(outcome.until, found.get(outcome.area_id, {}).get("until", ""))
            found[outcome.area_id] = {"until": until, "at": now.isoformat(timespec="seconds")}
    write_atomic(intake.status / _AREAS, json.dumps(found, ensure_ascii=False).encode())


def _list_rejects(folder: Path, rows: Sequence[Rejected], now: datetime) -> Path:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("file", "line", "column", "reason", "text"))
    writer.writerows((row.file, row.line, row.column, row.reason, row.text) for row in rows)
    path = folder / f"{now:%Y-%m-%d-%H%M%S}-import.csv"
    write_atomic(path, stream.getvalue().encode("utf-8-sig"), mode=0o600)
    return path


def _forget(done: Path, before: datetime) -> None:
    """Remove stored segments that are old: readings of homes are kept once, in the store."""
    for path in closed_segments(done):
        if not _is_since(path, before):
            path.unlink(missing_ok=True)


def _is_since(path: Path, moment: datetime) -> bool:
    return path.name[:15] >= f"{moment:{_STAMP}}"
