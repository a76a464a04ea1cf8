"""The invented county: the same from the same seed, marked as invented, messy as real ledgers are."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
import yaml

from quanheng.instruments.demo.ledgers import make_ledgers
from quanheng.instruments.demo.sheets import SHEETS, STYLES
from quanheng.instruments.demo.world import (
    EAST,
    NORTH,
    SOUTH,
    TOWN_RADIUS,
    WEST,
    DemoWorld,
    Item,
    demo_credit_code,
    make_world,
)
from quanheng.kernels.credit_code import credit_code
from quanheng.kernels.ledger import Ledger, read_ledger
from quanheng.kernels.text_keys import lookalike_key, serial_key
from tests.conftest import ROOT

TODAY = date(2026, 11, 23)
COUNTY = yaml.safe_load((ROOT / "examples/dachuan/county.yaml").read_text(encoding="utf-8"))


def _world(seed: int = 7, today: date = TODAY) -> DemoWorld:
    towns, streets = ([unit["name"] for unit in COUNTY[kind]] for kind in ("towns", "subdistricts"))
    return make_world(seed=seed, today=today, towns=towns, streets=streets)


@pytest.fixture(scope="module")
def world() -> DemoWorld:
    return _world()


@pytest.fixture(scope="module")
def ledgers(world: DemoWorld) -> dict[str, bytes]:
    return make_ledgers(world, seed=7, today=TODAY)


@pytest.fixture(scope="module")
def read(ledgers: dict[str, bytes]) -> dict[str, Ledger]:
    return {name: read_ledger(data, filename=name) for name, data in ledgers.items()}


def test_the_same_seed_and_day_give_the_same_bytes_and_another_seed_others(
    world: DemoWorld, ledgers: dict[str, bytes]
) -> None:
    assert _world() == world
    assert make_ledgers(_world(), seed=7, today=TODAY) == ledgers
    others = make_ledgers(_world(8), seed=8, today=TODAY)
    assert all(others[name] != data for name, data in ledgers.items())


def test_there_are_some_five_thousand_in_seven_markets_and_elsewhere(world: DemoWorld) -> None:
    counts = {sector: len(items) for sector, items in world.items.items()}
    assert 4900 <= sum(counts.values()) <= 5200
    assert counts["markets"] == 300
    assert Counter(place.setting for place in world.places)["market"] == 7
    assert min(counts.values()) >= 30


def test_names_are_recognisably_invented_and_codes_are_of_the_marked_series(world: DemoWorld) -> None:
    assert all(place.name.startswith("演示") for place in world.places)
    assert all(owner.name.startswith("演示") for owner in world.owners)
    items = [item for sector in world.items.values() for item in sector]
    assert {item.owner[:2] for item in items} == {item.maker[:2] for item in items} == {"演示"}
    codes = [owner.credit_code for owner in world.owners]
    assert len(set(codes)) == len(codes)
    assert all(credit_code(code) == code and code[8:11] == "DEM" for code in codes)
    with pytest.raises(ValueError, match="校验位"):
        credit_code(demo_credit_code("91", 1)[:-1] + "8")


def test_places_lie_in_the_district(world: DemoWorld) -> None:
    for place in world.places:
        assert WEST - TOWN_RADIUS <= place.longitude <= EAST + TOWN_RADIUS
        assert SOUTH - TOWN_RADIUS <= place.latitude <= NORTH + TOWN_RADIUS


@pytest.mark.parametrize("today", [TODAY, date(2028, 2, 29), date(2027, 1, 31)])
def test_no_verification_lies_in_the_future_and_about_one_in_25_is_overdue(today: date) -> None:
    items = [item for sector in _world(today=today).items.values() for item in sector]
    dated = [item for item in items if item.last_on and item.valid_until]
    assert all(item.last_on <= today and item.last_on < item.valid_until for item in dated)  # type: ignore[operator]
    overdue = sum(item.valid_until < today for item in dated)  # type: ignore[operator]
    assert 0.03 < overdue / len(dated) < 0.05
    assert 0 < len(items) - len(dated) < 0.03 * len(items)


def test_due_work_comes_in_waves(world: DemoWorld) -> None:
    items = [item for sector in world.items.values() for item in sector]
    ahead = Counter((item.valid_until - TODAY).days // 7 for item in items if item.valid_until)
    weeks = sorted(ahead[week] for week in range(52))
    assert weeks[-1] > 2.5 * weeks[len(weeks) // 2]


def test_no_two_serial_numbers_of_a_maker_look_alike_unless_planted(world: DemoWorld) -> None:
    items = [item for sector in world.items.values() for item in sector]
    assert max(Counter((lookalike_key(item.serial), item.maker) for item in items).values()) == 1


def test_all_nine_styles_of_headings_occur_and_all_but_one_are_understood(read: dict[str, Ledger]) -> None:
    assert len(STYLES) == 9
    assert {sheet.style for sheet in SHEETS} == set(STYLES)
    asked = {name: ledger.mapping.unknown_headings for name, ledger in read.items()}
    assert {name: headings for name, headings in asked.items() if headings} == {
        "演示10-精密制造公司仪器台账.xlsx": ["单位"]
    }


def test_what_the_clerks_wrote_is_read_as_what_they_meant(world: DemoWorld, read: dict[str, Ledger]) -> None:
    for sheet in SHEETS:
        meant: dict[str, Item] = {}
        for sector in sheet.sectors:
            meant |= {serial_key(item.serial): item for item in world.items[sector]}
        records = {serial_key(str(record.values["serial_no"])): record for record in read[sheet.file].records}
        found = {key: record.values for key, record in records.items() if key in meant}
        assert found.keys() == meant.keys(), sheet.file
        for key, values in found.items():
            item = meant[key]
            assert values["name"] == item.name
            assert values.get("last_date") == item.last_on
            assert values.get("owner", item.owner) == item.owner


def test_every_ledger_has_rows_that_must_be_rejected_and_says_why(read: dict[str, Ledger]) -> None:
    for name, ledger in read.items():
        assert "ledger.bad_date" in {row.code for row in ledger.rejected}, name
    reversed_dates = [
        row for ledger in read.values() for row in ledger.rejected if row.code == "ledger.dates_reversed"
    ]
    assert reversed_dates


def test_copies_with_o_for_0_and_one_exact_copy_are_planted(read: dict[str, Ledger]) -> None:
    records = [record for record in read[SHEETS[0].file].records if str(record.values["serial_no"]).strip()]
    alike = Counter(lookalike_key(str(record.values["serial_no"])) for record in records)
    same = Counter(serial_key(str(record.values["serial_no"])) for record in records)
    assert sum(count == 2 for count in alike.values()) == 6
    assert sum(count == 2 for count in same.values()) == 1


def test_a_ledger_of_another_day_is_another_ledger(ledgers: dict[str, bytes]) -> None:
    tomorrow = TODAY + timedelta(days=1)
    later = make_ledgers(_world(today=tomorrow), seed=7, today=tomorrow)
    assert later.keys() == ledgers.keys()
    assert all(later[name] != data for name, data in ledgers.items())
