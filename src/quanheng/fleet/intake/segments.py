"""Segments: files of readings that survive whatever kills their writer.

A segment that is being written is ``NAME.csv.open``, locked by its writer and only appended to; its bytes are on the
disk before a writer says that they are kept.  Closed, it is ``NAME.csv``, or ``NAME.parquet`` where it was written at
once.  What a killed writer left is cut behind its last whole line and closed by whoever comes next.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from quanheng.fleet.intake.places import sync_folder
from quanheng.fleet.intake.rows import CHECK, COLUMNS, ENERGY_HEADING, Row, is_whole, line_of
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS

_OPEN = ".open"
_UNFINISHED = ".tmp-"
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
_KINDS = (INTERVALS, REGISTERS)


def segment_name(at: datetime, source: str, kind: str, suffix: str) -> str:
    """Return the name of a segment, which begins with the moment in UTC and ends with what its energies are."""
    safe = _UNSAFE.sub("_", source)[:80] or "_"
    return f"{at:%Y%m%dT%H%M%S}.{at:%f}-{safe}-{kind}{suffix}"


def kind_of_segment(path: Path) -> str | None:
    """Return what the energies of a segment are; None where a file is no segment."""
    return next((kind for kind in _KINDS if path.stem.endswith(f"-{kind}")), None)


def closed_segments(folder: Path) -> list[Path]:
    """Return the segments that may be read, the oldest first."""
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if path.suffix in {".csv", ".parquet"})
    return sorted(path for path in found if not path.name.startswith(".") and kind_of_segment(path))


def open_segments(folder: Path) -> list[Path]:
    """Return the segments that are being written, or that a killed writer left."""
    return sorted(folder.glob(f"*.csv{_OPEN}")) if folder.is_dir() else []


def recover(folder: Path) -> list[Path]:
    """Close what killed writers left; return the segments.  Those of living writers are not touched."""
    recovered = []
    for path in open_segments(folder):
        try:
            stream = path.open("r+b")
        except FileNotFoundError:  # closed by its writer meanwhile
            continue
        with stream:
            if _is_locked(stream):
                continue
            rows = _cut(stream)
            if not path.exists():
                continue
            if not rows:
                path.unlink()
                continue
            recovered.append(_close(path))
    for left in folder.glob(f"{_UNFINISHED}*") if folder.is_dir() else []:
        _remove_abandoned(left)
    return recovered


def is_sound(path: Path) -> bool:
    """Whether a closed segment is as it was written."""
    try:
        if path.suffix == ".parquet":
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                return all(batch.num_rows for batch in file.iter_batches())
        with path.open("rb") as stream:
            heading = stream.readline()
            return heading == _heading(kind_of_segment(path) or "") and all(map(is_whole, stream))
    except (pa.ArrowException, OSError, KeyError):
        return False


class Writer:
    """Appends rows of one kind to segments; ``append`` returns when the disk has them."""

    def __init__(self, folder: Path, source: str, kind: str) -> None:
        self._folder, self._source, self._kind = folder, source, kind
        self._stream: BinaryIO | None = None
        self._path = folder
        self.rows = 0  # in the open segment
        self.opened_at: datetime | None = None

    def __enter__(self) -> Writer:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the open segment."""
        self.close()

    def append(self, rows: Sequence[Row], now: datetime) -> None:
        """Write rows and wait for the disk.

        Raises OSError where it refuses; what a segment holds then is cut off, so that it stays whole lines.
        """
        if not rows:
            return
        stream = self._stream or self._begin(now)
        before = stream.seek(0, os.SEEK_END)
        try:
            _write(stream, "".join([line_of(row.cells) for row in rows]).encode())
            os.fdatasync(stream.fileno())
        except OSError:
            stream.truncate(before)
            raise
        self.rows += len(rows)

    def close(self) -> Path | None:
        """End the open segment; return it, None where there is none."""
        if self._stream is None:
            return None
        os.fsync(self._stream.fileno())
        closed = _close(self._path)
        self._stream.close()
        self._stream, self.rows, self.opened_at = None, 0, None
        return closed

    def _begin(self, now: datetime) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=_UNFINISHED)
        stream = os.fdopen(handle, "r+b", buffering=0)
        try:
            # Locked and headed before it has its name: whoever recovers never sees it without either.
            fcntl.flock(stream, fcntl.LOCK_EX)
            _write(stream, _heading(self._kind))
            os.fsync(handle)
            self._path = self._folder / (segment_name(now, self._source, self._kind, ".csv") + _OPEN)
            Path(name).rename(self._path)
            sync_folder(self._folder)
        except BaseException:
            stream.close()
            Path(name).unlink(missing_ok=True)
            raise
        self._stream, self.opened_at = stream, now
        return stream


def _write(stream: BinaryIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


def _heading(kind: str) -> bytes:
    names = [ENERGY_HEADING[kind] if name == "kwh" else name for name in COLUMNS]
    return f"{','.join([*names, CHECK])}\n".encode()


def _cut(stream: BinaryIO) -> int:
    """Cut a segment behind its last whole line; return how many rows are left."""
    place = len(stream.readline())
    rows = 0
    for line in stream:
        if not is_whole(line):
            break
        place += len(line)
        rows += 1
    stream.truncate(place)
    stream.flush()
    os.fsync(stream.fileno())
    return rows


def _close(path: Path) -> Path:
    closed = path.with_name(path.name.removesuffix(_OPEN))
    path.rename(closed)
    sync_folder(path.parent)
    return closed


def _is_locked(stream: BinaryIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _remove_abandoned(path: Path) -> None:
    """Remove a file that never got its name, unless its writer lives."""
    try:
        with path.open("rb") as stream:
            if not _is_locked(stream):
                path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
