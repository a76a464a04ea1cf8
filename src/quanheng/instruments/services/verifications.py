"""Recording what certificates say of instruments; the work itself belongs to the apps verification and certificates."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.instruments.enums import Condition, EventKind, Verdict
from quanheng.instruments.errors import BadEvent, WrongCondition
from quanheng.instruments.models import Instrument, VerificationRecord
from quanheng.instruments.services.conditions import refuse_unlikely, settle_return
from quanheng.instruments.services.registry import locked_instrument, save_changed


@transaction.atomic
def record_verification(
    *,
    actor: User | None,
    public_id: UUID,
    revision: int,
    verified_on: date,
    valid_until: date | None,
    certificate_no: str,
    institution: str,
    verdict: Verdict,
) -> VerificationRecord:
    """Record what a certificate or rejection notice says of an instrument.

    Raises
    ------
    InstrumentNotFound, OutsideScope, StaleRevision, WrongCondition
        Not there, or not this person's; saved by another meanwhile; merged into another record.
    BadEvent
        A day in the future, a validity that ends before it begins or stands on a rejection notice, no
        certificate number, the same certificate again.
    """
    instrument = locked_instrument(actor, "instruments.review", public_id, revision)
    if instrument.condition == Condition.MERGED:
        raise WrongCondition(present=instrument.get_condition_display())
    refuse_unlikely(verified_on)
    if valid_until is not None and (verdict is Verdict.REJECTED or valid_until < verified_on):
        raise BadEvent(reason=_("有效期不能早于检定日期；检定结果通知书没有有效期。"))
    if not certificate_no.strip():
        raise BadEvent(reason=_("请填写证书编号。"))
    return _record(
        instrument,
        actor,
        verified_on=verified_on,
        valid_until=valid_until,
        certificate_no=certificate_no.strip()[:100],
        institution=institution.strip()[:100],
        verdict=verdict,
    )


@transaction.atomic
def record_certificate(
    *,
    actor: User | None,
    instrument_id: int,
    verified_on: date,
    valid_until: date | None,
    certificate_no: str,
    institution: str,
    verdict: Verdict,
) -> VerificationRecord:
    """Record a certificate that this platform issued; who may issue it has been asked by the caller.

    Raises
    ------
    BadEvent
        The same certificate again.
    """
    return _record(
        _locked(instrument_id),
        actor,
        verified_on=verified_on,
        valid_until=valid_until,
        certificate_no=certificate_no,
        institution=institution[:100],
        verdict=verdict,
    )


@transaction.atomic
def withdraw_record(
    *, actor: User | None, instrument_id: int, certificate_no: str, on: date, reason: str
) -> None:
    """Let the record of a withdrawn or superseded certificate count no more; the record itself stays.

    An instrument whose return into use it had settled is due from that return again.
    """
    instrument = _locked(instrument_id)
    withdrawn = instrument.verification_records.filter(
        certificate_no=certificate_no, withdrawn_on=None
    ).update(withdrawn_on=on)
    if withdrawn:
        settle_return(instrument)
        changes = {"certificate_no": [certificate_no, ""]}
        save_changed(
            instrument, EventKind.CHANGED, actor=actor, changes=changes, reason=reason, happened_on=on
        )


def _locked(instrument_id: int) -> Instrument:
    """Return the instrument, or what it was merged into, locked until the transaction ends."""
    instrument = Instrument.objects.select_for_update(of=("self",)).get(pk=instrument_id)
    return instrument if instrument.merged_into_id is None else _locked(instrument.merged_into_id)


def _record(instrument: Instrument, actor: User | None, **stated: Any) -> VerificationRecord:
    try:
        with transaction.atomic():
            record = VerificationRecord.objects.create(
                instrument=instrument, recorded_by=actor, recorded_at=clock.now(), **stated
            )
    except IntegrityError as error:
        raise BadEvent(reason=_("这份证书已登记过。")) from error
    settle_return(instrument)
    changes = {"certificate_no": ["", record.certificate_no], "verdict": ["", str(record.verdict)]}
    save_changed(instrument, EventKind.VERIFIED, actor=actor, changes=changes, happened_on=record.verified_on)
    return record
