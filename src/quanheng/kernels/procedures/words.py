"""What the words of the format mean to a reader."""

from __future__ import annotations

from collections.abc import Mapping

from quanheng.kernels.procedures.model import Stage
from quanheng.kernels.rules.words import LACKS as RULE_LACKS

LACKS: Mapping[str, str] = {
    **RULE_LACKS,
    "in_force_to": "废止日期",
    "limits": "限值",
    "points": "检定点",
    "method": "检定方法",
    "rounding": "修约间隔",
    "repeatability": "重复性要求",
}

STAGES: Mapping[Stage, str] = {
    Stage.FIRST: "首次检定",
    Stage.SUBSEQUENT: "后续检定",
    Stage.IN_SERVICE: "使用中检查",
}
