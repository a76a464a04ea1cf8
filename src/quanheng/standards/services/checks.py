"""Intermediate checks and comparisons: recorded once, never edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.standards.errors import BadStandard
from quanheng.standards.models import Comparison, IntermediateCheck
from quanheng.standards.services.common import (
    checked,
    checked_unit,
    checked_value,
    kept_file,
    locked_standard,
    log,
    refuse_withdrawn,
)


@transaction.atomic
def record_check(
    *,
    actor: User,
    standard: UUID,
    series: str,
    checked_on: date,
    value: Decimal,
    unit: str,
    note: str = "",
) -> IntermediateCheck:
    """Record a reading of a check standard; ``series`` names check standard and point, one control chart each.

    Raises
    ------
    StandardNotFound, WrongCondition
        Not there or not for this person; withdrawn.
    BadStandard
        What cannot be kept; another unit than the series has.
    """
    owner = locked_standard(actor, standard)
    refuse_withdrawn(owner)
    if checked_on > clock.today():
        raise BadStandard(reason=_("核查日期不能晚于今天。"))
    row = IntermediateCheck(
        standard=owner,
        series=checked(_("核查标准和核查点"), series, 100),
        checked_on=checked_on,
        value=checked_value(_("核查值"), value),
        unit=checked_unit(unit),
        note=checked(_("备注"), note, 300, is_needed=False),
        checked_by=actor,
        recorded_at=clock.now(),
    )
    first = owner.intermediate_checks.filter(series=row.series).first()
    if first is not None and first.unit != row.unit:
        given = {"series": row.series, "unit": first.unit}
        raise BadStandard(reason=_("“%(series)s”以前的单位是 %(unit)s，请用同一单位。") % given)
    row.save()
    data = {"series": row.series, "on": checked_on.isoformat(), "value": f"{row.value} {row.unit}"}
    log("standard:checked", owner, actor, data)
    return row


@dataclass(frozen=True)
class ComparisonDetails:
    """A comparison and the own result in it; values and expanded uncertainties (k = 2) in ``unit``."""

    name: str
    organiser: str
    held_on: date
    value: Decimal
    expanded_uncertainty: Decimal
    reference_value: Decimal
    reference_expanded_uncertainty: Decimal
    unit: str


@transaction.atomic
def record_comparison(
    *, actor: User, standard: UUID, details: ComparisonDetails, file: tuple[str, bytes] | None = None
) -> Comparison:
    """Record the own result of a comparison against its reference value; ``file`` is its report.

    Raises
    ------
    StandardNotFound, WrongCondition, BadStandard
        Not there or not for this person; withdrawn; what cannot be kept.
    """
    owner = locked_standard(actor, standard)
    refuse_withdrawn(owner)
    if details.held_on > clock.today():
        raise BadStandard(reason=_("比对日期不能晚于今天。"))
    row = Comparison(
        standard=owner,
        name=checked(_("比对名称"), details.name, 200),
        organiser=checked(_("主导实验室或组织者"), details.organiser, 200),
        held_on=details.held_on,
        value=checked_value(_("本机构的结果"), details.value),
        expanded_uncertainty=checked_value(_("扩展不确定度"), details.expanded_uncertainty, is_positive=True),
        reference_value=checked_value(_("参考值"), details.reference_value),
        reference_expanded_uncertainty=checked_value(
            _("参考值的扩展不确定度"), details.reference_expanded_uncertainty, is_positive=True
        ),
        unit=checked_unit(details.unit),
        recorded_by=actor,
        recorded_at=clock.now(),
    )
    if owner.comparisons.filter(name=row.name, held_on=row.held_on).exists():
        raise BadStandard(reason=_("这次比对已经登记，没有重复登记。"))
    if file is not None:
        row.file_sha256, row.file_name = kept_file(file)
    row.save()
    data = {
        "title": row.name,
        "on": row.held_on.isoformat(),
        "value": f"{row.value} {row.unit}",
        "reference": f"{row.reference_value} {row.unit}",
        "sha256": row.file_sha256,
    }
    log("standard:compared", owner, actor, data)
    return row
