"""Reads of the certificates app: by number, by label, for a person; status on a day; files and proof."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from quanheng.base.files import stored_path
from quanheng.certificates.enums import CertificateKind, CertificateState
from quanheng.certificates.errors import CertificateNotFound, FileLost, ProofNotReady
from quanheng.certificates.models import Certificate, SigningCertificate
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.kernels.certificate import Content, read_content
from quanheng.transparency import selectors as log
from quanheng.transparency.models import Leaf

_VIEW, _KEYS = "certificates.view", "certificates.keys"
_KIND = "certificate:issued"


class Status(StrEnum):
    """What a certificate is worth on a day.  The values are those of `checking.report`."""

    PREPARED = "prepared"
    VALID = "valid"
    EXPIRED = "expired"
    REJECTED = "rejected"
    CALIBRATION = "calibration"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


STATUS_LABELS = {
    Status.PREPARED: _("出证中"),
    Status.VALID: _("有效"),
    Status.EXPIRED: _("已过有效期"),
    Status.REJECTED: _("检定不合格"),
    Status.CALIBRATION: _("校准证书，不作合格与否的结论"),
    Status.SUPERSEDED: _("已被取代"),
    Status.WITHDRAWN: _("已撤回"),
}


def status_label(status: Status) -> str:
    """Return a status in the reader's words."""
    return gettext(STATUS_LABELS[status])


def status_of(certificate: Certificate, on: date) -> Status:
    """Return what a certificate is worth on a day: the last valid day is inclusive."""
    return status_given(certificate, on, is_superseded=successor_of(certificate) is not None)


def status_given(certificate: Certificate, on: date, *, is_superseded: bool) -> Status:
    """Return the same where it is known already whether another stands in its place."""
    if certificate.state == CertificateState.PREPARED:
        return Status.PREPARED
    if certificate.withdrawn_at is not None:
        return Status.WITHDRAWN
    if is_superseded:
        return Status.SUPERSEDED
    if certificate.kind == CertificateKind.REJECTION:
        return Status.REJECTED
    if certificate.valid_until is None:
        return Status.CALIBRATION
    return Status.VALID if on <= certificate.valid_until else Status.EXPIRED


def successor_of(certificate: Certificate) -> Certificate | None:
    """Return the issued certificate that stands in the place of this one; None where there is none."""
    return Certificate.objects.filter(supersedes=certificate, state=CertificateState.ISSUED).first()


def certificate(number: str) -> Certificate:
    """Return an issued certificate by its number, for everybody; CertificateNotFound."""
    found = _issued().filter(number=number.strip()).first()
    if found is None:
        raise CertificateNotFound(number=number)
    return found


def certificate_by_hash(sha256: str) -> Certificate | None:
    """Return the issued certificate with a PDF or XML of this SHA-256 [hex]; None where there is none."""
    return _issued().filter(Q(pdf_sha256=sha256) | Q(xml_sha256=sha256)).first()


def latest_of_instrument(instrument_id: int) -> Certificate | None:
    """Return the newest issued certificate of an instrument; its label page links there."""
    return _issued().filter(instrument=instrument_id).order_by("-issued_on", "-pk").first()


def certificates_of_instrument(instrument_id: int) -> QuerySet[Certificate]:
    """Return all issued certificates of an instrument, newest first."""
    return _issued().filter(instrument=instrument_id).order_by("-issued_on", "-pk")


def certificates_for(user: User, *, query: str = "", kind: str = "") -> QuerySet[Certificate]:
    """Return the certificates that a person may see, newest first, those in the making included.

    An institute sees its own, an owner those of its instruments and of its branches, a town those of what stands there.
    """
    scope = scope_of(user, _VIEW)
    rows = Certificate.objects.select_related("institute", "instrument", "instrument__owner")
    if not scope.is_all:
        units = scope.unit_ids
        rows = rows.filter(
            Q(institute__in=units)
            | Q(instrument__town__in=units)
            | Q(instrument__owner__unit__in=units)
            | Q(instrument__owner__parent__unit__in=units)
        )
    if query := query.strip():
        rows = rows.filter(
            Q(number__icontains=query)
            | Q(instrument__serial_no__icontains=query)
            | Q(instrument__name__icontains=query)
            | Q(instrument__owner__name__icontains=query)
        )
    return (rows.filter(kind=kind) if kind else rows).order_by("-issued_on", "-pk")


def certificate_for(user: User, number: str) -> Certificate:
    """Return a certificate that a person may see, also one in the making; CertificateNotFound."""
    found = certificates_for(user).filter(number=number.strip()).first()
    if found is None:
        raise CertificateNotFound(number=number)
    return found


def content_of(certificate: Certificate) -> Content:
    """Return what a certificate says."""
    return read_content(certificate.content)


def pdf_of(certificate: Certificate) -> bytes:
    """Return the signed PDF; FileLost where the store does not have it as it was issued."""
    return _file(certificate, certificate.pdf_sha256)


def xml_of(certificate: Certificate) -> bytes:
    """Return the signed XML; FileLost where the store does not have it as it was issued."""
    return _file(certificate, certificate.xml_sha256)


def leaf_of(certificate: Certificate) -> Leaf | None:
    """Return the leaf of the issuing; None until the log has numbered it."""
    return Leaf.objects.filter(kind=_KIND, subject=f"certificate:{certificate.number}").first()


def proof_of(certificate: Certificate) -> dict[str, Any]:
    """Return the proof file of the leaf of the issuing.

    Raises
    ------
    ProofNotReady, LeafNotPublished
        The log has not numbered or published the leaf yet.
    LogCorrupt
        See `transparency.selectors.proof`.
    """
    leaf = leaf_of(certificate)
    if leaf is None:
        raise ProofNotReady(number=certificate.number)
    return log.proof(leaf.index)


def signing_certificates_for(user: User) -> QuerySet[SigningCertificate]:
    """Return the keys that a person looks after, newest first."""
    scope = scope_of(user, _KEYS)
    rows = SigningCertificate.objects.select_related("institute", "registered_by", "revoked_by")
    return rows if scope.is_all else rows.filter(institute__in=scope.unit_ids)


def prepared_of(institute: OrgUnit) -> QuerySet[Certificate]:
    """Return the certificates of an institute that are in the making, oldest first."""
    return Certificate.objects.filter(institute=institute, state=CertificateState.PREPARED).order_by("pk")


def _issued() -> QuerySet[Certificate]:
    return Certificate.objects.filter(state=CertificateState.ISSUED).select_related(
        "institute", "instrument", "signing_certificate", "supersedes"
    )


def _file(certificate: Certificate, digest: str) -> bytes:
    try:
        data = stored_path(digest).read_bytes()
    except OSError as error:
        raise FileLost(number=certificate.number) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise FileLost(number=certificate.number)
    return data
