"""One month of one area: what is stored, what is new, and both together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanheng.fleet.readings_import.area_rows import AreaRows
from quanheng.fleet.readings_import.rejections import Rejections
from quanheng.fleet.store_decode import ALL_COLUMNS, Layout, decode_curves
from quanheng.fleet.store_errors import BadArea
from quanheng.fleet.store_format import MINUTES_PER_DAY, curves_table
from quanheng.fleet.store_index import index_curves, open_curves

_MINUTE = 60
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """Curves (4, k, D, N) of k meters: energy [kWh] and three voltages [V]; NaN where there is no number."""

    first_day: int  # since 1970
    curves: NDArray[np.float32]
    origin: NDArray[np.int64]  # (k, D) a row of the import that brought numbers; 0: none did

    def without_empty_days(self) -> Month:
        """Return the month without the voltages of days that have no energy, which are not stored."""
        empty = ~np.isfinite(self.curves[0]).any(axis=2)
        if not empty.any():
            return self
        curves = self.curves.copy()
        curves[:, empty] = np.nan
        return Month(self.first_day, curves, self.origin)

    def with_meters(self, meters: int) -> Month:
        """Return the month with further meters that have no numbers."""
        more = meters - self.curves.shape[1]
        if not more:
            return self
        curves = np.pad(self.curves, ((0, 0), (0, more), (0, 0), (0, 0)), constant_values=np.nan)
        return Month(self.first_day, curves, np.pad(self.origin, ((0, more), (0, 0))))

    def table(self, area: str, meters: Sequence[str]) -> pa.Table:
        """Return the days that have energy as rows of curves.parquet, meter by meter."""
        meter, day = np.nonzero(np.isfinite(self.curves[0]).any(axis=2))
        energy, *voltages = self.curves[:, meter, day]
        days = (self.first_day + day).astype(np.int32)
        return curves_table(area, [meters[int(at)] for at in meter], days, energy, voltages)


def months_of(days: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Return the month of days since 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]")


def new_months(rows: AreaRows, step: int, meters: int, *, at_start: bool) -> Iterator[Month]:
    """Lay the rows, whose values are energies, into months of intervals of ``step`` [min].

    A row belongs to the interval that ends with it, or ``at_start`` that begins with it.
    """
    intervals = MINUTES_PER_DAY // step
    slot = rows.second // (_MINUTE * step) - (0 if at_start else 1)
    day, interval = np.divmod(slot, intervals)
    month = months_of(day)
    for start in np.unique(month):
        inside = np.flatnonzero(month == start)
        first = int(start.astype("datetime64[D]").astype(int))
        length = int((start + 1).astype("datetime64[D]").astype(int)) - first
        curves = np.full((4, meters, length, intervals), np.nan, dtype=np.float32)
        origin = np.zeros((meters, length), dtype=np.int64)
        place = rows.meter[inside], day[inside] - first, interval[inside]
        curves[0][place] = rows.value[inside]
        for phase in range(3):
            curves[1 + phase][place] = rows.volts[inside, phase]
        begins = inside[np.diff(place[0] * length + place[1], prepend=-1) != 0]
        origin[rows.meter[begins], day[begins] - first] = rows.origin[begins]
        yield Month(first, curves, origin)


def stored_month(folder: Path, meters: Sequence[str], first_day: int, days: int) -> Month | None:
    """Read days of the store; None where it has none of them.  BadArea where they cannot be read."""
    with open_curves(folder) as file:
        since, until = (date.fromordinal(_EPOCH_ORDINAL + first_day + at) for at in (0, days - 1))
        try:
            index = index_curves(file, meters, since, until)
        except BadArea as error:
            if error.code == "too_few_data":
                return None
            raise
        k = len(meters)
        layout = Layout(3 * np.arange(k), np.full(k, ALL_COLUMNS, dtype=np.int8), 3 * k)
        decoded = decode_curves(file, index, layout)
    energy = decoded.energy.reshape(k, index.days, -1)
    curves = np.full((4, k, days, energy.shape[2]), np.nan, dtype=np.float32)
    inside = slice(index.first_day - first_day, index.first_day - first_day + index.days)
    curves[0][:, inside] = energy
    curves[1:, :, inside] = decoded.voltage.reshape(k, 3, index.days, -1).swapaxes(0, 1)
    return Month(first_day, curves, np.zeros((k, days), dtype=np.int64))


def merged(old: Month, new: Month, rejections: Rejections, names: Sequence[str], *, replace: bool) -> Month:
    """Return both months together: numbers fill what is missing.

    A day of a meter whose numbers differ keeps the old ones, and the new day is rejected; with
    ``replace`` the new numbers are taken.
    """
    is_new = np.isfinite(new.curves)
    differs = (is_new & np.isfinite(old.curves) & (old.curves != new.curves)).any(axis=(0, 3))  # (k, D)
    taken = is_new
    if differs.any() and not replace:
        meter, day = np.nonzero(differs)
        dates = (new.first_day + day).astype("datetime64[D]")
        said = [f"{names[int(at)]}（{on}）" for at, on in zip(meter, dates, strict=True)]
        count = int(is_new[0][differs].sum())
        rejections.add(new.origin[meter, day], "", "day_differs", said, count=count)
        taken = is_new & ~differs[None, :, :, None]
    return Month(old.first_day, np.where(taken, new.curves, old.curves), new.origin)
