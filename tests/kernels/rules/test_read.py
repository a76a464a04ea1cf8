"""Rule files: what is read, what is refused and where, and back."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.dates import ValidityConvention
from quanheng.kernels.rules import (
    BadRules,
    Condition,
    Confidence,
    Control,
    Mode,
    RuleVersion,
    Term,
    Transition,
    Use,
    load_rule_file,
    read_kinds,
    read_rule,
    read_rules,
    rule_body,
)
from tests.conftest import ROOT
from tests.kernels.rules.making import KINDS, ROW, make_rule


def test_defaults_fill_what_a_row_leaves_out() -> None:
    rows = {"defaults": {"catalogue": "目录乙", "clause": None}, "rules": [_without("catalogue", "clause")]}
    rule = read_rules(rows, KINDS)[0]
    assert (rule.catalogue, rule.clause, rule.kind) == ("目录乙", None, "scale")


@pytest.mark.parametrize(
    ("row", "where", "reason"),
    [
        ({"perod": 12}, "scale/1.perod", "没有这一项，请核对拼写。"),
        ({"is_confirmed": True}, "scale/1.is_confirmed", "没有这一项，请核对拼写。"),
        ({"control": "V"}, "scale/1.control", "不在可选值之内。"),
        ({"terms": [{"mode": "periodic"}]}, "scale/1.terms.0.months", "缺少这一项。"),
        ({"terms": [{"mode": "periodic", "months": 0}]}, "scale/1.terms.0.months", "应大于 0。"),
        ({"in_force_from": "2027-1-8"}, "scale/1.in_force_from", "应为日期，如 2027-01-08。"),
        ({"edition": 2020}, "scale/1.edition", "应为文字；数字请加引号。"),
        ({"uses": "trade"}, "scale/1.uses", "应为列表。"),
        ({"kind": "sundial"}, "scale/1", "没有“sundial”这一种类。"),
        (
            {"terms": [{"when": {"dn_mm": "25"}, "mode": "periodic", "months": 6}]},
            "scale/1.terms[0]",
            '条件“dn_mm: 25”应为比较（如 "<= 25"）或列表。',
        ),
    ],
)
def test_a_wrong_field_is_refused_with_its_place(row: dict[str, Any], where: str, reason: str) -> None:
    with pytest.raises(BadRules) as refused:
        make_rule(**row)
    assert (refused.value.where, refused.value.reason) == (where, reason)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (None, "rules"),
        ([], "rules"),
        ({"rules": {}}, "rules"),
        ({"rules": [], "rule": []}, "rule"),
        ({"rules": [3]}, "rules[0]"),
        ({"defaults": 3, "rules": []}, "defaults"),
        ({"rules": [ROW, ROW]}, "scale/1"),
    ],
)
def test_a_file_of_another_shape_is_refused(data: Any, where: str) -> None:
    with pytest.raises(BadRules) as refused:
        read_rules(data, KINDS)
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"rules: [\n- x", "第 2 行"),
        (b"\xff\xfe", "文件"),
        (b"a: !!python/object:os.system {}", "第 1 行"),
        (b"#" * (2**20 + 1), "文件"),
    ],
)
def test_what_is_no_yaml_is_refused(data: bytes, where: str) -> None:
    with pytest.raises(BadRules) as refused:
        load_rule_file(data)
    assert refused.value.where == where


@pytest.mark.parametrize(
    "rows",
    [
        [{"code": "a", "name": "秤"}, {"code": "a", "name": "表"}],
        [{"code": "A", "name": "秤"}],
        [{"code": "a"}],
    ],
)
def test_wrong_kinds_are_refused(rows: list[Any]) -> None:
    with pytest.raises(BadRules):
        read_kinds({"kinds": rows})


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), max_size=20)
comparisons = st.builds(
    Condition,
    st.sampled_from(["dn_mm", "q3_m3h"]),
    st.sampled_from(["<=", "<", ">=", ">"]),
    st.decimals(0, 999, places=1).map(lambda n: (abs(n),)),
)
choices = st.builds(
    Condition, st.just("gas"), st.just("in"), st.lists(texts, min_size=1, max_size=3).map(tuple)
)
terms = st.builds(
    Term,
    when=st.lists(comparisons | choices, max_size=2, unique_by=lambda c: c.parameter).map(
        lambda found: tuple(sorted(found, key=lambda c: c.parameter))
    ),
    mode=st.sampled_from(Mode),
    months=st.none() | st.integers(1, 240),
)
days = st.none() | st.dates(date(2000, 1, 1), date(2050, 1, 1))
rules = st.builds(
    RuleVersion,
    key=st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True),
    number=st.integers(1, 99),
    kind=st.sampled_from(["scale", "meter"]),
    control=st.sampled_from(Control),
    uses=st.frozensets(st.sampled_from(Use)),
    terms=st.lists(terms, max_size=3).map(tuple),
    validity=st.sampled_from(ValidityConvention),
    transition=st.sampled_from(Transition),
    catalogue=texts,
    regulation=texts,
    edition=texts,
    in_force_from=days,
    in_force_to=days,
    source=texts,
    clause=st.none() | texts.filter(bool),
    confidence=st.sampled_from(Confidence),
    lacks=st.frozensets(st.sampled_from(["clause", "period"])),
    note=texts,
)


@given(rules)
def test_a_rule_written_as_a_row_reads_back_the_same(rule: RuleVersion) -> None:
    body = json.loads(json.dumps(rule_body(rule)))
    assert read_rule(body, KINDS, where="row") == rule


def test_a_comparison_keeps_its_digits() -> None:
    term = {"when": {"dn_mm": ">= 0.50"}, "mode": "periodic", "months": 6}
    rule = make_rule(terms=[term])
    assert rule.terms[0].when[0].values == (Decimal("0.50"),)
    assert rule_body(rule)["terms"] == [term]


def test_the_example_file_is_a_rule_file_without_findings() -> None:
    from quanheng.kernels.rules import lint
    from quanheng.regulations.packaged import packaged_kinds

    data = (ROOT / "examples/rules/jjg-1204-2025.yaml").read_bytes()
    found = read_rules(load_rule_file(data), packaged_kinds())
    assert [(rule.id, rule.in_force_from) for rule in found] == [("price_scale/2", date(2027, 1, 8))]
    assert lint(found, packaged_kinds()) == []


def _without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ROW.items() if name not in names}
