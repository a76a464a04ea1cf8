"""Registers, which count up, and the energies of the intervals between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quanheng.fleet.readings_import.area_rows import AreaRows
from quanheng.fleet.readings_import.headings import INTERVALS, REGISTERS
from quanheng.fleet.readings_import.rejections import Rejections

# Differences of registers are exact to their last digit; this many decimals [kWh] keep every real one.
_DECIMALS = 6
# A register turns over within this part of its capacity, which has at least so many digits …
_NEAR, _LEAST_DIGITS = 0.001, 4
# … and the interval is not beyond so many times the meter's largest other one.
_PLAUSIBLE = 20.0
_LEAST_CHANGES, _ENOUGH_FOR_A_FALL, _FALLS = 4, 10, 0.02


@dataclass(frozen=True, slots=True)
class Fall:
    """A register that fell: it turned over, or it began anew and the energy is unknown."""

    meter: int
    second: int
    before: float
    after: float
    is_rollover: bool

    @property
    def moment(self) -> str:
        """Return when the lower value was read, on the area's clock."""
        return str(np.datetime64(self.second, "s")).replace("T", " ")


def kind_of(rows: AreaRows) -> str | None:
    """Return REGISTERS where the values of most meters only grow, INTERVALS where not; None: too few changes."""
    meters = int(rows.meter.max(initial=-1)) + 1
    change = np.diff(rows.value, prepend=0.0)
    changed = rows.follows & (change != 0) & ~np.isnan(change)
    changes = np.bincount(rows.meter[changed], minlength=meters)
    falls = np.bincount(rows.meter[changed & (change < 0)], minlength=meters)
    voting = changes >= _LEAST_CHANGES
    if not voting.any():
        return None
    allowed = np.maximum(_FALLS * changes, changes >= _ENOUGH_FOR_A_FALL)
    growing = (falls <= allowed)[voting]
    return REGISTERS if growing.mean() > 0.5 else INTERVALS  # noqa: PLR2004 - most


def energies(rows: AreaRows, step: int, rejections: Rejections) -> tuple[AreaRows, list[Fall]]:
    """Return the rows with the energy [kWh] of the interval that ends at each, NaN where it is unknown.

    A value below zero, and a single one that agrees with neither neighbour, are rejected. Between
    readings further apart than ``step`` [min] nothing is known. Returns also where registers fell.
    """
    negative = rows.value < 0
    if negative.any():
        rejections.add(
            rows.origin[negative], "", "negative_register", _said(rows.value[negative], rejections)
        )
        rows = rows.only(~negative)
    rows = rows.only(~np.isnan(rows.value)) if np.isnan(rows.value).any() else rows
    jumps = _jumps(rows)
    if jumps.any():
        rejections.add(rows.origin[jumps], "", "register_jumps", _said(rows.value[jumps], rejections))
        rows = rows.only(~jumps)
    follows = rows.follows
    energy = np.where(follows, np.diff(rows.value, prepend=0.0), np.nan)
    falls = []
    fallen = np.flatnonzero(energy < 0)
    largest = np.zeros(int(rows.meter.max(initial=-1)) + 1)
    np.maximum.at(largest, rows.meter[follows], energy[follows])
    for at in fallen:
        before, after = float(rows.value[at - 1]), float(rows.value[at])
        energy[at] = _over(before, after, float(largest[rows.meter[at]]))
        is_rollover = not np.isnan(energy[at])
        falls.append(Fall(int(rows.meter[at]), int(rows.second[at]), before, after, is_rollover))
    energy[np.diff(rows.second, prepend=0) != 60 * step] = np.nan
    return replace(rows, value=np.round(energy, _DECIMALS).astype(np.float64)), falls


def _jumps(rows: AreaRows) -> NDArray[np.bool_]:
    """Return (R,) whether a value lies outside of its two neighbours, which agree with each other."""
    jumps = np.zeros(len(rows), dtype=bool)
    if len(rows) > 2:  # noqa: PLR2004 - a value and two neighbours
        before, value, after = rows.value[:-2], rows.value[1:-1], rows.value[2:]
        same = rows.meter[:-2] == rows.meter[2:]
        jumps[1:-1] = same & (before <= after) & ((value < before) | (value > after))
    return jumps


def _over(before: float, after: float, largest: float) -> float:
    """Return the energy across a turn-over, NaN where the fall is none.

    >>> round(_over(99999.7, 0.4, 1.2), 6), _over(5400.0, 0.0, 1.2)
    (0.7, nan)
    """
    digits = max(int(np.ceil(np.log10(before))), 0) if before > 0 else 0
    capacity = 10.0**digits
    energy = capacity - before + after
    is_near = digits >= _LEAST_DIGITS and capacity - before <= _NEAR * capacity
    return energy if is_near and energy <= max(_PLAUSIBLE * largest, 1.0) else float("nan")


def _said(values: NDArray[np.float64], rejections: Rejections) -> list[str]:
    return [f"{value:.10g}" for value in values[: rejections.room]]
