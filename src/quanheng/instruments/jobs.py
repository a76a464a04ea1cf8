"""Jobs of the worker that concern instruments."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django_tasks import task

from quanheng.core.models import User
from quanheng.instruments.models import ImportBatch
from quanheng.instruments.services.importing.batches import confirm_import, resume_import
from quanheng.instruments.services.importing.running import run_import


@transaction.atomic
def ask_for_import(*, actor: User, public_id: UUID, revision: int) -> ImportBatch:
    """Confirm an import and queue it for the worker; raises as `confirm_import`."""
    batch = confirm_import(actor=actor, public_id=public_id, revision=revision)
    run_asked_import.enqueue(str(public_id))
    return batch


@transaction.atomic
def ask_to_resume(*, public_id: UUID) -> ImportBatch:
    """Queue an import that stopped, to go on where it was; raises as `resume_import`."""
    batch = resume_import(public_id=public_id)
    run_asked_import.enqueue(str(public_id))
    return batch


@task()
def run_asked_import(public_id: str) -> None:
    """Run an import that somebody confirmed, unless it is done, stopped, or in hand already."""
    run_import(UUID(public_id))
