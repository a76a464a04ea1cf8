"""Cells → values of fields.  What cannot be read exactly is refused, with a code."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from quanheng.kernels.ledger.dictionary import shown_unit
from quanheng.kernels.ledger.model import Column, Value
from quanheng.kernels.ledger.text import EXACT_BELOW, clean, number_text, quantity_text, with_unit
from quanheng.kernels.ledger.workbook import CellError

_ERRORS = frozenset({"#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#N/A", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
_OVERFLOW = re.compile(r"#{3,}")
_EXPONENT = re.compile(r"\d(?:\.\d+)?[Ee]\+\d{1,3}|\d\.\d+[Ee]\d{1,3}")
_SEVERAL = re.compile(r"[\r\n、；;]|[~～]|\d\s*至\s*\d|\d\s*,\s*[A-Za-z]*\d|，")
_IDENTIFIERS = frozenset({"serial_no", "certificate_no"})
_DIGITS_MATTER = frozenset(
    {"serial_no", "certificate_no", "model", "range", "accuracy", "max", "min", "e", "d"}
)
_QUANTITIES = frozenset({"max", "min", "e", "d"})
_ACCURACY = re.compile(
    r"±?\s*\d+(?:\.\d+)?\s*(?:级|%|%FS|%F\.S\.?)"
    r"|±\s*\d+(?:\.\d+)?\s*(?:[kM]?Pa|mmHg|℃|°C|mm|μm|kg|g|mg|s|V|A)"
    r"|[ⅠⅡⅢⅣⅤIV]+\s*级|[A-Ea-eMEF]\d?\s*级|[（(]?[ⅠⅡⅢⅣIV]+[）)]?\s*级|[一二三四]\s*[级等]|(?:普通|中|高|特种)\s*准确度级?"
)
_LONGEST_MODEL = 100
_DIVIDED = tuple(
    map(
        re.compile,
        (r"(.*\S)\s*/([^/]+)", r"(.*\S)\s*[(（]([^()（）]+)[)）]", r"(.*[^\s/,，;；])[\s,，;；]+(\S+)"),
    )
)
_ACCURACY_TAIL = re.compile(r"级|%|±|等$|[ⅠⅡⅢⅣ]$")


class BadCell(ValueError):
    """A cell that must not be read; ``code`` says why, ``text`` is for people."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(text)


def refuse_errors(value: object) -> None:
    """Raise BadCell for Excel's errors and for formulas that were never computed."""
    if isinstance(value, CellError):
        if value.shown == "=":
            raise BadCell("ledger.formula_no_result", "公式没有保存结果。请用办公软件打开、保存后再上传。")
        raise BadCell("ledger.error_value", f"单元格是错误值 {value.shown}。")
    if isinstance(value, str) and value[:1] == "#":
        shown = value.strip()
        if shown in _ERRORS or _OVERFLOW.fullmatch(shown):
            raise BadCell("ledger.error_value", f"单元格是错误值 {shown}。")


def plain_text(value: object) -> str:
    """Return what a cell shows, for columns without a field; errors stay as they are."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, CellError):
        return "" if value.shown == "=" else value.shown
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return "" if value is None else str(value)


def text_value(value: object, field: str) -> str:
    """Return the text of a cell of ``field``.  Raises BadCell where Excel has lost what was typed."""
    if isinstance(value, str):
        refuse_errors(value)
        if field in _IDENTIFIERS:
            return _identifier(value, field)
        return clean(value)
    if isinstance(value, bool):
        return number_text(value)
    if isinstance(value, int | float):
        if field in _IDENTIFIERS and abs(value) >= EXACT_BELOW:
            raise BadCell(
                "ledger.digits_lost",
                f"编号存成了数字（{value:.6g}），超过 15 位的部分已丢失。请按文本重新录入。",
            )
        return number_text(value)
    refuse_errors(value)
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        if field in _DIGITS_MATTER or field in ("name", "place", "seq"):
            raise BadCell(
                "ledger.turned_into_date", f"单元格被 Excel 改成了日期或时间（{value}），原来的内容已丢失。"
            )
        return plain_text(value)
    return ""


def _identifier(value: str, field: str) -> str:
    text = clean(value)
    if _EXPONENT.fullmatch(text):
        raise BadCell("ledger.digits_lost", f"编号显示为科学计数（{text}），位数已丢失。请按文本重新录入。")
    if field == "serial_no" and text and _SEVERAL.search(value.strip()):
        raise BadCell("ledger.several_serials", f"一格内有多个出厂编号（{text}）。请每台一行。")
    return text.removeprefix("'")


def text_reader(column: Column) -> Callable[[object], Value | None]:
    """Return the function that reads the cells of a text column."""
    name = column.field or ""
    unit = shown_unit(column.unit)
    if name in _QUANTITIES:
        return lambda value: quantity_text(text_value(value, name), unit, name) or None
    if name in ("range", "accuracy") and unit:
        return lambda value: with_unit(text_value(value, name), unit) or None
    return lambda value: text_value(value, name) or None


def split_model(text: str) -> tuple[str, str] | None:
    """Return (model, accuracy) of "SCS-100/Ⅲ级", "SCS-100（Ⅲ级）"; None where it is not clear which is which."""
    if len(text) > _LONGEST_MODEL:
        return None
    if _ACCURACY.fullmatch(text):
        return "", text
    for pattern in _DIVIDED:
        parts = pattern.fullmatch(text)
        if parts is not None and _ACCURACY.fullmatch(parts[2].strip()):
            return parts[1], parts[2].strip()
    return (text, "") if "/" not in text and not _ACCURACY_TAIL.search(text) else None
