"""What the values of whole columns tell: which are empty, dates or periods, the order of day and month."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from quanheng.kernels.ledger.dates import BadDate, agrees, order_of, read_date
from quanheng.kernels.ledger.layout import TableRow
from quanheng.kernels.ledger.periods import Period, of_number, read_period
from quanheng.kernels.ledger.text import clean
from quanheng.kernels.ledger.values import plain_text

SAMPLES = 3
_DATE_LIKE = re.compile(r"\d{1,4}\s*[-./年]\s*\d{1,2}\s*[-./月]\s*\d{1,4}")


@dataclass(slots=True)
class Facts:
    """Column → what its values show."""

    filled: Counter[int] = field(default_factory=Counter)
    samples: dict[int, list[str]] = field(default_factory=dict)
    dates: Counter[int] = field(default_factory=Counter)
    periods: Counter[int] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    rows: int = 0


def gather(rows: Iterable[TableRow], *, dated: set[int], by_values: set[int], is_1904: bool) -> Facts:
    """Look at every row once: ``dated`` columns for the order of their dates, ``by_values`` for their kind."""
    facts = Facts()
    for row in rows:
        if row.kind != "data":
            continue
        facts.filled.update(row.filled)
        facts.rows += 1
        if len(facts.samples) < len(row.cells) or row.index < 50:  # noqa: PLR2004  samples come early
            _sample(facts, row)
        for column in dated:
            if column < len(row.cells) and (shown := order_of(row.cells[column])):
                facts.orders[shown] += 1
        for column in by_values:
            if column < len(row.cells):
                _classify(facts, column, row.cells[column], is_1904=is_1904)
    return facts


def _sample(facts: Facts, row: TableRow) -> None:
    for column in row.filled:
        samples = facts.samples.setdefault(column, [])
        if len(samples) < SAMPLES and (text := plain_text(row.cells[column])) and text not in samples:
            samples.append(text)


def _classify(facts: Facts, column: int, value: object, *, is_1904: bool) -> None:
    if isinstance(value, str) and not clean(value):
        return
    try:
        read_date(value, is_1904=is_1904)
    except BadDate:
        pass
    else:
        facts.dates[column] += 1
        return
    if isinstance(value, int | float) or (isinstance(value, str) and read_period(clean(value)) != Period()):
        facts.periods[column] += 1
    elif isinstance(value, str) and _DATE_LIKE.match(clean(value)):
        facts.dates[column] += 1


def unit_of_bare(bare: float, last: dt.date | None, until: dt.date | None) -> str:
    """Return "month" or "year" where the two dates of a row allow one only, "none" where neither, else ""."""
    if last is None or until is None:
        return ""
    fits = [
        unit
        for unit in ("month", "year")
        if (months := of_number(bare, unit).months) is not None and agrees(last, until, months)
    ]
    return fits[0] if len(fits) == 1 else ("none" if not fits else "")


def months_of_days(days: float, last: dt.date | None, until: dt.date | None) -> int | None:
    """Return the months that 180 days stand for where the two dates of the row say so, else None."""
    if last is None or until is None:
        return None
    apart = (until.year - last.year) * 12 + until.month - last.month
    for months in (apart, apart + 1):
        if months * 28 <= days <= months * 31 and agrees(last, until, months):
            return months
    return None
