"""Number formats of Excel that show other digits than the number: 0000000, 0.0%, 0"kg"."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.|([0#?]+(?:\.[0#?]*)?)|(%)|(.)', re.DOTALL)
_DATE_OR_OTHER = re.compile(r"[ymdhsYMDHSeEgGbBaA@,/]|General|通用")
_LITERAL = frozenset("-() 年月日级个只台号第")


_WORDS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


def hides_day(code: str) -> bool:
    """Whether a format shows year and month only.

    Excel makes the first of the month of "2024年3月": the day stands in the cell, but nobody wrote it.
    """
    letters = _WORDS.sub("", code).casefold()
    return "y" in letters and "m" in letters and not re.search("[dh]", letters)


def displayed(value: float, code: str) -> str | None:
    """Return the number as the format shows it; None where the plain number says the same.

    Only what matters for identity and units is read: leading zeros, groups of digits, percent,
    words around the number.  Dates, thousands and exponents are not.
    """
    parts = _parts(code)
    if parts is None:
        return None
    before, places, after, percent = parts
    shown = Decimal(repr(value)) * (100 if percent else 1)
    digits = "".join(places)
    whole, _, fraction = digits.partition(".")
    is_plain = not percent and not before and not after and len(places) == 1 and whole.count("0") <= 1
    if is_plain or shown < 0:
        return None
    rounded = shown.quantize(Decimal(1).scaleb(-len(fraction)), rounding=ROUND_HALF_UP)
    left, _, right = format(rounded, "f").partition(".")
    left = left.zfill(whole.count("0"))
    right = right.rstrip("0").ljust(fraction.count("0"), "0")
    return before + _grouped(left, places) + (f".{right}" if right else "") + after + ("%" if percent else "")


def _parts(code: str) -> tuple[str, list[str], str, bool] | None:
    """Return words before, runs of digit places with what parts them, words after, percent."""
    section = re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", code)[0]
    before, after, percent = "", "", False
    places: list[str] = []
    gap = ""
    for match in _TOKEN.finditer(section):
        quoted, escaped, run, per, other = match.groups()
        if run:
            if places and (gap != "-" or "." in run or "." in "".join(places)):
                return None
            if places:
                after = ""
            places.append(run)
        elif per:
            percent = True
        elif (word := quoted or escaped or other or "") and (quoted or escaped or word in _LITERAL):
            if places:
                after += word
                gap = after
            else:
                before += word
        elif other:
            return None
    if not places or _DATE_OR_OTHER.search("".join(places)):
        return None
    return before, places, after.rstrip(), percent


def _grouped(digits: str, places: list[str]) -> str:
    groups = []
    for run in reversed(places[1:]):
        digits, group = digits[: -len(run)], digits[-len(run) :]
        groups.append(group)
    return "-".join([digits, *reversed(groups)])
