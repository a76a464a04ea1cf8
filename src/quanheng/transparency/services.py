"""Writes of the transparency app other than the sequencer's (sequencer.py)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from quanheng.base import clock
from quanheng.kernels.canonical import commitment
from quanheng.kernels.tlog.entry import leaf_entry
from quanheng.kernels.tlog.hashing import leaf_hash
from quanheng.transparency.models import Opening, PendingLeaf


@dataclass(frozen=True)
class Personal:
    """A value that names or describes a person: the log gets a salted commitment to it."""

    value: Any
    person: str


@dataclass(frozen=True)
class Fact:
    """What one leaf records.

    Parameters
    ----------
    kind : str
        ``area:event``, for example ``plan:adopted``.
    subject : str
        Stable key of what it is about, for example ``task:3f0c…``; never a personal name.
    data : mapping
        The fact, as canonical JSON can hold it (no floats that matter, dates as ISO text).
    personal : mapping
        Values that must be erasable; each stands in the leaf as ``{"commitment": …}``.
    """

    kind: str
    subject: str
    data: Mapping[str, Any]
    personal: Mapping[str, Personal] = field(default_factory=dict)


def enqueue_leaf(
    *, kind: str, subject: str, data: Mapping[str, Any], personal: Mapping[str, Personal] | None = None
) -> PendingLeaf:
    """Stage a leaf in the transaction of the fact that it records; for the arguments see `Fact`.

    Raises
    ------
    TransactionManagementError
        Outside a transaction: the leaf could survive a fact that did not, or the reverse.
    """
    return enqueue_leaves([Fact(kind, subject, data, personal or {})])[0]


def enqueue_leaves(facts: Iterable[Fact]) -> list[PendingLeaf]:
    """Stage the leaves of many facts, in their order; the same rules as `enqueue_leaf`."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a leaf needs the transaction of its fact")
    now = clock.now()
    openings: list[Opening] = []
    pending = [_pending(fact, now, openings) for fact in facts]
    Opening.objects.bulk_create(openings)
    return PendingLeaf.objects.bulk_create(pending)


@transaction.atomic
def erase_openings(*, person: str) -> int:
    """Delete every opening of one person and return how many; the leaves stay as they are."""
    return Opening.objects.filter(person=person).delete()[0]


def _pending(fact: Fact, now: datetime, openings: list[Opening]) -> PendingLeaf:
    body = dict(fact.data)
    for name, item in fact.personal.items():
        salt = secrets.token_bytes(32)
        digest = commitment(salt, item.value)
        openings.append(Opening(commitment=digest, salt=salt, value=item.value, person=item.person))
        body[name] = {"commitment": digest}
    entry = leaf_entry(kind=fact.kind, at=now, subject=fact.subject, data=body)
    return PendingLeaf(
        kind=fact.kind, subject=fact.subject, entry=entry, leaf_hash=leaf_hash(entry), staged_at=now
    )
