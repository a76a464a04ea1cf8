"""Writes: a lot is decided by its sample, once.  The plan decides; a person confirms, or draws again with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from quanheng.base import clock
from quanheng.base.errors import StaleRevision
from quanheng.core.models import User
from quanheng.core.selectors import county
from quanheng.kernels.dates import add_months
from quanheng.kernels.sampling.judge import Verdict
from quanheng.lots.enums import Decision, ItemResult, MeterCondition, Origin
from quanheng.lots.errors import (
    BadReason,
    MayNotExtend,
    SampleDecided,
    SampleIncomplete,
    VerdictStands,
)
from quanheng.lots.extension_rules import Extension, extension_for
from quanheng.lots.judging import verdict_of
from quanheng.lots.models import Lot, Sample
from quanheng.lots.services.shared import CHANGE, limited, locked_sample, log, refuse_stranger

_MONTHS_A_YEAR = 12


@transaction.atomic
def decide(
    *, actor: User | None, sample: Sample, reason: str = "", revision: int, resample: bool = False
) -> Sample:
    """Decide a lot by its sample as its plan says: extend or replace; of a factory lot, accept or reject.

    An extension moves the last valid day of the lot and of its meters; a replacement moves nothing.  ``resample``
    gives up a sample that cannot be completed, with a reason; never one whose verdict is certain.

    Raises
    ------
    NotPermitted, StaleRevision, SampleDecided
        The person may not; results came in meanwhile; it is decided already.
    SampleIncomplete, VerdictStands, BadReason
        Results of the plan are missing; the verdict stands, so nobody may draw again; no reason for drawing again.
    MayNotExtend
        No rule lets this kind of meter stay in use by its state, or for so many years.
    """
    refuse_stranger(actor, CHANGE)
    sample = locked_sample(sample)
    if sample.decision:
        raise SampleDecided(decision=sample.get_decision_display())
    if sample.revision != revision:
        raise StaleRevision(yours=revision, present=sample.revision)
    lot, reason = sample.lot, limited(_("理由"), reason)
    items = list(sample.items.select_related("meter").order_by("position"))
    verdict = verdict_of(sample.plan, items)
    if resample:
        sample.decision = _again(verdict, reason)
    else:
        sample.decision = _decision(lot, verdict)
    today = clock.today()
    rule = None
    if sample.decision == Decision.EXTENDED:
        kinds = sample.plan["kinds"] if sample.plan["may_extend"] else ()
        rule = extension_rule(lot, kinds, sample.plan["extension_years"], today)
        sample.extended_until = extended_until(lot, sample.plan["extension_years"], today)
    excluded = Counter(str(item.meter.condition) for item in items if item.result == ItemResult.EXCLUDED)
    sample.judgement = _judgement(verdict, excluded, rule)
    sample.decision_reason = reason
    sample.decided_by, sample.decided_at = actor, clock.now()
    sample.revision += 1
    sample.save()
    if sample.decision == Decision.EXTENDED:
        _extend(lot, sample.plan["extension_years"])
    log(
        "decided",
        sample,
        actor,
        reason=reason,
        resolution=str(sample.decision),
        counted=verdict.counted,
        nonconforming=verdict.nonconforming,
        excluded=dict(sorted(excluded.items())),
        until=sample.extended_until.isoformat() if sample.extended_until else "",
    )
    return sample


def extension_rule(lot: Lot, kinds: Collection[str], years: int | None, on: date) -> Extension:
    """Return the row by which the meters of a lot may stay in use; ``kinds``, ``years`` are what the plan allows.

    Raises
    ------
    MayNotExtend
        No row in force, or not by this plan.
    """
    home = county()
    rule = extension_for(lot.kind, home.unit.code if home else "", on)
    if rule is None:
        raise MayNotExtend(
            reason=_(
                "只有规则写明的计量器具可以根据状态延期，这一类没有，到期应更换。水表、燃气表只有试点规则写明的可以。"
            )
        )
    if lot.kind not in kinds or not years:
        raise MayNotExtend(
            reason=_("这个抽样方案没有规定这类表可以延期几年，只供比较和试算。请选有延期规定的方案。")
        )
    return rule


def extended_until(lot: Lot, years: int, on: date) -> date:
    """Return the last valid day of a lot after an extension by so many years.  MayNotExtend."""
    if lot.due_on is None:
        raise MayNotExtend(reason=_("这一批没有到期日。"))
    until = add_months(lot.due_on, years * _MONTHS_A_YEAR)
    if until <= on:
        raise MayNotExtend(
            reason=_("延期 %(years)s 年后到 %(until)s，已经过了。") % {"years": years, "until": until}
        )
    return until


def _decision(lot: Lot, verdict: Verdict) -> Decision:
    """Return what follows from the verdict of the plan.  SampleIncomplete."""
    if verdict.outcome not in {"accept", "reject"}:
        raise SampleIncomplete(sentence=verdict.sentence)
    is_good = verdict.outcome == "accept"
    if lot.origin == Origin.FACTORY:
        return Decision.ACCEPTED if is_good else Decision.REJECTED
    return Decision.EXTENDED if is_good else Decision.REPLACE


def _again(verdict: Verdict, reason: str) -> Decision:
    """Return that another sample is drawn.  VerdictStands, BadReason."""
    if verdict.certain or verdict.outcome in {"accept", "reject"}:
        raise VerdictStands(sentence=verdict.sentence)
    if not reason:
        raise BadReason(reason=_("重新抽样须写明理由。"))
    return Decision.RESAMPLE


def _judgement(verdict: Verdict, excluded: Counter[str], rule: Extension | None) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome,
        "stage": verdict.stage,
        "counted": verdict.counted,
        "nonconforming": verdict.nonconforming,
        "sentence": verdict.sentence,
        "excluded": dict(sorted(excluded.items())),
        "extension_rule": rule.key if rule else "",
    }


def _extend(lot: Lot, years: int) -> None:
    """Move the last valid day of each meter in use, and of the lot, by so many years."""
    present = lot.meters.filter(condition=MeterCondition.PRESENT)
    days = present.order_by().values_list("valid_until", flat=True).distinct()
    # The latest first: a day that is moved onto another of the list is not moved twice.
    for day in sorted((day for day in days if day is not None), reverse=True):
        moved = add_months(day, years * _MONTHS_A_YEAR)
        present.filter(valid_until=day).update(valid_until=moved)
    lot.due_on = present.aggregate(on=Min("valid_until"))["on"]
    lot.revision += 1
    lot.save(update_fields=["due_on", "revision"])
