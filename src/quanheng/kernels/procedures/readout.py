"""Columns of decisions as values of one instrument at a time, fast also where there are a hundred thousand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.procedures.decisions import Decisions, judge_label, judge_unit
from quanheng.kernels.procedures.lookup import NO_ROW, half_width
from quanheng.kernels.procedures.measuring import Measured
from quanheng.kernels.procedures.model import Cited, Judge, Procedure, Test
from quanheng.kernels.procedures.sheet import Indices

_AT_ONCE = 512


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
    half_width: float
    standard_uncertainty: float
    degrees_of_freedom: float
    expanded_uncertainty: float
    coverage_factor: float
    probability_of_conformity: float
    passed: bool | None
    clause: str | None
    values: dict[str, float]


class Readout:
    """The decisions of one judge entry, instrument by instrument."""

    def __init__(self, procedure: Procedure, measured: Measured, decisions: Decisions, size: int) -> None:
        self.decisions = decisions
        self.test: Test = procedure.tests[decisions.test]
        self.judge: Judge = self.test.judge[decisions.at]
        self._procedure, self._measured = procedure, measured
        self._size = size
        self._start = starts(decisions.owner, size)
        self._failed = decisions.decided & ~decisions.passed
        self._chunk = -1
        self._points: list[Point] = []
        self._cited: dict[tuple[int, ...], tuple[str | None, str]] = {}

    def places(self, instrument: int) -> range:
        """Return where the decisions on an instrument stand in the columns."""
        return range(self._start[instrument], self._start[instrument + 1])

    def has_failed(self, instrument: int) -> bool:
        """Whether a decision on an instrument is negative."""
        here = self.places(instrument)
        return bool(self._failed[here.start : here.stop].any())

    def points(self, instrument: int) -> list[Point]:
        """Return the decisions on an instrument.  They are made for many at once: neighbours come cheap."""
        chunk = instrument // _AT_ONCE
        first = chunk * _AT_ONCE
        if chunk != self._chunk:
            last = min(first + _AT_ONCE, self._size)
            self._points = self._made(slice(self._start[first], self._start[last]))
            self._chunk = chunk
        here, offset = self.places(instrument), self._start[first]
        return self._points[here.start - offset : here.stop - offset]

    def lines(self, instrument: int) -> list[tuple[str, tuple[int, ...]]]:
        """Return the tables that decided on an instrument, each with its lines."""
        here = self.places(instrument)
        return [(name, tuple(lines[here.start : here.stop].tolist())) for name, lines in self.decisions.used]

    def cited(self, lines: tuple[int, ...]) -> tuple[str | None, str]:
        """Return clause and document of a decision by these lines of the tables used.

        They are those of the judge entry, else of the line, else of the table.
        """
        if lines not in self._cited:
            sources: list[Cited] = [self.judge]
            for (name, _), line in zip(self.decisions.used, lines, strict=True):
                table = self._procedure.tables[name]
                sources += [table] if line == NO_ROW else [table.rows[line], table]
            clause = next((source.clause for source in sources if source.clause), None)
            own = self._procedure.regulation.document
            self._cited[lines] = clause, next((s.regulation for s in sources if s.regulation), own)
        return self._cited[lines]

    def _made(self, rows: slice) -> list[Point]:
        found, test = self.decisions, self.test
        factor = self._procedure.coverage_factor
        lower, upper, u = found.lower[rows], found.upper[rows], found.standard_uncertainty[rows]
        verdicts = zip(found.decided[rows].tolist(), found.passed[rows].tolist(), strict=True)
        passed = [passed if decided else None for decided, passed in verdicts]
        lines = list(zip(*(used[rows].tolist() for _, used in found.used), strict=True))
        clauses = [self.cited(one)[0] for one in lines] if found.used else [self.cited(())[0]] * len(u)
        numbers = (
            found.number[rows], found.reference[rows], found.indication[rows], found.value[rows], found.judged[rows],
            lower, upper, half_width(lower, upper), u, found.degrees_of_freedom[rows], factor * u,
            found.probability_of_conformity[rows],
        )  # fmt: skip
        label, unit, by_group = judge_label(self.judge, test), judge_unit(self.judge, test), found.by_group
        return [
            Point(
                found.test, test.title, label, row, by_group, reference, indication, error, judged, unit,
                low, high, half, standard, degrees, expanded, factor, probability, verdict, clause, values,
            )
            for (row, reference, indication, error, judged, low, high, half, standard, degrees, expanded,
                 probability), verdict, clause, values
            in zip(
                zip(*(one.tolist() for one in numbers), strict=True),
                passed, clauses, self._values(rows), strict=True,
            )
        ]  # fmt: skip

    def _values(self, rows: slice) -> list[dict[str, float]]:
        """Return the computed values of each row, or the statistics of each group."""
        measured, test = self._measured, self.test
        named: Mapping[str, object] = test.statistics if self.decisions.by_group else test.values
        scope = measured.of_groups if self.decisions.by_group else measured.scope
        places = self.decisions.rows[rows]
        columns = [scope[name][places].tolist() for name in named]
        if not columns:
            return [{} for _ in places]
        return [dict(zip(named, numbers, strict=True)) for numbers in zip(*columns, strict=True)]


def starts(owner: Indices, size: int) -> list[int]:
    """Return where each of ``size`` owners begins in a sorted column, and where the last one ends."""
    counts: NDArray[np.intp] = np.bincount(owner, minlength=size)
    return [0, *np.cumsum(counts).tolist()]
