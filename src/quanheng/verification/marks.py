"""Reads: seals and marks of an institute, reconciled."""

from __future__ import annotations

from dataclasses import dataclass

from quanheng.core.models import OrgUnit
from quanheng.verification.enums import MarkKind
from quanheng.verification.models import MarkRange, MarkUse
from quanheng.verification.reconciling import Finding, Span, reconcile


@dataclass(frozen=True, slots=True)
class MarkFinding:
    """A finding about one kind of seals or marks."""

    kind: MarkKind
    finding: Finding


def mark_findings(institute: OrgUnit) -> list[MarkFinding]:
    """Return every missing or double number, numbers of no range, and ranges received twice; empty: all adds up."""
    found = []
    for kind in MarkKind:
        ranges = MarkRange.objects.filter(institute=institute, kind=kind)
        spans = [Span(*row) for row in ranges.values_list("prefix", "digits", "first", "last").order_by("pk")]
        used = MarkUse.objects.filter(institute=institute, kind=kind).order_by("pk")
        found += [
            MarkFinding(kind, finding)
            for finding in reconcile(spans, used.values_list("number", flat=True).iterator(chunk_size=10_000))
        ]
    return found
