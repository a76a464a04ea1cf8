"""What is to be said about instruments beside their results: who it concerns, and the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.procedures.scope import Mask
from quanheng.kernels.procedures.sheet import Indices

_PLAIN_FROM, _PLAIN_TO, _PLACES = 1e-9, 1e15, 20


class About(StrEnum):
    """What a note says: the first two leave the verdict open."""

    MISSING = "missing"
    FINDING = "finding"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence about some instruments; ``numbers`` (owners,) fill its braces."""

    about: About
    owner: Indices
    text: str
    numbers: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def text_at(self, at: int) -> str:
        """Return the sentence about the owner at a place of the columns."""
        if not self.numbers:
            return self.text.format()
        return self.text.format(**{name: figure(column[at]) for name, column in self.numbers.items()})


class Notes:
    """Notes as they are made."""

    def __init__(self) -> None:
        self.made: list[Note] = []

    def add(
        self,
        about: About,
        where: Mask,
        text: str,
        *,
        owner: Indices | None = None,
        **numbers: Any,
    ) -> None:
        """Say ``text`` of the owners of the rows where ``where`` holds; of the instruments, without owners."""
        at = np.flatnonzero(where)
        if len(at):
            owners = at if owner is None else owner[at]
            self.made.append(
                Note(about, owners, text, {name: np.asarray(column)[at] for name, column in numbers.items()})
            )


def figure(number: float) -> str:
    """Return a number as a person writes it: twelve digits, none of them noise, a true minus.

    >>> figure(0.1 + 0.2), figure(-1500.0), figure(float("nan"))
    ('0.3', '-1500', '—')
    """
    if np.isnan(number):
        return "—"
    if np.isinf(number):
        return "-∞" if number < 0 else "∞"
    text = f"{number:.12g}"
    if "e" in text and _PLAIN_FROM < abs(number) < _PLAIN_TO:
        text = f"{float(text):.{_PLACES}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
