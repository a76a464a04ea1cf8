"""The one door: every page and operation asks here, and nowhere else, whether a person may."""

from __future__ import annotations

from django.http import HttpRequest

from quanheng.core.errors import NotPermitted, NotSignedIn
from quanheng.core.models import User
from quanheng.core.permissions import Scope, scope_of


def require_permission(request: HttpRequest, permission: str, *, unit_id: int | None = None) -> User:
    """Return the signed-in person, if they hold ``permission`` (for ``unit_id``, where one is given).

    Raises
    ------
    NotSignedIn, NotPermitted
        A visitor; a person without the permission, or without it for that unit.
    """
    user = require_signed_in(request)
    scope = scope_of(user, permission)
    if not scope or (unit_id is not None and not scope.covers(unit_id)):
        raise NotPermitted(permission=permission)
    return user


def require_scope(request: HttpRequest, permission: str) -> tuple[User, Scope]:
    """Return the signed-in person and the units for which they hold ``permission`` (never none)."""
    user = require_permission(request, permission)
    return user, scope_of(user, permission)


def require_whole(request: HttpRequest, permission: str) -> User:
    """Return the signed-in person, if they hold ``permission`` for every unit and not only some."""
    user, scope = require_scope(request, permission)
    if not scope.is_all:
        raise NotPermitted(permission=permission)
    return user


def holds(request: HttpRequest, permission: str) -> bool:
    """Whether to offer an action at all; the action asks the door again."""
    return isinstance(request.user, User) and bool(scope_of(request.user, permission))


def require_signed_in(request: HttpRequest) -> User:
    """Return the signed-in person; for what concerns nobody but them, role or none."""
    if not isinstance(request.user, User):
        raise NotSignedIn()
    return request.user
