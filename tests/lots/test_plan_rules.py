"""In-service plans are dated rows with a source, and a lot has one or is told why not."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from quanheng.kernels.sampling.characteristic import acceptance_of_lots, at_least
from quanheng.kernels.sampling.plans import plan_from_dict, single
from quanheng.lots.plan_rules import NoPlanOfRule, packaged_plan_rules, plan_for, plan_rules

DAY = date(2026, 7, 1)
SIZES = {"<10000": 9999, "10000-49999": 10_000, "50000-99999": 50_000, ">=100000": 100_000}


@pytest.mark.parametrize("severity", ["normal", "tightened"])
@pytest.mark.parametrize("kind", ["electricity", "water", "gas"])
def test_the_french_plans_are_met(shared: Path, kind: str, severity: str) -> None:
    data = json.loads((shared / "sampling/meter_inservice_sampling_fr.json").read_text(encoding="utf-8"))
    for row in data["rows"]:
        found = plan_for(f"fr_{kind}_{severity}", SIZES[row["lot"]], DAY)
        assert found.plan == single(row[severity]["n"], row[severity]["ac"])
        assert found.plan.total + (found.reserve or 0) == row["draw"][severity]


@pytest.mark.parametrize(
    ("size", "n", "c"), [(1200, 50, 1), (1201, 80, 3), (10_000, 125, 5), (35_000, 200, 10)]
)
def test_the_plans_of_the_oiml_guide_change_at_their_limits(size: int, n: int, c: int) -> None:
    assert plan_for("oimlg20_ptb", size, DAY).plan == single(n, c)


@pytest.mark.parametrize("size", [1, 3, 20, 100, 1000, 20_000, 560_000])
def test_the_limiting_quality_holds_for_every_lot(size: int) -> None:
    found = plan_for("cn_lq_isolated", size, DAY)
    assert acceptance_of_lots(found.plan, [at_least(0.08, size)], size)[0] <= 0.1 + 1e-12
    assert (found.extension_years, found.may_extend, found.kinds) == (
        4,
        True,
        ("household_electricity_meter",),
    )


def test_only_household_electricity_meters_may_stay_by_a_packaged_rule() -> None:
    assert {kind for rule in packaged_plan_rules() if rule.may_extend for kind in rule.kinds} == {
        "household_electricity_meter"
    }
    assert {rule.key for rule in plan_rules(DAY, "water_meter")} == {
        "oimlg20_ptb",
        "fr_water_normal",
        "fr_water_tightened",
    }


def test_every_row_has_a_source_and_none_is_confirmed() -> None:
    for rule in packaged_plan_rules():
        assert rule.source
        assert not rule.is_confirmed


def test_a_plan_of_a_rule_can_be_kept_as_a_document() -> None:
    found = plan_for("oimlg20_ptb", 30, DAY)
    document = json.loads(json.dumps(found.to_dict(), ensure_ascii=False))
    assert plan_from_dict(document) == found.plan == single(30, 1)
    assert (document["whole_lot"], document["unconfirmed"]) == (True, True)


@pytest.mark.parametrize(
    ("key", "size", "on", "words"),
    [
        ("none", 100, DAY, "没有名为"),
        ("fr_electricity_normal", 100, date(2010, 1, 1), "没有施行"),
        ("oimlg20_ptb", 35_001, DAY, "1—35000"),
        ("oimlg20_ptb", 0, DAY, "批量应为"),
        ("fr_electricity_normal", 4, DAY, "逐台检定"),
    ],
)
def test_what_no_rule_plans_is_refused(key: str, size: int, on: date, words: str) -> None:
    with pytest.raises(NoPlanOfRule, match=words):
        plan_for(key, size, on)
