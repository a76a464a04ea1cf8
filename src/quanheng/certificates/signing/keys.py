"""Signing keys behind one interface: a file for demonstration, a token for real work."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from quanheng.certificates.signing.errors import (
    BadKeyAddress,
    DemonstrationKeyRefused,
    KeyUnavailable,
    WrongKey,
)
from quanheng.certificates.signing.x509_findings import is_p256, ordered_chain

# The caller writes this to the log and the screen whenever a demonstration key is opened.
DEMONSTRATION_WARNING = gettext_noop("警告：正在使用演示密钥签名。所签文件没有法律效力，不得发给当事人。")
_ECDSA_SHA256 = ec.ECDSA(SHA256())


class SigningKey(Protocol):
    """One ECDSA P-256 key with its X.509 certificate, wherever the key itself may live."""

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Its issuers, nearest first; empty where it is self-signed or they are not at hand."""

    @property
    def is_demonstration(self) -> bool:
        """Whether signatures of this key are worth nothing."""

    def sign(self, data: bytes) -> bytes:
        """Return the ECDSA signature of SHA-256(data), DER (FIPS 186-5, RFC 3279 2.2.3).

        Raises
        ------
        KeyUnavailable
            The token is not there or refuses.
        """


def open_key(address: str, *, allow_demonstration: bool) -> SigningKey:
    """Open the key at an address.

    Parameters
    ----------
    address:
        ``file:/path/key.pem`` with the private key and its certificates in one PEM file of mode 0600;
        ``?pin-source=/path`` names the file with the passphrase of an encrypted key.
        ``pkcs11:token=…;object=…?module-path=…&pin-source=…`` (RFC 7512) for a key in a token.

    Raises
    ------
    BadKeyAddress, KeyUnavailable, WrongKey
        The address cannot be read; nothing answers there; it is not an ECDSA P-256 key of its certificate.
    DemonstrationKeyRefused
        A key file, or a certificate that says DEMONSTRATION, where that is not allowed.
    """
    key: SigningKey
    if address.startswith("file:"):
        if not allow_demonstration:
            raise DemonstrationKeyRefused
        key = FileKey(*_file_address(address))
    elif address.startswith("pkcs11:"):
        from quanheng.certificates.signing.token_key import TokenKey

        key = TokenKey(address)
    else:
        raise BadKeyAddress(reason=_("应以 file: 或 pkcs11: 开头"))
    if key.is_demonstration and not allow_demonstration:
        raise DemonstrationKeyRefused
    return key


def _file_address(address: str) -> tuple[Path, Path | None]:
    parts = urlsplit(address)
    query = parse_qs(parts.query, keep_blank_values=True)
    if parts.netloc or parts.fragment or not parts.path.startswith("/"):
        raise BadKeyAddress(reason=_("应形如 file:/路径/key.pem"))
    if query.keys() - {"pin-source"}:
        raise BadKeyAddress(reason=_("不认识的参数：{names}").format(names=", ".join(sorted(query))))
    source = query["pin-source"][0] if "pin-source" in query else None
    return Path(unquote(parts.path)), Path(source) if source else None


class FileKey:
    """A private key in a PEM file: for demonstration only, since whoever reads the file can sign."""

    is_demonstration = True

    def __init__(self, path: Path, passphrase_path: Path | None = None) -> None:
        """Read key and certificates, the key's own certificate first.  For what it raises see `open_key`."""
        pem = read_secret(path)
        passphrase = read_pin(passphrase_path).encode() if passphrase_path else None
        try:
            key = load_pem_private_key(pem, passphrase)
            self.certificate, *others = x509.load_pem_x509_certificates(pem)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise WrongKey(reason=_("文件中没有可用的私钥和证书，或口令不对")) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not is_p256(self.certificate):
            raise WrongKey(reason=_("不是 ECDSA P-256 密钥"))
        if key.public_key() != self.certificate.public_key():
            raise WrongKey(reason=_("密钥与数字证书不是一对"))
        self._key = key
        self.chain = chain_of(self.certificate, others)

    def sign(self, data: bytes) -> bytes:
        """Sign as `SigningKey.sign` says."""
        return self._key.sign(data, _ECDSA_SHA256)


def chain_of(leaf: x509.Certificate, others: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the issuers in order; WrongKey where one of them does not belong to the chain."""
    try:
        return ordered_chain(leaf, others)
    except ValueError as error:
        raise WrongKey(reason=_("证书链中有无关的证书：{name}").format(name=error)) from error


def read_pin(path: Path) -> str:
    """Return the PIN or passphrase in a file of mode 0600, without the line break at its end."""
    try:
        return read_secret(path).decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise KeyUnavailable(reason=_("口令文件不是文本：{path}").format(path=path)) from error


def read_secret(path: Path) -> bytes:
    """Return a file that nobody but its owner may read; KeyUnavailable where it is missing or open to others."""
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
                raise KeyUnavailable(reason=_("文件 {path} 对他人开放，权限应为 0600").format(path=path))
            return stream.read()
    except OSError as error:
        raise KeyUnavailable(reason=f"{path}：{error.strerror}") from error
