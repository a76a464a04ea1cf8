"""Merkle tree hashing of RFC 6962, section 2.1, with SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one log entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over consecutive ``hashes`` of one height; the last may be of lesser height.

    Pairing bottom-up and carrying an odd last node upwards builds the same tree as the
    recursive split at the largest power of two.
    """
    if not hashes:
        raise ValueError("no hashes: the root of an empty subtree is undefined")
    row = list(hashes)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=False)] + odd
    return row[0]


def tree_root(levels: Sequence[Sequence[bytes]]) -> bytes:
    """Return the root of a tree given its right edge: the partial tile of every level, lowest first."""
    right: list[bytes] = []
    for level in levels:
        row = [*level, *right]
        right = [subtree_root(row)] if row else []
    return right[0] if right else EMPTY_ROOT
