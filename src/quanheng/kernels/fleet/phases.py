"""Which phase each consumer is on: as recorded, unless its voltage says otherwise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import PHASES, Area, Phase
from quanheng.kernels.fleet.results import FleetFinding

Singles = NDArray[np.float32]
Floats = NDArray[np.floating]

_ENOUGH = 3000  # changes that are correlated
_LAGS = (0, -1, 1)  # intervals by which the clock of the voltages may be off
_CLEAR = 4.0  # standard errors between two correlations, before the recorded phase is doubted


def membership(phase: NDArray[np.int8]) -> Floats:
    """Return (n, 3) the share of each consumer's load on each phase; thirds for three-phase and unknown ones."""
    shares = np.full((len(phase), 3), 1 / 3)
    single = (phase >= 0) & (phase < Phase.ABC)
    shares[single] = np.eye(3)[phase[single]]
    return shares


def check_phases(
    area: Area, master_voltage: Singles, known: NDArray[np.bool_]
) -> tuple[NDArray[np.int8], list[FleetFinding]]:
    """Return the phase (n,) to be used for each consumer, and what differs from the records.

    A consumer's voltage moves with that of its own phase at the master; changes over a few intervals are
    correlated.  ``known`` (n,) says whose voltage can be used.
    """
    phase = area.phase.copy()
    candidates = np.flatnonzero(known & (phase != Phase.ABC))
    findings: list[FleetFinding] = []
    if candidates.size:
        apart = slice(0, master_voltage.shape[1], max(1, master_voltage.shape[1] // _ENOUGH))
        likeness, clear = _likeness(area.voltage[candidates, apart], master_voltage[:, apart])
        for row, i in enumerate(candidates):
            best = int(likeness[row].argmax())
            recorded = int(phase[i])
            beaten = (
                np.delete(likeness[row], best).max() if recorded == Phase.UNKNOWN else likeness[row, recorded]
            )
            margin = float(likeness[row, best] - beaten)
            sure = margin > clear
            if recorded == best or (recorded != Phase.UNKNOWN and not sure):
                continue
            findings.append(_finding(area.meter_ids[i], recorded, best, margin, sure=sure))
            if sure:
                phase[i] = best
    return phase, findings + _unknown(area, np.flatnonzero(~known & (phase == Phase.UNKNOWN)))


def _likeness(voltage: Singles, master: Singles) -> tuple[Floats, float]:
    """Return (k, 3) correlations of changes with the three phases of the master, and the least clear margin."""
    moves, reference = _moves(voltage), _moves(master)
    size = np.sqrt(np.einsum("it,it->i", moves, moves)[:, None] * np.einsum("pt,pt->p", reference, reference))
    product = np.maximum.reduce([moves @ np.roll(reference, lag, axis=1).T for lag in _LAGS])
    likeness = product.astype(np.float64) / np.maximum(size, 1e-9)
    return likeness, _CLEAR * float(np.sqrt(2 / moves.shape[1]))


def _moves(voltage: Singles) -> Singles:
    """Return the changes from one interval to the next about their mean, zero where one is not known."""
    with np.errstate(invalid="ignore"):
        moves = np.diff(voltage, axis=1)
        complete = bool(np.isfinite(moves.sum()))
    if not complete:
        moves[~np.isfinite(moves)] = 0
    moves -= moves.mean(axis=1, keepdims=True)
    return moves


def _finding(meter_id: str, recorded: int, best: int, margin: float, *, sure: bool) -> FleetFinding:
    data = {
        "recorded": "" if recorded < 0 else PHASES[recorded],
        "found": PHASES[best],
        "margin": round(margin, 3),
    }
    if not sure:
        text = f"相别未登记，电压也看不出接在哪一相（最像 {PHASES[best]} 相）。"
        return FleetFinding("phase_unknown", text, meter_id, data)
    if recorded == Phase.UNKNOWN:
        return FleetFinding(
            "phase_unknown", f"相别未登记，从电压看接在 {PHASES[best]} 相，已按此计算。", meter_id, data
        )
    text = f"登记为 {PHASES[recorded]} 相，从电压看实际接在 {PHASES[best]} 相，已按 {PHASES[best]} 相计算。"
    return FleetFinding("wrong_phase", text, meter_id, data)


def _unknown(area: Area, consumers: NDArray[np.intp]) -> list[FleetFinding]:
    if consumers.size == 0:
        return []
    text = f"{consumers.size} 块表没有登记相别，也没有电压可供判断，按三相平均计算。"
    return [FleetFinding("phase_unknown", text, data={"meters": [area.meter_ids[i] for i in consumers]})]
