"""Ends of certificates: withdrawn, or superseded by another.  The old one stays as it was, with the link."""

from __future__ import annotations

from django.db import transaction

from quanheng.base import clock
from quanheng.certificates.content_of import content_in_place_of
from quanheng.certificates.errors import BadReason, CertificateNotFound, NotInForce, OwnWork
from quanheng.certificates.models import MAX_REASON, Certificate, SigningCertificate
from quanheng.certificates.selectors import Status, content_of, status_label, status_of
from quanheng.certificates.services.issuing import finish, prepare
from quanheng.certificates.services.keys import signer_of
from quanheng.certificates.services.numbering import take_number
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.instruments.services.verifications import withdraw_record
from quanheng.transparency.services import Personal, enqueue_leaf
from quanheng.verification.rules import barred_to_signatory

FORGOTTEN = "已删除"
_WITHDRAW = "certificates.withdraw"
_ENDED = {Status.PREPARED, Status.SUPERSEDED, Status.WITHDRAWN}
MAX_SUPERSEDING_REASON = 200  # it is printed on the new certificate


@transaction.atomic
def withdraw_certificate(*, actor: User, number: str, reason: str) -> Certificate:
    """Withdraw a certificate: from now on it proves nothing, and its verification counts no more.

    Raises
    ------
    CertificateNotFound, NotInForce
        Not there, or of another institute; in the making, withdrawn or superseded.
    BadReason
        No reason, or too long a one.
    """
    reason = _checked(reason, MAX_REASON)
    certificate = _locked(actor, number)
    certificate.withdrawn_at, certificate.withdrawn_by = clock.now(), actor
    certificate.withdrawal_reason = reason
    certificate.save()
    withdraw_record(
        actor=actor,
        instrument_id=certificate.instrument_id,
        certificate_no=number,
        on=clock.today(),
        reason=reason,
    )
    enqueue_leaf(
        kind="certificate:withdrawn",
        subject=f"certificate:{number}",
        data={"number": number},
        personal=acted_by(actor) | {"reason": Personal(reason, actor.person)},
    )
    return certificate


def supersede_certificate(*, actor: User, number: str, reason: str) -> Certificate:
    """Issue another certificate in the place of one, of the same verification and with today's particulars.

    Readings and verdict are those that were concluded; names and addresses are as the registry has them now.  The
    reason is printed on the new certificate.

    Raises
    ------
    CertificateNotFound, NotInForce, BadReason
        As for `withdraw_certificate`.
    OwnWork
        The person took a step of the verification that its signatory may not have taken.
    NoSigningKey, BadContent, OwnCheckFailed, …
        As for `issue_certificate`.
    """
    reason = _checked(reason, MAX_SUPERSEDING_REASON)
    with transaction.atomic():
        old = _locked(actor, number)
        signer_of(old.institute)
        today, work = clock.today(), old.verification
        if actor.pk in {getattr(work, f"{role}_id") for role in barred_to_signatory(work.kind, today)}:
            raise OwnWork()
        taken = take_number(old.institute, today)
        content = content_in_place_of(
            content_of(old), work, number=taken.text, issued_on=today, reason=reason
        )
        certificate = prepare(work, taken, content, actor=actor, supersedes=old)
    return finish(certificate)


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank what this person gave as a reason; certificates keep the names that the law has printed on them."""
    Certificate.objects.filter(withdrawn_by=user).update(withdrawal_reason=FORGOTTEN)
    SigningCertificate.objects.filter(revoked_by=user).update(revocation_reason=FORGOTTEN)


def _locked(actor: User, number: str) -> Certificate:
    certificate = Certificate.objects.select_for_update(of=("self",)).filter(number=number).first()
    if certificate is None or not scope_of(actor, _WITHDRAW).covers(certificate.institute_id):
        raise CertificateNotFound(number=number)
    status = status_of(certificate, clock.today())
    is_being_superseded = Certificate.objects.filter(supersedes=certificate).exists()
    if status in _ENDED or is_being_superseded:
        present = Status.SUPERSEDED if is_being_superseded else status
        raise NotInForce(number=number, present=status_label(present))
    return certificate


def _checked(reason: str, longest: int) -> str:
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= longest:
        raise BadReason(longest=longest)
    return reason
