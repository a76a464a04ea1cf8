"""The one place that reads the clock.  Services read it once; kernels are given dates."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return timezone.now()


def today() -> date:
    """Return the current date in the county's time zone."""
    return timezone.localdate()
