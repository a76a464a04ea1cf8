"""The store of received files, each under its own hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings

from quanheng.base.disk import write_atomic
from quanheng.base.errors import NotStored


def store_file(data: bytes) -> str:
    """Keep ``data`` under its own SHA-256 and return that hash [hex]; storing twice is harmless.

    Raises
    ------
    NotStored
        The disk refused; nothing is left of the file.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = stored_path(digest)
    try:
        if not path.exists():
            write_atomic(path, data)
    except OSError as error:
        raise NotStored(reason=error.strerror) from error
    return digest


def stored_path(digest: str) -> Path:
    """Return where the file with this SHA-256 [hex] is kept."""
    return Path(settings.HOME) / "files" / digest[:2] / digest


def shown(path: Path) -> str:
    """Return a path as a command line takes it: short where it lies below the working folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
