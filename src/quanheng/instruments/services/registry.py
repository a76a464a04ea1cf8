"""Registering and changing instruments, and what every act on one of them shares."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.base.files import store_file
from quanheng.base.locks import lock_for_transaction
from quanheng.core.models import OrgUnit, User
from quanheng.core.permissions import Scope, scope_of
from quanheng.core.services import acted_by
from quanheng.instruments.enums import Condition, EventKind, Filing, Use
from quanheng.instruments.errors import (
    BadEvent,
    BadInstrument,
    InstrumentKnown,
    InstrumentNotFound,
    OutsideScope,
    WrongFiling,
)
from quanheng.instruments.models import Instrument, InstrumentEvent, Place
from quanheng.instruments.services.standing import refresh_standing
from quanheng.kernels.text_keys import has_control, lookalike_key, name_key, serial_key
from quanheng.parties.models import Party
from quanheng.regulations.packaged import packaged_kinds
from quanheng.transparency.services import Personal, enqueue_leaf

# Crockford's letters without those that are misread on a worn label.
_LABEL_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LABEL_LENGTH = 10
# The maker and serial of a second record must be looked for and written under one lock.
SERIALS = "instruments.serials"
_LIMITS = {
    item.attname: item.max_length
    for item in Instrument._meta.concrete_fields
    if item.attname
    in {"name", "model", "serial_no", "manufacturer", "accuracy_class", "measuring_range", "spot"}
    and item.max_length
}
# Parameters of a period that are compared as numbers.
_NUMBERS = frozenset({"dn_mm", "q3_m3h", "g_size"})
_MOST = 10**9


@dataclass(frozen=True)
class InstrumentDetails:
    """What a person or a ledger states about an instrument."""

    name: str
    kind: str = ""
    model: str = ""
    serial_no: str = ""
    manufacturer: str = ""
    accuracy_class: str = ""
    measuring_range: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    use: Use = Use.UNKNOWN
    owner: Party | None = None
    place: Place | None = None
    town: OrgUnit | None = None
    spot: str = ""
    institute: OrgUnit | None = None
    in_use_on: date | None = None


def details_of(instrument: Instrument) -> InstrumentDetails:
    """Return what is recorded of an instrument, as a person would state it again."""
    return InstrumentDetails(
        **{item.name: getattr(instrument, item.name) for item in fields(InstrumentDetails)}
    )


# A day before this is a slip of the pen.
EARLIEST = date(1949, 10, 1)
# What the obligation rests on: only the bureau changes it once an instrument is filed.
_DECIDES_DUTY = {"kind", "use", "owner", "place", "town", "in_use_on", "parameters"}


def new_label_code() -> str:
    """Return a code for a QR label: short enough to type, too many to guess (30**10)."""
    base = len(_LABEL_LETTERS)
    number = secrets.randbelow(base**LABEL_LENGTH)
    return "".join(_LABEL_LETTERS[number // base**place % base] for place in range(LABEL_LENGTH))


@transaction.atomic
def register_instrument(
    *,
    actor: User | None,
    details: InstrumentDetails,
    submit: bool = False,
    is_demo: bool = False,
    data: bytes = b"",
    filename: str = "",
) -> Instrument:
    """Register an instrument as a draft, or submit it for filing at once.

    ``data`` is a photograph, where there is one.

    Raises
    ------
    OutsideScope
        Not an instrument of this person's town or business.
    BadInstrument, InstrumentKnown, BadEvent
        A blank name, no owner or place to submit with; the same maker and serial again; a file too large.
    """
    lock_for_transaction(SERIALS)
    instrument = Instrument(
        label_code=new_label_code(),
        registered_on=clock.today(),
        created_by=actor,
        is_demo=is_demo,
        revision=0,
    )
    apply_details(instrument, details)
    refuse_outside(actor, "instruments.register", instrument)
    refuse_known(instrument, actor)
    if submit:
        refuse_unfit_to_submit(instrument)
        instrument.filing = Filing.SUBMITTED
    instrument.revision += 1
    instrument.save()
    digest = kept_file(data)
    event = add_event(
        instrument,
        EventKind.REGISTERED,
        actor=actor,
        file_sha256=digest,
        file_name=filename[-255:] if digest else "",
    )
    if submit:
        add_event(instrument, EventKind.SUBMITTED, actor=actor)
    refresh_standing([instrument.pk])
    enqueue_leaf(**fact_of(instrument, "instrument:registered", actor, event))
    return instrument


@transaction.atomic
def change_instrument(
    *,
    actor: User | None,
    public_id: UUID,
    revision: int,
    details: InstrumentDetails,
    data: bytes = b"",
    filename: str = "",
) -> Instrument:
    """Correct what is recorded about an instrument; the history keeps the former values.

    ``data`` is another photograph, where there is one: alone it is a correction, too.
    An owner's or a town's correction of a filed instrument goes back to the bureau for review; what
    decides whether and when it is due they cannot change then, or a word would end a duty unseen.

    Raises
    ------
    InstrumentNotFound, OutsideScope, StaleRevision
        No such instrument, or not for this person (before or after); saved by another meanwhile.
    BadInstrument, InstrumentKnown, BadEvent, WrongFiling
        See `register_instrument`; a scrapped or merged instrument.
    """
    lock_for_transaction(SERIALS)
    instrument = locked_instrument(actor, "instruments.register", public_id, revision)
    if instrument.condition in {Condition.SCRAPPED, Condition.MERGED}:
        raise WrongFiling(present=instrument.get_condition_display())
    before, was_filed = shown_values(instrument), instrument.filing == Filing.FILED
    apply_details(instrument, details)
    refuse_outside(actor, "instruments.register", instrument)
    refuse_known(instrument, actor)
    changes = changed_values(before, shown_values(instrument))
    digest = _another_photo(instrument, data)
    if digest:
        changes["photo"] = ["", filename[-255:]]
    if not changes:
        return instrument
    is_reviewer = actor is None or bool(scope_of(actor, "instruments.review"))
    if was_filed and not is_reviewer:
        if any(name.partition(".")[0] in _DECIDES_DUTY for name in changes):
            raise BadInstrument(
                reason=_(
                    "种类、用途、使用单位、场所、启用日期和参数决定是否强检、何时到期，备案后由监管人员更正。"
                )
            )
        instrument.filing = Filing.SUBMITTED
    save_changed(
        instrument,
        EventKind.CHANGED,
        actor=actor,
        changes=changes,
        file_sha256=digest,
        file_name=filename[-255:] if digest else "",
    )
    return instrument


def _another_photo(instrument: Instrument, data: bytes) -> str:
    """Store a photograph and return its SHA-256 [hex]; nothing for none, or for the one that is there already."""
    digest = kept_file(data)
    shown = instrument.events.filter(kind__in=(EventKind.REGISTERED, EventKind.CHANGED))
    newest = shown.exclude(file_sha256="").values_list("file_sha256", flat=True).first() if digest else None
    return "" if digest == newest else digest


def apply_details(instrument: Instrument, details: InstrumentDetails) -> None:
    """Write what is stated into the fields and their keys; the database is not touched."""
    for item in fields(InstrumentDetails):
        value = getattr(details, item.name)
        setattr(instrument, item.name, value.strip() if isinstance(value, str) else value)
    instrument.details = dict(details.details)
    instrument.parameters = {name: _parameter(name, value) for name, value in details.parameters.items()}
    if not instrument.name:
        raise BadInstrument(reason=_("器具名称不能为空。"))
    for name, limit in _LIMITS.items():
        if has_control(getattr(instrument, name)):
            raise BadInstrument(reason=_("文字中有看不见的控制字符或换行，请删去。"))
        if len(text := getattr(instrument, name)) > limit:
            raise BadInstrument(
                reason=_("“%(start)s…”超过 %(limit)s 字。") % {"start": text[:12], "limit": limit}
            )
    if details.in_use_on is not None and not EARLIEST <= details.in_use_on <= clock.today():
        raise BadInstrument(
            reason=_("启用日期不能晚于今天，也不能早于 %(on)s。") % {"on": EARLIEST.isoformat()}
        )
    kinds = packaged_kinds()
    if details.kind and details.kind not in kinds:
        raise BadInstrument(reason=_("没有“%(kind)s”这个器具种类。") % {"kind": details.kind[:40]})
    instrument.kind = details.kind or kinds.kind_of(instrument.name) or ""
    set_keys(instrument)
    if instrument.place is not None and instrument.place.town_id is not None:
        instrument.town = instrument.place.town
    elif instrument.town is None and instrument.owner is not None:
        instrument.town = instrument.owner.town


def set_keys(instrument: Instrument) -> None:
    """Write the keys by which serial number and maker are compared; half-width forms may be longer."""
    instrument.serial_key = serial_key(instrument.serial_no)[:100]
    instrument.serial_tail = instrument.serial_key[::-1]
    instrument.lookalike_key = lookalike_key(instrument.serial_no)[:100]
    instrument.maker_key = name_key(instrument.manufacturer)[:200]


def _parameter(name: str, value: Any) -> Any:
    """Return a parameter as the rules compare it; a number may come as text."""
    if name not in _NUMBERS or value in {None, ""}:
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise BadInstrument(reason=_("“%(value)s”不是数字。") % {"value": str(value)[:20]}) from error
    # 1e10000000 is a finite number too, whose digits nobody can wait for.
    if not number.is_finite() or not 0 <= number <= _MOST:
        raise BadInstrument(reason=_("“%(value)s”不是数字。") % {"value": str(value)[:20]})
    return int(number) if number == number.to_integral_value() else float(number)


def kept_file(data: bytes) -> str:
    """Store a photo or document and return its SHA-256 [hex]; no data, no hash."""
    if len(data) > settings.MAX_UPLOAD_BYTES:
        raise BadEvent(reason=_("文件超过 %(size)s MiB。") % {"size": settings.MAX_UPLOAD_BYTES // 2**20})
    return store_file(data) if data else ""


def refuse_outside(actor: User | None, permission: str, instrument: Instrument) -> None:
    """Refuse a person who acts only for towns or businesses that are not the instrument's."""
    if actor is None:
        return
    if not reaches(scope_of(actor, permission), instrument):
        raise OutsideScope()


def reaches(scope: Scope, instrument: Instrument) -> bool:
    """Whether a permission of this scope holds for an instrument: for its town or its owner's unit."""
    units = {instrument.town_id, instrument.owner.unit_id if instrument.owner else None} - {None}
    return scope.is_all or bool(units & scope.unit_ids)


def refuse_known(instrument: Instrument, actor: User | None = None) -> None:
    """Refuse a second record of one maker and serial.  The caller holds the lock ``SERIALS``.

    Whose the first one is, is told only to those who may read it.
    """
    if not instrument.serial_key or not instrument.maker_key:
        return
    twin = (
        Instrument.objects.exclude(pk=instrument.pk)
        .exclude(condition=Condition.MERGED)
        .filter(serial_key=instrument.serial_key, maker_key=instrument.maker_key)
        .select_related("owner")
        .first()
    )
    if twin is None:
        return
    owner = twin.owner or _("使用单位不详")
    if actor is not None and not reaches(scope_of(actor, "instruments.view"), twin):
        owner = _("另一使用单位")
    raise InstrumentKnown(name=twin.name, serial=twin.serial_no, owner=owner)


def locked_instrument(
    actor: User | None, permission: str, public_id: UUID, revision: int | None
) -> Instrument:
    """Return the instrument, locked until the transaction ends, if this person may act on it."""
    instrument = (
        Instrument.objects.select_for_update(of=("self",))
        .select_related("owner", "place", "town")
        .filter(public_id=public_id)
        .first()
    )
    if instrument is None:
        raise InstrumentNotFound(public_id=str(public_id))
    refuse_outside(actor, permission, instrument)
    if revision is not None and instrument.revision != revision:
        raise StaleRevision(yours=revision, present=instrument.revision)
    return instrument


def save_changed(
    instrument: Instrument,
    kind: EventKind,
    *,
    actor: User | None,
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
    happened_on: date | None = None,
    file_sha256: str = "",
    file_name: str = "",
) -> InstrumentEvent:
    """Save a changed instrument with the event, the leaf and the standing that belong to it."""
    instrument.revision += 1
    instrument.save()
    event = add_event(
        instrument,
        kind,
        actor=actor,
        changes=changes,
        reason=reason,
        happened_on=happened_on,
        file_sha256=file_sha256,
        file_name=file_name,
    )
    refresh_standing([instrument.pk])
    enqueue_leaf(**fact_of(instrument, f"instrument:{kind}", actor, event))
    return event


def add_event(
    instrument: Instrument, kind: EventKind, *, actor: User | None, **known: Any
) -> InstrumentEvent:
    """Add a line to the history of an instrument."""
    given = {name: value for name, value in known.items() if value}
    return InstrumentEvent.objects.create(
        instrument=instrument,
        kind=kind,
        by=actor,
        at=clock.now(),
        **{"happened_on": clock.today()} | given,
    )


def shown_values(instrument: Instrument) -> dict[str, str]:
    """Return each field that a person may correct, as people read it, for the history."""
    values: dict[str, str] = {}
    for item in fields(InstrumentDetails):
        value = getattr(instrument, item.name)
        if isinstance(value, dict):
            values |= {f"{item.name}.{key}": str(inner) for key, inner in sorted(value.items())}
        values[item.name] = "" if value is None or isinstance(value, dict) else str(value)
    return values


def changed_values(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str]]:
    """Return what differs between two answers of `shown_values`, as the history keeps it."""
    names = [*before, *(name for name in after if name not in before)]
    both = {name: [before.get(name, ""), after.get(name, "")] for name in names}
    return {name: values for name, values in both.items() if values[0] != values[1]}


def refuse_unfit_to_submit(instrument: Instrument) -> None:
    """Refuse to submit what has no owner, or stands nowhere.  BadInstrument."""
    if instrument.owner is None:
        raise BadInstrument(reason=_("请写明使用单位后再提交备案。"))
    if instrument.place is None and instrument.town is None:
        raise BadInstrument(reason=_("请写明安装使用地点或所在乡镇街道后再提交备案。"))


def fact_of(
    instrument: Instrument, kind: str, actor: User | None, event: InstrumentEvent | None = None
) -> dict[str, Any]:
    """Return what a leaf says: the instrument and the act; who owns it and why stay commitments or out."""
    data = {
        "name": instrument.name,
        "kind": instrument.kind,
        "serial_no": instrument.serial_no,
        "manufacturer": instrument.manufacturer,
        "use": str(instrument.use),
        "filing": str(instrument.filing),
        "condition": str(instrument.condition),
        "demo": instrument.is_demo,
    }
    personal = dict(acted_by(actor))
    if event is not None:
        data["on"] = event.happened_on.isoformat()
        data["changed"] = sorted(event.changes)
        if event.file_sha256:
            data["sha256"] = event.file_sha256
        if event.reason and actor is not None:
            personal["reason"] = Personal(event.reason, actor.person)
    return {
        "kind": kind,
        "subject": f"instrument:{instrument.public_id}",
        "data": data,
        "personal": personal,
    }
