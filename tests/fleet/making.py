"""Estimates made by hand: one area with a meter of each status, and what else a test asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from quanheng.kernels.fleet.results import (
    CONFORMING,
    JUDGED,
    OUT_OF_TOLERANCE,
    UNDETERMINED,
    UNUSABLE,
    WITHHELD,
    AreaEstimate,
    FleetFinding,
)

NAN = float("nan")
# meter, status, error [%], standard uncertainty [%], probability, share of the energy, reason
Meter = tuple[str, str, float, float, float, float, str]
METERS: tuple[Meter, ...] = (
    ("A1-m01", CONFORMING, 0.4, 0.3, 0.0001, 0.5, ""),
    ("A1-m02", OUT_OF_TOLERANCE, -5.2, 0.4, 0.999, 0.3, "误差 -5.2 %，超出 ±2 % 的概率为 99.9 %。"),
    ("A1-m03", UNDETERMINED, 0.1, 1.9, 0.3, 0.2, "用电量太小，读数说明不了误差。"),
    ("A1-m04", UNDETERMINED, NAN, NAN, NAN, 0.0, "没有用电。"),
)
FINDING = FleetFinding(
    "meter_exchanged",
    "可能在 2026-03-04 换过。",
    "A1-m03",
    {"day": "2026-03-04", "before": 1.5},
)


def estimate(
    area_id: str = "A1",
    meters: Sequence[Meter] = METERS,
    *,
    status: str = JUDGED,
    findings: Sequence[FleetFinding] = (FINDING,),
    mpe_percent: float = 2.0,
) -> AreaEstimate:
    """Return the estimate of an area with these meters."""
    ids, statuses, *numbers, reasons = zip(*meters, strict=True) if meters else ((),) * 7
    arrays = [np.array(values, dtype=np.float64) for values in numbers]
    return AreaEstimate(
        area_id,
        status,
        tuple(findings),
        12.5,
        1.25,
        0.03,
        ids,
        statuses,
        *arrays,
        reason=reasons,
        mpe_percent=np.full(len(ids), mpe_percent),
    )


def unusable(area_id: str = "A3") -> AreaEstimate:
    """Return an area of which nothing could be estimated."""
    found = estimate(
        area_id, (), status=UNUSABLE, findings=[FleetFinding("bad_file", "文件不完整，没有读取。")]
    )
    return replace(found, loss_kwh=NAN, loss_percent=NAN, residual_sd_kwh=NAN)


def withheld(area_id: str = "A2") -> AreaEstimate:
    """Return an area with an unmetered load: nobody is accused."""
    meters = [
        (f"{area_id}-m{at:02}", UNDETERMINED, 0.2, 0.5, NAN, 0.5, "本台区另有用电没有计量，先查清。")
        for at in (1, 2)
    ]
    text = "约有 30 kWh 没有经过任何电能表。"
    return estimate(
        area_id, meters, status=WITHHELD, findings=[FleetFinding("unmetered_load", text, None, {"kwh": 30.0})]
    )
