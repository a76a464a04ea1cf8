"""Tiles and entry bundles: reading them back, and the files that an append makes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quanheng.kernels.tlog.hashing import HASH_BYTES, leaf_hash, subtree_root, tree_root
from quanheng.kernels.tlog.layout import ENTRIES, TILE_HEIGHT, TILE_WIDTH, TileRef, edge_refs, tile_at

MAX_ENTRY_BYTES = 65535
_LENGTH = struct.Struct(">H")

Read = Callable[[str], bytes | None]
"""Give the bytes at a path below the log's root, or None where there is no file."""


class TileError(ValueError):
    """A published file is missing or is not what the tree needs; ``path`` names it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class MissingTileError(TileError):
    """No such file is published."""


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return ``entries`` as a bundle: each one behind its length as a big-endian uint16."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise ValueError(f"entry of {len(entry)} bytes is over {MAX_ENTRY_BYTES}")
        parts += (len(entry).to_bytes(2), entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle; refuse one that ends within an entry."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        if end - at < _LENGTH.size:
            raise ValueError(f"bundle ends within a length at byte {at}")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size + length
        if at > end:
            raise ValueError(f"bundle ends within entry {len(entries)}")
        entries.append(data[at - length : at])
    return entries


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    if len(data) % HASH_BYTES:
        raise ValueError(f"tile length {len(data)} is no multiple of {HASH_BYTES}")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def read_items(read: Read, ref: TileRef) -> list[bytes]:
    """Return the hashes of a tile or the entries of a bundle, exactly ``ref.width`` of them.

    A partial file may have been cleaned up once the full one was there, so that is tried next.
    """
    for source in dict.fromkeys((ref, ref.full)):
        data = read(source.path)
        if data is not None:
            return decode_items(data, source)[: ref.width]
    raise MissingTileError(ref.path, "file is missing")


def decode_items(data: bytes, ref: TileRef) -> list[bytes]:
    """Return the hashes or entries in ``data``; refuse another number of them than ``ref.width``."""
    try:
        items = decode_bundle(data) if ref.level == ENTRIES else split_hashes(data)
    except ValueError as error:
        raise TileError(ref.path, str(error)) from error
    if len(items) != ref.width:
        raise TileError(ref.path, f"{len(items)} items instead of {ref.width}")
    return items


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: all that is needed to append to it."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()
    bundle: bytes = b""

    @property
    def root(self) -> bytes:
        """The root hash of the tree."""
        return tree_root(self.levels)


@dataclass(frozen=True, slots=True)
class Growth:
    """The tree after an append and the files to publish for it, by path."""

    edge: Edge
    files: dict[str, bytes]


def load_edge(*, size: int, root: bytes, read: Read) -> Edge:
    """Return the right edge of the published tree of ``size`` leaves.

    Raises
    ------
    TileError
        If a file of the edge is missing or malformed, if the last bundle does not hash to the
        last tile, or if the edge does not give ``root``; nothing may then be appended.
    """
    levels = tuple(tuple(read_items(read, ref)) if ref else () for ref in edge_refs(size))
    bundle = b""
    if width := size % TILE_WIDTH:
        ref = tile_at(size, ENTRIES, size // TILE_WIDTH)
        entries = read_items(read, ref)
        if tuple(map(leaf_hash, entries)) != levels[0]:
            raise TileError(ref.path, f"does not hash to {tile_at(size, 0, ref.index).path} ({width=})")
        bundle = encode_bundle(entries)
    edge = Edge(size, levels, bundle)
    if edge.root != root:
        paths = " ".join(ref.path for ref in edge_refs(size) if ref)
        raise TileError(paths, f"root is {edge.root.hex()} instead of {root.hex()}")
    return edge


def grow(edge: Edge, entries: Sequence[bytes]) -> Growth:
    """Append ``entries``: return the new edge and every file that is new at the new size.

    Costs O(len(entries)); files of the old size are never changed.
    """
    files: dict[str, bytes] = {}
    bundle = _grow_bundles(edge, entries, files)
    fresh = [leaf_hash(entry) for entry in entries]
    levels: list[tuple[bytes, ...]] = []
    while fresh or len(levels) < len(edge.levels):
        level = len(levels)
        old = edge.levels[level] if level < len(edge.levels) else ()
        row = [*old, *fresh]
        first = (edge.size >> (TILE_HEIGHT * level)) // TILE_WIDTH
        whole = len(row) // TILE_WIDTH
        tiles = [row[at * TILE_WIDTH : (at + 1) * TILE_WIDTH] for at in range(whole)]
        rest = row[whole * TILE_WIDTH :]
        for at, tile in enumerate(tiles):
            files[TileRef(level, first + at).path] = b"".join(tile)
        if rest and fresh:
            files[TileRef(level, first + whole, len(rest)).path] = b"".join(rest)
        levels.append(tuple(rest))
        fresh = [subtree_root(tile) for tile in tiles]
    return Growth(Edge(edge.size + len(entries), tuple(levels), bundle), files)


def _grow_bundles(edge: Edge, entries: Sequence[bytes], files: dict[str, bytes]) -> bytes:
    """Add the entry bundles to ``files``; return the last, partial one."""
    bundle, at = edge.bundle, 0
    while at < len(entries):
        index, width = divmod(edge.size + at, TILE_WIDTH)
        taken = entries[at : at + TILE_WIDTH - width]
        bundle += encode_bundle(taken)
        at += len(taken)
        files[TileRef(ENTRIES, index, width + len(taken)).path] = bundle
        if width + len(taken) == TILE_WIDTH:
            bundle = b""
    return bundle


class TileHashes:
    """Hashes of perfect subtrees, by height and index, read from the tiles of one tree."""

    def __init__(self, size: int, read: Read) -> None:
        self._size = size
        self._read = read
        self._tiles: dict[TileRef, list[bytes]] = {}

    def __call__(self, height: int, index: int) -> bytes:
        level, depth = divmod(height, TILE_HEIGHT)
        start, count = index << depth, 1 << depth
        ref = tile_at(self._size, level, start // TILE_WIDTH)
        if ref not in self._tiles:
            self._tiles[ref] = read_items(self._read, ref)
        offset = start % TILE_WIDTH
        return subtree_root(self._tiles[ref][offset : offset + count])
