"""How allauth is bent to a house where only an administrator makes accounts."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody registers by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        """Refuse: accounts are made by the administrator, with a role and a unit."""
        return False


def client_username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the name that failed sign-ins are counted for: in one case, as names are compared."""
    given = credentials or request.POST
    return str(given.get("username") or given.get("login") or "").strip().casefold()


def client_address(request: HttpRequest) -> str:
    """Return the address that failed sign-ins are counted for.

    Behind our proxy it is the last entry of X-Forwarded-For, the one that the proxy itself added;
    the entries before it are whatever the visitor sent.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))
