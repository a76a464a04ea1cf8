"""Witness signatures: neighbours' statements that they saw one of our checkpoints, and nothing forked."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from django.db import transaction

from quanheng.base.locks import lock_for_process
from quanheng.kernels.tlog.cosignature import verify_cosignature
from quanheng.kernels.tlog.notes import COSIGNATURE_V1, Note, NoteError, Signature, VerifierKey, parse_note
from quanheng.transparency.errors import CheckpointNotFound, CosignatureRefused
from quanheng.transparency.models import SignedCheckpoint, WitnessSignature
from quanheng.transparency.publishing import publish_committed
from quanheng.transparency.sequencer import lock_path, signing_key


def accept_cosignature(*, tree_size: int, cosignature: str, witness_vkey: str) -> WitnessSignature:
    """Verify a witness's signature on one of our checkpoints, store it, and publish it with the newest.

    Parameters
    ----------
    tree_size : int
        Which of our checkpoints.
    cosignature : str
        The signature lines that the witness answered with, or the whole cosigned note.
    witness_vkey : str
        The witness's verifier key (``cosignature/v1``), from where it is trusted.

    Returns
    -------
    WitnessSignature
        The stored one; for a witness that has signed this checkpoint before, its first.

    Raises
    ------
    CheckpointNotFound
        We signed no checkpoint of this size.
    CosignatureRefused
        Malformed, of another checkpoint, or not by this witness.
    """
    with transaction.atomic(durable=True):
        head = SignedCheckpoint.objects.filter(tree_size=tree_size).first()
        if head is None:
            raise CheckpointNotFound(tree_size=tree_size)
        key, signature, cosigned_at = _verified(head, cosignature, witness_vkey)
        stored, _ = WitnessSignature.objects.get_or_create(
            checkpoint=head,
            witness=key.vkey,
            defaults={"line": _line(signature), "cosigned_at": cosigned_at},
        )
    with lock_for_process(lock_path()) as is_free:
        if is_free:  # else the sequencer is running, and publishes it now or next time
            publish_committed(key=signing_key().verifier)
    return stored


def _verified(head: SignedCheckpoint, text: str, vkey: str) -> tuple[VerifierKey, Signature, datetime]:
    try:
        key = VerifierKey.parse(vkey)
        if key.algorithm != COSIGNATURE_V1:
            raise NoteError(f"not a witness key: type {key.algorithm}")
        note = _cosigned(head, text)
        cosigned_at = datetime.fromtimestamp(verify_cosignature(note, key), UTC)
    except (ValueError, OverflowError, OSError) as error:  # the last two: a time beyond the calendar
        raise CosignatureRefused(reason=str(error)) from error
    return key, next(s for s in note.signatures if s.is_by(key)), cosigned_at


def _cosigned(head: SignedCheckpoint, text: str) -> Note:
    ours = parse_note(head.note.encode())
    if "\n\n" not in text:
        return parse_note(f"{ours.text}\n{text.removesuffix(chr(10))}\n".encode())
    note = parse_note(text.encode())
    if note.text != ours.text:
        raise NoteError("the note is not our checkpoint of this size")
    return note


def _line(signature: Signature) -> str:
    return f"— {signature.name} {base64.b64encode(signature.key_id + signature.blob).decode()}"
