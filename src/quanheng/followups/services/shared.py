"""What the services of this app have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from quanheng.base.errors import StaleRevision
from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.core.permissions import scope_of
from quanheng.core.services import acted_by
from quanheng.followups.enums import FollowUpState
from quanheng.followups.errors import BadFollowUpReason, FollowUpNotFound, WrongFollowUpState
from quanheng.followups.models import MAX_REASON, FollowUp
from quanheng.kernels.text_keys import has_control
from quanheng.transparency.services import Personal, enqueue_leaf

ORDER, RECORD = "followups.order", "followups.record"


def refuse_unpermitted(actor: User, permission: str) -> None:
    """Refuse who does not hold a permission.  NotPermitted."""
    if not scope_of(actor, permission):
        raise NotPermitted(permission=permission)


def locked_follow_up(public_id: UUID, revision: int, states: set[FollowUpState]) -> FollowUp:
    """Return one, locked until the transaction ends, in one of these states.

    Raises
    ------
    FollowUpNotFound, StaleRevision, WrongFollowUpState
        Not there; saved by another meanwhile; another step is next.
    """
    rows = FollowUp.objects.select_for_update(of=("self",)).select_related("area", "instrument__owner")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise FollowUpNotFound(public_id=str(public_id))
    if found.revision != revision:
        raise StaleRevision(yours=revision, present=found.revision)
    if found.state not in states:
        raise WrongFollowUpState(present=found.get_state_display())
    return found


def move(follow_up: FollowUp, state: FollowUpState, reason: str = "", by: User | None = None) -> None:
    """Save the next state under the next revision; ``by`` is who wrote the reason."""
    follow_up.state, follow_up.reason, follow_up.reason_by = state, reason, by
    follow_up.revision += 1
    follow_up.save()


def needed(reason: str) -> str:
    """Return a reason without blanks around it.  BadFollowUpReason where there is none, or too long a one."""
    text = reason.strip()
    if not text:
        raise BadFollowUpReason(reason=_("请写明理由。"))
    if len(text) > MAX_REASON or has_control(text):
        raise BadFollowUpReason(reason=_("文字超过 %(most)s 个字，或有看不见的字符。") % {"most": MAX_REASON})
    return text


def log(
    event: str,
    subject: str,
    actor: User | None,
    *,
    reason: str = "",
    of_home: Mapping[str, str] | None = None,
    **data: Any,
) -> None:
    """Stage the one leaf of a write; a meter of a home is named by its follow-up alone.

    ``of_home`` is what a meter showed and a household is paid: the leaf holds salted commitments to it, so that nothing
    is altered later and nobody reads it there.
    """
    personal = dict(acted_by(actor))
    personal |= {name: Personal(value, subject) for name, value in (of_home or {}).items()}
    if reason and actor is not None:
        personal["reason"] = Personal(reason, actor.person)
    enqueue_leaf(kind=f"followup:{event}", subject=subject, data=data, personal=personal)
