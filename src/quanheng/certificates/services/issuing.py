"""Issuing: a number and frozen content first, then the two files, then the fact and its leaf.

Three steps, so that no transaction waits for a typesetter or a token.  Every step can be cut off by a kill -9;
what that leaves is said at the step, and `resume_prepared` goes on from it to exactly one certificate.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.base.files import store_file
from quanheng.base.locks import lock_for_process
from quanheng.certificates.checking import check_file, failures
from quanheng.certificates.content_of import content_for
from quanheng.certificates.enums import CertificateKind, CertificateState
from quanheng.certificates.errors import NoSigningKey, OwnCheckFailed
from quanheng.certificates.making import Files, make_files
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.certificates.services.keys import signer_of
from quanheng.certificates.services.numbering import Number, take_number
from quanheng.core.models import OrgUnit, User
from quanheng.core.services import acted_by
from quanheng.instruments.enums import Verdict
from quanheng.instruments.services.verifications import record_certificate, withdraw_record
from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.certificate import Content, content_json, read_content
from quanheng.transparency.services import enqueue_leaf
from quanheng.verification.models import Verification
from quanheng.verification.services.work import conclude_verification

STEPS = ("prepared", "made", "issued")
_VERDICTS = {CertificateKind.VERIFICATION: Verdict.PASSED, CertificateKind.REJECTION: Verdict.REJECTED}
_log = logging.getLogger(__name__)
AfterStep = Callable[[str], None]


def unobserved(_step: str) -> None:
    """Let the steps pass: nobody watches them outside the crash tests."""


def issue_certificate(
    *, actor: User, public_id: UUID, revision: int, after_step: AfterStep = unobserved
) -> Certificate:
    """Conclude a verification and issue its certificate, signed by the institute's key.

    Refused is before a number is taken wherever that can be known.  A refusal of the last steps leaves the
    certificate numbered and in the making; `resume_prepared` finishes it once the cause is gone.

    Parameters
    ----------
    actor : User
        The signatory of the work order.
    public_id, revision
        Of the verification, as it was shown to this person.

    Raises
    ------
    verification.Refused, WrongState, VerificationNotFound, StaleRevision
        See `conclude_verification`.
    NoSigningKey, KeyUnavailable, CertificateNotValid, DemonstrationKeyRefused
        The institute has no key that can sign now.
    IssueClockWentBack, BadContent, NoPublicAddress, UnprintableCharacter, HiddenCharacter
        See `take_number` and `content_for`.
    OwnCheckFailed
        What was made does not verify.
    """
    institute = OrgUnit.objects.filter(work_orders__verifications__public_id=public_id).first()
    if institute is not None:
        signer_of(institute)  # nothing is concluded for an institute that cannot sign
    # 1. Conclude, number, freeze.  A crash leaves nothing, or a certificate in the making.
    with transaction.atomic():
        verification = conclude_verification(actor=actor, public_id=public_id, revision=revision)
        today = clock.today()
        number = take_number(verification.work_order.institute, today)
        content = content_for(verification, number=number.text, issued_on=today)
        certificate = prepare(verification, number, content, actor=actor)
    after_step("prepared")
    return finish(certificate, after_step=after_step)


def prepare(
    verification: Verification,
    number: Number,
    content: Content,
    *,
    actor: User,
    supersedes: Certificate | None = None,
) -> Certificate:
    """Keep a certificate with its number and frozen content, in the transaction that took the number."""
    frozen = content_json(content)
    return Certificate.objects.create(
        number=number.text,
        institute=verification.work_order.institute,
        year=number.year,
        sequence=number.sequence,
        kind=CertificateKind(content.kind),
        verification=verification,
        instrument=verification.instrument,
        content=frozen,
        content_sha256=hashlib.sha256(canonical_json(frozen)).hexdigest(),
        issued_on=content.issued_on,
        valid_until=content.valid_until,
        prepared_at=clock.now(),
        prepared_by=actor,
        supersedes=supersedes,
        is_demo=content.is_demonstration,
    )


def finish(certificate: Certificate, *, after_step: AfterStep = unobserved) -> Certificate:
    """Make, sign, check and record what `prepare` numbered; what another finished meanwhile is returned."""
    registered, key = signer_of(certificate.institute)
    content = read_content(certificate.content)
    # 2. Make.  A crash leaves nothing on disk: the files are stored with the fact.
    files = make_files(content, key, signed_at=clock.now())
    _refuse_unsound(content, files)
    after_step("made")
    # 3. Record.  A crash leaves the certificate in the making, or issued with its leaf.
    issued = _issue(certificate.pk, registered.pk, files)
    after_step("issued")
    return issued


def resume_prepared() -> list[Certificate]:
    """Finish what crashes and refusals left in the making; return what this call issued.

    One process at a time; if another is at it, nothing is done.  What still cannot be issued is told to the
    log of the program and stays in the making.
    """
    issued = []
    with lock_for_process(Path(settings.HOME) / "certificates.lock") as is_free:
        waiting = (
            Certificate.objects.filter(state=CertificateState.PREPARED).order_by("pk") if is_free else []
        )
        for certificate in waiting:
            try:
                issued.append(finish(certificate))
            except BureauError as error:
                _log.error("certificate %s is still in the making: %s", certificate.number, error)
    return issued


def _refuse_unsound(content: Content, files: Files) -> None:
    """Refuse to issue what would not verify; the log does not know it yet, so only the files are looked at."""
    if wrong := failures(check_file(files.pdf, log=None, at=content.issued_on)):
        raise OwnCheckFailed(number=content.number, reason="；".join(check.text for check in wrong))


@transaction.atomic
def _issue(certificate_id: int, signer_id: int, files: Files) -> Certificate:
    certificate = (
        Certificate.objects.select_for_update(of=("self",))
        .select_related("institute", "instrument", "supersedes", "prepared_by")
        .get(pk=certificate_id)
    )
    if certificate.state == CertificateState.ISSUED:
        return certificate
    signer = SigningCertificate.objects.select_for_update().get(pk=signer_id)
    if signer.revoked_at is not None:
        raise NoSigningKey(institute=certificate.institute.name)
    certificate.xml_sha256, certificate.pdf_sha256 = store_file(files.xml), store_file(files.pdf)
    certificate.state, certificate.issued_at = CertificateState.ISSUED, clock.now()
    certificate.signing_certificate = signer
    certificate.save()
    _log_issued(certificate, signer)
    _tell_registry(certificate)
    return certificate


def _log_issued(certificate: Certificate, signer: SigningCertificate) -> None:
    content, old = read_content(certificate.content), certificate.supersedes
    enqueue_leaf(
        kind="certificate:issued",
        subject=f"certificate:{certificate.number}",
        data={
            "number": certificate.number,
            "kind": str(certificate.kind),
            "unit": f"unit:{certificate.institute_id}",
            "institute": content.institute.name,
            "instrument": f"instrument:{certificate.instrument.public_id}",
            "conclusion": content.conclusion,
            "issued_on": content.issued_on.isoformat(),
            "valid_until": content.valid_until.isoformat() if content.valid_until else None,
            "content_sha256": certificate.content_sha256,
            "xml_sha256": certificate.xml_sha256,
            "pdf_sha256": certificate.pdf_sha256,
            "signer": signer.fingerprint,
            "supersedes": content.supersedes,
            "demo": certificate.is_demo,
        },
        personal=acted_by(certificate.prepared_by),
    )
    if old is not None:
        enqueue_leaf(
            kind="certificate:superseded",
            subject=f"certificate:{old.number}",
            data={"number": old.number, "by": certificate.number},
        )


def _tell_registry(certificate: Certificate) -> None:
    """Record the outcome in the history of the instrument; what a superseded certificate said counts no more."""
    content, old = read_content(certificate.content), certificate.supersedes
    if old is not None:
        withdraw_record(
            actor=certificate.prepared_by,
            instrument_id=old.instrument_id,
            certificate_no=old.number,
            on=certificate.issued_on,
            reason=f"{old.number} → {certificate.number}",
        )
    if verdict := _VERDICTS.get(CertificateKind(certificate.kind)):
        record_certificate(
            actor=certificate.prepared_by,
            instrument_id=certificate.instrument_id,
            verified_on=content.ended_on,
            valid_until=content.valid_until,
            certificate_no=certificate.number,
            institution=content.institute.name,
            verdict=verdict,
        )
