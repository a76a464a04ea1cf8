"""Which standard may be used on a day: every gap beside the standard that has none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from quanheng.core.models import OrgUnit, User
from quanheng.standards.enums import Level, StandardCondition
from quanheng.standards.errors import FieldsDisagree
from quanheng.standards.models import MeasurementStandard
from quanheng.standards.selectors import (
    certificate_on,
    endings,
    procedure_fields,
    standard_gaps,
    usable_standards,
)
from tests.standards.making import AT, CALIBRATED, POINT, UNTIL, make_certificate, make_standard
from tests.workforce.making import laboratory, other_laboratory

ON = date(2026, 11, 23)
DAY = timedelta(days=1)


@pytest.fixture
def unit(people: dict[str, User]) -> OrgUnit:
    return laboratory()


def codes(standard: MeasurementStandard, on: date = ON, **changes: Any) -> list[str]:
    given: dict[str, Any] = {"unit": standard.unit, "regulation": "JJG 539"} | changes
    gaps = standard_gaps(standard=standard, on=on, **given)
    assert all(standard.name in gap.text and gap.text.endswith("。") for gap in gaps)
    return [gap.code for gap in gaps]


def test_a_standard_with_a_valid_certificate_has_no_gap_from_the_first_to_the_last_day(unit: OrgUnit) -> None:
    standard = make_standard(unit)
    make_certificate(standard)
    assert [codes(standard, on) for on in (CALIBRATED, ON, UNTIL)] == [[], [], []]
    assert usable_standards(unit=unit, regulation="JJG 539", on=ON) == [standard]


@pytest.mark.parametrize(
    ("changes", "on", "code"),
    [
        ({"condition": StandardCondition.STOPPED, "condition_reason": "送修"}, ON, "not_in_use"),
        ({"condition": StandardCondition.WITHDRAWN, "condition_reason": "报废"}, ON, "not_in_use"),
        ({"serves": ["JJG 99"]}, ON, "not_for_regulation"),
        ({}, CALIBRATED - DAY, "no_certificate"),
        ({}, UNTIL + DAY, "certificate_over"),
        ({"level": Level.MATERIAL}, UNTIL + DAY, "expired"),
        ({"examination_number": "考 1", "examination_until": ON - DAY}, ON, "examination_over"),
        ({"level": Level.PUBLIC}, ON, "examination_over"),
        ({"level": Level.REFERENCE}, ON, "examination_over"),
    ],
)
def test_what_is_wrong_with_a_standard_is_said(
    unit: OrgUnit, changes: dict[str, Any], on: date, code: str
) -> None:
    standard = make_standard(unit, **changes)
    make_certificate(standard)
    assert codes(standard, on) == [code]
    assert usable_standards(unit=unit, regulation="JJG 539", on=on) == []


@pytest.mark.parametrize("level", [Level.PUBLIC, Level.REFERENCE])
def test_an_examined_standard_may_be_used_until_the_last_day_of_its_examination(
    unit: OrgUnit, level: Level
) -> None:
    standard = make_standard(unit, level=level, examination_number="考 1", examination_until=ON)
    make_certificate(standard)
    assert codes(standard) == []


@pytest.mark.parametrize(
    ("limit", "error", "is_told"),
    [
        ("0.5 g", "0.5", False),
        ("0.5 g", "-0.501", True),
        ("500 mg", "0.6", True),
        ("0.005 %", "0.5", False),  # of 10,000 g
        ("0.005 %", "0.51", True),
        ("0.5 kPa", "9", False),  # not comparable
        ("", "9", False),
    ],
)
def test_a_standard_beyond_its_own_limit_is_told(
    unit: OrgUnit, limit: str, error: str, is_told: bool
) -> None:
    standard = make_standard(unit, fields={"standard_mpe": limit} if limit else {})
    make_certificate(standard, points=[POINT | {"error": error}])
    gaps = standard_gaps(standard=standard, unit=unit, regulation="JJG 539", on=CALIBRATED)
    assert [gap.code for gap in gaps] == (["beyond_limit"] if is_told else [])


def test_a_standard_of_another_institute_is_not_ours(unit: OrgUnit) -> None:
    standard = make_standard(unit)
    make_certificate(standard)
    assert codes(standard, unit=other_laboratory()) == ["wrong_unit"]


def test_a_standard_that_was_never_calibrated_has_no_certificate(unit: OrgUnit) -> None:
    assert codes(make_standard(unit)) == ["no_certificate"]


def test_all_gaps_are_told_at_once(unit: OrgUnit) -> None:
    standard = make_standard(
        unit, condition="stopped", condition_reason="送修", level=Level.PUBLIC, serves=[]
    )
    found = codes(standard, unit=other_laboratory())
    assert found == ["wrong_unit", "not_in_use", "not_for_regulation", "examination_over", "no_certificate"]


def test_the_newest_certificate_that_is_valid_that_day_counts(unit: OrgUnit, people: dict[str, User]) -> None:
    standard = make_standard(unit)
    older = make_certificate(standard)
    newer = make_certificate(standard, number="新", calibrated_on=ON, valid_until=ON + DAY)
    assert certificate_on(standard, ON - DAY) == older
    assert certificate_on(standard, ON) == newer
    assert certificate_on(standard, ON + 2 * DAY) == older
    newer.withdrawn_at, newer.withdrawn_by, newer.withdrawal_reason = AT, people["officer"], "误传"
    newer.save()
    assert certificate_on(standard, ON) == older


def test_where_two_standards_give_one_field_the_worse_counts(unit: OrgUnit) -> None:
    first = make_standard(unit, fields={"standard_mpe": "0.5 g", "thermometer_mpe": "0.2 ℃"})
    second = make_standard(unit, serial_no="W-02", fields={"standard_mpe": "600 mg"})
    expected = {"standard_mpe": "600 mg", "thermometer_mpe": "0.2 ℃"}
    assert procedure_fields([first, second]) == procedure_fields([second, first]) == expected
    assert procedure_fields([]) == {}


def test_fields_that_cannot_be_compared_are_refused(unit: OrgUnit) -> None:
    first = make_standard(unit)
    second = make_standard(unit, serial_no="W-02", fields={"standard_mpe": "0.1 %"})
    with pytest.raises(FieldsDisagree, match=r"M1 等级砝码 W-02”与“M1 等级砝码 W-01”的“standard_mpe”"):
        procedure_fields([first, second])


def test_what_ends_soon_or_is_missing_is_listed(unit: OrgUnit, people: dict[str, User]) -> None:
    officer = people["officer"]
    standard = make_standard(unit, examination_number="考 1", examination_until=UNTIL)
    make_certificate(standard)
    bare = make_standard(unit, serial_no="W-02")
    assert [(each.code, each.standard) for each in endings(officer, ON)] == [
        ("no_certificate", bare),
        ("certificate", standard),
        ("examination", standard),
    ]
    make_certificate(standard, number="新", valid_until=date(2030, 1, 1))
    MeasurementStandard.objects.filter(pk=bare.pk).update(condition="stopped", condition_reason="送修")
    assert [each.code for each in endings(officer, ON)] == ["examination"]
    assert endings(officer, CALIBRATED) == []
