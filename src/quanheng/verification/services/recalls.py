"""Recall: a certificate shows that a standard had drifted, and past verdicts are looked at again."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.core.services import acted_by
from quanheng.kernels.canonical import canonical_json
from quanheng.kernels.traceability import Course
from quanheng.standards.models import StandardCertificate
from quanheng.transparency.services import Personal, enqueue_leaf
from quanheng.verification.errors import BadRecall
from quanheng.verification.models import Recall
from quanheng.verification.recalling import affected_by, computed
from quanheng.verification.rules import rule_on
from quanheng.verification.services.shared import needed, refuse_outside


@transaction.atomic
def make_recall(
    *,
    actor: User,
    certificate: UUID,
    reason: str,
    course: Course = Course.RANDOM,
    threshold: Decimal | None = None,
) -> Recall:
    """Look again at all that was measured with a standard since its last certificate before this one.

    Parameters
    ----------
    certificate
        A certificate of a standard with the values as they were found.
    course
        What is known to have happened between the two calibrations: it wandered, drifted evenly, or jumped once.
    threshold
        Probability from which owners are notified; by default that of the rules.

    Raises
    ------
    OutsideScope
        Not a standard of this person's institute.
    BadRecall, BadReason
        No such certificate, or a withdrawn one; none before it; nothing measured since; no points to compare; no
        probability; no reason.
    """
    found = (
        StandardCertificate.objects.select_related("standard__unit")
        .filter(public_id=certificate, withdrawn_at=None)
        .first()
    )
    if found is None:
        raise BadRecall(reason=_("没有找到这份证书，或它已撤销。"))
    refuse_outside(actor, "verification.recall", found.standard.unit_id)
    least = Decimal(rule_on("recall_threshold", clock.today()).value) if threshold is None else threshold
    if not (least.is_finite() and 0 <= least <= 1):
        raise BadRecall(reason=_("通知的概率应在 0 和 1 之间。"))
    affected = affected_by(found)
    row = Recall.objects.create(
        standard=found.standard,
        found=found,
        result=computed(affected, Course(course)),
        threshold=least,
        reason=needed(reason),
        made_by=actor,
        made_at=clock.now(),
    )
    row.refresh_from_db(fields=["threshold"])
    enqueue_leaf(
        kind="recall:made",
        subject=f"recall:{row.public_id}",
        data={
            "standard": f"standard:{found.standard.public_id}",
            "certificate": found.number,
            "since": affected.before.calibrated_on.isoformat(),
            "verifications": len(row.result["ranked"]) + len(row.result["not_computed"]),
            "threshold": str(row.threshold),
            "sha256": hashlib.sha256(canonical_json(row.result)).hexdigest(),
        },
        personal=acted_by(actor) | {"reason": Personal(row.reason, actor.person)},
    )
    return row
