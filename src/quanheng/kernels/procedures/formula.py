"""What stands in a file where a number is wanted: a formula, or a condition on a choice or a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import ge, gt, le, lt
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from quanheng.kernels.expressions import BadExpression, Node, names, parse

_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)")
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {"<=": le, "<": lt, ">=": ge, ">": gt}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as written, and its tree."""

    text: str
    node: Node = field(repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities it mentions."""
        return names(self.node)


@dataclass(frozen=True, slots=True)
class Condition:
    """One of some choices (``values``), or a comparison with a number."""

    values: tuple[str, ...] = ()
    operator: str = ""
    limit: float = 0.0


def as_formula(written: Any) -> Formula:
    """Return a number or a text as a formula.

    Raises
    ------
    PydanticCustomError
        It is neither, or not of the grammar of `quanheng.kernels.expressions`.
    """
    if isinstance(written, Formula):
        return written
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise PydanticCustomError("formula", "应为数或算式。")
    text = written.strip() if isinstance(written, str) else repr(written)
    try:
        return Formula(text, parse(text))
    except BadExpression as error:
        raise PydanticCustomError("formula", "{reason}", {"reason": f"“{text}”：{error}"}) from error


def as_condition(written: Any) -> Condition:
    """Return a text, a list of texts or a comparison such as ``<= 30`` as a condition.

    Raises
    ------
    PydanticCustomError
        It is none of them.
    """
    if isinstance(written, Condition):
        return written
    if isinstance(written, str) and (found := _COMPARISON.fullmatch(written.strip())):
        return Condition(operator=found[1], limit=float(found[2]))
    values = [written] if isinstance(written, str) else written
    if isinstance(values, list) and values and all(isinstance(value, str) and value for value in values):
        return Condition(tuple(values))
    raise PydanticCustomError("condition", "应为可选值、可选值的列表或“<= 30”这样的比较；数字请加引号。")


def _written(condition: Condition) -> str | list[str]:
    return f"{condition.operator} {condition.limit:g}" if condition.operator else list(condition.values)


Expression = Annotated[
    Formula,
    PlainValidator(as_formula),
    PlainSerializer(lambda formula: formula.text),
    WithJsonSchema(
        {"type": ["string", "number"], "description": "a number, or a formula of the names known there"}
    ),
]
Wanted = Annotated[
    Condition,
    PlainValidator(as_condition),
    PlainSerializer(_written),
    WithJsonSchema(
        {
            "type": ["string", "array"],
            "items": {"type": "string"},
            "description": "a choice, several of them, or a comparison with a number such as '<= 30'",
        }
    ),
]
