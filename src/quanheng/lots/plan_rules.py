"""In-service sampling plans of lots of meters as dated rule data (plans.yaml); needs no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from quanheng.kernels.rules import Confidence
from quanheng.kernels.sampling.design import design_single
from quanheng.kernels.sampling.plans import BadSampling, Plan, plan_from_dict, plan_to_dict


class NoPlanOfRule(BadSampling):
    """No rule of that name on that day, or it has no plan for a lot of that size; the text is Chinese."""


@dataclass(frozen=True, slots=True)
class PlanRule:
    """One row of plans.yaml: what it may be asked for, and how sure the compilers are.

    ``lots`` are sizes with a plan, ``up_to`` inclusive; or the plan is computed from ``limiting_quality``.
    ``kinds`` are the kinds of meters whose lots it may extend; ``extension_years`` None where it is not known.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    source: str
    confidence: Confidence
    clause: str | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    extension_years: int | None = None
    lots: tuple[dict[str, Any], ...] = ()
    limiting_quality: float | None = None
    consumer_risk: float | None = None
    producer_quality: float | None = None
    producer_risk: float | None = None
    accept: int | None = None
    lacks: tuple[str, ...] = ()
    note: str = ""
    is_confirmed: bool = False
    may_extend: bool = True

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return (self.in_force_from is None or self.in_force_from <= on) and (
            self.in_force_to is None or on <= self.in_force_to
        )


@dataclass(frozen=True, slots=True)
class PlanOfRule:
    """The plan of a rule for a lot.  ``unconfirmed``: nobody compared the rule with its official text.

    ``reserve`` is how many are drawn beyond the sample for meters that cannot be counted; None: as many as it takes.
    """

    plan: Plan
    rule_key: str
    title: str
    clause: str | None
    source: str
    unconfirmed: bool
    lot_size: int
    extension_years: int | None = None
    kinds: tuple[str, ...] = ()
    may_extend: bool = True
    reserve: int | None = None
    limiting_quality: float | None = None
    lacks: tuple[str, ...] = ()
    note: str = ""
    is_whole_lot: bool = field(default=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data (JSON): the plan, and where it comes from."""
        return plan_to_dict(self.plan) | {
            "rule": self.rule_key,
            "title": self.title,
            "clause": self.clause,
            "source": self.source,
            "unconfirmed": self.unconfirmed,
            "lot_size": self.lot_size,
            "extension_years": self.extension_years,
            "kinds": list(self.kinds),
            "may_extend": self.may_extend,
            "reserve": self.reserve,
            "limiting_quality": self.limiting_quality,
            "lacks": list(self.lacks),
            "note": self.note,
            "whole_lot": self.is_whole_lot,
        }


@cache
def packaged_plan_rules() -> tuple[PlanRule, ...]:
    """Return the rows of plans.yaml."""
    text = files("quanheng.lots").joinpath("plans.yaml").read_text(encoding="utf-8")
    return tuple(_rule(row) for row in yaml.safe_load(text)["rules"])


def _rule(row: dict[str, Any]) -> PlanRule:
    listed = {key: tuple(row.get(key, ())) for key in ("kinds", "lots", "lacks")}
    return PlanRule(**row | listed | {"confidence": Confidence(row["confidence"])})


def plan_rules(on: date, kind: str | None = None) -> list[PlanRule]:
    """Return the rules in force on a day, of a kind of meter where one is given."""
    return [rule for rule in packaged_plan_rules() if rule.holds(on) and kind in (None, *rule.kinds)]


def plan_rule(key: str, on: date) -> PlanRule:
    """Return the row in force on a day; the one that begins last.

    Raises
    ------
    NoPlanOfRule
        There is none.
    """
    rows = [rule for rule in packaged_plan_rules() if rule.key == key]
    found = [rule for rule in rows if rule.holds(on)]
    if not rows:
        known = "、".join(dict.fromkeys(rule.key for rule in packaged_plan_rules()))
        raise NoPlanOfRule(f"没有名为“{key}”的抽样规则；有：{known}。")
    if not found:
        raise NoPlanOfRule(f"抽样规则“{key}”在 {on} 没有施行的版本。")
    return max(found, key=lambda rule: rule.in_force_from or date.min)


def plan_for(rule_key: str, lot_size: int, on: date) -> PlanOfRule:
    """Return the plan of a rule for a lot of so many meters on a day; of a lot no larger than its sample, all of it.

    Raises
    ------
    NoPlanOfRule
        No such rule on that day, or none of its rows is for such a lot.
    """
    rule = plan_rule(rule_key, on)
    if lot_size < 1:
        raise NoPlanOfRule(f"批量应为 1 或更大，不是 {lot_size}。")
    plan, reserve = _planned(rule, lot_size)
    is_whole = plan.total >= lot_size
    if plan.total > lot_size:
        plan, reserve = _whole_lot(plan, lot_size, rule), None
    return PlanOfRule(
        plan=plan,
        rule_key=rule.key,
        title=rule.title,
        clause=rule.clause,
        source=rule.source,
        unconfirmed=not rule.is_confirmed,
        lot_size=lot_size,
        extension_years=rule.extension_years,
        kinds=rule.kinds,
        may_extend=rule.may_extend,
        reserve=reserve,
        limiting_quality=rule.limiting_quality,
        lacks=rule.lacks,
        note=rule.note,
        is_whole_lot=is_whole,
    )


def _planned(rule: PlanRule, lot_size: int) -> tuple[Plan, int | None]:
    if rule.limiting_quality is not None and rule.consumer_risk is not None:
        return _computed(rule, lot_size), None
    for row in rule.lots:
        if lot_size < row.get("from", 1):
            break
        if row["up_to"] is None or lot_size <= row["up_to"]:
            return plan_from_dict(row["plan"]), row.get("reserve")
    first, last = rule.lots[0].get("from", 1), rule.lots[-1]["up_to"]
    within = f"{first} 以上" if last is None else f"{first}—{last}"
    raise NoPlanOfRule(f"“{rule.title}”没有批量 {lot_size} 的抽样方案，它的批量范围是 {within}。")


def _computed(rule: PlanRule, lot_size: int) -> Plan:
    return design_single(
        lot_size,
        limiting_quality=rule.limiting_quality or 0.0,
        consumer_risk=rule.consumer_risk or 0.0,
        producer_quality=rule.producer_quality,
        producer_risk=rule.producer_risk,
        accept=rule.accept,
    )


def _whole_lot(plan: Plan, lot_size: int, rule: PlanRule) -> Plan:
    """Return the plan of a lot smaller than the sample: every meter, and the last acceptance number."""
    accept = plan.stages[-1].accept
    if accept >= lot_size:
        raise NoPlanOfRule(
            f"“{rule.title}”的接收数是 {accept}，批量 {lot_size} 太小，抽样没有意义，请逐台检定。"
        )
    return plan_from_dict({"n": lot_size, "c": accept})
