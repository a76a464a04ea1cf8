"""From a ledger's name to a kind: never by a guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.rules import InstrumentKind, KindIndex
from quanheng.regulations.packaged import packaged_kinds, packaged_rules


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("电子计价秤", "price_scale"),
        ("电子计价秤（30kg）", "price_scale"),
        (" 电子 计价秤 ", "price_scale"),
        ("防水电子计价秤", "price_scale"),
        ("电子计价称", "price_scale"),
        ("台秤", "platform_scale"),
        ("防爆电子台秤", "platform_scale"),
        ("案秤", "counter_scale"),
        ("电子汽车衡", "truck_scale"),
        ("电子汽车衡（100t）", "truck_scale"),
        ("动态汽车衡", "weigh_in_motion"),
        ("加油机", "fuel_dispenser"),
        ("加油机3号", "fuel_dispenser"),
        ("加油机[92#]", "fuel_dispenser"),
        ("冷水水表", "water_meter"),
        ("热水水表", "hot_water_meter"),
        ("膜式燃气表", "gas_meter_diaphragm"),
        ("单相智能电能表", "household_electricity_meter"),
        ("三相四线智能电能表", "electricity_meter"),
        ("压力表", "pressure_gauge"),
        ("Ｙ－１００压力表", "pressure_gauge"),
        ("血压计", "sphygmomanometer"),
        ("血压计（表）", "sphygmomanometer"),
        ("电子血压计", "automatic_sphygmomanometer"),
        ("ct", "computed_tomography"),
        ("数显卡尺", "vernier_caliper"),
    ],
)
def test_a_ledger_name_finds_its_kind(name: str, code: str) -> None:
    assert packaged_kinds().kind_of(name) == code


@pytest.mark.parametrize(
    "name",
    [
        "",
        "（）",
        "电子天平",
        "压力表校验仪",
        "血压计检定装置",
        "加油机检定用标准金属量器",
        "标准砝码",
        "精密压力表",
        "水表箱",
        "水表检定装置",
        "台秤和案秤等",
        "体温",
        "表",
        "electronic_scales",
        "ACT-15",
    ],
)
def test_a_name_that_does_not_say_a_kind_is_asked_about(name: str) -> None:
    assert packaged_kinds().kind_of(name) is None


@pytest.mark.parametrize("kind", list(packaged_kinds()), ids=lambda kind: kind.code)
def test_every_name_of_every_kind_finds_it_back(kind: InstrumentKind) -> None:
    assert {packaged_kinds().kind_of(name) for name in (kind.name, *kind.aliases)} == {kind.code}


@given(st.text(max_size=12))
def test_any_text_gets_a_known_kind_or_none(name: str) -> None:
    code = packaged_kinds().kind_of(name)
    assert code is None or code in packaged_kinds()


def test_every_kind_of_the_catalogue_has_a_rule_and_no_other_has() -> None:
    ruled = {version.kind for version in packaged_rules().versions}
    assert ruled == {kind.code for kind in packaged_kinds() if kind.item is not None}


def test_one_name_for_two_kinds_is_refused() -> None:
    one = InstrumentKind("one", "秤", None, (), ())
    with pytest.raises(ValueError, match="twice"):
        KindIndex([one, one])
    with pytest.raises(ValueError, match="one and two"):
        KindIndex([one, InstrumentKind("two", "衡", None, ("秤",), ())])
