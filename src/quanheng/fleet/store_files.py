"""The two files of an area: which ones count, and how both are replaced at once.

A commit writes both files into a folder ``.tmp-…`` and renames that to ``.pending``: from then on the
new files count.  Moving them to their places can be interrupted anywhere, for a reader looks into
``.pending`` first, and the next commit finishes what was left.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from quanheng.fleet.places import AnyPlace, PlaceT

CURVES, METERS = "curves.parquet", "meters.parquet"
PENDING = ".pending"
_UNFINISHED = ".tmp-"


def stored(folder: PlaceT, name: str) -> PlaceT:
    """Return where the file ``name`` of an area is read from; it need not exist."""
    pending = folder / PENDING / name
    return cast("PlaceT", pending if pending.exists() else folder / name)


def is_area(folder: AnyPlace) -> bool:
    """Whether a folder holds the readings of one area."""
    return stored(folder, CURVES).is_file()


def commit(folder: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` put files into an empty folder, then make all of them count at once.

    A crash at any moment leaves the area with all of its old files or all of the new ones.
    Raises OSError where the disk refuses; nothing has changed then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settle(folder)
    made = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    try:
        write(made)
        made.chmod(0o755)
        for path in (*made.iterdir(), made):
            _sync(path)
        made.rename(folder / PENDING)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    _sync(folder)
    settle(folder)


def settle(folder: Path) -> None:
    """Move committed files to their places, and remove what a crash left before a commit."""
    for left in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    pending = folder / PENDING
    if not pending.is_dir():
        return
    for path in sorted(pending.iterdir()):
        path.replace(folder / path.name)
    _sync(folder)
    pending.rmdir()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
