"""What the world has of certificates: one issued and its key, an application, a verification being recorded.

Made as rows: what issuing does is tested elsewhere (tests/certificates), and takes its time.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import transaction

from quanheng.base import clock
from quanheng.base.files import store_file
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.certificate import content_json
from quanheng.transparency.services import enqueue_leaf
from quanheng.verification.enums import Conclusion, VerificationState, WorkKind, WorkPlace
from quanheng.verification.models import Application, ApplicationItem, Verification, WorkOrder
from tests.evaluations.making import laboratory
from tests.kernels.certificate.contents import example_content


def make_certificates(people: dict[str, User], issued_for: Instrument, asked_for: Instrument) -> Certificate:
    """Make them for two instruments of one owner; return the certificate."""
    _ask(people, asked_for)
    _open(people, asked_for)
    verification = _conclude(people, issued_for)
    sequence = Certificate.objects.count() + 1
    number = f"511703-J1-2026-{sequence:06}"
    content = example_content(number=number)
    frozen = content_json(content)
    now = clock.now()
    made = Certificate(
        number=number,
        institute=laboratory(),
        year=2026,
        sequence=sequence,
        kind=content.kind,
        state="issued",
        verification=verification,
        instrument=issued_for,
        content=frozen,
        content_sha256=hashlib.sha256(canonical_json(frozen)).hexdigest(),
        issued_on=content.issued_on,
        valid_until=content.valid_until,
        prepared_at=now,
        prepared_by=people["signatory"],
        signing_certificate=_key(people["signatory"]),
        issued_at=now,
        xml_sha256=store_file(f"<xml>{number}</xml>".encode()),
        pdf_sha256=store_file(f"%PDF-{number}".encode()),
    )
    made.save()
    with transaction.atomic():
        data = {"number": number, "pdf_sha256": made.pdf_sha256, "xml_sha256": made.xml_sha256}
        enqueue_leaf(kind="certificate:issued", subject=f"certificate:{number}", data=data)
    return made


def _key(actor: User) -> SigningCertificate:
    """A key that has expired, so that the demonstration makes a new one where something is signed."""
    now = clock.now()
    return SigningCertificate.objects.get_or_create(
        fingerprint="ab" * 32,
        defaults={
            "institute": laboratory(),
            "pem": "-----BEGIN CERTIFICATE-----",
            "subject": "O=演示",
            "not_before": now - timedelta(days=365),
            "not_after": now - timedelta(days=1),
            "key_uri": "file:/nowhere/key.pem",
            "registered_by": actor,
            "registered_at": now - timedelta(days=365),
        },
    )[0]


def _order(people: dict[str, User]) -> WorkOrder:
    return WorkOrder.objects.create(
        institute=laboratory(),
        kind=WorkKind.PERIODIC,
        work_place=WorkPlace.LAB,
        planned_on=clock.today(),
        verifier=people["verifier"],
        checker=people["checker"],
        signatory=people["signatory"],
        created_by=people["checker"],
        created_at=clock.now(),
    )


def _conclude(people: dict[str, User], instrument: Instrument) -> Verification:
    now = clock.now()
    return Verification.objects.create(
        work_order=_order(people),
        instrument=instrument,
        kind=WorkKind.PERIODIC,
        state=VerificationState.CONCLUDED,
        performed_on=clock.today(),
        edition="jjg_539_2016",
        procedure_sha256="5a" * 32,
        conclusion=Conclusion.PASSED,
        valid_until=clock.today() + timedelta(days=364),
        verifier=people["verifier"],
        submitted_at=now,
        checker=people["checker"],
        checked_at=now,
        signatory=people["signatory"],
        concluded_at=now,
    )


def _open(people: dict[str, User], instrument: Instrument) -> None:
    order = _order(people)
    Verification.objects.create(work_order=order, instrument=instrument, kind=WorkKind.PERIODIC)


def _ask(people: dict[str, User], instrument: Instrument) -> None:
    application = Application.objects.create(
        institute=laboratory(),
        applicant=instrument.owner,
        kind=WorkKind.PERIODIC,
        work_place=WorkPlace.LAB,
        submitted_by=people["officer"],
        submitted_at=clock.now(),
    )
    ApplicationItem.objects.create(application=application, instrument=instrument)
