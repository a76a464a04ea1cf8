"""The manufacturers app: it watches decisions of lots, so that a rejection suspends wherever it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.db.models.signals import post_save

if TYPE_CHECKING:
    from quanheng.lots.models import Sample


class ManufacturersConfig(AppConfig):
    """Makers that verify their own meters."""

    name = "quanheng.manufacturers"

    def ready(self) -> None:
        """Begin to watch every sample that is saved."""
        post_save.connect(_sample_saved, sender="lots.Sample", dispatch_uid="manufacturers.suspend")


def _sample_saved(instance: Sample, **_kwargs: Any) -> None:
    from quanheng.manufacturers.services.acceptance import suspend_after_rejection

    suspend_after_rejection(instance)
