"""Cells of a column → numbers, choices, findings by eye.  What cannot be read exactly is said, never guessed."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from quanheng.kernels.ledger.text import clean, number_text
from quanheng.kernels.ledger.values import BadCell, refuse_errors
from quanheng.kernels.procedures.sheet import FAILED, NOT_CHECKED, PASSED, Column
from quanheng.kernels.quantities import BadQuantity, Quantity, Unit, convert, parse_quantity, unit

FloatArray = NDArray[np.float64]
Said = dict[int, str]
"""Index of a cell → why it cannot be read."""

_PASSED = frozenset(
    [
        "合格",
        "符合",
        "符合要求",
        "通过",
        "是",
        "完好",
        "正常",
        "√",
        "✓",
        "✔",
        "pass",
        "passed",
        "yes",
        "true",
        "ok",
        "y",
    ]
)
_FAILED = frozenset(
    [
        "不合格",
        "不符合",
        "不符合要求",
        "不通过",
        "否",
        "损坏",
        "异常",
        "×",
        "✗",
        "✘",
        "x",
        "fail",
        "failed",
        "rejected",
        "no",
        "false",
        "n",
    ]
)
_GRADE = re.compile(r"(.+?)[级等]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DEGREES = re.compile(r"(?<!Δ)(?:℃|°C|K)$")
"""How everybody writes the unit of a difference of temperatures."""
_ENDS_NUMBER = "0123456789."
_ONE = unit("1")
_SHOWN = 40
_LONGEST_REASON = 200
_NO_VALUE = object()


@dataclass(frozen=True, slots=True)
class Read:
    """What a column holds: nan, or -1 of a choice or finding, where nothing stands or nothing could be read."""

    values: Column
    is_blank: NDArray[np.bool_]
    said: Said


def is_blank(cell: object) -> bool:
    """Whether a cell says nothing: empty, blanks, "/", "—", "无"."""
    return cell is None or (isinstance(cell, str) and not clean(cell))


def text_of(cell: object) -> str:
    """Return the text of a cell, of a whole number without ".0"."""
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, float):
        return number_text(cell)
    return "" if cell is None else str(cell)


def read_numbers(cells: Sequence[object], wanted: Unit | None, written: Unit | None) -> Read:
    """Return numbers in the unit that is wanted; a cell without a unit is in that of the heading.

    Parameters
    ----------
    cells
        Texts and numbers of one column, shape (R,).
    wanted
        Unit of the result; None for a plain number.
    written
        Unit of the heading; None for that which is wanted.
    """
    fast = _all_plain(cells, wanted, written)
    if fast is not None:
        return Read(fast, np.zeros(len(cells), dtype=np.bool_), {})
    return _read_each(cells, lambda cell: _number(cell, wanted, written), np.nan, np.float64)


def read_choices(cells: Sequence[object], choices: Sequence[str]) -> Read:
    """Return the position of the choice that each cell names; Ⅲ is III, 3级 is 3, 1.0 is 1."""
    return _read_each(cells, lambda cell: _choice(cell, choices), -1, np.int16)


def read_checks(cells: Sequence[object]) -> Read:
    """Return PASSED for what is in order, FAILED for what is not."""
    return _read_each(cells, _check, NOT_CHECKED, np.int16)


def read_texts(cells: Sequence[object]) -> list[str]:
    """Return the texts of a column."""
    known = {cell: text_of(cell) for cell in set(cells) if isinstance(cell, Hashable)}
    return [known[cell] for cell in cells]


def _all_plain(cells: Sequence[object], wanted: Unit | None, written: Unit | None) -> FloatArray | None:
    """Return a whole column at once, where every cell is a plain number; else None.

    A power of ten is put behind the digits, so that 0.57 kg is 570 g and nothing beside it.
    """
    shift = _power_of_ten(wanted, written)
    kinds = set(map(type, cells))
    if shift is None or not kinds <= {str, int, float}:
        return None
    texts: Sequence[object] = cells
    if shift:
        texts = [f"{cell}e{shift}" for cell in cells]
    try:
        values = np.array(texts, dtype=np.float64)
    except (ValueError, OverflowError):
        return None
    has_underscore = str in kinds and "_" in "".join(cell for cell in cells if isinstance(cell, str))
    return None if has_underscore or not np.isfinite(values).all() else values


def _power_of_ten(wanted: Unit | None, written: Unit | None) -> int | None:
    if wanted is None or written is None or wanted == written:
        return 0
    if wanted.quantity is not written.quantity or wanted.zero != written.zero:
        return None
    ratio = (written.factor / wanted.factor).normalize()
    return ratio.adjusted() if ratio.as_tuple().digits == (1,) else None


def _read_each(
    cells: Sequence[object], read: Callable[[object], float], blank: float, kind: type[np.generic]
) -> Read:
    """Read each cell; equal cells once."""
    keys = [(type(cell), cell if isinstance(cell, Hashable) else _NO_VALUE) for cell in cells]
    distinct = dict.fromkeys(keys)
    answers = {key: _answer(key[1], read) for key in distinct}
    blanks = {key for key, answer in answers.items() if answer is None}
    values = {key: answer if isinstance(answer, int | float) else blank for key, answer in answers.items()}
    refused = {key: answer for key, answer in answers.items() if isinstance(answer, str)}
    said = {at: refused[key] for at, key in enumerate(keys) if key in refused} if refused else {}
    is_blank_ = np.zeros(len(cells), dtype=np.bool_)
    if blanks:
        is_blank_ = np.fromiter((key in blanks for key in keys), dtype=np.bool_, count=len(keys))
    return Read(np.fromiter((values[key] for key in keys), dtype=kind, count=len(keys)), is_blank_, said)


def _answer(cell: object, read: Callable[[object], float]) -> float | str | None:
    """Return what a cell says, None where that is nothing; a text is why it cannot be read."""
    if cell is _NO_VALUE:
        return "此处应为一个值。"
    if is_blank(cell):
        return None
    try:
        refuse_errors(cell)
        return read(cell)
    except BadCell as error:
        return error.text
    except BadQuantity as error:
        return str(error)[:_LONGEST_REASON]


def _number(cell: object, wanted: Unit | None, written: Unit | None) -> float:
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        raise BadQuantity(f"不是数值，而是日期或时间（{cell}）。")
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise BadQuantity(f"不是数值：“{str(cell)[:_SHOWN]}”。")
    target = wanted or _ONE
    source = written or target
    given = clean(cell) if isinstance(cell, str) else cell
    if isinstance(given, str) and wanted is None and given[-1] not in _ENDS_NUMBER:
        raise BadQuantity(f"应为不带单位的数：“{given[:_SHOWN]}”。")
    if isinstance(given, str) and wanted is not None and wanted.quantity is Quantity.TEMPERATURE_DIFFERENCE:
        given = _DEGREES.sub(r"Δ\g<0>", given)
    number = float(convert(parse_quantity(given, source), source, target))
    if not np.isfinite(number):
        raise BadQuantity(f"超出范围：“{str(cell)[:_SHOWN]}”。")
    return number


def _choice(cell: object, choices: Sequence[str]) -> int:
    text = text_of(cell)
    plain = _plain_choice(text)
    plain_choices = [_plain_choice(choice) for choice in choices]
    if plain in plain_choices:
        return plain_choices.index(plain)
    if _NUMBER.fullmatch(plain):
        for at, choice in enumerate(plain_choices):
            if _NUMBER.fullmatch(choice) and Decimal(choice) == Decimal(plain):
                return at
    raise BadQuantity(f"“{text[:_SHOWN]}”不在可选值之内：{'、'.join(choices)}。")


def _plain_choice(text: str) -> str:
    """Return a choice without blanks and without the word for class."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    graded = _GRADE.fullmatch(plain)
    return graded[1] if graded else plain


def _check(cell: object) -> int:
    if isinstance(cell, bool):
        return PASSED if cell else FAILED
    text = text_of(cell).casefold()
    if text in _PASSED:
        return PASSED
    if text in _FAILED:
        return FAILED
    raise BadQuantity(f"应为“合格”或“不合格”，而不是“{text[:_SHOWN]}”。")
