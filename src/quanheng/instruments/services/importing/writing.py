"""One chunk of an import, kept: everything that its rows did, in the caller's transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from quanheng.core.models import User
from quanheng.instruments.enums import EventKind, Filing, Outcome
from quanheng.instruments.models import (
    ImportBatch,
    ImportRow,
    Instrument,
    InstrumentEvent,
    Place,
    VerificationRecord,
)
from quanheng.instruments.services.importing.inserting import Row, insert, insert_objects
from quanheng.instruments.services.importing.matching import Plan
from quanheng.instruments.services.standing import refresh_standing
from quanheng.parties.models import Party


def write_chunk(
    batch: ImportBatch, plans: Sequence[Plan], *, actor: User | None, now: datetime, today: date
) -> None:
    """Write users, places, instruments, verifications, history, rows, standings, and how far it came."""
    insert_objects(Party, [party for plan in plans for party in plan.parties])
    insert_objects(Place, [place for plan in plans for place in plan.places])
    insert_objects(Instrument, _new(plans))
    _update(plans)
    keys = {"recorded_by_id": actor.pk if actor else None, "recorded_at": now}
    insert(VerificationRecord, _records(plans), batch_id=batch.pk, **keys)
    insert(InstrumentEvent, _events(batch, plans, today), by_id=actor.pk if actor else None, at=now)
    insert(ImportRow, map(_row, plans), batch_id=batch.pk)
    refresh_standing([plan.instrument.pk for plan in plans if plan.instrument and _is_changed(plan)])
    counts = Counter(batch.counts)
    counts.update(str(plan.outcome) for plan in plans)
    batch.counts, batch.position = dict(counts), plans[-1].row
    batch.save(update_fields=["counts", "position"])


def _is_changed(plan: Plan) -> bool:
    return plan.outcome in {Outcome.CREATED, Outcome.UPDATED}


def _new(plans: Iterable[Plan]) -> list[Instrument]:
    """Return the new instruments, their users and places now having keys."""
    made = [plan.instrument for plan in plans if plan.is_new and plan.instrument]
    for instrument in made:
        instrument.owner, instrument.place = instrument.owner, instrument.place  # takes the new keys over
    return made


def _update(plans: Iterable[Plan]) -> None:
    """Save what was filled in, column by column: most instruments get a verification and no more."""
    changed: dict[Instrument, set[str]] = defaultdict(set)
    for plan in plans:
        if plan.instrument is not None and plan.outcome == Outcome.UPDATED:
            changed[plan.instrument] |= {"revision", *plan.before}
    alike: dict[frozenset[str], list[Instrument]] = defaultdict(list)
    for instrument, names in changed.items():
        instrument.owner, instrument.place = instrument.owner, instrument.place
        alike[frozenset(name.removesuffix("_id") for name in names)].append(instrument)
    for fields, instruments in alike.items():
        Instrument.objects.bulk_update(instruments, sorted(fields), batch_size=200)


def _records(plans: Iterable[Plan]) -> Iterator[Row]:
    for plan in plans:
        if plan.record is not None and plan.instrument is not None:
            yield {"instrument_id": plan.instrument.pk, **plan.record}


def _events(batch: ImportBatch, plans: Iterable[Plan], today: date) -> Iterator[Row]:
    reason = batch.options.get("reason", "")
    for plan in plans:
        if plan.instrument is None or not _is_changed(plan):
            continue
        kind, happened_on, changes = EventKind.CHANGED, today, plan.shown
        if plan.is_new:
            kind = EventKind.FILED if plan.instrument.filing == Filing.FILED else EventKind.REGISTERED
        elif plan.record is not None:
            if not changes:
                kind, happened_on = EventKind.VERIFIED, plan.record["verified_on"]
            changes = changes | {"certificate_no": ["", plan.record["certificate_no"]]}
        said = [reason] if kind is EventKind.FILED and reason else []
        yield {
            "instrument_id": plan.instrument.pk,
            "kind": str(kind),
            "happened_on": happened_on,
            "reason": "；".join([*said, f"导入 {batch.file_name} 第 {plan.row} 行"])[:300],
            "changes": changes,
            "file_sha256": "",
            "file_name": "",
        }


def _row(plan: Plan) -> Row:
    before = dict(plan.before)
    if plan.parties:
        before["+parties"] = [party.pk for party in plan.parties]
    if plan.places:
        before["+places"] = [place.pk for place in plan.places]
    return {
        "row": plan.row,
        "outcome": str(plan.outcome),
        "instrument_id": plan.instrument.pk if plan.instrument else None,
        "fingerprint": plan.fingerprint,
        "before": before,
        "after_revision": plan.after_revision,
        "column": plan.column,
        "code": plan.code,
        "text": plan.text,
    }
