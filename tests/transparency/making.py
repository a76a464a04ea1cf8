"""Leaves made for tests."""

from __future__ import annotations

from django.db import transaction

from quanheng.transparency.models import PendingLeaf
from quanheng.transparency.services import Fact, enqueue_leaves


def stage(count: int, *, kind: str = "test:made", subject: str = "thing:") -> list[PendingLeaf]:
    """Stage ``count`` leaves in one transaction; the subject ends in the number."""
    with transaction.atomic():
        return enqueue_leaves(Fact(kind, f"{subject}{number}", {"number": number}) for number in range(count))
