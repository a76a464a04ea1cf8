"""Switching between normal, tightened and reduced inspection (ISO 2859-1:1999, 9.3, and its switching score)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quanheng.kernels.sampling.iso2859 import NORMAL, REDUCED, TIGHTENED
from quanheng.kernels.sampling.plans import BadSampling

DISCONTINUED = "discontinued"
ENOUGH = 30  # of the switching score (9.3.3.1)
_WINDOW, _TWO, _FIVE = 5, 2, 5


@dataclass(frozen=True, slots=True)
class State:
    """The severity now, and what the rules remember: of the last lots, of the runs, of the score."""

    severity: str = NORMAL
    score: int = 0
    recent: tuple[bool, ...] = ()  # acceptances of the last lots of this normal inspection, oldest first
    accepted_run: int = 0  # consecutive lots accepted in this tightened inspection
    rejected_in_tightened: int = 0


@dataclass(frozen=True, slots=True)
class LotResult:
    """A lot's first inspection.  ``accept`` is the acceptance number of the single plan, None of a double plan.

    ``accepted_tighter``: it would have been accepted at the AQL one step smaller; ``accepted_at_first``: of a double
    plan, after its first sample.  A resubmitted lot counts nowhere.
    """

    is_accepted: bool
    accept: int | None = None
    accepted_tighter: bool = False
    accepted_at_first: bool = False
    is_resubmitted: bool = False
    is_steady: bool = True  # production at a steady rate
    reduced_wanted: bool = True  # the responsible authority finds reduced inspection desirable


def after(state: State, lot: LotResult) -> tuple[State, str]:
    """Return the state for the next lot, and the reason in Chinese where the severity changed, else "".

    Raises
    ------
    BadSampling
        Inspection is discontinued: `resumed` starts it again.
    """
    if state.severity == DISCONTINUED:
        raise BadSampling("检验已暂停：供方改进并经认可后，从加严检验重新开始。")
    if lot.is_resubmitted:
        return state, ""
    if state.severity == NORMAL:
        return _after_normal(state, lot)
    return _after_tightened(state, lot) if state.severity == TIGHTENED else _after_reduced(state, lot)


def resumed(state: State) -> State:
    """Return tightened inspection, after the supplier's action was found effective (9.4).

    Raises
    ------
    BadSampling
        Inspection is not discontinued.
    """
    if state.severity != DISCONTINUED:
        raise BadSampling("检验没有暂停，不用恢复。")
    return State(severity=TIGHTENED)


def _after_normal(state: State, lot: LotResult) -> tuple[State, str]:
    recent = (*state.recent, lot.is_accepted)[-_WINDOW:]
    if recent.count(False) >= _TWO:
        return State(severity=TIGHTENED), f"最近 {len(recent)} 批中有 {_TWO} 批初次检验不接收，转为加严检验。"
    score = _score(state.score, lot)
    if score >= ENOUGH and lot.is_steady and lot.reduced_wanted:
        return State(severity=REDUCED), f"转移得分达到 {score}，生产稳定，转为放宽检验。"
    return replace(state, score=score, recent=recent), ""


def _score(score: int, lot: LotResult) -> int:
    if not lot.is_accepted:
        return 0
    if lot.accept is None:
        return score + 3 if lot.accepted_at_first else 0
    if lot.accept <= 1:
        return score + 2
    return score + 3 if lot.accepted_tighter else 0


def _after_tightened(state: State, lot: LotResult) -> tuple[State, str]:
    if lot.is_accepted:
        if state.accepted_run + 1 >= _FIVE:
            return State(), f"连续 {_FIVE} 批接收，恢复正常检验。"
        return replace(state, accepted_run=state.accepted_run + 1), ""
    rejected = state.rejected_in_tightened + 1
    if rejected >= _FIVE:
        return State(severity=DISCONTINUED), f"加严检验中累计 {_FIVE} 批不接收，暂停检验。"
    return replace(state, accepted_run=0, rejected_in_tightened=rejected), ""


def _after_reduced(state: State, lot: LotResult) -> tuple[State, str]:
    if not lot.is_accepted:
        return State(), "放宽检验中有一批不接收，恢复正常检验。"
    if not lot.is_steady:
        return State(), "生产不稳定或延迟，恢复正常检验。"
    if not lot.reduced_wanted:
        return State(), "主管方认为不宜放宽，恢复正常检验。"
    return state, ""
