"""Closed vocabularies of the task board.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Part(models.TextChoices):
    """How a unit takes part in a task."""

    LEAD = "lead", _("牵头")
    RESPONSIBLE = "responsible", _("责任")


class DayState(models.TextChoices):
    """Where a county day stands."""

    WAITING = "waiting", _("排队中")
    RUNNING = "running", _("进行中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("有步骤未完成")


def part_choices() -> list[tuple[str, Any]]:
    """Choices as a callable, so that a changed label makes no migration."""
    return Part.choices


def day_state_choices() -> list[tuple[str, Any]]:
    """Choices as a callable, so that a changed label makes no migration."""
    return DayState.choices
