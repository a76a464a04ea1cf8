"""Lots for tests: meters of one maker and year, a plan, a log that has signed the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from quanheng.base import clock
from quanheng.core.models import User
from quanheng.kernels.sampling.plans import Plan, single
from quanheng.lots.enums import ItemResult, Origin
from quanheng.lots.members import FoundMeter, NewMeter
from quanheng.lots.models import Lot, Sample
from quanheng.lots.plan_rules import PlanOfRule
from quanheng.lots.services.lots import add_meters, close_list, open_lot
from quanheng.lots.services.samples import draw_sample, record_results
from quanheng.transparency.sequencer import sequence

KIND = "household_electricity_meter"
YEAR = 2018
VERIFIED = date(YEAR, 9, 10)
FACTS: dict[str, Any] = {
    "origin": Origin.IN_SERVICE,
    "number": "A-2018-1",
    "kind": KIND,
    "maker": "甲电表厂",
    "model": "DDZY1",
    "first_verified_in": YEAR,
    "accuracy_class": "2",
}


def plan_of_rule(plan: Plan | None = None, **changes: Any) -> PlanOfRule:
    """A plan that lets household electricity meters stay for four years."""
    made = PlanOfRule(
        plan=plan or single(5, 1),
        rule_key="test",
        title="试验用方案",
        clause=None,
        source="试验",
        unconfirmed=True,
        lot_size=40,
        extension_years=4,
        kinds=(KIND,),
    )
    return replace(made, **changes)


def meters(count: int = 40, **facts: Any) -> list[NewMeter]:
    """Rows of a list, from line 2 on."""
    return [
        NewMeter(**{"serial_no": f"M{at:05}", "row": at + 2, "verified_on": VERIFIED} | facts)
        for at in range(count)
    ]


def a_lot(actor: User | None = None, rows: Sequence[NewMeter] = (), **changes: Any) -> Lot:
    """A lot with its list still open."""
    lot = open_lot(actor=actor, **FACTS | changes)
    add_meters(actor=actor, lot=lot, meters=rows or meters())
    return lot


def a_closed_lot(actor: User | None = None, rows: Sequence[NewMeter] = (), **changes: Any) -> Lot:
    """A lot whose list is closed and signed in the log."""
    lot = close_list(actor=actor, lot=a_lot(actor, rows, **changes))
    sequence()
    return lot


def a_sample(actor: User | None = None, plan: PlanOfRule | None = None, **changes: Any) -> Sample:
    """A sample that waits for results."""
    return draw_sample(actor=actor, lot=a_closed_lot(actor, **changes), plan=plan or plan_of_rule())


def found(sample: Sample, *bad: int, stage: int = 1, on: date | None = None) -> list[FoundMeter]:
    """Results of a stage: nonconforming at these places of the draw."""
    return [
        FoundMeter(
            item.meter.serial_no,
            ItemResult.NONCONFORMING if item.position in bad else ItemResult.CONFORMING,
            row=at,
            tested_on=on or clock.today(),
        )
        for at, item in enumerate(sample.items.filter(stage=stage, result=ItemResult.WAITING), 2)
    ]


def record(sample: Sample, *bad: int, stage: int = 1) -> Sample:
    """Record a whole stage and return the sample as it is then."""
    record_results(actor=None, sample=sample, results=found(sample, *bad, stage=stage))
    sample.refresh_from_db()
    return sample
