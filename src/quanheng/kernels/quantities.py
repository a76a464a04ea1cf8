"""Units of the quantities that verification deals with: reading "25 m³/h", converting, refusing.

Factors are exact decimals, so that a change of unit changes no digit of a decimal.  Only conversions
within one quantity exist: %LEL, mg/L, µmol/mol and %vol are four quantities, for nothing but the gas
and its state leads from one to the other.  A temperature and a difference of temperatures are two.

Factors: SI Brochure, 9th edition (2019); mmHg: 13.5951 × 9.80665 Pa, the conventional millimetre of
mercury; 斤 and 两: the units of the market, 500 g and 50 g.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, overload

from quanheng.kernels.decimals import decimal_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


class BadQuantity(ValueError):
    """A text that is no quantity, or one of another kind; the reason is Chinese, for the reader."""


class Quantity(StrEnum):
    """Kinds of quantities; values are stored in data files and never change."""

    MASS = "mass"
    VOLUME = "volume"
    LENGTH = "length"
    TIME = "time"
    ENERGY = "energy"
    POWER = "power"
    PRESSURE = "pressure"
    TEMPERATURE = "temperature"
    TEMPERATURE_DIFFERENCE = "temperature_difference"
    VOLUME_FLOW = "volume_flow"
    MASS_FLOW = "mass_flow"
    SPEED = "speed"
    FREQUENCY = "frequency"
    VOLTAGE = "voltage"
    CURRENT = "current"
    RESISTANCE = "resistance"
    EXPLOSIVE_FRACTION = "explosive_fraction"
    MASS_CONCENTRATION = "mass_concentration"
    AMOUNT_FRACTION = "amount_fraction"
    VOLUME_FRACTION = "volume_fraction"
    RATIO = "ratio"
    CLOCK_RATE = "clock_rate"
    ANGLE = "angle"


QUANTITY_NAMES: Mapping[Quantity, str] = {
    Quantity.MASS: "质量",
    Quantity.VOLUME: "体积",
    Quantity.LENGTH: "长度",
    Quantity.TIME: "时间",
    Quantity.ENERGY: "能量",
    Quantity.POWER: "功率",
    Quantity.PRESSURE: "压力",
    Quantity.TEMPERATURE: "温度",
    Quantity.TEMPERATURE_DIFFERENCE: "温度差",
    Quantity.VOLUME_FLOW: "体积流量",
    Quantity.MASS_FLOW: "质量流量",
    Quantity.SPEED: "速度",
    Quantity.FREQUENCY: "频率",
    Quantity.VOLTAGE: "电压",
    Quantity.CURRENT: "电流",
    Quantity.RESISTANCE: "电阻",
    Quantity.EXPLOSIVE_FRACTION: "爆炸下限百分比",
    Quantity.MASS_CONCENTRATION: "质量浓度",
    Quantity.AMOUNT_FRACTION: "摩尔分数",
    Quantity.VOLUME_FRACTION: "体积分数",
    Quantity.RATIO: "比值",
    Quantity.CLOCK_RATE: "日计时误差",
    Quantity.ANGLE: "角度",
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: value × ``factor`` + ``zero`` is the value in the base unit of its quantity."""

    symbol: str
    quantity: Quantity
    factor: Decimal
    zero: Decimal = Decimal(0)

    @property
    def difference(self) -> Unit:
        """The unit of differences of such values: of errors and uncertainties.  Δ℃ for ℃, else itself."""
        return unit("Δ" + self.symbol) if self.quantity is Quantity.TEMPERATURE else self

    def __str__(self) -> str:
        return self.symbol


# Symbol as printed → factor to the base unit, which is the one with factor 1.  Bases are chosen so that
# every factor is a finite decimal; only rad is not one, and has 50 digits.
_FACTORS: Mapping[Quantity, Mapping[str, str]] = {
    Quantity.MASS: {
        "g": "1",
        "µg": "1E-6",
        "mg": "0.001",
        "kg": "1000",
        "t": "1000000",
        "斤": "500",
        "两": "50",
    },
    Quantity.VOLUME: {"L": "1", "mL": "0.001", "m³": "1000", "dm³": "1", "cm³": "0.001"},
    Quantity.LENGTH: {"m": "1", "nm": "1E-9", "µm": "1E-6", "mm": "0.001", "cm": "0.01", "km": "1000"},
    Quantity.TIME: {"s": "1", "ms": "0.001", "min": "60", "h": "3600", "d": "86400"},
    Quantity.ENERGY: {
        "J": "1",
        "kJ": "1000",
        "MJ": "1E+6",
        "GJ": "1E+9",
        "Wh": "3600",
        "kWh": "3.6E+6",
        "MWh": "3.6E+9",
    },
    Quantity.POWER: {"W": "1", "kW": "1000", "MW": "1E+6"},
    Quantity.PRESSURE: {
        "Pa": "1",
        "kPa": "1000",
        "MPa": "1E+6",
        "bar": "1E+5",
        "mbar": "100",
        "mmHg": "133.322387415",
    },
    Quantity.TEMPERATURE: {"℃": "1", "K": "1"},
    Quantity.TEMPERATURE_DIFFERENCE: {"Δ℃": "1", "ΔK": "1"},
    Quantity.VOLUME_FLOW: {"L/h": "1", "L/min": "60", "L/s": "3600", "m³/h": "1000"},
    Quantity.MASS_FLOW: {"kg/h": "1", "kg/min": "60"},
    Quantity.SPEED: {"km/h": "1", "m/s": "3.6"},
    Quantity.FREQUENCY: {"Hz": "1", "kHz": "1000", "MHz": "1E+6", "GHz": "1E+9"},
    Quantity.VOLTAGE: {"V": "1", "µV": "1E-6", "mV": "0.001", "kV": "1000"},
    Quantity.CURRENT: {"A": "1", "mA": "0.001"},
    Quantity.RESISTANCE: {"Ω": "1", "kΩ": "1000", "MΩ": "1E+6"},
    Quantity.EXPLOSIVE_FRACTION: {"%LEL": "1"},
    Quantity.MASS_CONCENTRATION: {
        "mg/m³": "1",
        "µg/m³": "0.001",
        "g/m³": "1000",
        "µg/L": "1",
        "mg/L": "1000",
        "g/L": "1E+6",
    },
    Quantity.AMOUNT_FRACTION: {"µmol/mol": "1", "nmol/mol": "0.001", "mmol/mol": "1000"},
    Quantity.VOLUME_FRACTION: {"%vol": "1"},
    Quantity.RATIO: {"1": "1", "%": "0.01", "‰": "0.001"},
    Quantity.CLOCK_RATE: {"s/d": "1"},
    Quantity.ANGLE: {"°": "1", "rad": "57.295779513082320876798154814105170332405472466564"},
}
_ZEROS: Mapping[str, Decimal] = {"K": Decimal("-273.15")}

# Other ways to write a symbol.  Letter case is part of a symbol, MPa and mPa are not the same; a wrong
# case stands here where it can mean one thing only.
_ALIASES: Mapping[str, str] = {
    "g": "克",
    "mg": "毫克",
    "kg": "千克 公斤 KG Kg",
    "t": "吨",
    "斤": "市斤",
    "L": "升 l",
    "mL": "毫升 ml",
    "m³": "立方米 方",
    "dm³": "立方分米",
    "m": "米",
    "mm": "毫米",
    "cm": "厘米",
    "km": "公里 千米 KM",
    "µm": "微米 um",
    "nm": "纳米",
    "s": "秒",
    "ms": "毫秒",
    "min": "分钟",
    "h": "小时",
    "d": "天 日",
    "Wh": "瓦时 W·h",
    "kWh": "千瓦时 度 kW·h kwh KWh KWH",
    "MWh": "兆瓦时 MW·h",
    "kW": "千瓦 KW",
    "W": "瓦",
    "J": "焦耳 焦",
    "GJ": "吉焦",
    "Pa": "帕",
    "kPa": "千帕 KPa Kpa",
    "MPa": "兆帕 Mpa",
    "bar": "巴",
    "mmHg": "毫米汞柱",
    "℃": "摄氏度 degC",
    "K": "开尔文 开",
    "m³/h": "立方米/小时 立方米每小时",
    "L/h": "升/小时 升每小时 l/h",
    "L/min": "升/分钟 升每分钟 l/min",
    "L/s": "升/秒 l/s",
    "kg/min": "千克/分钟",
    "kg/h": "千克/小时",
    "km/h": "公里/小时 千米/小时 公里每小时 千米每小时 KM/H Km/h",
    "m/s": "米/秒 米每秒",
    "Hz": "赫兹 赫",
    "kHz": "千赫",
    "MHz": "兆赫",
    "GHz": "吉赫",
    "V": "伏特 伏",
    "mV": "毫伏",
    "µV": "微伏 uV",
    "kV": "千伏 KV",
    "A": "安培 安",
    "mA": "毫安",
    "Ω": "欧姆 欧 ohm",
    "kΩ": "千欧 kohm",
    "MΩ": "兆欧",
    "%LEL": "LEL% %lel",
    "µg/m³": "ug/m3",
    "µmol/mol": "ppm umol/mol",
    "nmol/mol": "ppb",
    "%vol": "%VOL %Vol vol% VOL%",
    "s/d": "秒/日 秒/天",
    "°": "deg",
    "rad": "弧度",
}

_CONTEXT = Context(prec=60)
_LARGEST_EXPONENT = 400
_MOST_DIGITS = 50  # with the digits of a factor, still within the context
_EXACT_INTEGERS = 2**53
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0x2212: "-",
    0xFE63: "-",
}
_NUMBER = re.compile(
    r"\s*([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)"
    r"(?![0-9])(.*)",
    re.DOTALL,
)
_LIKE = str.maketrans({"∕": "/", "∆": "Δ", "△": "Δ", "⋅": "·", "^": ""})
_GAPS = re.compile(r"\s*/\s*|(?<=%)\s+")


def unit(text: str) -> Unit:
    """Return the unit that ``text`` names: a symbol, a Chinese name, in full or half width.

    Raises
    ------
    BadQuantity
        It names none.

    Examples
    --------
    >>> unit("m3/h").symbol, unit("㎏").symbol, unit("公里/小时").symbol, str(unit("毫米汞柱").quantity)
    ('m³/h', 'kg', 'km/h', 'pressure')
    """
    found = _UNITS.get(_key(text))
    if found is None:
        raise BadQuantity(f"不认识的单位“{text.strip()}”。")
    return found


@overload
def convert(value: Decimal, from_unit: Unit | str, to_unit: Unit | str) -> Decimal: ...
@overload
def convert(value: float, from_unit: Unit | str, to_unit: Unit | str) -> float: ...
@overload
def convert(value: FloatArray, from_unit: Unit | str, to_unit: Unit | str) -> FloatArray: ...


def convert(
    value: Decimal | float | FloatArray, from_unit: Unit | str, to_unit: Unit | str
) -> Decimal | float | FloatArray:
    """Return ``value`` in another unit of the same quantity; the type stays.

    A decimal is converted exactly where the result is a finite decimal, else to 60 digits; a float as
    the decimal that it prints; an array to within two units in the last place, of the value or of
    273.15 between ℃ and K.

    Raises
    ------
    BadQuantity
        An unknown unit; units of different quantities, naming both.

    Examples
    --------
    >>> convert(Decimal("0.57"), "kg", "g"), convert(0.57, "kg", "g")
    (Decimal('570.00'), 570.0)
    >>> import numpy as np
    >>> convert(np.array([36.0, 90.0]), "km/h", "m/s")
    array([10., 25.])
    """
    import numpy as np  # late: who reads the name of a unit does not wait for it

    source, target = _as_unit(from_unit), _as_unit(to_unit)
    if source.quantity is not target.quantity:
        raise BadQuantity(f"{_described(source)}，{_described(target)}，不能换算。")
    if source == target:
        return value
    if isinstance(value, np.ndarray):
        return _convert_array(value, source, target)
    if isinstance(value, Decimal):
        return _convert_decimal(value, source, target)
    return float(_convert_decimal(decimal_of(value), source, target))


def parse_quantity(given: str | Decimal | float, default_unit: Unit | str) -> Decimal:
    """Return the value of a text such as "25 m³/h" in ``default_unit``; without a unit it is in that.

    Full-width characters, thousands separators and Chinese names of units are read.  A number is taken
    as it is, a float as the decimal that it prints.

    Raises
    ------
    BadQuantity
        No number, an unknown unit, a unit of another quantity, a number beyond 10^±400 or 50 digits.

    Examples
    --------
    >>> parse_quantity("１５ kg", "g"), parse_quantity("0.5%", "1"), parse_quantity(36.5, "℃")
    (Decimal('15000'), Decimal('0.005'), Decimal('36.5'))
    """
    wanted = _as_unit(default_unit)
    if not isinstance(given, str):
        return _checked_number(given)
    number, rest = _split(given)
    written = unit(rest) if rest.strip() else wanted
    if written.quantity is not wanted.quantity:
        raise BadQuantity(f"“{given.strip()}”：{_described(written)}，这里要用{_named(wanted)}。")
    return convert(number, written, wanted)


def split_quantity(text: str) -> tuple[Decimal, Unit]:
    """Return the value and the unit that a text such as "25 m³/h" is written in.

    Raises
    ------
    BadQuantity
        No number, no unit or an unknown one, a number beyond 10^±400 or 50 digits.

    Examples
    --------
    >>> value, written_in = split_quantity("0.25 克")
    >>> value, written_in.symbol
    (Decimal('0.25'), 'g')
    """
    number, rest = _split(text)
    if not rest.strip():
        raise BadQuantity(f"“{text.strip()}”没有写单位。")
    return number, unit(rest)


def _split(text: str) -> tuple[Decimal, str]:
    """Return the number that ``text`` begins with, and the rest.  Digits in superscript are no digits."""
    match = _NUMBER.match(text.translate(_HALF_WIDTH))
    if match is None or match[2].strip() == "1":
        raise BadQuantity(f"没有读到数值：“{text.strip()}”。")
    return _checked_number(Decimal(match[1].replace(",", ""))), match[2]


def _checked_number(given: Decimal | float) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
        raise BadQuantity(f"不是数值：{given!s:.40}。")
    number = decimal_of(given) if isinstance(given, float) else Decimal(given)
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise BadQuantity(f"不是数值，或者超出范围：{given!s:.40}。")
    if len(number.as_tuple().digits) > _MOST_DIGITS:
        raise BadQuantity(f"数值的位数超过 {_MOST_DIGITS} 位。")
    return number


def _convert_decimal(value: Decimal, source: Unit, target: Unit) -> Decimal:
    base = _CONTEXT.add(_CONTEXT.multiply(value, source.factor), source.zero)
    return _CONTEXT.divide(_CONTEXT.subtract(base, target.zero), target.factor)


def _convert_array(values: FloatArray, source: Unit, target: Unit) -> FloatArray:
    ratio = Fraction(source.factor) / Fraction(target.factor)
    shift = float(Fraction(source.zero - target.zero) / Fraction(target.factor))
    if max(ratio.numerator, ratio.denominator) > _EXACT_INTEGERS:
        return values * float(ratio) + shift
    return values * float(ratio.numerator) / float(ratio.denominator) + shift


def _as_unit(given: Unit | str) -> Unit:
    return given if isinstance(given, Unit) else unit(given)


def _named(one: Unit) -> str:
    return f"{QUANTITY_NAMES[one.quantity]}的单位（{one.symbol}）"


def _described(one: Unit) -> str:
    return f"“{one.symbol}”是{QUANTITY_NAMES[one.quantity]}的单位"


def _key(text: str) -> str:
    return _GAPS.sub(lambda gap: gap[0].strip(), unicodedata.normalize("NFKC", text).translate(_LIKE).strip())


def _table() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for quantity, factors in _FACTORS.items():
        for symbol, factor in factors.items():
            one = Unit(symbol, quantity, Decimal(factor), _ZEROS.get(symbol, Decimal(0)))
            for text in (symbol, *_ALIASES.get(symbol, "").split()):
                if found.setdefault(_key(text), one) is not one:
                    raise ValueError(f"two units are written {text!r}")
    return found


_UNITS = _table()
UNITS: tuple[Unit, ...] = tuple(dict.fromkeys(_UNITS.values()))
"""Every unit, in the order of the quantities."""
