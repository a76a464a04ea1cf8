"""What the services of this app have in common: records locked for one person, reasons, leaves."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.kernels.canonical import canonical_json
from quanheng.transparency.services import Personal, enqueue_leaf
from quanheng.verification.enums import VerificationState
from quanheng.verification.errors import BadReason, OutsideScope, VerificationNotFound, WrongState
from quanheng.verification.models import MAX_REASON, Application, Verification, WorkOrder

MOST_INSTRUMENTS = 500
MAX_DOCUMENT_BYTES = 512 * 1024


def locked_verification(
    actor: User, permission: str, public_id: UUID, revision: int, states: set[VerificationState]
) -> Verification:
    """Return a verification, locked until the transaction ends, if this person may act on it in one of these states.

    Raises
    ------
    VerificationNotFound, OutsideScope, StaleRevision, WrongState
        Not there; of another institute; saved by another meanwhile; another step is next.
    """
    found = (
        Verification.objects.select_for_update(of=("self",))
        .select_related(
            "instrument",
            "instrument__owner",
            "work_order__institute",
            "work_order__application",
            "work_order__verifier",
            "work_order__checker",
            "work_order__signatory",
            "verifier",
            "checker",
        )
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise VerificationNotFound(public_id=str(public_id))
    refuse_outside(actor, permission, found.work_order.institute_id)
    if found.revision != revision:
        raise StaleRevision(yours=revision, present=found.revision)
    if found.state not in states:
        raise WrongState(present=found.get_state_display())
    return found


def refuse_outside(actor: User, permission: str, institute_id: int) -> None:
    """Refuse a person who does not hold a permission for an institute.  OutsideScope."""
    if not scope_of(actor, permission).covers(institute_id):
        raise OutsideScope()


def save_next(row: Application | WorkOrder | Verification) -> None:
    """Save a row under its next revision."""
    row.revision += 1
    row.save()


def needed(reason: str) -> str:
    """Return a reason without blanks around it.  BadReason where there is none, or too long a one."""
    text = limited(reason)
    if not text:
        raise BadReason(reason=_("请写明理由。"))
    return text


def limited(text: str) -> str:
    """Return a text without blanks around it.  BadReason where it is too long or no text."""
    text = text.strip()
    if len(text) > MAX_REASON:
        raise BadReason(reason=_("文字超过 %(most)s 个字。") % {"most": MAX_REASON})
    if "\x00" in text:
        raise BadReason(reason=_("文字中有不能保存的字符。"))
    return text


def as_kept(document: object) -> dict[str, Any] | None:
    """Return a document as the database keeps it; None for what is none, or too large."""
    try:
        size = len(canonical_json(document))  # what is signed later must be hashed
        text = json.dumps(document, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or size > MAX_DOCUMENT_BYTES or "\\u0000" in text:
        return None
    kept: dict[str, Any] = json.loads(text)
    return kept


def log(
    event: str, subject: Application | WorkOrder | Verification, actor: User, *, reason: str = "", **data: Any
) -> None:
    """Stage the one leaf of a write; who acted and why are commitments."""
    name = {Application: "application", WorkOrder: "workorder", Verification: "verification"}[type(subject)]
    personal = acted_by(actor) | ({"reason": Personal(reason, actor.person)} if reason else {})
    enqueue_leaf(
        kind=f"verification:{event}",
        subject=f"{name}:{subject.public_id}",
        data={**data, "demo": subject.is_demo},
        personal=personal,
    )
