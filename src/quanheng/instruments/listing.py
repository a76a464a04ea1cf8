"""Pages of a list at a bounded cost, whatever the number of instruments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, QuerySet

from quanheng.instruments.models import Standing

# Up to here a list is counted exactly and may be sorted by any column; beyond it says "more than".
CAP = 10_000
ROWS_A_PAGE = 50
LAST_PAGE = CAP // ROWS_A_PAGE
# Name of a sorting → what it sorts by.
SORTS: Mapping[str, str] = {
    "due": "due_on",
    "verified": "verified_on",
    "valid": "valid_until",
    "name": "instrument__name",
    "serial": "instrument__serial_key",
    "owner": "owner__name",
    "place": "place__name",
    "town": "town__position",
    "kind": "kind",
    "filing": "filing",
    "condition": "condition",
    "registered": "instrument__registered_on",
}


@dataclass(frozen=True)
class Bounded:
    """A count: exact, or ``is_more`` than ``value``."""

    value: int
    is_more: bool = False


@dataclass(frozen=True)
class Listing:
    """One page of a list, and how much the whole holds.

    ``worst`` is the setting with the most overdue instruments, None where the overdue are too many to
    sort by setting, or none.
    """

    total: Bounded
    overdue: Bounded
    worst: tuple[str, int] | None
    ids: list[int]
    page: int
    pages: int


def read_listing(
    rows: QuerySet[Standing],
    on: date,
    *,
    along_due: QuerySet[Standing] | None = None,
    page: int = 1,
    sort: str = "due",
    descending: bool = False,
) -> Listing:
    """Return one page of ``rows`` as of ``on``.

    Up to `CAP` rows everything is told by one pass over them.  A longer list is read along the index of
    the due date: as ``along_due``, where the same rows are asked for in a way that leads there.
    """
    found = list(rows.order_by().values_list("pk", "due_on", "setting")[: CAP + 1])
    if len(found) > CAP:
        rows = rows if along_due is None else along_due
        overdue = list(rows.filter(due_on__lt=on).order_by().values_list("setting", flat=True)[: CAP + 1])
        return _long(rows, overdue, page)
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    part = slice((page - 1) * ROWS_A_PAGE, page * ROWS_A_PAGE)
    late = Counter(setting for _pk, due_on, setting in found if due_on is not None and due_on < on)
    if sort == "due":
        ids = [pk for pk, _due, _setting in _by_due(found, descending=descending)[part]]
    else:
        ids = list(ordered(rows, sort, descending=descending).values_list("pk", flat=True)[part])
    worst = late.most_common(1)[0] if late else None
    return Listing(Bounded(len(found)), Bounded(late.total()), worst, ids, page, pages)


def ordered(rows: QuerySet[Standing], sort: str = "due", *, descending: bool = False) -> QuerySet[Standing]:
    """Return ``rows`` in the order of a name of `SORTS`; what is empty comes last, ties in the order of entry."""
    column = F(SORTS[sort])
    by = column.desc(nulls_last=True) if descending else column.asc(nulls_last=True)
    return rows.order_by(by, "pk")


def exact_counts(rows: QuerySet[Standing], on: date) -> tuple[int, dict[str, int]]:
    """Return how many ``rows`` there are, and the overdue by setting; reads all of them."""
    overdue = rows.filter(due_on__lt=on).order_by().values_list("setting").annotate(n=Count("pk"))
    return rows.count(), dict(overdue)


def _long(rows: QuerySet[Standing], overdue: list[str], page: int) -> Listing:
    page = min(max(page, 1), LAST_PAGE)
    part = slice((page - 1) * ROWS_A_PAGE, page * ROWS_A_PAGE)
    ids = list(ordered(rows).values_list("pk", flat=True)[part])
    if len(overdue) > CAP:
        return Listing(Bounded(CAP, True), Bounded(CAP, True), None, ids, page, LAST_PAGE)
    worst = Counter(overdue).most_common(1)[0] if overdue else None
    return Listing(Bounded(CAP, True), Bounded(len(overdue)), worst, ids, page, LAST_PAGE)


def _by_due(
    found: list[tuple[int, date | None, str]], *, descending: bool
) -> list[tuple[int, date | None, str]]:
    dated = sorted(found, key=lambda row: row[0])
    known = [row for row in dated if row[1] is not None]
    known.sort(key=lambda row: row[1] or date.min, reverse=descending)
    return [*known, *(row for row in dated if row[1] is None)]
