"""Formulas that use one another, in an order in which each knows what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from quanheng.kernels.expressions.syntax import Node
from quanheng.kernels.expressions.walk import names


class Cycle(ValueError):
    """Formulas that need one another: ``names`` in the order of the circle, first and last the same."""

    def __init__(self, circle: tuple[str, ...]) -> None:
        self.names = circle
        super().__init__(f"互相引用：{' → '.join(circle)}。")


def in_order(definitions: Mapping[str, Node]) -> dict[str, Node]:
    """Return the definitions, each after those it uses.

    Raises
    ------
    Cycle
        They need one another.
    """
    sorter = TopologicalSorter(
        {name: [used for used in names(node) if used in definitions] for name, node in definitions.items()}
    )
    try:
        return {name: definitions[name] for name in sorter.static_order()}
    except CycleError as error:
        raise Cycle(tuple(reversed(error.args[1]))) from error
