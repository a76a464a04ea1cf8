"""What is said of a district, in short Chinese sentences; volumes in m³, bursts dated on its own clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.decide import Verdicts, unfair_energy
from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.prepare import Prepared
from quanheng.kernels.fleet.results import CONFORMING, OUT_OF_TOLERANCE, FleetFinding
from quanheng.kernels.fleet.water.district import District
from quanheng.kernels.fleet.water.leakage import COMMON_ROW, LEAKAGE_ROW, PRESSURE_ROW, Pressure, inflow_spread

Floats = NDArray[np.float64]

_HALF = 1.96  # of a 95 % interval, in standard uncertainties
_NIGHT = (2, 4)  # hours of the minimum night flow
_BEYOND = 0.5  # common error of the consumers that is still believed, in tolerances
_WORDS = (("总表", "考核表"), ("台区", "小区"), ("电量", "水量"), ("用电", "用水"), ("kWh", "m³"))


def in_water_words(finding: FleetFinding) -> FleetFinding:
    """Return a finding of the shared steps, which speak of energy, as one of water."""
    text = finding.text
    for electrical, water in _WORDS:
        text = text.replace(electrical, water)
    data = {key.replace("kwh", "m3"): value for key, value in finding.data.items()}
    return replace(finding, text=text, data=data)


def leakage_finding(
    district: District, prepared: Prepared, posterior: Posterior, pressure: Pressure | None
) -> FleetFinding:
    """Return the mean leakage with its 95 % interval [m³ per day], and what the night says."""
    per_day = prepared.per_day
    middle = per_day * float(posterior.nuisance[LEAKAGE_ROW])
    own = middle * inflow_spread(district.inflow_mpe_percent)
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
    if pressure is not None and middle > half:
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
        text = f"{said} 前后起，漏损{way}约 {abs(size):.2f} ± {half:.2f} m³/天，{advice}；没有算作各表的误差。"
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
    text = "没有可用的压力读数：漏损怎样随压力变化是假定的。夜间若有调压，漏损会估错，且估计的区间里没有算入。"
    return FleetFinding("no_pressure", text)


def common_finding(district: District, posterior: Posterior, shift: tuple[float, float]) -> FleetFinding:
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


def district_differs(district: District, posterior: Posterior) -> FleetFinding | None:
    """Return the finding that withholds all verdicts: more is missing in proportion than both errors allow."""
    middle = float(posterior.nuisance[COMMON_ROW])
    half = 2 * float(np.sqrt(posterior.nuisance_variance[COMMON_ROW]))
    tolerance = float(np.median(district.mpe_percent)) / 100
    if abs(middle) - half <= district.inflow_mpe_percent / 100 + _BEYOND * tolerance:
        return None
    way, check = ("多", "漏登的表、窃水、各表老化和考核表") if middle > 0 else ("少", "考核表和小区的边界")
    text = f"按比例，考核表比各表之和{way} {abs(middle):.1%}，超出考核表的最大允许误差：先查{check}，再判断各表。"
    return FleetFinding("district_differs", text, data={"percent": round(100 * middle, 3)})


def stopped_finding(district: District, meter: int, day: int) -> FleetFinding:
    """Return the finding of a meter that shows nothing from a day on."""
    since = str(district.start.astype("datetime64[D]") + day)
    text = f"{since} 起读数不再增加：表停走，或没有用水。停走后流过的水会算成漏损。"
    return FleetFinding("no_consumption", text, district.meter_ids[meter], {"day": since})


def reason_of(
    meter: int,
    status: str,
    verdicts: Verdicts,
    used: float,
    stopped: int | None,
    is_idle: bool,
    is_alone: bool,
) -> str:
    """Return why a meter has its status; ``used`` [m³] is what it showed, ``stopped`` the day since it shows nothing."""
    error, uncertainty = float(verdicts.error[meter]), float(verdicts.uncertainty[meter])
    if stopped is not None:
        return "期间停走或不再用水，见小区的发现。"
    if status == CONFORMING:
        return ""
    if status == OUT_OF_TOLERANCE:
        middle, low, high = unfair_energy(used, error, uncertainty)
        way = "多计" if middle > 0 else "少计"
        low, high = sorted((abs(low), abs(high)))
        return f"估计误差超出最大允许误差，期间约{way} {abs(middle):.2f} m³（{low:.2f} 至 {high:.2f}）。"
    if is_idle:
        return "几乎没有用水。"
    if not is_alone:
        return "用水与别的表同步变化，不能分开，见小区的发现。"
    if not verdicts.judged[meter]:
        return f"用水太少或变化太少，标准不确定度 {100 * uncertainty:.2g}% 还不够小。"
    return f"超差的概率是 {float(verdicts.probability[meter]):.0%}，不足以下结论。"
