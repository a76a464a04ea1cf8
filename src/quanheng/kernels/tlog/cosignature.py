"""Witness signatures on checkpoints: Ed25519 ``cosignature/v1`` of C2SP tlog-cosignature."""

from __future__ import annotations

from quanheng.kernels.tlog.checkpoint import MAX_SIZE, parse_checkpoint
from quanheng.kernels.tlog.notes import (
    COSIGNATURE_V1,
    Note,
    Signature,
    SignatureError,
    SigningKey,
    VerifierKey,
)

_TIME_BYTES = 8
MAX_TIMESTAMP = MAX_SIZE  # both stop at 2**63 - 1


def cosign(text: str, key: SigningKey, *, timestamp: int) -> Signature:
    """Return the witness's statement that at ``timestamp`` [s, POSIX] this was the largest tree it saw.

    The caller has verified consistency with the last checkpoint it cosigned; this only signs.
    """
    parse_checkpoint(text)
    if key.algorithm != COSIGNATURE_V1 or not 0 <= timestamp <= MAX_TIMESTAMP:
        raise ValueError(f"cannot cosign: key type {key.algorithm}, {timestamp=}")
    blob = timestamp.to_bytes(_TIME_BYTES) + key.sign(_message(text, timestamp))
    return Signature(key.name, key.verifier.key_id, blob)


def verify_cosignature(note: Note, key: VerifierKey) -> int:
    """Return when [s, POSIX] the witness with ``key`` signed ``note``.

    Raises
    ------
    SignatureError
        If it did not sign, or if a signature in its name is false.
    """
    times: list[int] = []
    for signature in note.signatures:
        if not signature.is_by(key):
            continue
        timestamp = int.from_bytes(signature.blob[:_TIME_BYTES])
        raw = signature.blob[_TIME_BYTES:]
        if (
            key.algorithm != COSIGNATURE_V1
            or timestamp > MAX_TIMESTAMP
            or not key.verify(_message(note.text, timestamp), raw)
        ):
            raise SignatureError(f"cosignature of {key.name}+{key.key_id.hex()} is false")
        times.append(timestamp)
    if not times:
        raise SignatureError(f"checkpoint is not cosigned by {key.vkey}")
    return max(times)


def _message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
