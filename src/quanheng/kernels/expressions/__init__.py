"""Formulas as people write them: parsed by a grammar, never evaluated as code.

`parse` gives a tree; `evaluate` runs it on numbers, arrays or `Taylor` series; `seed` with `first_order` and
`higher_order` give exact derivatives; `render` writes it with names or numbers, for an explanation.
"""

from quanheng.kernels.expressions.derivatives import Higher, first_order, higher_order, seed
from quanheng.kernels.expressions.evaluate import evaluate, evaluate_in_order
from quanheng.kernels.expressions.functions import FUNCTIONS
from quanheng.kernels.expressions.order import Cycle, in_order
from quanheng.kernels.expressions.render import render
from quanheng.kernels.expressions.syntax import (
    BadExpression,
    Binary,
    Call,
    Name,
    Negative,
    Node,
    Number,
    parse,
)
from quanheng.kernels.expressions.taylor import Taylor
from quanheng.kernels.expressions.walk import names

__all__ = [
    "FUNCTIONS",
    "BadExpression",
    "Binary",
    "Call",
    "Cycle",
    "Higher",
    "Name",
    "Negative",
    "Node",
    "Number",
    "Taylor",
    "evaluate",
    "evaluate_in_order",
    "first_order",
    "higher_order",
    "in_order",
    "names",
    "parse",
    "render",
    "seed",
]
