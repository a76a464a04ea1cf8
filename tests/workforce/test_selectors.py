"""Who may do which work on a day: every gap beside the person who has none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from quanheng.core.models import OrgUnit, User
from quanheng.workforce.models import Authorisation, Metrologist, Qualification
from quanheng.workforce.selectors import (
    authorisation_for,
    authorisation_gaps,
    endings,
    person_gaps,
    qualified_people,
)
from tests.workforce.making import AT, FROM, UNTIL, authorise, laboratory, other_laboratory, qualify, register

ON = date(2026, 11, 23)
DAY = timedelta(days=1)


@pytest.fixture
def unit(people: dict[str, User]) -> OrgUnit:
    return laboratory()


@pytest.fixture
def verifier(people: dict[str, User]) -> User:
    return people["verifier"]


@pytest.fixture
def person(verifier: User, unit: OrgUnit) -> Metrologist:
    return register(verifier, unit)


@pytest.fixture
def qualification(person: Metrologist) -> Qualification:
    return qualify(person)


def codes(user: User, unit: OrgUnit, on: date = ON, regulation: str = "JJG 539") -> list[str]:
    gaps = person_gaps(user=user, unit=unit, regulation=regulation, on=on)
    assert all(user.display_name in gap.text and gap.text.endswith("。") for gap in gaps)
    return [gap.code for gap in gaps]


def withdraw(record: Authorisation | Qualification, user: User) -> None:
    record.withdrawn_at, record.withdrawn_by, record.withdrawal_reason = AT, user, "登记有误"
    record.save()


def test_a_registered_and_qualified_person_has_no_gap_from_the_first_to_the_last_day(
    verifier: User, unit: OrgUnit, qualification: Qualification
) -> None:
    assert [codes(verifier, unit, on) for on in (FROM, ON, UNTIL)] == [[], [], []]
    assert qualified_people(unit=unit, regulation="JJG 539", on=ON) == [verifier]


def test_who_is_not_registered_is_told_only_that(verifier: User, unit: OrgUnit) -> None:
    assert codes(verifier, unit) == ["not_registered"]


def test_a_person_of_another_institute_is_not_ours(verifier: User, qualification: Qualification) -> None:
    other = other_laboratory()
    assert codes(verifier, other) == ["wrong_unit"]
    assert qualified_people(unit=other, regulation="JJG 539", on=ON) == []


def test_on_the_day_of_leaving_a_person_no_longer_works_here(
    verifier: User, unit: OrgUnit, person: Metrologist, qualification: Qualification
) -> None:
    Metrologist.objects.update(left_on=ON)
    assert codes(verifier, unit, ON - DAY) == []
    assert codes(verifier, unit, ON) == ["left"]
    assert qualified_people(unit=unit, regulation="JJG 539", on=ON) == []
    assert qualified_people(unit=unit, regulation="JJG 539", on=ON - DAY) == [verifier]


@pytest.mark.parametrize("on", [FROM - DAY, UNTIL + DAY])
def test_outside_the_registration_nobody_works(
    verifier: User, unit: OrgUnit, qualification: Qualification, on: date
) -> None:
    Qualification.objects.update(valid_from=FROM - DAY, valid_until=UNTIL + DAY)
    assert codes(verifier, unit, on) == ["registration_over"]
    assert qualified_people(unit=unit, regulation="JJG 539", on=on) == []


@pytest.mark.parametrize("on", [FROM - DAY, UNTIL + DAY])
def test_outside_the_qualification_nobody_works(
    verifier: User, unit: OrgUnit, qualification: Qualification, on: date
) -> None:
    Metrologist.objects.update(registered_from=FROM - DAY, registered_until=UNTIL + DAY)
    assert codes(verifier, unit, on) == ["not_qualified"]
    assert str(UNTIL) in person_gaps(user=verifier, unit=unit, regulation="JJG 539", on=on)[0].text


def test_a_qualification_for_another_regulation_or_withdrawn_does_not_count(
    verifier: User, unit: OrgUnit, qualification: Qualification
) -> None:
    assert codes(verifier, unit, regulation="JJG 443") == ["not_qualified"]
    withdraw(qualification, verifier)
    assert codes(verifier, unit) == ["not_qualified"]


def test_all_gaps_are_told_at_once(verifier: User, unit: OrgUnit, person: Metrologist) -> None:
    Metrologist.objects.update(left_on=ON)
    found = codes(verifier, other_laboratory(), UNTIL + DAY)
    assert found == ["wrong_unit", "left", "registration_over", "not_qualified"]


def test_an_account_that_is_closed_is_offered_for_no_work(
    verifier: User, unit: OrgUnit, qualification: Qualification
) -> None:
    User.objects.filter(pk=verifier.pk).update(is_active=False)
    assert qualified_people(unit=unit, regulation="JJG 539", on=ON) == []


def test_an_institute_works_under_the_newest_authorisation_of_the_day(unit: OrgUnit) -> None:
    authorise(unit)
    newer = authorise(unit, number="新", valid_from=ON)
    assert authorisation_for(unit, "JJG 539", ON) == newer
    assert authorisation_gaps(unit=unit, regulation="JJG 539", on=UNTIL) == []


def test_without_an_authorisation_for_the_regulation_an_institute_may_not_work(
    unit: OrgUnit, verifier: User
) -> None:
    row = authorise(unit)
    assert [gap.code for gap in authorisation_gaps(unit=unit, regulation="JJG 443", on=ON)] == [
        "no_authorisation"
    ]
    [gap] = authorisation_gaps(unit=unit, regulation="JJG 539", on=UNTIL + DAY)
    assert (gap.code, str(UNTIL) in gap.text) == ("authorisation_over", True)
    withdraw(row, verifier)
    assert authorisation_for(unit, "JJG 539", ON) is None
    [gap] = authorisation_gaps(unit=unit, regulation="JJG 539", on=ON)
    assert gap.code == "no_authorisation"


def test_what_ends_soon_is_listed_and_what_was_renewed_is_not(
    people: dict[str, User], unit: OrgUnit, person: Metrologist, qualification: Qualification
) -> None:
    officer = people["officer"]
    authorise(unit)
    what = [(ending.what, ending.until) for ending in endings(officer, ON)]
    assert what == [
        ("数字指示秤（JJG 539）", UNTIL),
        ("注册", UNTIL),
        ("计量授权 （川）法计（2026）01 号", UNTIL),
    ]
    assert endings(officer, FROM) == []
    qualify(person, valid_until=date(2030, 1, 1))
    authorise(unit, number="新", valid_until=date(2030, 1, 1))
    assert [ending.what for ending in endings(officer, ON)] == ["注册"]
    Metrologist.objects.update(left_on=ON)
    assert endings(officer, ON) == []


def test_a_laboratory_is_told_only_of_its_own(people: dict[str, User], unit: OrgUnit) -> None:
    authorise(other_laboratory())
    assert endings(people["signatory"], ON) == []
    assert len(endings(people["officer"], ON)) == 1
