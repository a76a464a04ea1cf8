"""The sequencer: the only writer of leaves, checkpoints and the published log.

One path for normal work and for recovery.  Every step can be cut off by a kill -9; what that leaves
is said at the step, and the next run goes on from it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from quanheng.base import clock
from quanheng.base.locks import lock_for_process, lock_for_transaction
from quanheng.kernels.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from quanheng.kernels.tlog.notes import NoteError, SigningKey, format_note, parse_note
from quanheng.kernels.tlog.tiles import Edge, grow
from quanheng.transparency.errors import ClockWentBack, KeyDiffers, KeyMissing
from quanheng.transparency.models import Leaf, PendingLeaf, SignedCheckpoint
from quanheng.transparency.publishing import AfterStep, entries_between, publish_committed, unobserved
from quanheng.transparency.selectors import latest_checkpoint
from quanheng.transparency.signing import ensure_key, key_path, load_key

BATCH = 4096
MAX_BATCH = 10_000  # one parameter each; SQLite takes 32,766
STEPS = ("recovered", "staged", "committed", "tiles", "checkpoint", "cleaned")
UNNAMED_ORIGIN = "quanheng/unnamed"
# In SQL, so that the entries need not leave the database.
_NUMBER = """
INSERT INTO transparency_leaf ("index", kind, subject, entry, leaf_hash, staged_at)
SELECT %s + ROW_NUMBER() OVER (ORDER BY id) - 1, kind, subject, entry, leaf_hash, staged_at
FROM transparency_pendingleaf WHERE id IN ({places})
"""


def sequence(*, batch: int = BATCH, after_step: AfterStep = unobserved) -> int:
    """Number, sign and publish what waits; return how many leaves this call signed.

    If another process is at it, nothing is done and 0 returned: that one takes what waits.

    Parameters
    ----------
    batch : int
        Leaves per checkpoint at most; bounds the memory used.
    after_step : callable
        Told the name of each step of ``STEPS`` as it ends.  Tests kill the process there.

    Raises
    ------
    ClockWentBack
        It is earlier than the last checkpoint says; leaves stay where they are.
    KeyMissing, KeyUnreadable, KeyDiffers, LogCorrupt, LeavesAltered, DatabaseBehind
        Key, database and published files do not belong together; nothing is overwritten.
    OSError
        The disk refused; what is signed gets published by the next run.
    """
    if not 0 < batch <= MAX_BATCH:
        raise ValueError(f"batch must be between 1 and {MAX_BATCH}: {batch}")
    with lock_for_process(lock_path()) as is_free:
        return _run(batch, after_step) if is_free else 0


def lock_path() -> Path:
    """Return the file whose lock gives the right to write the published log."""
    return Path(settings.HOME) / "log.lock"


def signing_key() -> SigningKey:
    """Return the key of this log, checked against what it has signed; make it for a new log."""
    key, head = load_key(), latest_checkpoint()
    if key is None and head is not None:
        raise KeyMissing(path=str(key_path()))
    if key is None:
        key = ensure_key(origin=_origin())
    if head is not None:
        _check_key(key, head)
    return key


def _run(batch: int, after_step: AfterStep) -> int:
    signed, is_last = 0, False
    if latest_checkpoint() is None and not _is_waiting(size=0):
        return 0
    key = signing_key()
    _survive_power_failure()
    while True:
        # 0. Recover: steps 3 to 5 for whatever is committed and not yet out.  At the first turn that is
        #    what a crash left, later what step 2 of the turn before committed.
        edge = publish_committed(key=key.verifier, after_step=after_step)
        after_step("recovered")
        if is_last or not _is_waiting(edge.size):
            return signed
        now = _signing_time()
        # 1. Stage.  A crash leaves numbered leaves without a checkpoint: the next run signs them.
        staged = _stage(batch)
        after_step("staged")
        # 2. Commit.  A crash leaves a signed checkpoint that is not out: step 0 publishes it.
        committed = _commit(key, edge, batch, now)
        after_step("committed")
        signed += committed
        # Writers may go on for ever; a turn that did not fill its batch took all there was.
        is_last = staged < batch and edge.size + committed == _leaf_count()


@transaction.atomic(durable=True)
def _stage(batch: int) -> int:
    """Give up to ``batch`` pending leaves their numbers; return how many."""
    lock_for_transaction("transparency.sequencer")
    # By id, never "up to id": on PostgreSQL a lower one may be committed while we are here.
    ids = list(PendingLeaf.objects.order_by("pk").values_list("pk", flat=True)[:batch])
    if ids:
        with connection.cursor() as cursor:
            places = ",".join(["%s"] * len(ids))
            cursor.execute(_NUMBER.format(places=places), [_leaf_count(), *ids])
        PendingLeaf.objects.filter(pk__in=ids).delete()
    return len(ids)


def _commit(key: SigningKey, edge: Edge, batch: int, now: datetime) -> int:
    """Sign the tree after ``edge`` and at most ``batch`` leaves more; return how many more."""
    end = min(_leaf_count(), edge.size + batch)
    if end == edge.size:
        return 0
    root = grow(edge, entries_between(edge.size, end)).edge.root
    note = sign_checkpoint(Checkpoint(key.name, end, root), key)
    try:
        with transaction.atomic(durable=True):
            # previous_size is unique: of two sequencers (two machines on one database) one gets here.
            SignedCheckpoint.objects.create(
                tree_size=end,
                previous_size=edge.size,
                root_hash=root,
                note=format_note(note).decode(),
                signed_at=now,
            )
    except IntegrityError:
        return 0
    return end - edge.size


def _survive_power_failure() -> None:
    """Make commits durable before their files are: a log that the database forgot could not go on.

    SQLite in WAL mode syncs at a commit only when told FULL; that also makes what was committed
    before durable.  PostgreSQL does so by default.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def _signing_time() -> datetime:
    head = latest_checkpoint()
    now = clock.now()  # after the head was read: another machine may sign at any moment
    if head is not None and now < head.signed_at:
        last = head.signed_at.isoformat(" ", "milliseconds")
        raise ClockWentBack(now=now.isoformat(" ", "milliseconds"), last=last)
    return now


def _is_waiting(size: int) -> bool:
    return _leaf_count() > size or PendingLeaf.objects.exists()


def _leaf_count() -> int:
    last = Leaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else int(last) + 1


def _check_key(key: SigningKey, head: SignedCheckpoint) -> None:
    note = head.note.encode()
    try:
        open_checkpoint(note, key.verifier)
    except NoteError as error:
        log = ", ".join(f"{s.name}+{s.key_id.hex()}" for s in parse_note(note).signatures)
        raise KeyDiffers(key=f"{key.name}+{key.verifier.key_id.hex()}", log=log) from error


def _origin() -> str:
    """Name a new log after the county that its first ``county:loaded`` leaf speaks of.

    Decided once, when the key is made; a later county file does not rename the log.
    """
    loaded = {"kind": "county:loaded"}
    row = Leaf.objects.filter(**loaded).first() or PendingLeaf.objects.filter(**loaded).first()
    if row is None:
        return UNNAMED_ORIGIN
    return f"quanheng/{quote(row.subject.removeprefix('county:'), safe='')}"
