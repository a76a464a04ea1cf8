"""Replacement orders as a workbook for crews, and what they send back: row by row, each taken whole or told why not."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from io import BytesIO

from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.base.sheets import BadCell, Rejected, Row, SheetReport, read_rows, write_sheet
from quanheng.core.models import User
from quanheng.followups.models import ReplacementOrder
from quanheng.followups.services.replacements import MOST_KWH, Done, complete_replacement
from quanheng.kernels.text_keys import serial_key

ORDER, OLD, NEW, MAKER = "更换单号", "旧表编号", "新表编号", "新表制造单位"
ON, REMOVED, INSTALLED, CREW = "更换日期", "旧表止码（kWh）", "新表起码（kWh）", "经办人"
FILLED_IN = (NEW, MAKER, ON, REMOVED, INSTALLED, CREW)
_NEEDED = (ORDER, OLD, NEW, ON, REMOVED, INSTALLED)


def crew_sheet(orders: Iterable[ReplacementOrder]) -> BytesIO:
    """Return the open orders with empty columns for what the crew does."""
    headings = (ORDER, OLD, "台区", "乡镇街道", "原因", "计划日期", *FILLED_IN)
    rows = (
        (
            one.number,
            one.old_serial,
            area_of(one),
            town_of(one),
            str(one.get_reason_display()),
            one.planned_on,
            *[""] * len(FILLED_IN),
        )
        for one in orders
    )
    return write_sheet("更换单", headings, rows)


def area_of(order: ReplacementOrder) -> str:
    """Return the supply area of an order, as the readings name it."""
    if order.follow_up is not None:
        return order.follow_up.area.area_id
    return order.lot_meter.area_id if order.lot_meter is not None else ""


def town_of(order: ReplacementOrder) -> str:
    """Return the name of the town of an order."""
    if order.follow_up is not None and order.follow_up.area.town is not None:
        return order.follow_up.area.town.name
    meter = order.lot_meter
    return meter.town.name if meter is not None and meter.town is not None else ""


def take_crew_sheet(*, actor: User, data: bytes, filename: str) -> SheetReport:
    """Complete the orders whose rows are filled in; the file is their evidence.

    A row is taken whole or not at all, and another that is refused does not keep it back.  A row with nothing filled in
    is passed over: that meter still waits.

    Raises
    ------
    BadSheet
        A file that is no table, a heading that is missing, too many rows.
    """
    accepted, rejected = 0, []
    for row in read_rows(data, filename, _NEEDED):
        if not any(row.text(name) for name in FILLED_IN):
            continue
        try:
            order = _order(row)
            complete_replacement(
                actor=actor,
                public_id=order.public_id,
                revision=None,
                done=_done(row),
                data=data,
                filename=filename,
            )
            accepted += 1
        except BadCell as error:
            rejected.append(Rejected(row.number, error.column, error.reason))
        except BureauError as error:
            rejected.append(Rejected(row.number, "", error.text))
    return SheetReport(accepted, tuple(rejected))


def _order(row: Row) -> ReplacementOrder:
    digits = row.text(ORDER).upper().removeprefix("GH")
    found = None
    if digits.isdecimal() and len(digits) <= 18:  # noqa: PLR2004  digits of a 64-bit number
        found = ReplacementOrder.objects.filter(pk=int(digits)).first()
    if found is None:
        raise BadCell(ORDER, _("没有这张更换单。"))
    if serial_key(row.text(OLD)) != serial_key(found.old_serial):
        raise BadCell(OLD, _("更换单上的旧表是 %(serial)s。") % {"serial": found.old_serial})
    return found


def _done(row: Row) -> Done:
    return Done(
        new_serial=row.text(NEW),
        new_maker=row.text(MAKER),
        replaced_on=row.needed_day(ON),
        removed_kwh=_kwh(row, REMOVED),
        installed_kwh=_kwh(row, INSTALLED),
        crew=row.text(CREW),
    )


def _kwh(row: Row, column: str) -> Decimal:
    try:
        value = Decimal(row.text(column))
    except InvalidOperation as error:
        raise BadCell(column, _("应是数（kWh）。")) from error
    if not value.is_finite() or abs(value) >= MOST_KWH:
        raise BadCell(column, _("应是数（kWh）。"))
    return round(value, 2)
