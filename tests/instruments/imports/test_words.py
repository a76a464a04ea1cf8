"""What the words of a ledger say, and that they say nothing where they say it of two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.instruments.enums import Setting, Use
from quanheng.instruments.services.importing.words import (
    Towns,
    parameters_of,
    party_kind_of,
    place_and_spot,
    setting_of,
    use_of,
)
from quanheng.parties.enums import PartyKind


@pytest.mark.parametrize(
    ("text", "place", "spot"),
    [
        ("翠屏路农贸市场", "翠屏路农贸市场", ""),
        ("翠屏路农贸市场肉类区12号", "翠屏路农贸市场", "肉类区12号"),
        ("百节镇卫生院 门诊部一楼", "百节镇卫生院", "门诊部一楼"),
        ("农贸市场旁加油站", "农贸市场旁加油站", ""),
        ("一楼大厅", "", "一楼大厅"),
        ("农贸市场旁空地", "", "农贸市场旁空地"),
        ("市场路12号", "", "市场路12号"),
        ("区市场监督管理局三楼", "", "区市场监督管理局三楼"),
        ("", "", ""),
    ],
)
def test_a_place_is_a_name_that_ends_as_places_do_and_the_rest_is_the_spot(
    text: str, place: str, spot: str
) -> None:
    assert place_and_spot(text) == (place, spot)


def test_a_name_says_what_sort_of_place_it_is_or_nothing() -> None:
    assert setting_of("石桥加油站") is Setting.FUEL_STATION
    assert setting_of("达川区人民医院（本部）") is Setting.HEALTH
    assert setting_of("达川某某有限公司") is None


@given(st.text(max_size=40))
def test_parting_a_place_takes_its_beginning_and_its_end(text: str) -> None:
    place, spot = place_and_spot(text)
    assert text.startswith(place)
    assert text.rstrip().endswith(spot.rstrip())


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("贸易结算", Use.TRADE),
        ("用于贸易 结算", Use.TRADE),
        ("医疗", Use.MEDICAL),
        ("环保", Use.ENVIRONMENT),
        ("其他", Use.OTHER),
        ("贸易结算、安全防护", Use.UNKNOWN),
        ("工艺控制", Use.UNKNOWN),
    ],
)
def test_a_use_is_what_is_written_and_two_uses_are_none(text: str, use: Use) -> None:
    assert use_of(text) is use


def test_a_town_is_found_within_a_name_unless_two_are_named() -> None:
    towns = Towns([("百节镇", 1), ("石桥镇", 2), ("石桥", 2)])
    assert towns.within("达州市达川区百节镇卫生院") == 1
    assert towns.within("石桥镇石桥加油站") == 2
    assert towns.within("百节镇至石桥镇客运站") is None
    assert towns.within("达川区人民医院") is None
    assert Towns([]).within("百节镇") is None


def test_sizes_are_taken_where_they_are_written_out_once() -> None:
    water, gas = ("dn_mm",), ("g_size", "gas")
    assert parameters_of(water, "冷水水表", "LXS-15E DN15", "2级") == {"dn_mm": 15}
    assert parameters_of(water, "冷水水表", "LXS-15E", "2级") == {}  # a habit of naming is no statement
    assert parameters_of(water, "冷水水表", "DN15/DN20", "") == {}
    assert parameters_of(gas, "天然气表", "G2.5", "") == {"g_size": 2.5, "gas": "natural_gas"}
    assert parameters_of(gas, "膜式燃气表", "G4S", "1.5级") == {"g_size": 4}
    assert parameters_of(("accuracy_class",), "三相电能表", "", "0.5s级") == {"accuracy_class": "0.5S"}


def test_a_company_is_a_business_and_a_name_that_says_nothing_stays_open() -> None:
    assert party_kind_of("达川某某有限公司") is PartyKind.BUSINESS
    assert party_kind_of("百节镇卫生院") is PartyKind.INSTITUTION
    assert party_kind_of("赵四粮油") is PartyKind.OTHER
