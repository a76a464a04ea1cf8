"""How a standard behaved through time: drift over its certificates, intermediate checks, comparisons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from quanheng.kernels.quantities import BadQuantity, convert, split_quantity, unit
from quanheng.kernels.traceability import (
    BadTraceability,
    Calibration,
    Chart,
    Drift,
    control_chart,
    en_number,
    estimate_drift,
    within_limit,
)
from quanheng.kernels.traceability.histories import DAYS_OF_YEAR
from quanheng.standards.models import (
    Comparison,
    IntermediateCheck,
    MeasurementStandard,
    StandardCertificate,
)

# Of a control chart: the values that set the limits, and how many there must be to draw it.
BASELINE, LEAST_CHECKS = 20, 5
_LIMITS = ("standard_mpe", "balance_mpe", "thermometer_mpe", "simulator_mpe", "field_mpe", "control_mpe")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What one certificate says at one point [unit of the series]; ``error`` is indicated minus reference."""

    on: date
    error: Decimal
    expanded_uncertainty: Decimal
    coverage_factor: Decimal
    certificate: StandardCertificate


@dataclass(frozen=True, slots=True)
class DriftSeries:
    """One point of a standard over its certificates, in the order of time.

    ``drift`` [unit/year] is None before there are two.  ``limit`` [unit] is the largest permissible error
    of the standard where it is known, ``within`` the probability that it still holds on the last valid day.
    """

    nominal: Decimal
    unit: str
    points: tuple[Calibrated, ...]
    drift: Drift | None
    limit: Decimal | None
    within: float | None


@dataclass(frozen=True, slots=True)
class CheckSeries:
    """The intermediate checks of one series; ``chart`` is None with the ``reason`` why there is none."""

    name: str
    unit: str
    checks: tuple[IntermediateCheck, ...]
    chart: Chart | None
    reason: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with its E_n number [1] (ISO 13528)."""

    comparison: Comparison
    en: float
    is_satisfactory: bool


def drift_series(standard: MeasurementStandard) -> list[DriftSeries]:
    """Return every calibrated point of a standard through its certificates that were not withdrawn, by nominal value."""
    found: dict[tuple[str, Decimal], list[Calibrated]] = {}
    units: dict[tuple[str, Decimal], tuple[Decimal, str]] = {}
    rows = standard.certificates.filter(withdrawn_at=None).order_by("calibrated_on", "pk")
    for row in rows:
        for point in row.points:
            nominal, symbol = Decimal(point["nominal"]), str(point["unit"])
            key = _key(nominal, symbol)
            _first, wanted = units.setdefault(key, (nominal, symbol))
            error = _in_unit(Decimal(point["error"]), symbol, wanted)
            size = _in_unit(Decimal(point["expanded_uncertainty"]), symbol, wanted)
            factor = Decimal(point["coverage_factor"])
            found.setdefault(key, []).append(Calibrated(row.calibrated_on, error, size, factor, row))
    return [_series(standard, *units[key], found[key]) for key in sorted(found)]


def check_series(standard: MeasurementStandard) -> list[CheckSeries]:
    """Return the intermediate checks of a standard, each series with its control chart."""
    found: dict[str, list[IntermediateCheck]] = {}
    for check in standard.intermediate_checks.order_by("series", "checked_on", "pk"):
        found.setdefault(check.series, []).append(check)
    return [_charted(name, checks) for name, checks in found.items()]


def comparisons_of(standard: MeasurementStandard) -> list[Compared]:
    """Return the comparisons in which a standard took part, the last one first."""
    return [_compared(row) for row in standard.comparisons.all()]


def _series(
    standard: MeasurementStandard, nominal: Decimal, symbol: str, points: list[Calibrated]
) -> DriftSeries:
    drift, limit = _drift(points), _limit(standard, symbol)
    within = None
    if drift is not None and limit is not None:
        last = points[-1].certificate
        years = (last.valid_until - last.calibrated_on).days / DAYS_OF_YEAR
        within = within_limit(drift, float(limit), years)
    return DriftSeries(nominal, symbol, tuple(points), drift, limit, within)


def _drift(points: Iterable[Calibrated]) -> Drift | None:
    """Return the drift of the error; of several certificates of one day the last counts."""
    by_day = {point.on: point for point in points}
    calibrations = [
        Calibration(
            day=point.on.toordinal(),
            standard_uncertainty=float(point.expanded_uncertainty / point.coverage_factor),
            found=float(point.error),
            left=float(point.error),
        )
        for point in by_day.values()
    ]
    try:
        return estimate_drift(calibrations)
    except BadTraceability:
        return None


def _limit(standard: MeasurementStandard, symbol: str) -> Decimal | None:
    """Return the largest permissible error of a standard in a unit; None where none is known in it."""
    for name in _LIMITS:
        if text := standard.fields.get(name):
            try:
                value, written_in = split_quantity(text)
                return convert(value, written_in, symbol)
            except BadQuantity:
                continue
    return None


def _charted(name: str, checks: list[IntermediateCheck]) -> CheckSeries:
    chart, reason = None, ""
    if len(checks) >= LEAST_CHECKS:
        try:
            chart = control_chart([float(check.value) for check in checks], min(BASELINE, len(checks)))
        except BadTraceability as error:
            reason = error.reason
    return CheckSeries(name, checks[0].unit, tuple(checks), chart, reason)


def _compared(row: Comparison) -> Compared:
    own, reference = Fraction(row.expanded_uncertainty), Fraction(row.reference_expanded_uncertainty)
    apart = Fraction(row.value) - Fraction(row.reference_value)
    en = en_number(float(apart), float(own), 0.0, float(reference))
    # |En| ≤ 1 without rounding: a result on the limit is satisfactory.
    return Compared(row, float(en), apart**2 <= own**2 + reference**2)


def _key(nominal: Decimal, symbol: str) -> tuple[str, Decimal]:
    """Return what is equal for 1 kg and 1000 g."""
    try:
        known = unit(symbol)
    except BadQuantity:
        return symbol, nominal
    return known.quantity.value, (nominal * known.factor + known.zero).normalize()


def _in_unit(difference: Decimal, symbol: str, wanted: str) -> Decimal:
    """Return an error or an uncertainty in another unit of the same quantity: without the zero of a scale."""
    if symbol == wanted:
        return difference
    return convert(difference, unit(symbol).difference, unit(wanted).difference)
