"""Standards as a workbook: out, and in again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from django.utils.translation import gettext as _

from quanheng.base.errors import BureauError
from quanheng.base.sheets import BadCell, Rejected, Row, SheetReport, read_rows, write_sheet
from quanheng.core.models import User
from quanheng.standards.enums import Level
from quanheng.standards.selectors import standards_visible
from quanheng.standards.services.registry import StandardDetails, register_standard

_LEVEL, _NAME, _SERIAL, _MODEL, _MAKER = "类别", "名称", "编号", "型号", "制造单位"
_RANGE, _ACCURACY, _SERVES, _INTERVAL = "测量范围", "准确度", "规程", "复校间隔（月）"
_EXAMINED, _EXAMINED_UNTIL = "考核证书编号", "考核证书有效期至"
READ = (
    *(_LEVEL, _NAME, _SERIAL, _MODEL, _MAKER, _RANGE, _ACCURACY, _SERVES, _INTERVAL),
    *(_EXAMINED, _EXAMINED_UNTIL),
)
HEADINGS = (*READ, "证书有效期至", "状态", "机构")
_BREAKS = re.compile(r"[\s,，;；、]*[\n,，;；、]+\s*")


def standards_workbook(user: User) -> BytesIO:
    """Return every standard that this person may see, a row each."""
    return write_sheet("计量标准", HEADINGS, _rows(user))


def import_standards(*, actor: User, unit_id: int, data: bytes, filename: str) -> SheetReport:
    """Register the standards of a workbook; each row is taken or not by itself.

    Raises
    ------
    BadSheet
        The file cannot be read as such a workbook.
    """
    accepted, rejected = 0, []
    for row in read_rows(data, filename, READ):
        try:
            register_standard(actor=actor, unit_id=unit_id, details=_details(row))
        except BadCell as error:
            rejected.append(Rejected(row.number, error.column, error.reason))
        except BureauError as error:
            rejected.append(Rejected(row.number, "", error.text))
        else:
            accepted += 1
    return SheetReport(accepted, tuple(rejected))


def _details(row: Row) -> StandardDetails:
    months = row.text(_INTERVAL)
    if months and not months.isdecimal():
        raise BadCell(_INTERVAL, _("应为整月数。"))
    return StandardDetails(
        level=Level(row.choice(_LEVEL, Level.choices)),
        name=row.text(_NAME),
        serial_no=row.text(_SERIAL),
        model=row.text(_MODEL),
        manufacturer=row.text(_MAKER),
        measuring_range=row.text(_RANGE),
        accuracy=row.text(_ACCURACY),
        serves=tuple(_BREAKS.split(row.text(_SERVES))),
        examination_number=row.text(_EXAMINED),
        examination_until=row.day(_EXAMINED_UNTIL),
        interval_months=int(months) if months else None,
    )


def _rows(user: User) -> Iterator[tuple[object, ...]]:
    for row in standards_visible(user):
        yield (
            *(row.get_level_display(), row.name, row.serial_no, row.model, row.manufacturer),
            *(row.measuring_range, row.accuracy, "、".join(row.serves), row.interval_months),
            *(row.examination_number, row.examination_until),
            row.until,  # type: ignore[attr-defined]  # annotated by standards_visible
            *(row.get_condition_display(), row.unit.name),
        )
