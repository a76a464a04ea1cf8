"""The rows of one area: sorted, on one grid of time, each moment once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quanheng.fleet.readings_import.rejections import Rejections
from quanheng.fleet.store_format import STEPS

_SHOWN = 3


@dataclass(frozen=True, slots=True, eq=False)
class AreaRows:
    """R rows in the order of meter and time."""

    meter: NDArray[np.int64]  # (R,) place of the meter in its area
    second: NDArray[np.int64]  # (R,) on the area's clock, since 1970
    value: NDArray[np.float64]  # (R,) [kWh] register or energy
    volts: NDArray[np.float32]  # (R, 3) [V]
    origin: NDArray[np.int64]  # (R,)

    def __len__(self) -> int:
        return int(self.meter.size)

    def only(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Return some of the rows."""
        return replace(
            self,
            meter=self.meter[rows],
            second=self.second[rows],
            value=self.value[rows],
            volts=self.volts[rows],
            origin=self.origin[rows],
        )

    def sorted(self) -> Self:
        """Return the rows by meter and time; equal ones as they came."""
        key = (self.meter << 40) + self.second
        return self if bool((np.diff(key) >= 0).all()) else self.only(np.argsort(key, kind="stable"))

    @property
    def follows(self) -> NDArray[np.bool_]:
        """Return (R,) whether the row before is of the same meter."""
        follows = np.zeros(len(self), dtype=bool)
        follows[1:] = self.meter[1:] == self.meter[:-1]
        return follows


def step_of(rows: AreaRows) -> int | None:
    """Return the minutes between the readings of most meters: 15, 30 or 60; None where no two rows are so apart."""
    steps = _steps(rows)
    counts = np.bincount(steps[steps > 0], minlength=max(STEPS) + 1)
    return int(counts.argmax()) if counts.any() else None


def on_grid(rows: AreaRows, step: int, rejections: Rejections) -> AreaRows:
    """Return the rows that lie on the grid of ``step`` [min], of meters that are read at it; reject others."""
    steps = _steps(rows)
    other = (steps > 0) & (steps != step)
    foreign = other[rows.meter]
    if foreign.any():
        said = [f"{steps[meter]} 分钟" for meter in rows.meter[foreign][: rejections.room]]
        rejections.add(rows.origin[foreign], "", "mixed_resolution", said)
    off = ~foreign & (rows.second % (60 * step) != 0)
    if off.any():
        moments = rows.second[off][: rejections.room].astype("datetime64[s]")
        rejections.add(
            rows.origin[off], "", "off_grid", [str(moment).replace("T", " ") for moment in moments]
        )
    return rows.only(~foreign & ~off) if foreign.any() or off.any() else rows


def once(rows: AreaRows, rejections: Rejections) -> tuple[AreaRows, int]:
    """Return the rows with each moment once, and how many identical ones were dropped.

    Rows of one moment that say different things are rejected, all of them, naming the first.
    """
    same = rows.follows & (np.diff(rows.second, prepend=-1) == 0)
    if not same.any():
        return rows, 0
    group = np.cumsum(~same) - 1
    first = np.flatnonzero(~same)[group]
    differs = _differs(rows.value, rows.value[first])
    differs |= _differs(rows.volts, rows.volts[first]).any(axis=1)
    bad = np.zeros(int(group[-1]) + 1, dtype=bool)
    bad[group[differs]] = True
    if differs.any():
        _report(rows, np.flatnonzero(differs), first, rejections)
        rejections.counts["contradiction"] += int(bad.sum())  # the first of each, which is not taken either
    return rows.only(~same & ~bad[group]), int((same & ~bad[group]).sum())


def _report(
    rows: AreaRows, later: NDArray[np.int64], first: NDArray[np.int64], rejections: Rejections
) -> None:
    details = []
    for at in later[: rejections.room]:
        before = first[at]
        file, line = rejections.place(int(rows.origin[before]))
        moment = str(rows.second[at].astype("datetime64[s]")).replace("T", " ")
        details.append(
            f"{file} 第 {line} 行为 {rows.value[before]:.10g}，本行为 {rows.value[at]:.10g}（{moment}）"
        )
    rejections.add(rows.origin[later], "", "contradiction", details)


def _steps(rows: AreaRows) -> NDArray[np.int64]:
    """Return (meters,) the usual minutes between a meter's rows; 0 where no two are 15, 30 or 60 apart."""
    meters = int(rows.meter.max(initial=-1)) + 1
    apart = np.diff(rows.second, prepend=0) // 60
    minutes = np.array(sorted(STEPS))
    counts = np.stack(
        [np.bincount(rows.meter[rows.follows & (apart == step)], minlength=meters) for step in minutes]
    )
    return np.where(counts.any(axis=0), minutes[counts.argmax(axis=0)], 0)


def _differs(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.bool_]:
    differs: NDArray[np.bool_] = ~((one == other) | (np.isnan(one) & np.isnan(other)))
    return differs
