"""Two people write the same about people and standards at the same instant: it stands once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from quanheng.core.county import load_county, read_county
from quanheng.core.models import User
from quanheng.standards.models import MeasurementStandard, StandardCertificate
from quanheng.standards.services.certificates import add_certificate, withdraw_certificate
from quanheng.standards.services.registry import register_standard
from quanheng.transparency.models import PendingLeaf
from quanheng.workforce.models import Authorisation, Metrologist, Qualification
from quanheng.workforce.services.authorisations import record_authorisation
from quanheng.workforce.services.people import leave_institute, register_metrologist
from quanheng.workforce.services.qualifications import grant_qualification, withdraw_qualification
from tests.people import make_people
from tests.standards.making import make_certificate, make_standard
from tests.standards.test_services import PDF, details, stated
from tests.workforce.making import FROM, UNTIL, laboratory, qualify, register
from tests.workforce.test_services import authorisation, qualification, registration

Race = Callable[..., list[str]]
ROUNDS = range(5)
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"


@pytest.fixture
def cast(race: Race, home: Path) -> dict[str, User]:
    load_county(read_county(COUNTY))
    return make_people()


def both(cast: dict[str, User], service: Callable[..., object], **given: Any) -> list[Callable[[], object]]:
    return [partial(service, actor=cast[name], **given) for name in ("officer", "signatory")]


@pytest.mark.parametrize("_", ROUNDS)
def test_one_number_is_authorised_once(race: Race, cast: dict[str, User], _: int) -> None:
    calls = both(cast, record_authorisation, **authorisation())
    assert race(*calls) == ["ok", "workforce.number_taken"]
    assert Authorisation.objects.count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_one_number_is_given_to_one_person_and_one_person_is_registered_once(
    race: Race, cast: dict[str, User], _: int
) -> None:
    calls = [
        partial(register_metrologist, actor=cast["officer"], **registration(cast[name]))
        for name in ("verifier", "checker")
    ]
    assert race(*calls) == ["ok", "workforce.number_taken"]
    free = cast["checker"] if Metrologist.objects.get().user == cast["verifier"] else cast["verifier"]
    calls = [
        partial(register_metrologist, actor=cast["officer"], **registration(free, registration_number=number))
        for number in ("R-2", "R-3")
    ]
    assert race(*calls) == ["ok", "workforce.already_registered"]
    assert Metrologist.objects.count() == 2


@pytest.mark.parametrize("_", ROUNDS)
def test_a_qualification_is_granted_once_and_withdrawn_once(
    race: Race, cast: dict[str, User], _: int
) -> None:
    person = register(cast["verifier"], laboratory())
    grants = both(cast, grant_qualification, **qualification(person))
    assert race(*grants) == ["ok", "workforce.already_granted"]
    row = Qualification.objects.get()
    withdrawals = both(cast, withdraw_qualification, public_id=row.public_id, reason="误登")
    assert race(*withdrawals) == ["ok", "workforce.already_withdrawn"]
    assert PendingLeaf.objects.filter(kind="qualification:withdrawn").count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_two_departures_and_the_second_is_told(race: Race, cast: dict[str, User], _: int) -> None:
    person = register(cast["verifier"], laboratory())
    qualify(person)
    calls = both(cast, leave_institute, public_id=person.public_id, revision=1, left_on=UNTIL)
    assert race(*calls) == ["base.stale_revision", "ok"]


@pytest.mark.parametrize("_", ROUNDS)
def test_a_standard_is_registered_once(race: Race, cast: dict[str, User], _: int) -> None:
    calls = both(cast, register_standard, unit_id=laboratory().pk, details=details(fields={}))
    assert race(*calls) == ["ok", "standards.standard_known"]
    assert MeasurementStandard.objects.count() == 1


@pytest.mark.parametrize("_", ROUNDS)
def test_a_certificate_is_added_once_and_withdrawn_once(race: Race, cast: dict[str, User], _: int) -> None:
    standard = make_standard(laboratory())
    calls = both(
        cast, add_certificate, standard=standard.public_id, file=PDF, stated=stated(calibrated_on=FROM)
    )
    assert race(*calls) == ["ok", "standards.certificate_known"]
    row = StandardCertificate.objects.get()
    make_certificate(standard)
    withdrawals = both(cast, withdraw_certificate, public_id=row.public_id, reason="误传")
    assert race(*withdrawals) == ["ok", "standards.already_withdrawn"]
