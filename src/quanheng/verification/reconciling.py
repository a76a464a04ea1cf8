"""Numbered seals and marks: what was received against what was used.  Pure; a range is never counted out.

Ranges hold a hundred thousand numbers and are compared by their ends: the work grows with the numbers that were
used, not with those that might have been.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Numbers ``first`` to ``last``, inclusive, with leading zeros to ``digits``, behind ``prefix``."""

    prefix: str
    digits: int
    first: int
    last: int

    def text(self, number: int) -> str:
        """Return a number as it stands on the seal."""
        return f"{self.prefix}{number:0{self.digits}d}"

    def number(self, text: str) -> int | None:
        """Return the number of a text written as those of this range, within it or not; None for any other."""
        rest = text.removeprefix(self.prefix)
        if not text.startswith(self.prefix) or not (rest.isascii() and rest.isdigit()):
            return None
        return int(rest) if rest == f"{int(rest):0{self.digits}d}" else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not add up: ``code`` is double, outside, missing or overlap.

    ``first`` and ``last`` are the same for a single number; ``count`` is how many numbers are missing or in two
    ranges, or how often one was used.
    """

    code: str
    first: str
    last: str
    count: int


def reconcile(spans: Sequence[Span], used: Iterable[str]) -> list[Finding]:
    """Return numbers used twice, of no range, missing below the highest one used of a range, in two ranges.

    >>> for found in reconcile([Span("A", 4, 1, 1000)], ["A0001", "A0004", "A0004", "B1"]):
    ...     print(found.code, found.first, found.last, found.count)
    double A0004 A0004 2
    outside B1 B1 1
    missing A0002 A0003 2
    """
    counted = Counter(used)
    found = [Finding("double", text, text, times) for text, times in counted.items() if times > 1]
    alike: dict[tuple[str, int], list[Span]] = {}
    for span in sorted(spans):
        alike.setdefault((span.prefix, span.digits), []).append(span)
    outside = set(counted)
    rest: list[Finding] = []
    for group in alike.values():
        numbers = sorted(n for text in counted if (n := group[0].number(text)) is not None)
        for span in group:
            here = numbers[bisect_left(numbers, span.first) : bisect_right(numbers, span.last)]
            outside.difference_update(map(span.text, here))
            rest += _missing(span, here)
        rest += _overlaps(group)
    found += [Finding("outside", text, text, 1) for text in sorted(outside)]
    return found + list(dict.fromkeys(rest))


def _missing(span: Span, used: Sequence[int]) -> Iterator[Finding]:
    for before, after in pairwise([span.first - 1, *used]):
        if after - before > 1:
            yield Finding("missing", span.text(before + 1), span.text(after - 1), after - before - 1)


def _overlaps(alike: Sequence[Span]) -> Iterator[Finding]:
    """Yield where ranges, sorted by their first number, have numbers in common."""
    reached = replace(alike[0], last=alike[0].first - 1)
    for span in alike:
        if span.first <= reached.last:
            last = min(span.last, reached.last)
            yield Finding("overlap", span.text(span.first), span.text(last), last - span.first + 1)
        if span.last > reached.last:
            reached = span
