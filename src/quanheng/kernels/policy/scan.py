"""Brackets of Chinese documents: nested, of several shapes, sometimes mixed or left open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ROUND_OPEN, _ROUND_CLOSE = "（(", "）)"
_SQUARE_OPEN, _SQUARE_CLOSE = "〔[［【", "〕]］】"
OPENERS = _ROUND_OPEN + _SQUARE_OPEN
CLOSERS = _ROUND_CLOSE + _SQUARE_CLOSE
_OPENER = re.compile(f"[{re.escape(OPENERS)}]")
_SIGN = re.compile(f"[{re.escape(OPENERS + CLOSERS)}]")


def _same_shape(opener: str, closer: str) -> bool:
    return (opener in _ROUND_OPEN) == (closer in _ROUND_CLOSE)


@dataclass(frozen=True)
class Bracket:
    """Span of an outermost bracket; ``closed`` is False where its end is missing."""

    start: int
    end: int
    closed: bool

    def inner(self, text: str) -> str:
        return text[self.start + 1 : self.end - 1 if self.closed else self.end]

    def raw(self, text: str) -> str:
        return text[self.start : self.end]


def brackets(text: str) -> Iterator[Bracket]:
    """Yield outermost brackets from left to right.

    A closing sign without its opener is plain text.  An opener that never closes
    is given once as an open bracket reaching to the end of the text, and reading
    goes on behind the opener, so that it hides nothing.
    """
    ends = _ends(text)
    position = 0
    while opener := _OPENER.search(text, position):
        end = ends.get(opener.start())
        if end is None:
            yield Bracket(opener.start(), len(text), closed=False)
        else:
            yield Bracket(opener.start(), end, closed=True)
        position = end or opener.end()


def _ends(text: str) -> dict[int, int]:
    """End of every bracket that closes, by its start; one pass, whatever the nesting."""
    ends: dict[int, int] = {}
    stack: list[re.Match[str]] = []
    for sign in _SIGN.finditer(text):
        if sign[0] in OPENERS:
            stack.append(sign)
        elif stack and _same_shape(stack[-1][0], sign[0]):
            ends[stack.pop().start()] = sign.end()
    return ends


def is_open(text: str) -> bool:
    """Whether a bracket or a title mark opened in ``text`` is not closed in it."""
    if text.count("《") > text.count("》"):
        return True
    return any(not bracket.closed for bracket in brackets(text))
