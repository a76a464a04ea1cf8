"""How a standard behaved: drift over its certificates, control charts, comparisons, and what it rests on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from quanheng.base.files import store_file, stored_path
from quanheng.core.models import OrgUnit, User
from quanheng.standards.history import LEAST_CHECKS, check_series, comparisons_of, drift_series
from quanheng.standards.models import Comparison, IntermediateCheck, MeasurementStandard
from quanheng.standards.tracing import chain_above, known_standards
from tests.standards.making import AT, POINT, make_certificate, make_standard
from tests.workforce.making import laboratory

ON = date(2026, 11, 23)


@pytest.fixture
def unit(people: dict[str, User]) -> OrgUnit:
    return laboratory()


@pytest.fixture
def standard(unit: OrgUnit) -> MeasurementStandard:
    return make_standard(unit)


def certified(standard: MeasurementStandard, year: int, error: str, **changes: Any) -> None:
    point = POINT | {"error": error} | changes
    first = date(year, 1, 1)
    make_certificate(
        standard,
        number=f"力-{year}",
        calibrated_on=first,
        valid_until=first + timedelta(days=364),
        points=[point],
    )


def checked(standard: MeasurementStandard, *values: str, series: str = "F-07") -> None:
    for at, value in enumerate(values):
        IntermediateCheck.objects.create(
            standard=standard,
            series=series,
            checked_on=date(2026, 1, 1) + timedelta(days=at),
            value=Decimal(value),
            unit="g",
            recorded_at=AT,
        )


def test_a_standard_without_certificates_has_no_history(standard: MeasurementStandard) -> None:
    assert drift_series(standard) == []
    assert check_series(standard) == []
    assert comparisons_of(standard) == []


def test_errors_of_one_point_are_one_series_whatever_the_unit(standard: MeasurementStandard) -> None:
    certified(standard, 2024, "0.02")
    certified(standard, 2025, "0.04")
    certified(standard, 2026, "0.00006", nominal="10", expanded_uncertainty="0.00008", unit="kg")
    [series] = drift_series(standard)
    assert (series.nominal, series.unit) == (Decimal(10000), "g")
    assert [point.error for point in series.points] == [Decimal("0.02"), Decimal("0.04"), Decimal("0.06")]
    assert series.drift is not None
    assert series.drift.rate == pytest.approx(0.02, rel=0.01)
    # Within ±0.5 g at the end of the last certificate: about 0.08 ± 0.1.
    assert series.limit == Decimal("0.5")
    assert series.within is not None
    assert series.within > 0.999


def test_one_certificate_says_nothing_of_drift_and_a_withdrawn_one_does_not_count(
    standard: MeasurementStandard, people: dict[str, User]
) -> None:
    certified(standard, 2025, "0.02")
    certified(standard, 2026, "0.30")
    gone = standard.certificates.get(number="力-2026")
    gone.withdrawn_at, gone.withdrawn_by, gone.withdrawal_reason = AT, people["officer"], "误传"
    gone.save()
    [series] = drift_series(standard)
    assert (len(series.points), series.drift, series.within) == (1, None, None)


def test_a_limit_in_another_quantity_is_no_limit_of_the_series(unit: OrgUnit) -> None:
    standard = make_standard(unit, fields={"standard_mpe": "0.05 %"})
    certified(standard, 2025, "0.02")
    certified(standard, 2026, "0.03")
    [series] = drift_series(standard)
    assert (series.limit, series.within) == (None, None)


def test_a_control_chart_begins_with_enough_checks_and_names_the_point_beyond(
    standard: MeasurementStandard,
) -> None:
    quiet = [f"10000.0{at % 3}" for at in range(20)]
    checked(standard, *quiet[: LEAST_CHECKS - 1])
    [series] = check_series(standard)
    assert (series.chart, series.reason) == (None, "")
    IntermediateCheck.objects.all().delete()
    checked(standard, *quiet, "10000.2")
    checked(standard, *["5"] * LEAST_CHECKS, series="F-08")
    first, constant = check_series(standard)
    assert first.chart is not None
    assert {finding.data["point"] for finding in first.chart.findings} == {21}
    assert "beyond_limits" in {finding.code for finding in first.chart.findings}
    assert constant.chart is None
    assert "全都相同" in constant.reason


@pytest.mark.parametrize(("value", "satisfactory"), [("10000.1", True), ("10000.2", False)])
def test_a_comparison_is_satisfactory_up_to_an_en_number_of_one(
    standard: MeasurementStandard, value: str, satisfactory: bool
) -> None:
    Comparison.objects.create(
        standard=standard, name="甲", organiser="乙", held_on=ON, unit="g", recorded_at=AT,
        value=Decimal(value), expanded_uncertainty=Decimal("0.08"), reference_value=Decimal(10000),
        reference_expanded_uncertainty=Decimal("0.06"),
    )  # fmt: skip
    [row] = comparisons_of(standard)
    assert row.is_satisfactory is satisfactory
    assert row.en == pytest.approx(float(Decimal(value) - 10000) / 0.1)


def test_a_standard_rests_on_those_whose_certificates_are_on_file(unit: OrgUnit) -> None:
    upper = make_standard(unit, name="F1 等级砝码", serial_no="F-01")
    make_certificate(upper, number="UP-1")
    lower = make_standard(unit)
    link = {"identifier": "UP-1", "procedure": "SHA-256", "value": "ab"}
    make_certificate(lower, upstream=[link, link | {"identifier": "UP-2"}])
    known = known_standards([lower])
    assert {each.name for each in known.values()} == {"M1 等级砝码 W-01", "F1 等级砝码 F-01"}
    found = chain_above(lower, ON)
    assert found is not None
    assert [node.standard.name for node in found.nodes] == ["M1 等级砝码 W-01", "F1 等级砝码 F-01"]
    assert {finding.code for finding in found.findings} == {"unknown_standard", "unknown_upstream"}
    assert chain_above(lower, date(2030, 1, 1)) is None


def test_certificates_that_rest_on_each_other_end_the_walk(unit: OrgUnit) -> None:
    first, second = make_standard(unit), make_standard(unit, serial_no="W-02")
    make_certificate(first, number="A", upstream=[{"identifier": "B", "procedure": "", "value": ""}])
    make_certificate(second, number="B", upstream=[{"identifier": "A", "procedure": "", "value": ""}])
    found = chain_above(first, ON)
    assert found is not None
    assert "cycle" in {finding.code for finding in found.findings}


def test_a_file_that_was_changed_on_the_disk_is_found(unit: OrgUnit) -> None:
    standard, digest = make_standard(unit), store_file(b"%PDF-1.7")
    make_certificate(standard, file_sha256=digest)
    good = chain_above(standard, ON)
    assert good is not None
    assert "hash_mismatch" not in {finding.code for finding in good.findings}
    stored_path(digest).chmod(0o600)
    stored_path(digest).write_bytes(b"%PDF-1.8")
    bad = chain_above(standard, ON)
    assert bad is not None
    assert "hash_mismatch" in {finding.code for finding in bad.findings}
