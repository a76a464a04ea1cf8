"""Run a formula on numbers, on arrays of any shape, or on series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import add, mul, sub, truediv
from typing import Any

import numpy as np

from quanheng.kernels.expressions.functions import FUNCTIONS
from quanheng.kernels.expressions.syntax import Binary, Call, Name, Negative, Node, Number
from quanheng.kernels.expressions.taylor import Taylor, call

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {"+": add, "-": sub, "*": mul, "/": truediv, "^": pow}


def evaluate(node: Node, values: Mapping[str, Any]) -> Any:
    """Return what the formula gives for ``values``: floats, arrays that broadcast, or `Taylor` series.

    What has no value (1/0, the root of -1) comes out as infinite or NaN, never as a warning.

    >>> from quanheng.kernels.expressions import parse
    >>> float(evaluate(parse("2*a^2 + 1"), {"a": 3.0}))
    19.0

    Raises
    ------
    KeyError
        A name without a value.
    """
    with np.errstate(all="ignore"):
        return _evaluate(node, values)


def evaluate_in_order(definitions: Mapping[str, Node], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` and, added to them, each definition; a later one may use an earlier one."""
    known = dict(values)
    with np.errstate(all="ignore"):
        for name, node in definitions.items():
            known[name] = _evaluate(node, known)
    return known


def _evaluate(node: Node, values: Mapping[str, Any]) -> Any:
    match node:
        case Number(value):
            return value
        case Name(name):
            return values[name]
        case Negative(operand):
            return -_evaluate(operand, values)
        case Binary(sign, left, right):
            return _combine(sign, _evaluate(left, values), _evaluate(right, values))
        case Call(function, arguments):
            found = tuple(_evaluate(argument, values) for argument in arguments)
            if any(isinstance(argument, Taylor) for argument in found):
                return call(function, found)
            return FUNCTIONS[function].value(*found)


def _combine(sign: str, left: Any, right: Any) -> Any:
    if sign in "/^" and not isinstance(left, Taylor | np.ndarray):
        left = np.float64(left)  # Python's own numbers raise on 1/0 and turn (-8)^(1/3) complex
    return _SIGNS[sign](left, right)
