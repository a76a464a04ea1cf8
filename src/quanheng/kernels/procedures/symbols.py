"""How quantities are called where a person reads: by their symbol, else by their label."""

from __future__ import annotations

from collections.abc import Mapping

from quanheng.kernels.expressions import render
from quanheng.kernels.procedures.formula import Formula
from quanheng.kernels.procedures.model import Procedure, Quantity, Test

LIMIT = "limit"
"""Half-width of the judged limits, in the fields and requirements of the reference standard."""


def symbols(procedure: Procedure, test: Test | None = None) -> dict[str, str]:
    """Return the symbol of every name of a procedure, and of a test."""
    quantities: list[Mapping[str, Quantity]] = [
        procedure.instrument,
        procedure.environment,
        procedure.standard.fields,
    ]
    found = {name: f"“{table.label}”" for name, table in procedure.tables.items()} | {LIMIT: "限值"}
    if test is not None:
        quantities += [test.given, test.readings]
        found |= {name: one.symbol or one.label for name, one in test.values.items()}
        found |= {name: one.symbol or one.label for name, one in test.statistics.items()}
    return found | {name: one.symbol or one.label for part in quantities for name, one in part.items()}


def in_symbols(formula: Formula, procedure: Procedure, test: Test | None = None) -> str:
    """Return a formula as a person writes it."""
    return render(formula.node, symbols(procedure, test))
