"""Keys for demonstrations and tests: the certificate itself says that its signatures are worth nothing."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from quanheng.certificates.signing.keys import FileKey
from quanheng.certificates.signing.x509_findings import DEMONSTRATION

_UTF8_LIMIT = 64  # characters of O and CN, RFC 5280 appendix A.1 (ub-organization-name, ub-common-name)


def make_demonstration_key(folder: Path, *, institute_name: str, now: datetime, years: int) -> FileKey:
    """Make a key with a self-signed certificate in ``folder``/key.pem (mode 0600) and open it.

    The public part alone is written to ``folder``/certificate.pem.

    Raises
    ------
    FileExistsError
        There is a key already; it is never replaced.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_signed(key, institute_name=institute_name, now=now, years=years)
    public = certificate.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "key.pem"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secret + public)
    (folder / "certificate.pem").write_bytes(public)
    return FileKey(path)


def self_signed(
    key: ec.EllipticCurvePrivateKey, *, institute_name: str, now: datetime, years: int
) -> x509.Certificate:
    """Return a self-signed certificate of the institute, marked as a demonstration (RFC 5280 4.2.1.3)."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, institute_name[:_UTF8_LIMIT]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, DEMONSTRATION),
            x509.NameAttribute(NameOID.COMMON_NAME, institute_name[:_UTF8_LIMIT]),
        ]
    )
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=round(365.25 * years)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_usage(), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )


def _signing_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
