"""The public keys that an XML signature carries, and what its algorithms are (XMLDSig 1.1, RFC 9231).

SHA-1 and MD5 are left out on purpose: a signature by them proves nothing any more.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from lxml import etree

from quanheng.kernels.dcc.names import ds

_DSIG11 = "{http://www.w3.org/2009/xmldsig11#}"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_MORE_2021 = "http://www.w3.org/2021/04/xmldsig-more#"
_ENC = "http://www.w3.org/2001/04/xmlenc#"

DIGESTS: dict[str, hashes.HashAlgorithm] = {
    f"{_MORE}sha224": hashes.SHA224(),
    f"{_ENC}sha256": hashes.SHA256(),
    f"{_MORE}sha384": hashes.SHA384(),
    f"{_ENC}sha512": hashes.SHA512(),
    f"{_MORE_2007}sha3-256": hashes.SHA3_256(),
    f"{_MORE_2007}sha3-384": hashes.SHA3_384(),
    f"{_MORE_2007}sha3-512": hashes.SHA3_512(),
}
_SIZES: dict[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA = {f"{_MORE}rsa-{name}": found for name, found in _SIZES.items()}
_PSS = {f"{_MORE_2007}{name}-rsa-MGF1": found for name, found in _SIZES.items()}
_ECDSA = {f"{_MORE}ecdsa-{name}": found for name, found in _SIZES.items()}
_EDDSA = {f"{_MORE_2021}eddsa-ed25519", f"{_MORE_2021}eddsa-ed448"}
METHODS = {*_RSA, *_PSS, *_ECDSA, *_EDDSA}
_CURVES: dict[str, ec.EllipticCurve] = {
    "urn:oid:1.2.840.10045.3.1.7": ec.SECP256R1(),
    "urn:oid:1.3.132.0.34": ec.SECP384R1(),
    "urn:oid:1.3.132.0.35": ec.SECP521R1(),
}
_BAD = (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key that came with a signature, and the certificate it stood in; None for a bare key."""

    key: object
    certificate: x509.Certificate | None


def embedded_keys(key_info: etree._Element | None) -> Iterator[SigningKey]:
    """Yield the keys of a ``ds:KeyInfo``, those of certificates first; what cannot be read is passed over."""
    if key_info is None:
        return
    for element in key_info.iter(ds("X509Certificate")):
        try:
            certificate = x509.load_der_x509_certificate(decoded(element))
            yield SigningKey(certificate.public_key(), certificate)
        except _BAD:
            continue
    for element in key_info.iter(ds("RSAKeyValue"), f"{_DSIG11}ECKeyValue", f"{_DSIG11}DEREncodedKeyValue"):
        try:
            yield SigningKey(_bare_key(element), None)
        except _BAD:
            continue


def verifies(key: object, method: str, signature: bytes, signed: bytes) -> bool:
    """Whether ``signature`` over ``signed`` by the algorithm ``method`` (one of METHODS) is of ``key``."""
    try:
        if method in _RSA and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), _RSA[method])
        elif method in _PSS and isinstance(key, rsa.RSAPublicKey):
            length = _PSS[method].digest_size
            key.verify(signature, signed, padding.PSS(padding.MGF1(_PSS[method]), length), _PSS[method])
        elif method in _ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(signature, key), signed, ec.ECDSA(_ECDSA[method]))
        elif method in _EDDSA and isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except (InvalidSignature, *_BAD):
        return False
    return True


def digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    """Return the digest of ``data``."""
    hashing = hashes.Hash(algorithm)
    hashing.update(data)
    return hashing.finalize()


def decoded(element: etree._Element | None) -> bytes:
    """Return the base64 content of an element; ValueError where it is absent or no base64."""
    text = "" if element is None else "".join("".join(str(part) for part in element.itertext()).split())
    if not text:
        raise ValueError("empty")
    return base64.b64decode(text, validate=True)


def _der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Return r ‖ s (RFC 9231, 2.3.6) as the DER that X.509 uses."""
    size = (key.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise ValueError("length")
    return encode_dss_signature(
        int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    )


def _bare_key(element: etree._Element) -> object:
    if element.tag == ds("RSAKeyValue"):
        modulus, exponent = (
            int.from_bytes(decoded(element.find(ds(name))), "big") for name in ("Modulus", "Exponent")
        )
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if element.tag == f"{_DSIG11}DEREncodedKeyValue":
        return load_der_public_key(decoded(element))
    named = element.find(f"{_DSIG11}NamedCurve")
    curve = _CURVES.get("" if named is None else named.get("URI", ""))
    if curve is None:
        raise ValueError("curve")
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, decoded(element.find(f"{_DSIG11}PublicKey")))
