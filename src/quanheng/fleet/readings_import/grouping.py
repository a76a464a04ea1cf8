"""Rows of many meters, area by area."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanheng.fleet.readings_import.area_rows import AreaRows
from quanheng.fleet.readings_import.book import Book, Meter
from quanheng.fleet.readings_import.headings import VOLTAGE_COLUMNS
from quanheng.fleet.store_meters import MASTER
from quanheng.kernels.fleet.area import PHASES


class Grouping:
    """Knows the area of every meter of a book, which may grow."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._numbers: dict[str, int] = {}  # of areas
        self._area = np.zeros(0, dtype=np.int64)  # of each meter

    def areas(self, meters: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the number of each meter's area."""
        if len(self._area) != len(self._book.meters):
            numbers = [
                self._numbers.setdefault(meter.area, len(self._numbers)) for meter in self._book.meters
            ]
            self._area = np.array(numbers, dtype=np.int64)
        return self._area[meters]

    def parts(self, count: int) -> Callable[[NDArray[np.int32]], NDArray[np.int64]]:
        """Return a function that says which of ``count`` parts each row belongs to; an area is in one."""
        return lambda meters: self.areas(meters) % count

    def split(self, part: pa.Table) -> Iterator[tuple[str, list[Meter], AreaRows]]:
        """Yield each area of a part, its meters (the master first) and its rows, in the order that they came."""
        if not part.num_rows:
            return
        columns = {
            name: column.to_numpy() for name, column in zip(part.column_names, part.columns, strict=True)
        }
        area = self.areas(columns["meter"])
        names = list(self._numbers)
        order = np.argsort(area, kind="stable")
        bounds = np.flatnonzero(np.diff(area[order], prepend=-1, append=-1))
        for start, stop in pairwise(bounds):
            name = names[int(area[order[start]])]
            chosen = order[start:stop]
            is_run = chosen[-1] - chosen[0] == chosen.size - 1
            rows = slice(int(chosen[0]), int(chosen[-1]) + 1) if is_run else chosen
            yield name, *self._rows({key: values[rows] for key, values in columns.items()}, name)

    def _rows(self, columns: dict[str, NDArray[Any]], area: str) -> tuple[list[Meter], AreaRows]:
        numbers = [at for at, meter in enumerate(self._book.meters) if meter.area == area]
        numbers.sort(key=lambda at: (self._book.meters[at].role != MASTER, self._book.meters[at].meter))
        meters = [self._book.meters[at] for at in numbers]
        place = np.full(len(self._book.meters), -1, dtype=np.int64)
        place[numbers] = np.arange(len(numbers))
        volts = np.stack([columns[name] for name in VOLTAGE_COLUMNS], axis=1)
        own = np.array([PHASES.index(meter.phase) if meter.phase in PHASES else 0 for meter in meters])
        meter = place[columns["meter"]]
        single = np.flatnonzero(~np.isnan(columns["volts"]))
        volts[single, own[meter[single]]] = columns["volts"][single]
        return meters, AreaRows(meter, columns["second"], columns["value"], volts, columns["origin"])
