"""Rows set aside on disk, so that memory holds a part of the areas at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanheng.fleet.readings_import.coding import SCHEMA

# A part in memory takes several times its size on disk while it is sorted.
_PART_BYTES = 128 << 20
_MOST_PARTS = 256


def parts_for(input_bytes: int) -> int:
    """Return how many parts keep each small; a row takes about as many bytes set aside as in a file."""
    return int(np.clip(input_bytes // _PART_BYTES + 1, 1, _MOST_PARTS))


class Spill:
    """Rows of `SCHEMA` in parts; all rows of an area are in one part, in the order in which they came."""

    def __init__(
        self, folder: Path, parts: int, part_of: Callable[[NDArray[np.int32]], NDArray[np.int64]]
    ) -> None:
        self._paths = [folder / f"{part}.arrows" for part in range(parts)]
        self._writers = [pa.ipc.new_stream(str(path), SCHEMA) for path in self._paths]
        self._part_of = part_of

    def add(self, rows: pa.RecordBatch) -> None:
        """Set rows aside."""
        if len(self._writers) == 1:
            self._writers[0].write_batch(rows)
            return
        part = self._part_of(rows.column("meter").to_numpy())
        order = np.argsort(part, kind="stable")
        bounds = np.searchsorted(part[order], np.arange(len(self._writers) + 1))
        ordered = rows.take(pa.array(order))
        for writer, start, stop in zip(self._writers, bounds[:-1], bounds[1:], strict=True):
            if stop > start:
                writer.write_batch(ordered.slice(start, stop - start))

    def parts(self) -> Iterator[pa.Table]:
        """Yield the parts, and remove each once it has been used."""
        self.close()
        for path in self._paths:
            with pa.memory_map(str(path)) as source:
                yield pa.ipc.open_stream(source).read_all()
            path.unlink()

    def close(self) -> None:
        """End the files."""
        for writer in self._writers:
            writer.close()
        self._writers = []
