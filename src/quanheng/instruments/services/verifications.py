"""Recording verifications that were made elsewhere; the work itself belongs to a later app."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.instruments.enums import Condition, EventKind, Verdict
from quanheng.instruments.errors import BadEvent, WrongCondition
from quanheng.instruments.models import VerificationRecord
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
    try:
        with transaction.atomic():
            record = VerificationRecord.objects.create(
                instrument=instrument,
                verified_on=verified_on,
                valid_until=valid_until,
                certificate_no=certificate_no.strip()[:100],
                institution=institution.strip()[:100],
                verdict=verdict,
                recorded_by=actor,
                recorded_at=clock.now(),
            )
    except IntegrityError as error:
        raise BadEvent(reason=_("这份证书已登记过。")) from error
    settle_return(instrument)
    changes = {"certificate_no": ["", record.certificate_no], "verdict": ["", str(verdict)]}
    save_changed(instrument, EventKind.VERIFIED, actor=actor, changes=changes, happened_on=verified_on)
    return record
