"""The memory of an area: one state a month, so that a new month needs no pass over the old ones.

A state holds the statistics and sums of one month after its faults were corrected.  States of the same meters add;
the estimate over any run of months is that of their sum.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.area import Area
from quanheng.kernels.fleet.assemble import Sums
from quanheng.kernels.fleet.diagnose import daily_variation, unmetered
from quanheng.kernels.fleet.estimate import cast_of, examine, infer_sums, is_bridged
from quanheng.kernels.fleet.gram import Gram
from quanheng.kernels.fleet.report import Cast, report
from quanheng.kernels.fleet.results import AreaEstimate, FleetFinding
from quanheng.kernels.fleet.scan import residual_of

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class MonthState:
    """One month of one area, n meters, q rows of nuisance."""

    cast: Cast
    step_minutes: int
    known: NDArray[np.bool_]  # (n,) whose voltage was used
    phase: NDArray[np.int8]  # (n,)
    gram: Gram
    sums: Sums
    prior_sd: Floats  # (q,)
    learned: tuple[slice, ...]
    findings: tuple[FleetFinding, ...]
    varies: float  # of the residual, see ``diagnose.daily_variation``

    def adds_to(self, other: MonthState) -> bool:
        """Tell whether both have the same rows."""
        return (
            self.cast.meter_ids == other.cast.meter_ids
            and self.step_minutes == other.step_minutes
            and np.array_equal(self.known, other.known)
            and np.array_equal(self.phase, other.phase)
        )


def month_state(area: Area) -> MonthState:
    """Return the state of ``area``, whose readings are those of one month.

    Raises CannotEstimate where there is nothing to work with.
    """
    found = examine(area)
    assembled = found.assembled
    rows = assembled.balance
    splits = sum(f.code == "meter_exchanged" for f in found.findings)
    kept = len(rows.prior_sd) - splits
    varies = daily_variation(residual_of(rows, found.posterior), found.prepared.per_day)
    size = 1 + rows.n + kept
    return MonthState(
        cast_of(area),
        area.step_minutes,
        found.wiring.known,
        found.wiring.phase,
        Gram(assembled.gram.products[:, :size, :size], assembled.gram.counts),
        assembled.sums,
        rows.prior_sd[:kept],
        rows.learned,
        found.findings,
        varies,
    )


def estimate_months(states: Sequence[MonthState]) -> AreaEstimate:
    """Return the estimate over all ``states``, the newest last; older ones of other meters or phases are left out."""
    newest = states[-1]
    same = [state for state in states if state.adds_to(newest)]
    statistics = reduce(operator.add, (state.gram for state in same))
    sums = reduce(operator.add, (state.sums for state in same))
    tolerance = float(np.median(newest.cast.mpe_percent)) / 100
    bridged = any(is_bridged(state.findings) for state in same)
    posterior = infer_sums(statistics, sums, same[0].prior_sd, newest.learned, tolerance, bridged=bridged)
    findings = [finding for state in same for finding in state.findings]
    if len(same) < len(states):
        text = f"{len(states) - len(same)} 个月的表或相别与现在不同，没有用。"
        findings.append(FleetFinding("wrong_topology", text, data={"months": len(states) - len(same)}))
    withheld = unmetered(statistics, sums, posterior, newest.step_minutes, newest.varies)
    return report(newest.cast, statistics, sums, posterior, findings, withheld)
