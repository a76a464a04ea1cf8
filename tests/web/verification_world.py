"""A recall in the county at work; applications and verifications are made beside the certificates."""

from __future__ import annotations

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.standards.models import StandardCertificate
from quanheng.verification.models import Recall


def make_recall(people: dict[str, User]) -> Recall:
    """One of the standard of the laboratory that touched no verification."""
    found = StandardCertificate.objects.order_by("pk")[0]
    nothing = {"input": {}, "command": "quanheng traceability recall input.json", "notes": []}
    nothing |= {"ranked": [], "not_computed": [], "expected_flips": 0.0, "flips_interval": None}
    return Recall.objects.create(
        standard=found.standard,
        found=found,
        result=nothing,
        threshold="0.05",
        reason="复校超差",
        made_by=people["signatory"],
        made_at=clock.now(),
    )
