"""What was seen of the meters of a lot: each failed between two ages, or still conforms, since it came under watch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.lifetime.errors import BadLifetime, Problem

FloatArray = NDArray[np.float64]

OLDEST = 200.0  # [year] an age beyond this is a slip of the pen
_MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """``count`` meters with the same story; ages in years since the first verification.

    ``last_good`` is the age when they were last found conforming (0: never looked at before), ``first_bad`` the age
    when they were found nonconforming (inf: still conforming).  ``entry`` is the age at which they came under watch:
    meters that had failed before would not be in the data (left truncation); 0 where every meter of the lot could
    have been seen.
    """

    last_good: float
    first_bad: float = inf
    entry: float = 0.0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Stories without doubles, sorted: arrays of shape (g,), ages [year], ``count`` [meter]."""

    entry: FloatArray
    left: FloatArray
    right: FloatArray
    count: FloatArray

    @property
    def meters(self) -> int:
        """How many meters were seen."""
        return int(self.count.sum())

    @property
    def failed(self) -> int:
        """How many were found nonconforming."""
        return int(self.count[np.isfinite(self.right)].sum())

    @property
    def seen_until(self) -> FloatArray:
        """The age [year] of the last look at each story, shape (g,)."""
        return np.where(np.isfinite(self.right), self.right, self.left)

    @property
    def oldest(self) -> float:
        """The highest age [year] at which a meter was looked at."""
        return float(self.seen_until.max())

    @property
    def inspection_ages(self) -> FloatArray:
        """The different ages [year] at which something was seen, ascending."""
        ages = np.concatenate((self.left, self.right[np.isfinite(self.right)]))
        return np.unique(ages[ages > 0])


def lifetimes(rows: Iterable[Seen]) -> Lifetimes:
    """Return the stories of a lot; those that tell nothing (never looked at after the entry) are left out.

    Raises
    ------
    BadLifetime
        With all bad rows: an age that is no number, negative or beyond reason; an interval that is reversed or has no
        width; an entry later than the last good age; a count that is not positive.  Also where no row is left.
    """
    kept: dict[tuple[float, float, float], int] = {}
    problems: list[Problem] = []
    for at, row in enumerate(rows, 1):
        found = problems_of(row, at)
        problems += found
        if not found and (isfinite(row.first_bad) or row.last_good > row.entry):
            key = (float(row.entry), float(row.last_good), float(row.first_bad))
            kept[key] = kept.get(key, 0) + row.count
    if problems:
        raise BadLifetime(problems=problems)
    if not kept:
        raise BadLifetime("没有一只表在进入观察以后检查过。")
    keys = np.array(sorted(kept), dtype=np.float64)
    count = np.array([kept[key] for key in sorted(kept)], dtype=np.float64)
    if count.sum() > _MOST:
        raise BadLifetime(f"表的总数超过 {_MOST:,}。")
    return Lifetimes(keys[:, 0], keys[:, 1], keys[:, 2], count)


def seen_once(age: float, conforming: int, nonconforming: int) -> list[Seen]:
    """Return the rows of one sample: so many meters, none looked at before, all found on one day at ``age`` [year]."""
    rows = [Seen(age, count=conforming)] if conforming else []
    return rows + ([Seen(0.0, age, count=nonconforming)] if nonconforming else [])


def problems_of(
    row: Seen, at: int, names: Sequence[str] = ("entry", "last_good", "first_bad", "count")
) -> list[Problem]:
    """Return what is wrong with a row; ``names`` are the headings of entry, last good, first bad and count."""
    entry, last, first, count = names
    ages = ((entry, row.entry), (last, row.last_good), (first, row.first_bad))
    found = [
        Problem(
            at,
            name,
            "年龄不是数值。" if isnan(value) else f"年龄应在 0～{OLDEST:g} 年之间，这里是 {value:g}。",
        )
        for name, value in ages
        if isnan(value) or not (0 <= value <= OLDEST or (name == first and value == inf))
    ]
    if row.count < 1:
        found.append(Problem(at, count, f"只数应为正整数，这里是 {row.count}。"))
    if found:
        return found
    if row.first_bad == row.last_good:
        return [Problem(at, first, f"区间宽度为零：{row.last_good:g} 年时不能既合格又不合格。")]
    if row.first_bad < row.last_good:
        return [
            Problem(at, first, f"区间颠倒：{row.first_bad:g} 年时不合格，而 {row.last_good:g} 年时还合格。")
        ]
    if row.entry > row.last_good:
        return [
            Problem(
                at,
                entry,
                f"进入观察的年龄 {row.entry:g} 年晚于最后合格的年龄 {row.last_good:g} 年：进入观察时应当合格。",
            )
        ]
    return []
