"""`quanheng sampling switching`: a series of lots through the switching rules, each with its plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quanheng.cli.sampling_file import read_data
from quanheng.kernels.sampling.iso2859 import AQLS, REDUCED, SINGLE, TablePlan, known_aql, table_plan
from quanheng.kernels.sampling.plans import BadSampling, plan_to_dict
from quanheng.kernels.sampling.switching import DISCONTINUED, LotResult, State, after, resumed


def switched(path: Path) -> dict[str, Any]:
    """Return each lot with its plan and verdict, and the severity for the next.

    Raises
    ------
    BadSampling
        The file is not as described, with the line; or a lot follows a discontinuation that nobody ended.
    """
    marked = read_data(path)
    data = marked.data
    lots = data.get("lots")
    if not isinstance(lots, list) or not lots:
        raise BadSampling(f"{path}：lots 应是逐批的列表。")
    aql, level = _number(path, data, "aql"), str(data.get("level", "II"))
    state, rows = State(), []
    for at, lot in enumerate(lots):
        where = f"{path} 第 {marked.line(('lots', at))} 行"
        if not isinstance(lot, Mapping):
            raise BadSampling(f"{where}：一批应写 size 和 nonconforming。")
        try:
            state, row = _one(state, lot, aql, level)
        except BadSampling as error:
            raise BadSampling(f"{where}：{error}") from None
        rows.append(row)
    return {"aql": aql, "level": level, "lots": rows, "next": state.severity, "score": state.score}


def _one(state: State, lot: Mapping[str, Any], aql: float, level: str) -> tuple[State, dict[str, Any]]:
    if lot.get("resumed") is True:
        state = resumed(state)
    if state.severity == DISCONTINUED:
        raise BadSampling("检验已暂停：供方改进并经认可后，在这批写 resumed: true，从加严检验重新开始。")
    size, found = _whole(lot, "size"), _whole(lot, "nonconforming")
    plan = table_plan(size, aql, level, state.severity, SINGLE)
    stage = plan.plan.stages[0]
    if found > stage.n and not plan.plan.counts_nonconformities:
        raise BadSampling(f"样本只有 {stage.n} 个，不会有 {found} 个不合格。")
    is_accepted = found <= stage.accept
    result = LotResult(
        is_accepted=is_accepted,
        accept=stage.accept,
        accepted_tighter=_accepted_tighter(plan, found),
        is_resubmitted=lot.get("resubmitted") is True,
        is_steady=lot.get("steady", True) is not False,
        reduced_wanted=lot.get("reduced_wanted", True) is not False,
    )
    new, reason = after(state, result)
    row = {
        "number": str(lot.get("number", "")),
        "size": size,
        "severity": state.severity,
        "code_used": plan.code_used,
        "plan": plan_to_dict(plan.plan),
        "n": stage.n,
        "ac": stage.accept,
        "nonconforming": found,
        "outcome": "accept" if is_accepted else "reject",
        "resubmitted": result.is_resubmitted,
        "score": new.score,
        "next": new.severity,
        "reason": reason,
        "unconfirmed": plan.unconfirmed,
    }
    return new, row


def _accepted_tighter(plan: TablePlan, found: int) -> bool:
    """Whether the lot would have been accepted at the AQL one step smaller (9.3.3.2)."""
    at = AQLS.index(plan.aql)
    if at == 0 or plan.severity == REDUCED:
        return False
    tighter = table_plan(plan.lot_size, AQLS[at - 1], plan.level, plan.severity, SINGLE)
    return found <= tighter.plan.stages[0].accept


def _number(path: Path, data: Mapping[str, Any], key: str) -> float:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadSampling(f"{path}：请写 {key}，如 1.0。")
    return known_aql(float(value))


def _whole(lot: Mapping[str, Any], key: str) -> int:
    value = lot.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadSampling(f"{key} 应为整数，不是“{'' if value is None else value}”。")
    return value
