"""The address of the public pages, as it is printed and sent."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def public_url(request: HttpRequest) -> str:
    """Return it without a slash at its end: as set, else as this request came."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
