"""The dimension of what a formula gives, and its unit where no factor of conversion hides it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from quanheng.kernels.expressions import Binary, Call, Name, Negative, Node, Number
from quanheng.kernels.quantities import BadQuantity, Quantity, unit

Dimension = tuple[Fraction, Fraction, Fraction, Fraction, Fraction]

# Powers of length, mass, time, current, temperature; and what the base unit of the quantity is in those of the SI.
_SI: Mapping[Quantity, tuple[tuple[int, int, int, int, int], float]] = {
    Quantity.MASS: ((0, 1, 0, 0, 0), 1e-3),
    Quantity.VOLUME: ((3, 0, 0, 0, 0), 1e-3),
    Quantity.LENGTH: ((1, 0, 0, 0, 0), 1),
    Quantity.TIME: ((0, 0, 1, 0, 0), 1),
    Quantity.ENERGY: ((2, 1, -2, 0, 0), 1),
    Quantity.POWER: ((2, 1, -3, 0, 0), 1),
    Quantity.PRESSURE: ((-1, 1, -2, 0, 0), 1),
    Quantity.TEMPERATURE: ((0, 0, 0, 0, 1), 1),
    Quantity.TEMPERATURE_DIFFERENCE: ((0, 0, 0, 0, 1), 1),
    Quantity.VOLUME_FLOW: ((3, 0, -1, 0, 0), 1e-3 / 3600),
    Quantity.MASS_FLOW: ((0, 1, -1, 0, 0), 1 / 3600),
    Quantity.SPEED: ((1, 0, -1, 0, 0), 1 / 3.6),
    Quantity.FREQUENCY: ((0, 0, -1, 0, 0), 1),
    Quantity.VOLTAGE: ((2, 1, -3, -1, 0), 1),
    Quantity.CURRENT: ((0, 0, 0, 1, 0), 1),
    Quantity.RESISTANCE: ((2, 1, -3, -2, 0), 1),
    Quantity.MASS_CONCENTRATION: ((-3, 1, 0, 0, 0), 1e-9),
    Quantity.RATIO: ((0, 0, 0, 0, 0), 1),
}
_CONVERSIONS = frozenset({3.6, 60.0, 3600.0, 24.0, 1440.0, 86400.0})
_NONE: Dimension = (Fraction(0),) * 5
_ANGLE_FUNCTIONS = frozenset({"sin", "cos", "tan"})
_SAME = 1e-9
_MOST_PLAIN_DIGITS = 3


class Measure(NamedTuple):
    """Dimension and size in SI units; None where it is not known.  A bare number has neither."""

    dimension: Dimension | None = None
    size: float | None = None


ANY = Measure()
BARE = Measure(_NONE, 1.0)


class Mismatch(ValueError):
    """Quantities that cannot stand together; the reason is Chinese."""


def measure_of(symbol: str | None) -> Measure:
    """Return the measure of a unit; nothing is known without one, or of one `quanheng.kernels.quantities` lacks."""
    if symbol is None:
        return ANY
    try:
        found = unit(symbol)
    except BadQuantity:
        return ANY
    if found.quantity not in _SI:
        return ANY
    powers, base = _SI[found.quantity]
    length, mass, time, current, temperature = (Fraction(power) for power in powers)
    return Measure((length, mass, time, current, temperature), float(found.factor) * base)


def agrees(one: Measure, other: Measure) -> str | None:
    """Return why two measures are not the same, or None."""
    if one.dimension is not None and other.dimension is not None and one.dimension != other.dimension:
        return "量纲不同"
    if one.size and other.size and abs(one.size / other.size - 1) > _SAME:
        return "单位不同，没有换算"
    return None


def measured(node: Node, units: Mapping[str, str | None]) -> Measure | None:
    """Return the measure of what a formula gives; None for a plain number, which fits everywhere.

    Raises
    ------
    Mismatch
        It adds or compares what is not alike.
    """
    match node:
        case Number():
            return None
        case Name(name):
            return measure_of(units[name]) if name in units else ANY
        case Negative(operand):
            return measured(operand, units)
        case Binary():
            return _combined(node, units)
        case Call(function, arguments):
            return _called(function, [measured(argument, units) for argument in arguments])


def _combined(node: Binary, units: Mapping[str, str | None]) -> Measure | None:
    if node.sign in "+-":
        return _alike([measured(node.left, units), measured(node.right, units)])
    if node.sign == "^":
        return _power(measured(node.left, units), node.right)
    return _product(node.left, node.right, units, 1 if node.sign == "*" else -1)


def _alike(parts: list[Measure | None]) -> Measure | None:
    known = [part for part in parts if part is not None]
    for part in known[1:]:
        if why := agrees(known[0], part):
            raise Mismatch(f"相加、相减或比较的两部分{why}")
    found = next((part for part in known if part.dimension is not None), known[0] if known else None)
    if found is not None and found.dimension == _NONE and len(known) < len(parts):
        return Measure(_NONE)  # 0.5 + a/b may be percent
    return found


def _product(left: Node, right: Node, units: Mapping[str, str | None], sign: int) -> Measure | None:
    first, second = measured(left, units), measured(right, units)
    if first is None and second is None:
        return None
    factors = [part.value for part in (left, right) if isinstance(part, Number)]
    if any(_is_constant(value) for value in factors):
        return ANY
    is_converted = any(_converts(value) for value in factors)
    a, b = first or BARE, second or BARE
    dimension = None
    if a.dimension is not None and b.dimension is not None:
        x, y, z, u, v = (p + sign * q for p, q in zip(a.dimension, b.dimension, strict=True))
        dimension = (x, y, z, u, v)
    size = a.size * b.size**sign if a.size and b.size and not is_converted else None
    return Measure(dimension, size)


def _power(base: Measure | None, exponent: Node) -> Measure | None:
    if base is None or base == BARE:
        return base
    if not isinstance(exponent, Number) or base.dimension is None:
        return ANY
    power = Fraction(exponent.value).limit_denominator(12)
    x, y, z, u, v = (one * power for one in base.dimension)
    return Measure((x, y, z, u, v), base.size**exponent.value if base.size else None)


def _called(function: str, arguments: list[Measure | None]) -> Measure | None:
    if function in ("min", "max"):
        return _alike(arguments)
    first = arguments[0]
    if function == "abs":
        return first
    if function == "sqrt":
        return _power(first, Number(0.5, "0.5"))
    if function not in _ANGLE_FUNCTIONS and first is not None and first.dimension not in (None, _NONE):
        raise Mismatch(f"函数 {function} 的参数有量纲")
    return BARE


def _is_constant(value: float) -> bool:
    """Whether a factor is a constant of nature or of a fit, which may have any unit."""
    return len(f"{value:e}".partition("e")[0].rstrip("0").replace(".", "")) > _MOST_PLAIN_DIGITS


def _converts(value: float) -> bool:
    """Whether a factor may be there to change a unit: a power of ten, or one of the clock."""
    digits = f"{abs(value):e}".partition("e")[0].rstrip("0").rstrip(".")
    return (digits == "1" and abs(value) != 1) or value in _CONVERSIONS
