"""A signing key in a PKCS#11 token: an HSM, a USB key, or SoftHSM in tests (PKCS#11 2.40, RFC 7512)."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils.translation import gettext as _

from quanheng.certificates.signing.errors import BadKeyAddress, KeyUnavailable, WrongKey
from quanheng.certificates.signing.keys import read_pin
from quanheng.certificates.signing.x509_findings import (
    is_p256,
    issuers_among,
    read_certificate,
    says_demonstration,
)

_Result = TypeVar("_Result")
_PATH = frozenset({"token", "serial", "object", "type"})
_QUERY = frozenset({"module-path", "pin-source"})


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """A PKCS#11 address taken apart (RFC 7512); the PIN itself is never part of it."""

    module: str
    pin_source: Path
    label: str
    token: str | None
    serial: str | None

    @classmethod
    def parse(cls, address: str) -> TokenAddress:
        """Take ``pkcs11:token=…;object=…?module-path=…&pin-source=…`` apart; BadKeyAddress where it is wrong."""
        path, _mark, query = address.removeprefix("pkcs11:").partition("?")
        named = _attributes(path, ";", _PATH)
        asked = _attributes(query, "&", _QUERY)
        missing = [name for name in ("module-path", "pin-source") if name not in asked]
        missing += [name for name in ("object",) if name not in named]
        if not named.keys() & {"token", "serial"}:
            missing.append("token")
        if missing:
            raise BadKeyAddress(reason=_("缺少 {names}").format(names=", ".join(missing)))
        if named.get("type", "private") != "private":
            raise BadKeyAddress(reason=_("type 应为 private"))
        source = Path(asked["pin-source"].removeprefix("file:"))
        return cls(asked["module-path"], source, named["object"], named.get("token"), named.get("serial"))


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(separator) if part]
    found = {name: unquote(value) for name, _equals, value in pairs}
    if "pin-value" in found:
        raise BadKeyAddress(reason=_("口令不得写在地址里，请用 pin-source 指向口令文件"))
    if unknown := sorted(found.keys() - known):
        raise BadKeyAddress(reason=_("不认识的参数：{names}").format(names=", ".join(unknown)))
    if len(found) < len(pairs):
        raise BadKeyAddress(reason=_("同一参数出现两次"))
    return found


class _Module:
    """One PKCS#11 library in this process.  Calls are made one at a time; a restart ends every session."""

    loaded: dict[str, _Module] = {}

    def __init__(self, path: str) -> None:
        import pkcs11

        self.lock = threading.RLock()
        self.library = pkcs11.lib(path)
        self.generation = 0
        self.is_stale = False

    @classmethod
    def at(cls, path: str) -> _Module:
        return cls.loaded.get(path) or cls.loaded.setdefault(path, cls(path))

    @classmethod
    def after_fork(cls) -> None:
        """A child has neither the threads that may hold a lock nor a session of its own."""
        for module in cls.loaded.values():
            module.lock = threading.RLock()
            module.is_stale = True

    def restart(self) -> None:
        """Initialise the library anew, which also makes it look again for tokens."""
        from pkcs11.exceptions import PKCS11Error

        self.generation += 1
        with suppress(PKCS11Error):  # it was not initialised in this process, or has lost its device
            self.library.finalize()
        self.library.initialize()
        self.is_stale = False


os.register_at_fork(after_in_child=_Module.after_fork)


class TokenKey:
    """A key that never leaves its token.

    The session stays open.  After the token was pulled, or in a forked child, it is opened anew, once per
    call.  A refused PIN is never tried again by this object: the token would lock itself.  Threads take turns.
    """

    def __init__(self, address: str) -> None:
        """Open the token and find the certificate of the key in it.  For what it raises see `open_key`."""
        self.address = TokenAddress.parse(address)
        self._pin_refused = False
        self._generation = -1
        self._session: Any = None
        self._private: Any = None
        try:
            self._module = _Module.at(self.address.module)
        except ImportError as error:
            raise KeyUnavailable(reason=_("未安装 PKCS#11 支持（quanheng[token]）")) from error
        except RuntimeError as error:  # what python-pkcs11 raises for a library that cannot be loaded
            raise KeyUnavailable(reason=_("无法加载 {path}").format(path=self.address.module)) from error
        self.certificate, self.chain = self._connected(self._find_certificate)
        self.is_demonstration = says_demonstration(self.certificate)

    def sign(self, data: bytes) -> bytes:
        """Sign as `SigningKey.sign` says."""
        return self._connected(lambda: self._sign(data))

    def _sign(self, data: bytes) -> bytes:
        from pkcs11 import Mechanism

        # The digest is made here: CKM_ECDSA is in every token, CKM_ECDSA_SHA256 is not.
        raw = self._private.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA)
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))

    def _connected(self, call: Callable[[], _Result]) -> _Result:
        """Make a call with an open session; where that fails, restart the library and try once more."""
        from pkcs11.exceptions import NoSuchToken, PKCS11Error

        with self._module.lock:
            try:
                return self._attempt(call)
            except PKCS11Error:
                pass
            try:
                self._module.restart()
                return self._attempt(call)
            except NoSuchToken as error:
                name = self.address.token or self.address.serial
                raise KeyUnavailable(reason=_("没有找到密码设备 {name}").format(name=name)) from error
            except PKCS11Error as error:
                detail = str(error) or type(error).__name__
                raise KeyUnavailable(
                    reason=_("密码设备没有应答（{detail}）").format(detail=detail)
                ) from error

    def _attempt(self, call: Callable[[], _Result]) -> _Result:
        if self._module.is_stale:
            self._module.restart()
        if self._generation != self._module.generation:
            self._open()
            self._generation = self._module.generation
        return call()

    def _open(self) -> None:
        from pkcs11 import KeyType, ObjectClass
        from pkcs11.exceptions import MultipleObjectsReturned, NoSuchKey

        self._session = self._logged_in()
        try:
            self._private = self._session.get_key(
                object_class=ObjectClass.PRIVATE_KEY, key_type=KeyType.EC, label=self.address.label
            )
        except NoSuchKey as error:
            name = self.address.label
            raise WrongKey(reason=_("设备中没有名为 {name} 的 ECDSA 私钥").format(name=name)) from error
        except MultipleObjectsReturned as error:
            name = self.address.label
            raise WrongKey(reason=_("设备中有多把名为 {name} 的私钥").format(name=name)) from error

    def _logged_in(self) -> Any:
        from pkcs11.exceptions import PinIncorrect, PinInvalid, PinLenRange, PinLocked, UserAlreadyLoggedIn

        if self._pin_refused:
            raise KeyUnavailable(reason=_("设备不接受该口令，为免锁死不再尝试"))
        serial = self.address.serial.encode() if self.address.serial else None
        token = self._module.library.get_token(token_label=self.address.token, token_serial=serial)
        try:
            return token.open(user_pin=read_pin(self.address.pin_source))
        except UserAlreadyLoggedIn:  # by another key of the same token in this process
            return token.open()
        except (PinIncorrect, PinInvalid, PinLenRange, PinLocked) as error:
            self._pin_refused = True
            raise KeyUnavailable(reason=_("设备不接受该口令，为免锁死不再尝试")) from error

    def _find_certificate(self) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
        """Return the newest certificate in the token that verifies what the key signs, and its issuers."""
        from pkcs11 import Attribute, ObjectClass

        found = self._session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        pool = [paper for one in found if (paper := _readable(one[Attribute.VALUE]))]
        proof = os.urandom(32)
        signature = self._sign(proof)
        own = [one for one in pool if is_p256(one) and _verifies(one, signature, proof)]
        if not own:
            raise WrongKey(reason=_("设备中没有与该密钥配对的 ECDSA P-256 数字证书"))
        leaf = max(own, key=lambda one: one.not_valid_before_utc)
        return leaf, issuers_among(leaf, pool)


def _readable(der: bytes) -> x509.Certificate | None:
    """Return a certificate of the token; None for one of another algorithm, such as SM2."""
    try:
        return read_certificate(der)
    except ValueError:
        return None


def _verifies(certificate: x509.Certificate, signature: bytes, data: bytes) -> bool:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, data, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
