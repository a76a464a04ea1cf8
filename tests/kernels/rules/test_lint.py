"""The lint finds each kind of fault, and the packaged rules have none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quanheng.kernels.rules import lint
from quanheng.regulations.packaged import packaged_kinds, packaged_rules
from tests.kernels.rules.making import KINDS, make_rule, make_rules

FIRST = {"in_force_to": date(2027, 1, 7)}


def codes(*rows: dict[str, Any], on: date | None = None) -> list[str]:
    return [finding.code for finding in lint(make_rules(*rows).versions, KINDS, on=on)]


def test_the_packaged_rules_are_clean() -> None:
    assert lint(packaged_rules().versions, packaged_kinds(), on=date(2026, 11, 23)) == []


def test_no_packaged_rule_claims_to_be_confirmed() -> None:
    assert not any(version.is_confirmed for version in packaged_rules().versions)


def test_the_price_scale_has_its_two_versions_and_says_what_was_not_found() -> None:
    first, second = (v for v in packaged_rules().versions if v.kind == "price_scale")
    assert (first.document, first.in_force_to) == ("JJG 539-2016", date(2027, 1, 7))
    assert (second.document, second.in_force_from) == ("JJG 1204-2025（试行）", date(2027, 1, 8))
    assert "period" in second.lacks
    assert "沿用" in second.note


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"source": ""}, "no_source"),
        ({"clause": None}, "no_clause"),
        ({"lacks": ["patience"]}, "unknown_lack"),
        ({"in_force_to": date(2019, 1, 1)}, "ends_before_it_begins"),
        ({"uses": []}, "no_uses"),
        ({"uses": ["trade", "other"]}, "other_use_listed"),
        ({"terms": []}, "no_terms"),
        ({"control": "type_approval"}, "terms_without_verification"),
        ({"regulation": ""}, "period_without_regulation"),
        ({"terms": [{"mode": "periodic", "months": None}]}, "no_period"),
        (
            {"terms": [{"when": {"dn_mm": "< 5"}, "mode": "periodic", "months": 6}]},
            "unknown_parameter",
        ),
    ],
)
def test_each_fault_of_one_row_is_found(row: dict[str, Any], code: str) -> None:
    assert codes(row) == [code]


@pytest.mark.parametrize("row", [{"clause": None, "lacks": ["clause"]}, {"source": "", "lacks": ["source"]}])
def test_what_is_marked_as_lacking_is_no_fault(row: dict[str, Any]) -> None:
    assert codes(row) == []


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (date(2027, 1, 8), None),
        (date(2027, 1, 7), "overlap"),
        (date(2027, 1, 9), "gap"),
        (date(2020, 1, 1), "two_begin_together"),
    ],
)
def test_versions_of_one_rule_must_meet(second: date, code: str | None) -> None:
    assert codes(FIRST, {"in_force_from": second}) == ([code] if code else [])


def test_an_open_version_ends_where_the_next_begins() -> None:
    assert codes({}, {"in_force_from": date(2027, 1, 8)}) == []


def test_a_rule_whose_end_has_passed_is_found_unless_another_follows() -> None:
    assert codes(FIRST, on=date(2027, 1, 7)) == []
    assert codes(FIRST, on=date(2027, 1, 8)) == ["run_out"]
    assert codes(FIRST, {"in_force_from": date(2027, 1, 8)}, on=date(2030, 1, 1)) == []


def test_an_unknown_kind_and_a_key_of_two_kinds_are_found() -> None:
    stray = replace(make_rule(), kind="sundial")
    assert [f.code for f in lint([stray], KINDS)] == ["unknown_kind"]
    other = replace(make_rule(in_force_from=date(2027, 1, 8)), number=2, kind="meter")
    assert [f.code for f in lint([make_rule(), other], KINDS)] == ["key_of_two_kinds"]


def test_a_finding_names_the_rule() -> None:
    finding = lint([replace(make_rule(), clause=None)], KINDS)[0]
    assert finding.text == "scale/1：没有写条款，也没有注明缺少条款。"
    assert finding.data == {"rule": "scale/1"}
