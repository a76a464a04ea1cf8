"""Estimate the errors of all meters of one area from their readings: the one entry for users of the library.

>>> from quanheng.kernels.fleet.estimate import estimate
>>> from quanheng.kernels.fleet.simulate import Scenario, simulate
>>> area, truth = simulate(Scenario(meters=20, days=14, seed=1))
>>> answer = estimate(area)
>>> answer.status, len(answer.meter_ids)
('judged', 20)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.assemble import Assembled, assemble
from quanheng.kernels.fleet.decide import Verdicts, decide, unfair_energy
from quanheng.kernels.fleet.diagnose import (
    Corrections,
    area_findings,
    correction_findings,
    next_correction,
)
from quanheng.kernels.fleet.identifiability import collinear_findings, collinear_groups, no_consumption
from quanheng.kernels.fleet.mixture import Mixture
from quanheng.kernels.fleet.posterior import Posterior, infer
from quanheng.kernels.fleet.prepare import CannotEstimate, Prepared, prepare
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
from quanheng.kernels.fleet.voltage import wire

Floats = NDArray[np.float64]

_CORRECTIONS = 8  # at most so many, one after the other
_REVERSE = 0.002  # share of intervals with energy fed back from which it is told


def estimate(area: Area) -> AreaEstimate:
    """Return the estimate of ``area``; whatever is wrong with the data is a finding in it, never an exception."""
    try:
        prepared = prepare(area)
    except CannotEstimate as cannot:
        return unusable(area, (cannot.finding,))
    wiring = wire(area, prepared.energy.shape[1])
    done = Corrections()
    tolerance = area.mpe_percent.astype(np.float64) / 100
    posterior: Posterior | None = None
    for _ in range(_CORRECTIONS):
        energy = done.apply(prepared.energy, prepared.per_day)
        assembled = assemble(area, prepared, wiring, energy, done.splits)
        rows = assembled.balance
        posterior = infer(
            assembled.gram,
            rows.n,
            rows.prior_sd,
            rows.learned,
            Mixture(float(np.median(tolerance)), assembled.uncertainty, assembled.drop),
            noise=None if posterior is None else posterior.noise,
        )
        more = next_correction(assembled, posterior, prepared, done)
        if more is None:
            break
        done = more
    splits_at = len(rows.prior_sd) - len(done.splits)
    findings = [*prepared.findings, *wiring.findings, *_reverse(area)]
    findings += correction_findings(area, done, posterior, splits_at)
    withheld = area_findings(area, assembled, posterior, prepared)
    verdicts = decide(posterior, tolerance)
    return _answer(area, prepared, assembled, posterior, verdicts, findings, withheld, done)


def unusable(area: Area, findings: tuple[FleetFinding, ...]) -> AreaEstimate:
    """Return the answer for an area that cannot be estimated, with the reason at every meter."""
    nothing = np.full(area.n, np.nan)
    reason = findings[-1].text if findings else ""
    return AreaEstimate(
        area.area_id,
        UNUSABLE,
        findings,
        float("nan"),
        float("nan"),
        float("nan"),
        area.meter_ids,
        (UNDETERMINED,) * area.n,
        nothing,
        nothing,
        nothing,
        nothing,
        (reason,) * area.n,
    )


def _reverse(area: Area) -> list[FleetFinding]:
    """Return a finding where consumers feed energy back."""
    share = (area.energy < 0).mean(axis=1)
    feeding = [area.meter_ids[i] for i in np.flatnonzero(share > _REVERSE)]
    if not feeding:
        return []
    text = f"{len(feeding)} 块表有反向电量（如屋顶光伏），已按净电量计算。"
    return [FleetFinding("reverse_energy", text, data={"meters": feeding})]


def _answer(
    area: Area,
    prepared: Prepared,
    assembled: Assembled,
    posterior: Posterior,
    verdicts: Verdicts,
    findings: list[FleetFinding],
    withheld: list[FleetFinding],
    done: Corrections,
) -> AreaEstimate:
    used = prepared.energy.sum(axis=1, dtype=np.float64)
    share = np.abs(used) / max(float(np.abs(used).sum()), 1e-9)
    loss = float((prepared.master - prepared.energy.sum(axis=0)).sum(dtype=np.float64))
    master = float(prepared.master.sum(dtype=np.float64))
    residual_sd = float(
        np.sqrt((posterior.noise * assembled.gram.counts).sum() / assembled.gram.counts.sum())
    )
    status, reason = list(verdicts.status), [""] * area.n
    error, uncertainty, probability = (
        100 * verdicts.error,
        100 * verdicts.uncertainty,
        verdicts.probability.copy(),
    )
    if withheld:
        status = [UNDETERMINED] * area.n
        reason = ["台区有没有计量的负荷，先查清再判断。"] * area.n
        error, uncertainty, probability = (np.full(area.n, np.nan) for _ in range(3))
    else:
        groups = collinear_groups(
            posterior.information, 3 * float(np.median(area.mpe_percent)) / 100, ~verdicts.judged
        )
        findings += collinear_findings(groups, area.meter_ids)
        _explain(status, reason, area, verdicts, used, no_consumption(share), groups, done)
        told = [area.meter_ids[i] for i in np.flatnonzero(no_consumption(share))]
        if told:
            findings.append(
                FleetFinding("no_consumption", f"{len(told)} 块表几乎没有用电。", data={"meters": told})
            )
    return AreaEstimate(
        area.area_id,
        WITHHELD if withheld else JUDGED,
        tuple(findings + withheld),
        loss,
        100 * loss / master if master else float("nan"),
        residual_sd,
        area.meter_ids,
        tuple(status),
        error,
        uncertainty,
        probability,
        share,
        tuple(reason),
    )


def _explain(
    status: list[str],
    reason: list[str],
    area: Area,
    verdicts: Verdicts,
    used: Floats,
    idle: NDArray[np.bool_],
    groups: list[list[int]],
    done: Corrections,
) -> None:
    """Put a reason at every meter that does not conform, and take the verdict from those that were corrected."""
    grouped = {i: group for group in groups for i in group}
    exchanged = {split.meter for split in done.splits}
    for i in range(area.n):
        if i in exchanged:
            status[i], reason[i] = UNDETERMINED, "期间误差改变，见台区的发现，要先核实换表记录。"
        elif i in done.elsewhere:
            status[i], reason[i] = UNDETERMINED, "可能接在别的台区。"
        elif status[i] == OUT_OF_TOLERANCE:
            middle, low, high = unfair_energy(
                float(used[i]), float(verdicts.error[i]), float(verdicts.uncertainty[i])
            )
            way = "多计" if middle > 0 else "少计"
            low, high = sorted((abs(low), abs(high)))
            reason[i] = (
                f"估计误差超出最大允许误差，期间约{way} {abs(middle):.1f} kWh（{low:.1f} 至 {high:.1f}）。"
            )
        elif status[i] == CONFORMING:
            continue
        elif idle[i]:
            reason[i] = "几乎没有用电。"
        elif i in grouped:
            others = "、".join(area.meter_ids[k] for k in grouped[i] if k != i)
            reason[i] = f"用电与 {others} 同步变化，不能分开。"
        elif not verdicts.judged[i]:
            reason[i] = (
                f"用电太少或变化太少，标准不确定度 {100 * float(verdicts.uncertainty[i]):.2g}% 还不够小。"
            )
        else:
            reason[i] = f"超差的概率是 {float(verdicts.probability[i]):.0%}，不足以下结论。"
