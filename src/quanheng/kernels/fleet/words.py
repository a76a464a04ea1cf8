"""What is said of an estimate, in short Chinese sentences: the same in the picture and in the terminal.

A remote estimate is preliminary evidence: it says 疑似超差, never 不合格.
"""

from __future__ import annotations

import re
from math import isfinite

from quanheng.kernels.fleet.results import (
    CONFORMING,
    JUDGED,
    OUT_OF_TOLERANCE,
    UNDETERMINED,
    UNUSABLE,
    WITHHELD,
    AreaEstimate,
)

METER_STATUS = {OUT_OF_TOLERANCE: "疑似超差", UNDETERMINED: "不能判断", CONFORMING: "未见超差"}
AREA_STATUS = {JUDGED: "已判断", WITHHELD: "先查其他问题", UNUSABLE: "不能估计"}
PRELIMINARY = "远程估计是初步证据，不是检定结论；更换或处理之前，须到现场核实。"

HALF_WIDTH = 1.959964  # of a 95 % interval, in standard uncertainties
# What `report` says of a meter that cannot be judged, without its names and figures.
_KINDS = (
    (re.compile("同步变化"), "用电与别的表同步变化，不能分开。"),
    (re.compile("标准不确定度"), "用电太少或变化太少，标准不确定度还不够小。"),
    (re.compile("不足以下结论"), "超差的概率不足以下结论。"),
)
_PLAIN_BELOW = 1e4
_NEARLY = 0.999


def headline(estimate: AreaEstimate) -> str:
    """Return the answer for an area in one sentence, without a full stop."""
    name, n = f"台区 {estimate.area_id}", len(estimate.meter_ids)
    if estimate.status == UNUSABLE:
        return f"{name}：读数不能用于估计"
    if estimate.status == WITHHELD:
        return f"{name}：先查清台区本身的问题，{n} 台电能表都不作判断"
    counts = [(estimate.meter_status.count(status), word) for status, word in METER_STATUS.items()]
    said = "，".join(f"{count} 台{word}" for count, word in counts if count)
    return f"{name}：{n} 台电能表中，{said}" if said else f"{name}：没有电能表"


def error_text(error_percent: float, standard_uncertainty_percent: float) -> str:
    """Return an error with the half-width of its 95 % interval; both in [%]."""
    if not (isfinite(error_percent) and isfinite(standard_uncertainty_percent)):
        return "没有估计"
    half = HALF_WIDTH * standard_uncertainty_percent
    digits = 2 if half < 1 else 1
    return f"{_figure(error_percent, digits, '+')} ± {_figure(half, digits)} %"


def probability_text(probability: float) -> str:
    """Return a probability in [%], never rounded to certainty."""
    if not isfinite(probability):
        return "–"
    if probability > _NEARLY:
        return "> 99.9 %"
    return "< 0.1 %" if probability < 1 - _NEARLY else f"{100 * probability:.1f} %"


def share_text(share: float) -> str:
    """Return a share of the energy in [%]."""
    if not isfinite(share):
        return "–"
    return "< 0.1 %" if 0 < share < 1 - _NEARLY else f"{100 * share:.1f} %"


def reason_kind(reason: str) -> str:
    """Return a reason without what is of one meter only, so that alike ones can be counted.

    >>> reason_kind("用电与 m02、m03 同步变化，不能分开。")
    '用电与别的表同步变化，不能分开。'
    """
    return next((kind for told, kind in _KINDS if told.search(reason)), reason)


def loss_text(estimate: AreaEstimate) -> str:
    """Return the loss of an area, as indicated by its meters."""
    if not isfinite(estimate.loss_kwh):
        return "没有算出"
    share = f"，占供电量的 {estimate.loss_percent:.2f} %" if isfinite(estimate.loss_percent) else ""
    return f"{_figure(estimate.loss_kwh, 1)} kWh{share}"


def _figure(value: float, digits: int, sign: str = "") -> str:
    return f"{value:{sign}z.{digits}f}" if abs(value) < _PLAIN_BELOW else f"{value:{sign}.4g}"
