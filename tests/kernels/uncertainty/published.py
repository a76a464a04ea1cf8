"""Published examples as model files, with the numbers that their documents print.

A number is given as it is printed: "0.071" agrees with anything from 0.0705 to 0.0715.  Where the document rounded on
the way, a pair (number, tolerance) says how far it may be off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Printed = str | tuple[float, float]


@dataclass(frozen=True)
class Example:
    """A model file, where it is from, and what is printed for each output (and point)."""

    name: str
    source: str
    text: str
    gum: Mapping[str, Mapping[str, Printed]]
    correlation: Mapping[tuple[str, str], Printed] = field(default_factory=dict)
    contributions: Mapping[str, Mapping[str, Printed]] = field(default_factory=dict)
    monte_carlo: Mapping[str, Mapping[str, Printed]] = field(default_factory=dict)
    second_order: bool = False
    point: int = 0


def agrees(found: float, printed: Printed) -> bool:
    """Whether ``found`` is what is printed."""
    if isinstance(printed, tuple):
        return abs(found - printed[0]) <= printed[1]
    digits, _, exponent = printed.partition("e")
    places = len(digits.partition(".")[2])
    unit = 10.0 ** (int(exponent or 0) - places)
    return abs(found - float(printed)) <= 0.5000001 * unit
