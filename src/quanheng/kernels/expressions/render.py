"""A formula as a person writes it, with names or with numbers in their place."""

from __future__ import annotations

from collections.abc import Mapping

from quanheng.kernels.expressions.syntax import Binary, Call, Name, Negative, Node, Number

_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_NEGATIVE, _ATOM = 3, 5
_WRITTEN = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ ", "^": "^"}


def render(node: Node, symbols: Mapping[str, str] | None = None) -> str:
    """Return the formula as text; each name is replaced by its entry in ``symbols``, where it has one.

    >>> from quanheng.kernels.expressions import parse
    >>> formula = parse("I + 0.5*e - dL")
    >>> render(formula, {"dL": "ΔL"}), render(formula, {"I": "1000", "e": "5", "dL": "1.5"})
    ('I + 0.5 × e − ΔL', '1000 + 0.5 × 5 − 1.5')
    """
    return _render(node, symbols or {})[0]


def _render(node: Node, symbols: Mapping[str, str]) -> tuple[str, int]:
    """Return the text and how strongly its outermost sign binds."""
    match node:
        case Number(_, text):
            return text, _ATOM
        case Name(name):
            written = symbols.get(name, name)
            return written, _NEGATIVE if written.startswith(("-", "−")) else _ATOM
        case Negative(operand):
            return f"−{_within(operand, symbols, _NEGATIVE + 1)}", _NEGATIVE
        case Call(function, arguments):
            return f"{function}({', '.join(_render(argument, symbols)[0] for argument in arguments)})", _ATOM
        case Binary(sign, left, right):
            binds = _BINDS[sign]
            first = _within(left, symbols, binds + (sign == "^"), opens=True)
            second = _within(right, symbols, binds + (sign != "^"))
            return f"{first}{_WRITTEN[sign]}{second}", binds


def _within(node: Node, symbols: Mapping[str, str], least: int, *, opens: bool = False) -> str:
    text, binds = _render(node, symbols)
    is_signed = text.startswith(("-", "−")) and not opens
    return f"({text})" if binds < least or is_signed else text
