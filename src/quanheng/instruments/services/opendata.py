"""The open file of the registry, written by the county day and read by everybody.

A page must not count a million rows: it reads the tally that was counted while the file was written, and
says of which day it is.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from datetime import date
from io import TextIOWrapper
from pathlib import Path

from django.conf import settings

from quanheng.base import clock
from quanheng.base.disk import replacing, write_atomic
from quanheng.core.models import OrgUnit
from quanheng.instruments.models import Place, Standing
from quanheng.instruments.selectors import LIVE
from quanheng.instruments.tally import (
    NO,
    NO_KIND,
    NO_TOWN,
    YES,
    Counting,
    OpenRow,
    RegistryTally,
    tally_of,
    write_rows,
)

FILE_NAME = "instruments.csv"
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


def open_folder() -> Path:
    """Return where open files lie."""
    return Path(settings.HOME) / "open"


def open_file(*, packed: bool = False) -> Path:
    """Return where the open file of the registry lies; its gzip form is beside it."""
    return open_folder() / (f"{FILE_NAME}.gz" if packed else FILE_NAME)


def publish_registry() -> RegistryTally:
    """Write the open file, its gzip form and its tally anew; all or nothing of each survives a crash."""
    on = clock.today()
    tally = write_open_file(open_file(), on)
    with (
        open_file().open("rb") as plain,
        replacing(open_file(packed=True)) as stream,
        gzip.GzipFile(fileobj=stream, mode="wb", filename="", mtime=0, compresslevel=6) as packed,
    ):
        shutil.copyfileobj(plain, packed)
    text = json.dumps(tally.to_dict(), ensure_ascii=False, separators=(",", ":"))
    write_atomic(_tally_file(), text.encode())
    return tally


def write_open_file(path: Path, on: date) -> RegistryTally:
    """Write the open file as of ``on`` to ``path`` and return its tally."""
    counting = Counting()
    with replacing(path) as stream:
        # The mark at the start tells spreadsheets that this is UTF-8.
        text = TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        write_rows(text, counting.seen(open_rows(on)))
        text.detach()
    return counting.tally(on)


def kept_tally() -> RegistryTally:
    """Return the tally of the last county day; an empty one where none ran yet."""
    try:
        return RegistryTally.from_dict(json.loads(_tally_file().read_text(encoding="utf-8")))
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
            rule_confirmed=_word(confirmed) if rule else "",
            verified_on=_day(verified_on),
            valid_until=_day(valid_until),
            due_on=_day(due_on),
            full_identity=_word(is_full),
            demo=_word(is_demo),
            on=day,
        )


def _tally_file() -> Path:
    return open_folder() / "registry.json"


def _word(fact: bool) -> str:
    return YES if fact else NO


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""
