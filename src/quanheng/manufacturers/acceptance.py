"""By which plan a delivered lot is accepted: of a series by ISO 2859-1 with its switching, or isolated by an LQ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from quanheng.kernels.sampling.design import design_single
from quanheng.kernels.sampling.iso2859 import AQLS, table_plan
from quanheng.kernels.sampling.plans import BadSampling, plan_from_dict
from quanheng.kernels.sampling.switching import DISCONTINUED, LotResult, State, after, resumed
from quanheng.lots.enums import Decision
from quanheng.lots.models import Lot, Sample
from quanheng.lots.plan_rules import PlanOfRule
from quanheng.manufacturers.errors import InspectionDiscontinued, NotAFactoryLot
from quanheng.manufacturers.models import Suspension
from quanheng.manufacturers.rules import rule_on
from quanheng.manufacturers.selectors import decided_samples

SERIES, ISOLATED = "iso2859_1", "isolated_lq"


@dataclass(frozen=True, slots=True)
class Severity:
    """The severity of the next inspection of a maker, and why it changed last; empty where it never did."""

    state: State
    reason: str = ""


def severity_of(unit_id: int) -> Severity:
    """Return the severity that the decided lots of a maker lead to, in the order of their decisions.

    Lots judged as isolated ones count nowhere.  After a discontinuation inspection goes on, tightened, when the
    bureau has lifted a suspension.
    """
    lifted = Suspension.objects.filter(authorisation__unit=unit_id, lifted_at__isnull=False)
    days = list(lifted.values_list("lifted_at", flat=True))
    samples = [one for one in decided_samples(unit_id) if one.plan.get("rule") == SERIES]
    found, reason, last = State(), "", None
    for sample in samples:
        if found.severity == DISCONTINUED and _was_lifted(days, last, sample.decided_at):
            found = resumed(found)
        if found.severity == DISCONTINUED:
            continue
        found, why = after(found, _result(sample))
        reason, last = why or reason, sample.decided_at
    if found.severity == DISCONTINUED and _was_lifted(days, last, None):
        found, reason = resumed(found), _("改进经本局认可，从加严检验重新开始。")
    return Severity(found, reason)


def acceptance_plan(lot: Lot, option: str, on: date) -> PlanOfRule:
    """Return the plan by which a delivered lot is accepted; ``option`` is `SERIES` or `ISOLATED`.

    Raises
    ------
    NotAFactoryLot, InspectionDiscontinued
        The lot was not delivered by a maker; the switching rules have ended the inspection of this maker.
    BadSampling
        There is no plan for such a lot; the text is Chinese.
    """
    if lot.maker_unit_id is None:
        raise NotAFactoryLot()
    return _isolated(lot, on) if option == ISOLATED else _of_series(lot, on)


def _of_series(lot: Lot, on: date) -> PlanOfRule:
    severity = severity_of(lot.maker_unit_id or 0)
    if severity.state.severity == DISCONTINUED:
        raise InspectionDiscontinued(reason=severity.reason)
    aql, level = rule_on("acceptance_aql_percent", on), rule_on("acceptance_level", on)
    found = table_plan(lot.size, float(aql.value), str(level.value), severity.state.severity)
    words = {"normal": _("正常检验"), "tightened": _("加严检验"), "reduced": _("放宽检验")}
    title = _("GB/T 2828.1，AQL %(aql)g，检验水平 %(level)s，%(severity)s，字码 %(code)s") % {
        "aql": float(aql.value),
        "level": level.value,
        "severity": words[severity.state.severity],
        "code": found.code_used,
    }
    return PlanOfRule(
        plan=found.plan,
        rule_key=SERIES,
        title=title,
        clause=aql.clause,
        source=aql.source,
        unconfirmed=not aql.is_confirmed or bool(found.unconfirmed),
        lot_size=lot.size,
    )


def _isolated(lot: Lot, on: date) -> PlanOfRule:
    quality = rule_on("isolated_limiting_quality_percent", on)
    risk = rule_on("isolated_consumer_risk", on)
    share = float(quality.value) / 100
    plan = design_single(lot.size, limiting_quality=share, consumer_risk=float(risk.value))
    title = _("孤立批，极限质量 %(quality)g %%，使用方风险不超过 %(risk)g %%") % {
        "quality": float(quality.value),
        "risk": 100 * float(risk.value),
    }
    return PlanOfRule(
        plan=plan,
        rule_key=ISOLATED,
        title=title,
        clause=quality.clause,
        source=quality.source,
        unconfirmed=not quality.is_confirmed,
        lot_size=lot.size,
        limiting_quality=share,
    )


def _result(sample: Sample) -> LotResult:
    plan = plan_from_dict(sample.plan)
    return LotResult(
        is_accepted=sample.decision == Decision.ACCEPTED,
        accept=plan.stages[0].accept if plan.is_single else None,
        accepted_tighter=sample.decision == Decision.ACCEPTED and _accepted_tighter(sample),
    )


def _accepted_tighter(sample: Sample) -> bool:
    """Whether the lot would have been accepted at the AQL one step smaller (9.3.3.2)."""
    day = sample.decided_at.date() if sample.decided_at else date.max
    aql = float(rule_on("acceptance_aql_percent", day).value)
    level = str(rule_on("acceptance_level", day).value)
    smaller = max((one for one in AQLS if one < aql), default=None)
    if smaller is None:
        return False
    try:
        plan = table_plan(sample.lot_size, smaller, level).plan
    except BadSampling:
        return False
    return int(sample.judgement.get("nonconforming", plan.total)) <= plan.stages[-1].accept


def _was_lifted(days: Sequence[datetime | None], since: datetime | None, until: datetime | None) -> bool:
    return any(
        day is not None and since is not None and day > since and (until is None or day < until)
        for day in days
    )
