"""Stop, seal, resume, scrap, move, transfer and merge: each with the file that shows it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import User
from quanheng.core.services import acted_by
from quanheng.instruments.enums import Condition, EventKind, Filing, Use
from quanheng.instruments.errors import BadEvent, BadMerge, InstrumentNotFound, WrongCondition
from quanheng.instruments.models import DistinctPair, Instrument, InstrumentEvent, Place, VerificationRecord
from quanheng.instruments.services.registry import (
    EARLIEST,
    SERIALS,
    changed_values,
    kept_file,
    locked_instrument,
    refuse_known,
    save_changed,
    set_keys,
    shown_values,
)
from quanheng.parties.models import Party
from quanheng.transparency.services import enqueue_leaf

_CHANGE = "instruments.change_condition"
# From which conditions each act is possible, and where it leads.
_ACTS = {
    EventKind.STOPPED: ({Condition.IN_USE}, Condition.STOPPED),
    EventKind.SEALED: ({Condition.IN_USE, Condition.STOPPED}, Condition.SEALED),
    EventKind.RESUMED: ({Condition.STOPPED, Condition.SEALED}, Condition.IN_USE),
    EventKind.SCRAPPED: ({Condition.IN_USE, Condition.STOPPED, Condition.SEALED}, Condition.SCRAPPED),
}


_PROGRESS = [Filing.DRAFT, Filing.RETURNED, Filing.SUBMITTED, Filing.FILED]


@transaction.atomic
def change_condition(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    act: EventKind,
    happened_on: date,
    reason: str,
    data: bytes = b"",
    filename: str = "",
) -> Instrument:
    """Stop, seal, resume or scrap an instrument.

    Without a file that shows it the act is recorded, and the instrument stays due; sealing and
    scrapping need the file.  What comes back into use is due on that day, unless it was verified since
    it was stopped (an instrument must not be used unverified: 1987 Measures, art. 7).

    Raises
    ------
    InstrumentNotFound, OutsideScope, StaleRevision, WrongCondition
        Not there, not this person's, saved by another meanwhile; not possible from the present condition.
    BadEvent
        No reason; a day in the future or before the last act; an empty, too large or missing file.
    """
    instrument = locked_instrument(actor, _CHANGE, public_id, revision)
    possible, becomes = _ACTS[act]
    if instrument.condition not in possible:
        raise WrongCondition(present=instrument.get_condition_display())
    if act in {EventKind.SEALED, EventKind.SCRAPPED} and not data:
        raise BadEvent(reason=_("请附照片或文件，证明已封存或报废。"))
    _refuse_bad_day(instrument, happened_on)
    digest = kept_file(data)
    before = instrument.get_condition_display()
    stopped_on = instrument.condition_on
    instrument.condition = becomes
    instrument.condition_on, instrument.condition_evidence = happened_on, digest
    if act is EventKind.RESUMED:
        instrument.condition_evidence = ""
        if _verified_since(instrument, _out_of_use_since(instrument, stopped_on)):
            instrument.condition_on = None
    save_changed(
        instrument,
        act,
        actor=actor,
        changes={"condition": [before, instrument.get_condition_display()]},
        reason=needed(reason),
        happened_on=happened_on,
        file_sha256=digest,
        file_name=filename[-255:] if digest else "",
    )
    return instrument


@transaction.atomic
def add_condition_evidence(
    *, actor: User, public_id: UUID, revision: int, reason: str, data: bytes, filename: str
) -> Instrument:
    """Show by a file, later, that an instrument is stopped; from then on it is due no more."""
    instrument = locked_instrument(actor, _CHANGE, public_id, revision)
    if instrument.condition != Condition.STOPPED or instrument.condition_evidence:
        raise WrongCondition(present=instrument.get_condition_display())
    if not data:
        raise BadEvent(reason=_("文件是空的。"))
    instrument.condition_evidence = kept_file(data)
    save_changed(
        instrument,
        EventKind.STOPPED,
        actor=actor,
        reason=needed(reason),
        file_sha256=instrument.condition_evidence,
        file_name=filename[-255:],
    )
    return instrument


@transaction.atomic
def move_instrument(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    place: Place,
    spot: str,
    happened_on: date,
    reason: str,
    data: bytes,
    filename: str,
) -> Instrument:
    """Record that an instrument was installed elsewhere; raises as `change_condition`."""
    instrument = locked_instrument(actor, _CHANGE, public_id, revision)
    _refuse_gone(instrument)
    before = shown_values(instrument)
    instrument.place, instrument.spot = place, spot.strip()[:100]
    instrument.town = place.town or instrument.town
    _save_moved(instrument, EventKind.MOVED, actor, before, happened_on, reason, data, filename)
    return instrument


@transaction.atomic
def transfer_instrument(
    *,
    actor: User,
    public_id: UUID,
    revision: int,
    owner: Party,
    happened_on: date,
    reason: str,
    data: bytes,
    filename: str,
) -> Instrument:
    """Record that an instrument has another owner; its history stays with it."""
    instrument = locked_instrument(actor, _CHANGE, public_id, revision)
    _refuse_gone(instrument)
    if instrument.owner_id == owner.pk:
        raise BadEvent(reason=_("新的使用单位与现在的相同。"))
    before = shown_values(instrument)
    instrument.owner = owner
    _save_moved(instrument, EventKind.TRANSFERRED, actor, before, happened_on, reason, data, filename)
    return instrument


@transaction.atomic
def merge_instruments(*, actor: User, keep: UUID, merge: UUID, reason: str) -> Instrument:
    """Let the record ``merge`` be a second record of ``keep``: verifications go over, its label leads there.

    Raises
    ------
    InstrumentNotFound, OutsideScope
        One of them is not there, or not this person's.
    BadMerge, BadEvent
        The same record twice; one that is merged already; both bear a serial number and the numbers
        differ beyond what is easily misread; no reason.
    InstrumentKnown
        The kept record, completed from the other, would be a third record's twin.
    """
    lock_for_transaction(SERIALS)
    if keep == merge:
        raise BadMerge(reason=_("两条记录是同一条。"))
    both = _locked_pair(actor, keep, merge)
    kept, merged = both[keep], both[merge]
    if Condition.MERGED in {kept.condition, merged.condition}:
        raise BadMerge(reason=_("其中一条已并入别的记录。"))
    if kept.condition != Condition.IN_USE and merged.condition == Condition.IN_USE:
        # Else an instrument in use would be due no more.
        raise BadMerge(reason=_("要保留的一条已停用、封存或报废，另一条在用；请保留在用的一条。"))
    if kept.lookalike_key and merged.lookalike_key and kept.lookalike_key != merged.lookalike_key:
        raise BadMerge(reason=_("两条记录的出厂编号不同。"))
    given = needed(reason)
    before = shown_values(kept)
    _take_over(kept, merged)
    changes = {"from": ["", merged.label_code]} | changed_values(before, shown_values(kept))
    gone = {
        "into": ["", kept.label_code],
        "condition": [merged.get_condition_display(), str(Condition.MERGED.label)],
    }
    merged.condition, merged.merged_into, merged.condition_on = Condition.MERGED, kept, clock.today()
    # The merged record first: until it has gone, both may bear one maker and serial.
    save_changed(merged, EventKind.MERGED, actor=actor, reason=given, changes=gone)
    refuse_known(kept, actor)
    save_changed(kept, EventKind.MERGED, actor=actor, reason=given, changes=changes)
    return kept


@transaction.atomic
def keep_apart(*, actor: User, first: UUID, second: UUID) -> DistinctPair:
    """Remember that two alike records are two instruments, so that they are not offered again."""
    if first == second:
        raise BadMerge(reason=_("两条记录是同一条。"))
    low, high = sorted(_locked_pair(actor, first, second).values(), key=lambda item: item.pk)
    pair, is_new = DistinctPair.objects.get_or_create(
        first=low, second=high, defaults={"decided_by": actor, "decided_at": clock.now()}
    )
    if is_new:
        enqueue_leaf(
            kind="instrument:kept_apart",
            subject=f"instrument:{low.public_id}",
            data={"name": low.name, "other": f"instrument:{high.public_id}"},
            personal=acted_by(actor),
        )
    return pair


def needed(reason: str) -> str:
    """Return the reason without blanks around it.  BadEvent where there is none."""
    if not reason.strip():
        raise BadEvent(reason=_("请写明理由。"))
    return reason.strip()[:300]


def _save_moved(
    instrument: Instrument,
    kind: EventKind,
    actor: User,
    before: dict[str, str],
    happened_on: date,
    reason: str,
    data: bytes,
    filename: str,
) -> InstrumentEvent:
    if not data:
        raise BadEvent(reason=_("请附照片或文件。"))
    _refuse_bad_day(instrument, happened_on)
    return save_changed(
        instrument,
        kind,
        actor=actor,
        changes=changed_values(before, shown_values(instrument)),
        reason=needed(reason),
        happened_on=happened_on,
        file_sha256=kept_file(data),
        file_name=filename[-255:],
    )


def _locked_pair(actor: User, first: UUID, second: UUID) -> dict[UUID, Instrument]:
    """Return both, locked in the order of their keys as everywhere: nobody waits for each other."""
    wanted = Instrument.objects.filter(public_id__in=(first, second)).order_by("pk")
    ids = list(wanted.values_list("public_id", flat=True))
    if len(ids) != 2:  # noqa: PLR2004  a pair
        raise InstrumentNotFound()
    return {public_id: locked_instrument(actor, "instruments.review", public_id, None) for public_id in ids}


def _take_over(kept: Instrument, merged: Instrument) -> None:
    """Move verifications, and what the kept record lacks, from the merged one."""
    known = set(kept.verification_records.values_list("verified_on", "certificate_no"))
    for record in VerificationRecord.objects.filter(instrument=merged):
        if (record.verified_on, record.certificate_no) not in known:
            record.instrument = kept
            record.save(update_fields=["instrument"])
    for name in (
        "kind",
        "model",
        "accuracy_class",
        "measuring_range",
        "spot",
        "owner",
        "place",
        "town",
        "institute",
        "in_use_on",
    ):
        if not getattr(kept, name) and getattr(merged, name):
            setattr(kept, name, getattr(merged, name))
    kept.details, kept.parameters = merged.details | kept.details, merged.parameters | kept.parameters
    if kept.use == Use.UNKNOWN:
        kept.use = merged.use
    kept.serial_no = kept.serial_no or merged.serial_no
    kept.manufacturer = kept.manufacturer or merged.manufacturer
    set_keys(kept)
    kept.registered_on = min(kept.registered_on, merged.registered_on)
    # What the bureau has accepted once stays accepted, and due.
    kept.filing = max(Filing(kept.filing), Filing(merged.filing), key=_PROGRESS.index)


def _out_of_use_since(instrument: Instrument, stopped_on: date | None) -> date | None:
    """Return the day it left use: a stopped one that was sealed later left use when it was stopped."""
    days = [] if stopped_on is None else [stopped_on]
    for event in instrument.events.order_by("-pk"):
        if event.kind == EventKind.RESUMED:
            break
        if event.kind in {EventKind.STOPPED, EventKind.SEALED}:
            days.append(event.happened_on)
    return min(days, default=None)


def settle_return(instrument: Instrument) -> None:
    """Let an instrument that came back into use be due by its rule if it was verified since it left, else from that day.

    For a verification that is entered after the return that it preceded, or withdrawn; the caller saves.
    """
    if instrument.condition != Condition.IN_USE:
        return
    returned: date | None = None
    left: list[date] = []
    for event in instrument.events.filter(kind__in=list(_ACTS)).order_by("-pk"):
        if event.kind == EventKind.RESUMED:
            if returned is not None:
                break
            returned = event.happened_on
        elif returned is not None:
            left.append(event.happened_on)
    if returned is not None:
        is_verified = _verified_since(instrument, min(left, default=None))
        instrument.condition_on = None if is_verified else returned


def _verified_since(instrument: Instrument, stopped_on: date | None) -> bool:
    return (
        stopped_on is not None
        and instrument.verification_records.filter(verified_on__gte=stopped_on, withdrawn_on=None).exists()
    )


def refuse_unlikely(day: date) -> None:
    """Refuse a day that is still to come, or before there was a county to register anything."""
    if day > clock.today():
        raise BadEvent(reason=_("日期不能晚于今天。"))
    if day < EARLIEST:
        raise BadEvent(reason=_("日期不能早于 %(on)s。") % {"on": EARLIEST.isoformat()})


def _refuse_gone(instrument: Instrument) -> None:
    if instrument.condition in {Condition.SCRAPPED, Condition.MERGED}:
        raise WrongCondition(present=instrument.get_condition_display())


def _refuse_bad_day(instrument: Instrument, happened_on: date) -> None:
    refuse_unlikely(happened_on)
    if instrument.condition_on is not None and happened_on < instrument.condition_on:
        raise BadEvent(
            reason=_("日期不能早于上一次状态变化（%(on)s）。") % {"on": instrument.condition_on.isoformat()}
        )
