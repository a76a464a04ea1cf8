"""The envelope of a log leaf: what was recorded, when, about what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quanheng.kernels.canonical import canonical_json, parse_canonical
from quanheng.kernels.tlog.tiles import MAX_ENTRY_BYTES

VERSION = 1
MAX_SUBJECT_CHARS = 200
_KIND = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*", re.ASCII)
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_COMMITMENT = re.compile(r"[0-9a-f]{64}", re.ASCII)


class EntryError(ValueError):
    """The entry is not a leaf of this log."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One recorded fact as read back from the log."""

    kind: str
    at: datetime
    subject: str
    data: Mapping[str, Any]


def leaf_entry(*, kind: str, at: datetime, subject: str, data: Mapping[str, object]) -> bytes:
    """Return the log entry for one fact, in canonical JSON.

    Parameters
    ----------
    kind : str
        ``area:event``; a contract, never renamed.
    at : datetime
        When the fact was recorded, with time zone; written in UTC, cut to whole seconds.
    subject : str
        Public id of what the fact is about; never a name or number of a person.
    data : Mapping
        The fact.  Personal values stand as ``{"commitment": "<hex>"}``, see
        `quanheng.kernels.canonical.commitment`.
    """
    if at.tzinfo is None:
        raise EntryError(f"time has no time zone: {at!r}")
    stamp = at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
    entry = canonical_json({"v": VERSION, "kind": kind, "at": stamp, "subject": subject, "data": data})
    parse_leaf(entry)
    return entry


def parse_leaf(entry: bytes) -> Leaf:
    """Return the fact in ``entry``; refuse bytes that `leaf_entry` would not write."""
    if len(entry) > MAX_ENTRY_BYTES:
        raise EntryError(f"entry of {len(entry)} bytes is over {MAX_ENTRY_BYTES}; log a hash of the content")
    value = parse_canonical(entry)
    if not isinstance(value, dict) or set(value) != {"v", "kind", "at", "subject", "data"}:
        raise EntryError(f"not a leaf envelope: {entry[:80]!r}")
    if value["v"] is True or value["v"] != VERSION:
        raise EntryError(f"unknown leaf version: {value['v']!r}")
    kind, subject, data = value["kind"], value["subject"], value["data"]
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise EntryError(f"kind is not area:event: {kind!r}")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARS:
        raise EntryError(f"subject must have 1 to {MAX_SUBJECT_CHARS} characters: {subject!r}")
    if not isinstance(data, dict):
        raise EntryError(f"data must be an object: {data!r}")
    _check_commitments(data)
    return Leaf(kind, _parse_at(value["at"]), subject, data)


def _parse_at(stamp: object) -> datetime:
    if not isinstance(stamp, str) or not _AT.fullmatch(stamp):
        raise EntryError(f"time is not in UTC to the second: {stamp!r}")
    try:
        return datetime.fromisoformat(stamp)
    except ValueError as error:
        raise EntryError(f"no such time: {stamp!r}") from error


def _check_commitments(value: object) -> None:
    if isinstance(value, dict):
        if "commitment" in value:
            digest = value["commitment"]
            if len(value) != 1 or not isinstance(digest, str) or not _COMMITMENT.fullmatch(digest):
                raise EntryError(f"a commitment stands alone, as 64 hex digits: {value!r}")
        for item in value.values():
            _check_commitments(item)
    elif isinstance(value, list):
        for item in value:
            _check_commitments(item)
