"""The public list of authorised makers and their lots: one row a lot; read back by anybody without a database."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from io import StringIO
from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from quanheng.instruments.exports import harmless
from quanheng.lots.enums import Origin
from quanheng.lots.models import Lot, Sample
from quanheng.manufacturers.enums import AuthorisationState
from quanheng.manufacturers.models import Authorisation

FILE_NAME = "manufacturers.csv"
EXPIRED, COMING, WAITING = "expired", "not_begun", "waiting"


class ListedLot(NamedTuple):
    """A row of the file, as text; the columns of the lot are empty for a maker without lots.  Days are ISO 8601."""

    manufacturer: str
    authorisation: str
    state: str
    valid_from: str
    valid_until: str
    lot: str = ""
    model: str = ""
    meters: str = ""
    delivered_on: str = ""
    decision: str = ""
    demo: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """What the list says: makers by state, lots and meters, lots by decision."""

    manufacturers: int
    active: int
    suspended: int
    lots: int
    meters: int
    accepted: int
    rejected: int

    def to_dict(self) -> dict[str, int]:
        """Return it as plain data."""
        return asdict(self)


def listed_lots(on: date) -> Iterator[ListedLot]:
    """Yield the rows of the list on a day; authorisations that were withdrawn or are over are told as such."""
    last = Sample.objects.filter(lot=OuterRef("pk")).order_by("-position").values("decision")[:1]
    for row in Authorisation.objects.select_related("unit").order_by("unit__name", "-valid_from", "pk"):
        common = ListedLot(
            row.unit.name,
            row.number,
            _state(row, on),
            row.valid_from.isoformat(),
            row.valid_until.isoformat(),
            demo="1" if row.is_demo else "",
            on=on.isoformat(),
        )
        lots = Lot.objects.filter(factory_upload__authorisation=row, origin=Origin.FACTORY)
        found = list(lots.annotate(decision=Subquery(last)).order_by("created_at", "pk"))
        for lot in found:
            yield common._replace(
                lot=lot.number,
                model=lot.model,
                meters=str(lot.size),
                delivered_on=f"{timezone.localtime(lot.created_at):%Y-%m-%d}",
                decision=lot.decision or WAITING,
            )
        if not found:
            yield common


def tally_of(rows: Iterable[ListedLot]) -> Tally:
    """Count a list."""
    states: dict[tuple[str, str], str] = {}
    lots, decisions, meters = 0, Counter[str](), 0
    for row in rows:
        states[row.manufacturer, row.authorisation] = row.state
        if row.lot:
            lots, meters = lots + 1, meters + int(row.meters)
            decisions[row.decision] += 1
    by_state = Counter(states.values())
    return Tally(
        manufacturers=len({maker for maker, _number in states}),
        active=by_state[AuthorisationState.ACTIVE],
        suspended=by_state[AuthorisationState.SUSPENDED],
        lots=lots,
        meters=meters,
        accepted=decisions["accepted"],
        rejected=decisions["rejected"],
    )


def as_csv(rows: Iterable[ListedLot]) -> bytes:
    """Return the list as a file."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(ListedLot._fields)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return stream.getvalue().encode()


def read_csv(data: bytes) -> list[ListedLot]:
    """Read a file of `as_csv`.  ValueError, in Chinese, where it is none."""
    try:
        rows = list(csv.reader(StringIO(data.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"不是 {FILE_NAME} 那样的 CSV 文件。") from error
    if not rows or tuple(rows[0]) != ListedLot._fields:
        raise ValueError(f"第一行应为 {','.join(ListedLot._fields)}。")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(ListedLot._fields) or (row[7] and not row[7].isdigit()):
            raise ValueError(f"第 {number} 行不合格式。")
    return [ListedLot(*row) for row in rows[1:]]


def _state(row: Authorisation, on: date) -> str:
    if row.state != AuthorisationState.ACTIVE:
        return row.state
    if on < row.valid_from:
        return COMING
    return EXPIRED if on > row.valid_until else row.state
