"""The run of a confirmed import: chunk by chunk, each one transaction, so that it can be killed anywhere.

What a crash leaves are whole chunks and ``position``, the last row of the last of them; the next run
goes on behind it.  A lock file, which the operating system lets go of with the process, keeps two
workers from running the same batch; different batches may run at once and take turns chunk by chunk.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from itertools import dropwhile
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import BureauError
from quanheng.base.locks import lock_for_process, lock_for_transaction
from quanheng.core.models import User
from quanheng.core.services import acted_by
from quanheng.instruments.enums import BatchState, Outcome
from quanheng.instruments.models import ImportBatch, ImportRow
from quanheng.instruments.services.importing.batches import (
    CHUNK,
    batch_by_id,
    chunks,
    file_name_of,
    preparer_of,
)
from quanheng.instruments.services.importing.matching import Matcher
from quanheng.instruments.services.importing.reading import open_batch, rows_of
from quanheng.instruments.services.importing.rows import Prepared
from quanheng.instruments.services.importing.writing import write_chunk
from quanheng.instruments.services.places import PLACES
from quanheng.instruments.services.registry import SERIALS
from quanheng.kernels.ledger import Record, Rejected
from quanheng.parties.services import PARTIES
from quanheng.transparency.services import enqueue_leaf

logger = logging.getLogger(__name__)
Rows = list[Prepared | Rejected]


def run_import(
    public_id: UUID, *, chunk: int = CHUNK, after_chunk: Callable[[int], None] | None = None
) -> ImportBatch:
    """Run a queued or interrupted import to its end, until it is stopped, or until it fails.

    A run that another process has in hand, and a batch that is not to be run, are left alone.
    ``after_chunk`` is told the position after each chunk (progress on a terminal).  A fault is kept as
    the batch's ``failure`` and raised; the batch can then be resumed.
    """
    with lock_for_process(lock_file(public_id)) as is_free:
        batch = batch_by_id(public_id)
        if not is_free or batch.state not in {BatchState.QUEUED, BatchState.RUNNING}:
            return batch
        batch.state, batch.started_at = BatchState.RUNNING, clock.now()
        batch.options = batch.options | {"done_before": sum(batch.counts.values())}
        batch.save(update_fields=["state", "started_at", "options"])
        try:
            _run(batch, chunk, after_chunk)
        except BureauError as error:
            _fail(batch, f"{error.text}［{error.code}］")
            raise
        except (OSError, DatabaseError):  # a full disk, a database that went away: may pass
            _fail(batch, _("数据库或磁盘出错，可以稍后继续。"))
            raise
        return batch_by_id(public_id)


def interrupted() -> list[ImportBatch]:
    """Return the batches that are to run and that no process has in hand: killed, or never begun."""
    found = []
    for batch in ImportBatch.objects.filter(state__in=[BatchState.QUEUED, BatchState.RUNNING]).order_by("pk"):
        with lock_for_process(lock_file(batch.public_id)) as is_free:
            if is_free:
                found.append(batch)
    return found


def resume_interrupted() -> list[ImportBatch]:
    """Run every interrupted import to its end; one that fails does not stop the others."""
    done = []
    for batch in interrupted():
        try:
            done.append(run_import(batch.public_id))
        except (BureauError, OSError, DatabaseError):
            logger.exception("import %s", batch.public_id)
            done.append(batch_by_id(batch.public_id))
    return done


def lock_file(public_id: UUID) -> Path:
    """Return the file that whoever runs a batch holds a lock on."""
    return Path(settings.HOME) / "locks" / f"import-{public_id}.lock"


def _run(batch: ImportBatch, size: int, after_chunk: Callable[[int], None] | None) -> None:
    opened = open_batch(batch)
    actor, now, today = batch.received_by, clock.now(), clock.today()
    matcher = Matcher(batch, actor=actor, now=now, today=today)
    if batch.position:
        matcher.recall_used()
    for rows in chunks(preparer_of(batch, opened), _after(batch.position, rows_of(opened)), size):
        with transaction.atomic():
            # In this order everywhere: users, places, serial numbers.
            for name in (PARTIES, PLACES, SERIALS):
                lock_for_transaction(name)
            present = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if present.state != BatchState.RUNNING:  # somebody stopped it
                return
            write_chunk(batch, matcher.plan(rows), actor=actor, now=now, today=today)
        if after_chunk is not None:
            after_chunk(batch.position)
    _finish(batch, actor)


def _after(position: int, items: Iterator[Record | Rejected]) -> Iterator[Record | Rejected]:
    return dropwhile(lambda item: item.row <= position, items)


@transaction.atomic
def _finish(batch: ImportBatch, actor: User | None) -> None:
    present = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if present.state != BatchState.RUNNING:
        return
    present.state, present.finished_at, present.failure = BatchState.DONE, clock.now(), ""
    present.rows_total = sum(present.counts.values())
    present.revision += 1
    present.save(update_fields=["state", "finished_at", "failure", "rows_total", "revision"])
    enqueue_leaf(
        kind="instruments:imported",
        subject=f"importbatch:{batch.public_id}",
        data={
            "sha256": batch.file_sha256,
            "sheet": batch.sheet,
            "rows": {str(outcome): present.counts.get(outcome, 0) for outcome in Outcome.values},
            "rows_sha256": rows_hash(batch),
            "demo": batch.is_demo,
        },
        personal=acted_by(actor) | file_name_of(batch, actor),
    )


def rows_hash(batch: ImportBatch) -> str:
    """Return the SHA-256 [hex] over row number and fingerprint of all imported rows, in their order."""
    digest = hashlib.sha256()
    rows = ImportRow.objects.filter(batch=batch).exclude(outcome=Outcome.REJECTED).order_by("row")
    for row, fingerprint in rows.values_list("row", "fingerprint").iterator():
        digest.update(f"{row} {fingerprint}\n".encode())
    return digest.hexdigest()


def _fail(batch: ImportBatch, reason: str) -> None:
    running = ImportBatch.objects.filter(pk=batch.pk, state=BatchState.RUNNING)
    running.update(state=BatchState.FAILED, failure=reason, finished_at=clock.now())
