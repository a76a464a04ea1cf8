"""Erasing a person from every app that this one knows."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from quanheng.core.models import User
from quanheng.core.services import erase_person
from quanheng.evaluations import services as evaluations
from quanheng.taskboard.services import evidence


@transaction.atomic
def erase_person_everywhere(*, actor: User | None, public_id: UUID, revision: int, reason: str) -> User:
    """Erase a person, and what they wrote about evidence and models; raises what `erase_person` raises."""
    user = erase_person(actor=actor, public_id=public_id, revision=revision, reason=reason)
    evidence.forget_person(user)
    evaluations.forget_person(user)
    return user
