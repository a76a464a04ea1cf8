from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quanheng.core.models import User
from quanheng.parties.models import Party
from tests.followups.making import make_utility
from tests.instruments.making import TODAY
from tests.web.fleet_world import make_fleet


@pytest.fixture(autouse=True)
def on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever day the tests run on, it is the same one."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: now)


@pytest.fixture
def utility(people: dict[str, User]) -> Party:
    """A utility, and areas with a suspect, undetermined meters and one without an estimate."""
    make_fleet(people["officer"])
    return make_utility()
