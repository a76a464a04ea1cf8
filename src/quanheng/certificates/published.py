"""What the last county day published of certificates and standards.  Light: every page of the board reads it."""

from __future__ import annotations

from quanheng.base.open_data import kept_counts
from quanheng.certificates.tally import WorkTally

CERTIFICATES, STANDARDS = "certificates.csv", "standards.csv"
TALLY = "work.json"


def kept_work() -> WorkTally:
    """Return the tally of the last county day; an empty one where none ran yet."""
    try:
        return WorkTally.from_dict(kept_counts(TALLY))
    except (OSError, ValueError, KeyError, TypeError):
        return WorkTally()
