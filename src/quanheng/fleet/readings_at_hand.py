"""The readings behind a result, where this machine can reach them: limits of the meters, energy by day.

A page never waits for more than ``MOST_DAYS`` days; what was worked out is kept as long as the files stay as they are.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from django.core.cache import cache
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from quanheng.fleet.models import FleetRun
from quanheng.fleet.readings_import.book import Book
from quanheng.fleet.store import read_area
from quanheng.fleet.store_columns import column_values, day_length
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import CURVES, METERS, is_area, stored
from quanheng.fleet.store_index import index_curves, open_curves, read_groups
from quanheng.fleet.store_meters import read_meters
from quanheng.kernels.fleet.days import DayBalance, day_balance
from quanheng.kernels.fleet.prepare import CannotEstimate

MOST_DAYS = 92
_KEPT_SECONDS = 24 * 3600


class NotAtHand(Exception):
    """There is no balance to show; ``text`` is Chinese and says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Window:
    """Days of readings, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True, eq=False)
class MeterDays:
    """What a meter registered by day [kWh], (D,); NaN where the day has no row, ``gaps`` of its intervals missing."""

    days: tuple[date, ...]
    energy: NDArray[np.float64]
    gaps: NDArray[np.int64]


def folder_at_hand(run: FleetRun, area_id: str) -> Path | None:
    """Return the folder of an area's readings of a run; None where this machine does not have them."""
    if not run.folder or "://" in run.folder:
        return None
    base = Path(run.folder)
    try:
        for folder in (base, Book().folder(base, area_id)):
            if is_area(folder) and read_meters(folder).area_id == area_id:
                return folder
    except (BadArea, OSError, ValueError):
        return None
    return None


def limits_at_hand(folder: Path) -> dict[str, float]:
    """Return the maximum permissible error of each consumer, ± [%]; empty where the list cannot be read."""
    try:
        found = read_meters(folder)
    except (BadArea, OSError):
        return {}
    return dict(zip(found.consumer_ids, found.mpe_percent.tolist(), strict=True))


def balance_at_hand(folder: Path, run: FleetRun, until: date | None = None) -> tuple[DayBalance, Window]:
    """Return the balance by day of the last ``MOST_DAYS`` days of the run's window up to ``until``, and all its days.

    Raises
    ------
    NotAtHand
        No readings in these days, a file that cannot be read, too little to estimate from.
    """
    try:
        window = _window(folder, run)
        last = min(max(until or window.until, window.since), window.until)
        first = max(window.since, last - timedelta(days=MOST_DAYS - 1))
        key = _key(folder, first, last)
        found: DayBalance | None = cache.get(key)
        if found is None:
            with threadpool_limits(1):
                found = day_balance(read_area(folder, first, last).area)
            cache.set(key, found, _KEPT_SECONDS)
    except BadArea as bad:
        raise NotAtHand(bad.text) from bad
    except CannotEstimate as cannot:
        raise NotAtHand(cannot.finding.text) from cannot
    except OSError as error:
        raise NotAtHand(error.strerror or str(error)) from error
    return found, window


def meter_days(folder: Path, meter_id: str, run: FleetRun) -> MeterDays:
    """Return what one meter registered on each of the last ``MOST_DAYS`` days of the run's window.

    Only the energies of the file are decoded.  Of two rows of a day the first counts.  Raises NotAtHand.
    """
    try:
        with open_curves(folder) as file:
            index = index_curves(file, [meter_id], run.since, run.until)
            table = read_groups(file, index.groups, ["energy_kwh"])
        rows = np.flatnonzero(index.meter == 0)
        values, valid = column_values(
            table.take(pa.array(rows))["energy_kwh"], day_length(table["energy_kwh"])
        )
    except BadArea as bad:
        raise NotAtHand(bad.text) from bad
    except OSError as error:
        raise NotAtHand(error.strerror or str(error)) from error
    at, first = np.unique(index.day[rows] - index.first_day, return_index=True)
    energy, gaps = np.full(index.days, np.nan), np.zeros(index.days, dtype=np.int64)
    there = valid[first][:, None] & np.isfinite(values[first])
    some = there.any(axis=1)
    sums = np.where(there, values[first], 0).sum(axis=1, dtype=np.float64)
    energy[at[some]], gaps[at[some]] = sums[some], (~there).sum(axis=1)[some]
    start = date(1970, 1, 1) + timedelta(days=index.first_day)
    days = tuple(start + timedelta(days=day) for day in range(index.days))
    return MeterDays(days[-MOST_DAYS:], energy[-MOST_DAYS:], gaps[-MOST_DAYS:])


def _window(folder: Path, run: FleetRun) -> Window:
    """Return the first and the last day of the run that have a row of the master."""
    with open_curves(folder) as file:
        index = index_curves(file, [read_meters(folder).master_id], run.since, run.until)
    first = date(1970, 1, 1) + timedelta(days=index.first_day)
    return Window(first, first + timedelta(days=index.days - 1))


def _key(folder: Path, first: date, last: date) -> str:
    states = [stored(folder, name).stat() for name in (CURVES, METERS)]
    parts = [
        os.fspath(folder.resolve()),
        *(f"{s.st_size} {s.st_mtime_ns}" for s in states),
        f"{first} {last}",
    ]
    return "fleet:days:" + hashlib.sha256("\n".join(parts).encode(errors="surrogateescape")).hexdigest()
