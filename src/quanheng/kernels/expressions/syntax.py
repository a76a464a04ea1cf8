"""The grammar of formulas.

    sum     = product { ("+" | "-") product }
    product = signed { ("*" | "/") signed }
    signed  = { "+" | "-" } power
    power   = atom [ ("^" | "**") signed ]          right associative: a^b^c = a^(b^c), -a^2 = -(a^2)
    atom    = number | name | name "(" sum { "," sum } ")" | "(" sum ")"

A name is a letter of any script followed by letters, digits and ``_``.  ``pi`` is the number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import pi
from typing import TypeAlias

from quanheng.kernels.expressions.functions import FUNCTIONS

MAX_LENGTH = 4_000
MAX_NODES = 500  # a chain of so many still fits the interpreter’s stack, when evaluated and when written
MAX_DEPTH = 60

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>[^\W\d_]\w*)|(?P<sign>\*\*|[-+*/^(),]))"
)
_WRITTEN_OTHERWISE = str.maketrans("×·÷−（），＋－＊／", "**/-(),+-*/")
_CONSTANTS = {"pi": pi, "π": pi}


class BadExpression(ValueError):
    """Text that is no formula: ``position`` counts characters from 1, ``reason`` is Chinese."""

    def __init__(self, text: str, position: int, reason: str) -> None:
        self.text, self.position, self.reason = text, position, reason
        super().__init__(f"算式第 {position} 个字符处：{reason}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, as written."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus something."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and ``+ - * / ^``."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS`."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Name | Negative | Binary | Call


def parse(text: str) -> Node:
    """Return the tree of a formula.

    >>> parse("a + 2*b")
    Binary(sign='+', left=Name(name='a'), right=Binary(sign='*', left=Number(value=2.0, text='2'), right=Name(name='b')))

    Raises
    ------
    BadExpression
        Not of the grammar, an unknown function, too long or too deep.
    """
    if len(text) > MAX_LENGTH:
        raise BadExpression(text, MAX_LENGTH, f"算式超过 {MAX_LENGTH} 个字符。")
    reader = _Reader(text)
    node = reader.sum(0)
    reader.end()
    return node


class _Reader:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._nodes = 0

    def sum(self, depth: int) -> Node:
        left = self._product(depth)
        while (sign := self._take("+", "-")) is not None:
            left = self._count(Binary(sign, left, self._product(depth)))
        return left

    def end(self) -> None:
        if self._at < len(self._tokens):
            position, _, found = self._tokens[self._at]
            raise BadExpression(self._text, position, f"此处不应是“{found}”。")

    def _product(self, depth: int) -> Node:
        left = self._signed(depth)
        while (sign := self._take("*", "/")) is not None:
            left = self._count(Binary(sign, left, self._signed(depth)))
        return left

    def _signed(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._bad("算式嵌套太深。")
        if self._take("-") is not None:
            return self._count(Negative(self._signed(depth + 1)))
        if self._take("+") is not None:
            return self._signed(depth + 1)
        base = self._atom(depth)
        if self._take("^", "**") is None:
            return base
        return self._count(Binary("^", base, self._signed(depth + 1)))

    def _atom(self, depth: int) -> Node:
        if self._at >= len(self._tokens):
            raise BadExpression(self._text, len(self._text) + 1, "算式不完整。")
        position, kind, found = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return self._count(Number(float(found), found))
        if kind == "name":
            return self._count(self._named(position, found, depth))
        if found == "(":
            inner = self.sum(depth + 1)
            self._close()
            return inner
        raise BadExpression(self._text, position, f"此处不应是“{found}”。")

    def _named(self, position: int, name: str, depth: int) -> Node:
        if self._take("(") is None:
            return Number(_CONSTANTS[name], name) if name in _CONSTANTS else Name(name)
        if name not in FUNCTIONS:
            raise BadExpression(
                self._text, position, f"没有函数“{name}”。可用：{'、'.join(sorted(FUNCTIONS))}。"
            )
        arguments = [self.sum(depth + 1)]
        while self._take(",") is not None:
            arguments.append(self.sum(depth + 1))
        self._close()
        function = FUNCTIONS[name]
        if not function.arguments <= len(arguments) <= function.at_most:
            wanted = (
                f"{function.arguments}"
                if function.arguments == function.at_most
                else f"{function.arguments}～{function.at_most}"
            )
            raise BadExpression(
                self._text, position, f"函数 {name} 应有 {wanted} 个参数，给了 {len(arguments)} 个。"
            )
        return Call(name, tuple(arguments))

    def _close(self) -> None:
        if self._take(")") is None:
            raise self._bad("缺少右括号。")

    def _take(self, *signs: str) -> str | None:
        if self._at < len(self._tokens):
            _, kind, found = self._tokens[self._at]
            if kind == "sign" and found in signs:
                self._at += 1
                return found
        return None

    def _count(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._bad(f"算式超过 {MAX_NODES} 项。")
        return node

    def _bad(self, reason: str) -> BadExpression:
        position = self._tokens[self._at][0] if self._at < len(self._tokens) else len(self._text) + 1
        return BadExpression(self._text, position, reason)


def _tokens(text: str) -> list[tuple[int, str, str]]:
    written, found, at = text.translate(_WRITTEN_OTHERWISE).rstrip(), [], 0
    while at < len(written):
        match = _TOKEN.match(written, at)
        if match is None:
            position = at + len(written[at:]) - len(written[at:].lstrip())
            raise BadExpression(text, position + 1, f"不能用字符“{written[position]}”。")
        kind = str(match.lastgroup)
        word, start = match.group(kind), match.start(kind)
        if kind == "name" and not word.isidentifier():  # superscripts and the like are no part of a name
            at_fault = next(n for n in range(len(word)) if not word[: n + 1].isidentifier())
            raise BadExpression(text, start + at_fault + 1, f"不能用字符“{word[at_fault]}”。")
        found.append((start + 1, kind, word))
        at = match.end()
    return found
