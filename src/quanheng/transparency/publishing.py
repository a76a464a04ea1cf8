"""What is committed, put on disk: tiles, then the checkpoint, then the clean-up (steps 3 to 5).

The same function serves normal work and recovery: it looks at what is out and goes on from there.
The caller holds the lock of the log folder (sequencer.py), so nobody else writes there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext as _

from quanheng.base.disk import write_atomic
from quanheng.kernels.tlog.checkpoint import Checkpoint, open_checkpoint
from quanheng.kernels.tlog.hashing import EMPTY_ROOT
from quanheng.kernels.tlog.layout import CHECKPOINT_PATH, ENTRIES, KEY_PATH, TILE_WIDTH, edge_refs, tile_at
from quanheng.kernels.tlog.notes import NoteError, VerifierKey, format_note, parse_note
from quanheng.kernels.tlog.tiles import Edge, Read, TileError, grow, load_edge
from quanheng.transparency.errors import DatabaseBehind, KeyDiffers, LeavesAltered, LogCorrupt
from quanheng.transparency.models import Leaf, SignedCheckpoint
from quanheng.transparency.selectors import log_folder, reader

AfterStep = Callable[[str], None]


def unobserved(_step: str) -> None:
    """Let the steps pass: nobody watches them outside the crash tests."""


def publish_committed(*, key: VerifierKey, after_step: AfterStep = unobserved) -> Edge:
    """Publish every signed checkpoint that is not out yet, oldest first; return the edge of the last.

    Raises
    ------
    LogCorrupt, LeavesAltered, DatabaseBehind, KeyDiffers
        What is out, what was signed and what the database holds do not agree.
    OSError
        The disk refused.  What was out before stays whole; the next run goes on.
    """
    folder = log_folder()
    edge = _published_edge(folder, key)
    while head := SignedCheckpoint.objects.filter(previous_size=edge.size).first():
        _publish_key(folder, key)
        edge = _publish_one(folder, edge, head, after_step)
    _publish_witnesses(folder, edge.size)
    return edge


def checkpoint_note(head: SignedCheckpoint) -> bytes:
    """Return the note as it is published: our signature, then those of the witnesses so far."""
    lines = head.witness_signatures.order_by("pk").values_list("line", flat=True)
    return format_note(parse_note((head.note + "".join(f"{line}\n" for line in lines)).encode()))


def entries_between(start: int, end: int) -> list[bytes]:
    """Return the entries of leaves ``start`` to ``end`` (exclusive), in order."""
    rows = Leaf.objects.filter(index__gte=start, index__lt=end).order_by("index")
    return [bytes(entry) for entry in rows.values_list("entry", flat=True)]


def _published_edge(folder: Path, key: VerifierKey) -> Edge:
    """Return the edge of the published log, checked against its checkpoint and the database."""
    read = reader(folder)
    out = _published_checkpoint(read, key)
    if out.size:
        head = SignedCheckpoint.objects.filter(tree_size=out.size).first()
        if head is None or bytes(head.root_hash) != out.root:
            raise DatabaseBehind(published=out.size)
    try:
        return load_edge(size=out.size, root=out.root, read=read)
    except TileError as error:
        raise LogCorrupt(path=error.path, reason=error.reason) from error


def _published_checkpoint(read: Read, key: VerifierKey) -> Checkpoint:
    data = read(CHECKPOINT_PATH)
    if data is None:
        return Checkpoint(key.name, 0, EMPTY_ROOT)
    try:
        return open_checkpoint(data, key)
    except NoteError as error:
        raise LogCorrupt(path=CHECKPOINT_PATH, reason=str(error)) from error


def _publish_one(folder: Path, edge: Edge, head: SignedCheckpoint, after_step: AfterStep) -> Edge:
    growth = grow(edge, entries_between(edge.size, head.tree_size))
    if growth.edge.size != head.tree_size or growth.edge.root != bytes(head.root_hash):
        raise LeavesAltered(first=edge.size, last=head.tree_size - 1)
    # 3. Publish the tiles.  A crash leaves some of them: each whole, none of them referred to by the
    #    checkpoint that is out, and the next run writes the same bytes again.
    for path, data in growth.files.items():
        _put(folder, path, data)
    after_step("tiles")
    # 4. Publish the checkpoint, by rename.  A crash leaves the old or the new one; the tiles serve both.
    write_atomic(folder / CHECKPOINT_PATH, checkpoint_note(head))
    after_step("checkpoint")
    # 5. Clean up.  A crash leaves superseded partial tiles, which are lawful, or a temporary file with
    #    a dot, which no reader looks at.
    _clean(folder, edge.size, growth.edge.size)
    for place in {(folder / path).parent for path in growth.files} | {folder}:
        for left in place.glob(".tmp-*"):
            left.unlink()
    after_step("cleaned")
    return growth.edge


def _put(folder: Path, path: str, data: bytes) -> None:
    """Write a tile.  One that is there already is immutable: other bytes in it are named, not replaced."""
    try:
        present = (folder / path).read_bytes()
    except FileNotFoundError:
        write_atomic(folder / path, data)
        return
    if present != data:
        raise LogCorrupt(path=path, reason=_("与数据库中已签署的内容不同"))


def _clean(folder: Path, old_size: int, size: int) -> None:
    """Remove the partial files of tiles that are full now.

    C2SP tlog-tiles lets them go only then: a reader who misses one falls back to the full tile.
    The partial files of the tile that is still growing stay, for readers of an older checkpoint.
    """
    refs = [ref for ref in edge_refs(old_size) if ref]
    if old_size % TILE_WIDTH:
        refs.append(tile_at(old_size, ENTRIES, old_size // TILE_WIDTH))
    for ref in refs:
        if tile_at(size, ref.level, ref.index).width == TILE_WIDTH:
            shutil.rmtree((folder / ref.path).parent, ignore_errors=True)


def _publish_key(folder: Path, key: VerifierKey) -> None:
    line = f"{key.vkey}\n".encode()
    present = reader(folder)(KEY_PATH)
    if present is None:
        write_atomic(folder / KEY_PATH, line)
    elif present != line:
        raise KeyDiffers(key=key.vkey, log=present.decode("utf-8", "replace").strip())


def _publish_witnesses(folder: Path, size: int) -> None:
    """Publish the checkpoint again if witnesses have signed it since."""
    head = SignedCheckpoint.objects.filter(tree_size=size).first()
    if head is None:
        return
    note = checkpoint_note(head)
    if reader(folder)(CHECKPOINT_PATH) != note:
        write_atomic(folder / CHECKPOINT_PATH, note)
