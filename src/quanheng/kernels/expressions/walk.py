"""What a formula mentions."""

from __future__ import annotations

from collections.abc import Iterator

from quanheng.kernels.expressions.syntax import Binary, Call, Name, Negative, Node


def names(node: Node) -> tuple[str, ...]:
    """Return the quantities of a formula, in the order in which they first stand in it."""
    return tuple(dict.fromkeys(_names(node)))


def _names(node: Node) -> Iterator[str]:
    match node:
        case Name(name):
            yield name
        case Negative(operand):
            yield from _names(operand)
        case Binary(_, left, right):
            yield from _names(left)
            yield from _names(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from _names(argument)
