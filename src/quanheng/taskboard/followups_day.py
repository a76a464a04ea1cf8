"""The step of the county day that looks what became of ordered tests of meters."""

from __future__ import annotations

from quanheng.followups.enums import FollowUpState
from quanheng.followups.models import FollowUp
from quanheng.followups.services.results import take_in_results
from quanheng.taskboard.lines import Line

_COMMAND = "quanheng followups score score.csv"


def take_in_tests() -> list[Line]:
    """Take in the results of verifications that were concluded since; safe to run twice."""
    tested, back = take_in_results()
    waiting = FollowUp.objects.filter(state=FollowUpState.ORDERED).count()
    if not (tested or back or waiting):
        return [Line("没有等待结论的现场核实。", _COMMAND)]
    text = f"取回 {tested} 台的现场检定结果，{back} 台的申请被退回或撤回，还有 {waiting} 台等待结论。"
    return [Line(text, _COMMAND)]
