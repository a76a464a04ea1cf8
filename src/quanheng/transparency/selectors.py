"""Reads of the transparency app."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from quanheng.kernels.tlog.check import parse_key_file
from quanheng.kernels.tlog.checkpoint import parse_checkpoint
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, KEY_PATH
from quanheng.kernels.tlog.notes import parse_note
from quanheng.kernels.tlog.proof_file import make_proof
from quanheng.kernels.tlog.tiles import Read, TileError
from quanheng.transparency.errors import LeafNotFound, LeafNotPublished, LogCorrupt
from quanheng.transparency.models import Leaf, Opening, PendingLeaf, SignedCheckpoint

PAGE = 50


@dataclass(frozen=True)
class LeafPage:
    """Leaves, newest first; ``older`` and ``newer`` are what to ask for next, None at the end."""

    leaves: list[Leaf]
    older: int | None
    newer: int | None


def latest_checkpoint() -> SignedCheckpoint | None:
    """Return the newest tree head that we signed; None for an empty log."""
    return SignedCheckpoint.objects.order_by("-tree_size").first()


def first_checkpoint_of(kind: str, subject: str) -> SignedCheckpoint | None:
    """Return the first tree head that signs the first leaf of a kind about a subject; None while none does.

    Nobody knew it when the leaf was staged, and it stays the same however long one waits: seeds are made of it.
    """
    found = Leaf.objects.filter(kind=kind, subject=subject).order_by("index").first()
    if found is None:
        return None
    return SignedCheckpoint.objects.filter(tree_size__gt=found.index).order_by("tree_size").first()


def log_folder() -> Path:
    """Return the folder of the published log."""
    return Path(settings.HOME) / "log"


def reader(folder: Path) -> Read:
    """Return how to read the log published in ``folder``."""

    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except FileNotFoundError:
            return None

    return read


def pending_count() -> int:
    """Return how many leaves wait for the sequencer."""
    return PendingLeaf.objects.count()


def leaf(index: int) -> Leaf:
    """Return the leaf with this number; LeafNotFound."""
    found = Leaf.objects.filter(index=index).first()
    if found is None:
        raise LeafNotFound(index=index)
    return found


def leaves(
    *,
    kind: str = "",
    subject: str = "",
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> LeafPage:
    """Return a page of leaves: the newest, those just ``before`` a number, or those just ``after`` one."""
    rows = Leaf.objects.all()
    if kind:
        rows = rows.filter(kind=kind)
    if subject:
        rows = rows.filter(subject=subject)
    if after is not None:
        found = list(rows.filter(index__gt=after).order_by("index")[:limit])[::-1]
    else:
        page = rows if before is None else rows.filter(index__lt=before)
        found = list(page.order_by("-index")[:limit])
    if not found:
        return LeafPage([], None, None)
    newest, oldest = found[0].index, found[-1].index
    return LeafPage(
        found,
        oldest if rows.filter(index__lt=oldest).exists() else None,
        newest if rows.filter(index__gt=newest).exists() else None,
    )


def has_leaves(subject: str) -> bool:
    """Whether the log has a leaf about ``subject``; what waits for its number does not count."""
    return Leaf.objects.filter(subject=subject).exists()


def proof(index: int) -> dict[str, Any]:
    """Return the proof file of one leaf, made from the published files alone.

    Raises
    ------
    LeafNotFound, LeafNotPublished
        There is no such leaf, or no published checkpoint covers it yet.
    LogCorrupt
        A published file is missing or wrong.
    """
    leaf(index)
    read = reader(log_folder())
    note, key = read(CHECKPOINT_PATH), read(KEY_PATH)
    try:
        if note is None or key is None or index >= parse_checkpoint(parse_note(note).text).size:
            raise LeafNotPublished(index=index)
        made: dict[str, Any] = json.loads(
            make_proof(read=read, index=index, note=note, key=parse_key_file(key))
        )
    except TileError as error:
        raise LogCorrupt(path=error.path, reason=error.reason) from error
    except ValueError as error:
        raise LogCorrupt(path=CHECKPOINT_PATH, reason=str(error)) from error
    return made


def opening_for(commitment: str) -> Opening | None:
    """Return what a commitment hides; None once it is erased.  The caller checks who may see it."""
    return Opening.objects.filter(commitment=commitment).first()
