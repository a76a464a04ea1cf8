"""Numbers as a certificate prints them: rounded to what they mean, grouped by thin spaces (GB 3101-1993, 3.3)."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

from quanheng.kernels.rounding import round_to_digits, round_uncertainty

NARROW = "\N{NARROW NO-BREAK SPACE}"
_MOST_PLACES, _MOST_DIGITS = 12, 12
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_GROUP = 3


def grouped(text: str) -> str:
    """Return a decimal with its digits in groups of three on both sides of the point.

    >>> grouped("50.000838").replace(NARROW, " "), grouped("-1234.5").replace(NARROW, " ")
    ('50.000 838', '-1 234.5')
    """
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    first = len(whole) % _GROUP
    parts = [
        whole[:first],
        *(whole[at : at + _GROUP] for at in range(first, len(whole), _GROUP)),
    ]
    groups = [rest[at : at + _GROUP] for at in range(0, len(rest), _GROUP)]
    return sign + NARROW.join(part for part in parts if part) + point + NARROW.join(groups)


def significant(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits; a very small or large one with a power of ten.

    >>> significant(0.0000926354), significant(16.7492, 3), significant(3.2e-14).replace(NARROW, " ")
    ('0.000\u202f092\u202f6', '16.7', '3.20×10⁻¹⁴')
    """
    if not isfinite(value):
        return "∞" if value > 0 else "–"
    if value == 0:
        return "0"
    number = Decimal(repr(float(value)))
    places = digits - 1 - number.adjusted()
    number = round_to_digits(number, places)
    if not _is_handy(number):
        power = number.adjusted()
        return f"{grouped(f'{number.scaleb(-power):f}')}×10{str(power).translate(_SUPERSCRIPTS)}"
    return grouped(f"{number:f}")


def as_given(value: float) -> str:
    """Return an estimate with the digits that it has, at most nine.

    >>> as_given(0.000215), as_given(-0.1), as_given(50.000623).replace(NARROW, " ")
    ('0.000\u202f215', '-0.1', '50.000 623')
    """
    number = Decimal(f"{value:.9g}").normalize() + 0
    return grouped(f"{number:f}") if _is_handy(number) else significant(value, len(number.as_tuple().digits))


def result_numbers(value: float, uncertainty: float) -> tuple[str, str]:
    """Return a value and its expanded uncertainty: this to two significant digits, the value to the same place.

    >>> value, uncertainty = result_numbers(50.0008383, 0.0000926)
    >>> value.replace(NARROW, " "), uncertainty.replace(NARROW, " ")
    ('50.000 838', '0.000 093')
    """
    if not isfinite(uncertainty) or uncertainty <= 0:
        return significant(value, 6), significant(uncertainty)
    shown = round_uncertainty(value, uncertainty)
    if _is_handy(shown.value) and _is_handy(shown.uncertainty):
        return grouped(f"{shown.value:f}"), grouped(f"{shown.uncertainty:f}")
    power = max(
        shown.value.adjusted() if shown.value else shown.uncertainty.adjusted(), shown.uncertainty.adjusted()
    )
    tail = f"×10{str(power).translate(_SUPERSCRIPTS)}"
    return (
        grouped(f"{shown.value.scaleb(-power):f}") + tail,
        grouped(f"{shown.uncertainty.scaleb(-power):f}") + tail,
    )


def _is_handy(number: Decimal) -> bool:
    """Whether a number is read at a glance without a power of ten."""
    exponent = int(number.as_tuple().exponent)
    return -exponent <= _MOST_PLACES and number.adjusted() < _MOST_DIGITS
