"""A reported sample: what forbids a verdict, what is replaced, what is still wanted."""

from __future__ import annotations

import pytest

from quanheng.kernels.sampling.draw import draw
from quanheng.kernels.sampling.examine import Found, Report, examine
from quanheng.kernels.sampling.plans import single

PLAN = single(3, 0)
DRAWN = ("a", "b", "c", "d")


def found(serial: str, result: str = "conforming", row: int = 2, **more: object) -> Found:
    return Found(serial, result, row, **more)  # type: ignore[arg-type]


def codes(report: Report, lot: int | None = None) -> list[str]:
    return [fault.code for fault in examine(PLAN, report, lot).faults]


def test_a_full_sample_is_judged() -> None:
    good = [found(serial) for serial in "abc"]
    assert examine(PLAN, Report(good, DRAWN)).outcome == "accept"
    bad = [*good[:2], found("c", "nonconforming")]
    assert examine(PLAN, Report(bad, DRAWN)).outcome == "reject"


def test_an_excluded_item_is_replaced_by_the_next_one_drawn() -> None:
    results = [found("a", "excluded", reason="铅封破坏"), *(found(serial) for serial in "bcd")]
    examined = examine(PLAN, Report(results, DRAWN))
    assert (examined.outcome, examined.used) == ("accept", ("b", "c", "d"))
    assert [one.serial for one in examined.excluded] == ["a"]
    assert codes(Report([found("a", "excluded")], DRAWN)) == ["excluded_without_reason"]


def test_a_result_of_an_item_that_was_not_drawn_forbids_a_verdict() -> None:
    examined = examine(PLAN, Report([found("a"), found("z", row=7)], DRAWN))
    assert (examined.outcome, examined.verdict) == ("invalid", None)
    assert examined.faults[0].data["rows"] == [7]
    assert "z（第 7 行）" in examined.faults[0].text


def test_two_results_of_one_item_forbid_a_verdict() -> None:
    results = [found("a", row=2), found("a", "nonconforming", row=3)]
    assert codes(Report(results, DRAWN)) == ["double"]


@pytest.mark.parametrize("key", ["maker", "model", "accuracy_class", "year"])
def test_mixed_types_forbid_a_verdict(key: str) -> None:
    results = [
        found("a", facts={key: "1"}),
        found("b", facts={key: "1"}),
        found("c", row=9, facts={key: "2"}),
    ]
    examined = examine(PLAN, Report(results, DRAWN))
    assert [fault.code for fault in examined.faults] == ["mixed"]
    assert "第 9 行" in examined.faults[0].text


def test_a_sample_smaller_than_the_plan_is_incomplete_and_says_how_many_are_wanted() -> None:
    examined = examine(PLAN, Report([found("a"), found("b")], ("a", "b")))
    assert examined.outcome == "incomplete"
    assert [one.code for one in examined.remarks] == ["sample_too_small"]
    assert examined.remarks[0].data == {"drawn": 2, "needed": 3}


def test_a_gap_in_the_order_is_not_filled_by_a_later_one() -> None:
    assert examine(PLAN, Report([found("a"), found("c"), found("d")], DRAWN)).outcome == "incomplete"


def test_a_draw_that_the_seed_does_not_give_forbids_a_verdict() -> None:
    listed, seed = list("abcdefgh"), "0" * 32
    true = draw(listed, seed)
    results = [found(serial) for serial in true[:3]]
    assert examine(PLAN, Report(results, true[:4], listed, seed), 8).outcome == "accept"
    assert examine(PLAN, Report(results, None, listed, seed), 8).outcome == "accept"
    swapped = [true[1], true[0], *true[2:4]]
    assert codes(Report(results, swapped, listed, seed)) == ["drawn_otherwise"]
    assert codes(Report(results, true[:4], listed, seed), 9) == ["lot_size"]
    assert codes(Report(results, ["z", *true[:3]], listed)) == ["drawn_not_listed"]
    assert codes(Report(results, true, [*listed, "a"], seed)) == ["listed_twice"]
    assert codes(Report([], ["a", "a"])) == ["drawn_twice"]


def test_without_a_draw_the_order_of_the_results_is_taken_and_said() -> None:
    examined = examine(PLAN, Report([found(serial) for serial in "abc"]))
    assert (examined.outcome, [one.code for one in examined.remarks]) == ("accept", ["order_assumed"])


def test_a_plan_larger_than_the_lot_forbids_a_verdict() -> None:
    assert codes(Report([found("a")], DRAWN), 2) == ["plan_too_large"]
