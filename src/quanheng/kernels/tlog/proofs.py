"""Inclusion and consistency proofs: made from subtree hashes, verified as RFC 9162 section 2.1 says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quanheng.kernels.tlog.hashing import EMPTY_ROOT, HASH_BYTES, node_hash

HashReader = Callable[[int, int], bytes]
"""Give the root of the perfect subtree of a height (0 = leaves) at an index in its row."""


class ProofError(ValueError):
    """A proof does not prove what it is said to."""


def range_root(start: int, end: int, read_hash: HashReader) -> bytes:
    """Return the root over leaves ``start`` to ``end``; ``start`` must be where such a subtree begins."""
    root: bytes | None = None
    while end > start:
        height = ((end - start) & -(end - start)).bit_length() - 1
        end -= 1 << height
        left = read_hash(height, end >> height)
        root = left if root is None else node_hash(left, root)
    return EMPTY_ROOT if root is None else root


def inclusion_proof(index: int, size: int, read_hash: HashReader) -> list[bytes]:
    """Return the audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"no such leaf: {index=} {size=}")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(range_root(middle, high, read_hash))
            high = middle
        else:
            path.append(range_root(low, middle, read_hash))
            low = middle
    return path[::-1]


def consistency_proof(old_size: int, size: int, read_hash: HashReader) -> list[bytes]:
    """Return the proof that the tree of ``old_size`` is a prefix of that of ``size`` (RFC 6962, 2.1.2)."""
    if not 0 <= old_size <= size:
        raise ValueError(f"sizes in the wrong order: {old_size=} {size=}")
    path: list[bytes] = []
    low, high = 0, size
    while old_size and old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(range_root(middle, high, read_hash))
            high = middle
        else:
            path.append(range_root(low, middle, read_hash))
            low = middle
    if low:  # the old root itself is known to the verifier and left out
        path.append(range_root(low, high, read_hash))
    return path[::-1]


def root_from_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that ``proof`` leads to (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError(f"no such leaf: {index=} {size=}")
    _check_lengths([leaf, *proof])
    node, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError(f"proof is too long: {len(proof)} hashes for {index=} {size=}")
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError(f"proof is too short: {len(proof)} hashes for {index=} {size=}")
    return root


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise `ProofError` unless ``proof`` shows ``leaf`` at ``index`` under ``root``."""
    found = root_from_inclusion(index=index, size=size, leaf=leaf, proof=proof)
    if found != root:
        raise ProofError(f"proof leads to root {found.hex()} instead of {root.hex()}")


def verify_consistency(
    *, old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise `ProofError` unless ``proof`` shows that the old tree is a prefix (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= size:
        raise ProofError(f"sizes in the wrong order: {old_size=} {size=}")
    _check_lengths([old_root, root, *proof])
    if old_size in (0, size):
        if proof:
            raise ProofError(f"proof must be empty: {len(proof)} hashes for {old_size=} {size=}")
        if old_root != (root if old_size else EMPTY_ROOT):
            raise ProofError(f"roots differ: {old_root.hex()} {root.hex()} at {old_size=} {size=}")
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError(f"proof is too short: {old_size=} {size=}")
    found_old, found, last = _fold_consistency(old_size - 1, size - 1, path)
    if last or found_old != old_root or found != root:
        raise ProofError(f"proof does not link {old_root.hex()} at {old_size} to {root.hex()} at {size}")


def _fold_consistency(node: int, last: int, path: list[bytes]) -> tuple[bytes, bytes, int]:
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError(f"proof is too long: {len(path)} hashes")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return old, new, last


def _check_lengths(hashes: Sequence[bytes]) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise ProofError(f"hash of {len(value)} bytes instead of {HASH_BYTES}")


def _split(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)
