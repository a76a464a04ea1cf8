from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from quanheng.core.models import User
from tests.web.world import World, build_world

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SignIn = Callable[[str], Client]


@pytest.fixture
def world(people: dict[str, User]) -> World:
    """A county at work, see tests/web/world.py."""
    return build_world(people)


class ApiClient(Client):
    """A signed-in client that speaks JSON and sends the CSRF token as a program would."""

    def request(self, **request: Any) -> Any:
        request.setdefault("HTTP_X_CSRFTOKEN", self.cookies["csrftoken"].value)
        return super().request(**request)

    def send(self, method: str, path: str, data: object = None) -> Any:
        """Send a JSON body."""
        return self.generic(method, path, self._encode_json(data, "application/json"), "application/json")


@pytest.fixture
def as_person(people: dict[str, User]) -> Callable[[str], ApiClient]:
    """Sign in one of the cast."""

    def sign_in(username: str) -> ApiClient:
        client = ApiClient(enforce_csrf_checks=True)
        client.force_login(people[username], backend=BACKEND)
        client.cookies["csrftoken"] = _get_new_csrf_string()
        return client

    return sign_in
