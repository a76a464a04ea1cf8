"""What a plan says of results in the order of the draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quanheng.kernels.sampling.plans import BadSampling, Plan, Stage

ACCEPT, REJECT, CONTINUE, INCOMPLETE = "accept", "reject", "continue", "incomplete"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``outcome``: "accept", "reject", "continue" (draw the next stage), "incomplete" (results are missing).

    ``stage`` counts from 1: the one that decided, or whose results are wanted; ``counted`` results and the
    ``nonconforming`` among them are of the stages up to it.  ``certain`` is "reject" or "accept" where results are
    missing that can no longer change it.
    """

    outcome: str
    stage: int
    counted: int
    nonconforming: int
    sentence: str
    certain: str = ""


def judge(plan: Plan, results: Sequence[bool | int | None]) -> Verdict:
    """Judge results in the order of the draw: True is nonconforming, None waits; a count where the plan counts so.

    A stage is judged when all its results are there.  Results after the stage that decided do not count.

    Raises
    ------
    BadSampling
        More results than the plan has items; a number that is no result.
    """
    _check(plan, results)
    start = found = 0
    for at, (stage, end) in enumerate(zip(plan.stages, plan.ends, strict=True), 1):
        part = results[start:end]
        known = [int(result) for result in part if result is not None]
        if at > 1 and not known:
            return Verdict(CONTINUE, at, start, found, _goes_on(plan, at, start, found))
        found += sum(known)
        counted = start + len(known)
        if len(known) < stage.n:
            return _incomplete(plan, at, counted, found, stage.n - len(known))
        if found <= stage.accept or found >= stage.reject:
            outcome = ACCEPT if found <= stage.accept else REJECT
            return Verdict(outcome, at, counted, found, _decided(plan, at, stage, counted, found))
        start = end
    raise AssertionError("the last stage of a plan decides")


def _check(plan: Plan, results: Sequence[bool | int | None]) -> None:
    for at, result in enumerate(results, 1):
        if result is None:
            continue
        if at > plan.total:
            raise BadSampling(f"方案最多检 {plan.total} 个，却有第 {at} 个的结果。")
        if not isinstance(result, bool | int) or result < 0:
            raise BadSampling(f"第 {at} 个的结果“{result}”不是结果。")
        if result > 1 and not plan.counts_nonconformities:
            raise BadSampling(f"第 {at} 个的结果应为合格或不合格；本方案数的是不合格品，一个只计一次。")


def _unit(plan: Plan) -> str:
    return "处不合格" if plan.counts_nonconformities else "个不合格"


def _stage_name(plan: Plan, at: int) -> str:
    return "" if plan.is_single else f"第 {at} 阶段："


def _incomplete(plan: Plan, at: int, counted: int, found: int, missing: int) -> Verdict:
    stage = plan.stages[at - 1]
    certain = REJECT if found >= stage.reject else ""
    if not plan.counts_nonconformities and found + missing <= stage.accept:
        certain = ACCEPT
    sentence = f"{_stage_name(plan, at)}还缺 {missing} 个结果，已检 {counted} 个，{found} {_unit(plan)}，不能作出结论。"
    if certain == REJECT:
        sentence += f"已达到拒收数 {stage.reject}，其余的结果不会改变拒收。"
    elif certain == ACCEPT:
        sentence += f"其余的即使都不合格也不超过接收数 {stage.accept}。"
    return Verdict(INCOMPLETE, at, counted, found, sentence, certain)


def _goes_on(plan: Plan, at: int, counted: int, found: int) -> str:
    before = plan.stages[at - 2]
    return (
        f"已检 {counted} 个，{found} {_unit(plan)}，多于接收数 {max(before.accept, 0)}、少于拒收数 {before.reject}："
        f"应再检第 {at} 阶段的 {plan.stages[at - 1].n} 个。"
        if before.accept >= 0
        else f"已检 {counted} 个，{found} {_unit(plan)}，少于拒收数 {before.reject}，第 {at - 1} 阶段不能接收："
        f"应再检第 {at} 阶段的 {plan.stages[at - 1].n} 个。"
    )


def _decided(plan: Plan, at: int, stage: Stage, counted: int, found: int) -> str:
    rule = (
        f"不超过接收数 {stage.accept}，接收" if found <= stage.accept else f"达到拒收数 {stage.reject}，拒收"
    )
    return f"{_stage_name(plan, at)}检 {counted} 个，{found} {_unit(plan)}，{rule}。"
