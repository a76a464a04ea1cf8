"""Closed vocabularies: a stored value is kept for ever; a label may change."""

from __future__ import annotations

from typing import Any

from django.db import models


class Vocabulary(models.TextChoices):
    """A closed list; ``listed`` goes to model fields, so that a changed label makes no migration."""

    @classmethod
    def listed(cls) -> list[tuple[str, Any]]:
        """Return value and label of each member."""
        return cls.choices
