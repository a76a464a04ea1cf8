"""When an instrument is due, and that the arithmetic is shown."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.dates import ValidityConvention, last_valid_day
from quanheng.kernels.rules import Due, Facts, Light, LightLimits, RuleSet, amber_from, due, light
from quanheng.regulations.packaged import packaged_rules
from tests.kernels.rules.making import make_rules

ON = date(2026, 11, 23)
ONE = make_rules({})
ROTATING = make_rules(
    {
        "key": "meter",
        "terms": [
            {
                "when": {"dn_mm": "<= 25", "gas": ["natural_gas"]},
                "mode": "rotate_at_end_of_life",
                "months": 72,
            },
            {"when": {"dn_mm": "<= 25"}, "mode": "rotate_at_end_of_life", "months": 48},
            {"when": {"dn_mm": "> 50"}, "mode": "periodic", "months": 24},
        ],
    }
)


def scale(rules: RuleSet = ONE, on: date = ON, **facts: Any) -> Due:
    return due(rules, Facts("scale", "trade", **facts), on)


def meter(**facts: Any) -> Due:
    return due(ROTATING, Facts("meter", "trade", **facts), ON)


def test_the_period_runs_from_the_verification_by_the_convention_of_the_rule() -> None:
    found = scale(last_verified_on=date(2026, 3, 1))
    assert (found.due_on, found.code, found.period_months) == (date(2027, 2, 28), "rule", 12)
    same_day = scale(make_rules({"validity": "same_day"}), last_verified_on=date(2026, 3, 1))
    assert same_day.due_on == date(2027, 3, 1)


def test_the_certificate_can_shorten_but_not_lengthen() -> None:
    shorter = scale(last_verified_on=date(2026, 3, 1), printed_valid_until=date(2026, 8, 31))
    assert (shorter.due_on, shorter.code, shorter.by_rule_on) == (
        date(2026, 8, 31),
        "printed",
        date(2027, 2, 28),
    )
    longer = scale(last_verified_on=date(2026, 3, 1), printed_valid_until=date(2028, 2, 28))
    assert (longer.due_on, longer.code, longer.notes) == (date(2027, 2, 28), "rule", ("printed_beyond_rule",))


def test_a_certificate_without_a_date_of_verification_is_taken_but_not_certain() -> None:
    found = scale(printed_valid_until=date(2026, 8, 31))
    assert (found.due_on, found.code, found.is_certain) == (date(2026, 8, 31), "printed_only", False)


def test_what_was_never_verified_is_due_since_it_is_in_use() -> None:
    assert scale(first_used_on=date(2026, 5, 1), registered_on=date(2026, 6, 1))[:2] == (
        date(2026, 5, 1),
        "never_verified",
    )
    assert scale(registered_on=date(2026, 6, 1)).due_on == date(2026, 6, 1)
    assert scale().due_on == ON


def test_what_was_never_verified_is_not_due_before_verification_became_mandatory() -> None:
    rules = make_rules(
        {"control": "none", "uses": [], "terms": [], "in_force_to": date(2022, 12, 31)},
        {"in_force_from": date(2023, 1, 1)},
        {"in_force_from": date(2025, 1, 1)},
    )
    assert scale(rules, first_used_on=date(2021, 1, 1)).due_on == date(2023, 1, 1)
    assert scale(rules, first_used_on=date(2024, 1, 1)).due_on == date(2024, 1, 1)
    assert scale(rules, first_used_on=date(2021, 1, 1), on=date(2022, 1, 1)).code == "not_mandatory"


def test_what_was_rejected_is_due_at_once() -> None:
    found = scale(
        last_verified_on=date(2026, 10, 1), verdict="rejected", printed_valid_until=date(2027, 9, 30)
    )
    assert (found.due_on, found.code) == (date(2026, 10, 1), "rejected")
    assert scale(last_verified_on=date(2026, 10, 1), verdict="passed").due_on == date(2027, 9, 30)


@pytest.mark.parametrize(
    ("facts", "code", "is_certain"),
    [
        (Facts("scale", "other"), "not_mandatory", True),
        (Facts("caliper", "trade"), "not_mandatory", True),
        (Facts(None, "trade"), "kind_unknown", False),
        (Facts("scale", None), "use_unknown", False),
        (Facts("sensor", "trade"), "not_mandatory", True),
    ],
)
def test_without_an_obligation_nothing_is_due(facts: Facts, code: str, is_certain: bool) -> None:
    found = due(ONE, facts._replace(last_verified_on=date(2020, 1, 1)), ON)
    assert (found.due_on, found.code, found.is_certain) == (None, code, is_certain)
    assert found.obligation is not None
    assert found.why()["obligation"] == found.obligation.text


def test_scrap_when_inaccurate_is_due_once() -> None:
    rules = make_rules({"terms": [{"mode": "scrap_when_inaccurate", "months": None}]})
    assert scale(rules, registered_on=date(2026, 1, 1)).code == "never_verified"
    done = scale(rules, last_verified_on=date(2020, 1, 1), printed_valid_until=date(2021, 1, 1))
    assert (done.due_on, done.code) == (None, "first_verification_only")


def test_a_meter_rotates_at_the_end_of_its_life_from_installation_or_first_verification() -> None:
    known = {"dn_mm": 15, "gas": "natural_gas"}
    installed = meter(first_used_on=date(2020, 3, 1), last_verified_on=date(2020, 1, 1), parameters=known)
    assert (installed.due_on, installed.code, installed.period_months) == (date(2026, 2, 28), "rotate", 72)
    assert meter(last_verified_on=date(2020, 1, 1), parameters=known).due_on == date(2025, 12, 31)
    unrecorded = meter(first_used_on=date(2020, 3, 1), parameters=known)
    assert (unrecorded.due_on, unrecorded.is_certain) == (date(2026, 2, 28), False)
    assert unrecorded.notes == ("no_verification_on_record",)
    assert meter(registered_on=date(2020, 3, 1), parameters=known).code == "never_verified"
    printed = meter(printed_valid_until=date(2026, 3, 1), parameters=known)
    assert (printed.due_on, printed.notes) == (date(2026, 3, 1), ())


def test_a_parameter_that_decides_and_is_missing_is_named_never_guessed() -> None:
    verified = date(2025, 1, 1)
    assert meter(last_verified_on=verified).missing == ("dn_mm", "gas")
    found = meter(last_verified_on=verified, parameters={"dn_mm": 20})
    assert (found.due_on, found.code, found.missing) == (None, "parameters_missing", ("gas",))
    assert found.text == "检定周期取决于燃气种类，尚未填写，不能计算到期日。"
    assert meter(last_verified_on=verified, parameters={"dn_mm": 80}).due_on == date(2026, 12, 31)
    printed = meter(last_verified_on=verified, printed_valid_until=date(2026, 12, 31))
    assert (printed.due_on, printed.code, printed.is_certain) == (date(2026, 12, 31), "printed_only", False)
    assert meter(first_used_on=verified).code == "parameters_missing"


def test_a_parameter_that_no_term_covers_or_that_cannot_be_compared_is_told() -> None:
    assert meter(last_verified_on=date(2025, 1, 1), parameters={"dn_mm": 40}).code == "no_term"
    odd = meter(last_verified_on=date(2025, 1, 1), parameters={"dn_mm": "DN80"})
    assert (odd.code, odd.missing) == ("parameters_missing", ("dn_mm", "gas"))


def test_terms_are_taken_in_their_order() -> None:
    lpg = meter(last_verified_on=date(2020, 1, 1), parameters={"dn_mm": Decimal(25), "gas": "lpg"})
    assert lpg.period_months == 48


def test_a_period_that_was_not_found_gives_no_date() -> None:
    rules = make_rules({"terms": [{"mode": "periodic", "months": None}], "lacks": ["period"]})
    found = scale(rules, last_verified_on=date(2026, 1, 1))
    assert (found.due_on, found.code, found.is_certain) == (None, "period_unknown", False)
    printed = scale(rules, last_verified_on=date(2026, 1, 1), printed_valid_until=date(2026, 12, 31))
    assert (printed.due_on, printed.notes) == (date(2026, 12, 31), ("period_unknown",))


def test_a_period_that_was_carried_over_gives_a_date_that_is_not_certain() -> None:
    found = scale(make_rules({"lacks": ["period"]}), last_verified_on=date(2026, 1, 1))
    assert (found.due_on, found.is_certain, found.notes) == (
        date(2026, 12, 31),
        False,
        ("period_not_found",),
    )


@pytest.mark.parametrize(
    ("transition", "verified", "last"),
    [
        ("next_verification", date(2027, 1, 7), date(2028, 1, 6)),
        ("next_verification", date(2027, 1, 8), date(2027, 7, 7)),
        ("at_once", date(2027, 1, 7), date(2027, 7, 6)),
        ("at_once", date(2026, 8, 1), date(2027, 1, 31)),
        ("at_once", date(2026, 5, 1), date(2027, 1, 7)),  # nothing ends before the version begins
    ],
)
def test_the_version_of_the_day_of_verification_decides_unless_the_new_one_holds_at_once(
    transition: str, verified: date, last: date
) -> None:
    shorter = {"terms": [{"mode": "periodic", "months": 6}], "transition": transition}
    rules = make_rules({}, {"in_force_from": date(2027, 1, 8)} | shorter)
    assert scale(rules, on=date(2027, 2, 1), last_verified_on=verified).due_on == last


def test_a_longer_period_does_not_lengthen_an_older_verification_even_at_once() -> None:
    longer = {"terms": [{"mode": "periodic", "months": 24}], "transition": "at_once"}
    rules = make_rules({}, {"in_force_from": date(2027, 1, 8)} | longer)
    assert scale(rules, on=date(2027, 2, 1), last_verified_on=date(2026, 6, 1)).due_on == date(2027, 5, 31)


def test_a_version_to_come_changes_nothing_before_its_day() -> None:
    at_once = {"terms": [{"mode": "periodic", "months": 6}], "transition": "at_once"}
    rules = make_rules({}, {"in_force_from": date(2027, 1, 8)} | at_once)
    verified = date(2026, 5, 1)
    assert scale(rules, on=date(2027, 1, 7), last_verified_on=verified).due_on == date(2027, 4, 30)
    assert scale(rules, on=date(2027, 1, 8), last_verified_on=verified).due_on == date(2027, 1, 7)


def test_a_verification_older_than_the_records_is_judged_by_the_first_version_and_marked() -> None:
    found = scale(last_verified_on=date(2019, 6, 1))
    assert (found.due_on, found.is_certain, found.notes) == (
        date(2020, 5, 31),
        False,
        ("base_before_records",),
    )


def test_the_answer_shows_its_arithmetic() -> None:
    found = scale(last_verified_on=date(2026, 3, 1), printed_valid_until=date(2028, 2, 28)).why()
    assert json.loads(json.dumps(found)) == found
    assert found["text"] == "JJG 1-2020：2026-03-01 起 12 个月，有效至 2027-02-28。"
    shown = ("rule", "document", "clause", "base_on", "due_on", "months", "convention", "printed_on")
    assert [found[name] for name in shown] == [
        "scale/1",
        "JJG 1-2020",
        "5.1",
        "2026-03-01",
        "2027-02-28",
        12,
        "day_before",
        "2028-02-28",
    ]
    assert found["notes"] == [
        {
            "code": "printed_beyond_rule",
            "text": "证书载明的有效期至 2028-02-28 晚于规程允许的日期，以规程为准。",
        }
    ]


dates_known = st.none() | st.dates(date(2015, 1, 1), date(2030, 12, 31))
facts_of_packaged = st.builds(
    Facts,
    kind=st.none() | st.sampled_from(sorted(kind.code for kind in packaged_rules().kinds)),
    use=st.sampled_from([None, "trade", "safety", "medical", "environment", "enforcement", "other"]),
    first_used_on=dates_known,
    registered_on=dates_known,
    last_verified_on=dates_known,
    printed_valid_until=dates_known,
    verdict=st.sampled_from([None, "passed", "rejected"]),
    parameters=st.fixed_dictionaries(
        {},
        optional={
            "dn_mm": st.integers(8, 600),
            "g_size": st.sampled_from([Decimal("1.6"), 4, 16, 25]),
            "gas": st.sampled_from(["natural_gas", "lpg", "steam"]),
            "accuracy_class": st.sampled_from(["0.2S", "1", "5"]),
        },
    ),
)


@given(facts_of_packaged, st.dates(date(2015, 1, 1), date(2031, 1, 1)))
def test_every_answer_has_words_and_what_is_not_known_is_never_certain(facts: Facts, on: date) -> None:
    found = due(packaged_rules(), facts, on)
    why = found.why()
    assert "{" not in str(why["text"])
    obligation = packaged_rules().obligation(facts.kind, facts.use, on, facts.parameters)
    if found.due_on is None:
        certain = {"not_mandatory", "first_verification_only"}
        assert found.is_certain == (found.code in certain)
    else:
        assert obligation.is_mandatory is True
        if found.by_rule_on is not None:
            assert found.due_on == min(d for d in (found.by_rule_on, facts.printed_valid_until) if d)


@given(st.dates(date(2020, 1, 1), date(2026, 11, 23)), st.sampled_from(list(ValidityConvention)))
def test_without_a_certificate_the_due_date_is_the_last_valid_day(
    verified: date, convention: ValidityConvention
) -> None:
    rules = make_rules({"validity": convention.value})
    expected = last_valid_day(verified, months=12, convention=convention)
    assert scale(rules, last_verified_on=verified).due_on == expected


LIMITS = LightLimits(90, Decimal("0.25"))


@pytest.mark.parametrize(
    ("months", "remaining", "colour"),
    [
        (12, -1, Light.RED),
        (12, 0, Light.AMBER),
        (12, 90, Light.AMBER),
        (12, 91, Light.GREEN),
        (6, 46, Light.AMBER),  # a quarter of 184 days
        (6, 47, Light.GREEN),
        (None, 90, Light.AMBER),
        (None, 91, Light.GREEN),
    ],
)
def test_the_light_warns_by_days_but_at_most_by_a_share_of_the_period(
    months: int | None, remaining: int, colour: Light
) -> None:
    last = date(2026, 12, 31)
    on = last - timedelta(days=remaining)
    assert light(last, months, on, limits=LIMITS) == colour


def test_nothing_due_has_no_light() -> None:
    assert light(None, 12, ON, limits=LIMITS) == Light.NONE


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.none() | st.integers(1, 240))
def test_amber_begins_on_the_day_that_is_told(last: date, months: int | None) -> None:
    first = amber_from(last, months, LIMITS)
    assert light(last, months, first, limits=LIMITS) == Light.AMBER
    assert light(last, months, first - timedelta(days=1), limits=LIMITS) == Light.GREEN


@pytest.mark.parametrize("months", [None, 1, 12, 240])
@pytest.mark.parametrize("last", [date.min, date(1, 2, 1), date(1, 12, 31), date.max])
def test_amber_of_a_nonsense_date_is_a_date_all_the_same(last: date, months: int | None) -> None:
    assert date.min <= amber_from(last, months, LIMITS) <= last
