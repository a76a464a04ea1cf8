"""Text of cells: full-width characters, blanks, marks that mean "nothing", numbers as displayed."""

from __future__ import annotations

import re
from functools import lru_cache

# Letters, digits and the signs that occur within numbers and models.  Chinese punctuation stays.
_FULL_WIDTH = {
    ord(c) + 0xFEE0: c for c in "0123456789-./+%_#&ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), "")
_WIDTH = str.maketrans(_FULL_WIDTH | _INVISIBLE | {0x3000: " ", 0x00A0: " ", 0x2212: "-"})
_SPACES = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_NOTHING_WORDS = "/ // \\ - -- --- — —— – ― － 无 不详 未知 暂无 空 、 n/a N/A none None null NULL nan NaN"
_NOTHING = frozenset({"", *_NOTHING_WORDS.split()})
_SHORT = 100
EXACT_BELOW = 1e15
"""Excel keeps 15 digits of a number; from here on the last ones are zeros it made up."""


def clean(text: str) -> str:
    """Return the text of a cell: half-width letters and digits, no line breaks, no blanks at the ends.

    A mark that means nothing ("/", "—", "无") gives "".
    """
    return _clean_short(text) if len(text) <= _SHORT else _clean(text)


def _clean(text: str) -> str:
    text = text.translate(_WIDTH).strip()
    if "\n" in text or "\r" in text:
        text = _SPACES.sub(" ", text)
    return "" if text in _NOTHING else text


_clean_short = lru_cache(maxsize=65536)(_clean)


def number_text(value: float) -> str:
    """Return a number as Excel shows it in a cell of general format: 15 digits, no ".0"."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if float(value).is_integer() and abs(value) < EXACT_BELOW:
        return str(int(value))
    return format(value, ".15g")


_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_TENS = re.compile(r"(?P<tens>[一二三四五六七八九])?十(?P<ones>[一二三四五六七八九])?")
_MORE = re.compile(r"(?P<hundreds>[一二三四五六七八九两])百(?:零?(?P<rest>[一二三四五六七八九十]+))?")


def chinese_number(text: str) -> int | None:
    """Return 0–999 written in Chinese (十二, 两, 一百二十), else None."""
    if len(text) == 1 and text in _DIGITS:
        return _DIGITS[text]
    if match := _TENS.fullmatch(text):
        return _DIGITS[match["tens"] or "一"] * 10 + _DIGITS[match["ones"] or "零"]
    if match := _MORE.fullmatch(text):
        rest = chinese_number(match["rest"]) if match["rest"] else 0
        return None if rest is None else _DIGITS[match["hundreds"]] * 100 + rest
    return None


def chinese_digits(text: str) -> str:
    """Return the text with 二〇二四 as 2024, digit by digit."""
    return "".join(str(_DIGITS[c]) if c in _DIGITS and c != "两" else c for c in text)


_QUANTITY = re.compile(r"([-+±]?\d+(?:\.\d+)?)\s*([A-Za-zμµ°℃Ω%][A-Za-z0-9/³²]*)?")
_NAMED = re.compile(r"((?:(?:max|min|e|d)\s*(?:[=:＝：]\s*)?)+)(\d.*)", re.IGNORECASE)
_UNITS = "kg g mg t kN N kPa Pa mm cm m km kW kWh mL L V kV A"
_UNIT_CASE = {unit.casefold(): unit for unit in _UNITS.split()}


def quantity_text(text: str, unit: str, symbol: str) -> str:
    """Return "30kg", "Max=30kg" and "30" under a heading in kg as "30 kg"; what is no single number stays."""
    named = _NAMED.fullmatch(text)
    is_own = named is not None and symbol in re.split(r"[\s=:＝：]+", named[1].casefold())
    match = _QUANTITY.fullmatch(named[2] if named is not None and is_own else text)
    if match is None:
        return with_unit(text, unit)
    written = match[2] or unit
    written = _UNIT_CASE.get(written.casefold(), written) if written.isascii() else written
    return f"{match[1]} {written}" if written else match[1]


def with_unit(text: str, unit: str) -> str:
    """Return the text with the unit of its heading, where it ends in a digit."""
    if not unit or not text or not text[-1].isdigit():
        return text
    return f"{text}{unit}" if unit in {"级", "%"} else f"{text} {unit}"
