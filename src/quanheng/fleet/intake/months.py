"""Which whole months of an area have readings that were not estimated yet.

A month is known by the bytes of its rows and by the list of meters; what was estimated stands in
``AREA/state/estimated.json``, so that nothing is estimated twice and late readings are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from quanheng.base.disk import write_atomic
from quanheng.fleet.intake.places import Intake
from quanheng.fleet.states import state_path
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_files import CURVES, METERS, stored
from quanheng.fleet.store_index import open_curves, read_groups

_LEDGER = Path("state", "estimated.json")


@dataclass(frozen=True, slots=True)
class Seen:
    """The readings of an area as they are: size and time of the file, what each whole month holds."""

    stamp: tuple[int, int]
    months: Mapping[str, str]  # 2026-10 → SHA-256


@dataclass(frozen=True, slots=True)
class Todo:
    """An area with months to estimate, the oldest first; the last one is the last whole month that it has."""

    folder: Path
    months: tuple[date, ...]
    seen: Seen

    @property
    def key(self) -> str:
        """Return what the answer depends on."""
        return hashlib.sha256(
            json.dumps([self.folder.name, *sorted(self.seen.months.items())]).encode()
        ).hexdigest()


def todo_of(folder: Path, today: date, taken_at: datetime | None = None) -> Todo | None:
    """Return what is to be estimated of an area; None where nothing is, or its readings cannot be read.

    ``taken_at`` is when the latest results of the area were taken in: of an area that this was never asked of, readings
    that are older were estimated then.
    """
    try:
        stamp = _stamp(folder)
        before = _ledger(folder)
        if before is not None and before.stamp == stamp:
            return None
        seen = Seen(stamp, _whole_months(folder, today))
    except (BadArea, OSError):
        return None
    if before is None and taken_at is not None and stamp[1] <= taken_at.timestamp() * 1e9:
        remember(folder, seen)
        return None
    known = before.months if before is not None else {}
    if not any(known.get(month) != print_ for month, print_ in seen.months.items()):
        # The running month has grown; it is looked at when it has ended.
        return None
    months = [_first(name) for name in sorted(seen.months)]
    wanted = [
        month
        for month in months
        if known.get(f"{month:%Y-%m}") != seen.months[f"{month:%Y-%m}"]
        or not state_path(folder, month).exists()
    ]
    return Todo(folder, tuple(dict.fromkeys([*wanted, months[-1]])), seen)


def remember(folder: Path, seen: Seen) -> None:
    """Write down what was estimated."""
    body = {"curves": seen.stamp, "months": dict(seen.months)}
    write_atomic(folder / _LEDGER, json.dumps(body).encode())


def results_path(intake: Intake, month: date) -> Path:
    """Return where the results up to a month are written before they are taken in."""
    return intake.estimates / f"{month:%Y-%m}.parquet"


def _ledger(folder: Path) -> Seen | None:
    try:
        said = json.loads((folder / _LEDGER).read_bytes())
        return Seen((int(said["curves"][0]), int(said["curves"][1])), dict(said["months"]))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _stamp(folder: Path) -> tuple[int, int]:
    found = stored(folder, CURVES).stat()
    return found.st_size, found.st_mtime_ns


def _whole_months(folder: Path, today: date) -> dict[str, str]:
    """Return the hash of each month that has ended."""
    meters = stored(folder, METERS)
    listed = meters.read_bytes() if meters.is_file() else b""
    hashes: dict[str, hashlib._Hash] = {}
    with open_curves(folder) as file, stored(folder, CURVES).open("rb") as stream:
        for group in range(file.metadata.num_row_groups):
            begin, size = _extent(file.metadata.row_group(group))
            stream.seek(begin)
            data = stream.read(size)
            for month in _months_of(file, group):
                if month < f"{today:%Y-%m}":
                    hashes.setdefault(month, hashlib.sha256(listed)).update(data)
    return {month: found.hexdigest() for month, found in hashes.items()}


def _extent(group: pq.RowGroupMetaData) -> tuple[int, int]:
    columns = [group.column(at) for at in range(group.num_columns)]
    begins = [column.dictionary_page_offset or column.data_page_offset for column in columns]
    return min(begins), sum(column.total_compressed_size for column in columns)


def _months_of(file: pq.ParquetFile, group: int) -> Iterator[str]:
    days = read_groups(file, (group,), ["day"])["day"].to_numpy().astype("datetime64[M]")
    yield from (str(month) for month in np.unique(days))


def _first(name: str) -> date:
    return date.fromisoformat(f"{name}-01")
