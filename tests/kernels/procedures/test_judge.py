"""The engine: what a verdict is made of."""

from __future__ import annotations

import numpy as np
import pytest

from quanheng.kernels.procedures import BadSheet, Sheet, Stage, judge
from quanheng.kernels.procedures.checking import faults
from tests.kernels.procedures.battery import CASES, PROCEDURE, Case
from tests.kernels.procedures.making import rows, sheet


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_engine_does_what_was_worked_out_by_hand(case: Case) -> None:
    case(judge)


def test_the_small_regulation_has_no_fault() -> None:
    assert list(faults(PROCEDURE)) == []


@pytest.mark.parametrize(
    ("strange", "reason"),
    [
        ({"instrument": {"mass": np.zeros(1)}}, "器具中没有“mass”。"),
        ({"environment": {"wind": np.zeros(1)}}, "环境条件中没有“wind”。"),
        ({"standard": {"clock": np.zeros(1)}}, "标准器中没有“clock”。"),
        ({"checks": {"colour": np.zeros(1)}}, "检查项目中没有“colour”。"),
        ({"tests": {"tilt": rows([0], load=[1])}}, "检定项目中没有“tilt”。"),
        ({"tests": {"weighing": rows([0], length=[1])}}, "称量读数中没有“length”。"),
        ({"given": {"tilt": {}}}, "检定项目中没有“tilt”。"),
        ({"given": {"weighing": {"E1": np.zeros(1)}}}, "称量中没有“E1”。"),
    ],
)
def test_a_sheet_for_something_else_is_refused(strange: dict[str, object], reason: str) -> None:
    with pytest.raises(BadSheet) as refused:
        judge(PROCEDURE, sheet(**strange), Stage.FIRST)
    assert str(refused.value) == reason


def test_a_stage_that_the_regulation_does_not_have_is_refused() -> None:
    first_only = PROCEDURE.model_copy(update={"stages": (Stage.FIRST,)})
    with pytest.raises(BadSheet, match="没有这一检定阶段"):
        judge(first_only, sheet(), Stage.IN_SERVICE)
    assert judge(first_only, sheet(), Stage.FIRST).outcomes.tolist() == [1]


def test_a_sheet_without_instruments_has_no_verdicts() -> None:
    judged = judge(PROCEDURE, Sheet(0), Stage.FIRST)
    assert judged.outcomes.tolist() == []
