from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanheng.core.models import User
from quanheng.taskboard.models import Plan
from quanheng.taskboard.services.plans import adopt_version, receive_document
from tests.plans import PLAN

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
As = Callable[[str], Client]
# Before the deadline that tests/plans.py sets, whatever day these tests run on.
TODAY = date(2026, 5, 20)


def text_of(response: object) -> str:
    """What a reader sees: no tags, no runs of blanks."""
    html = response.content.decode()  # type: ignore[attr-defined]
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", body)))


def sent(text: str, name: str = "方案.txt") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, text.encode(), "text/plain")


@pytest.fixture(autouse=True)
def _on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)


@pytest.fixture
def as_(people: dict[str, User]) -> As:
    """Sign in one of the cast."""

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(people[username], backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def plan(people: dict[str, User]) -> Plan:
    """The plan of tests/plans.py, adopted by the officer."""
    version = receive_document(actor=people["officer"], data=PLAN.encode(), filename="方案.txt")
    return adopt_version(actor=people["officer"], public_id=version.public_id)
