"""A served demonstration county, and a door to it at two widths."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, StorageState, expect

from tests.demonstration import Demonstration, running_demonstration
from tests.e2e.door import WAIT_MS, WIDTHS, Door
from tests.e2e.watch import Watch


@pytest.fixture(scope="session")
def house(
    browser: object, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demonstration]:
    """The running server; asks for the browser first, so that without one nothing is made."""
    expect.set_options(timeout=WAIT_MS)
    home = tmp_path_factory.mktemp("house") / "home"
    shutil.copytree(request.getfixturevalue("demonstration_home"), home)
    with running_demonstration(home) as demonstration:
        yield demonstration


@pytest.fixture(scope="session")
def base_url(house: Demonstration) -> str:
    """Where a bare path such as /staff/ leads."""
    return house.url


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    """An officer in Sichuan.

    The address is given here too: the plugin keeps its own answer for the whole session, and
    that answer has none where a browser test outside this folder was the first to ask.
    """
    return {**browser_context_args, "base_url": base_url, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(params=list(WIDTHS))
def width(request: pytest.FixtureRequest) -> str:
    """At the desk, and on the phone."""
    name: str = request.param
    return name


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What went wrong on any page of this test."""
    watching = Watch()
    yield watching
    assert watching.faults == []


@pytest.fixture(scope="session")
def sessions() -> dict[str, StorageState]:
    """Cookies of the people who have signed in: hashing a password costs a second."""
    return {}


@pytest.fixture
def door(
    new_context: Callable[..., BrowserContext], watch: Watch, width: str, sessions: dict[str, StorageState]
) -> Door:
    """Who comes in, at the width of this test."""
    return Door(new_context, watch, width, sessions)
