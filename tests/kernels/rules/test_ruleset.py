"""Which version is in force, and what it demands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.rules import RuleSet, Use
from quanheng.regulations.packaged import packaged_rules
from tests.kernels.rules.making import KINDS, make_rule, make_rules

DAY = timedelta(days=1)
T, S, M, E, A, OTHER = Use


@pytest.mark.parametrize(
    ("kind", "use", "on", "is_mandatory", "code", "rule_id"),
    [
        ("price_scale", T, date(2026, 11, 23), True, "mandatory", "price_scale/1"),
        ("price_scale", T, date(2027, 1, 7), True, "mandatory", "price_scale/1"),
        ("price_scale", T, date(2027, 1, 8), True, "mandatory", "price_scale/2"),
        ("price_scale", OTHER, date(2027, 1, 8), False, "use_not_listed", "price_scale/2"),
        ("price_scale", None, date(2026, 1, 1), None, "use_unknown", "price_scale/1"),
        ("price_scale", T, date(2020, 10, 25), None, "before_records", None),
        ("medical_scale", M, date(2026, 1, 1), True, "mandatory", "medical_scale/1"),
        ("fuel_dispenser", T, date(2024, 4, 30), True, "mandatory", "fuel_dispenser/1"),
        ("fuel_dispenser", T, date(2024, 5, 1), True, "mandatory", "fuel_dispenser/2"),
        ("fuel_dispenser", S, date(2026, 1, 1), False, "use_not_listed", "fuel_dispenser/2"),
        ("ac_charger", T, date(2022, 12, 31), False, "not_mandatory_then", "ac_charger/1"),
        ("ac_charger", T, date(2023, 1, 1), True, "mandatory", "ac_charger/2"),
        ("dc_charger", OTHER, date(2026, 1, 1), False, "use_not_listed", "dc_charger/2"),
        ("water_meter", T, date(2026, 1, 1), True, "mandatory", "water_meter/1"),
        ("pressure_gauge", S, date(2026, 1, 1), True, "mandatory", "pressure_gauge/1"),
        ("pressure_gauge", OTHER, date(2026, 1, 1), False, "use_not_listed", "pressure_gauge/1"),
        ("pressure_gauge", T, date(2026, 1, 1), False, "use_not_listed", "pressure_gauge/1"),
        ("sphygmomanometer", M, date(2026, 1, 1), True, "mandatory", "sphygmomanometer/1"),
        ("glass_thermometer", M, date(2026, 1, 1), True, "mandatory", "glass_thermometer/1"),
        ("sound_level_meter", E, date(2026, 1, 1), True, "mandatory", "sound_level_meter/1"),
        ("fixed_radar", A, date(2026, 1, 1), True, "mandatory", "fixed_radar/1"),
        ("load_cell", T, date(2026, 1, 1), False, "type_approval_only", "load_cell/1"),
        ("load_cell", None, date(2026, 1, 1), False, "type_approval_only", "load_cell/1"),
        ("vernier_caliper", T, date(2026, 1, 1), False, "not_in_catalogue", None),
        (None, T, date(2026, 1, 1), None, "kind_unknown", None),
    ],
)
def test_a_reviewed_case_is_answered_with_its_reason(
    kind: str | None, use: Use | None, on: date, is_mandatory: bool | None, code: str, rule_id: str | None
) -> None:
    answer = packaged_rules().obligation(kind, use, on)
    assert (answer.is_mandatory, answer.code, answer.rule_id) == (is_mandatory, code, rule_id)
    assert answer.text.endswith("。")
    assert "{" not in answer.text


def test_the_reason_names_catalogue_item_and_uses() -> None:
    rules = make_rules({"uses": ["trade", "medical"]})
    assert rules.obligation("scale", "trade", date(2026, 1, 1)).text == (
        "目录（目录甲）“衡器”用于贸易结算，属强检。"
    )
    assert rules.obligation("scale", "safety", date(2026, 1, 1)).text == (
        "目录（目录甲）“衡器”的强检用途为贸易结算、医疗卫生，用于安全防护不属强检。"
    )


def test_a_kind_that_nobody_knows_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="sundial"):
        make_rules({}).obligation("sundial", "trade", date(2026, 1, 1))


def test_behind_the_last_stated_day_nothing_is_claimed() -> None:
    rules = make_rules({"in_force_to": date(2025, 12, 31)})
    assert rules.obligation("scale", "trade", date(2025, 12, 31)).is_mandatory
    answer = rules.obligation("scale", "trade", date(2026, 1, 1))
    assert (answer.is_mandatory, answer.code) == (None, "no_version_in_force")


begins = st.lists(st.dates(date(2000, 1, 1), date(2050, 1, 1)), min_size=1, max_size=6, unique=True)


@given(begins, st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_open_versions_part_time_exactly_one_holds_on_each_day(starts: list[date], on: date) -> None:
    rules = make_rules(*({"in_force_from": start} for start in starts))
    holding = [
        v
        for v in rules.versions
        if v.in_force_from is not None
        and v.in_force_from <= on
        and ((end := rules.ends(v)) is None or on <= end)
    ]
    assert [rules.version_on("scale", on)] == (holding or [None])
    assert bool(holding) == (on >= min(starts))
    last_days = sorted(end for v in rules.versions if (end := rules.ends(v)) is not None)
    assert last_days == sorted(start - DAY for start in sorted(starts)[1:])


def test_an_open_beginning_holds_since_ever() -> None:
    rules = make_rules({"in_force_from": None}, {"in_force_from": date(2020, 1, 1)})
    assert rules.obligation("scale", "trade", date(1990, 1, 1)).rule_id == "scale/1"
    assert rules.obligation("scale", "trade", date(2020, 1, 1)).rule_id == "scale/2"


def test_of_two_versions_that_begin_together_the_later_one_in_the_list_holds() -> None:
    rules = make_rules({}, {"edition": "2021"})
    version = rules.version_on("scale", date(2026, 1, 1))
    assert version is not None
    assert version.document == "JJG 1-2021"


def test_a_version_added_later_ends_the_one_before_and_takes_a_free_number() -> None:
    rules = make_rules({}).with_versions([make_rule(number=1, in_force_from=date(2027, 1, 8))])
    assert [(v.id, rules.ends(v)) for v in rules.versions] == [
        ("scale/1", date(2027, 1, 7)),
        ("scale/2", None),
    ]


def test_a_version_added_for_the_same_day_takes_the_place_of_the_known_one() -> None:
    rules = make_rules({}, {"in_force_from": date(2027, 1, 8)})
    tried = rules.with_versions([make_rule(number=2, edition="tried", in_force_from=date(2027, 1, 8))])
    assert [v.edition for v in tried.versions] == ["2020", "tried"]


def test_frozen_rules_stay_as_they_are_for_ever() -> None:
    rules = make_rules({"in_force_to": date(2027, 1, 7)}, {"in_force_from": date(2027, 1, 8)})
    frozen = rules.frozen(date(2026, 11, 23))
    assert frozen.obligation("scale", "trade", date(2030, 1, 1)).rule_id == "scale/1"
    assert rules.obligation("scale", "trade", date(2030, 1, 1)).rule_id == "scale/2"
    assert rules.frozen(date(2027, 1, 8)).obligation("scale", "trade", date(2026, 1, 1)).rule_id == "scale/1"


def test_two_versions_with_one_id_or_of_an_unknown_kind_are_refused() -> None:
    rule = make_rule()
    with pytest.raises(ValueError, match="one id"):
        RuleSet([rule, rule], KINDS)
    with pytest.raises(ValueError, match="unknown kind"):
        RuleSet(packaged_rules().versions, KINDS)


def test_the_mode_is_told_only_where_it_does_not_hang_on_something_unknown() -> None:
    rules = packaged_rules()
    on = date(2026, 1, 1)
    assert rules.obligation("water_meter", T, on).mode is None
    assert rules.obligation("water_meter", T, on, {"dn_mm": 15}).mode == "rotate_at_end_of_life"
    assert rules.obligation("water_meter", T, on, {"dn_mm": 80}).mode == "periodic"
    assert rules.obligation("glass_thermometer", M, on).mode == "scrap_when_inaccurate"
