"""Where something is wrong in readings, and what: all of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

MOST_PROBLEMS = 500
"""Beyond, they are only counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: ``text`` says where for a person; row and line count from 1.

    ``path`` says where in the document of a readings file, such as ("readings", "weighing", 0, "load") with rows
    from 0; with several instruments ("instruments", 0, ...) goes before it.  Empty where a file has no such place.
    """

    text: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place, in Chinese."""

    place: Place
    reason: str

    def __str__(self) -> str:
        return f"{self.place.text}：{self.reason}" if self.place.text else self.reason


class BadReadings(ValueError):
    """Readings that are not judged; ``problems`` are all that was found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...], count: int | None = None) -> None:
        self.problems = problems
        self.count = len(problems) if count is None else count
        super().__init__("\n".join(map(str, problems)))


@dataclass(slots=True)
class Problems:
    """Collects; ``count`` goes on where nothing more is kept."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0
    _known: set[Problem] = field(default_factory=set)

    def add(self, place: Place, reason: str) -> None:
        """Note that something is wrong; once, though it be read for many instruments."""
        if len(self.kept) == MOST_PROBLEMS:
            self.count += 1
        elif (problem := Problem(place, reason)) not in self._known:
            self.count += 1
            self.kept.append(problem)
            self._known.add(problem)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.kept)

    def refuse(self) -> None:
        """Raise BadReadings if there is any, in the order of the file."""
        if self.count:
            sheets = list(dict.fromkeys(problem.place.sheet for problem in self.kept))
            kept = sorted(self.kept, key=lambda one: (sheets.index(one.place.sheet), one.place.row or 0))
            raise BadReadings(tuple(kept), self.count)
