"""Erasing what a person wrote; what was tested, replaced and computed stays."""

from __future__ import annotations

from django.db import transaction

from quanheng.core.models import User
from quanheng.followups.models import FollowUp, ReplacementOrder, TestResult

FORGOTTEN = "已删除"


@transaction.atomic
def forget_person(user: User) -> None:
    """Blank the reasons that this person wrote, the crews that they named, the names of their files."""
    FollowUp.objects.filter(reason_by=user).exclude(reason="").update(reason=FORGOTTEN)
    TestResult.objects.filter(recorded_by=user).exclude(file_name="").update(file_name=FORGOTTEN)
    ended = ReplacementOrder.objects.filter(done_by=user)
    ended.exclude(ended_reason="").update(ended_reason=FORGOTTEN)
    ended.exclude(crew="").update(crew=FORGOTTEN)
