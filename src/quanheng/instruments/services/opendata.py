"""The open file of the registry, written by the county day and read by everybody.

A page must not count a million rows: it reads the tally that was counted while the file was written, and
says of which day it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from quanheng.base import clock
from quanheng.base.open_data import keep_counts, kept_counts, open_table, pack_table, write_table
from quanheng.base.rows import iso, word
from quanheng.core.models import OrgUnit
from quanheng.instruments.models import Place, Standing
from quanheng.instruments.selectors import LIVE
from quanheng.instruments.tally import (
    NO_KIND,
    NO_TOWN,
    Counting,
    OpenRow,
    RegistryTally,
    tally_of,
)

FILE_NAME = "instruments.csv"
_TALLY_NAME = "registry.json"
CHUNK = 5000
_COLUMNS = (
    "instrument__public_id",
    "kind",
    "use",
    "town",
    "place",
    "filing",
    "condition",
    "obligation",
    "rule_id",
    "is_confirmed",
    "verified_on",
    "valid_until",
    "due_on",
    "has_full_identity",
    "instrument__is_demo",
)


def open_file(*, packed: bool = False) -> Path:
    """Return where the open file of the registry lies; its gzip form is beside it."""
    return open_table(FILE_NAME, packed=packed)


def publish_registry() -> RegistryTally:
    """Write the open file, its gzip form and its tally anew; all or nothing of each survives a crash."""
    tally = write_open_file(open_file(), clock.today())
    pack_table(FILE_NAME)
    keep_counts(_TALLY_NAME, tally.to_dict())
    return tally


def write_open_file(path: Path, on: date) -> RegistryTally:
    """Write the open file as of ``on`` to ``path`` and return its tally."""
    counting = Counting()
    write_table(path, OpenRow._fields, counting.seen(open_rows(on)))
    return counting.tally(on)


def kept_tally() -> RegistryTally:
    """Return the tally of the last county day; an empty one where none ran yet."""
    try:
        return RegistryTally.from_dict(kept_counts(_TALLY_NAME))
    except (OSError, ValueError, KeyError, TypeError):
        return RegistryTally()


def present_tally() -> RegistryTally:
    """Count the registry as it is now; seconds for a large one."""
    on = clock.today()
    return tally_of(open_rows(on), on)


def open_rows(on: date) -> Iterator[OpenRow]:
    """Yield the rows of the open file, in the order of registration."""
    towns = dict(OrgUnit.objects.values_list("pk", "name"))
    settings_of = dict(Place.objects.values_list("pk", "setting"))
    rows = Standing.objects.filter(LIVE).order_by("pk").values_list(*_COLUMNS)
    day = on.isoformat()
    for row in rows.iterator(chunk_size=CHUNK):
        public_id, kind, use, town, place, filing, condition, obligation, rule, confirmed, *rest = row
        verified_on, valid_until, due_on, is_full, is_demo = rest
        yield OpenRow(
            public_id=str(public_id),
            kind=kind or NO_KIND,
            use=use,
            town=towns.get(town, NO_TOWN),
            setting=settings_of.get(place, ""),
            filing=filing,
            condition=condition,
            obligation=obligation,
            rule_id=rule,
            rule_confirmed=word(confirmed) if rule else "",
            verified_on=iso(verified_on),
            valid_until=iso(valid_until),
            due_on=iso(due_on),
            full_identity=word(is_full),
            demo=word(is_demo),
            on=day,
        )
