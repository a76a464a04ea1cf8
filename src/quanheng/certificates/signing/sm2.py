"""The detached SM2 signature of a certificate file (GB/T 32918.2-2016 with SM3, GB/T 32905-2016).

It stands beside the ECDSA signatures in the files, for readers who are bound to the national algorithms.
No X.509 certificate with SM2 is made and no GB/T 38540 seal: the public key stands in the signature file, and
whose key it is must be known from elsewhere.

gmalg is pure Python and not constant-time: whoever can measure the signing may learn the key.  It serves
verification and demonstration; a key that counts belongs in a certified device.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from gmalg.base import Hash
from gmalg.ellipticcurve import ECDLP
from gmalg.errors import GMError
from gmalg.sm2 import SM2Core

from quanheng.certificates.signing.errors import DemonstrationKeyRefused, WrongKey
from quanheng.certificates.signing.keys import read_pin
from quanheng.certificates.signing.report import TEXTS, Flaw

DEFAULT_ID = "1234567812345678"  # GM/T 0009-2012, clause 10
FORMAT = "quanheng-sm2-1"
MAX_FILE_BYTES = 64 * 2**10  # of a signature file; one has some hundred
ALGORITHM = "SM2-SM3"
_WIDTH = 32  # bytes of a number of the curve
_UNCOMPRESSED = b"\x04"  # first byte of a point 04‖x‖y
# Curve sm2p256v1 of GB/T 32918.5-2017, clause 2.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest (GB/T 32905-2016) [32 bytes]."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


class _Sm3(Hash):  # type: ignore[misc]  # gmalg has no types
    """SM3 for gmalg's SM2: its own is pure Python and takes seconds for a file of some 100 KiB."""

    def __init__(self) -> None:
        self.reset()

    @classmethod
    def hash_length(cls) -> int:
        return _WIDTH

    def reset(self) -> None:
        self._data = b""

    def update(self, data: bytes) -> None:
        self._data += bytes(data)

    def value(self) -> bytes:
        return sm3(self._data)


def _core() -> SM2Core:
    return SM2Core(ECDLP(_P, _P - 3, _B, _G, _N), _Sm3())


def identity_digest(public_key: bytes, identifier: str = DEFAULT_ID) -> bytes:
    """Return ZA, the digest of the signer's identity (GB/T 32918.2-2016, 5.5) [32 bytes].

    Parameters
    ----------
    public_key:
        04‖x‖y [65 bytes].

    Raises
    ------
    WrongKey
        The public key is not a point of the curve.
    """
    return bytes(_core().entity_info(identifier.encode(), _point(public_key)))


def _point(public_key: bytes) -> tuple[int, int]:
    if len(public_key) != 1 + 2 * _WIDTH or public_key[:1] != _UNCOMPRESSED:
        raise WrongKey(reason=_("公钥应为 04‖x‖y，共 65 字节"))
    x, y = int.from_bytes(public_key[1 : 1 + _WIDTH]), int.from_bytes(public_key[1 + _WIDTH :])
    if max(x, y) >= _P or not _core().verify_pk((x, y)):
        raise WrongKey(reason=_("公钥不在 SM2 曲线上"))
    return x, y


class Sm2Key:
    """An SM2 private key in memory: for demonstration only, see the module."""

    is_demonstration = True

    def __init__(self, private: bytes, identifier: str = DEFAULT_ID) -> None:
        """Take a private key of 32 bytes; WrongKey where it is out of range (GB/T 32918.1-2016, 6.1)."""
        number = int.from_bytes(private)
        if len(private) != _WIDTH or not 0 < number < _N - 1:
            raise WrongKey(reason=_("SM2 私钥应为 32 字节，且在规定范围内"))
        self._private = number
        self._point = _core().generate_pk(number)
        self.identifier = identifier
        self.public_key = _UNCOMPRESSED + b"".join(part.to_bytes(_WIDTH) for part in self._point)

    def sign(self, data: bytes) -> bytes:
        """Return r‖s over SM3(ZA‖data) (GB/T 32918.2-2016, 6.1) [64 bytes]."""
        r, s = _core().sign(data, self._private, self.identifier.encode(), self._point)
        return bytes(r.to_bytes(_WIDTH) + s.to_bytes(_WIDTH))


def open_sm2_key(path: Path, *, allow_demonstration: bool) -> Sm2Key:
    """Read a private key from a file of mode 0600 with 64 hexadecimal digits.

    Raises
    ------
    DemonstrationKeyRefused
        Demonstration is not allowed here: a key in a file never is anything else.
    KeyUnavailable, WrongKey
        The file is missing or open to others; it holds no SM2 key.
    """
    if not allow_demonstration:
        raise DemonstrationKeyRefused
    try:
        private = bytes.fromhex(read_pin(path))
    except ValueError as error:
        raise WrongKey(reason=_("文件中没有 SM2 私钥")) from error
    return Sm2Key(private)


def make_demonstration_sm2_key(path: Path) -> Sm2Key:
    """Make a key, keep it in a new file of mode 0600 and return it; FileExistsError where there is one."""
    private = (1 + secrets.randbelow(_N - 2)).to_bytes(_WIDTH)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(private.hex() + "\n")
    return Sm2Key(private)


def verify_raw(data: bytes, signature: bytes, public_key: bytes, identifier: str = DEFAULT_ID) -> bool:
    """Say whether r‖s is this key's signature of ``data`` (GB/T 32918.2-2016, 7.1); WrongKey as above."""
    point = _point(public_key)
    if len(signature) != 2 * _WIDTH:
        return False
    r, s = int.from_bytes(signature[:_WIDTH]), int.from_bytes(signature[_WIDTH:])
    return bool(_core().verify(data, r, s, identifier.encode(), point))


@dataclass(frozen=True, slots=True)
class Sm2Report:
    """What a detached signature is worth: ``flaw`` is None where it is valid for the file and ``public_key``."""

    flaw: Flaw | None
    detail: str = ""
    public_key: bytes = b""

    @property
    def valid(self) -> bool:
        """Say whether nothing is wrong."""
        return self.flaw is None

    @property
    def reason(self) -> str:
        """Return why it is not valid, in the reader's language; empty where it is."""
        return gettext(TEXTS[self.flaw]) if self.flaw else ""


def sign_detached(data: bytes, key: Sm2Key) -> bytes:
    """Return the signature file to be kept beside the file ``data``: JSON in UTF-8.

    ``format`` quanheng-sm2-1; ``algorithm`` SM2-SM3; ``id`` the identifier in ZA; ``public_key`` 04‖x‖y and
    ``signature`` r‖s over the bytes of the file, both in hexadecimal; ``file`` its length [bytes], SHA-256
    and SM3 [hex], by which a reader sees which of the two was changed.
    """
    record = {
        "format": FORMAT,
        "algorithm": ALGORITHM,
        "id": key.identifier,
        "public_key": key.public_key.hex(),
        "signature": key.sign(data).hex(),
        "file": _facts(data),
    }
    return (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode()


def _facts(data: bytes) -> dict[str, object]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "sm3": sm3(data).hex()}


def verify_detached(data: bytes, signature_file: bytes) -> Sm2Report:
    """Say whether a signature file belongs to ``data``.  Never raises."""
    if len(signature_file) > MAX_FILE_BYTES:
        return Sm2Report(Flaw.UNREADABLE, f"{len(signature_file)} bytes")
    try:
        record = json.loads(signature_file)
        known = (record["format"], record["algorithm"]) == (FORMAT, ALGORITHM)
        identifier, facts = str(record["id"]), record["file"]
        public_key, signature = bytes.fromhex(record["public_key"]), bytes.fromhex(record["signature"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        return Sm2Report(Flaw.UNREADABLE, repr(error))
    if not known:
        return Sm2Report(Flaw.WEAK, str(record["algorithm"]))
    if facts != _facts(data):
        return Sm2Report(Flaw.CHANGED, "file", public_key)
    try:
        valid = verify_raw(data, signature, public_key, identifier)
    except (WrongKey, ValueError, ArithmeticError, GMError) as error:
        return Sm2Report(Flaw.FORGED, repr(error), public_key)
    return Sm2Report(None if valid else Flaw.FORGED, "", public_key)
