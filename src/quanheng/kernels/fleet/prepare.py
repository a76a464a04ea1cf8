"""Readings made ready for the balance: what is not physical is taken out, what is missing is bridged and weighted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.results import FleetFinding

Singles = NDArray[np.float32]

_SPIKE = 30.0  # times the 99.5 % quantile of the meter's own interval energies
_WHOLE_AREA = 2.0  # times the master's largest interval: more than that no consumer uses, …
_SPIKES_MOST = 0.1  # … unless it does so often: then it is another unit
_SMALL = 1e-3  # [kWh] mean energy of an interval under which a meter is as good as idle
_LOW = 0.05  # [kWh] energy of an interval that every meter may have
_LEAST_DAYS = 7
_MISSING_TOLD = 0.01  # share of missing readings that is reported
_COMPLETE = 0.002  # usual residual of one interval, as a share of the mean load
_ROUGHNESS = np.geomspace(0.05, 5.0, 14)  # of the readings around a gap, in usual errors of bridging
_MASTER_LEAST = 0.5  # share of the master's intervals that must be there


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Complete arrays over whole days, and how far each interval can be trusted."""

    energy: Singles  # (n, T) [kWh], gaps bridged
    master: Singles  # (T,) [kWh]
    weight: Singles  # (T,) 0 … 1: 0 where the master is missing, less where consumers were bridged
    there: NDArray[np.bool_]  # (T,) where the master is
    variance: Singles | None  # (T,) that bridged gaps add [kWh²], None where nothing is missing
    per_day: int
    findings: tuple[FleetFinding, ...]


class CannotEstimate(ValueError):
    """The area as a whole cannot be estimated; carries the finding that says why."""

    def __init__(self, finding: FleetFinding) -> None:
        super().__init__(finding.text)
        self.finding = finding


def prepare(area: Area) -> Prepared:
    """Return the readings over whole days, without spikes and gaps.

    Raises CannotEstimate where no consumer, too few days or too little of the master is there, or the master is constant.
    """
    per_day = 24 * 60 // area.step_minutes
    days = area.intervals // per_day
    if area.n == 0:
        raise CannotEstimate(FleetFinding("too_few_data", "台区内没有用户表。"))
    if days < _LEAST_DAYS:
        text = f"只有 {days} 天读数，至少需要 {_LEAST_DAYS} 天。"
        raise CannotEstimate(FleetFinding("too_few_data", text, data={"days": days, "needed": _LEAST_DAYS}))
    whole = days * per_day
    master, there = _checked_master(area.master[:whole])
    energy = area.energy[:, :whole]
    if not np.isfinite(energy.sum()):
        energy = np.where(np.isfinite(energy), energy, np.float32(np.nan))
    findings: list[FleetFinding] = []
    energy, spiky = _without_spikes(energy, float(np.abs(master).max()), area.meter_ids)
    findings += spiky + _identical(energy, area.meter_ids)
    weight = there.astype(np.float32)
    if not np.isnan(energy.sum()):
        return Prepared(energy, master, weight, there, None, per_day, tuple(findings))
    missing = np.isnan(energy)
    findings.append(_missing_finding(missing, area.meter_ids))
    bridged, variance = _bridge(energy, missing, per_day)
    weight *= _trust(bridged, variance)
    told = [f for f in findings if f.code != "missing_readings" or _share(f) >= _MISSING_TOLD]
    return Prepared(bridged, master, weight, there, variance, per_day, tuple(told))


def _share(finding: FleetFinding) -> float:
    return float(str(finding.data["share"]))


def _checked_master(master: Singles) -> tuple[Singles, NDArray[np.bool_]]:
    """Return the master's readings with zero where missing, and where they are there."""
    there = np.isfinite(master)
    share = float(there.mean())
    if share < _MASTER_LEAST:
        text = f"总表读数只有 {share:.0%}，不足一半，不能估计。"
        raise CannotEstimate(FleetFinding("missing_master", text, data={"share": round(share, 4)}))
    seen = master[there]
    top = _SPIKE * float(np.quantile(np.abs(seen), 0.995))
    if seen.min() == seen.max() or top == 0:
        raise CannotEstimate(FleetFinding("too_few_data", "总表读数始终不变，不能估计。"))
    there = there & (np.abs(np.nan_to_num(master)) <= top)
    return np.where(there, master, np.float32(0)), there


def _without_spikes(
    energy: Singles, top: float, meter_ids: tuple[str, ...]
) -> tuple[Singles, list[FleetFinding]]:
    """Return the energies with impossible intervals missing, and one finding for each meter that had some.

    ``top`` is the master's largest interval [kWh].
    """
    known = np.nan_to_num(energy) if np.isnan(energy.sum()) else energy
    largest = np.maximum(known.max(axis=1), -known.min(axis=1))
    usual = _SPIKE * np.maximum(np.abs(known.mean(axis=1)), _SMALL)
    suspects = np.flatnonzero(largest > np.minimum(usual, _WHOLE_AREA * top))
    findings: list[FleetFinding] = []
    for i in suspects:
        magnitude = np.abs(known[i])
        bad = magnitude > _SPIKE * max(float(np.quantile(magnitude, 0.995)), _LOW)
        beyond = magnitude > _WHOLE_AREA * top
        if beyond.mean() < _SPIKES_MOST:
            bad |= beyond
        if not bad.any():
            continue
        if not findings:
            energy = energy.copy()
        energy[i, bad] = np.nan
        count = int(bad.sum())
        text = f"{count} 个时段的电量大得不可能（最大 {float(largest[i]):g} kWh），已剔除。"
        data = {"count": count, "largest_kwh": float(largest[i])}
        findings.append(FleetFinding("spikes", text, meter_ids[i], data))
    return energy, findings


def _identical(energy: Singles, meter_ids: tuple[str, ...]) -> list[FleetFinding]:
    """Return a finding for each group of meters with the same readings, to the last digit, that use something."""
    alike: dict[bytes, list[int]] = {}
    for i in np.flatnonzero(energy.any(axis=1)):
        alike.setdefault(energy[i].tobytes(), []).append(int(i))
    findings = []
    for group in alike.values():
        if len(group) > 1:
            names = [meter_ids[i] for i in group]
            text = f"{'、'.join(names)} 的读数完全相同，应是同一份读数登记了几次，都不能判断。"
            findings.append(FleetFinding("identical_loads", text, data={"meters": names}))
    return findings


def _missing_finding(missing: NDArray[np.bool_], meter_ids: tuple[str, ...]) -> FleetFinding:
    share = float(missing.mean())
    worst = int(missing.mean(axis=1).argmax())
    text = f"缺 {share:.1%} 的读数，最多的是 {meter_ids[worst]}（{float(missing[worst].mean()):.1%}）。"
    data = {"share": round(share, 5), "worst_meter": meter_ids[worst]}
    return FleetFinding("missing_readings", text, data=data)


def _bridge(energy: Singles, missing: NDArray[np.bool_], per_day: int) -> tuple[Singles, Singles]:
    """Return the energies with gaps bridged, and the sum over consumers of the variance that this adds, (T,).

    A gap of one interval takes the mean of its neighbours, a longer one the meter's mean at that time of day.  The
    variance is that of the same guess where the reading is there, and as rough around it: a quiet night is bridged
    almost without error, a cooking evening is not.
    """
    n, intervals = energy.shape
    counts = np.maximum((~missing).reshape(n, -1, per_day).sum(axis=1), 1)
    by_day = np.where(missing, np.float32(0), energy).reshape(n, -1, per_day)
    usual = by_day.sum(axis=1) / counts  # (n, per_day)
    spread = np.maximum((by_day**2).sum(axis=1) / counts - usual**2, 0)
    padded = np.pad(energy, ((0, 0), (2, 2)), constant_values=np.nan)
    around = np.stack([padded[:, k : k + intervals] for k in (0, 1, 3, 4)])
    between = (around[1] + around[2]) / 2
    rough = np.fmax.reduce(around) - np.fmin.reduce(around)
    doubt = _doubt(energy - between, rough)
    longer = missing & np.isnan(between)
    days = intervals // per_day
    fill = np.where(longer, np.tile(usual, (1, days)), between)
    variance = np.where(longer, np.tile(spread, (1, days)), doubt)
    total = np.where(missing, variance, 0).sum(axis=0)
    return np.where(missing, fill, energy).astype(np.float32), total.astype(np.float32)


def _doubt(error: Singles, rough: Singles) -> Singles:
    """Return (n, T) the mean square of ``error`` at the same roughness; both in units of the meter's usual error."""
    known = np.isfinite(error)
    power = np.where(known, error, 0) ** 2
    usual = np.sqrt(power.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)) + 1e-6
    grade = np.digitize(np.nan_to_num(rough / usual), _ROUGHNESS)
    square = power / usual**2
    count = np.bincount(grade[known], minlength=len(_ROUGHNESS) + 1)
    mean = np.bincount(grade[known], square[known], minlength=len(_ROUGHNESS) + 1) / np.maximum(count, 1)
    doubt: Singles = (mean[grade] * usual**2).astype(np.float32)
    return doubt


def _trust(energy: Singles, variance: Singles) -> Singles:
    """Return the weight of each interval: the noise of a complete one against that of this one."""
    complete = max(_COMPLETE * abs(float(energy.sum(axis=0).mean())), 1e-9)
    weight: Singles = np.sqrt(complete**2 / (complete**2 + variance)).astype(np.float32)
    return weight
