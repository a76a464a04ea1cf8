"""Detached SM2 signatures beside certificates, for readers who are bound to the national algorithms."""

from __future__ import annotations

from pathlib import Path

from quanheng.base import clock
from quanheng.certificates.checking import check_file, failures
from quanheng.certificates.services.keys import is_demonstration
from quanheng.certificates.signing.errors import CannotSign, DemonstrationKeyRefused
from quanheng.certificates.signing.sm2 import make_demonstration_sm2_key, open_sm2_key, sign_detached


def seal_certificate(data: bytes, *, key_path: Path, is_new: bool = False) -> bytes:
    """Return the signature file of a certificate of ours, to be kept beside it (`signing.sm2.sign_detached`).

    Nothing is stored and nothing logged: the seal adds to the signatures in the file and replaces none.

    Parameters
    ----------
    data:
        A PDF or XML as it was issued.
    key_path:
        See `signing.sm2.open_sm2_key`; with ``is_new`` a key is made there first.

    Raises
    ------
    CannotSign
        The file does not stand its own signatures, or is not a certificate of ours.
    DemonstrationKeyRefused
        The county is not a demonstration: a key in a file never is anything else.
    KeyUnavailable, WrongKey
        The file of the key is missing or open to others; it holds no SM2 key.
    FileExistsError
        A new key is asked for and there is one.
    """
    report = check_file(data, log=None, at=clock.today())
    if wrong := [check.text.rstrip("。") for check in failures(report) if check.name != "in_force"]:
        raise CannotSign(reason="；".join(wrong))
    allowed = is_demonstration()
    if is_new:
        if not allowed:
            raise DemonstrationKeyRefused
        return sign_detached(data, make_demonstration_sm2_key(key_path))
    return sign_detached(data, open_sm2_key(key_path, allow_demonstration=allowed))
