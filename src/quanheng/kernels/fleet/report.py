"""The answer for one area: verdicts and reasons in words, from what was inferred and diagnosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.assemble import Sums
from quanheng.kernels.fleet.decide import Verdicts, decide, unfair_energy
from quanheng.kernels.fleet.gram import Gram
from quanheng.kernels.fleet.identifiability import collinear_findings, collinear_groups, no_consumption
from quanheng.kernels.fleet.posterior import Posterior
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

Floats = NDArray[np.floating]

_WITHHELD = "台区有没有计量的负荷，先查清再判断。"
_EXCHANGED = "期间误差改变，见台区的发现，要先核实换表记录。"
_ELSEWHERE = "可能接在别的台区。"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part: the area, its meters, their tolerances."""

    area_id: str
    meter_ids: tuple[str, ...]
    mpe_percent: Floats  # (n,) ± [%]


def unusable(cast: Cast, findings: Sequence[FleetFinding]) -> AreaEstimate:
    """Return the answer for an area that cannot be estimated, with the last finding as the reason at every meter."""
    n = len(cast.meter_ids)
    nothing = np.full(n, np.nan)
    none = float("nan")
    return AreaEstimate(
        cast.area_id,
        UNUSABLE,
        tuple(findings),
        none,
        none,
        none,
        cast.meter_ids,
        (UNDETERMINED,) * n,
        nothing,
        nothing,
        nothing,
        nothing,
        (findings[-1].text,) * n,
        cast.mpe_percent,
    )


def report(
    cast: Cast,
    statistics: Gram,
    sums: Sums,
    posterior: Posterior,
    findings: Sequence[FleetFinding],
    withheld: Sequence[FleetFinding],
) -> AreaEstimate:
    """Return the answer; ``withheld`` are the findings that forbid a verdict on any meter.

    Findings that name an exchanged meter or one of another area take the verdict from it.
    """
    found = list(findings)
    share = sums.used / max(float(sums.used.sum()), 1e-9)
    verdicts = decide(posterior, cast.mpe_percent / 100)
    status = list(verdicts.status)
    reason = [""] * len(status)
    error, uncertainty, probability = 100 * verdicts.error, 100 * verdicts.uncertainty, verdicts.probability
    if withheld:
        status, reason = [UNDETERMINED] * len(status), [_WITHHELD] * len(status)
        error, uncertainty, probability = (np.full(len(status), np.nan) for _ in range(3))
    else:
        idle = no_consumption(share)
        groups = collinear_groups(posterior.information, posterior.belief.slab, ~idle)
        found += collinear_findings(groups, cast.meter_ids)
        found += _idle_finding(idle, cast.meter_ids)
        _explain(status, reason, cast, verdicts, sums.net, idle, groups, found)
    loss = sums.master - float(sums.net.sum())
    noise = float((posterior.noise * statistics.counts).sum() / statistics.counts.sum())
    return AreaEstimate(
        cast.area_id,
        WITHHELD if withheld else JUDGED,
        (*found, *withheld),
        loss,
        100 * loss / sums.master if sums.master else float("nan"),
        float(np.sqrt(noise)),
        cast.meter_ids,
        tuple(status),
        error,
        uncertainty,
        probability,
        share,
        tuple(reason),
        cast.mpe_percent,
    )


def _idle_finding(idle: NDArray[np.bool_], meter_ids: tuple[str, ...]) -> list[FleetFinding]:
    names = [meter_ids[i] for i in np.flatnonzero(idle)]
    if not names:
        return []
    return [FleetFinding("no_consumption", f"{len(names)} 块表几乎没有用电。", data={"meters": names})]


def _explain(
    status: list[str],
    reason: list[str],
    cast: Cast,
    verdicts: Verdicts,
    net: Floats,
    idle: NDArray[np.bool_],
    groups: list[list[int]],
    findings: Sequence[FleetFinding],
) -> None:
    """Put a reason at every meter that does not conform, and take the verdict from those that were corrected."""
    grouped = {i: group for group in groups for i in group}
    for i in grouped:
        status[i] = UNDETERMINED
    taken = {f.meter_id: _EXCHANGED for f in findings if f.code == "meter_exchanged"}
    taken |= {f.meter_id: _ELSEWHERE for f in findings if f.code == "wrong_topology"}
    for i, name in enumerate(cast.meter_ids):
        if name in taken:
            status[i], reason[i] = UNDETERMINED, taken[name]
        elif status[i] == OUT_OF_TOLERANCE:
            reason[i] = _billed(float(net[i]), float(verdicts.error[i]), float(verdicts.uncertainty[i]))
        elif status[i] == CONFORMING:
            continue
        elif idle[i]:
            reason[i] = "几乎没有用电。"
        elif i in grouped:
            others = "、".join(cast.meter_ids[k] for k in grouped[i] if k != i)
            reason[i] = f"用电与 {others} 同步变化，不能分开。"
        elif not verdicts.judged[i]:
            reason[i] = (
                f"用电太少或变化太少，标准不确定度 {100 * float(verdicts.uncertainty[i]):.2g}% 还不够小。"
            )
        else:
            reason[i] = f"超差的概率是 {float(verdicts.probability[i]):.0%}，不足以下结论。"


def _billed(net: float, error: float, uncertainty: float) -> str:
    middle, one, other = unfair_energy(net, error, uncertainty)
    low, high = sorted((abs(one), abs(other)))
    way = "多计" if middle > 0 else "少计"
    return f"估计误差超出最大允许误差，期间约{way} {abs(middle):.1f} kWh（{low:.1f} 至 {high:.1f}）。"
