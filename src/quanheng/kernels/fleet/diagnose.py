"""What else it can be, before a meter is accused: faults of the area that look like errors of meters.

Consumers are corrected where it is clear what happened (clock, exchange, not of this area); where energy leaves the
area unmeasured, all verdicts are withheld.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.assemble import Assembled, Sums
from quanheng.kernels.fleet.balance import Split
from quanheng.kernels.fleet.gram import Gram
from quanheng.kernels.fleet.posterior import Posterior
from quanheng.kernels.fleet.prepare import Prepared
from quanheng.kernels.fleet.results import FleetFinding
from quanheng.kernels.fleet.scan import Change, scan

Singles = NDArray[np.float32]
Floats = NDArray[np.floating]

_UNEXPLAINED = (
    0.004  # residual of slow variations, as a share of the mean load, from which something is missing
)
_CONSTANT = 0.004  # fixed loss, as a share of the mean load, from which it is a load
_CLEAR = 6.0  # standard deviations
_ELSEWHERE = -0.5  # a = −1: what the meter shows is not seen by the master at all
_STEPS = 6  # steps of errors that are tried at a time
_MOST_ELSEWHERE = 0.1  # of the consumers; where more are not seen, the master is another one
_HOPELESS = 0.3  # the residual below, from which readings and master do not belong together
_TRIALS = 2  # steps that are tried at a time where the area is not explained
_SOME = 0.002  # share of the master's energy from which an amount is told
_OFF = 0.75  # tolerances by which most meters differ from the master, from which it is the master
_JURY = 5  # consumers that are needed to say so
_TOO_MUCH = 0.2  # of the consumers' energy that the master does not see
_SLOW = 3  # bands of slow variations
_FIXED_ROW = 1  # place of the fixed loss among the nuisance, see balance
_HOUSEHOLD = (
    0.35  # share of the variation that is not the same every day: more is how a household uses energy
)


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is changed in the readings before the next estimate."""

    shifts: tuple[Change, ...] = ()
    splits: tuple[Split, ...] = ()
    elsewhere: tuple[int, ...] = ()
    refuted: tuple[int, ...] = ()  # consumers whose step did not stand when it was estimated

    def apply(self, energy: Singles, per_day: int) -> Singles:
        """Return ``energy`` (n, T) with clocks put right and consumers of other areas at zero."""
        if not self.shifts and not self.elsewhere:
            return energy
        energy = energy.copy()
        for shift in self.shifts:
            span = slice(shift.first * per_day, shift.last * per_day)
            energy[shift.meter, span] = np.roll(energy[shift.meter], -shift.lag)[span]
        energy[list(self.elsewhere)] = 0
        return energy

    @property
    def touched(self) -> set[int]:
        """Return the consumers that are corrected in some way."""
        return {s.meter for s in self.shifts} | {s.meter for s in self.splits} | set(self.elsewhere)


def next_correction(
    assembled: Assembled, posterior: Posterior, prepared: Prepared, done: Corrections
) -> Corrections | None:
    """Return ``done`` with the clearest change added, None where nothing is left to correct."""
    fallen = _fallen(posterior, done)
    if fallen:
        kept = tuple(split for split in done.splits if split.meter not in fallen)
        return replace(done, splits=kept, refuted=(*done.refuted, *fallen))
    changes: list[Change] = []
    if slow_residual(assembled.gram, assembled.sums, posterior) <= _HOPELESS:
        changes = scan(assembled.balance, assembled.gram, posterior, assembled.whitening, prepared.per_day)
    days = prepared.there.size // prepared.per_day
    shifted = {(s.meter, s.lag) for s in done.shifts}
    for change in changes:
        if change.lag and (change.meter, change.lag) not in shifted:
            ends = [Split(change.meter, day) for day in (change.first, change.last) if 0 < day < days]
            return replace(done, shifts=(*done.shifts, change), splits=(*done.splits, *ends[:1]))
    far = np.flatnonzero(posterior.data_mean + _CLEAR * np.sqrt(posterior.data_variance) < _ELSEWHERE)
    strangers = tuple(int(i) for i in far if i not in done.touched)
    most = max(2, int(_MOST_ELSEWHERE * len(posterior.mean)))
    if strangers and len(done.elsewhere) + len(strangers) <= most:
        return replace(done, elsewhere=(*done.elsewhere, *strangers))
    settled = {s.meter for s in done.splits} | set(done.refuted)
    explained = not is_unexplained(assembled.gram, assembled.sums, posterior)
    return _stepped([c for c in changes if not c.lag and c.meter not in settled], done, explained=explained)


def _stepped(steps: list[Change], done: Corrections, *, explained: bool) -> Corrections | None:
    """Return ``done`` with steps added, None where none is left.

    An exchanged meter alone can make a small area unexplained, so steps are tried there too, once; they are taken
    back if it stays so.
    """
    clocks = {shift.meter for shift in done.shifts}
    tried = [split for split in done.splits if split.meter not in clocks]
    if tried and not explained:
        kept = tuple(split for split in done.splits if split not in tried)
        return replace(done, splits=kept, refuted=(*done.refuted, *(split.meter for split in tried)))
    most = _STEPS if explained else _TRIALS * (not done.refuted)
    if not steps[:most]:
        return None
    return replace(done, splits=(*done.splits, *(Split(c.meter, c.first) for c in steps[:most])))


def _fallen(posterior: Posterior, done: Corrections) -> list[int]:
    """Return the consumers whose step is not clear, or less than the tolerance, now that it was estimated.

    One whose clock changed that day keeps it.
    """
    first = len(posterior.nuisance) - len(done.splits)
    size = np.abs(posterior.nuisance[first:])
    clear = _CLEAR * np.sqrt(posterior.nuisance_variance[first:])
    small = (size < clear) | (size < posterior.belief.tolerance)
    clocks = {shift.meter for shift in done.shifts}
    return [s.meter for s, gone in zip(done.splits, small, strict=True) if gone and s.meter not in clocks]


def slow_residual(statistics: Gram, sums: Sums, posterior: Posterior) -> float:
    """Return the standard deviation of the slow part of the residual, as a share of the mean load.

    Not counted is what registers leave there, which the highest band shows: in a small area they are most of it.
    """
    counts = statistics.counts[:_SLOW]
    slow = float((posterior.noise[:_SLOW] * counts).sum() / counts.sum())
    return float(np.sqrt(max(slow - float(posterior.noise[-1]), 0.0))) / sums.mean_load


def constant_load(sums: Sums, posterior: Posterior) -> float | None:
    """Return a constant load [kWh per interval] that nobody measures, None where there is none to speak of."""
    found = float(posterior.nuisance[_FIXED_ROW])
    clear = found > _CLEAR * float(np.sqrt(posterior.nuisance_variance[_FIXED_ROW]))
    return found if clear and found > _CONSTANT * sums.mean_load else None


def is_unexplained(statistics: Gram, sums: Sums, posterior: Posterior) -> bool:
    """Tell whether more energy leaves the area, or enters it, than meters and losses explain."""
    return (
        slow_residual(statistics, sums, posterior) > _UNEXPLAINED
        or constant_load(sums, posterior) is not None
    )


def _master_differs(sums: Sums, posterior: Posterior) -> float | None:
    """Return by how much (a ratio) the master differs from most consumers, None where it agrees.

    The errors of good meters are about zero in the middle; where most lie to one side, it is the master that is off:
    a forgotten transformer ratio, another area.
    """
    tolerance = posterior.belief.tolerance
    telling = posterior.data_variance < tolerance**2
    lost = (sums.master - float(sums.referred.sum())) / max(float(sums.used.sum()), 1e-9)
    if lost < -_TOO_MUCH:
        return lost
    if np.count_nonzero(telling) < _JURY:
        return None
    low, middle, high = np.quantile(posterior.mean[telling], (0.3, 0.5, 0.7))
    return float(middle) if low > _OFF * tolerance or high < -_OFF * tolerance else None


def unmetered(
    statistics: Gram, sums: Sums, posterior: Posterior, step_minutes: int, varies: float | None
) -> list[FleetFinding]:
    """Return what withholds the verdicts of the whole area; empty where nothing does.

    ``varies`` is the share of the residual's variation that is not the same every day, None where it is not known.
    """
    off = _master_differs(sums, posterior)
    if off is not None:
        text = f"总表比各表之和{'少' if off < 0 else '多'} {abs(off):.1%}，多数表都一样：先查总表的倍率、互感器和台区归属。"
        return [FleetFinding("wrong_topology", text, data={"master_percent": round(100 * off, 2)})]
    constant = constant_load(sums, posterior)
    if slow_residual(statistics, sums, posterior) <= _UNEXPLAINED:
        if constant is None:
            return []
        kwh = constant * sums.intervals
        text = f"总表多出一个恒定的负荷，约 {constant * 60 / step_minutes * 1000:.0f} W，没有表计量。"
        return [FleetFinding("unmetered_load", text, data={"kwh": round(kwh, 1), "shape": "constant"})]
    lost = sums.master - float(sums.referred.sum())
    kwh = max(lost, lost - float(posterior.mean @ sums.referred))
    share = kwh / max(sums.master, 1e-9)
    text = "总表与各表之差时大时小，不能用表计误差和线损解释，先查窃电、漏登的表和读数。"
    if share > _SOME:
        text = f"总表与各表之差不能用表计误差和线损解释：约 {kwh:.0f} kWh（{share:.1%}）没有表计量，先查窃电和漏登的表。"
    data: dict[str, object] = {"kwh": round(kwh, 1), "share": round(share, 5)}
    findings = [FleetFinding("unmetered_load", text, data=data)]
    if varies is not None and varies > _HOUSEHOLD:
        text = "这部分电量每天不同，像一户正常用电：先查是否有一块表没有登记在本台区。"
        findings.append(FleetFinding("missing_meter", text, data={**data, "varies": round(varies, 3)}))
    return findings


def daily_variation(residual: Singles, per_day: int) -> float:
    """Return the share of the variance of the residual's hours that is not the same every day, 0 … 1."""
    hour = max(per_day // 24, 1)
    hours = residual.reshape(-1, per_day // hour, hour).mean(axis=2)
    profile = hours.mean(axis=0)
    return float(1 - profile.var() / max(float(hours.var()), 1e-12))


def correction_findings(area: Area, done: Corrections, posterior: Posterior) -> list[FleetFinding]:
    """Return one finding for each correction; the splits' coefficients are the last of the nuisance."""
    splits_at = len(posterior.nuisance) - len(done.splits)
    days = area.start.astype("datetime64[D]")
    findings = []
    for shift in done.shifts:
        minutes = shift.lag * area.step_minutes
        way = "慢" if minutes > 0 else "快"
        first, last = str(days + shift.first), str(days + shift.last - 1)
        text = f"时钟{way} {abs(minutes)} 分钟（{first} 至 {last}），已按移动后的读数计算。"
        data = {"intervals": shift.lag, "first_day": first, "last_day": last}
        findings.append(FleetFinding("clock_shift", text, area.meter_ids[shift.meter], data))
    for k, split in enumerate(done.splits):
        before = float(1 / (1 + posterior.mean[split.meter]) - 1)
        after = float(1 / (1 + posterior.mean[split.meter] + posterior.nuisance[splits_at + k]) - 1)
        day = str(days + split.day)
        text = f"{day} 前后误差不同（{before:+.1%} → {after:+.1%}）：换过表，或表在这天起变了。"
        data = {
            "day": day,
            "day_number": split.day,
            "error_before_percent": round(100 * before, 3),
            "error_after_percent": round(100 * after, 3),
        }
        findings.append(FleetFinding("meter_exchanged", text, area.meter_ids[split.meter], data))
    for i in done.elsewhere:
        text = "总表看不到这块表的用电：可能接在别的台区。"
        findings.append(FleetFinding("wrong_topology", text, area.meter_ids[i]))
    return findings
