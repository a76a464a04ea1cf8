"""One test: readings into values, values into statistics, both into decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quanheng.kernels.expressions import in_order
from quanheng.kernels.procedures.coverage import note_points_not_met
from quanheng.kernels.procedures.decisions import Deciding, Decisions, Place, is_of_groups
from quanheng.kernels.procedures.fill import Filling, assumed, safe
from quanheng.kernels.procedures.grouping import Groups, grouped, statistic
from quanheng.kernels.procedures.model import Given, How, Procedure, Stage, Test
from quanheng.kernels.procedures.notes import About, Notes
from quanheng.kernels.procedures.scope import Mask, Scope
from quanheng.kernels.procedures.sheet import Column, Indices, Numbers, Rows, Sheet


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out of a test: its rows, their groups, and the decisions made."""

    rows: Rows
    scope: Scope
    groups: Groups
    of_groups: Scope
    decisions: tuple[Decisions, ...]

    def number(self, name: str, how: How, size: int) -> Numbers:
        """Return one number for each of ``size`` instruments, of a value of the rows or a statistic of the groups."""
        of_groups = name in self.of_groups and name not in self.scope
        scope, owner = (
            (self.of_groups, self.rows.owner[self.groups.first])
            if of_groups
            else (self.scope, self.rows.owner)
        )
        result = np.full(size, np.nan)
        if len(owner):
            each = grouped(owner, [])
            result[owner[each.first]] = statistic(how, scope[name], each, np.ones(len(owner), dtype=bool))
        return result


class Measuring:
    """Runs the tests of a procedure over a sheet."""

    def __init__(
        self,
        procedure: Procedure,
        sheet: Sheet,
        stage: Stage,
        *,
        instruments: Scope,
        complete: Mask,
        notes: Notes,
    ) -> None:
        self._procedure, self._sheet, self._stage = procedure, sheet, stage
        self._instruments, self._complete, self._notes = instruments, complete, notes
        self.done: dict[str, Measured] = {}
        self.used: list[tuple[str, Indices, Indices]] = []

    def run(self, name: str) -> None:
        """Measure and decide one test; those whose numbers it takes must have been run."""
        test, sheet = self._procedure.tests[name], self._sheet
        applies = self._applies(test)
        rows = self._rows(name, test, applies)
        given, complete = self._given(name, test, applies & _has_rows(rows, sheet.size))
        scope = Scope(len(rows.owner), given, rows.owner)
        where, shown = f"{safe(test.title)}第 {{row}} 行：", test.show.indication
        keep = shown.names if shown is not None else ()
        filling = Filling(
            scope, self._notes, where, rows.owner, rows.number, keep,
            procedure=self._procedure, stage=self._stage, test=test,
        )  # fmt: skip
        filling.fill(test.readings, rows.columns)
        self.used += filling.used
        for value in in_order({key: value.formula.node for key, value in test.values.items()}):
            scope.put(value, scope.value(test.values[value].formula))
        known = filling.complete & complete[rows.owner]
        groups = self._groups(test, rows, scope)
        self._count(test, rows, groups, applies)
        measured = _has_rows(rows, sheet.size)
        note_points_not_met(test, self._stage, rows, scope, given, measured, self._notes)
        of_groups = self._of_groups(test, rows, groups, scope, given)
        places = self._places(rows, scope, groups, of_groups, known)
        deciding = Deciding(self._procedure, name, self._stage, self._notes)
        decisions = tuple(
            deciding.decide(at, places[is_of_groups(judge, test)]) for at, judge in enumerate(test.judge)
        )
        self.done[name] = Measured(rows, scope, groups, of_groups, decisions)

    def _applies(self, test: Test) -> Mask:
        if test.stages is not None and self._stage not in test.stages:
            return np.zeros(self._sheet.size, dtype=bool)
        return self._instruments.holds(test.when, self._stage)

    def _rows(self, name: str, test: Test, applies: Mask) -> Rows:
        """Return the rows of the instruments to which the test applies; those of others are mentioned."""
        none = np.empty(0, dtype=np.intp)
        rows = self._sheet.tests.get(name, Rows(none, none, {}))
        wanted = applies[rows.owner]
        if wanted.all():
            return rows
        unused = ~applies & _has_rows(rows, self._sheet.size)
        self._notes.add(About.REMARK, unused, f"{safe(test.title)}：不适用，所给的读数未用。")
        return Rows(
            rows.owner[wanted],
            rows.number[wanted],
            {column: values[wanted] for column, values in rows.columns.items()},
        )

    def _given(self, name: str, test: Test, applies: Mask) -> tuple[Scope, Mask]:
        """Return the instruments with what was filled in once for this test, and where that is complete."""
        size, sheet = self._sheet.size, self._sheet
        concerned = np.flatnonzero(applies)
        scope = Scope(size, self._instruments)
        inner = Scope(len(concerned), self._instruments, concerned)
        filling = Filling(
            inner,
            self._notes,
            f"{safe(test.title)}：",
            concerned,
            procedure=self._procedure,
            stage=self._stage,
            test=test,
        )
        own = sheet.given.get(name, {})
        filling.fill(
            test.given,
            {
                key: column[concerned]
                for key, given in test.given.items()
                if (column := self._column(given, own.get(key))) is not None
            },
        )
        complete = self._complete.copy()
        complete[concerned] &= filling.complete
        self.used += filling.used
        for key in (*test.given, *(half for key in test.given if (half := assumed(key)) in inner)):
            if (choice := inner.choice(key)) is not None:
                codes = np.full(size, -1, dtype=np.int16)
                codes[concerned] = choice[0]
                scope.put_choice(key, codes, choice[1])
            else:
                numbers = np.full(size, np.nan)
                numbers[concerned] = inner[key]
                scope.put(key, numbers)
        return scope, complete

    def _column(self, given: Given, own: Column | None) -> Column | None:
        if given.from_test is None:
            return own
        source = self.done[given.from_test.test]
        taken = source.number(given.from_test.value, given.from_test.how, self._sheet.size)
        return taken if own is None else np.where(np.isnan(own), taken, own)

    def _groups(self, test: Test, rows: Rows, scope: Scope) -> Groups:
        keys = [choice[0] if (choice := scope.choice(key)) else scope[key] for key in test.group_by]
        return grouped(rows.owner, keys)

    def _count(self, test: Test, rows: Rows, groups: Groups, applies: Mask) -> None:
        """Say where there are no readings, or too few."""
        title, least = safe(test.title), test.least(self._stage)
        count = np.bincount(rows.owner, minlength=self._sheet.size)
        self._notes.add(
            About.MISSING, applies & test.is_required(self._stage) & (count == 0), f"缺少“{title}”的读数。"
        )
        if not test.group_by:
            text = f"“{title}”读数不足：至少 {least} 行，给了 {{count}} 行。"
            self._notes.add(About.MISSING, applies & (count > 0) & (count < least), text, count=count)
            return
        text = f"“{title}”读数不足：每组至少 {least} 行，第 {{row}} 行起的一组只有 {{count}} 行。"
        first = groups.first
        self._notes.add(
            About.MISSING, groups.sizes < least, text,
            owner=rows.owner[first], row=rows.number[first], count=groups.sizes,
        )  # fmt: skip
        number = np.bincount(rows.owner[first], minlength=self._sheet.size)
        text = f"“{title}”读数不足：至少 {test.at_least_groups} 组，给了 {{count}} 组。"
        self._notes.add(About.MISSING, (number > 0) & (number < test.at_least_groups), text, count=number)

    def _of_groups(self, test: Test, rows: Rows, groups: Groups, scope: Scope, given: Scope) -> Scope:
        first = groups.first
        result = Scope(len(first), given, rows.owner[first])
        for key in test.group_by:
            if (choice := scope.choice(key)) is not None:
                result.put_choice(key, choice[0][first], choice[1])
            else:
                result.put(key, scope[key][first])
        for name, one in test.statistics.items():
            mask = scope.holds(one.when, self._stage)
            result.put(name, statistic(one.how, scope[one.of], groups, mask))
        return result

    def _places(
        self, rows: Rows, scope: Scope, groups: Groups, of_groups: Scope, known: Mask
    ) -> dict[bool, Place]:
        """Return where decisions are made: False is on rows, True on groups."""
        standard = self._standard(rows)
        first = groups.first
        missing = np.bincount(groups.of_row[~known], minlength=len(first))
        of_first = {name: column[first] for name, column in standard.items()}
        return {
            False: Place(scope, rows.owner, rows.number, known, standard, by_group=False),
            True: Place(
                of_groups, rows.owner[first], rows.number[first], missing == 0, of_first, by_group=True
            ),
        }

    def _standard(self, rows: Rows) -> dict[str, Column]:
        """Return the fields of the reference standard at each row: of the row, else of the instrument."""
        result: dict[str, Column] = {}
        for name in self._procedure.standard.fields:
            of_instrument = self._sheet.standard.get(name)
            each = np.full(len(rows.owner), np.nan) if of_instrument is None else of_instrument[rows.owner]
            own = rows.columns.get(name)
            result[name] = each if own is None else np.where(np.isnan(own), each, own)
        return result


def _has_rows(rows: Rows, size: int) -> Mask:
    return np.asarray(np.bincount(rows.owner, minlength=size) > 0)


def order_of_tests(tests: Mapping[str, Test]) -> list[str]:
    """Return the tests as they stand in the file, but each after those it takes numbers from."""
    ordered: dict[str, None] = {}
    begun: set[str] = set()

    def visit(name: str) -> None:
        if name in begun:
            return
        begun.add(name)
        for given in tests[name].given.values():
            if given.from_test is not None:
                visit(given.from_test.test)
        ordered[name] = None

    for name in tests:
        visit(name)
    return list(ordered)
