"""Taking an import back, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.core.services import acted_by
from quanheng.instruments.enums import BatchState, EventKind, Outcome
from quanheng.instruments.errors import BadImport, BatchNotFound, UndoBlocked, WrongBatchState
from quanheng.instruments.models import (
    Appointment,
    Difference,
    DistinctPair,
    ImportBatch,
    ImportRow,
    Instrument,
    InstrumentEvent,
    Place,
    VerificationRecord,
)
from quanheng.instruments.services.places import PLACES
from quanheng.instruments.services.registry import SERIALS
from quanheng.instruments.services.standing import refresh_standing
from quanheng.parties.models import Party
from quanheng.parties.services import PARTIES
from quanheng.transparency.services import Personal, enqueue_leaf

CHUNK = 1000


@transaction.atomic
def undo_import(*, actor: User | None, public_id: UUID, revision: int, reason: str) -> ImportBatch:
    """Delete what an import made and put back what it changed.

    What depends on it stops the whole: an instrument that was changed since in any way, that a later
    import found again, that was asked to come, compared or told from another.  Users and places that
    the import made go too, unless somebody else uses or changed them meanwhile.

    Raises
    ------
    BatchNotFound, WrongBatchState, StaleRevision
        Not there; not imported, still running, or undone; changed by another meanwhile.
    BadImport
        No reason.
    UndoBlocked
        Something depends on it; names the first instrument.
    """
    if not reason.strip():
        raise BadImport(reason=_("请写明撤销理由。"))
    for name in (PARTIES, PLACES, SERIALS):
        lock_for_transaction(name)
    batch = ImportBatch.objects.select_for_update().filter(public_id=public_id).first()
    if batch is None:
        raise BatchNotFound(public_id=str(public_id))
    if batch.state not in {BatchState.DONE, BatchState.FAILED}:
        raise WrongBatchState(present=batch.get_state_display())
    if batch.revision != revision:
        raise StaleRevision(yours=revision, present=batch.revision)
    _refuse_used(batch)
    made = _made(batch)
    VerificationRecord.objects.filter(batch=batch).exclude(instrument__batch=batch).delete()
    _put_back(batch, actor, reason.strip())
    ImportRow.objects.filter(batch=batch).update(instrument=None)
    _delete_instruments(batch)
    _delete_unused(*made)
    batch.state, batch.undone_by, batch.undone_at = BatchState.UNDONE, actor, clock.now()
    batch.undo_reason = reason.strip()[:300]
    batch.revision += 1
    batch.save()
    given = {} if actor is None else {"reason": Personal(reason.strip(), actor.person)}
    enqueue_leaf(
        kind="instruments:import_undone",
        subject=f"importbatch:{batch.public_id}",
        data={"sha256": batch.file_sha256, "counts": batch.counts},
        personal=acted_by(actor) | given,
    )
    return batch


def _refuse_used(batch: ImportBatch) -> None:
    """Refuse where something depends on the batch."""
    own = ImportRow.objects.filter(batch=batch, instrument__isnull=False)
    touched = own.filter(outcome__in=[Outcome.CREATED, Outcome.UPDATED])
    last = touched.values("instrument").annotate(after=Max("after_revision"))
    changed = last.exclude(instrument__revision=F("after")).values("instrument")
    later = (
        ImportRow.objects.filter(instrument__batch=batch)
        .exclude(batch=batch)
        .exclude(batch__state=BatchState.UNDONE)
    )
    used = Q(pk__in=changed) | Q(pk__in=later.values("instrument"))
    made = Instrument.objects.filter(batch=batch)
    for needs in (
        Appointment.instruments.through.objects.filter(instrument__in=made).values("instrument"),
        Difference.objects.filter(instrument__in=made).values("instrument"),
        DistinctPair.objects.filter(first__in=made).values("first"),
        DistinctPair.objects.filter(second__in=made).values("second"),
    ):
        used |= Q(pk__in=needs)
    blocking = Instrument.objects.filter(used).order_by("pk")
    if (first := blocking.first()) is not None:
        raise UndoBlocked(count=blocking.count(), first=str(first), public_id=str(first.public_id))


def _made(batch: ImportBatch) -> tuple[list[int], list[int]]:
    """Return the ids of the users and the places that the batch made."""
    parties: list[int] = []
    places: list[int] = []
    rows = ImportRow.objects.filter(batch=batch).exclude(before={})
    for before in rows.values_list("before", flat=True).iterator():
        parties += before.get("+parties", [])
        places += before.get("+places", [])
    return parties, places


def _put_back(batch: ImportBatch, actor: User | None, reason: str) -> None:
    """Restore the instruments that were there before; the latest row of each first."""
    rows = ImportRow.objects.filter(batch=batch, outcome=Outcome.UPDATED).exclude(instrument__batch=batch)
    for chunk in _in_chunks(rows.order_by("-pk").select_related("instrument")):
        instruments: dict[int, Instrument] = {}
        first: dict[int, int] = {}
        fields = {"revision"}
        for row in chunk:
            assert row.instrument is not None  # noqa: S101  an updated row has one
            instrument = instruments.setdefault(row.instrument.pk, row.instrument)
            first[instrument.pk] = row.after_revision - 1
            for name, value in row.before.items():
                if not name.startswith("+"):
                    setattr(instrument, name, _value(name, value))
                    fields.add(name.removesuffix("_id"))
        for instrument in instruments.values():
            instrument.revision += 1
        Instrument.objects.bulk_update(instruments.values(), sorted(fields), batch_size=200)
        _keep_undoable(batch, instruments, first)
        InstrumentEvent.objects.bulk_create(
            InstrumentEvent(
                instrument=instrument,
                kind=EventKind.CHANGED,
                happened_on=clock.today(),
                reason=f"撤销导入 {batch.file_name}：{reason}"[:300],
                by=actor,
                at=clock.now(),
            )
            for instrument in instruments.values()
        )
        refresh_standing(list(instruments))


def _keep_undoable(batch: ImportBatch, instruments: dict[int, Instrument], first: dict[int, int]) -> None:
    """Let an earlier import still be undone: its last row is again the last that changed the instrument."""
    earlier = ImportRow.objects.filter(instrument__in=instruments).exclude(batch=batch)
    changed = []
    for row in earlier:
        if row.instrument_id is not None and row.after_revision == first[row.instrument_id]:
            row.after_revision = instruments[row.instrument_id].revision
            changed.append(row)
    ImportRow.objects.bulk_update(changed, ["after_revision"], batch_size=200)


def _value(name: str, value: Any) -> Any:
    """Return a former value as the model holds it: JSON has no dates."""
    return date.fromisoformat(value) if name == "in_use_on" and value else value


def _delete_instruments(batch: ImportBatch) -> None:
    while keys := list(Instrument.objects.filter(batch=batch).values_list("pk", flat=True)[:CHUNK]):
        rows = Instrument.objects.filter(pk__in=keys)
        try:
            rows.delete()
        except ProtectedError as error:
            first = rows.order_by("pk").first()
            raise UndoBlocked(count=len(error.protected_objects), first=str(first)) from error


def _delete_unused(parties: list[int], places: list[int]) -> None:
    """Delete the users and places that nobody changed and nothing names any more."""
    for start in range(0, len(places), CHUNK):
        own = Place.objects.filter(pk__in=places[start : start + CHUNK], revision=1)
        own.filter(instruments=None, appointments=None).delete()
    for start in range(0, len(parties), CHUNK):
        mine = Party.objects.filter(pk__in=parties[start : start + CHUNK], revision=1, unit=None)
        mine.filter(instruments=None, appointments=None, branches=None, calendar_feed=None).delete()


def _in_chunks(rows: QuerySet[ImportRow]) -> Iterator[list[ImportRow]]:
    """Yield the rows, newest first, the rows of one instrument never apart.

    An import touches an instrument twice only where its file names it twice; such rows are few, so a
    chunk is closed only where the next row speaks of an instrument that the chunk does not hold.
    """
    ids = list(dict.fromkeys(rows.values_list("instrument", flat=True)))
    for start in range(0, len(ids), CHUNK):
        yield list(rows.filter(instrument__in=ids[start : start + CHUNK]))
