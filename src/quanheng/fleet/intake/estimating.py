"""New whole months of areas: estimated with the memory of the months before, and taken in."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from quanheng.base.files import shown
from quanheng.fleet.errors import RunKnown
from quanheng.fleet.folders import area_folders
from quanheng.fleet.intake.months import Todo, remember, results_path, todo_of
from quanheng.fleet.intake.places import Intake
from quanheng.fleet.journal import Journal
from quanheng.fleet.models import SupplyArea
from quanheng.fleet.results_file import write_results
from quanheng.fleet.services import take_estimates
from quanheng.fleet.updates import update_folder
from quanheng.kernels.fleet.results import OUT_OF_TOLERANCE, UNUSABLE, AreaEstimate


@dataclass(slots=True)
class MonthDone:
    """What was estimated up to one month."""

    month: date
    areas: int = 0
    suspects: int = 0
    suspect_areas: list[str] = field(default_factory=list)
    unusable: int = 0


@dataclass(slots=True)
class Estimated:
    """What a day has done."""

    done: list[MonthDone] = field(default_factory=list)
    left: int = 0  # areas for which the time was too short


def waiting_areas(store: Path, today: date) -> list[Todo]:
    """Return the areas with new whole months, by the last of them, then by name."""
    if not store.is_dir():
        return []
    taken = _taken()
    # A folder is called as its area, but for characters that a path cannot hold: those are asked once, here.
    found = (todo_of(folder, today, taken.get(folder.name)) for folder in area_folders(store))
    return sorted((todo for todo in found if todo), key=lambda todo: (todo.months[-1], todo.folder.name))


def estimate_new_months(intake: Intake, store: Path, today: date, limit: timedelta) -> Estimated:
    """Estimate what is new in ``store`` and take it in, for no longer than ``limit``; the next day goes on.

    A killed one is gone on with: finished areas stand in a journal, results that are taken in are not taken twice.

    Raises
    ------
    CannotRun
        Another process does so.
    BadResultsFile, OSError
    """
    until = time.monotonic() + limit.total_seconds()
    result = Estimated()
    for month, group in groupby(waiting_areas(store, today), key=lambda todo: todo.months[-1]):
        todos = list(group)
        done = _of_month(intake, store, month, todos, until)
        result.left += len(todos) - done.areas
        if done.areas:
            result.done.append(done)
    return result


def _of_month(intake: Intake, store: Path, month: date, todos: Sequence[Todo], until: float) -> MonthDone:
    out = results_path(intake, month)
    done = MonthDone(month)
    with Journal(out.with_name(f"{out.name}.journal")) as journal:
        finished: dict[str, Todo] = {}  # by area
        for todo in todos:
            if todo.key not in journal:
                if time.monotonic() > until:
                    continue
                journal.append(todo.key, _estimated(todo))
            finished.setdefault(journal.area_of(todo.key), todo)
        if not finished:
            return done
        write_results(out, (journal.read(finished[area].key) for area in sorted(finished)))
        with suppress(RunKnown):  # the day was killed between taking them in and writing that down
            take_estimates(actor=None, results_path=out, folder=shown(store), month=month)
        for area, todo in finished.items():
            remember(todo.folder, todo.seen)
            _count(done, area, journal.read(todo.key))
        journal.remove()
    return done


def _estimated(todo: Todo) -> AreaEstimate:
    found = [update_folder(todo.folder, month) for month in todo.months]
    return found[-1]


def _count(done: MonthDone, area: str, found: AreaEstimate) -> None:
    suspects = found.meter_status.count(OUT_OF_TOLERANCE)
    done.areas += 1
    done.suspects += suspects
    done.unusable += found.status == UNUSABLE
    if suspects:
        done.suspect_areas.append(area)


def _taken() -> Mapping[str, datetime]:
    """Return when the latest results of each area were taken in."""
    rows = SupplyArea.objects.exclude(latest=None).values_list("area_id", "latest__run__taken_at")
    return dict(rows)
