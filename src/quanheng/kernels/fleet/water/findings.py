"""What is said of a district, in short Chinese sentences; volumes in m³, bursts dated on its own clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.prepare import Prepared
from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding
from quanheng.kernels.fleet.water.district import District
from quanheng.kernels.fleet.water.leakage import COMMON_ROW, LEAKAGE_ROW, PRESSURE_ROW, Pressure

Floats = NDArray[np.floating]

_HALF = 1.96  # of a 95 % interval, in standard uncertainties
_NIGHT = (2, 4)  # hours of the minimum night flow
_WORDS = (
    ("总表", "考核表"),
    ("台区", "小区"),
    ("电量", "水量"),
    ("用电", "用水"),
    ("负荷", "用水"),
    ("kWh", "m³"),
)


def in_water_words(finding: FleetFinding) -> FleetFinding:
    """Return a finding of the shared steps, which speak of energy, as one of water."""
    data = {key.replace("kwh", "m3"): value for key, value in finding.data.items()}
    return replace(finding, text=_water(finding.text), data=data)


def water_answer(answer: AreaEstimate) -> AreaEstimate:
    """Return the answer of the shared steps with all its sentences speaking of water."""
    findings = tuple(map(in_water_words, answer.findings))
    return replace(answer, findings=findings, reason=tuple(map(_water, answer.reason)))


def _water(text: str) -> str:
    for electrical, water in _WORDS:
        text = text.replace(electrical, water)
    return text


def leakage_finding(
    district: District, prepared: Prepared, posterior: Posterior, inflow_spread: float, pressure: Pressure
) -> FleetFinding:
    """Return the mean leakage with its 95 % interval [m³ per day], and what the night says.

    ``inflow_spread`` is the standard uncertainty of the district meter, a ratio.
    """
    per_day = prepared.per_day
    middle = per_day * float(posterior.nuisance[LEAKAGE_ROW])
    own = middle * inflow_spread
    half = _HALF * float(np.hypot(per_day * np.sqrt(posterior.nuisance_variance[LEAKAGE_ROW]), own))
    inflow = float(prepared.master.sum(dtype=np.float64)) * per_day / prepared.master.size
    clock = np.arange(prepared.master.size) % per_day * 24 / per_day
    clock = (clock + _hour_of(district.start)) % 24
    night = (clock >= _NIGHT[0]) & (clock < _NIGHT[1])
    unmetered = (prepared.master - prepared.energy.sum(axis=0))[night].mean()
    data: dict[str, object] = {
        "m3_per_day": round(middle, 3),
        "low_m3_per_day": round(max(middle - half, 0.0), 3),
        "high_m3_per_day": round(max(middle + half, 0.0), 3),
        "share": round(middle / max(inflow, 1e-9), 4),
        "night_m3_per_hour": round(float(unmetered) * per_day / 24, 4),
    }
    if pressure.ratio is not None and middle > half:
        doubt = np.sqrt(posterior.nuisance_variance[PRESSURE_ROW]) / posterior.nuisance[LEAKAGE_ROW]
        data |= {"n1": round(pressure.exponent, 2), "n1_standard_uncertainty": round(float(doubt), 2)}
    text = (
        f"漏损约 {middle:.2f} m³/天（{data['low_m3_per_day']:.2f} 至 {data['high_m3_per_day']:.2f}，95 %），"
        f"占供水量 {middle / max(inflow, 1e-9):.1%}；低于始动流量、表没有计到的水也在其中。"
    )
    return FleetFinding("leakage", text, data=data)


def _hour_of(start: np.datetime64) -> float:
    minutes = start.astype("datetime64[m]") - start.astype("datetime64[D]").astype("datetime64[m]")
    return float(minutes.astype(int)) / 60


def burst_findings(
    district: District, prepared: Prepared, posterior: Posterior, bursts: Sequence[int], flow: Floats
) -> list[FleetFinding]:
    """Return one finding for each step of leakage; ``flow`` (T,) is how a burst flows."""
    findings = []
    at = len(posterior.nuisance) - len(bursts)
    for k, first in enumerate(bursts):
        daily = prepared.per_day * float(flow[first:].mean())
        size = daily * float(posterior.nuisance[at + k])
        half = _HALF * daily * float(np.sqrt(posterior.nuisance_variance[at + k]))
        moment = district.start.astype("datetime64[m]") + first * district.step_minutes
        said = str(moment).replace("T", " ")
        way = "增加" if size > 0 else "减少"
        advice = "像爆管，先查漏" if size > 0 else "像修复了漏点"
        text = (
            f"{said} 前后起，漏损{way}约 {abs(size):.2f} ± {half:.2f} m³/天，{advice}；没有算作各表的误差。"
        )
        data = {
            "day": str(moment.astype("datetime64[D]")),
            "time": said,
            "m3_per_day": round(size, 3),
            "low_m3_per_day": round(size - half, 3),
            "high_m3_per_day": round(size + half, 3),
        }
        findings.append(FleetFinding("burst", text, data=data))
    return findings


def no_pressure() -> FleetFinding:
    """Return what is said where pressure was not measured."""
    text = "没有可用的压力读数：假定漏损每天按同样的规律随钟点变化；压力逐日变化或大幅调压时，漏损会估错。"
    return FleetFinding("no_pressure", text)


def common_finding(posterior: Posterior, shift: tuple[float, float]) -> FleetFinding:
    """Return what the balance cannot separate; ``shift`` is mean and standard deviation of the common part of a."""
    middle = 100 * float(posterior.nuisance[COMMON_ROW])
    half = 100 * _HALF * float(np.sqrt(posterior.nuisance_variance[COMMON_ROW]))
    text = (
        f"按比例，考核表比各表之和多 {middle:.2f} ± {half:.2f} %：是考核表的误差，还是各表共同的误差，读数分不开，"
        f"已在每块表的不确定度中计入 {100 * shift[1]:.2f} %。各表在小流量下共同少计的水看起来同漏损一样，也分不开。"
    )
    data = {
        "inflow_excess_percent": round(middle, 3),
        "half_width_percent": round(half, 3),
        "common_standard_uncertainty_percent": round(100 * shift[1], 3),
        "common_error_percent": round(-100 * shift[0], 3),
    }
    return FleetFinding("confounded_low_flow", text, data=data)


def district_differs(posterior: Posterior) -> FleetFinding:
    """Return the finding that withholds all verdicts: more is missing in proportion than both errors allow."""
    middle = float(posterior.nuisance[COMMON_ROW])
    way, check = ("多", "漏登的表、窃水、各表老化和考核表") if middle > 0 else ("少", "考核表和小区的边界")
    text = f"按比例，考核表比各表之和{way} {abs(middle):.1%}，超出考核表的最大允许误差：先查{check}，再判断各表。"
    return FleetFinding("district_differs", text, data={"percent": round(100 * middle, 3)})


def stopped_finding(district: District, meter: int, day: int) -> FleetFinding:
    """Return the finding of a meter that shows nothing from a day on."""
    since = str(district.start.astype("datetime64[D]") + day)
    text = f"{since} 起读数不再增加：表停走，或没有用水。停走后流过的水会算成漏损。"
    return FleetFinding("no_consumption", text, district.meter_ids[meter], {"day": since})
