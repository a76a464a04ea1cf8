"""The sorts of instruments of the demonstration county, as ledgers call them; all makers are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Make:
    """A sort of instrument: how ledgers call it, and what is on its nameplate."""

    names: tuple[str, ...]
    models: tuple[str, ...]
    makers: tuple[str, ...]
    accuracy: str
    range: str
    use: str
    months: int


_TRADE, _SAFETY, _MEDICAL = "贸易结算", "安全防护", "医疗卫生"
_SCALES = ("演示衡器一厂", "演示衡器二厂", "演示电子秤有限公司")
PRICE = Make(
    ("电子计价秤", "电子计价称", "计价秤"),
    ("ACS-15", "ACS-30", "ACS-6"),
    _SCALES,
    "Ⅲ级",
    "0～30kg",
    _TRADE,
    12,
)
BARCODE = Make(("条码计价秤", "收银秤"), ("TM-15A", "RL-6"), _SCALES, "Ⅲ级", "0～15kg", _TRADE, 12)
PLATFORM = Make(("电子台秤", "台秤"), ("TCS-150", "TCS-300"), _SCALES, "Ⅲ级", "0～300kg", _TRADE, 12)
TRUCK = Make(("电子汽车衡", "数字汽车衡"), ("SCS-60", "SCS-100"), _SCALES[:2], "Ⅲ级", "0～100t", _TRADE, 12)
FUEL = Make(
    ("燃油加油机", "加油机", "税控燃油加油机"),
    ("JDK50A", "CS42D", "RT-2244"),
    ("演示加油设备厂", "演示能源设备有限公司"),
    "0.3级",
    "5～50L/min",
    _TRADE,
    6,
)
CHARGER_AC = Make(("交流充电桩",), ("YS-AC7",), ("演示充电科技有限公司",), "1级", "220V 32A", _TRADE, 36)
CHARGER_DC = Make(
    ("直流充电桩", "非车载充电机"),
    ("YS-DC60", "YS-DC120"),
    ("演示充电科技有限公司",),
    "1级",
    "200～750V",
    _TRADE,
    36,
)
TAXI = Make(("出租汽车计价器", "出租车计价器"), ("YS-TX2",), ("演示计价器厂",), "", "", _TRADE, 12)
GAUGE = Make(
    ("压力表", "一般压力表", "弹簧管压力表"),
    ("Y-100", "Y-60", "YN-100"),
    ("演示仪表一厂", "演示仪表二厂"),
    "1.6级",
    "0～1.6MPa",
    _SAFETY,
    6,
)
HEALTH = (
    Make(("血压计", "台式血压计"), ("YXJ-1",), ("演示医疗器械厂",), "±0.5kPa", "0～40kPa", _MEDICAL, 6),
    Make(("电子血压计",), ("YE-660",), ("演示医疗器械厂",), "±0.4kPa", "0～38kPa", _MEDICAL, 12),
    Make(
        ("电子体温计", "红外体温计"), ("YT-1", "IR-2"), ("演示医疗器械厂",), "±0.2℃", "35～42℃", _MEDICAL, 12
    ),
    Make(("心电图机",), ("ECG-12",), ("演示医疗电子有限公司",), "", "", _MEDICAL, 12),
    Make(("身高体重秤", "体重秤"), ("RGZ-120",), _SCALES, "Ⅲ级", "0～120kg", _MEDICAL, 12),
    Make(("焦度计",), ("JD-100",), ("演示光学仪器厂",), "", "-25～25D", _MEDICAL, 12),
)
WARD = (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 5)  # how often each of HEALTH stands in a ward
WATER = Make(
    ("冷水水表", "智能水表", "远传水表"),
    ("LXS-15E", "LXS-20E"),
    ("演示水表厂",),
    "2级",
    "Q3=2.5m³/h",
    _TRADE,
    72,
)
POWER = Make(
    ("单相智能电能表", "单相电能表"), ("DDZY-102", "DDSY-88"), ("演示电表厂",), "2级", "5(60)A", _TRADE, 96
)
