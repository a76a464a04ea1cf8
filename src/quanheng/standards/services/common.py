"""What all writes of the standards app check."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from quanheng.base.errors import StaleRevision
from quanheng.base.files import store_file
from quanheng.base.texts import text_fault
from quanheng.core.errors import NotPermitted
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.kernels.quantities import BadQuantity, unit
from quanheng.standards.enums import StandardCondition
from quanheng.standards.errors import BadStandard, StandardNotFound, WrongCondition
from quanheng.standards.models import MeasurementStandard
from quanheng.standards.selectors import institutes_of
from quanheng.transparency.services import Personal, enqueue_leaf

CHANGE = "standards.change"
_PLACES, _DIGITS = 9, 20  # of the columns of values


def changeable_unit(actor: User, unit_id: int) -> OrgUnit:
    """Return the institute for which this person acts.  NotPermitted where they do not."""
    found = institutes_of(actor).filter(pk=unit_id).first()
    if found is None:
        raise NotPermitted(permission=CHANGE)
    return found


def locked_standard(actor: User, public_id: UUID, revision: int | None = None) -> MeasurementStandard:
    """Return a standard, locked to the end of the transaction, at ``revision`` where one is given.

    Raises
    ------
    StandardNotFound, StaleRevision
        Not there or not for this person; somebody saved it meanwhile.
    """
    rows = MeasurementStandard.objects.select_related("unit").select_for_update(of=("self",))
    found = rows.filter(public_id=public_id).first()
    if found is None or not scope_of(actor, CHANGE).covers(found.unit_id):
        raise StandardNotFound(public_id=str(public_id))
    if revision is not None and found.revision != revision:
        raise StaleRevision(yours=revision, present=found.revision)
    return found


def refuse_withdrawn(standard: MeasurementStandard) -> None:
    """Refuse to add to a standard that is no longer one."""
    if standard.condition == StandardCondition.WITHDRAWN:
        raise WrongCondition(condition=standard.get_condition_display())


def checked(label: str, text: str, longest: int, *, is_needed: bool = True) -> str:
    """Return a text without the blanks around it.  BadStandard where it cannot be kept."""
    text = text.strip()
    if reason := text_fault(label, text, longest, is_needed=is_needed):
        raise BadStandard(reason=reason)
    return text


def checked_unit(text: str) -> str:
    """Return the symbol of a unit.  BadStandard for none that is known."""
    try:
        return unit(text).symbol
    except BadQuantity as error:
        raise BadStandard(reason=str(error)) from error


def checked_value(label: str, value: Decimal, *, is_positive: bool = False) -> Decimal:
    """Return a value that its column can hold without loss of digits.  BadStandard for another."""
    exponent = value.as_tuple().exponent if value.is_finite() else None
    if not isinstance(exponent, int) or exponent < -_PLACES or abs(value) >= 10 ** (_DIGITS - _PLACES):
        given = {"label": label, "places": _PLACES}
        raise BadStandard(reason=_("“%(label)s”太大，或小数超过 %(places)s 位。") % given)
    if is_positive and value <= 0:
        raise BadStandard(reason=_("“%(label)s”应大于零。") % {"label": label})
    return value


def kept_file(file: tuple[str, bytes]) -> tuple[str, str]:
    """Store a file, given as name and bytes; return its SHA-256 [hex] and its name.  BadStandard for an empty one."""
    name, data = file
    if not data:
        raise BadStandard(reason=_("文件是空的。"))
    if len(data) > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 2**20
        raise BadStandard(reason=_("文件超过 %(limit)s MiB。") % {"limit": limit})
    return store_file(data), name[-255:]


def log(
    kind: str, standard: MeasurementStandard, actor: User, data: Mapping[str, Any], *, reason: str = ""
) -> None:
    """Stage the leaf of what was done to a standard."""
    personal = acted_by(actor)
    if reason:
        personal["reason"] = Personal(reason, actor.person)
    about = {"unit": standard.unit.name, "name": standard.name, "serial_no": standard.serial_no}
    subject = f"standard:{standard.public_id}"
    enqueue_leaf(kind=kind, subject=subject, data={**about, **data}, personal=personal)
