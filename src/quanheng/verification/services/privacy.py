"""Erasing what a person wrote; the records of the work stay, for the law keeps them."""

from __future__ import annotations

from django.db import transaction

from quanheng.core.models import User
from quanheng.verification.models import Application, MarkUse, Recall, Verification, WorkOrder

FORGOTTEN = "已删除"


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank the notes and reasons that this person wrote."""
    Application.objects.filter(submitted_by=user).exclude(note="").update(note=FORGOTTEN)
    decided = Application.objects.filter(decided_by=user)
    decided.exclude(decision_reason="").update(decision_reason=FORGOTTEN)
    WorkOrder.objects.filter(created_by=user).exclude(note="").update(note=FORGOTTEN)
    returned = Verification.objects.filter(returned_by=user)
    returned.exclude(return_reason="").update(return_reason=FORGOTTEN)
    spoilt = MarkUse.objects.filter(recorded_by=user)
    spoilt.exclude(spoilt_reason="").update(spoilt_reason=FORGOTTEN)
    Recall.objects.filter(made_by=user).update(reason=FORGOTTEN)
