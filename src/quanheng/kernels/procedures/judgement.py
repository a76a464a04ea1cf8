"""What came out for each instrument: verdict, points, reasons, and what is not confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from quanheng.kernels.procedures.decisions import Decisions, judge_label, judge_unit
from quanheng.kernels.procedures.lookup import NO_ROW
from quanheng.kernels.procedures.measuring import Measured
from quanheng.kernels.procedures.model import Cited, Conclusion, Judge, Period, Procedure, Stage
from quanheng.kernels.procedures.notes import About, Note, figure
from quanheng.kernels.procedures.scope import Scope
from quanheng.kernels.procedures.sheet import FAILED, PASSED, Codes, Indices, Sheet


class Outcome(IntEnum):
    """A verdict, as it stands in arrays."""

    REJECTED = 0
    PASSED = 1
    UNDETERMINED = 2

    @property
    def word(self) -> str:
        """The verdict in results: rejected, passed or undetermined."""
        return self.name.lower()


class Point(NamedTuple):
    """One decision on one instrument; numbers are in ``unit``, NaN where there is none, limits infinite where none.

    ``error`` is the judged value, ``judged`` the same after rounding; ``passed`` is None where it is open.
    ``row`` counts the readings of the instrument in this test; for a group it is the first of them.
    """

    test: str
    title: str
    label: str
    row: int
    by_group: bool
    reference: float
    indication: float
    error: float
    judged: float
    unit: str
    lower: float
    upper: float
    standard_uncertainty: float
    degrees_of_freedom: float
    expanded_uncertainty: float
    coverage_factor: float
    probability_of_conformity: float
    passed: bool | None
    clause: str | None
    values: dict[str, float]


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
        return [text for note in self.notes if note.about is about for text in note.texts(instrument)]

    def points(self, instrument: int) -> Iterator[Point]:
        """Yield every decision on an instrument, test by test."""
        for _, decisions in self._decisions():
            for at in places(decisions.owner, instrument):
                yield self._point(decisions, at)

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
        for judge, decisions in self._decisions():
            here = places(decisions.owner, instrument)
            if len(here) and judge.table is None:
                test = self.procedure.tests[decisions.test]
                marks[self._mark(f"{test.title}：{judge_label(judge, test)}", judge)] = None
            for name, lines in decisions.used:
                marks |= dict.fromkeys(self._marks(name, lines[here.start : here.stop]))
        for name, owner, lines in self.assumed:
            here = places(owner, instrument)
            marks |= dict.fromkeys(self._marks(name, lines[here.start : here.stop]))
        return list(marks)

    def period(self, instrument: int) -> Period | None:
        """Return for how long a verification of this instrument holds; None where the file does not say."""
        one = self.instruments.part(np.array([instrument], dtype=np.intp))
        return next((p for p in self.procedure.period if one.holds(p.when, self.stage)[0]), None)

    def cited(self, judge: Judge, decisions: Decisions, at: int) -> tuple[str | None, str]:
        """Return clause and document of a decision: those of the judge entry, else of the line, else of the table."""
        sources: list[Cited] = [judge]
        for name, lines in decisions.used:
            table = self.procedure.tables[name]
            line = int(lines[at])
            sources += [table] if line == NO_ROW else [table.rows[line], table]
        own = self.procedure.regulation.document
        clause = next((source.clause for source in sources if source.clause), None)
        return clause, next((source.regulation for source in sources if source.regulation), own)

    def _decisions(self) -> Iterator[tuple[Judge, Decisions]]:
        for name, measured in self.measured.items():
            yield from zip(self.procedure.tests[name].judge, measured.decisions, strict=True)

    def _point(self, decisions: Decisions, at: int) -> Point:
        test = self.procedure.tests[decisions.test]
        judge = test.judge[decisions.at]
        measured = self.measured[decisions.test]
        scope, names = (
            (measured.of_groups, test.statistics) if decisions.by_group else (measured.scope, test.values)
        )
        place = decisions.rows[at]
        factor = self.procedure.coverage_factor
        u = float(decisions.standard_uncertainty[at])
        return Point(
            decisions.test, test.title, judge_label(judge, test), int(decisions.number[at]), decisions.by_group,
            float(decisions.reference[at]), float(decisions.indication[at]),
            float(decisions.value[at]), float(decisions.judged[at]), judge_unit(judge, test),
            float(decisions.lower[at]), float(decisions.upper[at]),
            u, float(decisions.degrees_of_freedom[at]), factor * u, factor,
            float(decisions.probability_of_conformity[at]),
            bool(decisions.passed[at]) if decisions.decided[at] else None,
            self.cited(judge, decisions, at)[0],
            {name: float(scope[name][place]) for name in names},
        )  # fmt: skip

    def _failures(self, instrument: int) -> Iterator[Reason]:
        for judge, decisions in self._decisions():
            for at in places(decisions.owner, instrument):
                if decisions.decided[at] and not decisions.passed[at]:
                    yield Reason(
                        decisions.test,
                        self.procedure.tests[decisions.test].title,
                        *self.cited(judge, decisions, at),
                        failure(self._point(decisions, at)),
                    )
        yield from self._of_checks(instrument, FAILED, "不合格")

    def _successes(self, instrument: int) -> Iterator[Reason]:
        for judge, decisions in self._decisions():
            here = places(decisions.owner, instrument)
            if len(here):
                test = self.procedure.tests[decisions.test]
                text = f"{judge_label(judge, test)} {len(here)} 处全部在限值之内。"
                yield Reason(decisions.test, test.title, *self.cited(judge, decisions, here[0]), text)
        yield from self._of_checks(instrument, PASSED, "合格")

    def _of_checks(self, instrument: int, wanted: int, word: str) -> Iterator[Reason]:
        own = self.procedure.regulation.document
        for name, codes in self.checks.items():
            if codes[instrument] == wanted:
                check = self.procedure.checks[name]
                yield Reason(
                    name, check.text, check.clause, check.regulation or own, f"{check.text}：{word}。"
                )

    def _marks(self, name: str, lines: Indices) -> Iterator[Unconfirmed]:
        table = self.procedure.tables[name]
        for line in dict.fromkeys(lines.tolist()):
            row = () if line == NO_ROW else (table.rows[line],)
            yield self._mark(table.label, *row, table)

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
    rounded = f"，修约后 {figure(point.judged)}{unit}" if point.judged != point.error else ""
    where = f"第 {point.row} 行{'起的一组' if point.by_group else ''}"
    limits = limits_text(point.lower, point.upper, point.unit)
    return f"{where}：{point.label} {figure(point.error)}{unit}{rounded}，超出限值 {limits}。"
