"""What can be said of a signer's X.509 certificate at a moment.  Whom to trust is decided by the caller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext as _

from quanheng.certificates.signing.errors import CertificateNotValid
from quanheng.kernels.findings import Finding

DEMONSTRATION = "演示 / DEMONSTRATION"


def certificate_findings(
    certificate: x509.Certificate, at: datetime, revoked_at: datetime | None = None
) -> tuple[Finding, ...]:
    """Return why a signature made at ``at`` with this certificate would not count; empty where it would.

    Parameters
    ----------
    at:
        The trusted time of signing, with its zone: that of the log, not that which the signer claims.
    revoked_at:
        When the certificate was declared lost or withdrawn.  What was logged before stays valid.

    Returns
    -------
    Findings ``not_yet_valid``, ``expired``, ``revoked``, ``no_signing_usage``, ``wrong_key_type``
    (RFC 5280 4.1.2.5 and 4.2.1.3).
    """
    return tuple(_findings(certificate, at, revoked_at))


def refuse_invalid(certificate: x509.Certificate, at: datetime) -> None:
    """Raise CertificateNotValid where a signature made at ``at`` with this certificate would not count."""
    if findings := certificate_findings(certificate, at):
        raise CertificateNotValid(reason="".join(finding.text for finding in findings).rstrip("。"))


def _findings(certificate: x509.Certificate, at: datetime, revoked_at: datetime | None) -> Iterator[Finding]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    period = {"at": at.isoformat(), "from": start.isoformat(), "until": end.isoformat()}
    if at < start:
        yield Finding("not_yet_valid", _("数字证书在该时刻尚未生效。"), period)
    if at > end:
        yield Finding("expired", _("数字证书在该时刻已过期。"), period)
    if revoked_at is not None and at >= revoked_at:
        revocation = {"at": at.isoformat(), "revoked_at": revoked_at.isoformat()}
        yield Finding("revoked", _("数字证书在该时刻已被吊销。"), revocation)
    if not _may_sign(certificate):
        yield Finding("no_signing_usage", _("数字证书的用途不含数字签名。"))
    if not is_p256(certificate):
        yield Finding("wrong_key_type", _("数字证书的密钥不是 ECDSA P-256。"))


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return usage.digital_signature or usage.content_commitment


def is_p256(certificate: x509.Certificate) -> bool:
    """Say whether the certificate is of an ECDSA P-256 key."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def says_demonstration(certificate: x509.Certificate) -> bool:
    """Say whether the subject itself says that its signatures are worth nothing."""
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return any(str(unit.value) == DEMONSTRATION for unit in units)


def ordered_chain(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return ``others`` as the issuers of ``leaf``, nearest first; ValueError where one is not of the chain.

    Each signature of the chain is verified; whether its end is trusted is not asked.
    """
    chain = issuers_among(leaf, others)
    if stray := next((one for one in others if one not in chain), None):
        raise ValueError(stray.subject.rfc4514_string())
    last = (leaf, *chain)[-1]
    if last.issuer == last.subject and not _issued(last, last):
        raise ValueError(last.subject.rfc4514_string())
    return chain


def issuers_among(leaf: x509.Certificate, pool: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return those of ``pool`` that issued ``leaf`` or its issuer and so on, nearest first."""
    chain, last = [leaf], leaf
    while issuer := next((one for one in pool if one not in chain and _issued(last, one)), None):
        chain.append(issuer)
        last = issuer
    return tuple(chain[1:])


def read_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate in DER down to its last part; ValueError where any of it is broken."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        # cryptography reads these only when asked, and then raises what it likes.
        for part in ("subject", "issuer", "extensions", "not_valid_before_utc", "not_valid_after_utc"):
            getattr(certificate, part)
        certificate.public_key()
    except Exception as error:
        raise ValueError(repr(error)) from error
    return certificate


def signer_first(pool: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return one whole chain, the signer's certificate first; ValueError where the pool is anything else."""
    chains = [(one, *issuers_among(one, pool)) for one in pool]
    longest = max(chains, key=len, default=())
    if not longest or len(longest) != len(pool):
        raise ValueError("the certificates are not one chain")
    return (longest[0], *ordered_chain(longest[0], longest[1:]))


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
