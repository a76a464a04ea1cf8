"""Two makers are given the same marks, or one file is sent twice, at the same instant: once it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from quanheng.core.county import load_county, read_county
from quanheng.core.enums import UnitKind
from quanheng.core.models import User
from quanheng.core.services import save_unit
from quanheng.lots.models import Lot
from quanheng.manufacturers.models import Authorisation, FactoryUpload, MarkRange
from tests.manufacturers.making import MAKER, authorised, good_file, send
from tests.people import make_people

Race = Callable[..., list[str]]
ROUNDS = range(3)
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"


@pytest.fixture
def cast(race: Race, home: Path) -> dict[str, User]:
    load_county(read_county(COUNTY))
    return make_people()


@pytest.mark.parametrize("_", ROUNDS)
def test_overlapping_marks_are_given_to_one_maker_only(race: Race, cast: dict[str, User], _: int) -> None:
    officer = cast["officer"]
    save_unit(actor=officer, unit_id=None, revision=0, kind=UnitKind.MANUFACTURER, name="别厂")
    calls = [
        partial(authorised, officer, MAKER, number="1 号"),
        partial(authorised, officer, "别厂", number="2 号", marks="川A150000～川A250000"),
    ]
    assert race(*calls) == ["manufacturers.mark_range_taken", "ok"]
    assert (Authorisation.objects.count(), MarkRange.objects.count()) == (1, 1)


@pytest.mark.parametrize("_", ROUNDS)
def test_a_file_that_is_sent_twice_at_once_is_one_lot(race: Race, cast: dict[str, User], _: int) -> None:
    held = authorised(cast["officer"])
    data = good_file(60)
    assert race(*[partial(send, cast["maker"], held, data)] * 2) == ["ok", "ok"]
    assert (FactoryUpload.objects.count(), Lot.objects.count()) == (1, 1)
