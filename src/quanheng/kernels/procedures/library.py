"""The procedure files that come with the software, and which of them holds for a kind on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from quanheng.kernels.procedures.model import Procedure, Served
from quanheng.kernels.procedures.read import read_procedure


class UnknownKind(ValueError):
    """No file is for that kind; ``near`` are names like it."""

    def __init__(self, asked: str, near: tuple[str, ...]) -> None:
        self.asked, self.near = asked, near
        hint = f"是否应为{'、'.join(f'“{name}”' for name in near)}？" if near else ""
        super().__init__(f"没有“{asked}”的检定规程。{hint}")


class NoEditionInForce(ValueError):
    """The kind has files, but none of them holds on that day."""

    def __init__(self, asked: str, on: date, editions: tuple[Edition, ...]) -> None:
        self.asked, self.on, self.editions = asked, on, editions
        known = "；".join(f"{one.procedure.regulation.document}（{one.days}）" for one in editions)
        super().__init__(f"{on} 没有“{asked}”的有效检定规程。已有的：{known}。")


@dataclass(frozen=True, slots=True)
class Edition:
    """A file and one kind that it serves, with the first and the last day; None where that is open."""

    file: str
    procedure: Procedure
    served: Served

    @property
    def from_(self) -> date | None:
        """The later of the day of the regulation and that of the kind."""
        days = (self.procedure.regulation.in_force_from, self.served.from_)
        return max((day for day in days if day), default=None)

    @property
    def to(self) -> date | None:
        """The earlier of the last days of both."""
        days = (self.procedure.regulation.in_force_to, self.served.to)
        return min((day for day in days if day), default=None)

    @property
    def days(self) -> str:
        """The days as a person reads them."""
        if self.from_ is None and self.to is None:
            return "起止日期未载"
        return f"{self.from_ or '…'} 至 {self.to or '今'}"

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return (self.from_ is None or self.from_ <= on) and (self.to is None or on <= self.to)

    def overlaps(self, other: Edition) -> bool:
        """Whether both hold on some day."""
        first, last = date.min, date.max
        return (self.from_ or first) <= (other.to or last) and (other.from_ or first) <= (self.to or last)


class Library:
    """Procedures by the name of their file."""

    def __init__(self, procedures: Mapping[str, Procedure]) -> None:
        self.procedures = dict(procedures)
        self.editions = tuple(
            Edition(name, procedure, served)
            for name, procedure in self.procedures.items()
            for served in procedure.serves
        )
        self._by_name: dict[str, list[Edition]] = {}
        for edition in self.editions:
            for name in (edition.served.kind, *edition.served.names):
                self._by_name.setdefault(name, []).append(edition)

    def of(self, kind_or_name: str) -> tuple[Edition, ...]:
        """Return every edition for a kind of the registry, or for another name of it, the earliest first.

        Raises
        ------
        UnknownKind
            None has that name.
        """
        asked = kind_or_name.strip()
        found = self._by_name.get(asked)
        if found is None:
            raise UnknownKind(asked, tuple(get_close_matches(asked, self._by_name, n=3)))
        return tuple(sorted(found, key=lambda edition: (edition.from_ or date.min, edition.file)))

    def edition(self, kind_or_name: str, on: date) -> Edition:
        """Return the edition in force on a day.

        Raises
        ------
        UnknownKind
            There is no file for it.
        NoEditionInForce
            None of its editions holds on that day.
        """
        editions = self.of(kind_or_name)
        for edition in editions:
            if edition.holds(on):
                return edition
        raise NoEditionInForce(kind_or_name.strip(), on, editions)

    def find(self, kind_or_name: str, on: date) -> Procedure:
        """Return the procedure in force on a day; raises as `edition`."""
        return self.edition(kind_or_name, on).procedure

    def doubles(self) -> list[tuple[Edition, Edition]]:
        """Return pairs of editions that hold for one name on one day: there must be none."""
        return [
            (first, second)
            for editions in self._by_name.values()
            for at, first in enumerate(editions)
            for second in editions[at + 1 :]
            if first.overlaps(second)
        ]


def packaged_text(name: str) -> bytes:
    """Return the text of a packaged file by its name, without ``.yaml``.

    Raises
    ------
    KeyError
        There is none.
    """
    found = files("quanheng.kernels.procedures").joinpath("regulations", f"{name}.yaml")
    if not name.isidentifier() or not found.is_file():
        raise KeyError(name)
    return found.read_bytes()


def packaged_names() -> tuple[str, ...]:
    """Return the names of the packaged files."""
    folder = files("quanheng.kernels.procedures").joinpath("regulations")
    return tuple(
        sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))
    )


@cache
def packaged_procedures() -> Library:
    """Return the procedures that come with the software."""
    return Library({name: read_procedure(packaged_text(name), packaged_text) for name in packaged_names()})
