"""Estimate the errors of all water meters of one district, its leakage and its bursts.

>>> from quanheng.kernels.fleet.water import DistrictScenario, estimate_district, simulate_district
>>> district, truth = simulate_district(DistrictScenario(homes=20, shops=2, days=14))
>>> answer = estimate_district(district)
>>> answer.status, answer.findings[0].code
('judged', 'leakage')
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.balance import Balance
from quanheng.kernels.fleet.decide import Verdicts, decide
from quanheng.kernels.fleet.estimate import unusable
from quanheng.kernels.fleet.gram import Gram, gram
from quanheng.kernels.fleet.identifiability import collinear_findings, collinear_groups, no_consumption
from quanheng.kernels.fleet.mixture import Mixture
from quanheng.kernels.fleet.posterior import Posterior, infer
from quanheng.kernels.fleet.prepare import CannotEstimate, Prepared, prepare
from quanheng.kernels.fleet.results import JUDGED, UNDETERMINED, WITHHELD, AreaEstimate, FleetFinding
from quanheng.kernels.fleet.water.bursts import CLEAR, next_burst
from quanheng.kernels.fleet.water.district import District
from quanheng.kernels.fleet.water.findings import (
    burst_findings,
    common_finding,
    district_differs,
    in_water_words,
    leakage_finding,
    no_pressure,
    reason_of,
    stopped_finding,
)
from quanheng.kernels.fleet.water.leakage import (
    COMMON,
    COMMON_ROW,
    LEAKAGE_ROW,
    PRESSURE_ROW,
    Pressure,
    district_balance,
    inflow_spread,
    orifice,
    usable_pressure,
)

Floats = NDArray[np.float64]

_BURSTS = 6  # at most so many steps of leakage
_ROUNDS = 5  # of correcting the exponent of the leakage
_SETTLED = 0.02  # change of it when it is done
_STOPPED_DAYS = 5  # days without any water at the end …
_USUALLY = 0.8  # … of a meter that registers some on most days before


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The balance of a district with the steps of leakage that stand, and what it says."""

    rows: Balance
    statistics: Gram
    posterior: Posterior
    bursts: tuple[int, ...]  # intervals in which they begin
    pressure: Pressure | None


def estimate_district(district: District) -> AreaEstimate:
    """Return the estimate of ``district``; whatever is wrong with the data is a finding in it, never an exception.

    The answer has the form of an electrical area's: its fields ``loss_kwh`` and ``residual_sd_kwh`` are in m³.
    ``loss_kwh`` is inflow minus consumers as indicated, with all errors; leakage with its interval is in the finding
    ``leakage``.  Errors are those at flows that meters register: what never starts a meter counts as leakage.
    """
    area = district.as_area()
    try:
        prepared = prepare(area)
    except CannotEstimate as cannot:
        return unusable(area, (in_water_words(cannot.finding),))
    pressure = usable_pressure(district.pressure, prepared.master.size, prepared.per_day)
    fitted = _fit(district, prepared, pressure)
    posterior, shift = _with_common(fitted.posterior, district)
    verdicts = decide(posterior, district.mpe_percent.astype(np.float64) / 100)
    findings = [
        leakage_finding(district, prepared, fitted.posterior, fitted.pressure),
        *burst_findings(district, prepared, fitted.posterior, fitted.bursts, orifice(pressure, prepared.master.size)),
        *([] if pressure is not None else [no_pressure()]),
        common_finding(district, fitted.posterior, shift),
        *map(in_water_words, prepared.findings),
    ]
    differs = district_differs(district, fitted.posterior)
    return _answer(district, prepared, fitted, verdicts, findings, differs)


def _fit(district: District, prepared: Prepared, pressure: Pressure | None) -> Fitted:
    """Return the fit after steps of leakage were added one by one, up to the first that does not stand."""
    flow = orifice(pressure, prepared.master.size)
    fitted = _settled(district, prepared, pressure, ())
    for _ in range(_BURSTS):
        first = next_burst(fitted.rows, fitted.posterior, prepared.weight, flow, prepared.per_day)
        if first is None or first in fitted.bursts:
            break
        more = _settled(district, prepared, fitted.pressure, tuple(sorted((*fitted.bursts, first))))
        if not _all_clear(more):
            break
        fitted = more
    return fitted


def _settled(
    district: District, prepared: Prepared, pressure: Pressure | None, bursts: tuple[int, ...]
) -> Fitted:
    """Return the fit with these steps, repeated until the exponent of the leakage stays."""
    tolerance = _tolerance(district)
    spread = float(np.hypot(inflow_spread(district.inflow_mpe_percent), COMMON * tolerance))
    nothing = np.zeros(district.n)
    noise: Floats | None = None
    for _ in range(_ROUNDS):
        rows = district_balance(prepared.energy, prepared.master, pressure, spread, bursts)
        statistics = gram(rows.rows, prepared.weight, prepared.per_day)
        belief = Mixture(tolerance, nothing, nothing)
        posterior = infer(statistics, district.n, rows.prior_sd, (), belief, noise)
        fitted = Fitted(rows, statistics, posterior, bursts, pressure)
        if pressure is None:
            break
        corrected = pressure.corrected(*posterior.nuisance[[LEAKAGE_ROW, PRESSURE_ROW]])
        if abs(corrected.exponent - pressure.exponent) < _SETTLED and pressure.leakage > 0:
            break
        noise, pressure = posterior.noise, corrected
    return fitted


def _all_clear(fitted: Fitted) -> bool:
    """Tell whether each step of leakage, the last of the nuisance, is clearly not zero."""
    posterior = fitted.posterior
    first = len(posterior.nuisance) - len(fitted.bursts)
    size = np.abs(posterior.nuisance[first:]) / np.sqrt(posterior.nuisance_variance[first:])
    return bool((size > CLEAR).all())


def _tolerance(district: District) -> float:
    return float(np.median(district.mpe_percent)) / 100


def _with_common(posterior: Posterior, district: District) -> tuple[Posterior, tuple[float, float]]:
    """Return the posterior with what may be common to all consumers, and that: mean and standard deviation of a.

    The balance tells the sum of the district meter's error and the common error; what is believed of both shares it
    out.  Little is known of it afterwards, and that much is added to every meter.
    """
    own = inflow_spread(district.inflow_mpe_percent) ** 2
    shared = (COMMON * _tolerance(district)) ** 2
    part = shared / (shared + own)
    mean = part * float(posterior.nuisance[COMMON_ROW])
    variance = part * own + part**2 * float(posterior.nuisance_variance[COMMON_ROW])
    kinds = replace(
        posterior.kinds,
        good_mean=posterior.kinds.good_mean + mean,
        good_variance=posterior.kinds.good_variance + variance,
        bad_mean=posterior.kinds.bad_mean + mean,
        bad_variance=posterior.kinds.bad_variance + variance,
    )
    middle, spread = kinds.moments()
    moved = replace(
        posterior,
        mean=middle,
        variance=spread,
        kinds=kinds,
        data_mean=posterior.data_mean + mean,
        data_variance=posterior.data_variance + variance,
    )
    return moved, (mean, float(np.sqrt(variance)))


def _stopped(district: District, prepared: Prepared) -> dict[int, int]:
    """Return the consumers that show nothing from a day on, and the day, though they did before."""
    daily = prepared.energy.reshape(district.n, -1, prepared.per_day).sum(axis=2)
    days = daily.shape[1]
    found = {}
    for i in range(district.n):
        used = np.flatnonzero(daily[i] > 0)
        since = int(used[-1]) + 1 if used.size else days
        if since <= days - _STOPPED_DAYS and used.size >= _USUALLY * since:
            found[i] = since
    return found


def _answer(
    district: District,
    prepared: Prepared,
    fitted: Fitted,
    verdicts: Verdicts,
    findings: list[FleetFinding],
    differs: FleetFinding | None,
) -> AreaEstimate:
    posterior, counts = fitted.posterior, fitted.statistics.counts
    used = prepared.energy.sum(axis=1, dtype=np.float64)
    share = used / max(float(used.sum()), 1e-9)
    inflow = float(prepared.master.sum(dtype=np.float64))
    loss = float((prepared.master - prepared.energy.sum(axis=0)).sum(dtype=np.float64))
    stopped = _stopped(district, prepared)
    findings += [stopped_finding(district, i, day) for i, day in stopped.items()]
    status, reason = list(verdicts.status), [""] * district.n
    error, uncertainty = 100 * verdicts.error, 100 * verdicts.uncertainty
    probability = verdicts.probability
    if differs is not None:
        findings.append(differs)
        status = [UNDETERMINED] * district.n
        reason = ["考核表与各表之和的差先要查清。"] * district.n
        error, uncertainty, probability = (np.full(district.n, np.nan) for _ in range(3))
    else:
        wide = 3 * _tolerance(district)
        groups = collinear_groups(posterior.information, wide, ~verdicts.judged)
        findings += [in_water_words(found) for found in collinear_findings(groups, district.meter_ids)]
        grouped = {i for group in groups for i in group}
        idle = no_consumption(share)
        for i in range(district.n):
            if i in stopped:
                status[i] = UNDETERMINED
            is_alone = i not in grouped
            reason[i] = reason_of(i, status[i], verdicts, float(used[i]), stopped.get(i), bool(idle[i]), is_alone)
    return AreaEstimate(
        district.district_id,
        JUDGED if differs is None else WITHHELD,
        tuple(findings),
        loss,
        100 * loss / inflow if inflow else float("nan"),
        float(np.sqrt((posterior.noise * counts).sum() / counts.sum())),
        district.meter_ids,
        tuple(status),
        error,
        uncertainty,
        probability,
        share,
        tuple(reason),
    )
