"""What `quanheng sampling …` answers, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from quanheng.kernels.sampling.characteristic import (
    acceptance_curve,
    acceptance_of_lots,
    acceptance_probability,
    at_least,
    at_most,
    nearest,
    outgoing_of_lots,
    sample_number_curve,
)
from quanheng.kernels.sampling.design import design_double, design_sequential, design_single
from quanheng.kernels.sampling.iso2859 import DOUBLE, NORMAL, SINGLE, table_plan
from quanheng.kernels.sampling.picture import CONSUMER, PRODUCER, Mark
from quanheng.kernels.sampling.plans import BadSampling, Plan, plan_to_dict

if TYPE_CHECKING:
    from quanheng.kernels.sampling.iso2859 import TablePlan
    from quanheng.lots.plan_rules import PlanOfRule

SEQUENTIAL = "sequential"
_SHOWN_STAGES = 8


@dataclass(frozen=True, slots=True)
class Point:
    """A quality [1] and a risk [1]."""

    quality: float
    risk: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The ways to ask for a plan; exactly one of ``aql``, ``consumer``, ``rule`` is given."""

    lot: int | None
    aql: float | None = None
    level: str = "II"
    severity: str = NORMAL
    kind: str = SINGLE
    consumer: Point | None = None
    producer: Point | None = None
    accept: int | None = None
    rule: str = ""
    on: date | None = None


def planned(asked: Asked) -> dict[str, Any]:
    """Return the plan asked for, where it comes from, and its risks.

    Raises
    ------
    BadSampling
        Several ways at once, or none; what is asked for has no plan.
    """
    if [asked.aql is not None, asked.consumer is not None, bool(asked.rule)].count(True) != 1:
        raise BadSampling("请给出一种定法，只给一种：--aql、--lq（或 --consumer）、--rule。")
    if asked.aql is not None:
        return _by_table(asked, asked.aql)
    if asked.rule:
        return _by_rule(asked)
    return _by_risks(asked)


def _by_table(asked: Asked, aql: float) -> dict[str, Any]:
    if asked.producer or asked.accept is not None:
        raise BadSampling("按 AQL 查表时不能再给风险或接收数。")
    found = table_plan(_lot(asked), aql, asked.level, asked.severity, asked.kind)
    stage = found.plan.stages[0]
    single = {"n": stage.n, "ac": stage.accept, "re": stage.reject} if found.plan.is_single else {}
    return {
        "source": "ISO 2859-1:1999（GB/T 2828.1）",
        "lot": found.lot_size,
        "aql": found.aql,
        "level": found.level,
        "severity": found.severity,
        "kind": found.kind,
        "code_by_lot": found.code_by_lot,
        "code_used": found.code_used,
        "full_inspection": found.full_inspection,
        **single,
        "plan": plan_to_dict(found.plan),
        "unconfirmed": found.unconfirmed,
        "points": _table_points(found),
    }


def _table_points(found: TablePlan) -> list[dict[str, Any]]:
    if found.plan.counts_nonconformities:
        mean = found.aql / 100
        return [{"whose": PRODUCER, "fraction": mean, "accept": acceptance_probability(found.plan, mean)}]
    return [point(found.plan, found.lot_size, found.aql / 100, PRODUCER)]


def _by_rule(asked: Asked) -> dict[str, Any]:
    from quanheng.lots.plan_rules import plan_for

    if asked.on is None:
        raise BadSampling("按规则时请用 --on 给出日期，如 2026-07-01：规则按日期施行。")
    found: PlanOfRule = plan_for(asked.rule, _lot(asked), asked.on)
    data = found.to_dict()
    plan = plan_to_dict(found.plan)
    marks = [found.limiting_quality] if found.limiting_quality else [0.05, 0.08]
    return {
        "source": found.source,
        "lot": found.lot_size,
        "on": asked.on.isoformat(),
        **{key: value for key, value in data.items() if key not in {*plan, "source", "lot_size"}},
        "plan": plan,
        "points": [point(found.plan, found.lot_size, quality, CONSUMER) for quality in marks],
    }


def _by_risks(asked: Asked) -> dict[str, Any]:
    consumer, producer = asked.consumer, asked.producer
    if consumer is None:
        raise BadSampling("请给出使用方的点：--lq 和 --risk，或 --consumer p,β。")
    plan = _designed(asked, consumer, producer)
    points = [point(plan, asked.lot, consumer.quality, CONSUMER)]
    if producer:
        points.insert(0, point(plan, asked.lot, producer.quality, PRODUCER))
    wanted: dict[str, Any] = {"consumer": {"quality": consumer.quality, "risk": consumer.risk}}
    if producer:
        wanted["producer"] = {"quality": producer.quality, "risk": producer.risk}
    answer = {
        "source": "由风险计算"
        + ("（过程，二项分布）" if asked.lot is None else "（批，超几何分布；ISO 2859-2 的方法）"),
        "lot": asked.lot,
        "kind": asked.kind,
        "wanted": wanted,
        "total": plan.total,
        "full_inspection": asked.lot is not None and plan.total >= asked.lot,
        "plan": plan_to_dict(plan),
        "unconfirmed": "",
        "points": points,
    }
    if plan.is_single:
        stage = plan.stages[0]
        answer |= {"n": stage.n, "ac": stage.accept, "re": stage.reject}
    return answer


def _designed(asked: Asked, consumer: Point, producer: Point | None) -> Plan:
    if asked.kind == SINGLE:
        return design_single(
            asked.lot,
            limiting_quality=consumer.quality,
            consumer_risk=consumer.risk,
            producer_quality=producer.quality if producer else None,
            producer_risk=producer.risk if producer else None,
            accept=asked.accept,
        )
    if producer is None:
        raise BadSampling("二次和序贯方案要用 --producer p,α 给出生产方的点。")
    if asked.accept is not None:
        raise BadSampling("接收数只能用于一次抽样方案。")
    if asked.kind == DOUBLE:
        return design_double(
            asked.lot,
            limiting_quality=consumer.quality,
            consumer_risk=consumer.risk,
            producer_quality=producer.quality,
            producer_risk=producer.risk,
        )
    if asked.kind != SEQUENTIAL:
        raise BadSampling(f"抽样类型应为 single、double 或 sequential，不是“{asked.kind}”。")
    plan = design_sequential(
        limiting_quality=consumer.quality,
        consumer_risk=consumer.risk,
        producer_quality=producer.quality,
        producer_risk=producer.risk,
    )
    if asked.lot is not None and plan.total > asked.lot:
        raise BadSampling(f"序贯方案最多要检 {plan.total} 个，多于批量 {asked.lot}，请用一次抽样。")
    return plan


def point(plan: Plan, lot: int | None, quality: float, whose: str) -> dict[str, Any]:
    """Return P(accept) at a quality; of a lot at the whole number that reaches it (consumer) or does not exceed it."""
    if lot is None:
        return {"whose": whose, "fraction": quality, "accept": acceptance_probability(plan, quality)}
    bad = at_least(quality, lot) if whose == CONSUMER else at_most(quality, lot)
    accept = float(acceptance_of_lots(plan, [bad], lot)[0])
    return {"whose": whose, "fraction": quality, "nonconforming": bad, "accept": accept}


def characteristic(plan: Plan, lot: int | None, at: Sequence[float]) -> dict[str, Any]:
    """Return P(accept), the average sample number and, of a lot, the outgoing quality at fractions [1]."""
    accept = acceptance_curve(plan, at, lot)
    number = sample_number_curve(plan, at, lot)
    rows: list[dict[str, Any]] = [
        {"fraction": p, "accept": float(a), "average_sample_number": float(n)}
        for p, a, n in zip(at, accept, number, strict=True)
    ]
    if lot is not None:
        bad = nearest(at, lot)
        outgoing, inspected = outgoing_of_lots(plan, bad, lot)
        for row, count, quality, total in zip(rows, bad, outgoing, inspected, strict=True):
            row |= {
                "nonconforming": int(count),
                "average_outgoing_quality": float(quality),
                "average_total_inspection": float(total),
            }
    return {
        "lot": lot,
        "distribution": "hypergeometric"
        if lot is not None
        else "poisson"
        if plan.counts_nonconformities
        else "binomial",
        "plan": plan_to_dict(plan),
        "points": rows,
    }


def marks_of(at: Sequence[float], producer: float | None, consumer: float | None) -> list[Mark]:
    """Return the points of a picture."""
    ends = [(producer, PRODUCER), (consumer, CONSUMER)]
    return [*(Mark(p) for p in at), *(Mark(p, whose) for p, whose in ends if p is not None)]


def _lot(asked: Asked) -> int:
    if asked.lot is None:
        raise BadSampling("请用 --lot 给出批量。")
    return asked.lot
