"""Closed vocabularies of the regulations app.  A stored value is kept for ever; a label may change."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Origin(models.TextChoices):
    """Where a rule version is from."""

    PACKAGED = "packaged", _("随软件提供")
    COUNTY = "county", _("本县添加")


def origin_choices() -> list[tuple[str, Any]]:
    """Choices as a callable, so that a changed label makes no migration."""
    return Origin.choices
