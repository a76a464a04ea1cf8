"""Verdicts from rows, one point at a time; what is wrong is said with the place that the row came from."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from quanheng.kernels.traceability.errors import BadTraceability
from quanheng.kernels.traceability.histories import History
from quanheng.kernels.traceability.verdicts import Verdicts

Refuse = Callable[[str], BadTraceability]
Use = tuple[tuple[str, float], ...]
"""Codes of standards with their sensitivities."""


class Records:
    """Collects points; those of one verification may stand apart."""

    def __init__(self, histories: Sequence[History]) -> None:
        self._codes = {known.code: at for at, known in enumerate(histories)}
        self._since = {known.code: known.calibrations[0].day for known in histories}
        self._index: dict[str, int] = {}
        self._heads: list[tuple[int, bool]] = []
        self._uses: list[dict[str, int]] = []
        self._owner = array("q")
        self._numbers = [array("d") for _ in range(4)]
        self._kinds: dict[Use, int] = {}
        self._kind = array("q")

    def __len__(self) -> int:
        """Return the number of verifications."""
        return len(self._heads)

    def add(
        self,
        number: str,
        day: int,
        passed: bool,
        point: tuple[float, float, float, float],
        use: Use,
        refuse: Refuse,
    ) -> None:
        """Add a point: error, lower and upper limit, standard uncertainty.

        Raises
        ------
        BadTraceability
            Limits in the wrong order or none at all, a negative uncertainty, a standard that is not known or was
            not yet calibrated, a verification with two days or two verdicts.
        """
        _error, lower, upper, u = point
        if not lower < upper:
            raise refuse(f"下限应当小于上限，这里是 {lower:g} 和 {upper:g}。")
        if lower == -np.inf and upper == np.inf:
            raise refuse("上限和下限至少要有一个。")
        if u < 0:
            raise refuse(f"标准不确定度应当不小于零，这里是 {u:g}。")
        at = self._index.setdefault(number, len(self._heads))
        if at == len(self._heads):
            self._heads.append((day, passed))
            self._uses.append({})
        elif self._heads[at] != (day, passed):
            raise refuse(f"检定记录 {number} 前后的日期或结论不同。")
        self._check(use, day, refuse)
        for code, _sensitivity in use:
            self._uses[at].setdefault(code, len(self._uses[at]))
        self._owner.append(at)
        for column, value in zip(self._numbers, point, strict=True):
            column.append(value)
        self._kind.append(self._kinds.setdefault(use, len(self._kinds)))

    def _check(self, use: Use, day: int, refuse: Refuse) -> None:
        if not use:
            raise refuse("没有写明所用的标准器。")
        for code, _sensitivity in use:
            if code not in self._codes:
                raise refuse(f"标准器“{code}”不在文件中。")
            if day < self._since[code]:
                raise refuse(f"标准器“{code}”在第一次校准以前就使用了。")

    def verdicts(self) -> Verdicts:
        """Return what was collected.

        Raises
        ------
        BadTraceability
            Nothing was.
        """
        if not self._heads:
            raise BadTraceability("一份检定记录也没有。")
        owner = np.array(self._owner)
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        error, lower, upper, u = (np.array(column)[order] for column in self._numbers)
        width = max(len(used) for used in self._uses)
        uses = np.array(
            [[*(self._codes[code] for code in used), *[-1] * (width - len(used))] for used in self._uses]
        )
        first = np.searchsorted(owner, np.arange(len(self._heads)))
        return Verdicts(
            list(self._index),
            np.array([day for day, _passed in self._heads]),
            np.array([passed for _day, passed in self._heads]),
            uses,
            first,
            error,
            lower,
            upper,
            self._sensitivity(uses[owner], np.array(self._kind)[order]),
            u,
        )

    def _sensitivity(
        self,
        uses: np.ndarray[tuple[int, int], np.dtype[np.int64]],
        kind: np.ndarray[tuple[int], np.dtype[np.int64]],
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Return the sensitivities (P, K): each kind of use has one for every standard, 0 for those it has not."""
        table = np.zeros((len(self._kinds), len(self._codes) + 1))
        for use, at in self._kinds.items():
            for code, value in use:
                table[at, self._codes[code]] = value
        return table[kind[:, None], uses]


def as_use(given: Mapping[str, float]) -> Use:
    """Return a mapping of standards to sensitivities as a `Use`."""
    return tuple(given.items())
