"""The names that a formula may use at some rows, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.expressions import evaluate
from quanheng.kernels.procedures.comparison import COMPARISONS
from quanheng.kernels.procedures.formula import Condition, Formula
from quanheng.kernels.procedures.model import Stage
from quanheng.kernels.procedures.sheet import Codes, Indices, Numbers

Mask = NDArray[np.bool_]


class Scope(Mapping[str, Numbers]):
    """Numbers and choices of ``size`` rows; those of an outer scope are fetched when they are asked for.

    ``owner`` (size,) is the row of the outer scope that each row belongs to; without it they are the same rows.
    """

    def __init__(self, size: int, outer: Scope | None = None, owner: Indices | None = None) -> None:
        self.size = size
        self._outer, self._owner = outer, owner
        self._numbers: dict[str, Numbers] = {}
        self._choices: dict[str, tuple[Codes, tuple[str, ...]]] = {}

    def __getitem__(self, name: str) -> Numbers:
        if name not in self._numbers:
            if self._outer is None:
                raise KeyError(name)
            outer = self._outer[name]
            self._numbers[name] = outer if self._owner is None else outer[self._owner]
        return self._numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def put(self, name: str, numbers: Numbers) -> None:
        """Set a number for each row."""
        self._numbers[name] = np.broadcast_to(np.asarray(numbers, dtype=np.float64), (self.size,))

    def put_choice(self, name: str, codes: Codes, choices: tuple[str, ...]) -> None:
        """Set a choice for each row."""
        self._choices[name] = codes, choices

    def choice(self, name: str) -> tuple[Codes, tuple[str, ...]] | None:
        """Return the positions (size,) and the choices they are positions in; None where it is no choice."""
        if name not in self._choices:
            found = self._outer.choice(name) if self._outer is not None else None
            if found is None:
                return None
            self._choices[name] = (found[0] if self._owner is None else found[0][self._owner]), found[1]
        return self._choices[name]

    def value(self, formula: Formula) -> Numbers:
        """Return what a formula gives for each row."""
        return np.broadcast_to(np.asarray(evaluate(formula.node, self), dtype=np.float64), (self.size,))

    def holds(self, when: Mapping[str, Condition], stage: Stage) -> Mask:
        """Return for which rows all conditions hold; what is missing does not hold."""
        result = np.ones(self.size, dtype=bool)
        for name, condition in when.items():
            result &= self._holds(name, condition, stage)
        return result

    def _holds(self, name: str, condition: Condition, stage: Stage) -> Mask:
        if name == "stage":
            return np.full(self.size, stage.value in condition.values)
        if condition.operator:
            return COMPARISONS[condition.operator](self[name], condition.limit)
        found = self.choice(name)
        if found is None:
            raise KeyError(name)
        codes, choices = found
        wanted = [at for at, choice in enumerate(choices) if choice in condition.values]
        return np.isin(codes, wanted)

    def part(self, rows: Indices) -> Scope:
        """Return the scope of some of the rows."""
        return Scope(len(rows), self, rows)
