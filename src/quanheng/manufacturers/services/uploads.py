"""Writes: a file of factory data becomes a closed lot, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.files import store_file
from quanheng.base.sheets import Rejected
from quanheng.base.texts import text_fault
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.kernels.screening import ScreenedPoint, Screening, screen
from quanheng.kernels.text_keys import name_key
from quanheng.lots.enums import Origin
from quanheng.lots.errors import MetersRefused
from quanheng.lots.members import NewMeter
from quanheng.lots.models import Lot, LotMeter
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.manufacturers.errors import (
    AuthorisationNotFound,
    BadFactoryFile,
    NotInForce,
    OutOfScope,
)
from quanheng.manufacturers.models import Authorisation, FactoryUpload
from quanheng.manufacturers.points import Testing
from quanheng.manufacturers.rules import rule_on
from quanheng.manufacturers.selectors import marks_of, not_in_force, types_of
from quanheng.manufacturers.services.shared import UPLOAD, locked, log
from quanheng.manufacturers.sheet import FactoryRows, Faults, counted, headings, read_factory_file
from quanheng.manufacturers.types import MeterType

_MARKS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of factory data: the lot as its maker calls it, the model, name and bytes."""

    lot_number: str
    model: str
    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Its hash [hex]."""
        return hashlib.sha256(self.data).hexdigest()


def receive_factory_file(
    *, actor: User | None, public_id: UUID, file: SentFile, is_demo: bool = False
) -> FactoryUpload:
    """Read a file and keep it as a closed lot; where anything of it is wrong, keep only what was wrong.

    The file is read and screened before anything is locked.  A file that was accepted before is not taken twice: its
    lot is the answer, so whoever was interrupted sends it again.

    Raises
    ------
    NotPermitted, AuthorisationNotFound
        The person does not act for this maker; there is no such authorisation.
    NotInForce, OutOfScope, BadFactoryFile, LotNumberTaken
        The authorisation is suspended, over or not begun; the model is not in it; a file that is no table; the maker
        has a lot of that number.
    """
    row = Authorisation.objects.select_related("unit").filter(public_id=public_id).first()
    if row is None:
        raise AuthorisationNotFound(public_id=str(public_id))
    if actor is not None and not scope_of(actor, UPLOAD).covers(row.unit_id):
        raise NotPermitted(permission=UPLOAD)
    if known := _known(row, file.sha256):
        return known
    _refuse_out_of_force(row)
    if fault := text_fault(_("批号"), file.lot_number.strip(), 60):
        raise BadFactoryFile(reason=fault)
    on = clock.today()
    one = _type_of(row, file.model)
    testing = one.testing(on)
    rows, faults = read_factory_file(
        file.data,
        file.name,
        testing.points,
        marks=marks_of(row),
        first_day=row.valid_from,
        last_day=min(row.valid_until, on),
        beyond=float(rule_on("beyond_sense_times_limit", on).value),
    )
    _refuse_other_year(rows, faults)
    screening = None if faults.count else _screened(rows, testing)
    return _keep(actor, public_id, file, (one, testing), (rows, faults), screening, is_demo=is_demo)


@transaction.atomic
def _keep(
    actor: User | None,
    public_id: UUID,
    file: SentFile,
    asked: tuple[MeterType, Testing],
    read: tuple[FactoryRows, Faults],
    screening: Screening | None,
    *,
    is_demo: bool,
) -> FactoryUpload:
    (one, testing), (rows, faults) = asked, read
    row = locked(public_id)
    if known := _known(row, file.sha256):
        return known
    _refuse_out_of_force(row)
    _refuse_used_marks(row, rows, faults)
    lot = None
    if not faults.count:
        lot = _delivered(actor, row, file, one, rows, faults, is_demo=is_demo)
    marked = sum(1 for _at in counted(rows))
    made = FactoryUpload.objects.create(
        unit=row.unit,
        authorisation=row,
        sha256=store_file(file.data) if lot else file.sha256,
        file_name=file.name[-255:],
        lot_number=file.lot_number.strip(),
        kind=one.kind,
        model=one.model,
        points=[point.to_dict() for point in testing.points],
        rows=len(rows.numbers),
        unmarked=len(rows.numbers) - marked,
        operators=rows.operators if lot else {},
        faults=[asdict(fault) for fault in faults.first],
        fault_count=faults.count,
        screening=screening.to_dict() if lot and screening else {},
        lot=lot,
        sent_by=actor,
        sent_at=clock.now(),
        is_demo=is_demo,
    )
    log(
        "delivered" if lot else "refused",
        row,
        actor,
        upload=str(made.public_id),
        sha256=made.sha256,
        lot=str(lot.public_id) if lot else "",
        model=one.model,
        rows=made.rows,
        faults=made.fault_count,
    )
    return made


def _known(row: Authorisation, sha256: str) -> FactoryUpload | None:
    return FactoryUpload.objects.filter(unit=row.unit_id, sha256=sha256, lot__isnull=False).first()


def _refuse_out_of_force(row: Authorisation) -> None:
    if reason := not_in_force(row, clock.today()):
        raise NotInForce(number=row.number, reason=reason)


def _type_of(row: Authorisation, model: str) -> MeterType:
    types = types_of(row)
    for one in types:
        if name_key(one.model) == name_key(model):
            return one
    raise OutOfScope(model=model, number=row.number, known="、".join(one.model for one in types))


def _refuse_other_year(rows: FactoryRows, faults: Faults) -> None:
    """A lot is of one year: what was verified in another belongs to another lot."""
    name = {key: name for key, name, _alias in headings()}["day"]
    year = rows.days[0].year if rows.days else 0
    for number, day in zip(rows.numbers, rows.days, strict=True):
        if day.year != year and day.year > 1 and year > 1:
            faults.add(
                number, name, _("第一行是 %(year)s 年的，一批只能是同一年检定的。") % {"year": str(year)}
            )


def _screened(rows: FactoryRows, testing: Testing) -> Screening:
    points = [ScreenedPoint(point.label, point.limit, point.interval) for point in testing.points]
    return screen(rows.errors, points, rows.numbers)


def _refuse_used_marks(row: Authorisation, rows: FactoryRows, faults: Faults) -> None:
    at = {mark: number for mark, number in zip(rows.marks, rows.numbers, strict=True) if mark}
    name = {key: name for key, name, _alias in headings()}["mark"]
    marks = list(at)
    for start in range(0, len(marks), _MARKS_AT_ONCE):
        used = LotMeter.objects.filter(
            lot__maker_unit=row.unit_id,
            origin=Origin.FACTORY,
            mark_no__in=marks[start : start + _MARKS_AT_ONCE],
        )
        for mark, serial, number in used.order_by().values_list("mark_no", "serial_no", "lot__number"):
            given = {"mark": mark, "serial": serial, "number": number}
            reason = _("“%(mark)s”已用在批“%(number)s”的 %(serial)s 上。") % given
            faults.add(at[mark], name, reason)


def _delivered(
    actor: User | None,
    row: Authorisation,
    file: SentFile,
    one: MeterType,
    rows: FactoryRows,
    faults: Faults,
    *,
    is_demo: bool,
) -> Lot | None:
    """Return the closed lot of a file; None where rows were refused, and then nothing of it is kept."""
    meters = _meters(rows)
    if not meters:
        raise BadFactoryFile(reason=_("没有一台有检定标记，不成一批。"))
    try:
        with transaction.atomic():
            lot = open_lot(
                actor=actor,
                origin=Origin.FACTORY,
                number=file.lot_number,
                kind=one.kind,
                maker=row.unit.name,
                model=one.model,
                accuracy_class=one.accuracy_class,
                first_verified_in=rows.days[0].year,
                maker_unit=row.unit,
                is_demo=is_demo,
            )
            add_meters(actor=actor, lot=lot, meters=meters)
            return close_list(actor=actor, lot=lot)
    except MetersRefused as error:
        for fault in sorted(error.rejected, key=_line):
            faults.add(fault.row, fault.column, fault.reason)
        return None


def _line(fault: Rejected) -> int:
    return fault.row


def _meters(rows: FactoryRows) -> Sequence[NewMeter]:
    errors = rows.errors.tolist()
    return [
        NewMeter(
            serial_no=rows.serials[at],
            row=rows.numbers[at],
            mark_no=rows.marks[at],
            verified_on=rows.days[at],
            errors=tuple(errors[at]),
        )
        for at in counted(rows)
    ]
