"""Numbers of verification marks: ranges as people write them, overlaps, which mark lies in which range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from quanheng.manufacturers.errors import BadAuthorisation
from quanheng.manufacturers.models import MAX_DIGITS, MAX_PREFIX

_LONGEST_LINE = 200
_RANGE = re.compile(r"(?P<first>\S+?)\s*(?:-|－|—|–|~|～|至|到|\s)\s*(?P<last>\S+)")
_NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>[0-9]+)")
_PREFIX = re.compile(r"[0-9A-Za-z一-鿿()（）/]*")


@dataclass(frozen=True, slots=True)
class Marks:
    """A range: prefix without digits at its end, then numbers from first to last in so many digits."""

    prefix: str
    first: int
    last: int
    digits: int

    def __str__(self) -> str:
        return f"{self.mark(self.first)}～{self.mark(self.last)}"

    def __len__(self) -> int:
        return self.last - self.first + 1

    def mark(self, number: int) -> str:
        """Return a number of the range as it stands on a meter."""
        return f"{self.prefix}{number:0{self.digits}d}"

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, str) or len(text) != len(self.prefix) + self.digits:
            return False
        number = text[len(self.prefix) :]
        is_numbered = text.startswith(self.prefix) and number.isascii() and number.isdigit()
        return is_numbered and self.first <= int(number) <= self.last

    def overlaps(self, other: Marks) -> bool:
        """Whether both have a mark in common."""
        return (
            (self.prefix, self.digits) == (other.prefix, other.digits)
            and self.first <= other.last
            and other.first <= self.last
        )


def marks_between(first: str, last: str) -> Marks:
    """Return the range from one mark to another, as they stand on meters.  BadAuthorisation where it is none."""
    begin, end = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
    given = {"range": f"{first}～{last}"}
    if begin is None or end is None:
        raise BadAuthorisation(reason=_("号段“%(range)s”应以数字结尾。") % given)
    if begin["prefix"] != end["prefix"] or len(begin["number"]) != len(end["number"]):
        raise BadAuthorisation(reason=_("号段“%(range)s”的起号和止号应前缀相同、位数相同。") % given)
    prefix, digits = begin["prefix"], len(begin["number"])
    if len(prefix) > MAX_PREFIX or digits > MAX_DIGITS or not _PREFIX.fullmatch(prefix):
        raise BadAuthorisation(
            reason=_(
                "号段“%(range)s”：前缀只能有字母和汉字，不超过 %(prefix)s 个；数字不超过 %(digits)s 位。"
            )
            % (given | {"prefix": MAX_PREFIX, "digits": MAX_DIGITS})
        )
    found = Marks(prefix, int(begin["number"]), int(end["number"]), digits)
    if found.last < found.first:
        raise BadAuthorisation(reason=_("号段“%(range)s”的止号小于起号。") % given)
    return found


def marks_in(text: str) -> list[Marks]:
    """Return the ranges of a text, one a line: 川A0000001～川A0300000.  BadAuthorisation."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _RANGE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        if match is None:
            raise BadAuthorisation(
                reason=_("“%(line)s”不是号段，应写“起号～止号”，一行一段。") % {"line": line[:60]}
            )
        found.append(marks_between(match["first"], match["last"]))
    return found


def first_overlap(asked: Sequence[Marks], taken: Iterable[Marks]) -> tuple[Marks, Marks] | None:
    """Return the first range asked for that overlaps one taken, and that one; None where there is none."""
    known = list(taken)
    for at, one in enumerate(asked):
        for other in (*asked[:at], *known):
            if one.overlaps(other):
                return one, other
    return None


def without(present: Marks, kept: Iterable[Marks]) -> list[Marks]:
    """Return the parts of a range that lie in none of the others."""
    lost, first = [], present.first
    for one in sorted((one for one in kept if one.overlaps(present)), key=lambda one: one.first):
        if one.first > first:
            lost.append(replace(present, first=first, last=one.first - 1))
        first = max(first, one.last + 1)
    return [*lost, replace(present, first=first)] if first <= present.last else lost
