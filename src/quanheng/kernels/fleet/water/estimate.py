"""Estimate the errors of all water meters of one district, its leakage and its bursts.

>>> from quanheng.kernels.fleet.water import DistrictScenario, estimate_district, simulate_district
>>> district, truth = simulate_district(DistrictScenario(homes=20, shops=2, days=14))
>>> answer = estimate_district(district)
>>> answer.status, answer.findings[0].code
('judged', 'leakage')
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.fleet.assemble import Sums
from quanheng.kernels.fleet.balance import Balance
from quanheng.kernels.fleet.gram import Gram, gram
from quanheng.kernels.fleet.mixture import Mixture
from quanheng.kernels.fleet.posterior import Posterior, infer
from quanheng.kernels.fleet.prepare import CannotEstimate, Prepared, prepare
from quanheng.kernels.fleet.report import Cast, report, unusable
from quanheng.kernels.fleet.results import UNDETERMINED, AreaEstimate
from quanheng.kernels.fleet.water.bursts import CLEAR, next_burst
from quanheng.kernels.fleet.water.common import Common, with_common
from quanheng.kernels.fleet.water.district import District
from quanheng.kernels.fleet.water.findings import (
    burst_findings,
    common_finding,
    district_differs,
    in_water_words,
    leakage_finding,
    no_pressure,
    stopped_finding,
    water_answer,
)
from quanheng.kernels.fleet.water.leakage import (
    COMMON_ROW,
    LEAKAGE_ROW,
    PRESSURE_ROW,
    Pressure,
    district_balance,
    read_pressure,
)

Floats = NDArray[np.floating]

_BURSTS = 6  # at most so many steps of leakage
_ROUNDS = 5  # of correcting the exponent of the leakage
_SETTLED = 0.02  # change of it when it is done
_LEVEL = 0.1  # relative change of the leakage when it is done
_CLOCKS = 0.002  # of c, by clocks some seconds off and pressure sampled once an interval: standard deviation
_UNMEASURED = (
    0.015  # of the leakage, by a course of the pressure that none of the rows describes: standard deviation
)
_STOPPED_DAYS = 5  # days without any water at the end …
_USUALLY = 0.8  # … of a meter that registers some on most days before


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The balance of a district with the steps of leakage that stand, and what it says."""

    rows: Balance
    statistics: Gram
    posterior: Posterior
    bursts: tuple[int, ...]  # intervals in which they begin
    pressure: Pressure


def estimate_district(district: District) -> AreaEstimate:
    """Return the estimate of ``district``; whatever is wrong with the data is a finding in it, never an exception.

    The answer has the form of an electrical area's: its fields ``loss_kwh`` and ``residual_sd_kwh`` are in m³.
    ``loss_kwh`` is inflow minus consumers as indicated, with all errors; leakage with its interval is in the finding
    ``leakage``.  Errors are those at flows that meters register: what never starts a meter counts as leakage.
    """
    cast = Cast(district.district_id, district.meter_ids, district.mpe_percent)
    try:
        prepared = prepare(district.as_area())
    except CannotEstimate as cannot:
        return unusable(cast, (in_water_words(cannot.finding),))
    pressure = read_pressure(district.pressure, prepared.master.size, prepared.per_day)
    fitted = _fit(district, prepared, pressure)
    balance = _with_doubt(fitted, prepared)
    common = Common.of(_tolerance(district), district.inflow_mpe_percent)
    shift = common.given(balance)
    flow = pressure.orifice(prepared.master.size)
    stopped = _stopped(district, prepared)
    findings = [
        leakage_finding(district, prepared, balance, common.inflow_spread, fitted.pressure),
        *burst_findings(district, prepared, balance, fitted.bursts, flow),
        *([no_pressure()] if pressure.ratio is None else []),
        common_finding(balance, shift),
        *prepared.findings,
        *(stopped_finding(district, i, day) for i, day in stopped.items()),
    ]
    withheld = [district_differs(balance)] if common.is_beyond(balance) else []
    used = prepared.energy.sum(axis=1, dtype=np.float64)
    inflow = float(prepared.master.sum(dtype=np.float64))
    sums = Sums(used, used, used, np.zeros(district.n), inflow, prepared.master.size)
    answer = report(cast, fitted.statistics, sums, with_common(balance, *shift), findings, withheld)
    return _with_stopped(water_answer(answer), stopped)


def _fit(district: District, prepared: Prepared, pressure: Pressure) -> Fitted:
    """Return the fit after steps of leakage were added one by one, up to the last with which all of them stand."""
    flow = pressure.orifice(prepared.master.size)
    best = fitted = _settled(district, prepared, pressure, ())
    for _ in range(_BURSTS):
        first = next_burst(fitted.rows, fitted.posterior, prepared.weight, flow, prepared.per_day)
        if first is None or first in fitted.bursts:
            break
        fitted = _settled(district, prepared, fitted.pressure, tuple(sorted((*fitted.bursts, first))))
        if _all_clear(fitted):
            best = fitted
    return best


def _settled(district: District, prepared: Prepared, pressure: Pressure, bursts: tuple[int, ...]) -> Fitted:
    """Return the fit with these steps, repeated until the exponent of the leakage stays."""
    tolerance = _tolerance(district)
    spread = Common.of(tolerance, district.inflow_mpe_percent).total_spread
    nothing = np.zeros(district.n)
    noise: Floats | None = None
    for _ in range(_ROUNDS):
        rows = district_balance(prepared.energy, prepared.master, pressure, spread, bursts, prepared.per_day)
        statistics = gram(rows.rows, prepared.weight, prepared.per_day)
        belief = Mixture(tolerance, nothing, nothing)
        posterior = infer(statistics, district.n, rows.prior_sd, (), belief, noise)
        fitted = Fitted(rows, statistics, posterior, bursts, pressure)
        corrected = pressure.corrected(*posterior.nuisance[[LEAKAGE_ROW, PRESSURE_ROW]])
        if _is_settled(pressure, corrected):
            break
        noise, pressure = posterior.noise, corrected
    return fitted


def _is_settled(before: Pressure, after: Pressure) -> bool:
    moved = 0.0 if after.ratio is None else abs(after.exponent - before.exponent)
    return moved < _SETTLED and abs(after.leakage - before.leakage) <= _LEVEL * after.leakage


def _all_clear(fitted: Fitted) -> bool:
    """Tell whether each step of leakage, the last of the nuisance, is clearly not zero."""
    posterior = fitted.posterior
    first = len(posterior.nuisance) - len(fitted.bursts)
    size = np.abs(posterior.nuisance[first:]) / np.sqrt(posterior.nuisance_variance[first:])
    return bool((size > CLEAR).all())


def _with_doubt(fitted: Fitted, prepared: Prepared) -> Posterior:
    """Return the posterior with what the noise does not show of c and of the leakage: it is all in their variances."""
    posterior = fitted.posterior
    demand = max(float(prepared.energy.sum(axis=0).mean()), 1e-9)
    unmeasured = (
        _UNMEASURED * abs(float(posterior.nuisance[LEAKAGE_ROW])) if fitted.pressure.ratio is None else 0.0
    )
    doubt = np.hypot(_CLOCKS, unmeasured / demand)
    variance = posterior.nuisance_variance.copy()
    variance[COMMON_ROW] += doubt**2
    variance[LEAKAGE_ROW] += (doubt * demand) ** 2
    return replace(posterior, nuisance_variance=variance)


def _tolerance(district: District) -> float:
    return float(np.median(district.mpe_percent)) / 100


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


def _with_stopped(answer: AreaEstimate, stopped: Collection[int]) -> AreaEstimate:
    """Return the answer without verdicts on meters that stopped."""
    status, reason = list(answer.meter_status), list(answer.reason)
    for i in stopped:
        status[i], reason[i] = UNDETERMINED, "期间停走或不再用水，见小区的发现。"
    return replace(answer, meter_status=tuple(status), reason=tuple(reason))
