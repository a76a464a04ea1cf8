"""Leaves are believed only where all entries lead to the signed root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from quanheng.certificates.checking import LogUnreadable, PublishedLog
from quanheng.kernels.tlog.checkpoint import Checkpoint, sign_checkpoint
from quanheng.kernels.tlog.entry import leaf_entry
from quanheng.kernels.tlog.notes import ED25519, SigningKey, format_note
from quanheng.kernels.tlog.tiles import Edge, grow

AT = datetime(2026, 5, 20, tzinfo=UTC)
KEY = SigningKey("quanheng/test", ED25519, bytes(32))
Files = dict[str, bytes]


def published(size: int) -> Files:
    """A log in which leaf n is about ``thing:n % 7``."""
    entries = [
        leaf_entry(kind="test:made", at=AT, subject=f"thing:{n % 7}", data={"n": n, "subject": "thing:9"})
        for n in range(size)
    ]
    growth = grow(Edge(), entries)
    note = sign_checkpoint(Checkpoint(KEY.name, size, growth.edge.root), KEY)
    return growth.files | {
        "checkpoint": format_note(note),
        "log.vkey": f"{KEY.verifier.vkey}\n".encode(),
    }


@pytest.mark.parametrize("size", [1, 255, 256, 257, 1000])
def test_all_leaves_about_a_subject_are_found_in_their_order(size: int) -> None:
    log = PublishedLog(published(size).get)

    for _again in range(2):  # from the files, then from what is kept
        found = log.leaves_about({"thing:0", "thing:3"})
        assert [one.index for one in found] == [n for n in range(size) if n % 7 in {0, 3}]
    assert log.leaves_about({"thing:9"}) == []  # a subject that only data speak of


def _cut(files: Files) -> None:
    del files["tile/entries/001.p/44"]


def _change(files: Files) -> None:
    files["tile/entries/000"] = files["tile/entries/000"].replace(b'"n":3', b'"n":4', 1)


def _shorten(files: Files) -> None:
    files["tile/entries/000"] = files["tile/entries/000"][:-1]


def _other_key(files: Files) -> None:
    other = SigningKey(KEY.name, ED25519, bytes([1] * 32))
    files["log.vkey"] = f"{other.verifier.vkey}\n".encode()


def _no_key(files: Files) -> None:
    del files["log.vkey"]


def _no_checkpoint(files: Files) -> None:
    del files["checkpoint"]


@pytest.mark.parametrize("harm", [_cut, _change, _shorten, _other_key, _no_key, _no_checkpoint])
def test_a_log_that_does_not_lead_to_its_signed_root_is_refused(harm: Callable[[Files], None]) -> None:
    files = published(300)
    harm(files)

    with pytest.raises(LogUnreadable):
        PublishedLog(files.get).leaves_about({"thing:0"})
