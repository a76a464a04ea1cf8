"""What a sampling plan by attributes is: one or more stages, each with cumulative acceptance and rejection numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

NEVER = -1  # as an acceptance number: this stage cannot accept ("#" in multiple plans of ISO 2859-1)
MOST_ITEMS = 10_000_000
MOST_STAGES = 20_000


class BadSampling(ValueError):
    """A question about sampling that has no answer; the text is Chinese, for the reader."""


class BadPlan(BadSampling):
    """Numbers that are no plan."""


@dataclass(frozen=True, slots=True)
class Stage:
    """``n`` items of this stage; ``accept`` and ``reject`` are cumulative over the stages.

    Accepted at ``accept`` or fewer nonconforming, rejected at ``reject`` or more, else the next stage follows.
    """

    n: int
    accept: int
    reject: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Stages in order; ``counts_nonconformities`` where an item may have several (AQL > 10 of ISO 2859-1).

    Raises
    ------
    BadPlan
        The numbers leave a result undecided, or decide it twice, or a stage can never be reached.
    """

    stages: tuple[Stage, ...]
    counts_nonconformities: bool = False

    def __post_init__(self) -> None:
        _check(self)

    @property
    def total(self) -> int:
        """Items of all stages together, the most that may be inspected."""
        return sum(stage.n for stage in self.stages)

    @property
    def is_single(self) -> bool:
        """Whether one stage decides."""
        return len(self.stages) == 1

    @property
    def ends(self) -> tuple[int, ...]:
        """Cumulative sample size at the end of each stage."""
        sums, end = [], 0
        for stage in self.stages:
            end += stage.n
            sums.append(end)
        return tuple(sums)


def single(n: int, accept: int, *, counts_nonconformities: bool = False) -> Plan:
    """Return the single plan (n, c)."""
    return Plan((Stage(n, accept, accept + 1),), counts_nonconformities)


def double(n1: int, a1: int, r1: int, n2: int, a2: int, r2: int | None = None) -> Plan:
    """Return the double plan; ``a2``, ``r2`` are of both samples together; ``r2`` is ``a2`` + 1."""
    return Plan((Stage(n1, a1, r1), Stage(n2, a2, a2 + 1 if r2 is None else r2)))


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain data (JSON); `plan_from_dict` is its inverse."""
    stages = [{"n": s.n, "accept": s.accept, "reject": s.reject} for s in plan.stages]
    return {"stages": stages} | ({"counts_nonconformities": True} if plan.counts_nonconformities else {})


def plan_from_dict(data: Mapping[str, Any]) -> Plan:
    """Read a plan: ``stages``; or ``n`` with ``c``; or ``n1 a1 r1 n2 a2 [r2]`` with cumulative numbers.

    Other keys are left to the caller.

    Raises
    ------
    BadPlan
        It is none.
    """
    if not isinstance(data, Mapping):
        raise BadPlan("抽样方案应是一组“名称: 值”。")
    counts = data.get("counts_nonconformities", False)
    if not isinstance(counts, bool):
        raise BadPlan("counts_nonconformities 应为 true 或 false。")
    if "stages" in data:
        stages = data["stages"]
        if not isinstance(stages, list | tuple) or not stages:
            raise BadPlan("stages 应是一个或几个阶段的列表。")
        return Plan(tuple(_stage(row, at) for at, row in enumerate(stages, 1)), counts)
    if "n1" in data:
        n1, a1, r1, n2, a2 = (_whole(data, key) for key in ("n1", "a1", "r1", "n2", "a2"))
        return Plan((Stage(n1, a1, r1), Stage(n2, a2, _whole(data, "r2", a2 + 1))), counts)
    if "n" in data:
        key = next((key for key in ("c", "accept", "ac") if key in data), "c")
        n, accept = _whole(data, "n"), _whole(data, key)
        return Plan((Stage(n, accept, _whole(data, "re", _whole(data, "reject", accept + 1))),), counts)
    raise BadPlan("抽样方案里没有 stages，也没有 n 和 c，或 n1、a1、r1、n2、a2。")


def _stage(row: object, at: int) -> Stage:
    if not isinstance(row, Mapping):
        raise BadPlan(f"第 {at} 阶段应写 n、accept、reject。")
    try:
        accept = _whole(row, "accept")
        return Stage(_whole(row, "n"), accept, _whole(row, "reject", accept + 1))
    except BadPlan as error:
        raise BadPlan(f"第 {at} 阶段：{error}") from None


def _whole(data: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = data.get(key, default)
    if value is None:
        raise BadPlan(f"抽样方案缺少 {key}。")
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadPlan(f"{key} 应为整数，不是“{str(value)[:40]}”。")
    return value


def _check(plan: Plan) -> None:
    stages = plan.stages
    if not stages:
        raise BadPlan("抽样方案没有阶段。")
    if len(stages) > MOST_STAGES:
        raise BadPlan(f"抽样方案的阶段不得多于 {MOST_STAGES} 个。")
    for at, stage in enumerate(stages, 1):
        where = f"第 {at} 阶段" if len(stages) > 1 else "方案"
        if not 1 <= stage.n <= MOST_ITEMS:
            raise BadPlan(f"{where}的样本量应为 1 到 {MOST_ITEMS}，不是 {stage.n}。")
        if stage.accept < NEVER:
            raise BadPlan(f"{where}的接收数应为 0 或更大；-1 表示本阶段不能接收。")
        if stage.reject <= stage.accept:
            raise BadPlan(f"{where}的拒收数 {stage.reject} 应大于接收数 {stage.accept}。")
        if at < len(stages) and stage.reject == stage.accept + 1:
            raise BadPlan(
                f"{where}的接收数 {stage.accept} 和拒收数 {stage.reject} 相邻，后面的阶段不会用到。"
            )
    last = stages[-1]
    if last.accept == NEVER:
        raise BadPlan("最后一个阶段必须能够接收。")
    if last.reject != last.accept + 1:
        raise BadPlan(
            f"最后一个阶段的拒收数应为接收数加 1，即 {last.accept + 1}，不是 {last.reject}，否则不能作出结论。"
        )
    if not plan.counts_nonconformities and last.accept >= plan.total:
        raise BadPlan(f"接收数 {last.accept} 不小于样本量 {plan.total}，无论结果如何都会接收。")
    for at, (before, after) in enumerate(pairwise(stages), 2):
        if after.accept < before.accept or after.reject < before.reject:
            raise BadPlan(f"第 {at} 阶段的接收数、拒收数是累计的，不得小于上一阶段。")
