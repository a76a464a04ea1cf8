"""Readings of many instruments as columns: what `judge` works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Codes = NDArray[np.int16]
Indices = NDArray[np.intp]
Column = Numbers | Codes
"""Numbers in the unit of the procedure file, NaN where missing; or positions in the choices, -1 where missing."""

FAILED, PASSED, NOT_CHECKED = 0, 1, -1


@dataclass(frozen=True, slots=True)
class Rows:
    """Readings of one test, sorted by instrument.

    ``owner`` (rows,) is the position of the instrument, ``number`` (rows,) counts the rows of each from 1.
    A column may be a reading, or a field of the reference standard that changes from row to row.
    """

    owner: Indices
    number: Indices
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Readings of ``size`` instruments; every column of an instrument has the shape (size,).

    A column that is absent is missing for all.  ``checks`` holds PASSED, FAILED or NOT_CHECKED.
    """

    size: int
    instrument: Mapping[str, Column] = field(default_factory=dict)
    environment: Mapping[str, Column] = field(default_factory=dict)
    standard: Mapping[str, Column] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)
    tests: Mapping[str, Rows] = field(default_factory=dict)
    checks: Mapping[str, Codes] = field(default_factory=dict)


def rows_of(owner: Indices, columns: Mapping[str, Column]) -> Rows:
    """Return rows in the order of their instruments; those of one instrument stay in the order given."""
    order = np.argsort(owner, kind="stable")
    owner = np.asarray(owner, dtype=np.intp)[order]
    first = np.searchsorted(owner, owner, side="left")
    number = np.arange(1, len(owner) + 1) - first
    return Rows(owner, number, {name: column[order] for name, column in columns.items()})
