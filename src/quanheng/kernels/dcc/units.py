r"""Units of D-SI as people write them: ``\kilogram\per\metre\tothe{3}`` → kg/m³.

What the table does not know is returned as it was written, whole.  D-SI brochure, tables 1 to 4
(doi 10.5281/zenodo.3366901); names follow the SI brochure, 9th edition.
"""

from __future__ import annotations

import re

_PREFIXES = {
    "quecto": "q", "ronto": "r", "yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p",
    "nano": "n", "micro": "µ", "milli": "m", "centi": "c", "deci": "d", "deca": "da", "hecto": "h",
    "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E", "zetta": "Z",
    "yotta": "Y", "ronna": "R", "quetta": "Q", "kibi": "Ki", "mebi": "Mi", "gibi": "Gi",
}  # fmt: skip
_UNITS = {
    "metre": "m", "kilogram": "kg", "gram": "g", "second": "s", "ampere": "A", "kelvin": "K", "mole": "mol",
    "candela": "cd", "one": "1", "day": "d", "hour": "h", "minute": "min", "degree": "°", "arcminute": "′",
    "arcsecond": "″", "gon": "gon", "radian": "rad", "steradian": "sr", "hertz": "Hz", "newton": "N",
    "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V", "farad": "F", "ohm": "Ω",
    "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H", "degreecelsius": "°C", "degreeCelsius": "°C", "lumen": "lm",
    "lux": "lx", "becquerel": "Bq", "gray": "Gy", "sievert": "Sv", "katal": "kat", "litre": "L",
    "tonne": "t", "electronvolt": "eV", "dalton": "Da", "astronomicalunit": "au", "hectare": "ha",
    "neper": "Np", "bel": "B", "decibel": "dB", "percent": "%", "ppm": "ppm", "byte": "B", "bit": "bit",
    "bar": "bar", "mmHg": "mmHg", "angstrom": "Å", "nauticalmile": "n mile", "knot": "kn", "barn": "b",
    "erg": "erg", "dyne": "dyn", "poise": "P", "gauss": "Gs", "oersted": "Oe", "atomicunitoftime": "a.u. (时间)",
}  # fmt: skip
_TOKEN = re.compile(r"\\([A-Za-z]+)(?:\{([-+]?\d+(?:\.\d+)?)\})?")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def readable_unit(text: str) -> str:
    r"""Return a unit of D-SI as it is printed; a unit that is not of D-SI (``|jin``) or not known, as written."""
    unit = text.strip()
    tokens = _TOKEN.findall(unit)
    if not tokens or _TOKEN.sub("", unit).strip():
        return unit
    parts = _parts(tokens)
    if parts is None:
        return unit
    above = "·".join(symbol + power for symbol, power, is_below in parts if not is_below)
    below = [symbol + power for symbol, power, is_below in parts if is_below]
    if not below:
        return above
    joined = below[0] if len(below) == 1 else "(" + "·".join(below) + ")"
    return f"{above or '1'}/{joined}"


def _parts(tokens: list[tuple[str, str]]) -> list[tuple[str, str, bool]] | None:
    """Return (symbol, exponent, whether below the line) of each unit; None for a name that is not known."""
    parts: list[tuple[str, str, bool]] = []
    prefix, is_below = "", False
    for name, number in tokens:
        if name == "per" and not prefix:
            is_below = True
        elif name in _PREFIXES and not prefix:
            prefix = _PREFIXES[name]
        elif name == "tothe" and number and parts and not parts[-1][1] and not prefix:
            parts[-1] = (parts[-1][0], _power(number), parts[-1][2])
        elif name in _UNITS and not number:
            parts.append((prefix + _UNITS[name], "", is_below))
            prefix, is_below = "", False
        else:
            return None
    return None if prefix or is_below else parts


def _power(number: str) -> str:
    if number.lstrip("+") == "1":
        return ""
    return number.lstrip("+").translate(_SUPERSCRIPT) if "." not in number else f"^{number}"
