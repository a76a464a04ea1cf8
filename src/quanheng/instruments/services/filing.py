"""Filing (备案): submitted by the owner or for him, accepted or returned by the bureau."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.instruments.enums import Condition, EventKind, Filing
from quanheng.instruments.errors import BadEvent, InstrumentNotFound, WrongFiling
from quanheng.instruments.models import Instrument, InstrumentEvent
from quanheng.instruments.services.registry import fact_of, refuse_outside, refuse_unfit_to_submit
from quanheng.instruments.services.standing import refresh_standing
from quanheng.transparency.services import Fact, enqueue_leaves


@transaction.atomic
def submit_instruments(
    *, actor: User, public_ids: Sequence[UUID], revisions: Mapping[UUID, int] | None = None
) -> list[Instrument]:
    """Submit drafts and returned instruments for filing.

    ``revisions`` are those that the person saw, where a page knows them.

    Raises
    ------
    InstrumentNotFound, OutsideScope, StaleRevision, WrongFiling, BadInstrument
        Not there or not this person's; saved by another meanwhile; already submitted or filed; without
        owner or place.  None is submitted then.
    """
    instruments = _locked_all(actor, "instruments.register", public_ids, revisions)
    for instrument in instruments:
        _refuse_other_filing(instrument, {Filing.DRAFT, Filing.RETURNED})
        refuse_unfit_to_submit(instrument)
    return _set_filing(instruments, Filing.SUBMITTED, EventKind.SUBMITTED, actor)


@transaction.atomic
def file_instruments(
    *, actor: User, public_ids: Sequence[UUID], revisions: Mapping[UUID, int] | None = None
) -> list[Instrument]:
    """File (备案) submitted instruments.  All or none.

    Raises
    ------
    InstrumentNotFound, OutsideScope, StaleRevision, WrongFiling
        Not there; changed by its owner after the officer read it; not submitted.
    """
    instruments = _locked_all(actor, "instruments.review", public_ids, revisions)
    for instrument in instruments:
        _refuse_other_filing(instrument, {Filing.SUBMITTED})
    return _set_filing(instruments, Filing.FILED, EventKind.FILED, actor)


@transaction.atomic
def return_instruments(
    *, actor: User, public_ids: Sequence[UUID], reason: str, revisions: Mapping[UUID, int] | None = None
) -> list[Instrument]:
    """Return submitted instruments to whoever submitted them, with the reason.  All or none."""
    if not reason.strip():
        raise BadEvent(reason=_("请写明退回理由。"))
    instruments = _locked_all(actor, "instruments.review", public_ids, revisions)
    for instrument in instruments:
        _refuse_other_filing(instrument, {Filing.SUBMITTED})
    return _set_filing(instruments, Filing.RETURNED, EventKind.RETURNED, actor, reason.strip()[:300])


def _locked_all(
    actor: User, permission: str, public_ids: Sequence[UUID], revisions: Mapping[UUID, int] | None
) -> list[Instrument]:
    """Return them locked in the order of their keys, so that two people cannot wait for each other."""
    rows = Instrument.objects.select_for_update(of=("self",)).filter(public_id__in=public_ids).order_by("pk")
    instruments = list(rows.select_related("owner"))
    if len(instruments) != len(set(public_ids)):
        raise InstrumentNotFound()
    for instrument in instruments:
        refuse_outside(actor, permission, instrument)
        seen = (revisions or {}).get(instrument.public_id, instrument.revision)
        if seen != instrument.revision:
            raise StaleRevision(yours=seen, present=instrument.revision)
    return instruments


def _set_filing(
    instruments: Sequence[Instrument], filing: Filing, kind: EventKind, actor: User, reason: str = ""
) -> list[Instrument]:
    now, today = clock.now(), clock.today()
    events = []
    for instrument in instruments:
        instrument.filing = filing
        instrument.revision += 1
        events.append(
            InstrumentEvent(
                instrument=instrument, kind=kind, happened_on=today, reason=reason, by=actor, at=now
            )
        )
    Instrument.objects.bulk_update(instruments, ["filing", "revision"], batch_size=500)
    InstrumentEvent.objects.bulk_create(events)
    refresh_standing([instrument.pk for instrument in instruments])
    enqueue_leaves(
        Fact(**fact_of(instrument, f"instrument:{kind}", actor, event))
        for instrument, event in zip(instruments, events, strict=True)
    )
    return list(instruments)


def _refuse_other_filing(instrument: Instrument, wanted: set[Filing]) -> None:
    if instrument.filing not in wanted or instrument.condition == Condition.MERGED:
        raise WrongFiling(present=instrument.get_filing_display())
