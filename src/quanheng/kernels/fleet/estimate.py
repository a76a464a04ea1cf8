"""Estimate the errors of all meters of one area from their readings: the one entry for users of the library.

>>> from quanheng.kernels.fleet.estimate import estimate
>>> from quanheng.kernels.fleet.simulate import Scenario, simulate
>>> area, truth = simulate(Scenario(meters=20, days=14, seed=1))
>>> answer = estimate(area)
>>> answer.status, len(answer.meter_ids)
('judged', 20)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.assemble import Assembled, Sums, assemble
from quanheng.kernels.fleet.diagnose import (
    Corrections,
    correction_findings,
    daily_variation,
    next_correction,
    unmetered,
)
from quanheng.kernels.fleet.gram import Gram
from quanheng.kernels.fleet.mixture import Mixture
from quanheng.kernels.fleet.posterior import CAUTION, CAUTION_BRIDGED, Posterior, infer
from quanheng.kernels.fleet.prepare import CannotEstimate, Prepared, prepare
from quanheng.kernels.fleet.report import Cast, report, unusable
from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding
from quanheng.kernels.fleet.scan import residual_of
from quanheng.kernels.fleet.voltage import Referral, Wiring, wire

Floats = NDArray[np.floating]

_CORRECTIONS = 8  # at most so many, one after the other
_REVERSE = 0.002  # share of intervals with energy fed back from which it is told


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """An area after its faults were found and corrected as far as that is possible."""

    prepared: Prepared
    wiring: Wiring
    assembled: Assembled
    posterior: Posterior
    findings: tuple[FleetFinding, ...]


def estimate(area: Area) -> AreaEstimate:
    """Return the estimate of ``area``; whatever is wrong with the data is a finding in it, never an exception."""
    cast = cast_of(area)
    try:
        found = examine(area)
    except CannotEstimate as cannot:
        return unusable(cast, (cannot.finding,))
    assembled, posterior = found.assembled, found.posterior
    varies = daily_variation(residual_of(assembled.balance, posterior), found.prepared.per_day)
    withheld = unmetered(assembled.gram, assembled.sums, posterior, area.step_minutes, varies)
    return report(cast, assembled.gram, assembled.sums, posterior, found.findings, withheld)


def cast_of(area: Area) -> Cast:
    """Return who takes part in ``area``."""
    return Cast(area.area_id, area.meter_ids, area.mpe_percent.astype(np.float64))


def examine(area: Area) -> Examined:
    """Return the area with its faults found.

    Raises CannotEstimate where there is nothing to work with.
    """
    prepared = prepare(area)
    wiring = wire(area, prepared.energy.shape[1])
    done = Corrections()
    referrals: dict[int, Referral] = {}
    assembled, posterior = _inferred(area, prepared, wiring, done, None, referrals)
    for _ in range(_CORRECTIONS):
        more = next_correction(assembled, posterior, prepared, done)
        if more is None:
            break
        done = more
        assembled, posterior = _inferred(area, prepared, wiring, done, posterior.noise, referrals)
    findings = [*prepared.findings, *wiring.findings, *_reverse(area)]
    findings += correction_findings(area, done, posterior)
    return Examined(prepared, wiring, assembled, posterior, tuple(findings))


def _inferred(
    area: Area,
    prepared: Prepared,
    wiring: Wiring,
    done: Corrections,
    noise: Floats | None,
    referrals: dict[int, Referral],
) -> tuple[Assembled, Posterior]:
    """Return rows and posterior after ``done``; ``referrals`` of the energies as they were are kept and used."""
    energy = done.apply(prepared.energy, prepared.per_day)
    known = referrals if energy is prepared.energy else None
    assembled = assemble(area, prepared, wiring, energy, done.splits, known)
    rows = assembled.balance
    tolerance = float(np.median(area.mpe_percent)) / 100
    posterior = infer_sums(
        assembled.gram,
        assembled.sums,
        rows.prior_sd,
        rows.learned,
        tolerance,
        noise,
        bridged=is_bridged(prepared.findings),
    )
    return assembled, posterior


def is_bridged(findings: Iterable[FleetFinding]) -> bool:
    """Tell whether so many readings were missing that it is told."""
    return any(finding.code == "missing_readings" for finding in findings)


def infer_sums(
    statistics: Gram,
    sums: Sums,
    prior_sd: Floats,
    learned: tuple[slice, ...],
    tolerance: float,
    noise: Floats | None = None,
    *,
    bridged: bool = False,
) -> Posterior:
    """Return the posterior of all meters from statistics and sums over any span of time; ``tolerance`` is a ratio."""
    belief = Mixture(tolerance, sums.uncertainty, sums.drop)
    caution = CAUTION_BRIDGED if bridged else CAUTION
    return infer(statistics, len(sums.used), prior_sd, learned, belief, noise, caution)


def _reverse(area: Area) -> list[FleetFinding]:
    """Return a finding where consumers feed energy back."""
    share = (area.energy < 0).mean(axis=1)
    feeding = [area.meter_ids[i] for i in np.flatnonzero(share > _REVERSE)]
    if not feeding:
        return []
    text = f"{len(feeding)} 块表有反向电量（如屋顶光伏），已按净电量计算。"
    return [FleetFinding("reverse_energy", text, data={"meters": feeding})]
