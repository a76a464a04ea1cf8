"""Certificates, numbers and keys cannot be changed, whatever the code above the database does."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from quanheng.certificates.models import Certificate, NumberSeries, SigningCertificate
from quanheng.certificates.services import withdraw_certificate
from tests.certificates.issued import issue
from tests.certificates.making import World, make_checked

CHANGES = [
    "UPDATE certificates_certificate SET number = 'X'",
    "UPDATE certificates_certificate SET content = '{}'",
    "UPDATE certificates_certificate SET content_sha256 = pdf_sha256",
    "UPDATE certificates_certificate SET pdf_sha256 = xml_sha256",
    "UPDATE certificates_certificate SET issued_on = '2020-01-01'",
    "UPDATE certificates_certificate SET valid_until = NULL",
    "UPDATE certificates_certificate SET sequence = 7",
    "UPDATE certificates_certificate SET state = 'prepared', issued_at = NULL",
    "DELETE FROM certificates_certificate",
    "UPDATE certificates_numberseries SET last = 0",
    "DELETE FROM certificates_numberseries",
    "UPDATE certificates_signingcertificate SET pem = ''",
    "DELETE FROM certificates_signingcertificate",
]
REPLACEMENTS = {
    "sqlite": [
        "REPLACE INTO certificates_numberseries SELECT id, year, 0, institute_id FROM certificates_numberseries"
    ],
    "postgresql": ["TRUNCATE certificates_certificate CASCADE"],
}


def _everything() -> list[object]:
    return [
        list(model.objects.order_by("pk").values_list())
        for model in (Certificate, NumberSeries, SigningCertificate)
    ]


def test_the_database_refuses_every_change_of_an_issued_certificate(world: World) -> None:
    issue(world, make_checked(world)[0])
    before = _everything()
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")  # else TRUNCATE waits for them

    for change in [*CHANGES, *REPLACEMENTS[connection.vendor]]:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(change)

    assert _everything() == before


def test_a_certificate_is_withdrawn_once(world: World) -> None:
    certificate = issue(world, make_checked(world)[0])
    withdraw_certificate(actor=world.people["signatory"], number=certificate.number, reason="超差")

    for change in (
        "SET withdrawn_at = NULL, withdrawal_reason = ''",
        "SET withdrawal_reason = '另一个理由'",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(f"UPDATE certificates_certificate {change}")


def test_the_orm_is_refused_too(world: World) -> None:
    certificate = issue(world, make_checked(world)[0])
    copy = Certificate.objects.get(pk=certificate.pk)
    copy.content = copy.content | {"conclusion": "不合格"}

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        copy.save()
