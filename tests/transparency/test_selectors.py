from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import transaction

from quanheng.kernels.canonical import opens
from quanheng.kernels.tlog.proof_file import verify_proof
from quanheng.transparency import selectors
from quanheng.transparency.errors import LeafNotFound, LeafNotPublished, LogCorrupt
from quanheng.transparency.models import Leaf
from quanheng.transparency.sequencer import _stage, sequence
from quanheng.transparency.services import Personal, enqueue_leaf, erase_openings
from tests.transparency.making import stage

pytestmark = pytest.mark.django_db


def _numbers(page: selectors.LeafPage) -> list[int]:
    return [leaf.index for leaf in page.leaves]


def test_pages_lead_from_the_newest_leaf_to_the_oldest_and_back(home: Path) -> None:
    stage(7)
    sequence()
    first = selectors.leaves(limit=3)
    assert (_numbers(first), first.newer) == ([6, 5, 4], None)
    second = selectors.leaves(before=first.older, limit=3)
    assert _numbers(second) == [3, 2, 1]
    last = selectors.leaves(before=second.older, limit=3)
    assert (_numbers(last), last.older) == ([0], None)
    assert _numbers(selectors.leaves(after=last.newer, limit=3)) == [3, 2, 1]
    assert selectors.leaves(before=0) == selectors.LeafPage([], None, None)


def test_pages_are_of_one_kind_or_one_subject(home: Path) -> None:
    stage(2)
    stage(2, kind="other:made")
    sequence()
    assert _numbers(selectors.leaves(kind="other:made")) == [3, 2]
    assert _numbers(selectors.leaves(subject="thing:1")) == [3, 1]
    page = selectors.leaves(subject="thing:1", before=3)
    assert (_numbers(page), page.older, page.newer) == ([1], None, 1)


def test_a_proof_is_made_from_the_published_files(home: Path) -> None:
    stage(300)
    sequence()
    proof = verify_proof(json.dumps(selectors.proof(257)).encode())
    assert (proof.index, proof.entry) == (257, bytes(selectors.leaf(257).entry))


def test_no_proof_of_what_is_not_there_or_not_out(home: Path) -> None:
    stage(1)
    sequence()
    with pytest.raises(LeafNotFound, match="序号为 1 "):
        selectors.proof(1)
    stage(1)
    assert selectors.pending_count() == 1
    _stage(1)
    assert selectors.pending_count() == 0
    with pytest.raises(LeafNotPublished, match="序号为 1 "):
        selectors.proof(1)


@pytest.mark.parametrize("path", ["tile/entries/000.p/3", "tile/0/000.p/3", "checkpoint", "log.vkey"])
def test_a_damaged_file_is_named_instead_of_a_proof(home: Path, path: str) -> None:
    stage(3)
    sequence()
    file = home / "log" / path
    data = bytearray(file.read_bytes())
    data[40] ^= 1
    file.write_bytes(data)
    with pytest.raises(LogCorrupt, match="已损坏或被改动"):
        selectors.proof(0)


def test_erasing_a_person_keeps_every_proof(home: Path) -> None:
    with transaction.atomic():
        enqueue_leaf(
            kind="test:made", subject="thing:1", data={"n": 1}, personal={"by": Personal("李某", "user:7")}
        )
    sequence()
    proof = json.dumps(selectors.proof(0)).encode()
    committed = json.loads(bytes(Leaf.objects.get().entry))["data"]["by"]["commitment"]
    opening = selectors.opening_for(committed)
    assert opening is not None
    assert opens(committed, bytes(opening.salt), "李某")
    assert "李某" not in proof.decode()
    assert erase_openings(person="user:7") == 1
    assert selectors.opening_for(committed) is None
    assert json.dumps(selectors.proof(0)).encode() == proof
    assert verify_proof(proof).index == 0


def test_a_leaf_needs_the_transaction_of_its_fact(transactional_db: None, home: Path) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        enqueue_leaf(kind="test:made", subject="thing:1", data={})
    with transaction.atomic():
        enqueue_leaf(kind="test:made", subject="thing:1", data={})
        transaction.set_rollback(True)
    assert selectors.pending_count() == 0
