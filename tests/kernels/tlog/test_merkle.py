"""Hashing and proofs against published vectors and a naive recursive tree."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.tlog.hashing import EMPTY_ROOT, leaf_hash, node_hash, subtree_root
from quanheng.kernels.tlog.proofs import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    range_root,
    verify_consistency,
    verify_inclusion,
)
from tests.kernels.tlog.logs import shared_vectors

# Inputs and roots of sizes 0, 1 and 8 as used by several certificate-transparency implementations.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
LEAVES = [bytes.fromhex(text) for text in INPUTS]
ROOT_OF_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


class NaiveHashes:
    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def __call__(self, height: int, index: int) -> bytes:
        part = self.leaves[index << height : (index + 1) << height]
        assert len(part) == 1 << height  # only perfect subtrees of this tree may be asked for
        return naive_root(part)


def numbered(count: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(count)]


def test_known_roots() -> None:
    assert naive_root(LEAVES).hex() == ROOT_OF_8
    assert subtree_root([leaf_hash(leaf) for leaf in LEAVES]).hex() == ROOT_OF_8
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(st.integers(1, 600))
def test_bottom_up_root_equals_the_recursive_one(count: int) -> None:
    leaves = numbered(count)
    assert subtree_root([leaf_hash(leaf) for leaf in leaves]) == naive_root(leaves)


def test_root_of_no_hashes_is_refused() -> None:
    with pytest.raises(ValueError, match="empty subtree"):
        subtree_root([])


@given(st.data())
def test_inclusion_proof_holds_for_its_leaf_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    leaves = numbered(size)
    root, leaf = naive_root(leaves), leaf_hash(leaves[index])
    proof = inclusion_proof(index, size, NaiveHashes(leaves))
    verify_inclusion(index=index, size=size, leaf=leaf, proof=proof, root=root)
    good: dict[str, Any] = {"index": index, "size": size, "leaf": leaf, "proof": proof, "root": root}
    other = leaf_hash(b"other")
    bads: list[dict[str, Any]] = [{"leaf": other}, {"root": other}, {"proof": [*proof, root]}]
    bads += [{"index": size}, {"index": -1}, {"leaf": leaf[:31]}, {"proof": [b"short", *proof]}]
    bads += [{"proof": proof[:-1]}, {"index": (index + 1) % size}] if proof else []
    for bad in bads:
        with pytest.raises(ProofError):
            verify_inclusion(**good | bad)


@given(st.data())
def test_consistency_proof_holds_for_its_two_trees_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    old_size = data.draw(st.integers(0, size))
    leaves = numbered(size)
    old_root, root = naive_root(leaves[:old_size]), naive_root(leaves)
    proof = consistency_proof(old_size, size, NaiveHashes(leaves))
    good: dict[str, Any] = {
        "old_size": old_size, "size": size, "old_root": old_root, "root": root, "proof": proof
    }  # fmt: skip
    verify_consistency(**good)
    other = leaf_hash(b"other")
    bads: list[dict[str, Any]] = [{"old_root": other}, {"proof": [*proof, other]}, {"old_size": size + 1}]
    bads += [{"proof": proof[:-1]}, {"root": other}] if proof else []
    bads += [{"proof": [*proof[:at], other, *proof[at + 1 :]]} for at in range(len(proof))]
    for bad in bads:
        with pytest.raises(ProofError):
            verify_consistency(**good | bad)


@given(st.data())
def test_range_root_from_perfect_subtrees(data: st.DataObject) -> None:
    leaves = numbered(200)
    start = data.draw(st.sampled_from([0, 64, 128]))
    end = data.draw(st.integers(start, min(start + 64, 200)))
    assert range_root(start, end, NaiveHashes(leaves)) == naive_root(leaves[start:end])


def test_proofs_outside_the_tree_are_refused() -> None:
    hashes = NaiveHashes(numbered(3))
    for index in (-1, 3):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(index, 3, hashes)
    with pytest.raises(ValueError, match="wrong order"):
        consistency_proof(4, 3, hashes)


def test_shared_roots() -> None:
    vectors = shared_vectors("merkle_roots.json")
    leaves = [bytes.fromhex(text) for text in vectors["leaf_inputs_hex"]]
    hashes = NaiveHashes(leaves)
    for size, root in enumerate(vectors["root_by_size_hex"]):
        assert range_root(0, size, hashes).hex() == root
    cases = {case["what"]: case["hex"] for case in vectors["hash_cases"]}
    assert cases == {
        "empty root": EMPTY_ROOT.hex(),
        'leaf("")': leaf_hash(b"").hex(),
        'leaf("L123456")': leaf_hash(b"L123456").hex(),
        'node("N123","N456")': node_hash(b"N123", b"N456").hex(),
    }


def _hashes(proof: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in proof or []]


def test_shared_inclusion_probes() -> None:
    vectors = shared_vectors("merkle_inclusion.json")["vectors"]
    assert len(vectors) >= 50
    for vector in vectors:
        arguments: dict[str, Any] = {
            "index": vector["leafIdx"],
            "size": vector["treeSize"],
            "leaf": base64.b64decode(vector["leafHash"] or ""),
            "proof": _hashes(vector["proof"]),
            "root": base64.b64decode(vector["root"] or ""),
        }
        assert _is_refused(verify_inclusion, arguments) is vector["wantErr"], vector["file"]


def test_shared_consistency_probes() -> None:
    vectors = shared_vectors("merkle_consistency.json")["vectors"]
    assert len(vectors) >= 40
    for vector in vectors:
        arguments: dict[str, Any] = {
            "old_size": vector["size1"],
            "size": vector["size2"],
            "old_root": base64.b64decode(vector["root1"] or ""),
            "root": base64.b64decode(vector["root2"] or ""),
            "proof": _hashes(vector["proof"]),
        }
        assert _is_refused(verify_consistency, arguments) is vector["wantErr"], vector["file"]


def _is_refused(verify: Any, arguments: dict[str, Any]) -> bool:
    try:
        verify(**arguments)
    except ProofError:
        return True
    return False
