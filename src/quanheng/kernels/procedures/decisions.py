"""Deciding: judged values, their limits, their uncertainty, at every row or group of a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quanheng.kernels.procedures.budget import Combined, combined
from quanheng.kernels.procedures.comparison import at_least, at_most, rounded, within
from quanheng.kernels.procedures.fill import safe, wanted_range
from quanheng.kernels.procedures.formula import Formula
from quanheng.kernels.procedures.lookup import NO_ROW, half_width, look_up
from quanheng.kernels.procedures.model import Component, Judge, Procedure, Stage, StandardRequirement, Test
from quanheng.kernels.procedures.notes import About, Notes
from quanheng.kernels.procedures.scope import Mask, Scope
from quanheng.kernels.procedures.sheet import Column, Indices, Numbers
from quanheng.kernels.procedures.symbols import LIMIT, in_symbols


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of one judge entry (``at``) of one test, in the order of the instruments.

    Arrays have the shape (decisions,).  ``number`` is the row, or the first row of the group; ``judged`` is ``value``
    rounded as the regulation says; a limit that does not exist is infinite; ``passed`` counts only where ``decided``.
    ``used`` are the tables that gave the limits, with the line of each at each decision.
    """

    test: str
    at: int
    by_group: bool
    owner: Indices
    number: Indices
    reference: Numbers
    indication: Numbers
    value: Numbers
    judged: Numbers
    lower: Numbers
    upper: Numbers
    standard_uncertainty: Numbers
    degrees_of_freedom: Numbers
    probability_of_conformity: Numbers
    contributions: Numbers
    decided: Mask
    passed: Mask
    used: tuple[tuple[str, Indices], ...]
    rows: Indices
    scope: Scope


@dataclass(frozen=True, slots=True)
class Place:
    """Where decisions are made: rows or groups, whom they belong to, and whether all readings are there.

    ``standard`` holds the fields of the reference standard that were given, a value for each row or group.
    """

    scope: Scope
    owner: Indices
    number: Indices
    complete: Mask
    standard: dict[str, Column]
    by_group: bool

    def part(self, rows: Indices) -> Place:
        """Return some of the rows."""
        return Place(
            self.scope.part(rows),
            self.owner[rows],
            self.number[rows],
            self.complete[rows],
            {name: column[rows] for name, column in self.standard.items()},
            self.by_group,
        )


class Deciding:
    """Makes the decisions of one test."""

    def __init__(self, procedure: Procedure, name: str, stage: Stage, notes: Notes) -> None:
        self._procedure, self._name, self._stage, self._notes = procedure, name, stage, notes
        self._test: Test = procedure.tests[name]

    def decide(self, at: int, place: Place) -> Decisions:
        """Return the decisions of one judge entry at all places where it applies."""
        judge = self._test.judge[at]
        rows = np.flatnonzero(place.scope.holds(judge.when, self._stage))
        if len(rows) < place.scope.size:
            place = place.part(rows)
        scope = Scope(place.scope.size, place.scope)
        lower, upper, used = self._limits(judge, scope)
        value = scope.value(judge.value)
        judged, used = self._rounded(judge, value, scope, used)
        decided = np.isfinite(judged) & ~np.isnan(lower) & ~np.isnan(upper)
        size = np.fmax(*(np.where(np.isfinite(bound), np.abs(bound), 0.0) for bound in (lower, upper)))
        passed = decided & at_least(judged, lower, size) & at_most(judged, upper, size)
        self._say_why_not(judge, place, ~decided & place.complete, used)
        with_standard = self._with_standard(judge, place, scope, half_width(lower, upper))
        known = self._uncertainty(judge, with_standard)
        return Decisions(
            self._name, at, place.by_group, place.owner, place.number,
            _shown(self._test.show.reference, scope), _shown(self._test.show.indication, scope), value, judged, lower, upper,
            known.standard_uncertainty, known.degrees_of_freedom,
            _probability(value, lower, upper, known), known.contributions,
            decided, passed, tuple(used), rows, with_standard,
        )  # fmt: skip

    def _limits(self, judge: Judge, scope: Scope) -> tuple[Numbers, Numbers, list[tuple[str, Indices]]]:
        if judge.table is not None:
            found = look_up(self._procedure.tables[judge.table], scope, self._stage)
            return found.lower, found.upper, [(judge.table, found.row)]
        used: list[tuple[str, Indices]] = []
        for name in tables_named((judge.lower, judge.upper), self._procedure):
            found = look_up(self._procedure.tables[name], scope, self._stage)
            scope.put(name, found.half_width)
            used.append((name, found.row))
        absent = np.full(scope.size, np.inf)
        return (
            -absent if judge.lower is None else scope.value(judge.lower),
            absent if judge.upper is None else scope.value(judge.upper),
            used,
        )

    def _rounded(
        self, judge: Judge, value: Numbers, scope: Scope, used: list[tuple[str, Indices]]
    ) -> tuple[Numbers, list[tuple[str, Indices]]]:
        if judge.round is None:
            return value, used
        found = look_up(self._procedure.tables[judge.round], scope, self._stage)
        return rounded(value, found.upper), [*used, (judge.round, found.row)]

    def _say_why_not(
        self, judge: Judge, place: Place, open_: Mask, used: Sequence[tuple[str, Indices]]
    ) -> None:
        """Say why decisions are open although every reading is there."""
        title = safe(self._test.title)
        row = f"{title}第 {{row}} {'行起的一组' if place.by_group else '行'}："
        for name, line in used:
            table = self._procedure.tables[name]
            here = open_ & (line == NO_ROW)
            if "limits" in table.lacks:
                text = f"{title}：“{safe(table.label)}”的数值未查到，不能判定。"
                self._notes.add(About.FINDING, _first_of_each(here, place.owner), text, owner=place.owner)
            else:
                text = f"{row}不在“{safe(table.label)}”所列的范围之内，不能判定。"
                self._notes.add(About.FINDING, here, text, owner=place.owner, row=place.number)
            open_ = open_ & ~here
        text = f"{row}{safe(judge_label(judge, self._test))}或其限值算不出来（除数为零，或者读数太少）。"
        self._notes.add(About.FINDING, open_, text, owner=place.owner, row=place.number)

    def _with_standard(self, judge: Judge, place: Place, scope: Scope, limit: Numbers) -> Scope:
        """Return the scope with the fields of the reference standard, after checking what is required of it."""
        required = [
            one
            for one in self._procedure.standard.require
            if concerns(one, judge, self._name, self._procedure)
        ]
        inner = Scope(scope.size, scope)
        inner.put(LIMIT, limit)
        title = safe(self._test.title)
        for name in sorted(fields_used(judge, self._name, self._procedure)):
            self._standard_field(name, place, inner, title)
        for one in required:
            self._check_standard(one, place, inner, title)
        return inner

    def _standard_field(self, name: str, place: Place, inner: Scope, title: str) -> None:
        quantity = self._procedure.standard.fields[name]
        given = np.asarray(place.standard.get(name, np.full(inner.size, np.nan)), dtype=np.float64)
        is_missing = np.isnan(given)
        first = _first_of_each(is_missing, place.owner)
        if quantity.formula is not None:
            taken = safe(in_symbols(quantity.formula, self._procedure, self._test))
            text = f"{title}：{safe(quantity.label)}未给，按 {taken} 计。"
            self._notes.add(About.REMARK, first, text, owner=place.owner)
            given = np.where(is_missing, inner.value(quantity.formula), given)
        elif quantity.required:
            text = f"{title}：缺少{safe(quantity.label)}。"
            self._notes.add(About.MISSING, first, text, owner=place.owner)
        inner.put(name, np.where(self._is_outside(name, given, place, inner, title), np.nan, given))

    def _is_outside(self, name: str, given: Numbers, place: Place, inner: Scope, title: str) -> Mask:
        """Return where a field of the standard is out of its range, and say so."""
        quantity = self._procedure.standard.fields[name]
        outside = ~np.isnan(given) & ~within(given, quantity, inner.value)
        text, bounds = wanted_range(quantity, inner)
        words = f"{title}：{safe(quantity.label)} {{given}}，应{text}。"
        first = _first_of_each(outside, place.owner)
        self._notes.add(About.FINDING, first, words, owner=place.owner, given=given, **bounds)
        return outside

    def _check_standard(self, one: StandardRequirement, place: Place, inner: Scope, title: str) -> None:
        value = inner.value(one.value)
        text, bounds = wanted_range(one, inner)
        known = ~np.isnan(value) & ~np.isnan(np.sum(list(bounds.values()), axis=0))
        wrong = known & inner.holds(one.when, self._stage) & ~within(value, one, inner.value)
        words = f"{title}：标准器不符合要求（{safe(one.text)}）：{{value}}，应{text}。"
        first = _first_of_each(wrong, place.owner)
        self._notes.add(About.FINDING, first, words, owner=place.owner, value=value, **bounds)

    def _uncertainty(self, judge: Judge, scope: Scope) -> Combined:
        own = components(judge, self._test, by_group=is_of_groups(judge, self._test))
        if not own:
            nothing = np.full(scope.size, np.nan)
            return Combined(nothing, nothing, np.empty((0, scope.size)))
        return combined(own, judge.value.node, self._test.values, scope)


def concerns(one: StandardRequirement, judge: Judge, name: str, procedure: Procedure) -> bool:
    """Whether a requirement on the reference standard is about the decisions of a judge entry of a test.

    It is about decisions on the rows of the tests that it names; else about those whose uncertainty uses a field of
    the standard that it is about.
    """
    test = procedure.tests[name]
    by_group = is_of_groups(judge, test)
    if one.tests is not None:
        return name in one.tests and not by_group
    used = _names_in_uncertainty(judge, test)
    return any(key in used for key in one.value.names if key in procedure.standard.fields)


def fields_used(judge: Judge, name: str, procedure: Procedure) -> set[str]:
    """Return the fields of the reference standard that matter to a judge entry of a test."""
    used = _names_in_uncertainty(judge, procedure.tests[name])
    for one in procedure.standard.require:
        if concerns(one, judge, name, procedure):
            bounds = (one.value, one.from_, one.above, one.to, one.below)
            used |= {key for formula in bounds if formula is not None for key in formula.names} | set(
                one.when
            )
    return used & set(procedure.standard.fields)


def _names_in_uncertainty(judge: Judge, test: Test) -> set[str]:
    own = components(judge, test, by_group=is_of_groups(judge, test))
    return {key for part in own for formula in sizes(part) for key in formula.names}


def is_of_groups(judge: Judge, test: Test) -> bool:
    """Whether a decision is made for each group: its value names a statistic."""
    return any(name in test.statistics for name in judge.value.names)


def components(judge: Judge, test: Test, *, by_group: bool) -> tuple[Component, ...]:
    """Return the contributions to the uncertainty of a judged value."""
    if judge.uncertainty is not None:
        return judge.uncertainty
    return () if by_group else test.uncertainty


def sizes(component: Component) -> list[Formula]:
    """Return the formulas of a component."""
    found = (
        component.half_width,
        component.standard_uncertainty,
        component.expanded_uncertainty,
        component.degrees_of_freedom,
    )
    return [formula for formula in found if formula is not None]


def tables_named(formulas: Sequence[Formula | None], procedure: Procedure) -> list[str]:
    """Return the tables that formulas mention."""
    mentioned = (name for formula in formulas if formula is not None for name in formula.names)
    return [name for name in dict.fromkeys(mentioned) if name in procedure.tables]


def judge_label(judge: Judge, test: Test) -> str:
    """Return the name of a judged value."""
    if judge.label is not None:
        return judge.label
    named = (test.values, test.statistics, test.readings, test.given)
    return next(
        (part[judge.value.text].label for part in named if judge.value.text in part), judge.value.text
    )


def judge_unit(judge: Judge, test: Test) -> str:
    """Return the unit of a judged value; empty where it has none."""
    named = (test.values, test.statistics, test.readings, test.given)
    found = next((part[judge.value.text].unit for part in named if judge.value.text in part), None)
    return judge.unit or found or ""


def _probability(value: Numbers, lower: Numbers, upper: Numbers, known: Combined) -> Numbers:
    """Return the probability of conformity (JCGM 106:2012, 7.4) where there is an uncertainty, else NaN."""
    from quanheng.kernels.conformity import (
        probability_within,
    )  # late: it loads scipy, which a list does not need

    u = known.standard_uncertainty
    result = np.full(value.shape, np.nan)
    here = np.isfinite(u) & (u > 0) & (lower <= upper) & (known.degrees_of_freedom > 0)
    if here.any():
        result[here] = probability_within(
            value[here], lower[here], upper[here], u[here], known.degrees_of_freedom[here]
        )
    return result


def _shown(formula: Formula | None, scope: Scope) -> Numbers:
    """Return what is shown beside a value; NaN where it is not known there."""
    if formula is None or any(name not in scope for name in formula.names):
        return np.full(scope.size, np.nan)
    return scope.value(formula)


def _first_of_each(where: Mask, owner: Indices) -> Mask:
    """Return the first row of each instrument where ``where`` holds."""
    at = np.flatnonzero(where)
    first = np.zeros(len(where), dtype=bool)
    if len(at):
        first[at[np.unique(owner[at], return_index=True)[1]]] = True
    return first
