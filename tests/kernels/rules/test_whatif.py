"""What new rules would change, instrument by instrument."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from quanheng.kernels.rules import CHANGES, Change, Facts, What, change_text, what_if
from quanheng.regulations.packaged import packaged_rules
from tests.kernels.rules.making import make_rules

TODAY, ON = date(2026, 11, 23), date(2027, 1, 8)
VERIFIED = Facts("scale", "trade", last_verified_on=date(2026, 6, 1))


def change(new: dict[str, Any], facts: Facts = VERIFIED, old: dict[str, Any] | None = None) -> Change | None:
    rules = make_rules(old or {}, {"in_force_from": ON} | new)
    return next(what_if(rules.frozen(TODAY), rules, [("one", facts)], ON), None)


SIX = {"terms": [{"mode": "periodic", "months": 6}]}


@pytest.mark.parametrize(
    ("new", "what"),
    [
        ({"uses": ["medical"]}, What.NO_LONGER_MANDATORY),
        ({"terms": [{"mode": "scrap_when_inaccurate", "months": None}]}, What.MODE_CHANGES),
        (SIX | {"transition": "at_once"}, What.DUE_MOVES),
        (SIX, What.RULE_CHANGES_AT_NEXT_VERIFICATION),
        ({"edition": "2027"}, What.RULE_CHANGES_AT_NEXT_VERIFICATION),
        ({}, None),
    ],
)
def test_the_weightiest_change_is_told(new: dict[str, Any], what: What | None) -> None:
    found = change(new)
    assert (found and found.what) == what


def test_what_becomes_mandatory_is_due_from_that_day() -> None:
    found = change({}, Facts("scale", "trade", first_used_on=date(2020, 1, 1)), old={"uses": ["medical"]})
    assert found is not None
    assert found.what == What.BECOMES_MANDATORY
    assert (found.before.due.due_on, found.after.due.due_on) == (None, ON)


def test_both_sides_are_shown_with_their_dates() -> None:
    found = change(SIX | {"transition": "at_once"})
    assert found is not None
    assert json.loads(json.dumps([found.before.to_dict(), found.after.to_dict()])) == [
        {
            "is_mandatory": True,
            "mode": "periodic",
            "rule": "scale/1",
            "due_on": "2027-05-31",
            "period_months": 12,
            "is_confirmed": False,
        },
        {
            "is_mandatory": True,
            "mode": "periodic",
            "rule": "scale/2",
            "due_on": "2027-01-07",
            "period_months": 6,
            "is_confirmed": False,
        },
    ]


@pytest.mark.parametrize("facts", [Facts(None, "trade"), Facts("caliper", "trade"), Facts("scale", "other")])
def test_instruments_that_the_rule_does_not_touch_are_left_out(facts: Facts) -> None:
    assert change(SIX, facts) is None


def test_the_packaged_rules_tell_of_price_scales_from_their_day_on() -> None:
    rules = packaged_rules()
    facts = [
        ("scale", Facts("price_scale", "trade", last_verified_on=date(2026, 6, 1))),
        ("kitchen", Facts("price_scale", "other", last_verified_on=date(2026, 6, 1))),
        ("truck", Facts("truck_scale", "trade", last_verified_on=date(2026, 6, 1))),
    ]
    before = rules.frozen(TODAY)
    assert list(what_if(before, rules, facts, date(2027, 1, 7))) == []
    found = list(what_if(before, rules, facts, ON))
    assert [(c.key, c.what) for c in found] == [("scale", What.RULE_CHANGES_AT_NEXT_VERIFICATION)]


def test_every_change_has_words() -> None:
    assert set(CHANGES) == set(What)
    assert change_text(What.DUE_MOVES) == "到期日改变"
