"""A narrower way through the one door (web/auth.py), for what concerns the county as a whole."""

from __future__ import annotations

from django.http import HttpRequest

from quanheng.core.errors import NotPermitted
from quanheng.core.models import User
from quanheng.web.auth import require_scope


def require_whole(request: HttpRequest, permission: str) -> User:
    """Return the signed-in person, if they hold ``permission`` for every unit and not only some."""
    user, scope = require_scope(request, permission)
    if not scope.is_all:
        raise NotPermitted(permission=permission)
    return user
