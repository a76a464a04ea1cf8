"""Paths, tiles and bundles."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanheng.kernels.tlog.hashing import EMPTY_ROOT, leaf_hash, subtree_root
from quanheng.kernels.tlog.layout import (
    ENTRIES,
    TileRef,
    edge_refs,
    parse_path,
    tile_at,
)
from quanheng.kernels.tlog.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from quanheng.kernels.tlog.tiles import (
    Edge,
    MissingTileError,
    TileError,
    TileHashes,
    decode_bundle,
    encode_bundle,
    grow,
    load_edge,
    read_items,
)
from tests.kernels.tlog.logs import Files


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        (TileRef(0, 0), "tile/0/000"),
        (TileRef(0, 1234067), "tile/0/x001/x234/067"),
        (TileRef(1, 1000, 8), "tile/1/x001/000.p/8"),
        (TileRef(63, 999, 255), "tile/63/999.p/255"),
        (TileRef(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths_of_the_specification(ref: TileRef, path: str) -> None:
    assert ref.path == path
    assert parse_path(path) == ref


@given(st.integers(ENTRIES, 63), st.integers(0, 2**55), st.integers(1, 256))
def test_parsing_a_path_is_the_inverse(level: int, index: int, width: int) -> None:
    ref = TileRef(level, index, width)
    assert parse_path(ref.path) == ref


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/234",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/08",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/entries/x12/000",
        "tile/0/٠٠٠",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/../checkpoint",
        "checkpoint",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"not a tile path|no such tile"):
        parse_path(path)


def test_tiles_of_a_tree_of_70000_leaves() -> None:
    # The example of the tlog-tiles specification.
    assert [ref and (ref.index, ref.width) for ref in edge_refs(70_000)] == [(273, 112), (1, 17), (0, 1)]
    assert edge_refs(256) == [None, TileRef(1, 0, 1)]
    assert tile_at(70_000, 0, 272).width == 256
    with pytest.raises(ValueError, match="no such tile"):
        tile_at(70_000, 0, 274)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_decoding_a_bundle_is_the_inverse(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == entries


def test_bundle_bytes_and_limits() -> None:
    assert encode_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    assert decode_bundle(encode_bundle([bytes(65535)])) == [bytes(65535)]
    with pytest.raises(ValueError, match="over 65535"):
        encode_bundle([bytes(65536)])
    for broken in (b"\x00", b"\x00\x03ab", b"\x00\x02ab\x00"):
        with pytest.raises(ValueError, match="ends within"):
            decode_bundle(broken)


def grown(batches: list[list[bytes]]) -> tuple[Edge, Files]:
    edge, files = Edge(), Files()
    for batch in batches:
        growth = grow(edge, batch)
        assert not growth.files.keys() & files.keys()  # nothing published is written again
        edge = growth.edge
        files |= growth.files
    return edge, files


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=4))
def test_batches_do_not_matter_and_every_tile_is_there(sizes: list[int]) -> None:
    total = sum(sizes)
    entries = [f"entry {number}".encode() for number in range(total)]
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    batches = [entries[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    edge, files = grown(batches)
    assert edge.size == total
    assert edge.root == subtree_root([leaf_hash(entry) for entry in entries])
    assert edge == grow(Edge(), entries).edge
    assert edge == load_edge(size=total, root=edge.root, read=files.get)
    once = grow(Edge(), entries).files
    assert once.items() <= files.items()
    for path in files.keys() - once.keys():
        assert parse_path(path).width < 256  # only the edges of earlier sizes


def test_growth_past_three_levels() -> None:
    edge, files = grown([[b"x"] * 65_000, [b"y"] * 5_000])
    assert edge.root == subtree_root([leaf_hash(b"x")] * 65_000 + [leaf_hash(b"y")] * 5_000)
    assert [len(level) for level in edge.levels] == [112, 17, 1]
    assert len(files["tile/1/000"]) == 8192
    assert files["tile/2/000.p/1"] == subtree_root(
        read_items(files.get, TileRef(1, 0))
    )  # 65,536 leaves fill one tile of level 1


def test_growing_by_nothing_changes_nothing() -> None:
    edge = grow(Edge(), [b"a", b"b"]).edge
    assert grow(edge, []).edge == edge
    assert grow(edge, []).files == {}
    assert Edge().root == EMPTY_ROOT
    assert load_edge(size=0, root=EMPTY_ROOT, read=Files().get) == Edge()


def test_proofs_read_from_tiles() -> None:
    entries = [f"entry {number}".encode() for number in range(70_000)]
    edge, files = grown([entries])
    chance = random.Random(1)
    for _ in range(30):
        index = chance.randrange(70_000)
        proof = inclusion_proof(index, 70_000, TileHashes(70_000, files.get))
        leaf = leaf_hash(entries[index])
        verify_inclusion(index=index, size=70_000, leaf=leaf, proof=proof, root=edge.root)
        old_root = subtree_root([leaf_hash(entry) for entry in entries[: index + 1]])
        proof = consistency_proof(index + 1, 70_000, TileHashes(70_000, files.get))
        verify_consistency(old_size=index + 1, size=70_000, old_root=old_root, root=edge.root, proof=proof)


def test_a_full_tile_stands_in_for_a_deleted_partial_one() -> None:
    _, files = grown([[b"a"] * 10, [b"b"] * 300])
    del files["tile/0/000.p/10"]
    assert read_items(files.get, TileRef(0, 0, 10)) == [leaf_hash(b"a")] * 10
    with pytest.raises(MissingTileError):
        read_items(files.get, TileRef(0, 7))


@pytest.mark.parametrize("path", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
@pytest.mark.parametrize("damage", ["flip", "cut", "delete"])
def test_a_damaged_edge_is_named_before_anything_is_appended(path: str, damage: str) -> None:
    edge, files = grown([[b"entry"] * 300])
    if damage == "delete":
        del files[path]
    else:
        data = files[path]
        files[path] = data[:-1] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1])
    with pytest.raises(TileError) as caught:
        load_edge(size=300, root=edge.root, read=files.get)
    assert path in str(caught.value)
