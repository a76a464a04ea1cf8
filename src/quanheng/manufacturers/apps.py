"""The manufacturers app: it watches decisions of lots, so that a rejection suspends wherever it is decided."""

from __future__ import annotations

from django.apps import AppConfig


class ManufacturersConfig(AppConfig):
    """Makers that verify their own meters."""

    name = "quanheng.manufacturers"

    def ready(self) -> None:
        """Begin to watch."""
        from quanheng.manufacturers.services.acceptance import watch_decisions

        watch_decisions()
