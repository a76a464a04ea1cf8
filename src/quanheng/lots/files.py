"""Lists of meters and results as Excel or CSV: rows in, with what is wrong with each; the forms to fill in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from math import isfinite

from django.utils.translation import gettext as _

from quanheng.base.sheets import BadCell, BadSheet, Rejected, Row, read_rows, write_sheet
from quanheng.kernels.ledger.values import BadCell as BadValue
from quanheng.kernels.ledger.values import text_value
from quanheng.lots.enums import ItemResult, MeterCondition
from quanheng.lots.errors import ResultsRefused
from quanheng.lots.members import FoundMeter, NewMeter
from quanheng.lots.models import SampleItem

MOST_METERS = 200_000
_SERIAL, _VERIFIED, _MARK, _INSTALLED = "出厂编号", "首次检定日期", "检定标记编号", "安装日期"
_TOWN, _AREA, _METER, _UNTIL = "乡镇街道", "台区编号", "表号", "有效期至"
_MAKER, _MODEL, _CLASS, _DELIVERY = "制造单位", "型号", "准确度等级", "到货批次"
NEEDED = (_SERIAL, _VERIFIED)
LIST_HEADINGS = (
    *(_SERIAL, _VERIFIED, _MARK, _INSTALLED, _TOWN, _AREA, _METER, _UNTIL),
    *(_MAKER, _MODEL, _CLASS, _DELIVERY),
)
_ORDER, _RESULT, _TESTED, _ERROR, _REMARK = "抽样顺序", "结果", "检定日期", "误差（%）", "说明"
RESULT_HEADINGS = (_ORDER, _SERIAL, _TOWN, _AREA, _METER, _RESULT, _TESTED, _ERROR, _REMARK)
RESULTS = {
    "合格": (ItemResult.CONFORMING, MeterCondition.PRESENT),
    "不合格": (ItemResult.NONCONFORMING, MeterCondition.PRESENT),
    "有人为改动": (ItemResult.EXCLUDED, MeterCondition.TAMPERED),
    "外部损坏": (ItemResult.EXCLUDED, MeterCondition.DAMAGED),
    "找不到": (ItemResult.EXCLUDED, MeterCondition.MISSING),
}


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a file says of meters, and the rows that could not be read."""

    meters: tuple[NewMeter, ...]
    unread: tuple[Rejected, ...]


def read_list(data: bytes, filename: str) -> ListFile:
    """Read the list of a lot; only 出厂编号 and 首次检定日期 are needed, other columns where the file has them.

    Raises
    ------
    BadSheet
        No table, a needed heading is missing, no rows or more than MOST_METERS.
    """
    meters, unread = [], []
    for row in read_rows(data, filename, NEEDED, most=MOST_METERS):
        try:
            meters.append(_meter(row))
        except BadCell as error:
            unread.append(Rejected(row.number, error.column, error.reason))
    if not meters and not unread:
        raise BadSheet(reason=_("第一行以下没有内容。"))
    return ListFile(tuple(meters), tuple(unread))


def read_results(data: bytes, filename: str) -> list[FoundMeter]:
    """Read results of drawn meters; a row without a result is passed over, for its meter waits.

    Raises
    ------
    BadSheet
        No table, a needed heading is missing, no result at all.
    ResultsRefused
        Rows that cannot be read; each is named.
    """
    found, rejected = [], []
    for row in read_rows(data, filename, (_SERIAL, _RESULT, _TESTED)):
        if not row.text(_RESULT):
            continue
        try:
            found.append(_found(row))
        except BadCell as error:
            rejected.append(Rejected(row.number, error.column, error.reason))
    if rejected:
        raise ResultsRefused(rejected)
    if not found:
        raise BadSheet(reason=_("“结果”一列都没有填写。"))
    return found


def list_form() -> BytesIO:
    """Return the form of a list: its headings."""
    return write_sheet(_("电能表名单"), LIST_HEADINGS, [])


def results_form(items: Iterable[SampleItem]) -> BytesIO:
    """Return the drawn meters with columns for what is found of them."""
    rows = (
        (
            item.position,
            item.meter.serial_no,
            item.meter.town.name if item.meter.town else "",
            item.meter.area_id,
            item.meter.meter_id,
            result_word(item),
            item.tested_on,
            errors_text(item.errors),
            item.reason,
        )
        for item in items
    )
    return write_sheet(_("样本"), RESULT_HEADINGS, rows)


def result_word(item: SampleItem) -> str:
    """Return the result of an item as a file says it; nothing where it waits."""
    if item.result == ItemResult.EXCLUDED:
        return next((word for word, (_r, why) in RESULTS.items() if why == item.meter.condition), "")
    return next((word for word, (result, _c) in RESULTS.items() if result == item.result), "")


def errors_text(errors: Iterable[float]) -> str:
    """Return errors [%] as a cell holds them."""
    return "；".join(f"{error:g}" for error in errors)


def errors_of(text: str) -> tuple[float, ...]:
    """Return the errors [%] that a cell holds, parted by ； or blanks.  ValueError."""
    parts = text.replace("；", " ").replace(";", " ").replace("、", " ").replace("%", " ").split()
    errors = tuple(float(part) for part in parts)
    if not all(isfinite(error) for error in errors):
        raise ValueError(text)
    return errors


def _meter(row: Row) -> NewMeter:
    return NewMeter(
        serial_no=_name(row, _SERIAL),
        row=row.number,
        mark_no=_name(row, _MARK),
        verified_on=row.day(_VERIFIED),
        valid_until=row.day(_UNTIL),
        installed_on=row.day(_INSTALLED),
        town=row.text(_TOWN),
        area_id=_name(row, _AREA),
        meter_id=_name(row, _METER),
        maker=row.text(_MAKER),
        model=row.text(_MODEL),
        accuracy_class=row.text(_CLASS),
        delivery=row.text(_DELIVERY),
    )


def _found(row: Row) -> FoundMeter:
    word = row.text(_RESULT)
    if word not in RESULTS:
        raise BadCell(_RESULT, _("应为%(labels)s之一。") % {"labels": "、".join(RESULTS)})
    result, condition = RESULTS[word]
    try:
        errors = errors_of(row.text(_ERROR))
    except ValueError as error:
        raise BadCell(_ERROR, _("应为数，几个点之间用分号隔开。")) from error
    return FoundMeter(
        serial_no=_name(row, _SERIAL),
        result=result,
        row=row.number,
        tested_on=row.day(_TESTED),
        errors=errors,
        reason=row.text(_REMARK),
        condition=condition,
    )


def _name(row: Row, column: str) -> str:
    """Return a number that names something; what Excel has spoilt is refused."""
    try:
        return text_value(row.cells.get(column, ""), "serial_no")
    except BadValue as error:
        raise BadCell(column, error.text) from error
