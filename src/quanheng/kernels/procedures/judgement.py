"""What came out for each instrument: verdict, points, reasons, and what is not confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from math import floor, isfinite, log10
from typing import NamedTuple

import numpy as np

from quanheng.kernels.procedures.decisions import judge_label
from quanheng.kernels.procedures.lookup import NO_ROW
from quanheng.kernels.procedures.measuring import Measured
from quanheng.kernels.procedures.model import Cited, Conclusion, Period, Procedure, Stage
from quanheng.kernels.procedures.notes import About, Note, figure
from quanheng.kernels.procedures.readout import Point, Readout, starts
from quanheng.kernels.procedures.scope import Scope
from quanheng.kernels.procedures.sheet import FAILED, PASSED, Codes, Indices, Sheet

__all__ = [
    "Judgement",
    "Outcome",
    "Point",
    "Reason",
    "Unconfirmed",
    "failure",
    "legible",
    "limits_text",
    "places",
]

_DIGITS = 3  # of an error that a person reads
_MOST_PLACES = 9


class Outcome(IntEnum):
    """A verdict, as it stands in arrays."""

    REJECTED = 0
    PASSED = 1
    UNDETERMINED = 2

    @property
    def word(self) -> str:
        """The verdict in results: rejected, passed or undetermined."""
        return self.name.lower()


class Reason(NamedTuple):
    """What decided a verdict."""

    test: str
    title: str
    clause: str | None
    regulation: str
    text: str


class Unconfirmed(NamedTuple):
    """Something the verdict rests on that was not compared with the official text."""

    what: str
    regulation: str
    clause: str | None
    confidence: str
    source: str
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """The result of `judge`; ``outcomes`` and ``of_measured`` (instruments,) hold an `Outcome`.

    ``of_measured`` is the verdict on what was measured, whatever is missing beside it.  ``assumed`` are the tables
    that defaults were taken from: name, instruments, lines.
    """

    procedure: Procedure
    sheet: Sheet
    stage: Stage
    instruments: Scope
    measured: Mapping[str, Measured]
    checks: Mapping[str, Codes]
    notes: tuple[Note, ...]
    assumed: tuple[tuple[str, Indices, Indices], ...]
    outcomes: Codes
    of_measured: Codes

    def outcome(self, instrument: int) -> Outcome:
        """Return the verdict on an instrument, counted from 0."""
        return Outcome(int(self.outcomes[instrument]))

    def conclusion(self, instrument: int) -> Conclusion:
        """Return the wording of the verdict, and what follows from it."""
        said: Conclusion = getattr(self.procedure.conclusions, self.outcome(instrument).word)
        return said

    def said(self, instrument: int, about: About) -> list[str]:
        """Return the sentences about an instrument."""
        return [
            note.text_at(at)
            for note, start in self._notes
            if note.about == about
            for at in range(start[instrument], start[instrument + 1])
        ]

    def points(self, instrument: int) -> Iterator[Point]:
        """Yield every decision on an instrument, test by test."""
        for readout in self._readouts:
            yield from readout.points(instrument)

    def statistics(self, instrument: int) -> Iterator[tuple[str, int, dict[str, float]]]:
        """Yield test, first row and statistics of every group of readings of an instrument."""
        for name, measured in self.measured.items():
            wanted = self.procedure.tests[name].statistics
            first = measured.groups.first
            for at in places(measured.rows.owner[first], instrument) if wanted else ():
                numbers = {key: float(measured.of_groups[key][at]) for key in wanted}
                yield name, int(measured.rows.number[first[at]]), numbers

    def decided_by(self, instrument: int) -> list[Reason]:
        """Return what decided: what failed, else everything that passed; nothing where the verdict is open."""
        match self.outcome(instrument):
            case Outcome.REJECTED:
                return list(self._failures(instrument))
            case Outcome.PASSED:
                return list(self._successes(instrument))
        return []

    def unconfirmed(self, instrument: int) -> list[Unconfirmed]:
        """Return what the decisions on an instrument rest on that is not confirmed, each thing once."""
        marks: dict[Unconfirmed, None] = {}
        for readout in self._readouts:
            if readout.judge.table is None and readout.places(instrument):
                marks[self._entries[id(readout)]] = None
            for name, lines in readout.lines(instrument):
                marks |= self._marks(name, lines)
        for (name, _, taken), start in self._assumed:
            marks |= self._marks(name, tuple(taken[start[instrument] : start[instrument + 1]].tolist()))
        return list(marks)

    def period(self, instrument: int) -> Period | None:
        """Return for how long a verification of this instrument holds; None where the file does not say."""
        one = self.instruments.part(np.array([instrument], dtype=np.intp))
        return next((p for p in self.procedure.period if one.holds(p.when, self.stage)[0]), None)

    @cached_property
    def _readouts(self) -> list[Readout]:
        return [
            Readout(self.procedure, measured, decisions, self.sheet.size)
            for measured in self.measured.values()
            for decisions in measured.decisions
        ]

    @cached_property
    def _entries(self) -> dict[int, Unconfirmed]:
        """What is judged by formulas of the entries themselves."""
        return {
            id(one): self._mark(f"{one.test.title}：{judge_label(one.judge, one.test)}", one.judge)
            for one in self._readouts
        }

    @cached_property
    def _notes(self) -> list[tuple[Note, list[int]]]:
        return [(note, starts(note.owner, self.sheet.size)) for note in self.notes]

    @cached_property
    def _assumed(self) -> list[tuple[tuple[str, Indices, Indices], list[int]]]:
        return [(one, starts(one[1], self.sheet.size)) for one in self.assumed]

    def _failures(self, instrument: int) -> Iterator[Reason]:
        for readout in self._readouts:
            if readout.has_failed(instrument):
                used = [lines for _, lines in readout.lines(instrument)]
                for at, point in enumerate(readout.points(instrument)):
                    if point.passed is False:
                        cited = readout.cited(tuple(lines[at] for lines in used))
                        yield Reason(point.test, point.title, *cited, failure(point))
        yield from self._of_checks(instrument, FAILED, "不合格")

    def _successes(self, instrument: int) -> Iterator[Reason]:
        for readout in self._readouts:
            here = readout.places(instrument)
            if here:
                text = f"{judge_label(readout.judge, readout.test)} {len(here)} 处全部在限值之内。"
                cited = readout.cited(tuple(lines[0] for _, lines in readout.lines(instrument)))
                yield Reason(readout.decisions.test, readout.test.title, *cited, text)
        yield from self._of_checks(instrument, PASSED, "合格")

    def _of_checks(self, instrument: int, wanted: int, word: str) -> Iterator[Reason]:
        own = self.procedure.regulation.document
        for name, codes in self.checks.items():
            if codes[instrument] == wanted:
                check = self.procedure.checks[name]
                yield Reason(
                    name, check.text, check.clause, check.regulation or own, f"{check.text}：{word}。"
                )

    def _marks(self, name: str, lines: tuple[int, ...]) -> dict[Unconfirmed, None]:
        """Return the marks of some lines of a table."""
        key = name, lines
        if key not in self._known_marks:
            table = self.procedure.tables[name]
            self._known_marks[key] = dict.fromkeys(
                self._mark(table.label, *(() if line == NO_ROW else (table.rows[line],)), table)
                for line in dict.fromkeys(lines)
            )
        return self._known_marks[key]

    @cached_property
    def _known_marks(self) -> dict[tuple[str, tuple[int, ...]], dict[Unconfirmed, None]]:
        return {}

    def _mark(self, what: str, *sources: Cited) -> Unconfirmed:
        """Return what is known of where something stands; the first source that says so counts."""
        own = self.procedure.regulation
        lacks = frozenset[str]().union(own.lacks, *(source.lacks for source in sources))
        return Unconfirmed(
            what,
            next((s.regulation for s in sources if s.regulation), own.document),
            next((s.clause for s in sources if s.clause), own.clause),
            next((s.confidence for s in sources if s.confidence), own.confidence).value,
            next((s.source for s in sources if s.source), own.source),
            tuple(sorted(lacks)),
        )


def places(owner: Indices, instrument: int) -> range:
    """Return where an instrument stands in a sorted column of owners."""
    begin, end = np.searchsorted(owner, [instrument, instrument + 1])
    return range(int(begin), int(end))


def limits_text(lower: float, upper: float, unit: str) -> str:
    """Return limits as a person writes them.

    >>> limits_text(-2.5, 2.5, "g"), limits_text(-4, 1, "%"), limits_text(float("-inf"), 5, "g")
    ('±2.5 g', '-4～1 %', '≤ 5 g')
    """
    unit = f" {unit}" if unit else ""
    if lower == -upper:
        return f"±{figure(upper)}{unit}"
    if np.isinf(lower):
        return f"≤ {figure(upper)}{unit}"
    return f"≥ {figure(lower)}{unit}" if np.isinf(upper) else f"{figure(lower)}～{figure(upper)}{unit}"


def failure(point: Point) -> str:
    """Return the sentence on a decision that failed."""
    unit = f" {point.unit}" if point.unit else ""
    rounded = f"，修约后 {figure(legible(point.judged, point))}{unit}" if point.judged != point.error else ""
    where = f"第 {point.row} 行{'起的一组' if point.by_group else ''}"
    limits = limits_text(point.lower, point.upper, point.unit)
    return f"{where}：{point.label} {figure(legible(point.error, point))}{unit}{rounded}，超出限值 {limits}。"


def legible(value: float, point: Point) -> float:
    """Return a value without digits that nobody reads: a thousandth of the limit, more where that decides."""
    limit = max(abs(bound) for bound in (point.lower, point.upper, 0.0) if isfinite(bound))
    if np.isnan(point.lower) or np.isnan(point.upper) or not limit:
        return value
    first = _DIGITS - floor(log10(limit))
    sides = value < point.lower, value > point.upper
    for digits in range(first, first + _MOST_PLACES):
        rounded = round(value, digits)
        if (rounded < point.lower, rounded > point.upper) == sides:
            return rounded
    return value
