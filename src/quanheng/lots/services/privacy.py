"""Erasing what a person wrote about samples; what was found and decided stays."""

from __future__ import annotations

from django.db import transaction

from quanheng.core.models import User
from quanheng.lots.models import Sample, SampleItem

FORGOTTEN = "已删除"


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank the reasons of decisions and of results that this person wrote."""
    decided = Sample.objects.filter(decided_by=user)
    decided.exclude(decision_reason="").update(decision_reason=FORGOTTEN)
    SampleItem.objects.filter(entered_by=user).exclude(reason="").update(reason=FORGOTTEN)
