"""Tokens of SoftHSM: a real PKCS#11 library without a device.  One process has one configuration of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificates.signing.making import certify

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
MISSING = "SoftHSM or python-pkcs11 not found: apt-get install softhsm2, pip install quanheng[token]"
PIN = "654321"


def library() -> str:
    """The path of the library; where there is none, skip (or fail where that is forbidden)."""
    found = next((path for path in LIBRARIES if Path(path).exists()), None)
    try:
        import pkcs11  # noqa: F401
    except ImportError:
        found = None
    if found is None or shutil.which("softhsm2-util") is None:
        (pytest.fail if os.environ.get("QUANHENG_TEST_STRICT") == "1" else pytest.skip)(MISSING)
    return str(found)


def make_token(folder: Path, label: str) -> None:
    """Initialise a token with the PIN above."""
    (folder / "tokens").mkdir(exist_ok=True)
    arguments = ["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN]
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)
    pin = folder / "pin"
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)


def address(folder: Path, label: str, name: str) -> str:
    return f"pkcs11:token={label};object={name}?module-path={library()}&pin-source=file:{folder}/pin"


def put_key(
    label: str, name: str, key: ec.EllipticCurvePrivateKey, *, owner: str = "", with_certificate: bool = True
) -> None:
    """Import a key and a certificate of it, issued to ``owner`` where one is given."""
    import pkcs11
    from pkcs11.util.ec import decode_ec_private_key
    from pkcs11.util.x509 import decode_x509_certificate

    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    token = pkcs11.lib(library()).get_token(token_label=label)
    attribute = pkcs11.Attribute
    with token.open(rw=True, user_pin=PIN) as session:
        session.create_object(
            decode_ec_private_key(der)
            | {attribute.TOKEN: True, attribute.LABEL: name, attribute.SIGN: True, attribute.PRIVATE: True}
            | {attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}
        )
        if with_certificate:
            paper = certify(key, owner or name).public_bytes(Encoding.DER)
            session.create_object(
                decode_x509_certificate(paper) | {attribute.TOKEN: True, attribute.LABEL: name}
            )
