"""Proof files: one entry of the log with all that is needed to verify it offline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from quanheng.kernels.tlog.checkpoint import Checkpoint, open_checkpoint
from quanheng.kernels.tlog.entry import Leaf, parse_leaf
from quanheng.kernels.tlog.hashing import HASH_BYTES, leaf_hash
from quanheng.kernels.tlog.layout import ENTRIES, TILE_WIDTH, tile_at
from quanheng.kernels.tlog.notes import VerifierKey
from quanheng.kernels.tlog.proofs import ProofError, inclusion_proof, verify_inclusion
from quanheng.kernels.tlog.tiles import Read, TileError, TileHashes, read_items

FORMAT = "quanheng-proof/1"
MAX_BYTES = 2 * 2**20  # the longest entry as JSON escapes it, and the longest checkpoint
_FIELDS = {
    "format": str,
    "index": int,
    "entry": str,
    "leaf_hash": str,
    "inclusion": list,
    "checkpoint": str,
    "vkey": str,
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A verified proof: ``entry`` is leaf ``index`` of the log that signed ``checkpoint``."""

    index: int
    entry: bytes
    leaf: Leaf
    checkpoint: Checkpoint
    key: VerifierKey


def make_proof(*, read: Read, index: int, note: bytes, key: VerifierKey) -> bytes:
    """Return the proof file for leaf ``index`` under the published checkpoint ``note``.

    Raises
    ------
    TileError
        If a needed file is missing, malformed, or does not lead to the checkpoint's root.
    ValueError
        If there is no such leaf, or the checkpoint is not signed by ``key``.
    """
    checkpoint = open_checkpoint(note, key)
    if not 0 <= index < checkpoint.size:
        raise ValueError(f"no such leaf: {index=} size={checkpoint.size}")
    bundle = tile_at(checkpoint.size, ENTRIES, index // TILE_WIDTH)
    entry = read_items(read, bundle)[index % TILE_WIDTH]
    leaf = leaf_hash(entry)
    proof = inclusion_proof(index, checkpoint.size, TileHashes(checkpoint.size, read))
    try:
        verify_inclusion(index=index, size=checkpoint.size, leaf=leaf, proof=proof, root=checkpoint.root)
        parse_leaf(entry)
    except ValueError as error:  # not under the root, or no leaf at all
        raise TileError(bundle.path, f"entry {index} is not proved by the tiles: {error}") from error
    fields = {
        "format": FORMAT,
        "index": index,
        "entry": entry.decode(),
        "leaf_hash": leaf.hex(),
        "inclusion": [value.hex() for value in proof],
        "checkpoint": note.decode("utf-8"),
        "vkey": key.vkey,
    }
    return (json.dumps(fields, ensure_ascii=False, indent=2) + "\n").encode()


def verify_proof(data: bytes, *, key: VerifierKey | None = None) -> Proof:
    """Return what a proof file proves; ``key`` overrides the one in the file, which anybody can write.

    Raises
    ------
    ProofError
        If the file is malformed, or the entry does not lead to the checkpoint's root.
    NoteError
        If the checkpoint is not signed by the key.
    """
    fields = _parse_fields(data)
    checkpoint_key = key or VerifierKey.parse(fields["vkey"])
    checkpoint = open_checkpoint(fields["checkpoint"].encode(), checkpoint_key)
    entry = fields["entry"].encode()
    leaf = leaf_hash(entry)
    if leaf.hex() != fields["leaf_hash"]:
        raise ProofError(f"leaf_hash is {fields['leaf_hash']!r}, the entry hashes to {leaf.hex()}")
    try:
        parsed = parse_leaf(entry)
    except ValueError as error:
        raise ProofError(f"entry is no leaf: {error}") from error
    proof = [_parse_hash(value) for value in fields["inclusion"]]
    verify_inclusion(
        index=fields["index"], size=checkpoint.size, leaf=leaf, proof=proof, root=checkpoint.root
    )
    return Proof(fields["index"], entry, parsed, checkpoint, checkpoint_key)


def _parse_fields(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise ProofError(f"proof file of {len(data)} bytes is over {MAX_BYTES}")
    try:
        pairs = json.loads(data.decode("utf-8"), object_pairs_hook=list)
        fields = dict(pairs)
        # A lone surrogate has no UTF-8 and so no hash.
        json.dumps(fields, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise ProofError(f"not a proof file: {error}") from error
    if len(pairs) != len(fields) or set(fields) != set(_FIELDS) or fields["format"] != FORMAT:
        raise ProofError(f"not a proof file of format {FORMAT}: fields {sorted(map(str, fields))}")
    for name, kind in _FIELDS.items():
        if type(fields[name]) is not kind:
            raise ProofError(f"field {name} is no {kind.__name__}: {fields[name]!r}")
    return fields


def _parse_hash(value: object) -> bytes:
    try:
        digest = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        digest = b""
    if len(digest) != HASH_BYTES or digest.hex() != value:
        raise ProofError(f"not a hash: {value!r}")
    return digest
