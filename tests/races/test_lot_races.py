"""Two people draw, record or decide at the same instant: it stands once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from quanheng.core.county import load_county, read_county
from quanheng.lots.models import LotMeter, Sample
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.lots.services.samples import decide, draw_sample
from quanheng.transparency.models import PendingLeaf
from tests.lots.making import FACTS, a_closed_lot, meters, plan_of_rule, record

Race = Callable[..., list[str]]
COUNTY = Path(__file__).parent.parent.parent / "examples/dachuan/county.yaml"


@pytest.fixture(autouse=True)
def county(race: Race, home: Path) -> None:
    load_county(read_county(COUNTY))


def test_a_lot_is_drawn_from_and_decided_once(race: Race) -> None:
    lot = a_closed_lot()
    draw = partial(draw_sample, actor=None, lot=lot, plan=plan_of_rule())
    assert race(draw, draw) == ["lots.sample_open", "ok"]
    sample = record(Sample.objects.get())
    deciding = partial(decide, actor=None, sample=sample, revision=sample.revision)
    assert race(deciding, deciding) == ["lots.sample_decided", "ok"]
    assert PendingLeaf.objects.filter(kind="sample:decided").count() == 1
    lot.refresh_from_db()
    assert {meter.valid_until for meter in lot.meters.all()} == {lot.due_on}


def test_a_list_is_not_closed_while_meters_come_in(race: Race) -> None:
    lot = open_lot(actor=None, **FACTS)
    add_meters(actor=None, lot=lot, meters=meters(2))
    more = [one for one in meters(4) if one.row > 3]
    outcome = race(
        partial(add_meters, actor=None, lot=lot, meters=more), partial(close_list, actor=None, lot=lot)
    )
    lot.refresh_from_db()
    assert outcome in (["ok", "ok"], ["lots.list_closed", "ok"])
    assert lot.size == LotMeter.objects.count()
