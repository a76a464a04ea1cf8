"""The switching rules of ISO 2859-1, each with what does not yet switch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanheng.kernels.sampling.plans import BadSampling
from quanheng.kernels.sampling.switching import LotResult, State, after, resumed

GOOD = LotResult(True, accept=2, accepted_tighter=True)
BAD = LotResult(False, accept=2)


def run(lots: list[LotResult], state: State | None = None) -> State:
    state = state or State()
    for lot in lots:
        state, _ = after(state, lot)
    return state


def test_two_of_five_rejected_lots_tighten() -> None:
    assert run([BAD, GOOD, GOOD, GOOD, BAD]).severity == "tightened"
    assert run([BAD, GOOD, GOOD, GOOD, GOOD, BAD]).severity == "normal"


def test_five_accepted_lots_in_a_row_bring_normal_inspection_back() -> None:
    tightened = State(severity="tightened")
    assert run([GOOD] * 4, tightened).severity == "tightened"
    assert run([*[GOOD] * 4, BAD, *[GOOD] * 4], tightened).severity == "tightened"
    assert run([GOOD] * 5, tightened) == State()


def test_five_rejected_lots_of_tightened_inspection_discontinue() -> None:
    state = run([BAD, GOOD] * 4, State(severity="tightened"))
    assert state.severity == "tightened"
    state = run([BAD], state)
    assert state.severity == "discontinued"
    with pytest.raises(BadSampling, match="暂停"):
        after(state, GOOD)
    assert resumed(state) == State(severity="tightened")
    with pytest.raises(BadSampling, match="没有暂停"):
        resumed(State())


@pytest.mark.parametrize(
    ("lot", "lots"),
    [
        (GOOD, 10),
        (LotResult(True, accept=1), 15),
        (LotResult(True, accept=0), 15),
        (LotResult(True, accepted_at_first=True), 10),
    ],
)
def test_a_score_of_thirty_reduces(lot: LotResult, lots: int) -> None:
    assert run([lot] * (lots - 1)).severity == "normal"
    assert run([lot] * lots).severity == "reduced"


@pytest.mark.parametrize(
    "lot", [LotResult(True, accept=2), LotResult(True, accepted_at_first=False), LotResult(False, accept=1)]
)
def test_the_score_begins_again(lot: LotResult) -> None:
    assert run([*[GOOD] * 9, lot]).score == 0


def test_reduced_inspection_needs_steady_production_and_consent() -> None:
    unsteady = LotResult(True, 2, accepted_tighter=True, is_steady=False)
    assert run([GOOD] * 9 + [unsteady]).severity == "normal"
    reduced = State(severity="reduced")
    for lot in (BAD, unsteady, LotResult(True, 2, reduced_wanted=False)):
        assert run([lot], reduced) == State()
    assert run([LotResult(True, 2)], reduced) == reduced


@given(st.lists(st.booleans(), max_size=30))
def test_a_resubmitted_lot_changes_nothing(accepted: list[bool]) -> None:
    state = State(score=27, recent=(True, False))
    assert run([LotResult(a, 2, is_resubmitted=True) for a in accepted], state) == state
