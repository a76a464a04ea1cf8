"""What the headings of a table of readings, or of meters, stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quanheng.fleet.readings_import.refusals import BadImport

VOLTAGE_COLUMNS = ("voltage_a_v", "voltage_b_v", "voltage_c_v")
REGISTERS, INTERVALS = "registers", "intervals"

_NAMES = {
    "area": ("area", "area_id", "台区", "台区编号", "台区号", "台区id", "台区编码"),
    "meter": ("meter", "meter_id", "电表", "表号", "电能表", "电表号", "电表编号", "电能表编号", "资产编号"),
    "timestamp": ("timestamp", "time", "datetime", "时间", "数据时间", "采集时间", "时刻"),
    "kwh": (
        "kwh",
        "energy",
        "energy_kwh",
        "电量",
        "register",
        "register_kwh",
        "示值",
        "示数",
        "正向有功总",
        "正向有功总示值",
        "正向有功总电能示值",
    ),
    "voltage_a_v": ("voltage_a_v", "voltage_a", "ua", "va", "电压a", "a相电压"),
    "voltage_b_v": ("voltage_b_v", "voltage_b", "ub", "vb", "电压b", "b相电压"),
    "voltage_c_v": ("voltage_c_v", "voltage_c", "uc", "vc", "电压c", "c相电压"),
    "volts": ("volts", "voltage", "voltage_v", "电压"),
    "phase": ("phase", "相别", "相位", "相"),
    "role": ("role", "角色", "表类型", "电表类型"),
    "mpe_percent": ("mpe_percent", "mpe", "最大允许误差"),
    "multiplier": ("multiplier", "倍率", "综合倍率"),
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names}
_REGISTER_NAMES = frozenset(_NAMES["kwh"][4:])
_INTERVAL_NAMES = frozenset({"energy", "energy_kwh", "电量"})
_UNIT = re.compile(r"[(（\[].*?[)）\]]|\s")


@dataclass(frozen=True, slots=True)
class Headings:
    """The columns of one file: field → heading as written, and what the heading of the energies says they are."""

    columns: dict[str, str]
    ignored: tuple[str, ...]
    kind: str | None  # REGISTERS, INTERVALS; None: the heading says neither


def read_headings(names: Sequence[str], needed: Sequence[str], where: str) -> Headings:
    """Return the columns of a table.

    Raises
    ------
    BadImport
        headings: a needed column is missing, two columns mean the same.
    """
    columns: dict[str, str] = {}
    ignored = []
    for name in names:
        field = _FIELDS.get(_plain(name))
        if field is None:
            ignored.append(name)
        elif field in columns:
            raise BadImport(
                "headings", f"{where}：“{columns[field]}”和“{name}”是同一列的两个名称，请只留一列。"
            )
        else:
            columns[field] = name
    if missing := [field for field in needed if field not in columns]:
        said = "、".join(f"{field}（{_chinese(field)}）" for field in missing)
        raise BadImport("headings", f"{where}：第一行没有这些列：{said}。")
    return Headings(columns, tuple(ignored), _kind(_plain(columns.get("kwh", ""))))


def field_of(name: str) -> tuple[str | None, str | None]:
    """Return (what a name stands for, what an energy of this name is); None: nothing, and it does not say."""
    plain = _plain(name)
    return _FIELDS.get(plain), _kind(plain)


def _kind(energy: str) -> str | None:
    return REGISTERS if energy in _REGISTER_NAMES else INTERVALS if energy in _INTERVAL_NAMES else None


def _plain(name: str) -> str:
    return _UNIT.sub("", name).lower().strip("\ufeff")


def _chinese(field: str) -> str:
    return next((name for name in _NAMES[field] if not name.isascii()), field)
