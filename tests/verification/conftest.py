from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quanheng.core.models import User
from quanheng.instruments.models import Instrument
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from tests.instruments.making import TODAY, make_party
from tests.verification.making import a_scale, equip


@pytest.fixture(autouse=True)
def on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever day the tests run on, it is the same one."""
    monkeypatch.setattr("quanheng.base.clock.today", lambda: TODAY)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: now)


@pytest.fixture
def shop(people: dict[str, User]) -> Party:
    """The shop of the cast's owner, in the clerk's town."""
    return make_party()


@pytest.fixture
def weights(people: dict[str, User]) -> MeasurementStandard:
    """The institute of the cast, fit to verify scales; its weights."""
    return equip(people)


@pytest.fixture
def one(people: dict[str, User], shop: Party, weights: MeasurementStandard) -> Instrument:
    """A scale of the shop."""
    return a_scale(people, shop)
