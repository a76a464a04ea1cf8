"""Where a store lies: a folder of this machine, or a folder of any file system that pyarrow can open by its URI."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType

from quanheng.fleet.run_errors import CannotRun
from quanheng.fleet.store_files import CURVES, METERS, PENDING

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_SECRET = re.compile(r"//[^/@]*@")


class State(NamedTuple):
    """Size [bytes] and time [ns] of a file, named as ``os.stat_result`` names them."""

    st_size: int
    st_mtime_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A file or folder as it was when the store was listed: to be looked at like a Path, without asking again.

    One listing serves a whole store: a request for each file would take a province hours.
    """

    filesystem: FileSystem
    path: str
    file: State | None = None
    inside: Mapping[str, Place] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2]

    def __truediv__(self, name: str) -> Place:
        """Return what is called ``name`` in this folder; it need not exist."""
        return self.inside.get(name) or Place(self.filesystem, f"{self.path}/{name}")

    def exists(self) -> bool:
        """Tell whether there was a file, or a folder with readings."""
        return self.file is not None or bool(self.inside)

    def is_file(self) -> bool:
        """Tell whether there was a file."""
        return self.file is not None

    def is_dir(self) -> bool:
        """Tell whether there was a folder with readings."""
        return bool(self.inside)

    def iterdir(self) -> Iterator[Place]:
        """Yield what is in this folder."""
        yield from self.inside.values()

    def stat(self) -> State:
        """Return size and time.  FileNotFoundError where there was no file."""
        if self.file is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.path)
        return self.file


AnyPlace = Path | Place
PlaceT = TypeVar("PlaceT", bound=Path | Place)


def place_of(text: str) -> AnyPlace:
    """Return the folder that ``text`` names: a URI is one where it has ``://``, all else is a path of this machine.

    Raises
    ------
    CannotRun
        place: the file system is unknown, or refuses.
    FileNotFoundError, NotADirectoryError
        There is no such folder.
    """
    if not _SCHEME.match(text):
        return Path(text)
    shown = _SECRET.sub("//…@", text)
    try:
        filesystem, path = FileSystem.from_uri(text)
        return listed(filesystem, path, shown)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        why = str(error).partition("\n")[0].replace(text, shown)
        raise CannotRun("place", f"无法打开 {shown}：{why}") from None


def listed(filesystem: FileSystem, path: str, shown: str) -> Place:
    """List the store at ``path`` at once.  Raises FileNotFoundError, NotADirectoryError, OSError."""
    path = path.rstrip("/") or path
    kind = filesystem.get_file_info(path).type
    if kind != FileType.Directory:
        code = errno.ENOENT if kind == FileType.NotFound else errno.ENOTDIR
        raise OSError(code, os.strerror(code), shown)
    files: dict[str, Any] = {}
    for info in filesystem.get_file_info(FileSelector(path, recursive=True)):
        parts = info.path.removeprefix(path).strip("/").split("/")
        if info.type == FileType.File and _is_of_store(parts):
            at = files
            for part in parts[:-1]:
                at = at.setdefault(part, {})
            at[parts[-1]] = info
    return _folder(filesystem, path, files)


def source(path: AnyPlace) -> dict[str, Any]:
    """Return how ``pyarrow.parquet.ParquetFile`` is told of a file."""
    if isinstance(path, Path):
        return {"source": path}
    return {"source": path.path, "filesystem": path.filesystem, "pre_buffer": True}


def is_uri(path: Path) -> bool:
    """Tell whether somebody meant a URI where only a path of this machine can be."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(path)))


def _is_of_store(parts: list[str]) -> bool:
    """Whether a file is one that counts: AREA/name, AREA/.pending/name, or the same of a store that is one area."""
    folders = [part for part in parts[:-1] if part != PENDING]
    return parts[-1] in {CURVES, METERS} and len(folders) <= 1 and len(parts) <= len(folders) + 2


def _folder(filesystem: FileSystem, path: str, files: dict[str, Any]) -> Place:
    return Place(
        filesystem,
        path,
        inside={
            name: _folder(filesystem, f"{path}/{name}", found)
            if isinstance(found, dict)
            else Place(filesystem, found.path, _state(found))
            for name, found in files.items()
        },
    )


def _state(info: FileInfo) -> State:
    return State(info.size, info.mtime_ns or 0)
