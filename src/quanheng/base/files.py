"""Files on disk that a crash cannot leave half-written, and the store of received files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace ``path`` by ``data``: either the old bytes or all of the new ones survive a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # without it the rename itself may be lost
    finally:
        os.close(directory)


def store_file(data: bytes) -> str:
    """Keep ``data`` under its own SHA-256 and return that hash [hex]; storing twice is harmless."""
    digest = hashlib.sha256(data).hexdigest()
    path = stored_path(digest)
    if not path.exists():
        write_atomic(path, data)
    return digest


def stored_path(digest: str) -> Path:
    """Return where the file with this SHA-256 [hex] is kept."""
    return Path(settings.HOME) / "files" / digest[:2] / digest
