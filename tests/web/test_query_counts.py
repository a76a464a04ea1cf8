"""How many questions each page asks the database, against a reviewed file.

A page that asks more than before has usually grown a question per row: find it.  Where the growth is
meant, write the new numbers with

    WRITE_QUERY_COUNTS=1 pytest tests/web/test_query_counts.py

and review the difference of tests/web/query_counts.json like code.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quanheng.core.models import User
from tests.web.routes import PORTAL, STAFF, Row
from tests.web.world import World, build_world

COUNTS = Path(__file__).with_name("query_counts.json")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def world(people: dict[str, User]) -> World:
    return build_world(people)


def pages() -> dict[str, Row]:
    """Every page that the officer may read."""
    return {
        name.removeprefix("GET "): row
        for name, row in (PORTAL | STAFF).items()
        if name.startswith("GET ") and row.expected("officer") == 200
    }


def asked(client: Client, name: str, row: Row, world: World) -> int:
    """Return how many queries the second visit of a page makes: the first may fill caches of the process."""
    url = reverse(name, kwargs=dict(row.args(world)))
    for _visit in range(2):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
            if response.streaming:
                b"".join(response)  # type: ignore[arg-type]
        assert response.status_code == 200, name
    return len(queries)


def test_no_page_asks_more_than_was_reviewed(world: World) -> None:
    client = Client()
    client.force_login(world.people["officer"], backend=BACKEND)
    found = {name: asked(client, name, row, world) for name, row in sorted(pages().items())}
    if os.environ.get("WRITE_QUERY_COUNTS") == "1":
        COUNTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    reviewed = json.loads(COUNTS.read_text(encoding="utf-8"))
    grown = [
        f"{name}: {count}, reviewed {reviewed.get(name, 'not at all')}"
        for name, count in found.items()
        if count > reviewed.get(name, -1)
    ]
    assert not grown, "\n".join([*grown, str(__doc__)])
    assert sorted(set(reviewed) - set(found)) == [], "reviewed pages that are no more"


@pytest.mark.django_db
def test_the_list_asks_as_often_for_many_instruments_as_for_few(world: World) -> None:
    """The same for a page of fifty: no question belongs to a row."""
    from quanheng.instruments.models import Instrument
    from quanheng.instruments.services.registry import InstrumentDetails, register_instrument

    client = Client()
    client.force_login(world.people["officer"], backend=BACKEND)
    few = {name: asked(client, name, pages()[name], world) for name in LISTS}
    for number in range(60):
        details = InstrumentDetails(
            name="电子台秤", serial_no=f"TCS{number:04d}", owner=world.party, place=world.place
        )
        register_instrument(actor=world.people["officer"], details=details)
    assert Instrument.objects.count() > 60
    assert {name: asked(client, name, pages()[name], world) for name in LISTS} == few


LISTS = ("staff:instruments", "staff:place", "staff:party", "staff:places", "staff:parties")
