"""Standards: registered, changed, stopped, used again, withdrawn; and what a person wrote about them forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import OrgUnit, User
from quanheng.kernels.regulation_number import regulation_number
from quanheng.standards.asked import checked_fields
from quanheng.standards.enums import Level, StandardCondition
from quanheng.standards.errors import BadStandard, StandardKnown, WrongCondition
from quanheng.standards.models import (
    MAX_REASON,
    Comparison,
    IntermediateCheck,
    MeasurementStandard,
    StandardCertificate,
)
from quanheng.standards.selectors import EXAMINED
from quanheng.standards.services.common import (
    changeable_unit,
    checked,
    locked_standard,
    log,
    refuse_withdrawn,
)

FORGOTTEN = "已删除"
_LONGEST_INTERVAL = 120
# Two people who register the same weights at the same moment must not make them twice.
_STANDARDS = "standards.registry"
# Condition → from which others it is reached, and the kind of the leaf.
_STEPS = {
    StandardCondition.STOPPED: ({StandardCondition.IN_USE}, "standard:stopped"),
    StandardCondition.IN_USE: ({StandardCondition.STOPPED}, "standard:resumed"),
    StandardCondition.WITHDRAWN: (
        {StandardCondition.IN_USE, StandardCondition.STOPPED},
        "standard:withdrawn",
    ),
}


@dataclass(frozen=True)
class StandardDetails:
    """What a person states about a standard; ``fields`` answers what the regulations in ``serves`` ask."""

    level: Level
    name: str
    model: str = ""
    serial_no: str = ""
    manufacturer: str = ""
    measuring_range: str = ""
    accuracy: str = ""
    serves: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    examination_number: str = ""
    examination_until: date | None = None
    interval_months: int | None = None


@transaction.atomic
def register_standard(
    *, actor: User, unit_id: int, details: StandardDetails, is_demo: bool = False
) -> MeasurementStandard:
    """Register a measurement standard or a lot of a reference material of an institute.

    Raises
    ------
    NotPermitted
        The person does not act for this institute.
    BadStandard, StandardKnown
        What cannot be kept; the institute has one of this name and serial number.
    """
    unit = changeable_unit(actor, unit_id)
    lock_for_transaction(_STANDARDS)
    standard = MeasurementStandard(unit=unit, revision=0, is_demo=is_demo)
    _save(standard, unit, details)
    log("standard:registered", standard, actor, _stated(standard))
    return standard


@transaction.atomic
def change_standard(
    *, actor: User, public_id: UUID, revision: int, details: StandardDetails
) -> MeasurementStandard:
    """Change what is stated about a standard.

    Raises
    ------
    StandardNotFound, StaleRevision, WrongCondition
        Not there or not for this person; somebody saved it meanwhile; withdrawn.
    BadStandard, StandardKnown
        As for `register_standard`.
    """
    lock_for_transaction(_STANDARDS)
    standard = locked_standard(actor, public_id, revision)
    refuse_withdrawn(standard)
    _save(standard, standard.unit, details)
    log("standard:changed", standard, actor, _stated(standard))
    return standard


@transaction.atomic
def set_condition(
    *, actor: User, public_id: UUID, revision: int, condition: StandardCondition, reason: str
) -> MeasurementStandard:
    """Stop a standard, use it again, or withdraw it for ever; the reason is shown and logged.

    Raises
    ------
    StandardNotFound, StaleRevision
        Not there or not for this person; somebody saved it meanwhile.
    WrongCondition, BadStandard
        From its present condition that step does not lead; no reason, or too long a one.
    """
    standard = locked_standard(actor, public_id, revision)
    before, kind = _STEPS[condition]
    if standard.condition not in before:
        raise WrongCondition(condition=standard.get_condition_display())
    why = checked(_("理由"), reason, MAX_REASON)
    standard.condition, standard.condition_reason = condition, why
    standard.revision += 1
    standard.save(update_fields=["condition", "condition_reason", "revision"])
    log(kind, standard, actor, {}, reason=why)
    return standard


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank what this person wrote about standards; the records stay, for they are the institute's."""
    StandardCertificate.objects.filter(withdrawn_by=user).update(withdrawal_reason=FORGOTTEN)
    IntermediateCheck.objects.filter(checked_by=user).exclude(note="").update(note=FORGOTTEN)
    for model in (StandardCertificate, Comparison):
        model.objects.filter(recorded_by=user).exclude(file_name="").update(file_name=FORGOTTEN)


def _save(standard: MeasurementStandard, unit: OrgUnit, details: StandardDetails) -> None:
    for name, label, longest in (
        ("name", _("名称"), 100),
        ("model", _("型号"), 100),
        ("serial_no", _("编号"), 100),
        ("manufacturer", _("制造单位"), 200),
        ("measuring_range", _("测量范围"), 100),
        ("accuracy", _("准确度等级或最大允许误差"), 100),
        ("examination_number", _("考核证书编号"), 100),
    ):
        text = checked(label, getattr(details, name), longest, is_needed=name == "name")
        setattr(standard, name, text)
    standard.level = details.level
    standard.serves = _regulations(details.serves)
    standard.fields = checked_fields(standard.serves, details.fields)
    standard.examination_until, standard.interval_months = details.examination_until, details.interval_months
    _refuse_bad(standard)
    same = MeasurementStandard.objects.filter(unit=unit, name=standard.name, serial_no=standard.serial_no)
    if standard.serial_no and same.exclude(pk=standard.pk).exists():
        raise StandardKnown(name=standard.name, serial_no=standard.serial_no)
    standard.revision += 1
    standard.save()


def _regulations(numbers: tuple[str, ...]) -> list[str]:
    try:
        return sorted({regulation_number(number) for number in numbers if number.strip()})
    except ValueError as error:
        raise BadStandard(reason=str(error)) from error


def _refuse_bad(standard: MeasurementStandard) -> None:
    if bool(standard.examination_number) != bool(standard.examination_until):
        raise BadStandard(reason=_("考核证书的编号和有效期请一并填写。"))
    if standard.level in EXAMINED and standard.examination_until is None:
        given = {"level": standard.get_level_display()}
        raise BadStandard(reason=_("%(level)s须考核合格后使用，请填写考核证书的编号和有效期。") % given)
    if standard.level == Level.MATERIAL and not standard.serial_no:
        raise BadStandard(reason=_("标准物质请填写批号。"))
    months = standard.interval_months
    if months is not None and not 1 <= months <= _LONGEST_INTERVAL:
        raise BadStandard(reason=_("复校间隔应为 1 至 %(most)s 个月。") % {"most": _LONGEST_INTERVAL})


def _stated(standard: MeasurementStandard) -> dict[str, object]:
    until = standard.examination_until
    return {
        "level": standard.level,
        "accuracy": standard.accuracy,
        "regulations": standard.serves,
        "fields": standard.fields,
        "number": standard.examination_number,
        "valid_until": until.isoformat() if until else "",
    }
