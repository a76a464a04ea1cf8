"""Putting what was filled in, and what is assumed in its place, into a scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from quanheng.kernels.expressions import in_order
from quanheng.kernels.procedures.comparison import within
from quanheng.kernels.procedures.formula import Formula
from quanheng.kernels.procedures.lookup import look_up
from quanheng.kernels.procedures.model import Procedure, Quantity, Ranged, Stage, Test
from quanheng.kernels.procedures.notes import About, Notes
from quanheng.kernels.procedures.scope import Mask, Scope
from quanheng.kernels.procedures.sheet import Codes, Column, Indices, Numbers
from quanheng.kernels.procedures.symbols import in_symbols

MISSING_CHOICE = -1


class Filling:
    """Fills quantities into a scope; ``complete`` (size,) tells where nothing required is missing or out of range.

    ``where`` begins every sentence and may have the brace ``{row}``; ``owner`` and ``row`` say whom it is about.
    ``used`` are the tables that defaults were taken from: name, owners, lines.
    What is out of range is treated as missing, except for the names to ``keep``: what an instrument shows is judged
    however wrong it is.
    """

    def __init__(
        self,
        scope: Scope,
        notes: Notes,
        where: str,
        owner: Indices | None = None,
        row: Indices | None = None,
        keep: Sequence[str] = (),
        *,
        procedure: Procedure,
        stage: Stage,
        test: Test | None = None,
    ) -> None:
        self.complete: Mask = np.ones(scope.size, dtype=bool)
        self.used: list[tuple[str, Indices, Indices]] = []
        self._scope, self._notes, self._where = scope, notes, where
        self._procedure, self._tables, self._stage, self._test = procedure, procedure.tables, stage, test
        self._owner, self._keep = owner, keep
        self._row = {} if row is None else {"row": row}

    def fill(self, quantities: Mapping[str, Quantity], columns: Mapping[str, Column]) -> None:
        """Put every quantity into the scope, those with a default after what their default needs."""
        defaults = {name: one.formula.node for name, one in quantities.items() if one.formula is not None}
        for name in [name for name in quantities if name not in defaults] + list(in_order(defaults)):
            quantity = quantities[name]
            if quantity.choices is not None:
                self._choice(name, quantity, quantity.choices, columns.get(name))
            else:
                self._number(name, quantity, columns.get(name))
        for name, quantity in quantities.items():
            if not quantity.is_open:
                self._range(name, quantity)

    def _number(self, name: str, quantity: Quantity, column: Column | None) -> None:
        size = self._scope.size
        given = np.full(size, np.nan) if column is None else np.asarray(column, dtype=np.float64)
        is_missing = np.isnan(given)
        if quantity.formula is not None and is_missing.any():
            given = np.where(is_missing, self._default(quantity.formula, is_missing), given)
            self._assumed(name, quantity, is_missing, quantity.formula)
        self._scope.put(name, given)
        self._missing(quantity, is_missing & (quantity.formula is None))

    def _choice(self, name: str, quantity: Quantity, choices: tuple[str, ...], column: Column | None) -> None:
        size = self._scope.size
        codes: Codes = (
            np.full(size, MISSING_CHOICE, dtype=np.int16) if column is None else column.astype(np.int16)
        )
        is_missing = codes == MISSING_CHOICE
        if quantity.default is not None:
            codes = np.where(is_missing, np.int16(choices.index(str(quantity.default))), codes)
            self._say_once(
                About.REMARK, is_missing, f"{safe(quantity.label)}未给，按“{safe(str(quantity.default))}”计。"
            )
            is_missing = codes == MISSING_CHOICE
        self._scope.put_choice(name, codes, choices)
        self._missing(quantity, is_missing)

    def _missing(self, quantity: Quantity, is_missing: Mask) -> None:
        if quantity.required:
            self.complete &= ~is_missing
            self._say(About.MISSING, is_missing, f"缺少{safe(quantity.label)}。")

    def _default(self, formula: Formula, is_missing: Mask) -> Numbers:
        """Return the default at each row; a table that it names is looked up there."""
        inner = Scope(self._scope.size, self._scope)
        for name in formula.names:
            if name in self._tables:
                found = look_up(self._tables[name], self._scope, self._stage)
                inner.put(name, found.half_width)
                at = np.flatnonzero(is_missing)
                self.used.append((name, at if self._owner is None else self._owner[at], found.row[at]))
        return inner.value(formula)

    def _assumed(self, name: str, quantity: Quantity, is_missing: Mask, formula: Formula) -> None:
        if quantity.assumed_half_width is not None:
            half_width = self._scope.value(quantity.assumed_half_width)
            self._scope.put(assumed(name), np.where(is_missing, half_width, np.nan))
        text = safe(in_symbols(formula, self._procedure, self._test))
        self._say_once(About.REMARK, is_missing, f"{safe(quantity.label)}未给，按 {text} 计。")

    def _range(self, name: str, quantity: Quantity) -> None:
        given = self._scope[name]
        is_outside = ~np.isnan(given) & ~within(given, quantity, self._scope.value)
        if not is_outside.any():
            return
        self.complete &= ~is_outside
        unit = f" {safe(quantity.unit)}" if quantity.unit else ""
        text, bounds = wanted_range(quantity, self._scope)
        self._say(
            About.FINDING,
            is_outside,
            f"{safe(quantity.label)} {{given}}{unit}，应{text}{unit}。",
            given=given,
            **bounds,
        )
        if name not in self._keep:
            self._scope.put(name, np.where(is_outside, np.nan, given))

    def _say(self, about: About, where: Mask, text: str, **numbers: Numbers | Indices) -> None:
        self._notes.add(about, where, self._where + text, owner=self._owner, **self._row, **numbers)

    def _say_once(self, about: About, where: Mask, text: str) -> None:
        """Say it once for each instrument, without a row."""
        begins = self._where.partition("第 {row}")[0].rstrip()
        if begins and not begins.endswith("："):
            begins += "："
        if self._owner is None:
            self._notes.add(about, where, begins + text)
        elif where.any():
            owners = np.unique(self._owner[where])
            self._notes.add(about, np.ones(len(owners), dtype=bool), begins + text, owner=owners)


def assumed(name: str) -> str:
    """Return the name in a scope of the half-width of a default; NaN where the quantity was given."""
    return f"{name}?"


def wanted_range(range_: Ranged, scope: Scope) -> tuple[str, dict[str, Numbers]]:
    """Return how a range is said, with braces, and the numbers for them."""
    said, numbers = [], {}
    for name, bound, words in (
        ("low", range_.from_, "不小于"),
        ("over", range_.above, "大于"),
        ("high", range_.to, "不大于"),
        ("under", range_.below, "小于"),
    ):
        if bound is not None:
            said.append(f"{words} {{{name}}}")
            numbers[name] = scope.value(bound)
    return "、".join(said), numbers


def safe(text: str) -> str:
    """Return a text that may stand in a template with braces."""
    return text.replace("{", "{{").replace("}", "}}")
