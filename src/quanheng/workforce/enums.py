"""Closed vocabularies of the workforce app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Grade(models.TextChoices):
    """Grade of a registered metrologist (注册计量师)."""

    FIRST = "first", _("一级注册计量师")
    SECOND = "second", _("二级注册计量师")
    # Verification officers whose certificate was issued before registration was introduced.
    OFFICER = "officer", _("检定员证")

    @classmethod
    def listed(cls) -> list[tuple[str, Any]]:
        """Return value and label of each member."""
        return cls.choices
