"""Certificates of standards: added as received, withdrawn."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.kernels.dates import ValidityConvention, last_valid_day
from quanheng.kernels.quantities import BadQuantity, unit
from quanheng.standards.errors import (
    AlreadyWithdrawn,
    BadStandardCertificate,
    StandardCertificateKnown,
    StandardCertificateNotFound,
)
from quanheng.standards.models import MAX_REASON, MeasurementStandard, StandardCertificate
from quanheng.standards.reading import MAX_POINTS, CertificateDetails, Point, is_xml, read_certificate
from quanheng.standards.services.common import (
    CHANGE,
    checked,
    kept_file,
    locked_standard,
    log,
    refuse_withdrawn,
)


@transaction.atomic
def add_certificate(
    *, actor: User, standard: UUID, file: tuple[str, bytes], stated: CertificateDetails | None = None
) -> StandardCertificate:
    """Keep a certificate of a standard as it was received; ``file`` is its name and bytes.

    An XML file must be a DCC: all is read from it and nothing may be ``stated``.  Of any other file
    ``stated`` says what stands in it.  Where the certificate sets no last valid day, the recalibration
    interval of the standard does.

    Raises
    ------
    StandardNotFound, WrongCondition
        Not there or not for this person; withdrawn.
    BadStandardCertificate, BadStandard, StandardCertificateKnown
        What cannot be read or kept; the standard has a certificate of this number.
    """
    owner = locked_standard(actor, standard)
    refuse_withdrawn(owner)
    digest, name = kept_file(file)
    is_dcc = is_xml(file[1])
    details = read_certificate(file[1], owner.serial_no) if is_dcc else _checked(stated)
    if owner.certificates.filter(number=details.number, withdrawn_at=None).exists():
        raise StandardCertificateKnown(number=details.number)
    row = StandardCertificate.objects.create(
        standard=owner,
        number=details.number,
        issuer=details.issuer,
        calibrated_on=details.calibrated_on,
        valid_until=_last_day(owner, details),
        points=[point.stored for point in details.points],
        upstream=list(details.upstream),
        is_dcc=is_dcc,
        file_sha256=digest,
        file_name=name,
        recorded_by=actor,
        recorded_at=clock.now(),
    )
    log("standard:certificate_added", owner, actor, _about(row))
    return row


@transaction.atomic
def withdraw_certificate(*, actor: User, public_id: UUID, reason: str) -> StandardCertificate:
    """Withdraw a certificate that was added: it stays readable with the reason, and counts no more on any day.

    Raises
    ------
    StandardCertificateNotFound, AlreadyWithdrawn, BadStandard
        Not there or not for this person; withdrawn before; no reason, or too long a one.
    """
    rows = StandardCertificate.objects.select_related("standard__unit").select_for_update(of=("self",))
    row = rows.filter(public_id=public_id).first()
    if row is None or not scope_of(actor, CHANGE).covers(row.standard.unit_id):
        raise StandardCertificateNotFound(public_id=str(public_id))
    if row.withdrawn_at is not None:
        raise AlreadyWithdrawn()
    row.withdrawal_reason = checked(_("理由"), reason, MAX_REASON)
    row.withdrawn_at, row.withdrawn_by = clock.now(), actor
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    log("standard:certificate_withdrawn", row.standard, actor, _about(row), reason=row.withdrawal_reason)
    return row


def _checked(stated: CertificateDetails | None) -> CertificateDetails:
    if stated is None:
        raise BadStandardCertificate(reason=_("文件不是 XML，请填写证书编号、出具机构和校准日期。"))
    if len(stated.points) > MAX_POINTS:
        raise BadStandardCertificate(reason=_("测量点超过 %(most)s 个。") % {"most": MAX_POINTS})
    return CertificateDetails(
        number=checked(_("证书编号"), stated.number, 100),
        issuer=checked(_("出具机构"), stated.issuer, 200),
        calibrated_on=stated.calibrated_on,
        valid_until=stated.valid_until,
        points=tuple(_checked_point(at, point) for at, point in enumerate(stated.points, start=1)),
    )


def _checked_point(at: int, point: Point) -> Point:
    where = {"at": at}
    if not all(value.is_finite() for value in (point.nominal, point.error)):
        raise BadStandardCertificate(reason=_("第 %(at)s 个测量点的标称值或误差不是数。") % where)
    if not all(
        value.is_finite() and value > 0 for value in (point.expanded_uncertainty, point.coverage_factor)
    ):
        text = _("第 %(at)s 个测量点的扩展不确定度和包含因子应大于零。")
        raise BadStandardCertificate(reason=text % where)
    try:
        symbol = unit(point.unit).symbol
    except BadQuantity as error:
        reason = _("第 %(at)s 个测量点：%(reason)s") % {**where, "reason": error}
        raise BadStandardCertificate(reason=reason) from error
    return Point(point.nominal, point.error, point.expanded_uncertainty, point.coverage_factor, symbol)


def _last_day(standard: MeasurementStandard, details: CertificateDetails) -> date:
    if details.calibrated_on > clock.today():
        raise BadStandardCertificate(reason=_("校准日期不能晚于今天。"))
    if details.valid_until is not None:
        if details.valid_until < details.calibrated_on:
            raise BadStandardCertificate(reason=_("有效期至的日期早于校准日期。"))
        return details.valid_until
    if standard.interval_months is None:
        reason = _("证书没有写明有效期，这件标准也没有登记复校间隔。请填写有效期，或先登记复校间隔。")
        raise BadStandardCertificate(reason=reason)
    return last_valid_day(
        details.calibrated_on, months=standard.interval_months, convention=ValidityConvention.DAY_BEFORE
    )


def _about(row: StandardCertificate) -> dict[str, object]:
    return {
        "number": row.number,
        "issuer": row.issuer,
        "on": row.calibrated_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "sha256": row.file_sha256,
    }
