"""Verification regulations as data, and the engine that judges readings by them.

`packaged_procedures` finds the edition for a kind on a day; `judge` runs it over a `Sheet` of many instruments;
`explain` writes the arithmetic as a person would.  Numbers of regulations are data: nothing here knows one.
"""

from quanheng.kernels.procedures.explain import explain
from quanheng.kernels.procedures.judge import BadSheet, judge
from quanheng.kernels.procedures.judgement import (
    Judgement,
    Outcome,
    Reason,
    Unconfirmed,
    legible,
    limits_text,
)
from quanheng.kernels.procedures.library import (
    Edition,
    Library,
    NoEditionInForce,
    UnknownKind,
    packaged_names,
    packaged_procedures,
    packaged_text,
)
from quanheng.kernels.procedures.model import Procedure, Stage
from quanheng.kernels.procedures.notes import About, figure
from quanheng.kernels.procedures.read import BadProcedure, Problem, read_procedure
from quanheng.kernels.procedures.readout import Point
from quanheng.kernels.procedures.sheet import Rows, Sheet, rows_of

__all__ = [
    "About",
    "BadProcedure",
    "BadSheet",
    "Edition",
    "Judgement",
    "Library",
    "NoEditionInForce",
    "Outcome",
    "Point",
    "Problem",
    "Procedure",
    "Reason",
    "Rows",
    "Sheet",
    "Stage",
    "Unconfirmed",
    "UnknownKind",
    "explain",
    "figure",
    "judge",
    "legible",
    "limits_text",
    "packaged_names",
    "packaged_procedures",
    "packaged_text",
    "read_procedure",
    "rows_of",
]
