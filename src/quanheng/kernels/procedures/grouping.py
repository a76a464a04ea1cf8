"""Rows that belong together, and the numbers made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quanheng.kernels.procedures.comparison import significant
from quanheng.kernels.procedures.model import How
from quanheng.kernels.procedures.scope import Mask
from quanheng.kernels.procedures.sheet import Column, Indices, Numbers


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups in the order of their instruments and first rows.

    ``order`` puts the rows of a group beside each other, in the order given; ``start`` (groups,) is where each
    begins in it; ``of_row`` (rows,) is the group of each row.
    """

    order: Indices
    start: Indices
    of_row: Indices

    @property
    def first(self) -> Indices:
        """The first row of each group."""
        return self.order[self.start]

    @property
    def sizes(self) -> Indices:
        """How many rows each group has."""
        return np.diff(np.append(self.start, len(self.order)))


def grouped(owner: Indices, keys: Sequence[Column]) -> Groups:
    """Return the groups of rows of one instrument with equal keys; numbers are equal to 12 digits."""
    if not len(owner):
        none = np.empty(0, dtype=np.intp)
        return Groups(none, none, none)
    columns = [np.nan_to_num(significant(key.astype(np.float64)), nan=np.inf, posinf=np.inf) for key in keys]
    order = np.lexsort((*columns, owner))
    changes = np.zeros(len(owner), dtype=bool)
    changes[0] = True
    for column in (owner, *columns):
        ranked = column[order]
        changes[1:] |= ranked[1:] != ranked[:-1]
    # Groups by their first rows, not by their keys: as they stand on the sheet.
    first = order[np.flatnonzero(changes)]
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    of_row = np.empty(len(owner), dtype=np.intp)
    of_row[order] = rank[np.cumsum(changes) - 1]
    order = np.argsort(of_row, kind="stable")
    start = np.searchsorted(of_row[order], np.arange(len(first)))
    return Groups(order, start, of_row)


def statistic(how: How, values: Numbers, groups: Groups, mask: Mask) -> Numbers:
    """Return one number for each group, of the rows for which ``mask`` holds.

    NaN where there is no such row or one of them is NaN, and for `How.STD` (experimental standard deviation, GUM
    4.2.2) where there are fewer than two.
    """
    chosen = groups.order[mask[groups.order]]
    group = groups.of_row[chosen]
    size = len(groups.start)
    count = np.bincount(group, minlength=size).astype(np.float64)
    if how is How.COUNT:
        return count
    x = values[chosen]
    result = np.full(size, np.nan)
    has = np.flatnonzero(count > 0)
    if not len(has):
        return result
    begin = np.searchsorted(group, has)
    end = begin + count[has].astype(np.intp) - 1
    result[has] = _REDUCED[how](x, begin, end)
    return result


def _mean(x: Numbers, begin: Indices, end: Indices) -> Numbers:
    return np.asarray(np.add.reduceat(x, begin) / (end - begin + 1))


def _std(x: Numbers, begin: Indices, end: Indices) -> Numbers:
    n = end - begin + 1
    deviations = x - np.repeat(_mean(x, begin, end), n)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(np.add.reduceat(deviations**2, begin) / (n - 1)))


# One number for each run of x from begin to end; the runs follow one another without a gap.
_REDUCED: Mapping[How, Callable[[Numbers, Indices, Indices], Numbers]] = {
    How.FIRST: lambda x, begin, _: x[begin],
    How.LAST: lambda x, _, end: x[end],
    How.MAX: lambda x, begin, _: np.maximum.reduceat(x, begin),
    How.MIN: lambda x, begin, _: np.minimum.reduceat(x, begin),
    How.RANGE: lambda x, begin, _: np.maximum.reduceat(x, begin) - np.minimum.reduceat(x, begin),
    How.MAX_ABS: lambda x, begin, _: np.maximum.reduceat(np.abs(x), begin),
    How.SUM: lambda x, begin, _: np.add.reduceat(x, begin),
    How.MEAN: _mean,
    How.STD: _std,
}
