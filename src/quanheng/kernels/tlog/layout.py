"""Where a log's files lie: the path scheme of C2SP tlog-tiles, forwards and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

CHECKPOINT_PATH = "checkpoint"
KEY_PATH = "log.vkey"
TILE_HEIGHT = 8
TILE_WIDTH = 256
MAX_LEVEL = 63
ENTRIES = -1  # the "level" of entry bundles: they lie below the leaf hashes of level 0

_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class TileRef:
    """One hash tile, or with ``level == ENTRIES`` one entry bundle; ``width`` 256 is a full one."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not ENTRIES <= self.level <= MAX_LEVEL or self.index < 0 or not 0 < self.width <= TILE_WIDTH:
            raise ValueError(f"no such tile: level={self.level} index={self.index} width={self.width}")

    @property
    def path(self) -> str:
        """The path below the log's root, e.g. ``tile/0/x001/x234/067.p/8``."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        suffix = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{suffix}"

    @property
    def full(self) -> TileRef:
        """The same place when it is full."""
        return TileRef(self.level, self.index)


def parse_path(path: str) -> TileRef:
    """Return what lies at ``path``; refuse a path that `TileRef.path` would not write."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"not a tile path: {path!r}")
    level, index, width = match.groups()
    ref = TileRef(
        ENTRIES if level == "entries" else int(level),
        int(index.replace("x", "").replace("/", "")),
        int(width or TILE_WIDTH),
    )
    if ref.path != path:
        raise ValueError(f"not a tile path: {path!r}")
    return ref


def level_count(size: int, level: int) -> int:
    """Return how many hashes a tree of ``size`` leaves has at tile level ``level``."""
    return size >> (TILE_HEIGHT * max(level, 0))


def tile_at(size: int, level: int, index: int) -> TileRef:
    """Return tile ``index`` of ``level`` as wide as a tree of ``size`` leaves makes it."""
    return TileRef(level, index, min(TILE_WIDTH, level_count(size, level) - index * TILE_WIDTH))


def edge_refs(size: int) -> list[TileRef | None]:
    """Return the partial tile of every level, lowest first; None where the level ends on a full tile."""
    refs: list[TileRef | None] = []
    while count := level_count(size, len(refs)):
        index, width = divmod(count, TILE_WIDTH)
        refs.append(TileRef(len(refs), index, width) if width else None)
    return refs
