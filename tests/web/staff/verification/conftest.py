"""A shop with twelve scales, and an institute that is fit to verify them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from quanheng.core.models import User
from quanheng.instruments.models import Instrument, Place
from quanheng.parties.models import Party
from quanheng.standards.models import MeasurementStandard
from tests.instruments.making import TODAY, make_party, make_place
from tests.verification.making import (
    a_scale,
    equip,
)

People = dict[str, User]


@pytest.fixture(autouse=True)
def _at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, tzinfo=UTC)
    monkeypatch.setattr("quanheng.base.clock.now", lambda: now)


@pytest.fixture
def shop(people: People) -> Party:
    return make_party()


@pytest.fixture
def market(people: People) -> Place:
    return make_place()


@pytest.fixture
def weights(people: People) -> MeasurementStandard:
    return equip(people)


@pytest.fixture
def scales(people: People, shop: Party, market: Place, weights: MeasurementStandard) -> list[Instrument]:
    """Twelve scales of the shop, stall by stall."""
    return [a_scale(people, shop, place=market, spot=f"{n} 号", serial_no=f"D{n:03}") for n in range(1, 13)]
