"""Who is drawn, so that anyone can draw it again: SHA-256 over a closed list and a checkpoint signed after it.

Nobody can choose a seed that nobody knew when the list was closed, and nobody can change the list afterwards:
the seed is bound to its hash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

from quanheng.kernels.sampling.plans import BadSampling

_HEADER = "quanheng-draw/1"
_SEED = re.compile(r"[0-9a-f]{16,128}")
_HASH = re.compile(r"[0-9a-f]{64}")


def list_sha256(serials: Iterable[str]) -> str:
    """Return the SHA-256 [hex] of the sorted distinct serials, one a line, UTF-8, each line ended by LF.

    Raises
    ------
    BadSampling
        A serial is empty or has a line break.
    """
    return sha256("".join(f"{serial}\n" for serial in _distinct(serials)).encode()).hexdigest()


def seed_of(checkpoint: str, list_hash: str) -> str:
    """Return the seed [hex] that a signed checkpoint (its whole text) gives to a list.

    Raises
    ------
    BadSampling
        The checkpoint is empty, or the hash is no SHA-256 in lower-case hexadecimal.
    """
    if not checkpoint.strip():
        raise BadSampling("检查点是空的，不能得出抽样种子。")
    if not _HASH.fullmatch(list_hash):
        raise BadSampling("名单的散列值应为 64 位小写十六进制数。")
    return sha256(f"{_HEADER}\n{checkpoint}\n{list_hash}".encode()).hexdigest()


def draw(serials: Iterable[str], seed: str) -> list[str]:
    """Return all distinct serials in the order of SHA-256(seed, LF, serial); the first n are a sample of n.

    For a seed that was not chosen with the serials in view, every order is equally likely (in the random-oracle
    sense), so each first part is a simple random sample without replacement.

    Raises
    ------
    BadSampling
        The seed is not 16 to 128 lower-case hexadecimal digits; a serial is empty or has a line break.
    """
    if not _SEED.fullmatch(seed):
        raise BadSampling("抽样种子应为 16 到 128 位小写十六进制数。")
    head = sha256(f"{seed}\n".encode())

    def place(serial: str) -> tuple[bytes, str]:
        state = head.copy()
        state.update(serial.encode())
        return state.digest(), serial

    return sorted(_distinct(serials), key=place)


def _distinct(serials: Iterable[str]) -> list[str]:
    found = sorted(set(serials))
    for serial in found:
        if not serial.strip():
            raise BadSampling("名单里有空的编号。")
        if "\n" in serial or "\r" in serial:
            raise BadSampling("名单里的编号不能含换行。")
    return found
