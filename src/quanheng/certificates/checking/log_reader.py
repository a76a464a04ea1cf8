"""Leaves about certificates and keys, from a published log or a proof file, each proven before it is believed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from quanheng.kernels.tlog.check import parse_key_file
from quanheng.kernels.tlog.checkpoint import open_checkpoint
from quanheng.kernels.tlog.entry import Leaf, parse_leaf
from quanheng.kernels.tlog.hashing import EMPTY_ROOT, leaf_hash, subtree_root
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, ENTRIES, KEY_PATH, TILE_WIDTH, tile_at
from quanheng.kernels.tlog.notes import VerifierKey
from quanheng.kernels.tlog.tiles import Read, TileError, read_items

KEPT_BYTES = 128 * 2**20  # of entries: a log of some hundred thousand leaves is read once for many files


class LogUnreadable(ValueError):
    """There is no log, or not one that its key signed; the reason is Chinese."""


@dataclass(frozen=True, slots=True)
class ProvenLeaf:
    """A leaf that leads to the root of a signed checkpoint."""

    index: int
    leaf: Leaf


class PublishedLog:
    """A published log in a folder or a copy of one.

    Every question reads all entries and derives the root from them: a revocation that somebody took out of a
    copy would otherwise not be missed.  A million leaves take some seconds; up to ``KEPT_BYTES`` are kept.
    """

    def __init__(self, read: Read, *, key: VerifierKey | None = None) -> None:
        """Open the checkpoint with ``key``, else with the log's own.

        Raises
        ------
        LogUnreadable
            No checkpoint or key, or not signed by it.
        """
        self._read = read
        self._kept: list[bytes] | None = None
        self.is_key_from_log = key is None
        self.last_at: datetime | None = None
        """When the newest leaf was recorded, known once the entries were read: up to then this log knows."""
        note = read(CHECKPOINT_PATH)
        if note is None:
            raise LogUnreadable("这里没有日志的检查点（checkpoint）。")
        self.key = key or _own_key(read)
        try:
            self.checkpoint = open_checkpoint(note, self.key)
        except ValueError as error:
            raise LogUnreadable(f"检查点不是由这把公钥签署的，或已损坏（{error}）。") from error

    def leaves_about(self, subjects: Collection[str]) -> list[ProvenLeaf]:
        """Return all leaves about any of ``subjects``, oldest first.

        Raises
        ------
        LogUnreadable
            A file is missing or malformed, or the entries do not lead to the signed root.
        """
        wanted = [json.dumps(f"{subject}", ensure_ascii=False).encode() for subject in subjects]
        needles = [b'"subject":' + text for text in wanted]
        found, entry = list[tuple[int, bytes]](), b""
        for index, entry in enumerate(self._entries()):
            if any(needle in entry for needle in needles):
                found.append((index, entry))
        try:
            leaves = [ProvenLeaf(index, parse_leaf(entry)) for index, entry in found]
            self.last_at = parse_leaf(entry).at if entry else None
        except ValueError as error:
            raise LogUnreadable(f"日志中有不合格式的条目（{error}）。") from error
        return [one for one in leaves if one.leaf.subject in subjects]

    def _entries(self) -> Iterator[bytes]:
        """Yield every entry; only who reaches the end knows that all of them were genuine."""
        if self._kept is not None:
            yield from self._kept
            return
        kept: list[bytes] | None = []
        roots: list[bytes] = []
        held = 0
        for entries in self._bundles():
            roots.append(subtree_root([leaf_hash(entry) for entry in entries]))
            yield from entries
            held += sum(map(len, entries))
            if held > KEPT_BYTES:
                kept = None
            if kept is not None:
                kept += entries
        if (subtree_root(roots) if roots else EMPTY_ROOT) != self.checkpoint.root:
            raise LogUnreadable("日志的条目与签署的检查点不符，副本不完整或被改动过。")
        self._kept = kept

    def _bundles(self) -> Iterator[list[bytes]]:
        size = self.checkpoint.size
        for index in range(-(-size // TILE_WIDTH)):
            try:
                yield read_items(self._read, tile_at(size, ENTRIES, index))
            except TileError as error:
                raise LogUnreadable(f"日志文件 {error.path} 缺失或已损坏。") from error


def _own_key(read: Read) -> VerifierKey:
    data = read(KEY_PATH)
    if data is None:
        raise LogUnreadable(f"日志中没有公钥（{KEY_PATH}），请另外给出。")
    try:
        return parse_key_file(data)
    except ValueError as error:
        raise LogUnreadable(f"日志的公钥文件已损坏（{error}）。") from error
