"""The log's signing key: made once, kept in HOME/keys/log.key.

The file is one line in the note format (``PRIVATE+KEY+name+…``), so it also holds the origin,
the name under which the log signs: a log keeps its name for ever, whatever the county is called.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from django.conf import settings

from quanheng.kernels.tlog.notes import ED25519, SigningKey
from quanheng.transparency.errors import KeyUnreadable


def key_path() -> Path:
    """Return where the key is kept; whoever reads it can sign in the county's name."""
    return Path(settings.HOME) / "keys" / "log.key"


def load_key() -> SigningKey | None:
    """Return the key; None if none was made yet."""
    try:
        line = key_path().read_text("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise KeyUnreadable(path=str(key_path())) from error
    try:
        key = SigningKey.parse(line.removesuffix("\n"))
    except ValueError as error:
        raise KeyUnreadable(path=str(key_path())) from error
    if key.algorithm != ED25519:
        raise KeyUnreadable(path=str(key_path()))
    return key


def ensure_key(*, origin: str) -> SigningKey:
    """Return the key, made now under ``origin`` if there is none; of two makers one wins."""
    if (key := load_key()) is not None:
        return key
    _create(key_path(), SigningKey(origin, ED25519, secrets.token_bytes(32)))
    key = load_key()
    assert key is not None  # noqa: S101  made by us or by the process that was faster
    return key


def _create(path: Path, key: SigningKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(f"{key.skey}\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(name, path)  # unlike O_EXCL and then write, never shows a half-written key
    except FileExistsError:
        return
    finally:
        Path(name).unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # a checkpoint whose key is lost with the power could never be continued
    finally:
        os.close(directory)
