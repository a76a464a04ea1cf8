"""Each consumer's voltage against the master's: what ratio at zero load, and what of it is only noise.

The ratio master voltage / consumer voltage refers a consumer's energy to the master.  Both channels have errors of
their own; the ratio at zero load must be 1, so it is found by regression on the loads of the area and divided out.
What the channels of one phase have in common beyond the loads is noise of the master's channel, and is taken out too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area, Phase
from quanheng.kernels.fleet.phases import check_phases, membership
from quanheng.kernels.fleet.results import FleetFinding

Singles = NDArray[np.float32]
Floats = NDArray[np.floating]

# Noise of a ratio, 0.0015, over the usual spread of network sensitivities, 0.001 per kWh, squared.
_RIDGE = 2.0  # [kWh²]
_SEEN = 0.5  # share of intervals in which a voltage must be there to be used
_SPARSE = 7  # every seventh interval is enough for a mean
_SCALE = 0.1  # a channel that differs from the master's by more than this is reported
_BELIEVED = 0.3  # a ratio further from its mean than this is no voltage
_ROUNDING = 1e-5  # of sums in single precision: what keeps constant and identical loads solvable
_COMPANY = 3  # consumers with voltage that a phase needs before their common noise is taken out


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """Who can be referred to the master's voltage, and on which phase everybody is."""

    known: NDArray[np.bool_]  # (n,)
    phase: NDArray[np.int8]  # (n,)
    membership: Floats  # (n, 3) share of a consumer's load on each phase
    findings: tuple[FleetFinding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Referral:
    """What the voltages say of some intervals; ``ratio`` is 1 for a consumer whose voltage is not known."""

    ratio: Singles  # (n, T) master voltage / consumer voltage, of equal channels
    uncertainty: Floats  # (n,) standard uncertainty of the ratio at zero load


def wire(area: Area, intervals: int) -> Wiring:
    """Return whose voltages can be used over the first ``intervals``, and the phases that they show."""
    master = area.master_voltage[:, :intervals]
    some = slice(0, intervals, _SPARSE)
    known = _usable(area.voltage[:, some])
    known[area.phase == Phase.ABC] = _usable(area.three_phase_voltage[:, :, some]).all(axis=1)
    known &= bool(_usable(master[:, ::_SPARSE]).all())
    phase, findings = check_phases(area, master, known)
    if not known.all():
        findings.append(_unmeasured(area, known))
    findings += _scale_findings(area, phase, known, intervals)
    return Wiring(known, phase, membership(phase), tuple(findings))


def _usable(voltage: Singles) -> NDArray[np.bool_]:
    """Tell which channels (…, T) are there often enough, and are not one number written down every time."""
    there = (voltage > 0) & np.isfinite(voltage)
    highest = np.where(there, voltage, -np.inf).max(axis=-1)
    lowest = np.where(there, voltage, np.inf).min(axis=-1)
    usable: NDArray[np.bool_] = (there.mean(axis=-1) >= _SEEN) & (highest > lowest)
    return usable


def refer(area: Area, wiring: Wiring, energy: Singles, span: slice) -> Referral:
    """Return the ratio of voltages of each consumer over the intervals ``span``; ``energy`` (n, T) is theirs [kWh]."""
    if wiring.known.all():
        return Referral(
            *_calibrated(energy, _deviation(area, wiring.phase, span), wiring.membership, wiring.membership)
        )
    ratio = np.ones(energy.shape, dtype=np.float32)
    uncertainty = np.zeros(area.n)
    if wiring.known.any():
        rows = np.flatnonzero(wiring.known)
        deviation = _deviation(area, wiring.phase, span)[rows]
        own = wiring.membership[rows]
        ratio[rows], uncertainty[rows] = _calibrated(energy, deviation, wiring.membership, own)
    return Referral(ratio, uncertainty)


def _deviation(area: Area, phase: NDArray[np.int8], span: slice) -> Singles:
    """Return (n, T) consumer voltage / master voltage over its mean, less 1."""
    inverse = _inverse(area, phase, span)
    inverse /= _mean(inverse[:, ::_SPARSE])[:, None]
    inverse -= 1
    return inverse


def _mean(values: Singles) -> Singles:
    """Return (n,) the means of what is there; 1 where nothing is."""
    there = np.isfinite(values) & (values > 0)
    total = np.where(there, values, np.float32(0)).sum(axis=1)
    mean: Singles = np.where(total > 0, total / np.maximum(there.sum(axis=1), 1), 1).astype(np.float32)
    return mean


def _unmeasured(area: Area, known: NDArray[np.bool_]) -> FleetFinding:
    without = [area.meter_ids[i] for i in np.flatnonzero(~known)]
    if not known.any():
        text = "没有可用的电压，线损按负荷估计，区间因此更宽。"
        return FleetFinding("no_voltage", text, data={"meters": len(without)})
    text = f"{len(without)} 块表没有可用的电压，它们的线损按负荷估计，区间因此更宽。"
    return FleetFinding("no_voltage", text, data={"meters": without})


def _scale_findings(
    area: Area, phase: NDArray[np.int8], known: NDArray[np.bool_], intervals: int
) -> list[FleetFinding]:
    """Return a finding for each channel that is in other units than the master's."""
    if not known.any():
        return []
    rows = np.flatnonzero(known)
    middle = _mean(_inverse(area, phase, slice(0, intervals, _SPARSE * 7))[rows])
    return [
        FleetFinding(
            "voltage_scale",
            f"电压约为总表的 {m:.3g} 倍，可能是标幺值或倍率错误，已按比值使用。",
            area.meter_ids[i],
            {"factor": round(float(m), 6)},
        )
        for i, m in zip(rows, middle, strict=True)
        if abs(m - 1) > _SCALE
    ]


def _inverse(area: Area, phase: NDArray[np.int8], span: slice) -> Singles:
    """Return (n, T) consumer voltage / master voltage of its phase; the harmonic mean of three phases."""
    master = area.master_voltage[:, span]
    master = np.where((master > 0) & np.isfinite(master), master, np.float32(np.nan))
    voltage = area.voltage[:, span]
    inverse = np.full(voltage.shape, np.nan, dtype=np.float32)
    for p in range(3):
        on = np.flatnonzero(phase == p)
        inverse[on] = voltage[on] / master[p]
    several = np.flatnonzero(phase == Phase.ABC)
    if several.size:
        three = area.three_phase_voltage[:, :, span]
        inverse[several] = 1 / (master / np.where(three > 0, three, np.float32(np.nan))).mean(axis=1)
    loose = np.flatnonzero(phase == Phase.UNKNOWN)
    inverse[loose] = voltage[loose] / master.mean(axis=0)
    return inverse


def _calibrated(
    energy: Singles, deviation: Singles, share: Floats, own_share: Floats
) -> tuple[Singles, Floats]:
    """Return the ratio (k, T) of equal channels, and the standard uncertainty (k,) of its value at zero load.

    ``deviation`` (k, T) is consumer / master voltage over its mean, less 1, and is overwritten.  It is regressed on the load of every
    consumer, shrunk towards equal effects within a phase.
    """
    n, intervals = energy.shape
    deviation = _filled(deviation, own_share)
    regressors = np.concatenate(
        [np.ones((1, intervals), dtype=np.float32), share.T.astype(np.float32) @ energy, energy]
    )
    square = (regressors @ regressors.T).astype(np.float64)
    square[range(4, n + 4), range(4, n + 4)] += _RIDGE
    square[range(n + 4), range(n + 4)] += _ROUNDING * square.diagonal() + _ROUNDING
    factor = scipy.linalg.cho_factor(square)
    cross = (regressors @ deviation.T).astype(np.float64)
    effects = scipy.linalg.cho_solve(factor, cross)  # (n + 4, k)
    power = np.einsum("it,it->i", deviation, deviation, dtype=np.float64)
    spread = np.maximum(power - np.einsum("ji,ji->i", effects, cross), 0) / max(intervals - n - 4, 1)
    lever = scipy.linalg.cho_solve(factor, np.eye(n + 4)[:, 0])[0]
    at_rest = effects[0]
    for p in range(3):
        on = np.flatnonzero(own_share[:, p] == 1)
        if on.size >= _COMPANY:
            common = deviation[on].mean(axis=0) - effects[:, on].mean(axis=1).astype(np.float32) @ regressors
            deviation[on] -= _shrink(common, spread[on]) * common
    deviation += 1
    ratio = np.divide((1 + at_rest)[:, None].astype(np.float32), deviation, out=deviation)
    return ratio, np.sqrt(spread * lever)


def _filled(deviation: Singles, own_share: Floats) -> Singles:
    """Return the deviations with gaps filled by what the other consumers of the phase show."""
    if max(deviation.max(), -deviation.min()) < _BELIEVED:
        return deviation
    gaps = ~(np.abs(deviation) < _BELIEVED)
    known = np.where(gaps, np.float32(0), deviation)
    mean = known.sum(axis=1) / np.maximum((~gaps).sum(axis=1), 1)
    away = np.where(gaps, np.float32(0), deviation - mean[:, None].astype(np.float32))
    weight = own_share.T.astype(np.float32)
    moved = (weight @ away) / np.maximum(weight @ (~gaps).astype(np.float32), 1)
    return np.where(gaps, mean[:, None] + own_share.astype(np.float32) @ moved, deviation).astype(np.float32)


def _shrink(common: Singles, spread: Floats) -> np.float32:
    """Return how much of the common residual of a phase is noise of the master's channel, 0 … 1.

    The residual of one consumer has the variance of the master's channel and of its own, about equal; the mean over
    k consumers keeps the first and one k-th of the second.
    """
    found = float(common.astype(np.float64).var())
    own = max(float(np.mean(spread)) - found, 0.0) / len(spread)
    return np.float32(max(0.0, 1 - own / found) if found > 0 else 0.0)
