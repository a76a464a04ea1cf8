"""Erasing a person from every app that this one knows."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from quanheng.certificates import services as certificates
from quanheng.core.models import User
from quanheng.core.services import erase_person
from quanheng.evaluations import services as evaluations
from quanheng.fleet import services as fleet
from quanheng.followups.services import privacy as followups
from quanheng.lots.services import privacy as lots
from quanheng.manufacturers.services import privacy as manufacturers
from quanheng.standards.services import registry as standards
from quanheng.taskboard.services import evidence
from quanheng.verification.services import privacy as verification
from quanheng.workforce.services import people as workforce


@transaction.atomic
def erase_person_everywhere(*, actor: User | None, public_id: UUID, revision: int, reason: str) -> User:
    """Erase a person, and what names them or was written by them in other apps; raises what `erase_person` raises."""
    user = erase_person(actor=actor, public_id=public_id, revision=revision, reason=reason)
    evidence.forget_person(user)
    evaluations.forget_person(user)
    workforce.forget_person(user)
    standards.forget_person(user)
    fleet.forget_person(user)
    verification.forget_person(user)
    certificates.forget_person(user)
    followups.forget_person(user)
    lots.forget_person(user)
    manufacturers.forget_person(user)
    return user
