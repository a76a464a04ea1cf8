"""Keys and certificates of the tests: an authority, institutes below it, and keys of the wrong kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from quanheng.certificates.signing.keys import FileKey

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certify(
    key: CertificateIssuerPrivateKeyTypes,
    name: str,
    issuer_key: CertificateIssuerPrivateKeyTypes | None = None,
    issuer: str = "",
    *,
    start: datetime = NOW - YEAR,
    end: datetime = NOW + YEAR,
    may_sign: bool = True,
) -> x509.Certificate:
    """A certificate of ``key``; self-signed where no issuer is given."""
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer or name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(
            x509.KeyUsage(
                digital_signature=may_sign,
                content_commitment=may_sign,
                key_cert_sign=not may_sign,
                crl_sign=False,
                **usage,
            ),
            critical=True,
        )
        .sign(issuer_key or key, SHA256())
    )


def pem(
    path: Path,
    key: CertificateIssuerPrivateKeyTypes,
    *certificates: x509.Certificate,
    passphrase: bytes | None = None,
) -> Path:
    """Write a key file of mode 0600."""
    secret = key.private_bytes(
        Encoding.PEM,
        PrivateFormat.PKCS8,
        BestAvailableEncryption(passphrase) if passphrase else NoEncryption(),
    )
    path.write_bytes(secret + b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    path.chmod(0o600)
    return path


def chained_key(folder: Path, *, end: datetime = NOW + YEAR) -> FileKey:
    """A key whose certificate was issued by an authority that a root issued."""
    root, authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    papers = (
        certify(own, "institute", authority, "authority", end=end),
        certify(authority, "authority", root, "root", may_sign=False),
        certify(root, "root", may_sign=False),
    )
    return FileKey(pem(folder / "chained.pem", own, *papers))
