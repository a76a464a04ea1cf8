"""Numbers that no instrument of the kind can have: each with its cell and the range it should lie in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from quanheng.kernels.procedures.comparison import above, at_least, at_most, below
from quanheng.kernels.procedures.fill import Filling
from quanheng.kernels.procedures.formula import Formula
from quanheng.kernels.procedures.model import Procedure, Stage
from quanheng.kernels.procedures.notes import Notes, figure
from quanheng.kernels.procedures.readings.fields import Field, Scope
from quanheng.kernels.procedures.readings.parts import Block, Part
from quanheng.kernels.procedures.readings.places import Problems
from quanheng.kernels.procedures.scope import Scope as Names
from quanheng.kernels.procedures.sheet import Numbers, Sheet


def check_ranges(
    procedure: Procedure,
    sheet: Sheet,
    said_once: Iterable[list[Part]],
    blocks: Mapping[str, list[Block]],
    problems: Problems,
    stage: Stage,
) -> None:
    """Note every number outside the range of its field.

    What an instrument shows is let through: it is judged, however wrong it is.

    The environment is not looked at here: 50 ℃ is possible, it only forbids the verdict.  A bound that is not known,
    because what it depends on is missing, bounds nothing.
    """
    instrument = Names(sheet.size)
    filling = Filling(instrument, Notes(), "", procedure=procedure, stage=stage)
    filling.fill(procedure.instrument, sheet.instrument)
    for parts in said_once:
        for part in parts:
            if part.field.scope in {Scope.INSTRUMENT, Scope.STANDARD, Scope.GIVEN}:
                _check(part, Names(len(part.owner), instrument, part.owner), problems)
    for test, found in blocks.items():
        shown = procedure.tests[test].show.indication
        for block in found:
            names = Names(len(block.owner), instrument, block.owner)
            for name, part in block.parts.items():
                if part.field.choices is None:
                    names.put(name, part.read.values.astype(np.float64))
            for name, part in block.parts.items():
                if shown is None or name not in shown.names:
                    _check(part, names, problems)


def _check(part: Part, names: Names, problems: Problems) -> None:
    quantity = part.field.quantity
    if quantity is None or quantity.is_open:
        return
    values = part.read.values.astype(np.float64)
    outside = np.zeros(len(values), dtype=np.bool_)
    said: list[tuple[str, Numbers]] = []
    for words, bound, holds in (
        ("不小于", quantity.from_, at_least),
        ("大于", quantity.above, above),
        ("不大于", quantity.to, at_most),
        ("小于", quantity.below, below),
    ):
        known = None if bound is None else _bound(bound, names)
        if known is not None:
            outside |= ~np.isnan(values) & ~np.isnan(known) & ~holds(values, known)
            said.append((words, known))
    for at in np.flatnonzero(outside):
        wanted = "、".join(f"{words} {figure(known[at])}" for words, known in said if not np.isnan(known[at]))
        problems.add(part.place(int(at)), _text(part.field, float(values[at]), wanted))


def _bound(formula: Formula, names: Names) -> Numbers | None:
    """Return a bound for each row; None where it takes something that only the whole sheet knows."""
    try:
        return names.value(formula)
    except KeyError:
        return None


def _text(asked: Field, value: float, wanted: str) -> str:
    shown = f" {asked.unit}" if asked.unit is not None and asked.unit.symbol != "1" else ""
    return f"超出范围：{figure(value)}{shown}，应{wanted}{shown}。"
