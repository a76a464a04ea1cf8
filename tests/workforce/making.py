"""People and authorisations that the tests of this folder and of the pages make."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from quanheng.core.enums import UnitKind
from quanheng.core.models import OrgUnit, User
from quanheng.workforce.enums import Grade
from quanheng.workforce.models import Authorisation, Metrologist, Qualification

LABORATORY = "达川区计量检定所（演示）"
FROM, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def laboratory() -> OrgUnit:
    """Return the laboratory where verifier, checker and signatory of the cast work."""
    return OrgUnit.objects.get(name=LABORATORY)


def other_laboratory() -> OrgUnit:
    """Return another laboratory of the county."""
    county = OrgUnit.objects.get(kind=UnitKind.COUNTY)
    return OrgUnit.objects.get_or_create(
        name="别所", defaults={"kind": UnitKind.INSTITUTE, "parent": county}
    )[0]


def authorise(unit: OrgUnit, **changes: Any) -> Authorisation:
    """Make an authorisation for JJG 539, valid in 2026."""
    given: dict[str, Any] = {"number": "（川）法计（2026）01 号", "regulations": ["JJG 539"], "city": "达州"}
    given |= {"valid_from": FROM, "valid_until": UNTIL, "recorded_at": AT}
    return Authorisation.objects.create(unit=unit, **given | changes)


def register(user: User, unit: OrgUnit, **changes: Any) -> Metrologist:
    """Make a metrologist, registered in 2026."""
    given: dict[str, Any] = {"grade": Grade.SECOND, "registration_number": f"R-{user.pk}"}
    given |= {"registered_from": FROM, "registered_until": UNTIL}
    return Metrologist.objects.create(user=user, unit=unit, **given | changes)


def qualify(person: Metrologist, **changes: Any) -> Qualification:
    """Make a qualification for JJG 539, valid in 2026."""
    given: dict[str, Any] = {
        "item": "数字指示秤",
        "regulation": "JJG 539",
        "valid_from": FROM,
        "valid_until": UNTIL,
    }
    return Qualification.objects.create(metrologist=person, recorded_at=AT, **given | changes)
