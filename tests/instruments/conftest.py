from __future__ import annotations

import pytest

from quanheng.core.models import User
from quanheng.parties.models import Party
from tests.instruments.making import TODAY, make_party, make_place


@pytest.fixture
def on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever day the tests run on, periods end where they are expected to."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)


@pytest.fixture
def shop(people: dict[str, User]) -> Party:
    """The shop of the cast's owner, in the clerk's town."""
    return make_party()


@pytest.fixture
def market(people: dict[str, User]) -> object:
    """A market of the clerk's town."""
    return make_place()
