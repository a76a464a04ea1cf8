"""The laboratory of the world: one metrologist, one standard, and what was recorded of each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from quanheng.core.models import User
from quanheng.standards.enums import Level
from quanheng.standards.reading import CertificateDetails, Point
from quanheng.standards.services.certificates import add_certificate
from quanheng.standards.services.checks import ComparisonDetails, record_check, record_comparison
from quanheng.standards.services.registry import StandardDetails, register_standard
from quanheng.workforce.enums import Grade
from quanheng.workforce.services.authorisations import record_authorisation
from quanheng.workforce.services.people import register_metrologist
from quanheng.workforce.services.qualifications import grant_qualification, record_training
from tests.workforce.making import laboratory

PAPER = ("证书.pdf", b"%PDF-1.7")
FROM, UNTIL, HELD = date(2024, 1, 1), date(2049, 12, 31), date(2024, 5, 8)
DAYS: dict[str, Any] = {"valid_from": FROM, "valid_until": UNTIL}


def make_laboratory(people: dict[str, User]) -> None:
    """Make it: the signatory writes, the verifier is registered."""
    actor, unit_id = people["signatory"], laboratory().pk
    record_authorisation(
        actor=actor,
        unit_id=unit_id,
        number="法计 01",
        regulations=["JJG 539"],
        city="达州",
        file=PAPER,
        **DAYS,
    )
    person = register_metrologist(
        actor=actor,
        person=people["verifier"].public_id,
        unit_id=unit_id,
        grade=Grade.FIRST,
        registration_number="R-1",
        registered_from=FROM,
        registered_until=UNTIL,
    ).public_id
    common: dict[str, Any] = {"actor": actor, "metrologist": person, "file": PAPER}
    grant_qualification(item="数字指示秤", regulation="JJG 539", **DAYS, **common)
    record_training(title="衡器检定", held_on=HELD, hours=Decimal(16), **common)
    details = StandardDetails(
        level=Level.WORKING,
        name="M1 等级砝码",
        serial_no="W-01",
        serves=("JJG 539",),
        fields={"standard_mpe": "0.5 g"},
    )
    standard = register_standard(actor=actor, unit_id=unit_id, details=details).public_id
    owned: dict[str, Any] = {"actor": actor, "standard": standard}
    point = Point(Decimal(10000), Decimal("0.05"), Decimal("0.08"), Decimal(2), "g")
    for year in (2023, 2024):
        stated = CertificateDetails(f"力-{year}", "省计量院", date(year, 3, 5), UNTIL, (point,))
        add_certificate(file=PAPER, stated=stated, **owned)
    for at in range(5):
        value = Decimal("10000.02") + Decimal("0.01") * (at % 2)
        record_check(series="F-07", checked_on=date(2024, 6, 1 + at), value=value, unit="g", **owned)
    compared = ComparisonDetails(
        name="砝码比对",
        organiser="省计量院",
        held_on=HELD,
        value=Decimal("10000.05"),
        expanded_uncertainty=Decimal("0.1"),
        reference_value=Decimal(10000),
        reference_expanded_uncertainty=Decimal("0.05"),
        unit="g",
    )
    record_comparison(details=compared, file=PAPER, **owned)
