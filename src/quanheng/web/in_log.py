"""What of an instrument stands in the log: leaves of its own, and those of the ledgers that brought it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from quanheng.instruments.models import Instrument
from quanheng.instruments.selectors import imports_of
from quanheng.transparency.selectors import has_leaves


@dataclass(frozen=True)
class Imported:
    """The subject of the leaves of one import, and its day."""

    subject: str
    on: date


@dataclass(frozen=True)
class InLog:
    """Where to look: an import of a whole ledger is one leaf, not one for each instrument (decision 8)."""

    subject: str
    has_own: bool
    imports: tuple[Imported, ...]


def in_log(instrument: Instrument) -> InLog:
    """Return where the log tells of an instrument; imports newest first."""
    subject = f"instrument:{instrument.public_id}"
    imports = tuple(
        Imported(f"importbatch:{batch.public_id}", timezone.localdate(batch.received_at))
        for batch in imports_of(instrument)
    )
    return InLog(subject, has_leaves(subject), imports)
