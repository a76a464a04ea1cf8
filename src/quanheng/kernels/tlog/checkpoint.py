"""Checkpoints (C2SP tlog-checkpoint): the signed head of a log."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from quanheng.kernels.tlog.hashing import HASH_BYTES
from quanheng.kernels.tlog.notes import (
    Note,
    NoteError,
    SigningKey,
    VerifierKey,
    decode_base64,
    parse_note,
    sign_note,
    verify_note,
)

MAX_SIZE = 2**63 - 1
_LINES = 3  # origin, size, root; what follows are extensions
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class CheckpointError(NoteError):
    """The text of the note is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which log, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        text = "".join(f"{line}\n" for line in lines)
        if parse_checkpoint(text) != self:
            raise CheckpointError(f"cannot be written as a checkpoint: {self!r}")
        return text


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note text holds."""
    lines = text.split("\n")
    if lines.pop() or len(lines) < _LINES or not all(lines):
        raise CheckpointError("a checkpoint has at least three lines, none of them empty")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise CheckpointError(f"not a tree size: {size!r}")
    digest = decode_base64(root)
    if len(digest) != HASH_BYTES:
        raise CheckpointError(f"root hash has {len(digest)} bytes instead of {HASH_BYTES}")
    return Checkpoint(origin, int(size), digest, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """Return the note by which the log of this origin publishes ``checkpoint``."""
    if key.name != checkpoint.origin:
        raise CheckpointError(f"key {key.name!r} is not that of the log {checkpoint.origin!r}")
    return sign_note(checkpoint.text, key)


def open_checkpoint(data: bytes, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint in a published note, if the log with ``key`` signed it.

    Raises
    ------
    NoteError
        `SignatureError` if the key did not sign; `CheckpointError` if it is no checkpoint or
        one of another log.
    """
    note = parse_note(data)
    verify_note(note, [key])
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != key.name:
        raise CheckpointError(f"checkpoint of {checkpoint.origin!r} is not by the log {key.name!r}")
    return checkpoint
