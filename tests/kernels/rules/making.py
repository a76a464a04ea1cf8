"""Small rules for tests, so that no test depends on a number of a real regulation."""

from __future__ import annotations

from datetime import date
from typing import Any

from quanheng.kernels.rules import KindIndex, RuleSet, RuleVersion, read_kinds, read_rules

KINDS: KindIndex = read_kinds(
    {
        "kinds": [
            {"code": "scale", "name": "秤", "item": "衡器", "aliases": ["电子秤"]},
            {"code": "meter", "name": "表", "item": "水表", "parameters": ["dn_mm", "gas"]},
            {"code": "sensor", "name": "传感器", "item": "传感器"},
            {"code": "caliper", "name": "卡尺", "item": None},
        ]
    }
)

ROW: dict[str, Any] = {
    "key": "scale",
    "number": 1,
    "control": "both",
    "uses": ["trade"],
    "terms": [{"mode": "periodic", "months": 12}],
    "catalogue": "目录甲",
    "regulation": "JJG 1",
    "edition": "2020",
    "in_force_from": date(2020, 1, 1),
    "source": "公告",
    "clause": "5.1",
    "confidence": "found",
}


def make_rule(**changes: Any) -> RuleVersion:
    return read_rules({"rules": [ROW | changes]}, KINDS)[0]


def make_rules(*rows: dict[str, Any]) -> RuleSet:
    return RuleSet(
        read_rules({"rules": [ROW | {"number": n} | row for n, row in enumerate(rows, 1)]}, KINDS), KINDS
    )
