"""Every URL and every API operation, for every role and for the visitor, against the reviewed table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from quanheng.core.models import User
from quanheng.web.api import api
from tests.web.routes import ACCOUNT, API, EVERYONE, PAGES, PORTAL, STAFF, Row
from tests.web.world import STRANGER, World, build_world, elsewhere

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SAFE = {"GET", "HEAD"}
Visit = Callable[..., HttpResponseBase]


@pytest.fixture
def world(people: dict[str, User]) -> World:
    return build_world(people)


@pytest.fixture
def visit(world: World) -> Visit:
    """Send one request as a person (None: a visitor) and undo whatever it did."""
    keys = {name: _sign_in(user) for name, user in world.people.items()}
    token = _get_new_csrf_string()

    def send(name: str, row: Row, person: str | None, *, csrf: bool = True) -> HttpResponseBase:
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        if person is not None:
            client.cookies["sessionid"] = keys[person]
        headers = {}
        if csrf:
            client.cookies["csrftoken"] = token
            headers["X-CSRFToken"] = token
        with transaction.atomic():
            response = _send(client, name, row, world, headers)
            transaction.set_rollback(True)
        return response

    return send


def _sign_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    assert session.session_key
    return session.session_key


def _send(client: Client, name: str, row: Row, world: World, headers: dict[str, str]) -> HttpResponseBase:
    method, target = name.split(" ")
    args = dict(row.args(world))
    if target.startswith("/"):
        in_path = {key: value for key, value in args.items() if f"{{{key}}}" in target}
        query = {key: str(value) for key, value in args.items() if key not in in_path}
        url = target.format(**in_path)
    else:
        url, query = reverse(target, kwargs=args), {}
    options: dict[str, Any] = {"headers": headers, "query_params": query}
    if row.json is not None:
        options |= {"data": row.json(world), "content_type": "application/json"}
    elif row.form is not None:
        options["data"] = dict(row.form(world))
    response: HttpResponseBase = getattr(client, method.lower())(url, **options)
    if response.streaming:
        b"".join(response)  # type: ignore[arg-type]  # to its end, where the file is closed
    return response


@pytest.mark.parametrize("table", [PORTAL, STAFF, ACCOUNT, API], ids=["portal", "staff", "account", "api"])
def test_every_route_answers_each_role_as_reviewed(visit: Visit, table: Mapping[str, Row]) -> None:
    wrong = []
    for name, row in table.items():
        for person in [*sorted(EVERYONE), None]:
            status = visit(name, row, person).status_code
            if status != row.expected(person):
                wrong.append(f"{name} as {person or 'visitor'}: {status}, reviewed {row.expected(person)}")
    assert not wrong, "\n".join(wrong)


def test_every_page_and_operation_has_a_row_and_every_row_a_route() -> None:
    rows = {name.split(" ")[1] for name in PAGES}
    routes = set(_page_names(get_resolver()))
    assert sorted(routes - rows) == [], "routes without a reviewed row"
    assert sorted(rows - routes) == [], "rows without a route"
    beside = {"GET /api/openapi.json", "GET /api/", "GET /api/{rest}"}
    assert set(API) - beside == set(_operations())


def test_a_method_without_a_row_is_not_allowed(visit: Visit) -> None:
    """So that no page can grow a way of writing that nobody reviewed."""
    ours = PORTAL | STAFF
    for name, row in ours.items():
        target = name.split(" ")[1]
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if f"{method} {target}" not in ours:
                bare = Row(EVERYONE, args=row.args)
                assert visit(f"{method} {target}", bare, "admin").status_code == 405, f"{method} {target}"


def test_nothing_is_written_without_the_csrf_token(visit: Visit) -> None:
    unsafe = {name: row for name, row in (PAGES | API).items() if name.split(" ")[0] not in SAFE}
    assert len(unsafe) > 25
    for name, row in unsafe.items():
        if not row.allowed:  # no session opens it
            continue
        person = "admin" if "admin" in row.allowed else min(row.allowed)
        assert visit(name, row, person, csrf=False).status_code == 403, name


def test_the_auditor_writes_nothing_anywhere(world: World, visit: Visit) -> None:
    """Whatever the answer: no record of the house differs after the auditor tried everything."""
    for row in (PORTAL | STAFF | API).values():
        row.args(world)  # some rows make what they ask for
    before = _all_records()
    for name, row in (PORTAL | STAFF | API).items():
        method = name.split(" ")[0]
        if method not in SAFE:
            computes = (
                name == "POST /api/policy/compile" or row.visitor == 200
            )  # for anybody, and keeps nothing
            is_closed = not row.allowed and row.expected("auditor") == 401  # no session opens it
            assert row.expected("auditor") in {403, 404} or computes or is_closed, name
        client = _lasting(world, "auditor")
        _send(client, name, row, world, {"X-CSRFToken": client.cookies["csrftoken"].value})
    assert _all_records() == before
    # The same comparison does see a write.
    adopt = "POST staff:draft_adopt"
    client = _lasting(world, "officer")
    _send(client, adopt, STAFF[adopt], world, {"X-CSRFToken": client.cookies["csrftoken"].value})
    assert _all_records() != before


@pytest.mark.parametrize("person", ["owner", "clerk"])
def test_what_is_not_of_the_own_business_or_town_is_neither_shown_nor_touched(
    world: World, person: str
) -> None:
    """Same roles, same addresses, somebody else's things: not found, nothing written, nothing told."""
    other = elsewhere(world)
    refused, wrong = 0, []
    for name, row in (STAFF | API).items():
        is_named = row.args(other) != row.args(world) or _body(row, other) != _body(row, world)
        before = _all_records() if is_named else {}
        client = _lasting(world, person)
        response = _send(client, name, row, other, {"X-CSRFToken": client.cookies["csrftoken"].value})
        if (
            row.args(other) != row.args(world) and row.visitor != 200
        ):  # what is for anybody is told to them, too
            refused += response.status_code in {403, 404}
            if response.status_code not in {403, 404}:
                wrong.append(f"{name}: {response.status_code}")
        if is_named and _all_records() != before:
            wrong.append(f"{name}: has written")
        if not is_named and STRANGER in _text(response):
            wrong.append(f"{name}: tells of {STRANGER}")
    assert not wrong, "\n".join(wrong)
    assert refused > 25
    assert STRANGER in _text(_send(_lasting(world, "officer"), "GET staff:parties", Row(EVERYONE), other, {}))


def _body(row: Row, world: World) -> str:
    """Return what a request of this row says in its body; a file says the same each time."""
    build = row.form or row.json
    body = build(world).items() if build else ()
    return str([(name, value) for name, value in body if not isinstance(value, SimpleUploadedFile)])


def _text(response: HttpResponseBase) -> str:
    return "" if response.streaming else response.content.decode(errors="replace")  # type: ignore[attr-defined]


def _lasting(world: World, person: str) -> Client:
    """A client whose writes stay, for a test that looks at what was written."""
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = _sign_in(world.people[person])
    client.cookies["csrftoken"] = _get_new_csrf_string()
    return client


def _all_records() -> dict[str, list[tuple[Any, ...]]]:
    """Every row as the database holds it, those that join two tables too."""
    labels = (
        "core",
        "parties",
        "regulations",
        "evaluations",
        "instruments",
        "taskboard",
        "transparency",
        "workforce",
        "standards",
        "fleet",
        "verification",
        "certificates",
        "django_tasks_database",
    )
    models = [model for label in labels for model in apps.get_app_config(label).get_models(True)]
    tables = {model._meta.db_table: model._meta.pk.column for model in models}
    with connection.cursor() as cursor:
        return {table: _rows(cursor, table, key) for table, key in tables.items()}


def _rows(cursor: Any, table: str, key: str) -> list[tuple[Any, ...]]:
    quote = connection.ops.quote_name
    cursor.execute(f"SELECT * FROM {quote(table)} ORDER BY {quote(key)}")
    return list(cursor.fetchall())


def _page_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            if entry.namespace != "api":
                yield from _page_names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}"


def _operations() -> Iterator[str]:
    """Every operation that the router knows, in the OpenAPI or not."""
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield f"{method} /api{re.sub(r'{[a-z]+:', '{', path)}"
