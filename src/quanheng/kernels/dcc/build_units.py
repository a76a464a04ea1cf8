"""Our units as D-SI writes them.

D-SI 2.2.1 (DOI 10.5281/zenodo.3366901): macros like those of siunitx, of the units that the SI Brochure
(9th edition, 2019) lists.  What is none of these is written ``|name`` inside ``si:hybrid``, beside the same value in
a unit of D-SI, and is declared in the statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from quanheng.kernels.quantities import BadQuantity, unit


class DsiUnit(NamedTuple):
    """A macro of D-SI; for a unit that D-SI has not, the value × ``factor`` is in that macro."""

    macro: str
    other: str = ""
    """``|name`` of a unit outside D-SI; empty for those of D-SI."""
    definition: str = ""
    factor: Decimal = Decimal(1)


_MACROS: Mapping[str, str] = {
    "1": r"\one",
    "%": r"\percent",
    "g": r"\gram",
    "µg": r"\micro\gram",
    "mg": r"\milli\gram",
    "kg": r"\kilogram",
    "t": r"\tonne",
    "L": r"\litre",
    "mL": r"\milli\litre",
    "m³": r"\metre\tothe{3}",
    "dm³": r"\deci\metre\tothe{3}",
    "cm³": r"\centi\metre\tothe{3}",
    "m": r"\metre",
    "nm": r"\nano\metre",
    "µm": r"\micro\metre",
    "mm": r"\milli\metre",
    "cm": r"\centi\metre",
    "km": r"\kilo\metre",
    "s": r"\second",
    "ms": r"\milli\second",
    "min": r"\minute",
    "h": r"\hour",
    "d": r"\day",
    "J": r"\joule",
    "kJ": r"\kilo\joule",
    "MJ": r"\mega\joule",
    "GJ": r"\giga\joule",
    "Wh": r"\watt\hour",
    "kWh": r"\kilo\watt\hour",
    "MWh": r"\mega\watt\hour",
    "W": r"\watt",
    "kW": r"\kilo\watt",
    "MW": r"\mega\watt",
    "Pa": r"\pascal",
    "kPa": r"\kilo\pascal",
    "MPa": r"\mega\pascal",
    "℃": r"\degreecelsius",
    "K": r"\kelvin",
    "Δ℃": r"\kelvin",
    "ΔK": r"\kelvin",
    "L/h": r"\litre\per\hour",
    "L/min": r"\litre\per\minute",
    "L/s": r"\litre\per\second",
    "m³/h": r"\metre\tothe{3}\per\hour",
    "kg/h": r"\kilogram\per\hour",
    "kg/min": r"\kilogram\per\minute",
    "km/h": r"\kilo\metre\per\hour",
    "m/s": r"\metre\per\second",
    "Hz": r"\hertz",
    "kHz": r"\kilo\hertz",
    "MHz": r"\mega\hertz",
    "GHz": r"\giga\hertz",
    "V": r"\volt",
    "µV": r"\micro\volt",
    "mV": r"\milli\volt",
    "kV": r"\kilo\volt",
    "A": r"\ampere",
    "mA": r"\milli\ampere",
    "Ω": r"\ohm",
    "kΩ": r"\kilo\ohm",
    "MΩ": r"\mega\ohm",
    "mg/m³": r"\milli\gram\per\metre\tothe{3}",
    "µg/m³": r"\micro\gram\per\metre\tothe{3}",
    "g/m³": r"\gram\per\metre\tothe{3}",
    "µg/L": r"\micro\gram\per\litre",
    "mg/L": r"\milli\gram\per\litre",
    "g/L": r"\gram\per\litre",
    "µmol/mol": r"\micro\mole\per\mole",
    "nmol/mol": r"\nano\mole\per\mole",
    "mmol/mol": r"\milli\mole\per\mole",
    "s/d": r"\second\per\day",
    "°": r"\degree",
    "rad": r"\radian",
}

_OTHERS: Mapping[str, DsiUnit] = {
    "%LEL": DsiUnit(r"\percent", "|percentlel", "%LEL：以气体的爆炸下限为 100 % 的百分比"),
    "%vol": DsiUnit(r"\percent", "|percentvol", "%vol：体积分数的百分比"),
    "‰": DsiUnit(r"\one", "|permille", "1 ‰ = 0.001", Decimal("0.001")),
    "斤": DsiUnit(r"\kilogram", "|jin", "1 斤 = 0.5 kg", Decimal("0.5")),
    "两": DsiUnit(r"\kilogram", "|liang", "1 两 = 0.05 kg", Decimal("0.05")),
    "bar": DsiUnit(r"\kilo\pascal", "|bar", "1 bar = 100 kPa", Decimal(100)),
    "mbar": DsiUnit(r"\pascal", "|mbar", "1 mbar = 100 Pa", Decimal(100)),
    "mmHg": DsiUnit(r"\pascal", "|mmhg", "1 mmHg = 133.322387415 Pa", Decimal("133.322387415")),
}


@lru_cache(maxsize=256)
def dsi_unit(symbol: str) -> DsiUnit | None:
    """Return how D-SI writes a unit of `kernels.quantities`; without a symbol it is one; None for a strange one.

    Examples
    --------
    >>> dsi_unit("m3/h").macro, dsi_unit("").macro, dsi_unit("斤").other
    ('\\\\metre\\\\tothe{3}\\\\per\\\\hour', '\\\\one', '|jin')
    """
    try:
        own = unit(symbol or "1").symbol
    except BadQuantity:
        return None
    return DsiUnit(_MACROS[own]) if own in _MACROS else _OTHERS[own]
