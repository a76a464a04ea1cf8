"""What a life model cannot be made of; the reason is Chinese, for the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad value: ``row`` counts from 1 (of a file: the line), ``column`` is its heading, empty for the row."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = f"第 {self.row} 行，“{self.column}”：" if self.column else f"第 {self.row} 行："
        return place + self.reason


class BadLifetime(ValueError):
    """Bad data: all ``problems``, or one ``reason`` that is of no row."""

    def __init__(self, reason: str = "", problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        shown = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            shown.append(f"还有 {len(self.problems) - _SHOWN} 处。")
        self.reason = reason or "\n".join(shown)
        super().__init__(self.reason)
